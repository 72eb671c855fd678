//! Names taken apart: the words of an identifier, what they abbreviate, which of them only say that it is a key, a date or a unit.

use crate::lexicon;
use crate::lexicon::morphology::Memo;

/// The words of a name. Each position holds the alternatives that may stand there: the word itself, what it abbreviates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    pub positions: Vec<Vec<String>>,
    /// A word for a unit or a date was left out: of two names the one that says all fits better.
    pub shortened: bool,
}

impl Name {
    pub(crate) fn of(identifier: &str, memo: &Memo) -> Name {
        let mut positions = Vec::new();
        let stem = |word: &str| memo.stem(word).to_string();
        for word in memo.words(identifier).iter() {
            let mut alternatives = vec![stem(word)];
            let longer = lexicon::abbreviation(word);
            alternatives.extend(longer.iter().filter(|long| !long.contains(' ')).map(|long| stem(long)));
            alternatives.dedup();
            match longer.iter().find(|long| long.contains(' ')) {
                // `fname` is a first name: each of its words has its own place.
                Some(phrase) if alternatives.len() == 1 => {
                    positions.extend(
                        phrase.split(' ').filter(|part| *part != "of").map(|part| vec![stem(part), alternatives[0].clone()]),
                    );
                }
                _ => positions.push(alternatives),
            }
        }
        Name { positions, shortened: false }.without_unit(memo)
    }

    /// `shipped_date` is about shipping: that it is a date its type says. The word may still be said.
    pub(super) fn without_calendar_word(mut self) -> Name {
        let last = self.positions.last().and_then(|alternatives| alternatives.first()).map(String::as_str).unwrap_or_default();
        if self.positions.len() > 1
            && matches!(last, "date" | "time" | "at" | "on" | "day" | "datetim" | "timestamp" | "ts" | "dt")
        {
            self.positions.pop();
            self.shortened = true;
        }
        self
    }

    /// `weight_g` is a weight, `duration_minutes` a duration, and `milliseconds` alone says how long something is.
    fn without_unit(mut self, memo: &Memo) -> Name {
        let last = self.positions.last().and_then(|alternatives| alternatives.first()).map(String::as_str).unwrap_or_default();
        let of_what: &[&str] = match last {
            "millisecond" | "second" | "minut" | "hour" | "ms" | "sec" | "min" => &["length", "duration"],
            "byte" | "kb" | "mb" | "gb" => &["size"],
            "g" | "kg" | "gram" | "kilogram" | "lb" => &["weight"],
            "cm" | "mm" | "km" | "meter" | "metr" | "usd" | "eur" | "gbp" | "pct" | "percent" => &[],
            _ => return self,
        };
        self.shortened = self.positions.len() > 1;
        match self.positions.len() {
            1 => self.positions[0].extend(of_what.iter().map(|word| memo.stem(word).to_string())),
            _ => {
                let unit = self.positions.pop().unwrap_or_default();
                if let Some(head) = self.positions.last_mut() {
                    head.extend(unit.into_iter().filter(|word| word.chars().count() > 2));
                }
            }
        }
        self
    }

    /// The first alternative of each position.
    pub fn stems(&self) -> impl Iterator<Item = &str> {
        self.positions.iter().filter_map(|alternatives| alternatives.first().map(String::as_str))
    }
}

pub(super) fn is_key_word(alternatives: &[String]) -> bool {
    alternatives.first().is_some_and(|word| matches!(word.as_str(), "id" | "code" | "key" | "no" | "number" | "fk"))
}

/// `manager_staff_id` is a manager: the words for a key go, then those of the relation that it refers to, where others are left.
/// The second value says that none are left: the name is the relation's.
pub(super) fn without_key_words(name: Name, target: &str, memo: &Memo) -> (Name, bool) {
    let mut positions = name.positions;
    if positions.len() > 1 && positions.last().is_some_and(|word| is_key_word(word)) {
        positions.pop();
    }
    let target = memo.stems_of_name(target);
    let of_target = |alternatives: &Vec<String>| alternatives.iter().any(|word| target.iter().any(|known| **known == **word));
    let rest: Vec<Vec<String>> = positions.iter().filter(|alternatives| !of_target(alternatives)).cloned().collect();
    let all = rest.is_empty();
    (Name { positions: if all { positions } else { rest }, shortened: false }, all)
}

/// A reference of a person's row to another one of the same table goes by many names.
pub(super) const SUPERIORS: [&str; 5] = ["manager", "boss", "supervisor", "reports", "reporting"];

/// A column such as `reports_to` or `manager_id` answers to every word for a superior.
pub(super) fn superior(name: Name, memo: &Memo) -> Name {
    let family: Vec<String> = SUPERIORS.iter().map(|word| memo.stem(word).to_string()).collect();
    if !name.stems().any(|word| family.iter().any(|known| known == word)) {
        return name;
    }
    Name { positions: vec![family], shortened: false }
}
