//! The engine's door: what goes in, what comes out.

use std::rc::Rc;

use nl_query_core::schema::{RelationId, Schema, TypeKind};

use crate::ir::{Day, Query};
use crate::parser::candidates::{self, Asked, Made, Written};
use crate::parser::net::Network;
use crate::parser::rank::anatomy::Anatomy;
use crate::prepared::{ColumnId, Prepared};
use crate::question::Question;
use crate::understand::{NOT_UNDERSTOOD, NOT_USED};
use crate::{lexicon, question, render, understand};

/// Looks for values in the data where statistics do not tell. The caller bounds what it costs and answers as the user who asks.
pub trait ValueProbe {
    /// Which of `needles` (lower case) are, in any letter case, values of which of `columns`. May leave out hits when the data
    /// are too large to look through, never invents one.
    fn find(&mut self, needles: &[String], columns: &[(RelationId, usize)]) -> Vec<ValueHit>;
}

/// A value found by a [`ValueProbe`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueHit {
    /// Position in the `needles` that were asked for.
    pub needle: usize,
    pub relation: RelationId,
    pub column: usize,
    /// As stored.
    pub value: String,
}

/// A probe that finds nothing.
pub struct NoProbe;

impl ValueProbe for NoProbe {
    fn find(&mut self, _needles: &[String], _columns: &[(RelationId, usize)]) -> Vec<ValueHit> {
        Vec::new()
    }
}

/// What the engine makes of a question.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Best first; empty exactly when `refusal` is set.
    pub candidates: Vec<Candidate>,
    pub refusal: Option<Refusal>,
    /// Every word of the question and what was made of it, in the order of the question.
    pub words: Vec<WordAccount>,
    /// The current day was looked at (a year was left out: "since March"): the answer is good for this day only. Days told from
    /// now ("last month") stay relative in the SQL and do not count.
    pub depends_on_today: bool,
    /// The data were looked into: other rows could give another answer, or one where there is none.
    pub depends_on_data: bool,
    /// What was looked for in the data, and found.
    pub lookups: Vec<Lookup>,
    /// What the network wrote, for questions that differ in a number only.
    pub(crate) written: Option<Rc<Written>>,
}

impl Answer {
    /// Whether no other schema would change it: the question itself is refused.
    pub fn is_final(&self) -> bool {
        matches!(
            self.refusal,
            Some(Refusal::EmptyQuestion | Refusal::OutOfScope { .. } | Refusal::NoSuchDay { .. } | Refusal::EmptySchema)
        )
    }
}

/// One call of a [`ValueProbe`] and what it gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    pub needles: Vec<String>,
    pub columns: Vec<(RelationId, usize)>,
    pub hits: Vec<ValueHit>,
}

/// A probe that takes down what goes through it.
struct Recorder<'p> {
    probe: &'p mut dyn ValueProbe,
    lookups: Vec<Lookup>,
}

impl ValueProbe for Recorder<'_> {
    fn find(&mut self, needles: &[String], columns: &[(RelationId, usize)]) -> Vec<ValueHit> {
        let hits = self.probe.find(needles, columns);
        self.lookups.push(Lookup { needles: needles.to_vec(), columns: columns.to_vec(), hits: hits.clone() });
        hits
    }
}

/// One reading of the question.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub query: Query,
    /// One SELECT, formatted over several lines, without a semicolon.
    pub sql: String,
    /// The query in words.
    pub paraphrase: String,
    /// Probability that this reading is right, 0 to 1.
    pub confidence: f64,
}

impl Candidate {
    /// Whether it says of a text where it is stored, or how it is written there: something that only who may read the data knows. Labels
    /// of enums are no data.
    pub fn tells_of_values(&self, schema: &Schema) -> bool {
        let is_label = |(relation, column): ColumnId| {
            let column = schema.relations.get(relation).and_then(|relation| relation.columns.get(column));
            column.is_some_and(|column| column.kind == TypeKind::Enum)
        };
        Anatomy::of(&self.query).compared.iter().any(|(column, _)| !column.is_some_and(is_label))
    }
}

/// A word (or several) of the question and how the best reading uses it.
#[derive(Debug, Clone, PartialEq)]
pub struct WordAccount {
    /// As typed.
    pub words: String,
    /// Such as `table customers`, `column orders.total`, `value 'Germany' of customers.country`, `descending order`, `not used`.
    pub meaning: String,
    /// Other meanings that were considered and rejected.
    pub rejected: Vec<String>,
}

impl WordAccount {
    /// It is something of the schema or of the data, and no way of asking.
    pub fn names_something(&self) -> bool {
        ["table ", "view ", "materialized view ", "foreign table ", "column ", "value ", "text "]
            .iter()
            .any(|kind| self.meaning.starts_with(kind))
    }

    /// The reading has nothing of it.
    pub fn is_unused(&self) -> bool {
        [NOT_USED, NOT_UNDERSTOOD].contains(&self.meaning.as_str())
    }
}

/// Why there is no candidate.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// No word of the question names anything in the schema.
    NothingRecognised,
    /// Words that the answer would need name nothing in the schema.
    Unknown { words: Vec<String> },
    /// It asks for something that a query cannot tell: a forecast, a reason, an opinion, a change of data.
    OutOfScope { what: String },
    /// It names a day that is in no calendar, such as 30 February.
    NoSuchDay { day: String },
    /// The caller may read no relation at all.
    EmptySchema,
    /// The question has no words.
    EmptyQuestion,
}

/// Reads the question over the schema. `today` is the session's current date, for years left out; relative dates stay
/// relative in the SQL.
pub fn answer(question: &str, prepared: &Prepared, probe: &mut dyn ValueProbe, today: Day) -> Answer {
    answer_knowing(question, prepared, probe, today, None)
}

/// The same, with what the network wrote for a question that may look the same to it.
pub(crate) fn answer_knowing(
    question: &str,
    prepared: &Prepared,
    probe: &mut dyn ValueProbe,
    today: Day,
    known: Option<&Written>,
) -> Answer {
    let question = read(question, today);
    let mut recorder = Recorder { probe, lookups: Vec::new() };
    let mut answer = understood(&question, prepared, &mut recorder, known);
    answer.depends_on_today = question.asked_today;
    answer.depends_on_data = !recorder.lookups.is_empty();
    answer.lookups = recorder.lookups;
    answer
}

/// The question taken apart.
pub(crate) fn read(question: &str, today: Day) -> Question {
    // In a question of capitals a capital says nothing: "IN GERMANY" names no state of Indiana.
    let shouted = question.chars().any(char::is_uppercase) && !question.chars().any(char::is_lowercase);
    if shouted { question::read(&question.to_lowercase(), today) } else { question::read(question, today) }
}

fn understood(question: &Question, prepared: &Prepared, probe: &mut dyn ValueProbe, known: Option<&Written>) -> Answer {
    if question.tokens.is_empty() {
        return refuse(Refusal::EmptyQuestion, Vec::new());
    }
    if prepared.schema().relations.is_empty() {
        return refuse(Refusal::EmptySchema, Vec::new());
    }
    if let Some(day) = question::impossible_day(question) {
        return refuse(Refusal::NoSuchDay { day }, Vec::new());
    }
    let words: Vec<&str> = question.tokens.iter().map(|token| token.lower.as_str()).collect();
    if let Some(what) = lexicon::out_of_scope(&words) {
        return refuse(Refusal::OutOfScope { what: what.to_owned() }, Vec::new());
    }
    let understanding = understand::understand(question, prepared, probe);
    let asked = Asked { question, prepared, understanding: &understanding };
    let (made, written) = match understanding.names_something() {
        true => candidates::made(&asked, Network::shipped(), known),
        false => Default::default(),
    };
    let judged = candidates::judged(&asked, made, candidates::shipped_forest());
    let Some(best) = judged.first() else {
        let words = understanding.accounts(question, &Anatomy::default(), prepared);
        let unknown = understanding.unknown;
        let refusal = if unknown.is_empty() { Refusal::NothingRecognised } else { Refusal::Unknown { words: unknown } };
        return refuse(refusal, words);
    };
    let words = match best.reading.and_then(|at| understanding.readings.get(at)) {
        Some(reading) => reading.words.clone(),
        None => understanding.accounts(question, &Anatomy::of(&best.query), prepared),
    };
    let candidates = judged.into_iter().map(|made| candidate(made, prepared)).collect();
    Answer { candidates, words, written: Some(Rc::new(written)), ..Answer::default() }
}

fn candidate(made: Made, prepared: &Prepared) -> Candidate {
    let paraphrase = render::paraphrase(&made.query, prepared.schema());
    Candidate { query: made.query, sql: made.sql, paraphrase, confidence: made.confidence }
}

fn refuse(refusal: Refusal, words: Vec<WordAccount>) -> Answer {
    Answer { refusal: Some(refusal), words, ..Answer::default() }
}
