//! A schema made ready for questions: names split and stemmed, roles of columns guessed, keys inferred, statistics indexed.
//!
//! Built once a schema generation and used for every question; holds nothing about a question. Cost grows with the number of
//! columns and of statistics values, a few milliseconds for hundreds of relations.

use std::collections::HashMap;

use nl_query_core::schema::{Column, ForeignKey, Relation, RelationId, Schema};

use crate::joins::{self, Graph};
use crate::lexicon;
use crate::lexicon::morphology::{stem, words_of_identifier};
use crate::link::values::StoredValues;

mod name;
mod roles;

pub use name::Name;
use name::{is_key_word, superior, without_key_words};
pub(crate) use roles::is_flag;
use roles::{is_bookkeeping, label_columns, role, time_columns};

/// A column of the schema.
pub type ColumnId = (RelationId, usize);

/// What a column is for, guessed from its type, keys, name and statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Identifies rows and means nothing to a reader: a surrogate key or a reference.
    Key,
    /// Names the row for a reader: name, title, first and last name.
    Label,
    /// A number that can be added or averaged.
    Measure,
    /// A point in time.
    Time,
    /// Few values: enum, boolean, a text that repeats.
    Category,
    Other,
}

#[derive(Debug, Clone)]
pub struct RelationWords {
    pub name: Name,
    pub comment: Vec<String>,
    /// Columns that name a row: one, or first and last name. Empty where rows have no name (an invoice).
    pub label: Vec<usize>,
    /// Columns on a calendar, the main one first.
    pub times: Vec<usize>,
    /// Only keys and references: it stands for a relationship, not for things.
    pub bridge: bool,
}

#[derive(Debug, Clone)]
pub struct ColumnWords {
    /// Without the words of the relation in front (`product_name` in `products` is `name`), unless nothing would be left.
    pub name: Name,
    /// Words of the relation, which may stand beside the column's own.
    pub owner: Vec<String>,
    pub comment: Vec<String>,
    pub role: Role,
    /// The relation that the column's name names: `route_id` stands for a route.
    pub stands_for: Option<RelationId>,
    /// The last word was one for a key ("id"), which may be said as well.
    pub keyed: bool,
    /// The foreign key (position in [`Graph::keys`]) that this column alone makes up.
    pub reference: Option<usize>,
}

/// A schema made ready for questions.
#[derive(Debug)]
pub struct Prepared {
    schema: Schema,
    graph: Graph,
    pub(crate) relations: Vec<RelationWords>,
    pub(crate) columns: Vec<Vec<ColumnWords>>,
    /// Stems that occur in names and comments, with the places where they do.
    pub(crate) vocabulary: HashMap<String, Vec<Place>>,
    pub(crate) values: StoredValues,
}

/// Where a stem occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub target: PlaceTarget,
    pub part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlaceTarget {
    Relation(RelationId),
    Column(RelationId, usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Position in the name.
    Name(usize),
    /// "id" or "date" behind a column's name.
    Suffix,
    /// A word of the relation, beside a column's own name.
    Owner,
    Comment,
}

impl Prepared {
    /// Takes milliseconds for hundreds of relations; call it once and keep the result.
    pub fn new(schema: Schema) -> Self {
        let graph = Graph::new(&schema, joins::infer_foreign_keys(&schema));
        let keys = graph.keys();
        let relations: Vec<RelationWords> =
            schema.relations.iter().enumerate().map(|(id, relation)| relation_words(id, relation, keys)).collect();
        let columns: Vec<Vec<ColumnWords>> = schema
            .relations
            .iter()
            .enumerate()
            .map(|(id, relation)| {
                relation.columns.iter().enumerate().map(|(at, _)| column_words(id, at, &schema.relations, keys)).collect()
            })
            .collect();
        let vocabulary = vocabulary(&relations, &columns);
        let values = StoredValues::new(&schema);
        Prepared { schema, graph, relations, columns, vocabulary, values }
    }

    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    pub(crate) fn column(&self, (relation, column): ColumnId) -> &Column {
        &self.schema.relations[relation].columns[column]
    }

    pub(crate) fn words(&self, (relation, column): ColumnId) -> &ColumnWords {
        &self.columns[relation][column]
    }

    pub(crate) fn foreign_key(&self, position: usize) -> &ForeignKey {
        &self.graph.keys()[position]
    }
}

fn relation_words(id: RelationId, relation: &Relation, keys: &[ForeignKey]) -> RelationWords {
    let referencing: Vec<usize> =
        keys.iter().filter(|key| key.from == id).flat_map(|key| key.from_columns.iter().copied()).collect();
    let keys_only =
        relation.columns.iter().enumerate().filter(|(at, column)| !referencing.contains(at) && !is_bookkeeping(column)).count()
            == 0;
    RelationWords {
        name: Name::of(&relation.name),
        comment: comment_stems(relation.comment.as_deref()),
        label: label_columns(relation, &referencing),
        times: time_columns(relation),
        bridge: keys_only && referencing.len() >= 2,
    }
}

fn comment_stems(comment: Option<&str>) -> Vec<String> {
    let mut stems: Vec<String> = Vec::new();
    for word in comment.unwrap_or_default().split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2).take(40)
    {
        let lower = word.to_lowercase();
        if lexicon::stop_word(&lower).is_none() {
            let stemmed = stem(&lower);
            if !stems.contains(&stemmed) {
                stems.push(stemmed);
            }
        }
    }
    stems
}

fn column_words(id: RelationId, at: usize, relations: &[Relation], keys: &[ForeignKey]) -> ColumnWords {
    let relation = &relations[id];
    let column = &relation.columns[at];
    let owner: Vec<String> = words_of_identifier(&relation.name).iter().map(|word| stem(word)).collect();
    let whole = Name::of(&column.name);
    let prefix = whole.stems().zip(owner.iter()).take_while(|(mine, theirs)| mine == theirs).count();
    let prefix = if prefix == owner.len() && prefix < whole.positions.len() { prefix } else { 0 };
    let name = Name { positions: whole.positions[prefix..].to_vec(), shortened: whole.shortened };
    let mut name = name;
    let reference = keys.iter().position(|key| key.from == id && key.from_columns == [at]);
    if column.kind.is_calendar() {
        name = name.without_calendar_word();
    }
    let keyed = name.positions.len() > 1 && name.positions.last().is_some_and(|word| is_key_word(word));
    // `city_code` says city, and may say code.
    if reference.is_none() && keyed && name.positions.last().is_some_and(|word| word.first().is_some_and(|word| word == "code")) {
        name.positions.pop();
        name.shortened = true;
    }
    let mut stands_for = None;
    if let Some(position) = reference {
        let to = keys[position].to;
        let target = if to == id { "" } else { relations[to].name.as_str() };
        let (rest, all) = without_key_words(name, target);
        stands_for = (all && to != id).then_some(to);
        name = if to == id { superior(rest) } else { rest };
    }
    // "the ids of students" are `stuid`, whatever the key is called.
    if relation.primary_key == [at]
        && let Some(last) = name.positions.last_mut()
        && !last.iter().any(|word| word == "id")
    {
        last.push("id".to_owned());
    }
    ColumnWords {
        role: role(at, relation, column, reference.is_some()),
        name,
        owner,
        comment: comment_stems(column.comment.as_deref()),
        reference,
        stands_for,
        keyed,
    }
}

fn vocabulary(relations: &[RelationWords], columns: &[Vec<ColumnWords>]) -> HashMap<String, Vec<Place>> {
    let mut vocabulary: HashMap<String, Vec<Place>> = HashMap::new();
    let mut add = |word: &str, place: Place| {
        let places = vocabulary.entry(word.to_owned()).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    };
    for (id, words) in relations.iter().enumerate() {
        let target = PlaceTarget::Relation(id);
        for (at, alternatives) in words.name.positions.iter().enumerate() {
            alternatives.iter().for_each(|word| add(word, Place { target, part: Part::Name(at) }));
        }
        words.comment.iter().for_each(|word| add(word, Place { target, part: Part::Comment }));
        for (at, column) in columns[id].iter().enumerate() {
            let target = PlaceTarget::Column(id, at);
            for (position, alternatives) in column.name.positions.iter().enumerate() {
                alternatives.iter().for_each(|word| add(word, Place { target, part: Part::Name(position) }));
            }
            if column.keyed {
                ["id", "code"].iter().for_each(|word| add(word, Place { target, part: Part::Suffix }));
            }
            if column.role == Role::Time {
                ["date", "time", "day"].iter().for_each(|word| add(word, Place { target, part: Part::Suffix }));
            }
            column.owner.iter().for_each(|word| add(word, Place { target, part: Part::Owner }));
            column.comment.iter().for_each(|word| add(word, Place { target, part: Part::Comment }));
        }
    }
    vocabulary
}
