//! Names of the schema in words, for explanations.

use nl_query_core::schema::{RelationId, RelationKind, Schema};

use crate::ir::{Expr, Source};

/// A name as a person would say it: `unit_price` is "unit price", `InvoiceLine` is "invoice line".
pub fn humanise(name: &str) -> String {
    let words = crate::joins::words(name);
    if words.is_empty() { name.to_string() } else { words.join(" ") }
}

/// `table customers`, `view open_orders`.
pub fn describe_relation(schema: &Schema, relation: RelationId) -> String {
    let Some(relation) = schema.relations.get(relation) else { return String::new() };
    let kind = match relation.kind {
        RelationKind::Table | RelationKind::PartitionedTable => "table",
        RelationKind::View => "view",
        RelationKind::MaterializedView => "materialized view",
        RelationKind::ForeignTable => "foreign table",
    };
    if relation.visible { format!("{kind} {}", relation.name) } else { format!("{kind} {}.{}", relation.schema, relation.name) }
}

/// `column orders.total`, names as in the catalog.
pub fn describe_column(schema: &Schema, relation: RelationId, column: usize) -> String {
    let Some(table) = schema.relations.get(relation) else { return String::new() };
    table.columns.get(column).map(|column| format!("column {}.{}", table.name, column.name)).unwrap_or_default()
}

/// An expression in words, as the paraphrase has it.
pub fn describe_expr(schema: &Schema, expr: &Expr) -> String {
    super::paraphrase::Speaker { schema, subject: None }.expr(expr)
}

/// The relation of a source in words.
pub(super) fn relation_words(schema: &Schema, source: Source) -> String {
    let name = schema.relations.get(source.relation).map(|relation| humanise(&relation.name)).unwrap_or_default();
    if source.role > 0 { format!("related {name}") } else { name }
}
