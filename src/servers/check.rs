//! What the wrapper's validator says of options, before the catalog takes them.
//!
//! PostgreSQL asks with the options as they would be after the statement, in the backend of whoever runs it. So a server that has an
//! option which names a file can be altered by superusers only, whatever it is that is altered; taking that option away is
//! everybody's who may alter the server. Knows nothing of the catalog.

use nl_query_core::complaint::Complaint;
use nl_query_core::server_options::{ServerOptions, UserOptions};

/// What has the options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// The foreign-data wrapper itself.
    Wrapper,
    /// One of its servers.
    Server,
    /// A user mapping for one of them.
    UserMapping,
    /// A foreign table, or a column of one.
    Table,
}

/// Refuses options that cannot be. `superuser` says whether whoever sets them is one.
pub fn check<'a>(
    context: Context,
    options: impl IntoIterator<Item = (&'a str, &'a str)>,
    superuser: bool,
) -> Result<(), Complaint> {
    match context {
        Context::Server => ServerOptions::read(options, superuser).map(drop),
        Context::UserMapping => UserOptions::read(options, superuser).map(drop),
        Context::Wrapper => options.into_iter().next().map_or(Ok(()), |(name, _)| {
            Err(Complaint::new("HV00D", format!("invalid option \"{name}\""))
                .with_hint("There are no valid options in this context."))
        }),
        Context::Table => Err(Complaint::new("0A000", "servers of foreign-data wrapper \"nl_query\" have no tables")
            .with_detail("They are language models that questions go to.")
            .with_hint("Name them in nl_query.servers, and ask with nl_query().")),
    }
}
