//! The catalog read as the role that asks: what nobody else may see (uncommitted definitions, temporary tables), and what does not
//! fit into shared memory. Nothing here is shared.

use nl_query_core::error::Error;
use nl_query_core::introspection::Catalog;

use crate::pg::viewpoint::Viewpoint;

use super::Scope;
use super::shown::Own;

/// What the current role, whose viewpoint this is, may SELECT now, by this transaction's eyes.
pub fn read(viewpoint: &Viewpoint, max_relations: i32) -> Result<Catalog, Error> {
    let whole = super::introspect(max_relations, Scope::Own)?;
    Ok(whole.seen_by(&mut Own::of(viewpoint), usize::try_from(max_relations).unwrap_or(0)))
}

/// The session's temporary relations alone.
pub fn temporary(viewpoint: &Viewpoint, max_relations: i32) -> Result<Catalog, Error> {
    let whole = super::introspect(max_relations, Scope::Temporary)?;
    Ok(whole.seen_by(&mut Own::of(viewpoint), usize::try_from(max_relations).unwrap_or(0)))
}
