//! The foreign-key graph of a schema and what crossing an edge costs.

use nl_query_core::schema::{ForeignKey, RelationId, RelationKind, Schema};

/// A declared key, in thousandths.
pub(super) const DECLARED: u32 = 1000;
/// A key read from names and types.
const INFERRED: u32 = 1600;
/// Passing through a view: it may hide a filter or a join of its own.
const VIEW: u32 = 150;
/// What cannot be reached.
pub(super) const NEVER: u32 = u32::MAX / 4;

/// The foreign-key graph of a schema, built once a schema generation.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    keys: Vec<ForeignKey>,
    /// Positions in `keys` of the keys that start or end at each relation; a self-reference is listed once.
    touching: Vec<Vec<usize>>,
    /// What it costs to pass through a relation that the question does not name.
    through: Vec<u32>,
    /// True for keys whose rows refer one to one.
    one_to_one: Vec<bool>,
}

impl Graph {
    /// `inferred` is what [`super::infer_foreign_keys`] gave (or nothing). Keys that name what is not in the schema are kept at
    /// their positions and never used.
    pub fn new(schema: &Schema, inferred: Vec<ForeignKey>) -> Self {
        let keys: Vec<ForeignKey> = schema.foreign_keys.iter().cloned().chain(inferred).collect();
        let mut touching = vec![Vec::new(); schema.relations.len()];
        let mut one_to_one = Vec::with_capacity(keys.len());
        for (position, key) in keys.iter().enumerate() {
            let sound = is_sound(key, schema);
            one_to_one.push(sound && key.is_one_to_one(schema));
            if sound {
                touching[key.from].push(position);
                if key.to != key.from {
                    touching[key.to].push(position);
                }
            }
        }
        let through = schema.relations.iter().map(|relation| through_cost(relation.kind, relation.rows)).collect();
        Graph { keys, touching, through, one_to_one }
    }

    /// The declared keys at their positions in the schema, then the inferred ones.
    pub fn keys(&self) -> &[ForeignKey] {
        &self.keys
    }

    /// Whether a key of the first relation leads to the second.
    pub fn refers(&self, from: RelationId, to: RelationId) -> bool {
        let near = self.touching.get(from).into_iter().flatten();
        near.map(|&key| &self.keys[key]).any(|key| key.from == from && key.to == to)
    }

    /// The number of joins on the cheapest path between two relations; none where there is no path.
    pub fn distance(&self, from: RelationId, to: RelationId) -> Option<usize> {
        self.distances(from).get(to).copied().flatten()
    }

    /// The number of joins to every relation; none for those that no keys lead to. One walk over the graph: whoever looks at many
    /// relations asks for all of them at once.
    pub fn distances(&self, from: RelationId) -> Vec<Option<usize>> {
        let mut hops: Vec<Option<usize>> = vec![None; self.touching.len()];
        let Some(start) = hops.get_mut(from) else { return hops };
        *start = Some(0);
        let mut queue = std::collections::VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            for (_, next) in self.neighbours(at) {
                if hops[next].is_none() {
                    hops[next] = hops[at].map(|hop| hop + 1);
                    queue.push_back(next);
                }
            }
        }
        hops
    }

    /// Keys at a relation, each with the relation at its other end.
    pub(super) fn neighbours(&self, relation: RelationId) -> impl Iterator<Item = (usize, RelationId)> + '_ {
        self.touching.get(relation).into_iter().flatten().map(move |&key| {
            let ends = &self.keys[key];
            (key, if ends.from == relation { ends.to } else { ends.from })
        })
    }

    /// The number of relations.
    pub(super) fn size(&self) -> usize {
        self.touching.len()
    }

    pub(super) fn cost(&self, key: usize) -> u32 {
        match self.keys.get(key) {
            Some(key) if key.declared => DECLARED,
            Some(_) => INFERRED,
            None => NEVER,
        }
    }

    pub(super) fn through(&self, relation: RelationId) -> u32 {
        self.through.get(relation).copied().unwrap_or(0)
    }

    /// True when each referenced row has at most one row that refers to it.
    pub(crate) fn is_one_to_one(&self, key: usize) -> bool {
        self.one_to_one.get(key).copied().unwrap_or(false)
    }

    /// Other keys between the same relations in the same direction, in catalog order.
    pub(super) fn parallel(&self, key: usize) -> impl Iterator<Item = usize> + '_ {
        let ends = self.keys.get(key).map(|key| (key.from, key.to));
        let near = ends.and_then(|(from, _)| self.touching.get(from)).into_iter().flatten().copied();
        near.filter(move |&other| other != key && ends == Some((self.keys[other].from, self.keys[other].to)))
    }
}

fn is_sound(key: &ForeignKey, schema: &Schema) -> bool {
    let fits = |relation: RelationId, columns: &[usize]| {
        schema.relations.get(relation).is_some_and(|relation| columns.iter().all(|&column| column < relation.columns.len()))
    };
    !key.from_columns.is_empty()
        && key.from_columns.len() == key.to_columns.len()
        && fits(key.from, &key.from_columns)
        && fits(key.to, &key.to_columns)
}

/// Large relations are slightly dearer to pass through, so that of two bridges the smaller, which is the one made for it, wins.
fn through_cost(kind: RelationKind, rows: f64) -> u32 {
    let size = if rows > 1.0 { (rows.log10() * 5.0).min(60.0) as u32 } else { 0 };
    match kind {
        RelationKind::View | RelationKind::MaterializedView => VIEW + size,
        _ => size,
    }
}
