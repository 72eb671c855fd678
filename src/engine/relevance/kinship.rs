//! Which relations belong together: those with a key between them, those of one schema, those that chains of keys connect.

use std::collections::HashMap;

use nl_query_core::schema::RelationId;

use super::evidence::Evidence;

/// How much the number of relations in a group takes away from what they meet together: many meet much by chance.
const CHANCE: f32 = 0.5;

pub struct Kinship {
    /// The number of each relation's schema, and of the part of the key graph that it is in.
    schemas: Vec<usize>,
    parts: Vec<usize>,
    neighbours: Vec<Vec<RelationId>>,
}

impl Kinship {
    /// `schemas`: the schema of each relation. `keys`: the two ends of each key; those that are not among the relations are left out.
    pub fn of<'s>(schemas: impl Iterator<Item = &'s str>, keys: impl Iterator<Item = (RelationId, RelationId)>) -> Kinship {
        let mut names: HashMap<&str, usize> = HashMap::new();
        let number = |schema| {
            let next = names.len();
            *names.entry(schema).or_insert(next)
        };
        let schemas: Vec<usize> = schemas.map(number).collect();
        let mut neighbours: Vec<Vec<RelationId>> = vec![Vec::new(); schemas.len()];
        for (from, to) in keys.filter(|(from, to)| from != to && *from.max(to) < schemas.len()) {
            neighbours[from].push(to);
            neighbours[to].push(from);
        }
        let parts = parts(&neighbours);
        Kinship { schemas, parts, neighbours }
    }

    /// What each relation and those with a key from or to it meet together.
    pub fn met_by_neighbours(&self, evidence: &Evidence) -> Vec<f32> {
        let mut met = vec![0.0f32; self.neighbours.len()];
        for row in evidence.rows() {
            for (relation, (met, near)) in met.iter_mut().zip(&self.neighbours).enumerate() {
                *met += near.iter().map(|near| row[*near]).fold(row[relation], f32::max);
            }
        }
        met
    }

    /// For each relation, what those of its schema meet together.
    pub fn met_by_schemas(&self, evidence: &Evidence) -> Vec<f32> {
        together(evidence, &self.schemas)
    }

    /// For each relation, what those of its part of the key graph meet together.
    pub fn met_by_parts(&self, evidence: &Evidence) -> Vec<f32> {
        together(evidence, &self.parts)
    }
}

/// `groups`: the number of each relation's group.
fn together(evidence: &Evidence, groups: &[usize]) -> Vec<f32> {
    let count = groups.iter().max().map_or(0, |last| last + 1);
    let mut met = vec![0.0f32; count];
    for row in evidence.rows() {
        let mut best = vec![0.0f32; count];
        for (group, weight) in groups.iter().zip(row) {
            best[*group] = best[*group].max(*weight);
        }
        met.iter_mut().zip(&best).for_each(|(met, best)| *met += best);
    }
    let mut sizes = vec![0usize; count];
    groups.iter().for_each(|group| sizes[*group] += 1);
    groups.iter().map(|group| met[*group] / (1.0 + CHANCE * (sizes[*group] as f32).ln())).collect()
}

/// Numbers the parts of the key graph; the number of each relation's part.
fn parts(neighbours: &[Vec<RelationId>]) -> Vec<usize> {
    let mut part: Vec<Option<usize>> = vec![None; neighbours.len()];
    let mut open = Vec::new();
    for start in 0..neighbours.len() {
        if part[start].is_none() {
            open.push(start);
        }
        // Parts are numbered by the first relation in them: the numbers need not be dense.
        while let Some(at) = open.pop() {
            if part[at].is_none() {
                part[at] = Some(start);
                open.extend(&neighbours[at]);
            }
        }
    }
    part.into_iter().map(Option::unwrap_or_default).collect()
}
