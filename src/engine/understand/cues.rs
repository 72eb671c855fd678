//! Cues: words that say what is to be done with the things beside them ("per", "without", "sorted by", "more than", "oldest").
//! Knows words only, no schema.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::ir::Comparison;
use crate::lexicon::{self, AggregateWord, State, Superlative};

#[derive(Debug, Clone, PartialEq)]
pub enum Cue {
    Aggregate(AggregateWord),
    /// "oldest", "most", "top".
    Superlative(&'static Superlative),
    /// "cheapest first", "largest first": an order without a limit.
    Leading(&'static Superlative),
    /// "older", "cheaper": a direction and the attributes it speaks of.
    Comparative(&'static Superlative),
    /// "more than", "at least", ">".
    Compare(Comparison),
    State(State),
    Word(CueWord),
}

/// The cues of `cues.tsv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CueWord {
    Group,
    Each,
    Order,
    Ascending,
    Descending,
    Alphabetical,
    Not,
    Without,
    Except,
    Null,
    NotNull,
    With,
    And,
    Or,
    Both,
    Either,
    Between,
    Contains,
    Starts,
    Ends,
    Named,
    OrMore,
    OrFewer,
    Share,
    Who,
    Some,
    All,
    First,
    Last,
    /// "all the information on".
    Everything,
}

impl CueWord {
    fn parse(name: &str) -> Option<CueWord> {
        Some(match name {
            "group" => CueWord::Group,
            "each" => CueWord::Each,
            "order" => CueWord::Order,
            "ascending" | "oldest first" => CueWord::Ascending,
            "descending" => CueWord::Descending,
            "alphabetical" => CueWord::Alphabetical,
            "not" => CueWord::Not,
            "without" => CueWord::Without,
            "except" => CueWord::Except,
            "null" => CueWord::Null,
            "not null" => CueWord::NotNull,
            "with" => CueWord::With,
            "and" => CueWord::And,
            "or" => CueWord::Or,
            "both" => CueWord::Both,
            "either" => CueWord::Either,
            "between" => CueWord::Between,
            "contains" => CueWord::Contains,
            "starts" => CueWord::Starts,
            "ends" => CueWord::Ends,
            "named" => CueWord::Named,
            "or more" => CueWord::OrMore,
            "or fewer" => CueWord::OrFewer,
            "share" => CueWord::Share,
            "who" => CueWord::Who,
            "some" => CueWord::Some,
            "all" => CueWord::All,
            "first" => CueWord::First,
            "last" => CueWord::Last,
            "everything" => CueWord::Everything,
            _ => return None,
        })
    }

    /// A cue that carries a condition or a wish of its own: an answer that leaves it out is doubtful.
    pub fn matters(self) -> bool {
        !matches!(
            self,
            CueWord::With
                | CueWord::And
                | CueWord::Or
                | CueWord::Who
                | CueWord::Some
                | CueWord::All
                | CueWord::Each
                | CueWord::Everything
        )
    }
}

fn table() -> &'static HashMap<&'static str, CueWord> {
    static TABLE: OnceLock<HashMap<&'static str, CueWord>> = OnceLock::new();
    TABLE.get_or_init(|| {
        include_str!("cues.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('\t'))
            .filter_map(|(phrase, name)| Some((phrase, CueWord::parse(name)?)))
            .collect()
    })
}

/// Words in the longest phrase of `cues.tsv`.
const LONGEST_PHRASE: usize = 5;

/// The cues at the beginning of `words`, each with the number of words it takes.
pub fn cues_at(words: &[&str]) -> Vec<(usize, Cue)> {
    let mut found = Vec::new();
    // "tracks that last longer than": a verb.
    if words.first() == Some(&"last")
        && words.get(1).is_some_and(|next| {
            lexicon::comparative_phrase(&[next]).is_some()
                || matches!(*next, "more" | "less" | "over" | "under" | "at" | "between" | "for")
        })
    {
        return found;
    }
    if let Some((length, superlative)) = lexicon::superlative_phrase(words) {
        match words.get(length..) {
            Some(["first", ..]) => found.push((length + 1, Cue::Leading(superlative))),
            Some(["at", "the", "top", ..]) => found.push((length + 3, Cue::Leading(superlative))),
            Some(["on", "top", ..]) => found.push((length + 2, Cue::Leading(superlative))),
            _ => found.push((length, Cue::Superlative(superlative))),
        }
    }
    // "the numbers of flights" are their numbers; how many there are is "the number of flights".
    if words.first() != Some(&"numbers")
        && let Some((length, aggregate)) = lexicon::aggregate_phrase(words)
    {
        found.push((length, Cue::Aggregate(aggregate)));
    }
    let plain = |adjective: &str| {
        matches!(
            adjective,
            "great" | "large" | "big" | "high" | "low" | "small" | "many" | "much" | "few" | "little" | "good" | "bad"
        )
    };
    if let Some((length, comparative)) =
        lexicon::comparative_phrase(words).filter(|(_, comparative)| !plain(comparative.positive))
    {
        let than = usize::from(words.get(length) == Some(&"than"));
        found.push((length + than, Cue::Comparative(comparative)));
    }
    if let Some((length, comparison)) = lexicon::comparison_phrase(words) {
        found.push((length, Cue::Compare(comparison)));
    }
    for length in (1..=LONGEST_PHRASE.min(words.len())).rev() {
        if let Some(cue) = table().get(words[..length].join(" ").as_str()) {
            found.push((length, Cue::Word(*cue)));
            break;
        }
    }
    if found.is_empty()
        && let Some(state) = words.first().and_then(|word| lexicon::state(word))
    {
        found.push((1, Cue::State(state)));
    }
    found
}

/// The longest way of asking at the beginning of `words` that means nothing more ("show me", "i would like to know").
pub fn filler_at(words: &[&str]) -> usize {
    lexicon::filler_phrase(words)
}
