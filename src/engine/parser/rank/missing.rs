//! Words that nothing in the schema is called, and where in the question they stand. A synonym that nobody has written down stands in the
//! same places as a thing that the database lacks: what each place is worth is learned, from questions whose column or relation was
//! dropped as well.

use super::uses::Uses;
use crate::lexicon::morphology::is_past;
use crate::parser::features::{Features, Fit};
use crate::question::Question;
use crate::understand::Understanding;

/// Names of the traits, in the order of [`Missing::traits`].
pub const MISSING: [&str; 7] = [
    "unknown asked for",
    "unknown behind a preposition",
    "unknown beside a name",
    "unknown without kin",
    "unknown without kin that is used",
    "unknown verbs without kin that is used",
    "states without kin that is used",
];

/// What a thing is told by: "films by Kubrick", "complaints per month", "customers with a subscription".
const PREPOSITIONS: [&str; 10] = ["of", "by", "per", "with", "in", "from", "for", "on", "at", "without"];
/// Between a preposition and what it is about.
const ARTICLES: [&str; 5] = ["the", "a", "an", "our", "any"];
const BEFORE_VERBS: [&str; 9] = ["who", "that", "to", "do", "does", "did", "not", "never", "also"];

/// A word that names nothing.
#[derive(Debug, Clone, Copy)]
struct Word {
    at: usize,
    /// What rows have to do with each other, as in "restaurants located in", is often left to the schema.
    verb: bool,
}

/// The words of a question that name nothing.
#[derive(Debug, Clone, Default)]
pub struct Missing {
    words: Vec<Word>,
    /// Where a state is that nothing is called: "vegan", "returned".
    states: Vec<usize>,
    /// The first four traits, which all candidates share.
    shared: [usize; 4],
}

impl Missing {
    pub fn new(question: &Question, features: &Features, understanding: &Understanding) -> Self {
        let words: Vec<usize> = (0..features.words.len()).filter(|word| understanding.is_unknown(*word)).collect();
        let count = |is: &dyn Fn(usize) -> bool| words.iter().filter(|word| is(**word)).count();
        let names = |word: Option<usize>| word.is_some_and(|word| understanding.names(word));
        let strange = |word: usize| (0..features.items.len()).all(|item| features.fit(word, item) == Fit::None);
        let shared = [
            usize::from(understanding.asks_for_unknown(question)),
            count(&|word| follows_preposition(question, word)),
            count(&|word| names(word.checked_sub(1)) || names(Some(word + 1))),
            count(&strange),
        ];
        let states = (0..features.words.len()).filter(|word| understanding.is_bare_state(*word)).collect();
        let words = words.iter().map(|at| Word { at: *at, verb: is_verb(question, *at) }).collect();
        Missing { words, states, shared }
    }

    /// Of one candidate.
    pub fn traits(&self, features: &Features, uses: &Uses) -> [f32; MISSING.len()] {
        let used: Vec<usize> = uses.all.iter().filter_map(|target| features.item(*target)).collect();
        let strange = |word: usize| used.iter().all(|item| features.fit(word, *item) == Fit::None);
        let unused: Vec<&Word> = self.words.iter().filter(|word| strange(word.at)).collect();
        let states = self.states.iter().filter(|word| strange(**word)).count();
        let verbs = unused.iter().filter(|word| word.verb).count();
        let [asked, behind, beside, strangers] = self.shared;
        [asked, behind, beside, strangers, unused.len(), verbs, states].map(|count| count as f32)
    }
}

fn follows_preposition(question: &Question, word: usize) -> bool {
    let article = ARTICLES.contains(&question.before(word));
    PREPOSITIONS.contains(&question.before(word - usize::from(article)))
}

fn is_verb(question: &Question, word: usize) -> bool {
    is_past(question.lower(word)) || BEFORE_VERBS.contains(&question.before(word))
}
