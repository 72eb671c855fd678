use crate::ir::Day;
use crate::prepared::Prepared;
use nl_query_core::schema::RelationId;
pub fn relevance(_question: &str, prepared: &Prepared, _today: Day) -> Vec<RelationId> {
    (0..prepared.schema().relations.len()).collect()
}
