//! Cues that a question asks for something that no query can tell, from `data/out_of_scope.tsv`.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{filler_phrase, table};

#[derive(Default)]
struct Cues {
    /// Phrases that count only at the beginning: "delete", but not "deleted" or "the update date".
    start: HashMap<&'static str, &'static str>,
    anywhere: HashMap<&'static str, &'static str>,
}

/// The longest phrase of the table, in words.
const LONGEST_CUE: usize = 6;

fn cues() -> &'static Cues {
    static CUES: OnceLock<Cues> = OnceLock::new();
    CUES.get_or_init(|| {
        let mut cues = Cues::default();
        for row in table::rows(include_str!("data/out_of_scope.tsv")) {
            let place = if table::field(&row, 1) == "start" { &mut cues.start } else { &mut cues.anywhere };
            place.extend(table::list(table::field(&row, 2)).map(|phrase| (phrase, row[0])));
        }
        cues
    })
}

/// What the longest cue at the beginning of `words` stands for, and the word after it.
fn cue_at<'a>(cues: &HashMap<&'static str, &'static str>, words: &[&'a str]) -> Option<(&'static str, &'a str)> {
    (1..=LONGEST_CUE.min(words.len())).rev().find_map(|length| {
        let meaning = cues.get(words[..length].join(" ").as_str())?;
        Some((*meaning, words.get(length).copied().unwrap_or("")))
    })
}

/// What follows a verb of change when it is a noun's part after all: "update date", "delete flag", "drop rate".
const NAMES_A_COLUMN: [&str; 19] = [
    "date",
    "dates",
    "time",
    "timestamp",
    "flag",
    "status",
    "by",
    "count",
    "counts",
    "history",
    "log",
    "logs",
    "type",
    "id",
    "rate",
    "rates",
    "frequency",
    "statistics",
    "per",
];
/// "how do i find customers …" asks for the customers, not for advice.
const LOOKS: [&str; 8] = ["find", "see", "get", "list", "show", "count", "know", "look"];

/// What is asked for that a query cannot give ("a forecast", "a change of data", …), by the lower-case words of the question; none where
/// nothing speaks against a query.
pub fn out_of_scope(words: &[&str]) -> Option<&'static str> {
    let cues = cues();
    let polite = filler_phrase(words);
    let at_start = |at: usize| {
        let rest = words.get(at..).filter(|rest| !rest.is_empty())?;
        let (meaning, next) = cue_at(&cues.start, rest)?;
        let harmless = NAMES_A_COLUMN.contains(&next) || (meaning == "advice" && LOOKS.contains(&next));
        (!harmless).then_some(meaning)
    };
    // "show me the …" is a query whatever verb comes next ("show me update statistics"); only requests to do something are not.
    let asks_to_do = |word: &&str| {
        [
            "please", "can", "could", "will", "would", "you", "i", "want", "need", "like", "to", "we", "now", "just", "hey",
            "hi", "hello", "ok", "okay", "mind", "so", "kindly", "thanks",
        ]
        .contains(word)
    };
    let after_polite = || if words[..polite].iter().all(asks_to_do) { at_start(polite) } else { None };
    let to_do = || if words.get(polite) == Some(&"to") { at_start(polite + 1) } else { None };
    at_start(0)
        .or_else(after_polite)
        .or_else(to_do)
        .or_else(|| (0..words.len()).find_map(|at| cue_at(&cues.anywhere, &words[at..]).map(|found| found.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_query_can_tell_is_seen() {
        let cases = [
            ("why did sales drop", Some("a reason")),
            ("should i buy more stock", Some("advice")),
            ("recommend a movie", Some("advice")),
            ("what is the weather", Some("the weather")),
            ("predict sales for next year", Some("a forecast")),
            ("tell me a joke", Some("small talk")),
            ("write a poem about databases", Some("a text")),
            ("delete all customers", Some("a change of data")),
            ("please drop the orders table", Some("a change of data")),
            ("can you update the prices", Some("a change of data")),
            ("i want to insert a customer", Some("a change of data")),
            ("create a table of customers", Some("a change of data")),
            ("reset the password of mike", Some("a change of data")),
            ("give every customer a discount", Some("a change of data")),
            ("give me every customer", None),
            ("hire dates of employees", None),
            ("which actor is the most talented", Some("an opinion")),
            ("deleted users", None),
            ("update date of each order", None),
            ("show me deleted orders", None),
            ("customers whose orders dropped", None),
            ("show the weather stations", None),
            ("how many recommendations were made", None),
            ("list the created tables", None),
            ("top 5 customers by revenue this year", None),
            ("how do i find customers without orders", None),
            ("how do i increase sales", Some("advice")),
            ("email addresses of customers", None),
            ("forecast accuracy by region", None),
            ("forecast the sales", Some("a forecast")),
            ("call duration by user", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
            assert_eq!(out_of_scope(&words), expected, "{text}");
        }
    }
}
