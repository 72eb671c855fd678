//! Which relations matter for a question, those that matter most first: what a model is told about when not everything has room, and
//! what a question is read against in a database with very many relations.
//!
//! ```text
//! senses    each word of the question -> words of names and comments that it may stand for
//! evidence  words x relations -> how well each relation meets each word; a word that many relations have says little
//! kinship   relations that belong together: by schema, by chains of keys, by one key
//! index     the words of very many relations, for a first look before any of them is made ready
//! ```
//!
//! A relation's score is what it meets itself, what it and its neighbours meet together, and what those of its schema or of its part
//! of the key graph meet together. A word counts once in each however often it is met, so covering many words of the question counts
//! more than meeting one of them often. Decides nothing about the query; knows no data but what statistics tell.

use nl_query_core::schema::RelationId;

use crate::ir::Day;
use crate::prepared::Prepared;
use crate::question;

mod evidence;
mod index;
mod kinship;
mod senses;
#[cfg(test)]
mod tests;

use evidence::Evidence;
pub use index::{Index, Sees};
use kinship::Kinship;

/// What a relation and its neighbours meet together counts so much: a table between two that are named is needed to join them.
const NEAR: f32 = 0.8;
/// What those that belong together meet counts so much. Measured on 138 schemas as one: at 2 the unrelated tables of a schema that
/// meets the question by chance come before the table that is named.
const TOGETHER: f32 = 0.8;
/// Each fourfold use, up to so many, counts so much: never as much as a word of the question.
const USE: f32 = 0.02;
const MOST_USES: u8 = 5;

/// The relations, those that matter most for the question first. The same question over the same schema and day gives the same
/// order; of two that matter alike the one with more rows comes first, then the one that the catalog names first. Where some
/// relations are on the search path, the others come behind them, and only if the question names something of theirs: whoever
/// sets a search path says what is meant, and a model is not told of a hundred schemas that nobody asked about.
pub fn relevance(question: &str, prepared: &Prepared, today: Day) -> Vec<RelationId> {
    let question = question::read(question, today);
    let relations = &prepared.schema().relations;
    let keys = prepared.graph().keys().iter().map(|key| (key.from, key.to));
    let kinship = Kinship::of(relations.iter().map(|relation| relation.schema.as_str()), keys);
    let evidence = Evidence::of_prepared(&question, prepared);
    let scores = used(scores(&evidence, &kinship), relations.iter().map(|relation| relation.uses));
    let is_path_set = relations.iter().any(|relation| relation.visible);
    let is_meant = |id: &RelationId| !is_path_set || relations[*id].visible || evidence.met_by(*id) > 0.0;
    let mut order: Vec<RelationId> = (0..relations.len()).filter(is_meant).collect();
    order.sort_by(|a, b| {
        let near = relations[*b].visible.cmp(&relations[*a].visible);
        let score = || scores[*b].total_cmp(&scores[*a]);
        near.then_with(score).then_with(|| relations[*b].rows.total_cmp(&relations[*a].rows)).then(a.cmp(b))
    });
    order
}

/// What is read much matters a little more: of two tables that one question names, one is often a leftover.
fn used(scores: Vec<f32>, uses: impl Iterator<Item = u8>) -> Vec<f32> {
    scores.into_iter().zip(uses).map(|(score, uses)| score * (1.0 + USE * f32::from(uses.min(MOST_USES)))).collect()
}

/// How much each relation matters, by what it is called and what it belongs to.
fn scores(evidence: &Evidence, kinship: &Kinship) -> Vec<f32> {
    let near = kinship.met_by_neighbours(evidence);
    let of_schema = kinship.met_by_schemas(evidence);
    let of_part = kinship.met_by_parts(evidence);
    let score =
        |relation| evidence.met_by(relation) + NEAR * near[relation] + TOGETHER * of_schema[relation].max(of_part[relation]);
    (0..evidence.relations()).map(score).collect()
}
