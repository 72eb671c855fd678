//! A schema made ready for questions: names split and stemmed, roles of columns guessed, keys inferred, statistics indexed.
//!
//! Built once a schema generation and used for every question; holds nothing about a question. Cost grows with the number of
//! columns and of statistics values, a few milliseconds for hundreds of relations.

use std::collections::{BTreeSet, HashMap, HashSet};

use nl_query_core::schema::{Column, ForeignKey, Relation, RelationId, Schema};

use crate::joins::{self, Graph};
use crate::lexicon::morphology::{Memo, plural, singular};
use crate::link::values::StoredValues;

mod builder;
mod name;
mod roles;

use builder::Builder;
pub(crate) use builder::comment_stems;
pub use name::Name;
pub(crate) use roles::is_flag;

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

impl RelationWords {
    /// Rows are people, or companies that act like them.
    pub(crate) fn is_of_people(&self) -> bool {
        const PEOPLE: [&str; 22] = [
            "member", "user", "person", "peopl", "employe", "staff", "worker", "author", "actor", "student", "teacher",
            "patient", "doctor", "player", "driver", "agent", "supplier", "vendor", "seller", "guest", "passeng", "artist",
        ];
        self.label.len() == 2 || self.is_of_customers() || self.name.stems().any(|stem| PEOPLE.contains(&stem))
    }

    /// Those who buy, rent, visit: what is done is done by them rather than by who serves them.
    pub(crate) fn is_of_customers(&self) -> bool {
        const CUSTOMERS: [&str; 11] =
            ["customer", "custom", "client", "member", "buyer", "user", "patron", "guest", "passeng", "patient", "student"];
        self.name.stems().any(|stem| CUSTOMERS.contains(&stem))
    }
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
    /// Words of names as they are written, in singular and plural, each with its stem: a misspelling is told by letters, not stems.
    pub(crate) spellings: Vec<(String, String)>,
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
    /// The words of a relation's or a column's name.
    pub(crate) fn name(&self, target: PlaceTarget) -> &Name {
        match target {
            PlaceTarget::Relation(relation) => &self.relations[relation].name,
            PlaceTarget::Column(relation, column) => &self.columns[relation][column].name,
        }
    }

    /// Takes milliseconds for hundreds of relations; call it once and keep the result.
    pub fn new(schema: Schema) -> Self {
        let graph = Graph::new(&schema, joins::infer_foreign_keys(&schema));
        let memo = Memo::default();
        let builder = Builder::new(&schema.relations, graph.keys(), &memo);
        let relations: Vec<RelationWords> = (0..schema.relations.len()).map(|id| builder.relation(id)).collect();
        let columns: Vec<Vec<ColumnWords>> = (0..schema.relations.len()).map(|id| builder.columns(id)).collect();
        let vocabulary = vocabulary(&relations, &columns);
        let spellings = spellings(schema.relations.iter(), &memo);
        let values = StoredValues::new(&schema, &memo);
        Prepared { schema, graph, relations, columns, vocabulary, spellings, values }
    }

    /// Whole numbers that are words of names (`2011` of `sales_2011`) or all of a stored text.
    pub(crate) fn figures(&self) -> impl Iterator<Item = i64> {
        let words = self.vocabulary.keys().map(String::as_str).chain(self.values.spellings());
        words.filter(|word| word.bytes().all(|byte| byte.is_ascii_digit())).filter_map(|word| word.parse().ok())
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

/// The words of all names in singular and plural, each with its stem.
pub(crate) fn spellings<'r>(relations: impl Iterator<Item = &'r Relation>, memo: &Memo) -> Vec<(String, String)> {
    let names =
        relations.flat_map(|relation| std::iter::once(&relation.name).chain(relation.columns.iter().map(|column| &column.name)));
    let names: HashSet<&String> = names.collect();
    let mut words: HashSet<String> = HashSet::new();
    for name in names {
        let long = |word: &&String| word.chars().count() >= 4 && !words.contains(*word);
        let new: Vec<String> = memo.words(name).iter().filter(long).cloned().collect();
        words.extend(new);
    }
    let forms = words.iter().flat_map(|word| {
        let stemmed = memo.stem(word);
        [word.clone(), singular(word), plural(word)].map(|form| (form, stemmed.to_string()))
    });
    let forms: BTreeSet<(String, String)> = forms.collect();
    forms.into_iter().collect()
}

fn vocabulary(relations: &[RelationWords], columns: &[Vec<ColumnWords>]) -> HashMap<String, Vec<Place>> {
    let mut vocabulary: HashMap<String, Vec<Place>> = HashMap::new();
    let mut add = |word: &str, place: Place| match vocabulary.get_mut(word) {
        // Places come target by target: only those of this one, at the end, can be the same.
        Some(places) => {
            if !places.iter().rev().take_while(|known| known.target == place.target).any(|known| *known == place) {
                places.push(place);
            }
        }
        None => {
            vocabulary.insert(word.to_owned(), vec![place]);
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
