//! Step 3, names: which relations a statement may read.

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
            check_labels(*oid, &relation, relation_use)?;
        }
    }
    Ok(())
}

fn check_labels(oid: u32, relation: &Relation, relation_use: &RelationUse) -> Result<(), Refusal> {
    if labels::is_private(Labelled::Schema(relation.namespace)) {
        return Err(Refusal::new(Reason::Private, format!("schema {} is private", relation.schema)));
    }
    if labels::is_private(Labelled::Relation(oid)) {
        return Err(Refusal::new(Reason::Private, format!("relation {} is private", relation.display())));
    }
    let whole_row = relation_use.columns.contains(&0);
    let private = relation::columns(oid)
        .into_iter()
        .filter(|(number, _)| whole_row || relation_use.columns.contains(number))
        .find(|(number, _)| labels::is_private(Labelled::Column(oid, *number)));
    match private {
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
