//! How sure a reading is: what it used, how well the words fitted, what it left out. By hand; a trained scorer will replace it.

use super::Reading;
use super::cues::{Cue, CueWord};
use super::draft::{Draft, Want};
use super::unknown::COPULAS;
use crate::answer::WordAccount;
use crate::check;
use crate::ir::{Aggregate, Query};
use crate::joins;
use crate::lexicon::{AggregateWord, StopClass};
use crate::prepared::Prepared;
use crate::walk;

/// What is said of a word that names nothing.
pub const NOT_UNDERSTOOD: &str = "not understood";
/// What an element means that is understood and that the reading has nothing of.
pub const NOT_USED: &str = "not used";

/// A word that must mean something and does not: the answer may miss half of what was asked.
const UNKNOWN: f64 = 0.55;
/// A relation or column of the schema that the reading does not use.
const UNUSED_THING: f64 = 0.62;
/// A value, number or date that the reading does not use is a condition that is missing.
const UNUSED_CONDITION: f64 = 0.35;
/// "not", "most", "sorted by" without effect.
const UNUSED_CUE: f64 = 0.6;
/// An adjective before what is asked for is a condition that is missing.
const UNUSED_STATE: f64 = 0.45;
const PLAIN_VERB: f64 = 0.87;
const FUTURE: f64 = 0.5;
/// Two keys lead the same way and nothing said which.
const AMBIGUOUS_JOIN: f64 = 0.85;

/// None for a query that is badly typed or cannot be joined.
pub fn judge(query: Query, draft: &Draft, prepared: &Prepared) -> Option<Reading> {
    check::types(&query, prepared.schema()).ok()?;
    let ambiguous = match &query {
        Query::Select(select) => joins::plan(select, prepared.schema(), prepared.graph()).ok()?.ambiguous.len(),
        Query::Set { .. } => 0,
    };
    let mut confidence = 0.97 * f64::from(draft.doubt) * AMBIGUOUS_JOIN.powi(i32::try_from(ambiguous.min(3)).unwrap_or(3));
    let mut words = Vec::new();
    let mut used_things = 0;
    for (at, element) in draft.context.elements.iter().enumerate() {
        let text = draft.context.text(at).to_owned();
        let rejected = rejected(draft, at);
        match &draft.uses[at] {
            Some(used) => {
                confidence *= f64::from(used.certainty).powf(0.8);
                let money = super::measures::is_money_word(&draft.context.lower(at));
                used_things += usize::from(!element.things.is_empty() || !element.values.is_empty() || money);
                words.push(WordAccount { words: text, meaning: used.meaning.clone(), rejected });
            }
            None => {
                let (factor, meaning) = unused(draft, at);
                confidence *= factor;
                words.push(WordAccount { words: text, meaning: meaning.to_owned(), rejected });
            }
        }
    }
    for decision in &draft.decisions {
        if decision.margin < 0.08 && !decision.rejected.is_empty() {
            confidence *= 0.8 + 2.5 * f64::from(decision.margin);
        }
    }
    // "will" asks for what no table knows yet.
    if draft.context.question.tokens.iter().any(|token| token.lower == "will") {
        confidence *= FUTURE;
    }
    // Nothing of the schema was named: whatever comes out is chance.
    if used_things == 0 {
        return None;
    }
    Some(Reading { query, confidence: confidence.clamp(0.0, 0.99), words })
}

fn unused(draft: &Draft, at: usize) -> (f64, &'static str) {
    let element = &draft.context.elements[at];
    if element.stop.is_some() && element.cue.is_none() {
        return (1.0, "filler");
    }
    if !element.values.is_empty()
        || element.date.is_some()
        || element.bucket.is_some()
        || element.quoted.is_some()
        || element.number.is_some()
    {
        return (UNUSED_CONDITION, NOT_USED);
    }
    // "invoices that were billed in 2022": a verb that only reminds of a column.
    if !element.things.is_empty()
        && element.things.iter().all(|mention| mention.strength < 0.5)
        && is_plain_verb(&draft.context.lower(at))
    {
        return (PLAIN_VERB, "says how they belong together");
    }
    if !element.things.is_empty() {
        return (UNUSED_THING, NOT_USED);
    }
    match &element.cue {
        Some(Cue::Word(word)) if word.matters() && !matches!(word, CueWord::Group | CueWord::Contains | CueWord::Between) => {
            (UNUSED_CUE, NOT_USED)
        }
        Some(Cue::Word(CueWord::Group | CueWord::Contains)) => (0.9, NOT_USED),
        Some(Cue::Word(_)) => (1.0, "linking word"),
        // "organic products" asks for a part of them; "customers living in" says how they belong together.
        Some(Cue::State(_)) if draft.context.elements.get(at + 1).is_some_and(|next| !next.things.is_empty()) => {
            (UNUSED_STATE, NOT_USED)
        }
        // "Which products are vegan" asks for a part of them as well.
        Some(Cue::State(_)) if ends_behind_copula(draft, at) => (UNUSED_STATE, NOT_UNDERSTOOD),
        Some(Cue::State(_)) => (PLAIN_VERB, "says how they belong together"),
        // "spent more than 40 in total": it is added up already.
        Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Sum))) if adds_up(draft) => (1.0, "added up"),
        Some(Cue::Aggregate(_) | Cue::Superlative(_) | Cue::Leading(_) | Cue::Compare(_) | Cue::Comparative(_)) => {
            (UNUSED_CUE, NOT_USED)
        }
        // "staff member", "customer records": the noun behind the relation's word is the relation.
        None if at > 0 && is_plain_noun(&draft.context.lower(at)) && !draft.context.elements[at - 1].things.is_empty() => {
            (1.0, "part of the name before it")
        }
        None if is_plain_verb(&draft.context.lower(at)) => (PLAIN_VERB, "says how they belong together"),
        None => (UNKNOWN, NOT_UNDERSTOOD),
    }
}

fn ends_behind_copula(draft: &Draft, at: usize) -> bool {
    let is_last = draft.context.elements[at + 1..].iter().all(|element| element.stop == Some(StopClass::Filler));
    is_last && at > 0 && COPULAS.contains(&draft.context.lower(at - 1).as_str())
}

fn adds_up(draft: &Draft) -> bool {
    let wants = draft.wants.iter().filter_map(|want| match want {
        Want::Expr(expr) => Some(expr),
        _ => None,
    });
    !draft.having.is_empty() || wants.chain(draft.order.iter().map(|order| &order.expr)).any(walk::has_aggregate)
}

fn is_plain_noun(word: &str) -> bool {
    matches!(word, "member" | "members" | "record" | "records" | "entry" | "entries" | "row" | "rows" | "person" | "people")
}

/// "placed", "located", "handled": what happened, where the things it happened to have been understood.
fn is_plain_verb(word: &str) -> bool {
    word.ends_with("ed") && word.chars().count() > 4
        || matches!(
            word,
            "made"
                | "make"
                | "makes"
                | "take"
                | "took"
                | "taken"
                | "held"
                | "given"
                | "gave"
                | "exist"
                | "exists"
                | "belong"
                | "belongs"
                | "last"
                | "run"
                | "cost"
                | "costs"
                | "come"
                | "comes"
                | "came"
                | "went"
                | "seen"
                | "look"
                | "appear"
                | "appears"
                | "bring"
                | "brings"
                | "deliver"
                | "delivers"
                | "handle"
                | "handles"
                | "serve"
                | "serves"
                | "offer"
                | "offers"
                | "carry"
                | "lend"
                | "play"
                | "plays"
                | "got"
                | "used"
        )
}

fn rejected(draft: &Draft, at: usize) -> Vec<String> {
    draft
        .decisions
        .iter()
        .filter(|decision| decision.element == at)
        .flat_map(|decision| decision.rejected.iter().map(|column| draft.describe(*column)))
        .collect()
}
