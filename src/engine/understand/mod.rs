//! Understanding: from elements to queries.
//!
//! Passes over the elements, each of which knows one kind of phrase and takes the elements that it used: a later pass does not
//! see them. Other readings come from running the same passes with a chosen meaning banned. Scores are by hand today; a trained
//! scorer will sit in the same place and rank the same [`Query`]s.

use nl_query_core::schema::RelationId;

use crate::answer::{ValueProbe, WordAccount};
use crate::ir::Query;
use crate::link::Mention;
use crate::parser::rank::anatomy::Anatomy;
use crate::prepared::Prepared;
use crate::question::Question;

mod absence;
mod accounts;
mod attributes;
mod compared;
mod context;
mod cues;
mod draft;
mod durations;
mod elements;
mod figures;
mod groups;
mod measures;
mod numbers;
mod order;
mod places;
mod ranking;
mod score;
mod search;
mod selves;
mod shares;
mod sort_keys;
mod spelled;
mod targets;
#[cfg(test)]
pub(crate) mod tests;
mod texts;
mod times;
mod units;
mod unknown;
mod values;
mod walk;
mod wants;

pub(crate) use attributes::unit_factor;
pub(crate) use numbers::in_unit;
pub(crate) use score::{NOT_UNDERSTOOD, NOT_USED};
pub(crate) use search::{spelling, stretches};
pub(crate) use targets::LIKELY_AGES;

use context::{Bans, Context};
use draft::Draft;
use elements::Element;

/// A query with how sure it is and how each word was used.
#[derive(Debug, Clone)]
pub struct Reading {
    pub query: Query,
    pub confidence: f64,
    pub words: Vec<WordAccount>,
}

/// Everything that came out of a question.
#[derive(Debug, Default)]
pub struct Understanding {
    /// Best first.
    pub readings: Vec<Reading>,
    /// The words that name nothing.
    pub unknown: Vec<String>,
    /// Names and stored values that the words may mean.
    pub mentions: Vec<Mention>,
    elements: Vec<Element>,
}

impl Understanding {
    /// Whether any word names a relation, a column or a stored value. Where none does, a query could only be made up.
    pub fn names_something(&self) -> bool {
        !self.mentions.is_empty()
    }

    /// Whether a word begins a stretch that names nothing.
    pub fn is_unknown(&self, word: usize) -> bool {
        self.elements.iter().any(|element| element.tokens.start == word && element.is_unknown())
    }

    /// Whether a word begins a state that nothing in the schema is called.
    pub fn is_bare_state(&self, word: usize) -> bool {
        self.elements.iter().any(|element| element.tokens.start == word && element.is_bare_state())
    }

    /// Whether a word is of a stretch that names something.
    pub fn names(&self, word: usize) -> bool {
        self.elements.iter().any(|element| element.tokens.contains(&word) && !element.things.is_empty())
    }

    /// Whether the thing that is asked for is one that nothing here is named like.
    pub fn asks_for_unknown(&self, question: &Question) -> bool {
        unknown::is_asked_for(question, &self.elements)
    }

    /// What became of each word in a query.
    pub fn accounts(&self, question: &Question, anatomy: &Anatomy, prepared: &Prepared) -> Vec<WordAccount> {
        accounts::accounts(question, &self.elements, anatomy, prepared)
    }

    /// How many words, or stretches of words, mean something that a query makes no use of.
    pub fn left_aside(&self, question: &Question, anatomy: &Anatomy) -> usize {
        self.elements.iter().filter(|element| accounts::is_left_aside(question, element, anatomy)).count()
    }
}

/// Other readings tried, at the most; each runs all passes again, some tens of microseconds.
const MOST_VARIANTS: usize = 6;

pub fn understand(question: &Question, prepared: &Prepared, probe: &mut dyn ValueProbe) -> Understanding {
    let mentions = mentions(question, prepared, probe);
    let elements = elements::cover(question, &mentions);
    let readings = readings(question, prepared, &elements);
    let unknown = elements.iter().filter(|element| element.is_unknown()).map(|element| words_of(question, element)).collect();
    Understanding { readings, unknown, mentions, elements }
}

/// What the words may mean: names, stored values that statistics know, and those that a probe of the data finds.
pub fn mentions(question: &Question, prepared: &Prepared, probe: &mut dyn ValueProbe) -> Vec<Mention> {
    let mut mentions = crate::link::names::mentions(question, prepared);
    search::stored_values(question, prepared, &mut mentions);
    let first = elements::cover(question, &mentions);
    search::probed_values(question, prepared, &first, &mut mentions, probe);
    mentions
}

fn readings(question: &Question, prepared: &Prepared, elements: &[Element]) -> Vec<Reading> {
    let (best, decisions) = read(question, prepared, elements, &Bans::default());
    let mut readings: Vec<Reading> = best.into_iter().collect();
    let mut rivals: Vec<_> = decisions.iter().filter(|decision| !decision.rejected.is_empty()).collect();
    rivals.sort_by(|a, b| a.margin.total_cmp(&b.margin));
    for decision in rivals.into_iter().take(MOST_VARIANTS) {
        let bans = Bans { columns: vec![(decision.element, decision.chosen)] };
        let (other, _) = read(question, prepared, elements, &bans);
        if let Some(mut other) = other
            && readings.iter().all(|known| known.query != other.query)
        {
            // The rejected meaning fits less well: by how much says how much less likely it is.
            other.confidence *= f64::from((0.85 - decision.margin).clamp(0.1, 0.85));
            readings.push(other);
        }
    }
    readings.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    readings
}

fn words_of(question: &Question, element: &Element) -> String {
    match (question.tokens.get(element.tokens.start), question.tokens.get(element.tokens.end.saturating_sub(1))) {
        (Some(first), Some(last)) => question.text[first.span.start..last.span.end].to_owned(),
        _ => String::new(),
    }
}

/// One run of all passes.
fn read(
    question: &Question,
    prepared: &Prepared,
    elements: &[Element],
    bans: &Bans,
) -> (Option<Reading>, Vec<context::Decision>) {
    let context = Context::new(question, prepared, elements, bans);
    let mut draft = Draft::new(&context);
    wants::light_verbs(&mut draft);
    texts::patterns(&mut draft);
    texts::words_inside(&mut draft);
    ranking::claim_limits(&mut draft);
    units::asked(&mut draft);
    durations::late(&mut draft);
    durations::durations(&mut draft);
    durations::ages(&mut draft);
    selves::references(&mut draft);
    compared::averages(&mut draft);
    compared::columns_than(&mut draft);
    texts::elements_of_arrays(&mut draft);
    absence::kept(&mut draft);
    absence::absences(&mut draft);
    values::values(&mut draft);
    texts::quoted(&mut draft);
    texts::members(&mut draft);
    numbers::comparisons(&mut draft);
    compared::columns(&mut draft);
    times::conditions(&mut draft);
    absence::states(&mut draft);
    absence::presences(&mut draft);
    times::buckets(&mut draft);
    ranking::superlatives(&mut draft);
    order::order_keys(&mut draft);
    groups::groups(&mut draft);
    shares::shares(&mut draft);
    figures::aggregates(&mut draft);
    wants::trade(&mut draft);
    wants::columns_and_rows(&mut draft);
    units::convert(&mut draft);
    order::directions(&mut draft);
    wants::distinct(&mut draft);
    wants::leftovers(&mut draft);
    wants::each_once(&mut draft);
    places::of_each(&mut draft);
    let (query, draft) = draft.assemble();
    if empty(&query) {
        return (None, draft.decisions);
    }
    let reading = score::judge(query, &draft, prepared);
    (reading, draft.decisions)
}

fn empty(query: &Query) -> bool {
    matches!(query, Query::Select(select) if select.items.is_empty())
}

/// Relations that the question names, for the probe.
fn named_relations(elements: &[Element]) -> Vec<RelationId> {
    let mut relations = Vec::new();
    for mention in elements.iter().flat_map(|element| &element.things) {
        let relation = match mention.meaning {
            crate::link::Meaning::Relation(relation) | crate::link::Meaning::Column((relation, _)) => relation,
            crate::link::Meaning::Value(_) => continue,
        };
        if !relations.contains(&relation) {
            relations.push(relation);
        }
    }
    relations
}
