//! Relations and columns as the network sees them, and how they hang together.

use std::collections::HashSet;

use nl_query_core::schema::{RelationId, TypeKind};

use super::names::Fits;
use super::{Candidate, CandidateKind, Fit, MOST_ITEMS};
use crate::prepared::{ColumnId, Prepared};

/// Something in the schema that a query may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    Relation(RelationId),
    Column(ColumnId),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub target: Target,
    /// Stems of the name.
    pub words: Vec<String>,
    /// Below [`KINDS`]: 0 for a relation, else the family of the type, whether it is a key, whether it refers to another relation.
    pub kind: u8,
}

/// Kinds of items.
pub const KINDS: usize = 1 + 7 * 4;

/// Words of a name that are looked at.
pub const MOST_NAME_WORDS: usize = 6;

/// Kinds of links inside the schema.
pub const SCHEMA_LINKS: usize = 6 + 4 * 2 + 5;

/// The items of a schema that a question is read over. Relations off the search path are out while there are others.
pub fn chosen(prepared: &Prepared, fits: &Fits, candidates: &[Candidate]) -> Vec<Item> {
    let relations = &prepared.schema().relations;
    let any_visible = relations.iter().any(|relation| relation.visible);
    let mut kept: Vec<RelationId> = (0..relations.len()).filter(|id| relations[*id].visible || !any_visible).collect();
    let columns_of = |id: &RelationId| {
        let id = *id;
        (0..relations[id].columns.len()).map(move |column| (id, column))
    };
    let mut columns: Vec<ColumnId> = kept.iter().flat_map(columns_of).collect();
    if kept.len() + columns.len() > MOST_ITEMS {
        (kept, columns) = pruned(prepared, fits, candidates, &kept, &columns);
    }
    let relations = kept.iter().map(|id| relation_item(prepared, *id));
    let columns = columns.iter().map(|id| column_item(prepared, *id));
    relations.chain(columns).collect()
}

/// Of a large schema: what the words touch, best first, and what is needed around it (keys, labels, references).
fn pruned(
    prepared: &Prepared,
    fits: &Fits,
    candidates: &[Candidate],
    relations: &[RelationId],
    columns: &[ColumnId],
) -> (Vec<RelationId>, Vec<ColumnId>) {
    let stored: HashSet<ColumnId> = candidates
        .iter()
        .filter_map(|candidate| match &candidate.kind {
            CandidateKind::Stored(value) => Some(value.column),
            _ => None,
        })
        .collect();
    let relation_worth = |id: RelationId| fits.best(Target::Relation(id)) as i32 * 2;
    let worth = |id: &ColumnId| {
        let own = fits.best(Target::Column(*id)) as i32 * 4;
        let value = if stored.contains(id) { 16 } else { 0 };
        let label = i32::from(prepared.relations[id.0].label.contains(&id.1));
        let references = prepared.words(*id).reference.is_some();
        let key = i32::from(references || prepared.schema().relations[id.0].primary_key.contains(&id.1));
        let named = relation_worth(id.0);
        own + value + named + (label * 3 + key * 2) * i32::from(named > 2 * Fit::Weak as i32)
    };
    let mut ranked: Vec<(i32, ColumnId)> = columns.iter().map(|id| (-worth(id), *id)).collect();
    ranked.sort();
    let mut kept: Vec<ColumnId> = Vec::new();
    let named = |id: &RelationId| fits.best(Target::Relation(*id)) >= Fit::Synonym;
    let mut owners: Vec<RelationId> = relations.iter().copied().filter(named).take(24).collect();
    for (_, id) in ranked {
        let more = usize::from(!owners.contains(&id.0));
        if kept.len() + owners.len() + more + 1 > MOST_ITEMS {
            break;
        }
        if more == 1 {
            owners.push(id.0);
        }
        kept.push(id);
    }
    kept.sort();
    owners.sort_unstable();
    (owners, kept)
}

fn relation_item(prepared: &Prepared, id: RelationId) -> Item {
    let words = prepared.relations[id].name.stems().take(MOST_NAME_WORDS).map(str::to_owned).collect();
    Item { target: Target::Relation(id), words, kind: 0 }
}

fn column_item(prepared: &Prepared, id: ColumnId) -> Item {
    let known = prepared.words(id);
    let mut words: Vec<String> = known.name.stems().take(MOST_NAME_WORDS).map(str::to_owned).collect();
    if known.keyed && words.len() < MOST_NAME_WORDS && words.last().is_none_or(|last| last != "id") {
        words.push("id".to_owned());
    }
    let key = prepared.schema().relations[id.0].primary_key.contains(&id.1);
    let reference = known.reference.is_some();
    let kind = 1 + family(prepared.column(id).kind) + 7 * u8::from(key) + 14 * u8::from(reference);
    Item { target: Target::Column(id), words, kind }
}

fn family(kind: TypeKind) -> u8 {
    match kind {
        TypeKind::Text | TypeKind::Uuid => 0,
        TypeKind::Number | TypeKind::Interval => 1,
        TypeKind::Date | TypeKind::Timestamp | TypeKind::TimestampTz | TypeKind::Time => 2,
        TypeKind::Boolean => 3,
        TypeKind::Enum => 4,
        TypeKind::Array | TypeKind::Json | TypeKind::Range => 5,
        TypeKind::Binary | TypeKind::Other => 6,
    }
}

/// The link from one item to another, below [`SCHEMA_LINKS`].
pub fn link(from: &Item, to: &Item, prepared: &Prepared) -> u8 {
    match (from.target, to.target) {
        (Target::Column(a), Target::Column(b)) => column_column(a, b, from, to, prepared),
        (Target::Column(a), Target::Relation(b)) => 6 + column_relation(a, b, prepared),
        (Target::Relation(a), Target::Column(b)) => 10 + column_relation(b, a, prepared),
        (Target::Relation(a), Target::Relation(b)) => 14 + relation_relation(a, b, prepared),
    }
}

fn column_column(a: ColumnId, b: ColumnId, from: &Item, to: &Item, prepared: &Prepared) -> u8 {
    let refers = |x: ColumnId, y: ColumnId| {
        prepared.words(x).reference.is_some_and(|key| {
            let key = prepared.foreign_key(key);
            key.to == y.0 && key.to_columns.first() == Some(&y.1)
        })
    };
    if a == b {
        0
    } else if refers(a, b) {
        1
    } else if refers(b, a) {
        2
    } else if a.0 == b.0 {
        3
    } else if from.words == to.words {
        4
    } else {
        5
    }
}

fn column_relation(column: ColumnId, relation: RelationId, prepared: &Prepared) -> u8 {
    let reference = prepared.words(column).reference;
    if column.0 == relation {
        u8::from(prepared.schema().relations[relation].primary_key.contains(&column.1))
    } else if reference.is_some_and(|key| prepared.foreign_key(key).to == relation) {
        2
    } else {
        3
    }
}

fn relation_relation(a: RelationId, b: RelationId, prepared: &Prepared) -> u8 {
    let refers = |x: RelationId, y: RelationId| prepared.graph().refers(x, y);
    match (a == b, refers(a, b), refers(b, a)) {
        (true, ..) => 0,
        (_, true, true) => 3,
        (_, true, false) => 1,
        (_, false, true) => 2,
        _ => 4,
    }
}
