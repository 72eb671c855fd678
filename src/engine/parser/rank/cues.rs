//! Words that ask for an operation, to be held against the operations that a candidate has. Broad on purpose: what each cue is worth
//! is learned.

/// Phrases of each cue, in lower case; a `*` at the end stands for any ending.
pub const CUES: [(&str, &[&str]); 20] = [
    (
        "max",
        &[
            "maximum",
            "max",
            "highest",
            "largest",
            "greatest",
            "biggest",
            "most",
            "latest",
            "top",
            "oldest",
            "longest",
            "best",
            "tallest",
            "heaviest",
            "newest",
            "recent",
            "farthest",
            "strongest",
            "fastest",
        ],
    ),
    (
        "min",
        &[
            "minimum", "min", "lowest", "smallest", "least", "fewest", "earliest", "youngest", "shortest", "cheapest",
            "lightest", "worst", "slowest", "closest",
        ],
    ),
    ("average", &["average", "mean", "avg", "averaged"]),
    ("sum", &["total", "sum", "altogether", "combined", "overall", "in all"]),
    ("count", &["how many", "number of", "count", "numbers of", "amount of", "how often", "times"]),
    ("distinct", &["different", "distinct", "unique", "distinctive", "various"]),
    ("descending", &["descending", "decreasing", "reverse", "highest to lowest", "from the most", "desc", "largest first"]),
    (
        "ascending",
        &[
            "ascending",
            "increasing",
            "alphabetical*",
            "lexicographic*",
            "order of",
            "ordered by",
            "sorted by",
            "lowest to highest",
            "order by",
            "sort by",
            "in order",
            "sort",
            "order",
        ],
    ),
    ("negation", &["not", "no", "without", "never", "except", "neither", "nor", "none", "other than", "but not", "exclud*"]),
    ("both", &["both", "as well as", "also", "shared", "and"]),
    ("or", &["or", "either"]),
    ("each", &["each", "per", "every", "for all", "by", "corresponding", "respective"]),
    (
        "greater",
        &[
            "more than",
            "at least",
            "over",
            "above",
            "greater",
            "larger",
            "older",
            "after",
            "higher",
            "longer",
            "exceed*",
            "bigger",
            "or more",
            "minimum of",
            "since",
            "no less",
            "beyond",
        ],
    ),
    (
        "less",
        &[
            "less than",
            "fewer",
            "below",
            "under",
            "smaller",
            "younger",
            "before",
            "lower",
            "shorter",
            "at most",
            "or less",
            "up to",
            "earlier",
            "cheaper",
            "no more than",
        ],
    ),
    ("between", &["between", "from", "range", "ranging", "within"]),
    (
        "than average",
        &[
            "than average",
            "than the average",
            "above average",
            "above the average",
            "below average",
            "below the average",
            "than the mean",
            "average of all",
        ],
    ),
    ("once", &["once", "twice", "at least", "more than", "or more", "exactly", "only one", "multiple", "several"]),
    ("like", &["contain*", "start*", "begin*", "end*", "substring", "includ*", "letter", "word", "prefix", "suffix", "like"]),
    ("limit", &["first", "last", "top", "most", "least", "highest", "lowest"]),
    ("null", &["missing", "null", "empty", "unknown", "known", "blank", "without"]),
];

/// For each cue, whether the question has it. `text` is the question's words in lower case with one blank before, between and behind.
pub fn found(text: &str) -> [bool; CUES.len()] {
    CUES.map(|(_, phrases)| phrases.iter().any(|phrase| has(text, phrase)))
}

fn has(text: &str, phrase: &str) -> bool {
    match phrase.strip_suffix('*') {
        Some(beginning) => text.contains(&format!(" {beginning}")),
        None => text.contains(&format!(" {phrase} ")),
    }
}
