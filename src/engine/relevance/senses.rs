//! What the words of a question may stand for among the words of a schema. Knows no place where they occur.

use crate::lexicon::wordnet::{self, Strength};
use crate::lexicon::{self, StopClass};
use crate::link::names::meanings_among;
use crate::question::{Question, TokenKind};

/// Kin by WordNet in a main meaning of both words, and in a less common one: it knows many meanings that no schema speaks of.
const KIN: f32 = 0.45;
const DISTANT_KIN: f32 = 0.25;

/// A word of the schema that a word of the question may stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sense<'v> {
    pub word: &'v str,
    /// 0 to 1.
    pub strength: f32,
}

/// The senses of each token in a vocabulary, the surest first; none for function words and numbers. `find` gives the vocabulary's
/// words by stems, `spellings` are words as they are written, each with its stem.
pub fn senses<'v>(
    question: &Question,
    find: &dyn Fn(&str) -> Option<&'v str>,
    spellings: &[(String, String)],
) -> Vec<Vec<Sense<'v>>> {
    (0..question.tokens.len()).map(|at| senses_of(question, at, find, spellings)).collect()
}

fn senses_of<'v>(
    question: &Question,
    at: usize,
    find: &dyn Fn(&str) -> Option<&'v str>,
    spellings: &[(String, String)],
) -> Vec<Sense<'v>> {
    let token = &question.tokens[at];
    if token.kind != TokenKind::Word || !says_something(&token.lower, at) {
        return Vec::new();
    }
    let known = meanings_among(&token.lower, &token.stem, find, spellings).into_iter();
    let mut senses: Vec<Sense> = known.map(|(word, strength, _)| Sense { word, strength }).collect();
    let mut add = |term: &str, strength: f32| {
        if let Some(word) = find(term)
            && !senses.iter().any(|known| known.word == word)
        {
            senses.push(Sense { word, strength });
        }
    };
    // "race track" is `racetrack`.
    if let Some(next) = question.tokens.get(at + 1).filter(|next| next.kind == TokenKind::Word && !next.after_break) {
        add(&format!("{}{}", token.lower, next.stem), 1.0);
    }
    if let Some(before) = at.checked_sub(1).map(|before| &question.tokens[before]).filter(|_| !token.after_break) {
        add(&format!("{}{}", before.lower, token.stem), 1.0);
    }
    for tie in wordnet::ties(&token.stem) {
        add(tie.term, if tie.strength == Strength::Strong { KIN } else { DISTANT_KIN });
    }
    senses.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    senses
}

/// "name", "list", "order" are ways of asking at the beginning and things everywhere else.
fn says_something(lower: &str, at: usize) -> bool {
    match lexicon::stop_word(lower) {
        Some(StopClass::Imperative) => at > 0,
        Some(_) => false,
        None => !matches!(lower, "much" | "many"),
    }
}
