//! A schema made ready for questions: names split and stemmed, roles of columns guessed, keys inferred, statistics indexed.
//!
//! Built once a schema generation and used for every question; holds nothing about a question. Cost grows with the number of
//! columns and of statistics values, a few milliseconds for hundreds of relations.

use std::collections::HashMap;

use nl_query_core::schema::{Column, ForeignKey, Relation, RelationId, Schema, TypeKind};

use crate::joins::{self, Graph};
use crate::lexicon;
use crate::lexicon::morphology::{stem, words_of_identifier};
use crate::link::values::StoredValues;

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

/// The words of a name. Each position holds the alternatives that may stand there: the word itself, what it abbreviates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    pub positions: Vec<Vec<String>>,
}

impl Name {
    fn of(identifier: &str) -> Name {
        let mut positions = Vec::new();
        for word in words_of_identifier(identifier) {
            let mut alternatives = vec![stem(&word)];
            let longer = lexicon::abbreviation(&word);
            alternatives.extend(longer.iter().filter(|long| !long.contains(' ')).map(|long| stem(long)));
            alternatives.dedup();
            match longer.iter().find(|long| long.contains(' ')) {
                // `fname` is a first name: each of its words has its own place.
                Some(phrase) if alternatives.len() == 1 => {
                    positions.extend(
                        phrase.split(' ').filter(|part| *part != "of").map(|part| vec![stem(part), alternatives[0].clone()]),
                    );
                }
                _ => positions.push(alternatives),
            }
        }
        Name { positions }.without_unit()
    }

    /// `shipped_date` is about shipping: that it is a date its type says. The word may still be said.
    fn without_calendar_word(mut self) -> Name {
        let last = self.positions.last().and_then(|alternatives| alternatives.first()).map(String::as_str).unwrap_or_default();
        if self.positions.len() > 1
            && matches!(last, "date" | "time" | "at" | "on" | "day" | "datetim" | "timestamp" | "ts" | "dt")
        {
            self.positions.pop();
        }
        self
    }

    /// `weight_g` is a weight, `duration_minutes` a duration, and `milliseconds` alone says how long something is.
    fn without_unit(mut self) -> Name {
        let last = self.positions.last().and_then(|alternatives| alternatives.first()).map(String::as_str).unwrap_or_default();
        let of_what: &[&str] = match last {
            "millisecond" | "second" | "minut" | "hour" | "ms" | "sec" | "min" => &["length", "duration"],
            "byte" | "kb" | "mb" | "gb" => &["size"],
            "g" | "kg" | "gram" | "kilogram" | "lb" => &["weight"],
            "cm" | "mm" | "km" | "meter" | "metr" | "usd" | "eur" | "gbp" | "pct" | "percent" => &[],
            _ => return self,
        };
        match self.positions.len() {
            1 => self.positions[0].extend(of_what.iter().map(|word| stem(word))),
            _ => {
                let unit = self.positions.pop().unwrap_or_default();
                if let Some(head) = self.positions.last_mut() {
                    head.extend(unit.into_iter().filter(|word| word.chars().count() > 2));
                }
            }
        }
        self
    }

    /// The first alternative of each position.
    pub fn stems(&self) -> impl Iterator<Item = &str> {
        self.positions.iter().filter_map(|alternatives| alternatives.first().map(String::as_str))
    }
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

/// Columns that databases keep for themselves: a bridge table stays one with them.
fn is_bookkeeping(column: &Column) -> bool {
    matches!(
        column.name.as_str(),
        "last_update" | "created_at" | "updated_at" | "modified" | "created" | "updated" | "rowguid" | "timestamp"
    )
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

fn is_textual(column: &Column) -> bool {
    matches!(column.kind, TypeKind::Text)
}

/// The columns that name a row for a reader, by what their names say. None for a table whose rows have no name: an invoice is
/// shown whole.
fn label_columns(relation: &Relation, referencing: &[usize]) -> Vec<usize> {
    let own: Vec<String> = words_of_identifier(&relation.name).iter().map(|word| stem(word)).collect();
    let mut first = None;
    let mut last = None;
    let mut best: Option<(u8, usize)> = None;
    for (at, column) in relation.columns.iter().enumerate() {
        if !is_textual(column) || referencing.contains(&at) {
            continue;
        }
        let words = words_of_identifier(&column.name);
        let text: Vec<&str> = words.iter().map(String::as_str).collect();
        match text.as_slice() {
            ["first" | "given", "name"] | ["fname" | "firstname" | "forename"] => first = Some(at),
            ["last" | "family", "name"] | ["lname" | "lastname" | "surname"] => last = Some(at),
            _ => {}
        }
        let of_owner = text.len() > 1 && text[..text.len() - 1].iter().all(|word| own.contains(&stem(word)));
        let Some(head) = text.last() else { continue };
        let rank = match *head {
            "name" if text.len() == 1 => 0,
            "name" if of_owner => 0,
            "title" if text.len() == 1 || of_owner => 1,
            "name"
                if matches!(text[0], "full" | "display" | "company" | "official" | "common" | "product" | "item" | "short") =>
            {
                2
            }
            "label" | "caption" | "headline" | "subject" => 3,
            "name"
                if !matches!(text[0], "first" | "last" | "middle" | "user" | "contact" | "file" | "given" | "family")
                    && tells_apart(column, relation) =>
            {
                4
            }
            "description" if of_owner => 4,
            word if own.contains(&stem(word)) && text.len() == 1 => 4,
            "username" | "login" | "handle" | "email" => 6,
            "code" if text.len() == 1 => 7,
            "description" => 7,
            _ => continue,
        };
        if best.is_none_or(|(known, _)| rank < known) {
            best = Some((rank, at));
        }
    }
    if let (Some(first), Some(last)) = (first, last)
        && best.is_none_or(|(rank, _)| rank > 0)
    {
        return vec![first, last];
    }
    if let Some((_, at)) = best {
        return vec![at];
    }
    if let Some(only) = first.or(last) {
        return vec![only];
    }
    let texts: Vec<usize> = relation
        .columns
        .iter()
        .enumerate()
        .filter(|(at, column)| is_textual(column) && !referencing.contains(at))
        .map(|(at, _)| at)
        .collect();
    let said = |at: &&usize| {
        relation.columns[**at].name.to_lowercase().ends_with("name")
            || relation.columns[**at].name.to_lowercase().ends_with("title")
    };
    if let Some(at) = texts.iter().find(said) {
        return vec![*at];
    }
    // A single text is what a reader knows the row by.
    if let [only] = texts.as_slice() {
        return vec![*only];
    }
    Vec::new()
}

/// Most rows have a value of their own, as far as statistics know: `ship_name` of an order repeats and names no order.
fn tells_apart(column: &Column, relation: &Relation) -> bool {
    match &column.stats {
        Some(stats) if stats.n_distinct < 0.0 => stats.n_distinct <= -0.6,
        Some(stats) => stats.n_distinct >= 0.6 * relation.rows,
        None => true,
    }
}

/// Columns on a calendar. The one that says when the row's event happened comes before due dates and bookkeeping.
fn time_columns(relation: &Relation) -> Vec<usize> {
    let own: Vec<String> = words_of_identifier(&relation.name).iter().map(|word| stem(word)).collect();
    let rank = |column: &Column| {
        let words = words_of_identifier(&column.name);
        let of_owner = words.iter().any(|word| own.contains(&stem(word)));
        let is = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
        if is(&["update", "updated", "modified", "modification", "changed"]) {
            9
        } else if of_owner {
            0
        } else if is(&["created", "creation", "placed", "date", "day", "time", "at", "on"])
            && words.len() <= 2
            && !is(&["birth", "due", "required", "end"])
        {
            1
        } else if is(&["start", "begin", "hire", "hired", "birth", "joined", "signup", "registered"]) {
            2
        } else {
            4
        }
    };
    let mut columns: Vec<(u8, usize)> = relation
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.kind.is_calendar())
        .map(|(at, column)| (rank(column), at))
        .collect();
    columns.sort();
    columns.into_iter().map(|(_, at)| at).collect()
}

fn column_words(id: RelationId, at: usize, relations: &[Relation], keys: &[ForeignKey]) -> ColumnWords {
    let relation = &relations[id];
    let column = &relation.columns[at];
    let owner: Vec<String> = words_of_identifier(&relation.name).iter().map(|word| stem(word)).collect();
    let whole = Name::of(&column.name);
    let prefix = whole.stems().zip(owner.iter()).take_while(|(mine, theirs)| mine == theirs).count();
    let prefix = if prefix == owner.len() && prefix < whole.positions.len() { prefix } else { 0 };
    let name = Name { positions: whole.positions[prefix..].to_vec() };
    let mut name = name;
    let reference = keys.iter().position(|key| key.from == id && key.from_columns == [at]);
    if column.kind.is_calendar() {
        name = name.without_calendar_word();
    }
    let keyed = name.positions.len() > 1 && name.positions.last().is_some_and(is_key_word);
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

fn is_key_word(alternatives: &Vec<String>) -> bool {
    alternatives.first().is_some_and(|word| matches!(word.as_str(), "id" | "code" | "key" | "no" | "number" | "fk"))
}

/// `manager_staff_id` is a manager: the words for a key go, then those of the relation that it refers to, where others are left.
/// The second value says that none are left: the name is the relation's.
fn without_key_words(name: Name, target: &str) -> (Name, bool) {
    let mut positions = name.positions;
    if positions.len() > 1 && positions.last().is_some_and(is_key_word) {
        positions.pop();
    }
    let target: Vec<String> = words_of_identifier(target).iter().map(|word| stem(word)).collect();
    let of_target = |alternatives: &Vec<String>| alternatives.iter().any(|word| target.contains(word));
    let rest: Vec<Vec<String>> = positions.iter().filter(|alternatives| !of_target(alternatives)).cloned().collect();
    let all = rest.is_empty();
    (Name { positions: if all { positions } else { rest } }, all)
}

/// A reference of a person's row to another one of the same table goes by many names.
const SUPERIORS: [&str; 5] = ["manager", "boss", "supervisor", "reports", "reporting"];

/// A column such as `reports_to` or `manager_id` answers to every word for a superior.
fn superior(name: Name) -> Name {
    let family: Vec<String> = SUPERIORS.iter().map(|word| stem(word)).collect();
    if !name.stems().any(|word| family.iter().any(|known| known == word)) {
        return name;
    }
    Name { positions: vec![family] }
}

fn role(at: usize, relation: &Relation, column: &Column, refers: bool) -> Role {
    let words = words_of_identifier(&column.name);
    let last = words.last().map(String::as_str).unwrap_or_default();
    let keyed = refers || (relation.primary_key == [at] && !matches!(column.kind, TypeKind::Text));
    if keyed || (matches!(last, "id" | "uuid" | "guid" | "oid" | "rowid") && words.len() <= 4) || column.kind == TypeKind::Uuid {
        return Role::Key;
    }
    match column.kind {
        TypeKind::Number if is_flag(column) => Role::Category,
        TypeKind::Number => Role::Measure,
        TypeKind::Date | TypeKind::Timestamp | TypeKind::TimestampTz | TypeKind::Time => Role::Time,
        TypeKind::Boolean | TypeKind::Enum => Role::Category,
        TypeKind::Interval => Role::Measure,
        TypeKind::Text if matches!(last, "name" | "title" | "label" | "surname") => Role::Label,
        TypeKind::Text => {
            let few = column.stats.as_ref().is_some_and(|stats| {
                (stats.n_distinct > 0.0 && stats.n_distinct <= 60.0)
                    || stats.n_distinct > 0.0 && stats.n_distinct < relation.rows / 8.0
            });
            if few { Role::Category } else { Role::Other }
        }
        _ => Role::Other,
    }
}

/// A whole-number column that statistics know to hold 0 and 1 alone.
pub(crate) fn is_flag(column: &Column) -> bool {
    let Some(stats) = &column.stats else { return false };
    column.kind == TypeKind::Number
        && !stats.common_values.is_empty()
        && stats.common_values.iter().chain(&stats.bounds).all(|value| value == "0" || value == "1")
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
                add("id", Place { target, part: Part::Suffix });
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
