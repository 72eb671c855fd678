//! Words and what they have to do with each other: stems, synonyms, abbreviations, adjectives that name an attribute.
//! Knows no schema and no question. Everything here is evidence to be weighed, never a decision.
//!
//! The knowledge is in the `.tsv` files under `data/`, compiled in and parsed once, at first use, behind a `OnceLock`, but for
//! the large tables of related words, which the build script turns into a form that is searched in place; the code here only looks up. Words go in as lower case, stems as [`morphology::stem`] makes them. A function that takes
//! `words: &[&str]` looks at the beginning of the slice and says how many words it used.

pub mod abbreviations;
pub mod calendar;
pub mod comparatives;
pub mod cues;
pub mod morphology;
mod packed;
pub mod places;
pub mod relations;
pub mod scope;
pub mod states;
mod table;
pub mod units;
pub mod wordnet;

pub use abbreviations::{abbreviation, abbreviations_of};
pub use calendar::{month, weekday};
pub use comparatives::{
    Direction, Ranking, Superlative, comparative_phrase, comparison_phrase, comparison_suffix, superlative, superlative_phrase,
};
pub use cues::{
    AggregateWord, QuestionRole, StopClass, aggregate_phrase, aggregate_word, filler_phrase, question_word_role, stop_word,
};
pub use places::{PlaceKind, place_at, place_variants};
pub use relations::{LONGEST_TERM, Relatedness, related, related_terms};
pub use scope::out_of_scope;
pub use states::{State, opposite, state, truth};
pub use units::{currency, time_unit, unit};
