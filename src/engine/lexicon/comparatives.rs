//! Adjectives that compare: "oldest", "most expensive", "cheaper than", "at least", and the attributes that they speak of.
//! From `data/adjectives.tsv` and `data/comparisons.tsv`.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::table;
use crate::ir::Comparison;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Ascending,
    Descending,
}

/// What a superlative or comparative asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superlative {
    /// The adjective without its ending: `old` for "oldest" and "older"; empty for an adjective that the tables do not know.
    pub positive: &'static str,
    /// In which direction a number that measures the adjective is sorted: `Descending` for "oldest", "most", "top".
    pub direction: Direction,
    /// Attributes that it may speak of, likeliest first, each with its own direction: "oldest" is by age descending or by birth
    /// date ascending. Empty where the noun beside it says what is measured ("highest salary", "most orders").
    pub rankings: Vec<Ranking>,
    /// It may mean the number of related rows: "most popular", "busiest", "most orders".
    pub by_count: bool,
}

/// An attribute, as words with a blank between them, and the direction in which it is sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking {
    pub attribute: &'static str,
    pub direction: Direction,
}

impl Direction {
    fn read(sign: char) -> Self {
        if sign == '+' { Direction::Ascending } else { Direction::Descending }
    }

    fn reversed(self) -> Self {
        match self {
            Direction::Ascending => Direction::Descending,
            Direction::Descending => Direction::Ascending,
        }
    }
}

#[derive(Default)]
struct Adjectives {
    positive: HashMap<&'static str, Superlative>,
    /// The same adjectives as "less" and "least" have them.
    reversed: HashMap<&'static str, Superlative>,
    comparative: HashMap<String, &'static str>,
    superlative: HashMap<String, &'static str>,
}

fn adjectives() -> &'static Adjectives {
    static ADJECTIVES: OnceLock<Adjectives> = OnceLock::new();
    ADJECTIVES.get_or_init(|| {
        let mut all = Adjectives::default();
        for row in table::rows(include_str!("data/adjectives.tsv")) {
            let (word, field) = (row[0], |at| table::field(&row, at));
            let forms = |listed: &'static str, ending: &str| match listed {
                "-" => vec![regular(word, ending)],
                _ => table::list(listed).map(str::to_string).collect(),
            };
            all.comparative.extend(forms(field(1), "er").into_iter().map(|form| (form, word)));
            all.superlative.extend(forms(field(2), "est").into_iter().map(|form| (form, word)));
            let meaning = Superlative {
                positive: word,
                direction: Direction::read(field(3).chars().next().unwrap_or('-')),
                rankings: table::list(field(4)).map(ranking).collect(),
                by_count: field(5) == "count",
            };
            all.reversed.insert(word, reverse(&meaning));
            all.positive.insert(word, meaning);
        }
        all
    })
}

fn ranking(text: &'static str) -> Ranking {
    Ranking { direction: Direction::read(text.chars().next().unwrap_or('-')), attribute: text.trim_start_matches(['+', '-']) }
}

fn reverse(meaning: &Superlative) -> Superlative {
    let turned = |ranking: &Ranking| Ranking { direction: ranking.direction.reversed(), ..ranking.clone() };
    Superlative {
        direction: meaning.direction.reversed(),
        rankings: meaning.rankings.iter().map(turned).collect(),
        ..meaning.clone()
    }
}

/// `big`, `er`: `bigger`; `busy`: `busier`; `large`: `larger`; `old`: `older`.
fn regular(word: &str, ending: &str) -> String {
    let letters: Vec<char> = word.chars().rev().take(3).collect();
    let vowel = |letter: char| "aeiou".contains(letter);
    match letters.as_slice() {
        ['e', ..] => format!("{}{ending}", word.trim_end_matches('e')),
        ['y', before, ..] if !vowel(*before) => format!("{}i{ending}", word.trim_end_matches('y')),
        [last, middle, first] if !vowel(*last) && vowel(*middle) && !vowel(*first) && !"wxy".contains(*last) => {
            format!("{word}{last}{ending}")
        }
        _ => format!("{word}{ending}"),
    }
}

/// Words that end like superlatives and are none.
const NOT_SUPERLATIVE: &str = "request interest test west northwest southwest midwest guest forest quest contest invest honest harvest \
    protest suggest digest priest chest rest nest modest arrest conquest manifest pest vest zest jest attest \
    retest budapest bucharest backtest inquest everest earnest tempest unrest detest ingest congest infest bequest";

/// "oldest", "cheapest", "top", "most", "latest"; regular forms in -est of any adjective too.
pub fn superlative(word: &str) -> Option<&'static Superlative> {
    static UNKNOWN: Superlative =
        Superlative { positive: "", direction: Direction::Descending, rankings: Vec::new(), by_count: false };
    let all = adjectives();
    if let Some(positive) = all.superlative.get(word) {
        return all.positive.get(positive);
    }
    let regular = word.len() >= 6
        && word.ends_with("est")
        && !NOT_SUPERLATIVE.split(' ').any(|other| other == word)
        && word.bytes().all(|byte| byte.is_ascii_lowercase());
    regular.then_some(&UNKNOWN)
}

/// The adjective after "most" or "more", "least" or "less"; an adverb's ending is cut off ("most recently").
fn graded(words: &[&str], up: &[&str], down: &[&str]) -> Option<(usize, &'static Superlative)> {
    let (grade, word) = (words.first()?, words.get(1)?);
    let all = adjectives();
    let table = if up.contains(grade) {
        &all.positive
    } else if down.contains(grade) {
        &all.reversed
    } else {
        return None;
    };
    let found = table.get(*word).or_else(|| table.get(word.strip_suffix("ly")?))?;
    // "most paid invoices", "most active" are either; "more many" is nothing.
    let usable = !["many", "much", "few", "less", "top", "bottom", "max", "min"].contains(&found.positive);
    usable.then_some((2, found))
}

/// A superlative at the beginning of `words`, of one word or several ("most expensive", "least popular", "most recently").
pub fn superlative_phrase(words: &[&str]) -> Option<(usize, &'static Superlative)> {
    // "best selling", "highest rated", "lowest paid", "longest running": the participle says what is measured.
    if let [first, second, ..] = words {
        let participle = match *second {
            "selling" => Some("sold"),
            "rated" | "paid" | "sold" | "viewed" | "reviewed" => Some(*second),
            _ => None,
        };
        let all = adjectives();
        match (*first, participle) {
            ("best" | "highest" | "top", Some(participle)) => return all.positive.get(participle).map(|meaning| (2, meaning)),
            ("worst" | "lowest", Some(participle)) => return all.reversed.get(participle).map(|meaning| (2, meaning)),
            _ => {}
        }
    }
    graded(words, &["most"], &["least"]).or_else(|| superlative(words.first()?).map(|meaning| (1, meaning)))
}

/// A comparative at the beginning of `words`: "older", "more expensive", "less popular", "cheaper". `direction` is that of the
/// superlative: "older" is `Descending`, so "older than x" means more than x for a ranking that is `Descending` and less than x
/// for one that is `Ascending` (a birth date). A "than" after it is not counted.
pub fn comparative_phrase(words: &[&str]) -> Option<(usize, &'static Superlative)> {
    let all = adjectives();
    let one_word = || {
        let positive = all.comparative.get(*words.first()?)?;
        all.positive.get(positive).map(|meaning| (1, meaning))
    };
    graded(words, &["more"], &["less"]).or_else(one_word)
}

fn comparisons() -> &'static HashMap<&'static str, Comparison> {
    static COMPARISONS: OnceLock<HashMap<&'static str, Comparison>> = OnceLock::new();
    COMPARISONS.get_or_init(|| {
        let mut all = HashMap::new();
        for row in table::rows(include_str!("data/comparisons.tsv")) {
            let operator = match row[0] {
                ">" => Comparison::Greater,
                ">=" => Comparison::GreaterOrEqual,
                "<" => Comparison::Less,
                "<=" => Comparison::LessOrEqual,
                "!=" => Comparison::NotEqual,
                _ => Comparison::Equal,
            };
            all.extend(table::list(table::field(&row, 1)).map(|phrase| (phrase, operator)));
        }
        all
    })
}

/// A comparison at the beginning of `words`, without an attribute: "more than", "at least", "over", "no fewer than", ">=",
/// "not equal to". What follows is the number.
pub fn comparison_phrase(words: &[&str]) -> Option<(usize, Comparison)> {
    const LONGEST_PHRASE: usize = 6;
    let phrase = |length: &usize| comparisons().get(words[..*length].join(" ").as_str()).map(|operator| (*length, *operator));
    (1..=LONGEST_PHRASE.min(words.len())).rev().find_map(|length| phrase(&length))
}

/// A comparison at the beginning of `words` that stands after its number: "or more", "or fewer", "and above", "plus".
pub fn comparison_suffix(words: &[&str]) -> Option<(usize, Comparison)> {
    let more = |word: &str| {
        ["more", "higher", "greater", "above", "over", "larger", "bigger", "longer", "better", "up", "older"].contains(&word)
    };
    let less =
        |word: &str| ["less", "fewer", "lower", "below", "under", "smaller", "shorter", "worse", "younger"].contains(&word);
    match words {
        ["or" | "and", word, ..] if more(word) => Some((2, Comparison::GreaterOrEqual)),
        ["or" | "and", word, ..] if less(word) => Some((2, Comparison::LessOrEqual)),
        ["at", "least", ..] | ["at", "minimum", ..] => Some((2, Comparison::GreaterOrEqual)),
        ["at", "most", ..] | ["at", "maximum", ..] => Some((2, Comparison::LessOrEqual)),
        ["+" | "plus", ..] => Some((1, Comparison::GreaterOrEqual)),
        ["max" | "maximum" | "tops", ..] => Some((1, Comparison::LessOrEqual)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{Ascending, Descending};

    #[test]
    fn superlatives_name_attributes_and_directions() {
        let cases = [
            ("oldest", "old", Descending, "age"),
            ("youngest", "young", Ascending, "age"),
            ("cheapest", "cheap", Ascending, "price"),
            ("most expensive", "expensive", Descending, "price"),
            ("least expensive", "expensive", Ascending, "price"),
            ("longest", "long", Descending, "length"),
            ("heaviest", "heavy", Descending, "weight"),
            ("biggest", "big", Descending, "size"),
            ("largest", "large", Descending, "size"),
            ("best", "good", Descending, "rating"),
            ("worst", "bad", Ascending, "rating"),
            ("most popular", "popular", Descending, "popularity"),
            ("most recently", "recent", Descending, "date"),
            ("earliest", "early", Ascending, "date"),
            ("richest", "rich", Descending, "income"),
            ("busiest", "busy", Descending, "passengers"),
            ("highest rated", "rated", Descending, "rating"),
            ("best selling", "sold", Descending, "sales"),
        ];
        for (text, positive, direction, attribute) in cases {
            let words: Vec<&str> = text.split(' ').collect();
            let (used, found) = superlative_phrase(&words).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (used, found.positive, found.direction, found.rankings[0].attribute),
                (words.len(), positive, direction, attribute),
                "{text}"
            );
        }
        let oldest = superlative("oldest").expect("known");
        assert!(oldest.rankings.iter().any(|ranking| ranking.attribute == "birth date" && ranking.direction == Ascending));
        for (text, direction) in
            [("most", Descending), ("fewest", Ascending), ("least", Ascending), ("top", Descending), ("bottom", Ascending)]
        {
            let found = superlative(text).expect("known");
            assert!(found.direction == direction && found.rankings.is_empty(), "{text}");
        }
        assert!(superlative("juiciest").is_some_and(|unknown| unknown.positive.is_empty()));
        for word in ["request", "guest", "interest", "customer", "", "best-seller", "ést"] {
            assert!(superlative(word).is_none(), "{word}");
        }
    }

    #[test]
    fn comparatives_are_found() {
        for (text, positive) in [
            ("older than", "old"),
            ("more expensive", "expensive"),
            ("cheaper", "cheap"),
            ("bigger", "big"),
            ("better", "good"),
            ("earlier", "early"),
            ("heavier", "heavy"),
        ] {
            let words: Vec<&str> = text.split(' ').collect();
            assert_eq!(comparative_phrase(&words).map(|found| found.1.positive), Some(positive), "{text}");
        }
        assert!(comparative_phrase(&["customer"]).is_none() && comparative_phrase(&[]).is_none());
    }

    #[test]
    fn comparisons_have_their_strictness() {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        let cases = [
            ("more than 5", 2, Greater),
            ("at least 5", 2, GreaterOrEqual),
            ("no fewer than 5", 3, GreaterOrEqual),
            ("no more than 5", 3, LessOrEqual),
            ("greater than or equal to 5", 5, GreaterOrEqual),
            ("under 5", 1, Less),
            ("up to 5", 2, LessOrEqual),
            ("exactly 5", 1, Equal),
            (">= 5", 1, GreaterOrEqual),
            ("not equal to 5", 3, NotEqual),
        ];
        for (text, used, operator) in cases {
            assert_eq!(comparison_phrase(&text.split(' ').collect::<Vec<_>>()), Some((used, operator)), "{text}");
        }
        assert_eq!(comparison_phrase(&["customers"]), None);
        assert_eq!(comparison_suffix(&["or", "more", "orders"]), Some((2, GreaterOrEqual)));
        assert_eq!(comparison_suffix(&["or", "fewer"]), Some((2, LessOrEqual)));
        assert_eq!(comparison_suffix(&["or", "orders"]), None);
    }
}
