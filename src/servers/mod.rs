//! Model servers: foreign servers of the wrapper `nl_query`, their options in force, and whose key goes with a request.
//!
//! Read from the catalog each time a question is about to leave the machine: a server that is altered, dropped or taken away counts
//! from the next question on. Everything here happens in the backend that asks, as the current user, also where `nl_query.run_as` makes
//! answers run as another: it is the caller who spends. Takes no lock and keeps nothing. What happens to a request is not known here.

mod check;
#[cfg(any(test, feature = "pg_test"))]
mod pg_tests;

pub use check::{Context, check};

use std::collections::HashSet;

use nl_query_core::complaint::Complaint;
use nl_query_core::secret::Secret;
use nl_query_core::server_options::{ServerOptions, UserOptions, fingerprint};

use crate::pg::foreign::{ForeignServer, MappingVersion};
use crate::settings;

/// The extension that the wrapper belongs to.
const EXTENSION: &str = "nl_query";

/// A server that the current user may ask.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelServer {
    /// In `pg_foreign_server`.
    pub oid: u32,
    /// As it is in the catalog.
    pub name: String,
    /// What holds for calls to it.
    pub options: ServerOptions,
    /// Stands for the server's options and the version of the user mapping: another one where somebody changed either.
    pub fingerprint: u64,
    /// Whose key goes with a request.
    pub key: Key,
}

/// Where a key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// None is sent.
    None,
    /// A file of the database server, for workers to read.
    File(String),
    /// A user mapping.
    Mapping(Secret),
}

/// A name in `nl_query.servers`, and what there is to it.
#[derive(Debug, Clone, PartialEq)]
pub enum Listed {
    /// The current user may ask it.
    Usable(Box<ModelServer>),
    /// The current user has no USAGE on the server of this name.
    NoPrivilege(String),
    /// It cannot be asked by anybody.
    Bad {
        /// As it is in the setting.
        name: String,
        /// Small letters, no full stop.
        why: String,
    },
}

/// The servers of `nl_query.servers`, in their order, each once.
pub fn listed() -> Vec<Listed> {
    let mut seen = HashSet::new();
    settings::servers().into_iter().filter(|name| seen.insert(name.clone())).map(look_up).collect()
}

fn look_up(name: String) -> Listed {
    let Some(server) = ForeignServer::find(&name) else {
        return Listed::Bad { name, why: "there is no foreign server of this name in this database".to_owned() };
    };
    if !server.is_of_extension(EXTENSION) {
        return Listed::Bad { name, why: format!("it is not a server of foreign-data wrapper \"{EXTENSION}\"") };
    }
    if !server.may_use() {
        return Listed::NoPrivilege(name);
    }
    match in_force(server) {
        Ok(server) => Listed::Usable(Box::new(server)),
        Err(complaint) => Listed::Bad { name, why: complaint.message },
    }
}

/// The server with what its options, and the mapping for the current user, say.
fn in_force(server: ForeignServer) -> Result<ModelServer, Complaint> {
    // They were checked against the rights of whoever set them.
    let options = ServerOptions::read(borrowed(&server.options), true)?;
    let mapping = server.mapping();
    let user = match &mapping {
        Some(mapping) => UserOptions::read(borrowed(&mapping.options), true)?,
        None => UserOptions::default(),
    };
    let fingerprint = fingerprint_of(&server.options, mapping.map(|mapping| mapping.version));
    let key = key_of(user, &options);
    Ok(ModelServer { oid: server.oid, name: server.name, options, fingerprint, key })
}

/// The mapping's key comes before the server's. A mapping of one's own without a key hides that of everybody, as for every wrapper.
fn key_of(user: UserOptions, options: &ServerOptions) -> Key {
    if let Some(key) = user.api_key {
        return Key::Mapping(key);
    }
    match user.api_key_file.or_else(|| options.api_key_file.clone()) {
        Some(file) => Key::File(file),
        None => Key::None,
    }
}

/// Of a mapping only its row's version goes in, nothing that depends on a key.
fn fingerprint_of(options: &[(String, String)], mapping: Option<MappingVersion>) -> u64 {
    let version = mapping.map(|version| {
        let MappingVersion { oid, written_by, place: (block, number) } = version;
        format!("{oid} {written_by} {block} {number}")
    });
    // No option has a blank in its name.
    fingerprint(borrowed(options).chain(version.as_deref().map(|version| ("user mapping", version))))
}

fn borrowed(options: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    options.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}
