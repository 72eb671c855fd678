//! The question as a sequence of elements: each a stretch of tokens with everything that it may mean.
//!
//! Mentions, cues, numbers and dates overlap. A covering is chosen that explains the most with the least: dynamic programming
//! over the tokens, ties to the longer stretch.

use std::ops::Range;

use super::cues::{self, Cue};
use crate::lexicon::morphology::is_typo_of;
use crate::lexicon::{self, StopClass};
use crate::link::{How, Meaning, Mention, StoredValue};
use crate::question::{Question, TokenKind};

/// A stretch of tokens and what it may mean. Several fields may be filled: "country" may be a relation and a column.
#[derive(Debug, Clone, Default)]
pub struct Element {
    pub tokens: Range<usize>,
    /// Relations and columns, strongest first.
    pub things: Vec<Mention>,
    pub values: Vec<StoredValue>,
    pub cue: Option<Cue>,
    /// Positions in the question's lists.
    pub number: Option<usize>,
    pub date: Option<usize>,
    pub bucket: Option<usize>,
    pub quoted: Option<usize>,
    pub stop: Option<StopClass>,
}

impl Element {
    /// No meaning was found for a word that must have one.
    pub fn is_unknown(&self) -> bool {
        self.things.is_empty()
            && self.values.is_empty()
            && self.cue.is_none()
            && self.number.is_none()
            && self.date.is_none()
            && self.bucket.is_none()
            && self.quoted.is_none()
            && self.stop.is_none()
    }

    /// A state, such as "vegan" or "returned", of which the schema has no name and the rows no value.
    pub fn is_bare_state(&self) -> bool {
        matches!(self.cue, Some(Cue::State(_))) && self.things.is_empty() && self.values.is_empty()
    }
}

/// Everything a stretch may be, before a covering is chosen.
struct Span {
    element: Element,
    worth: f32,
}

/// Chooses the elements. `values` are stored values with the tokens that spell them and how well.
pub fn cover(question: &Question, mentions: &[Mention]) -> Vec<Element> {
    let mut spans: Vec<Span> = Vec::new();
    for mention in mentions {
        let width = mention.tokens.len() as f32;
        match &mention.meaning {
            Meaning::Value(value) => {
                let worth = width * mention.strength;
                let span = span(&mut spans, mention.tokens.clone());
                span.element.values.push(value.clone());
                span.worth = span.worth.max(worth);
            }
            Meaning::Relation(_) | Meaning::Column(_) => {
                let worth = thing_worth(mention, width);
                let span = span(&mut spans, mention.tokens.clone());
                span.element.things.push(mention.clone());
                span.worth = span.worth.max(worth);
            }
        }
    }
    add_numbers_and_dates(question, &mut spans);
    add_cues(question, &mut spans);
    for span in &mut spans {
        span.element.things.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    }
    choose(question, spans)
}

/// Full names are worth their width; parts, synonyms and comments less, so that a value or a cue of the same words wins.
fn thing_worth(mention: &Mention, width: f32) -> f32 {
    let certainty = match mention.how {
        How::Exact => 1.0,
        How::Part => 0.85,
        How::Synonym => 0.85,
        How::Comment => 0.7,
        How::Typo => 0.75,
    };
    // Words that only together are a name say more than each by itself: a "family name" has nothing to do with the genre 'Family'.
    let together = match mention.how {
        How::Exact => mention.strength > 0.9,
        How::Synonym => mention.strength > 0.7,
        _ => false,
    };
    let bonus = if together { 0.35 } else { 0.05 };
    width * (0.35 + 0.65 * mention.strength.min(1.0)) * certainty + bonus * (width - 1.0)
}

fn span(spans: &mut Vec<Span>, tokens: Range<usize>) -> &mut Span {
    let at = match spans.iter().position(|span| span.element.tokens == tokens) {
        Some(at) => at,
        None => {
            spans.push(Span { element: Element { tokens, ..Element::default() }, worth: 0.0 });
            spans.len() - 1
        }
    };
    &mut spans[at]
}

fn add_numbers_and_dates(question: &Question, spans: &mut Vec<Span>) {
    for (at, number) in question.numbers.iter().enumerate() {
        let span = span(spans, number.tokens.clone());
        span.element.number = Some(at);
        span.worth = span.worth.max(number.tokens.len() as f32 * 0.95);
    }
    for (at, date) in question.dates.iter().enumerate() {
        let span = span(spans, date.tokens.clone());
        span.element.date = Some(at);
        span.worth = span.worth.max(date.tokens.len() as f32 * 1.12);
    }
    for (at, bucket) in question.buckets.iter().enumerate() {
        let span = span(spans, bucket.tokens.clone());
        span.element.bucket = Some(at);
        span.worth = span.worth.max(bucket.tokens.len() as f32 * 1.05);
    }
    for (at, quoted) in question.quoted.iter().enumerate() {
        if !quoted.tokens.is_empty() {
            let span = span(spans, quoted.tokens.clone());
            span.element.quoted = Some(at);
            span.worth = quoted.tokens.len() as f32 * 3.0;
        }
    }
}

fn add_cues(question: &Question, spans: &mut Vec<Span>) {
    let words: Vec<&str> = question.tokens.iter().map(|token| token.lower.as_str()).collect();
    for start in 0..words.len() {
        // "the biggest order by value" is no order by a value.
        let noun = words[start] == "order"
            && start.checked_sub(1).is_some_and(|before| {
                matches!(words[before], "the" | "an" | "each" | "every" | "per" | "single")
                    || lexicon::superlative(words[before]).is_some()
            });
        for (length, cue) in cues::cues_at(&words[start..]) {
            if noun && matches!(cue, Cue::Word(cues::CueWord::Order)) {
                continue;
            }
            let span = span(spans, start..start + length);
            // A comparison or an aggregate says more than the plain word of the same length.
            let (each, joined) = if matches!(cue, Cue::Word(_)) { (0.8, 0.25) } else { (0.9, 0.1) };
            let worth = length as f32 * each + joined * (length - 1) as f32;
            if span.element.cue.is_none() || worth > span.worth {
                span.element.cue = Some(cue);
            }
            span.worth = span.worth.max(worth);
        }
        let filler = cues::filler_at(&words[start..]);
        if filler > 0 {
            let span = span(spans, start..start + filler);
            span.element.stop = Some(StopClass::Filler);
            span.worth = span.worth.max(filler as f32 * 0.75);
        }
        // "tracks that last longer than", "invoices that come to more than": the number says what is meant.
        if matches!(words[start], "last" | "lasts" | "lasting" | "run" | "runs" | "running" | "weigh" | "weighs")
            && words.get(start + 1).is_some_and(|_| {
                lexicon::comparison_phrase(&words[start + 1..]).is_some()
                    || lexicon::comparative_phrase(&words[start + 1..]).is_some()
            })
        {
            let span = span(spans, start..start + 1);
            span.element.stop = Some(StopClass::Filler);
            span.worth = span.worth.max(0.7);
        }
        let light = matches!(
            words[start],
            "own"
                | "owns"
                | "come"
                | "comes"
                | "came"
                | "goes"
                | "went"
                | "got"
                | "appear"
                | "appears"
                | "only"
                | "often"
                | "already"
        );
        if light && !spans.iter().any(|span| span.element.tokens.contains(&start)) {
            let span = span(spans, start..start + 1);
            span.element.stop = Some(StopClass::Filler);
            span.worth = span.worth.max(0.3);
        }
        if let Some(class) = lexicon::stop_word(words[start]) {
            let span = span(spans, start..start + 1);
            span.element.stop = Some(class);
            span.worth = span.worth.max(0.3);
        }
    }
}

/// The covering of greatest worth. A token that nothing explains is worth nothing and becomes an unknown element.
fn choose(question: &Question, spans: Vec<Span>) -> Vec<Element> {
    let length = question.tokens.len();
    let mut starting: Vec<Vec<usize>> = vec![Vec::new(); length + 1];
    for (at, span) in spans.iter().enumerate() {
        if span.element.tokens.end <= length && !crosses_break(question, &span.element) {
            starting[span.element.tokens.start].push(at);
        }
    }
    // best[i]: worth of the covering from token i on, and the span that begins there.
    let mut best: Vec<(f32, Option<usize>)> = vec![(0.0, None); length + 1];
    for start in (0..length).rev() {
        let mut choice = (best[start + 1].0, None);
        for &at in &starting[start] {
            let span = &spans[at];
            let worth = span.worth + best[span.element.tokens.end].0;
            let longer = choice.1.is_none_or(|known: usize| spans[known].element.tokens.end < span.element.tokens.end);
            if worth > choice.0 + 1e-4 || (worth > choice.0 - 1e-4 && longer) {
                choice = (worth, Some(at));
            }
        }
        best[start] = choice;
    }
    let mut elements = Vec::new();
    let mut at = 0;
    while at < length {
        match best[at].1 {
            Some(chosen) => {
                elements.push(spans[chosen].element.clone());
                at = spans[chosen].element.tokens.end;
            }
            None => {
                let nothing = question.tokens[at].kind == TokenKind::Symbol
                    || (at == 0 && is_misspelled_request(&question.tokens[at].lower));
                let stop = nothing.then_some(StopClass::Filler);
                elements.push(Element { tokens: at..at + 1, stop, ..Element::default() });
                at += 1;
            }
        }
    }
    elements
}

/// "lsit the products": the first word, where it says nothing else.
fn is_misspelled_request(word: &str) -> bool {
    ["list", "show", "give", "find", "what", "which", "display", "count", "return"].iter().any(|meant| is_typo_of(word, meant))
}

/// A name or a cue does not reach over a comma or a full stop; dates and quotes may.
fn crosses_break(question: &Question, element: &Element) -> bool {
    let inner = element.tokens.start + 1..element.tokens.end;
    element.date.is_none()
        && element.quoted.is_none()
        && element.values.is_empty()
        && inner.into_iter().any(|at| question.tokens[at].after_break)
}
