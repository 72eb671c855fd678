//! Words and what they have to do with each other: stems, synonyms, abbreviations, adjectives that name an attribute.
//! Knows no schema and no question. Everything here is evidence to be weighed, never a decision.

pub mod morphology;
