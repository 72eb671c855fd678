//! Step 3, names: which relations a statement may read.

use std::collections::BTreeSet;

use super::{Limits, Reason, Refusal};
use crate::pg::labels::{self, Labelled};
use crate::pg::relation::{self, Relation};
use crate::pg::walk::{Facts, RelationUse};

/// Catalogs and views that hold secrets or other people's data: never, whatever the settings say.
const NEVER: [&str; 13] = [
    "pg_authid",
    "pg_shadow",
    "pg_statistic",
    "pg_statistic_ext_data",
    "pg_user_mapping",
    "pg_user_mappings",
    "pg_subscription",
    "pg_largeobject",
    "pg_db_role_setting",
    "pg_file_settings",
    "pg_hba_file_rules",
    "pg_ident_file_mappings",
    "pg_backend_memory_contexts",
];

/// Judges every relation of a statement, those behind views included.
pub fn check(facts: &Facts, limits: &Limits) -> Result<(), Refusal> {
    let labels = labels::any();
    for (oid, relation_use) in &facts.relations {
        let Some(relation) = Relation::find(*oid) else {
            return Err(Refusal::new(Reason::UnknownName, "a relation of the statement is gone"));
        };
        check_catalog(&relation, limits)?;
        check_kind(&relation, relation_use.relkind, limits)?;
        if labels {
            let columns = columns_read(*oid, relation_use);
            check_labels(*oid, &columns)?;
            // A partition is a part of what its parents hold back.
            relation::partition_ancestors(*oid).into_iter().try_for_each(|parent| check_labels(parent, &columns))?;
        }
    }
    Ok(())
}

/// Judges the relations that a plan reads and no tree names: partitions and inheritance children.
pub fn check_children(read: &[u32], facts: &Facts) -> Result<(), Refusal> {
    if !labels::any() {
        return Ok(());
    }
    let named = |oid: &&u32| !facts.relations.contains_key(oid);
    read.iter().filter(named).try_for_each(|oid| check_labels(*oid, &BTreeSet::new()))
}

/// Names of the columns that the statement reads of a relation.
fn columns_read(oid: u32, relation_use: &RelationUse) -> BTreeSet<String> {
    let whole_row = relation_use.columns.contains(&0);
    let columns = relation::columns(oid).into_iter();
    columns.filter(|(number, _)| whole_row || relation_use.columns.contains(number)).map(|(_, name)| name).collect()
}

fn check_labels(oid: u32, columns_read: &BTreeSet<String>) -> Result<(), Refusal> {
    let Some(relation) = Relation::find(oid) else { return Ok(()) };
    if labels::is_private(Labelled::Schema(relation.namespace)) {
        return Err(Refusal::new(Reason::Private, format!("schema {} is private", relation.schema)));
    }
    if labels::is_private(Labelled::Relation(oid)) {
        return Err(Refusal::new(Reason::Private, format!("relation {} is private", relation.display())));
    }
    let read = relation::columns(oid).into_iter().filter(|(_, name)| columns_read.contains(name));
    match { read }.find(|(number, _)| labels::is_private(Labelled::Column(oid, *number))) {
        None => Ok(()),
        Some((_, name)) => Err(Refusal::new(Reason::Private, format!("column {name} of {} is private", relation.display()))),
    }
}

fn check_catalog(relation: &Relation, limits: &Limits) -> Result<(), Refusal> {
    if !relation.is_system() {
        return Ok(());
    }
    let message = format!("system catalog {} may not be read", relation.name);
    if relation.schema == "pg_toast" || NEVER.contains(&relation.name.as_str()) {
        return Err(Refusal::new(Reason::Catalog, message).with_detail("It is closed to answers whatever the settings are."));
    }
    if limits.allow_catalogs {
        return Ok(());
    }
    Err(Refusal::new(Reason::Catalog, message).with_hint("nl_query.allow_catalogs permits it."))
}

fn check_kind(relation: &Relation, relkind: u8, limits: &Limits) -> Result<(), Refusal> {
    match relkind {
        // table, partitioned table, view, materialised view, sequence
        b'r' | b'p' | b'v' | b'm' | b'S' => Ok(()),
        b'f' if limits.allow_foreign_tables => Ok(()),
        b'f' => Err(Refusal::new(Reason::ForeignTable, format!("foreign table {} may not be read", relation.display()))
            .with_detail("Reading it sends parts of the statement to another server.")
            .with_hint("nl_query.allow_foreign_tables permits it.")),
        _ => Err(Refusal::new(Reason::Relation, format!("relation {} may not be read", relation.display()))),
    }
}
