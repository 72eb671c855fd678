//! How well each word of a question fits the names of relations and columns.

use std::collections::HashMap;
use std::ops::Range;

use super::{Fit, Item, Target, figure};
use crate::lexicon::wordnet::{self, Strength};
use crate::lexicon::{self, StopClass};
use crate::link::How;
use crate::link::names::meanings;
use crate::link::phrases::phrases;
use crate::prepared::{Part, Place, PlaceTarget, Prepared};
use crate::question::{self, Question, TokenKind};

/// A word of the question that meets a word of a name.
#[derive(Debug, Clone, Copy)]
struct Hit {
    word: usize,
    part: Part,
    fit: Fit,
}

/// The fits of a question's words, by what they fit.
pub struct Fits {
    by_target: HashMap<Target, Vec<(usize, Fit)>>,
}

impl Fits {
    pub fn new(question: &Question, count: usize, prepared: &Prepared) -> Self {
        let mut hits: HashMap<Target, Vec<Hit>> = HashMap::new();
        let places = |term: &str| prepared.vocabulary.get(term).into_iter().flatten();
        for (word, token) in question.tokens[..count].iter().enumerate() {
            for term in figures(&token.lower) {
                // `orders_2024` holds a year; `table_2` is only the second.
                let said = |place: &&Place| figure(&term) == "<year>" || matches!(place.target, PlaceTarget::Column(..));
                add(&mut hits, word, places(&term).filter(said), Fit::Exact);
            }
            let function = matches!(lexicon::stop_word(&token.lower), Some(class) if class != StopClass::Imperative);
            if token.kind != TokenKind::Word || function {
                continue;
            }
            for (term, strength, how) in meanings(&token.lower, &token.stem, prepared) {
                let fit = match how {
                    How::Exact | How::Part => Fit::Exact,
                    How::Typo => Fit::Synonym,
                    How::Synonym | How::Comment => of_synonym(strength),
                };
                add(&mut hits, word, places(term), fit);
            }
            for tie in wordnet::ties(&token.stem) {
                let fit = if tie.strength == Strength::Strong { Fit::Weak } else { Fit::Wide };
                add(&mut hits, word, places(tie.term), fit);
            }
        }
        let mut by_target: HashMap<_, _> =
            hits.into_iter().map(|(target, hits)| (target, fits(target, &hits, prepared))).collect();
        for phrase in phrases(question, prepared).into_iter().filter(|phrase| phrase.tokens.end <= count) {
            let fits: &mut Vec<_> = by_target.entry(target(phrase.target)).or_default();
            let says = |at: &usize| lexicon::stop_word(&question.tokens[*at].lower).is_none();
            fits.extend(phrase.tokens.filter(says).map(|word| (word, of_synonym(phrase.strength))));
        }
        Fits { by_target }
    }

    /// The best fit of any word to a target.
    pub fn best(&self, target: Target) -> Fit {
        self.by_target.get(&target).into_iter().flatten().map(|(_, fit)| *fit).max().unwrap_or(Fit::None)
    }

    /// For each word, its fit to each item.
    pub fn matrix(&self, count: usize, items: &[Item]) -> Vec<Vec<Fit>> {
        let mut matrix = vec![vec![Fit::None; items.len()]; count];
        for (at, item) in items.iter().enumerate() {
            for (word, fit) in self.by_target.get(&item.target).into_iter().flatten() {
                matrix[*word][at] = matrix[*word][at].max(*fit);
            }
        }
        matrix
    }
}

/// How a name may write the number that the token is: "2011" as in `sales_2011`, "9th" and "ninth" for either.
fn figures(token: &str) -> Vec<String> {
    let digits = token.bytes().all(|byte| byte.is_ascii_digit());
    if digits { vec![token.to_owned()] } else { question::ordinal_spellings(token) }
}

/// The fit of a word, or of words, that the lexicon says to be about the same thing.
fn of_synonym(strength: f32) -> Fit {
    if strength >= 0.65 { Fit::Synonym } else { Fit::Weak }
}

/// Notes that a word fits the names at some places.
fn add<'p>(hits: &mut HashMap<Target, Vec<Hit>>, word: usize, places: impl Iterator<Item = &'p Place>, fit: Fit) {
    for place in places {
        hits.entry(target(place.target)).or_default().push(Hit { word, part: place.part, fit });
    }
}

fn target(place: PlaceTarget) -> Target {
    match place {
        PlaceTarget::Relation(relation) => Target::Relation(relation),
        PlaceTarget::Column(relation, column) => Target::Column((relation, column)),
    }
}

/// The fit of each word to one target. Exact hits count as exact only where neighbouring words say the whole name in its order;
/// a key's name is whole with its "id".
fn fits(target: Target, hits: &[Hit], prepared: &Prepared) -> Vec<(usize, Fit)> {
    let (length, keyed) = match target {
        Target::Relation(relation) => (prepared.relations[relation].name.positions.len(), false),
        Target::Column(column) => {
            let words = prepared.words(column);
            (words.name.positions.len(), words.keyed)
        }
    };
    let whole = whole_names(hits, length, keyed);
    let one = |hit: &Hit| {
        let fit = match (hit.fit, hit.part) {
            (_, Part::Owner) => Fit::None,
            (fit, Part::Comment) => fit.min(Fit::Weak),
            (Fit::Exact, _) if whole.iter().any(|words| words.contains(&hit.word)) => Fit::Exact,
            (Fit::Exact, _) => Fit::Part,
            (Fit::Synonym, _) if length > 1 => Fit::Weak,
            (fit, _) => fit,
        };
        (hit.word, fit)
    };
    hits.iter().map(one).filter(|(_, fit)| *fit != Fit::None).collect()
}

/// Stretches of words that say the whole name.
fn whole_names(hits: &[Hit], length: usize, keyed: bool) -> Vec<Range<usize>> {
    let exact_at = |word: usize, part: Part| hits.iter().any(|hit| hit.word == word && hit.part == part && hit.fit == Fit::Exact);
    let mut whole = Vec::new();
    for hit in hits.iter().filter(|hit| hit.part == Part::Name(0) && hit.fit == Fit::Exact) {
        let end = hit.word + length;
        if !(1..length).all(|at| exact_at(hit.word + at, Part::Name(at))) {
            continue;
        }
        if !keyed {
            whole.push(hit.word..end);
        } else if exact_at(end, Part::Suffix) {
            whole.push(hit.word..end + 1);
        }
    }
    whole
}
