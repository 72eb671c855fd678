//! What nl_query knows without PostgreSQL.
//!
//! Nothing in this crate names a server, a socket or a lock: it builds and tests alone (`cargo test -p nl_query_core`).
//! The extension fills [`schema::Schema`] from the catalog and turns [`error::Error`] into an ErrorReport in one place.
#![forbid(unsafe_code)]

pub mod array_literal;
pub mod ballot;
pub mod complaint;
pub mod error;
pub mod flight;
pub mod functions;
pub mod gateway;
pub mod histogram;
pub mod http_date;
pub mod introspection;
pub mod layout;
pub mod nearest;
pub mod prompt;
pub mod provider;
pub mod question;
pub mod queue;
pub mod refusal;
pub mod reply_sql;
pub mod retry_after;
pub mod schema;
pub mod secret;
pub mod server_options;
pub mod size;
pub mod table;
pub mod template;
pub mod text;
pub mod trace;
pub mod wire;

#[cfg(test)]
mod testing;
