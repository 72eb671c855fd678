//! Adjectives that are true or false of a row: active, paid, discontinued; their opposites; words for yes and no.
//! From `data/states.tsv`.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::table;

/// An adjective of state: `inactive` is `active`, negated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    pub positive: &'static str,
    pub negated: bool,
}

#[derive(Default)]
struct States {
    state: HashMap<&'static str, State>,
    opposites: HashMap<&'static str, Vec<&'static str>>,
}

fn states() -> &'static States {
    static STATES: OnceLock<States> = OnceLock::new();
    STATES.get_or_init(|| {
        let mut all = States::default();
        for row in table::rows(include_str!("data/states.tsv")) {
            let positive = row[0];
            let opposites: Vec<_> = table::list(table::field(&row, 1)).collect();
            let same = [positive].into_iter().chain(table::list(table::field(&row, 2)));
            for word in same {
                // A word that has its own row, or came first, keeps that meaning.
                all.state.entry(word).or_insert(State { positive, negated: false });
                all.opposites.entry(word).or_default().extend(&opposites);
            }
            for word in opposites {
                all.state.entry(word).or_insert(State { positive, negated: true });
                all.opposites.entry(word).or_default().push(positive);
            }
        }
        // A row's own word is positive, whatever an earlier row took it for.
        for row in table::rows(include_str!("data/states.tsv")) {
            all.state.insert(row[0], State { positive: row[0], negated: false });
        }
        all
    })
}

/// "active", "inactive", "unpaid", "shipped". Also "married", "foreign", "online", …; with the prefixes un-, in- and non- before
/// any of them. A "not" before the word is the caller's.
pub fn state(word: &str) -> Option<State> {
    let all = &states().state;
    all.get(word).copied().or_else(|| {
        let bare = ["un", "non", "in", "dis"].iter().find_map(|prefix| all.get(word.strip_prefix(prefix)?))?;
        (!bare.negated).then_some(State { positive: bare.positive, negated: true })
    })
}

/// Whether two words are opposites: active and inactive, open and closed, male and female.
pub fn opposite(a: &str, b: &str) -> bool {
    let listed = states().opposites.get(a).is_some_and(|others| others.contains(&b));
    let negates =
        |negative: &str, positive: &str| state(negative).is_some_and(|state| state.negated && state.positive == positive);
    listed || negates(a, b) || negates(b, a)
}

/// yes, y, true, t, on: `Some(true)`; no, n, false, f, off: `Some(false)`.
pub fn truth(word: &str) -> Option<bool> {
    match word {
        "yes" | "y" | "true" | "t" | "on" | "1" => Some(true),
        "no" | "n" | "false" | "f" | "off" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_their_negations() {
        let cases = [
            ("active", "active", false),
            ("inactive", "active", true),
            ("unpaid", "paid", true),
            ("unshipped", "shipped", true),
            ("paid", "paid", false),
            ("canceled", "cancelled", false),
            ("closed", "open", true),
            ("nonsmoking", "smoking", true),
            ("unarchived", "archived", true),
            ("undeleted", "deleted", true),
        ];
        for (word, positive, negated) in cases {
            assert_eq!(state(word), Some(State { positive, negated }), "{word}");
        }
        for word in ["customer", "", "in", "un", "info"] {
            assert_eq!(state(word), None, "{word}");
        }
    }

    #[test]
    fn opposites_go_both_ways() {
        for (a, b) in
            [("active", "inactive"), ("open", "closed"), ("male", "female"), ("undeleted", "deleted"), ("unpaid", "paid")]
        {
            assert!(opposite(a, b) && opposite(b, a), "{a} {b}");
        }
        assert!(!opposite("active", "paid") && !opposite("active", "active"));
        assert_eq!((truth("yes"), truth("f"), truth("maybe")), (Some(true), Some(false), None));
    }
}
