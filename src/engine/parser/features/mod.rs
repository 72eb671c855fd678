//! What the network sees of a question over a schema: the words, the relations and columns (together: items), how every two of
//! them hang together, and which words may be values. Evidence only; nothing is decided here.
//!
//! The same code serves training (`examples/features.rs` prints it) and answering, so that the network meets in use what it met
//! in training. Everything is bounded: [`MOST_WORDS`], [`MOST_ITEMS`].

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use nl_query_core::schema::{RelationId, TypeKind};

use crate::link::values::normalise;
use crate::link::{Meaning, Mention, StoredValue};
use crate::prepared::{ColumnId, Prepared};
use crate::question::{NumberValue, Question, TokenKind};

mod items;
mod names;
#[cfg(test)]
mod tests;

pub use items::{Item, KINDS, MOST_NAME_WORDS, Target};

/// Words of a question that are read; a longer question is cut for the network.
pub const MOST_WORDS: usize = 64;

/// Relations and columns that are looked at. A larger schema is pruned to what the question's words touch. Of 6820 questions over
/// schemas that the networks had not seen as many are answered rightly with 110; those over Chinook, Northwind and Pagila (88 to 176
/// of them) take half as long again.
pub const MOST_ITEMS: usize = 64;

/// How well a word of the question fits the name of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    None,
    /// A distant relative of a word of the name.
    Wide,
    /// A word of its comment, a broader or narrower word, the adjective of an attribute.
    Weak,
    /// A synonym, a word of the same family, a misspelling.
    Synonym,
    /// One of several words of the name.
    Part,
    /// The word is the name, or stands in a row of words that is.
    Exact,
}

const FITS: usize = 6;

/// What a word of the question may be to a column beside its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    No,
    /// It spells (part of) a stored value of the column.
    Stored,
    /// It is a number or a date and the column is of that type.
    Typed,
}

/// What a word, or several, may stand for as a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Positions of words.
    pub words: Range<usize>,
    pub kind: CandidateKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CandidateKind {
    /// A value as it is stored, and where.
    Stored(StoredValue),
    /// Between quotes.
    Quoted(String),
    /// Position in `Question::numbers`.
    Number(usize),
    /// Position in `Question::dates`.
    Date(usize),
    /// Words with capitals inside the sentence.
    Capitals(String),
}

/// What the network sees.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Features {
    /// Stems, with numbers told apart by size only.
    pub words: Vec<String>,
    /// For each word a sum of the `FLAG_` bits.
    pub flags: Vec<u8>,
    /// Relations first, then columns, relation by relation.
    pub items: Vec<Item>,
    /// How many of the items are relations.
    pub relations: usize,
    /// A square over words and items, row by row: the number of the link from the row to the column, below [`LINKS`].
    pub links: Vec<u8>,
    pub candidates: Vec<Candidate>,
}

pub const FLAG_NUMBER: u8 = 1;
pub const FLAG_STORED: u8 = 2;
pub const FLAG_QUOTED: u8 = 4;
pub const FLAG_EXACT: u8 = 8;
pub const FLAG_DATE: u8 = 16;
pub const FLAG_CAPITAL: u8 = 32;
pub const FLAG_AFTER_BREAK: u8 = 64;
/// Flags take values below this.
pub const FLAGS: usize = 128;

/// Kinds of links: five distances between words; six fits of a name, three ways to be a value, both directions, for columns; six fits, both
/// directions, for relations; among columns, between columns and relations, among relations.
pub const LINKS: usize = 5 + FITS * 3 * 2 + FITS * 2 + items::SCHEMA_LINKS;

const WORD_COLUMN: u8 = 5;
const COLUMN_WORD: u8 = WORD_COLUMN + (FITS * 3) as u8;
const WORD_RELATION: u8 = COLUMN_WORD + (FITS * 3) as u8;
const RELATION_WORD: u8 = WORD_RELATION + FITS as u8;
const SCHEMA: u8 = RELATION_WORD + FITS as u8;

impl Features {
    /// The item of a relation or column; none where it was pruned.
    pub fn item(&self, target: Target) -> Option<usize> {
        self.items.iter().position(|item| item.target == target)
    }

    /// How well a word fits the name of an item.
    pub fn fit(&self, word: usize, item: usize) -> Fit {
        let side = self.words.len() + self.items.len();
        let link = self.links.get(word * side + self.words.len() + item).copied().unwrap_or_default();
        let number =
            if item < self.relations { link.saturating_sub(WORD_RELATION) } else { link.saturating_sub(WORD_COLUMN) / 3 };
        [Fit::None, Fit::Wide, Fit::Weak, Fit::Synonym, Fit::Part, Fit::Exact][usize::from(number) % FITS]
    }

    /// How well a word says an item. A word that is a relation's whole name says no column that it is only akin to: "states" asks for rows
    /// of `state`, not for its `country_name`.
    pub fn says(&self, word: usize, item: usize) -> Fit {
        let fit = self.fit(word, item);
        let akin = item >= self.relations && fit <= Fit::Weak;
        if akin && (0..self.relations).any(|relation| self.fit(word, relation) == Fit::Exact) { Fit::None } else { fit }
    }

    /// The relations whose whole name is said.
    pub fn named_relations(&self) -> BTreeSet<RelationId> {
        (0..self.words.len()).flat_map(|word| self.relations_named_by(word)).collect()
    }

    /// The relations whose whole name a word says, or is a word of; none for a word beyond the last.
    pub fn relations_named_by(&self, word: usize) -> impl Iterator<Item = RelationId> + '_ {
        let said = move |item: &usize| word < self.words.len() && self.fit(word, *item) == Fit::Exact;
        (0..self.relations).filter(said).filter_map(|item| match self.items.get(item)?.target {
            Target::Relation(relation) => Some(relation),
            Target::Column(_) => None,
        })
    }
}

/// Looks at a question. `mentions` are those of stored values (names are looked up here).
pub fn features(question: &Question, prepared: &Prepared, mentions: &[Mention]) -> Features {
    let count = question.tokens.len().min(MOST_WORDS);
    let candidates = candidates(question, prepared, count, mentions);
    let fits = names::Fits::new(question, count, prepared);
    let items = items::chosen(prepared, &fits, &candidates);
    let relations = items.iter().take_while(|item| matches!(item.target, Target::Relation(_))).count();
    let places: HashMap<Target, usize> = items.iter().enumerate().map(|(at, item)| (item.target, at)).collect();
    let values = values(question, prepared, count, &items, &places, &candidates);
    let fit = fits.matrix(count, &items);
    let words = question.tokens[..count].iter().enumerate().map(|(at, _)| word(question, at)).collect();
    let flags = (0..count).map(|at| flags(question, at, &candidates, &fit[at])).collect();
    let links = links(count, &items, relations, &fit, &values, prepared);
    Features { words, flags, items, relations, links, candidates }
}

/// The word as the network knows it: a stem; of numbers only how large they are.
fn word(question: &Question, at: usize) -> String {
    let token = &question.tokens[at];
    if token.kind == TokenKind::Number { figure(&token.lower).to_owned() } else { token.stem.clone() }
}

/// The word that stands for all numbers of a kind: nothing, one, what is counted (a few or hundreds: `3` is the commonest of them), a
/// year, any other whole number, any other figure. That numbers of a kind look alike is what lets an answer serve other numbers ([`crate::slots`]).
pub fn figure(digits: &str) -> &'static str {
    match digits.parse::<i64>() {
        Ok(0) => "0",
        Ok(1) => "1",
        Ok(2..=1799) => "3",
        Ok(1800..=2100) => "<year>",
        Ok(_) => "<number>",
        Err(_) => "<figure>",
    }
}

fn flags(question: &Question, at: usize, candidates: &[Candidate], fits: &[Fit]) -> u8 {
    let mut flags = 0;
    for candidate in candidates.iter().filter(|candidate| candidate.words.contains(&at)) {
        flags |= match candidate.kind {
            CandidateKind::Stored(_) => FLAG_STORED,
            CandidateKind::Quoted(_) => FLAG_QUOTED,
            CandidateKind::Number(_) => FLAG_NUMBER,
            CandidateKind::Date(_) => FLAG_DATE,
            CandidateKind::Capitals(_) => FLAG_CAPITAL,
        };
    }
    if fits.contains(&Fit::Exact) {
        flags |= FLAG_EXACT;
    }
    if question.tokens[at].after_break {
        flags |= FLAG_AFTER_BREAK;
    }
    flags
}

/// Everything that words may stand for as values; stored values that lie inside a longer one are left out.
fn candidates(question: &Question, prepared: &Prepared, count: usize, mentions: &[Mention]) -> Vec<Candidate> {
    let mut list = Vec::new();
    let mut add = |words: Range<usize>, kind| {
        if words.end <= count && !words.is_empty() {
            list.push(Candidate { words, kind });
        }
    };
    for quoted in &question.quoted {
        add(quoted.tokens.clone(), CandidateKind::Quoted(quoted.content.trim().to_owned()));
    }
    for (at, number) in question.numbers.iter().enumerate() {
        add(number.tokens.clone(), CandidateKind::Number(at));
    }
    for (at, date) in question.dates.iter().enumerate() {
        add(date.tokens.clone(), CandidateKind::Date(at));
    }
    let mut stored: Vec<(Range<usize>, StoredValue)> = Vec::new();
    for mention in mentions.iter().filter(|mention| mention.strength >= 0.6) {
        if let Meaning::Value(value) = &mention.meaning {
            stored.push((mention.tokens.clone(), value.clone()));
        }
    }
    for found in spelled_out(question, prepared, count) {
        if !stored.contains(&found) {
            stored.push(found);
        }
    }
    let inside = |inner: &Range<usize>, outer: &Range<usize>| {
        outer.len() > inner.len() && outer.start <= inner.start && outer.end >= inner.end
    };
    for (words, value) in &stored {
        if !stored.iter().any(|(other, _)| inside(words, other)) {
            add(words.clone(), CandidateKind::Stored(value.clone()));
        }
    }
    for words in capitals(question, count) {
        let text = question.text[question.tokens[words.start].span.start..question.tokens[words.end - 1].span.end].to_owned();
        add(words, CandidateKind::Capitals(text));
    }
    list
}

/// Tokens that a stored value may have, spelled out in full.
pub const LONGEST_SPELLED: usize = 12;

/// Stored texts that stand in the question letter by letter though they are no plain words: with points and slashes in them ("Gordon
/// C. Lonsdale"), with units ("19%", "76 kg"), or numbers in a column of texts.
fn spelled_out(question: &Question, prepared: &Prepared, count: usize) -> Vec<(Range<usize>, StoredValue)> {
    let mut found = Vec::new();
    for start in 0..count {
        for end in start + 1..=(start + LONGEST_SPELLED).min(count) {
            let tokens = &question.tokens[start..end];
            let odd =
                tokens.iter().any(|token| token.kind != TokenKind::Word) || tokens.iter().skip(1).any(|token| token.after_break);
            if !odd {
                continue;
            }
            let text = &question.text[question.tokens[start].span.start..question.tokens[end - 1].span.end];
            for value in prepared.values.spelled(&normalise(text)) {
                if prepared.column(value.column).kind == TypeKind::Text {
                    found.push((start..end, value.clone()));
                }
            }
        }
    }
    found
}

/// Runs of words with capitals that do not begin the question; "of", "the" and "and" may stand inside.
fn capitals(question: &Question, count: usize) -> Vec<Range<usize>> {
    let upper = |at: usize| question.tokens[at].text.chars().next().is_some_and(char::is_uppercase);
    let mut runs = Vec::new();
    let mut at = 1;
    while at < count {
        if !upper(at) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        loop {
            let joined = |next: usize| next < count && !question.tokens[next].after_break;
            if joined(end) && upper(end) {
                end += 1;
            } else if joined(end)
                && matches!(question.tokens[end].lower.as_str(), "of" | "the" | "and" | "&")
                && joined(end + 1)
                && upper(end + 1)
            {
                end += 2;
            } else {
                break;
            }
        }
        runs.push(at..end);
        at = end;
    }
    runs
}

/// For each word and column item, what the word may be as a value of it.
fn values(
    question: &Question,
    prepared: &Prepared,
    count: usize,
    items: &[Item],
    places: &HashMap<Target, usize>,
    candidates: &[Candidate],
) -> Vec<Vec<Value>> {
    let mut values = vec![vec![Value::No; items.len()]; count];
    for candidate in candidates {
        match &candidate.kind {
            CandidateKind::Stored(stored) => {
                if let Some(item) = places.get(&Target::Column(stored.column)) {
                    candidate.words.clone().for_each(|word| values[word][*item] = Value::Stored);
                }
            }
            CandidateKind::Number(_) | CandidateKind::Date(_) => {
                for (at, item) in items.iter().enumerate() {
                    let Target::Column(column) = item.target else { continue };
                    if takes(question, prepared, column, &candidate.kind) {
                        for word in candidate.words.clone().filter(|word| *word < count) {
                            if values[word][at] == Value::No {
                                values[word][at] = Value::Typed;
                            }
                        }
                    }
                }
            }
            CandidateKind::Quoted(_) | CandidateKind::Capitals(_) => {}
        }
    }
    values
}

/// Whether a column's type takes a number or a date.
fn takes(question: &Question, prepared: &Prepared, column: ColumnId, kind: &CandidateKind) -> bool {
    let of = prepared.column(column).kind;
    match kind {
        CandidateKind::Number(at) => {
            let year = matches!(question.numbers[*at].value, NumberValue::Integer(1000..=2999));
            of == TypeKind::Number || (year && of.is_calendar())
        }
        CandidateKind::Date(_) => of.is_calendar(),
        _ => false,
    }
}

/// The square of links over words and items.
fn links(
    count: usize,
    items: &[Item],
    relations: usize,
    fit: &[Vec<Fit>],
    values: &[Vec<Value>],
    prepared: &Prepared,
) -> Vec<u8> {
    let side = count + items.len();
    let mut links = vec![0; side * side];
    for row in 0..count {
        for column in 0..count {
            let distance = (column as i64 - row as i64).clamp(-2, 2) + 2;
            links[row * side + column] = distance as u8;
        }
        for at in 0..items.len() {
            let fit = fit[row][at] as u8;
            let (there, back) = if at < relations {
                (WORD_RELATION + fit, RELATION_WORD + fit)
            } else {
                let value = values[row][at] as u8;
                (WORD_COLUMN + fit * 3 + value, COLUMN_WORD + fit * 3 + value)
            };
            links[row * side + count + at] = there;
            links[(count + at) * side + row] = back;
        }
    }
    for row in 0..items.len() {
        for column in 0..items.len() {
            links[(count + row) * side + count + column] = SCHEMA + items::link(&items[row], &items[column], prepared);
        }
    }
    links
}
