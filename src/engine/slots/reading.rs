//! A question read with other numbers: for which of them does it fall into the same tokens, numbers and dates?
//!
//! The readers look at a number only to compare it with constants: 1 to 99 as days, weeks and hours, 1500 to 2100 as years, 100,000 as
//! the most units of time, and the count of its digits. Up to 100 every number is tried; above, the ends of the stretches between those
//! constants. What may be a year is left out altogether, because years are compared with each other as well. The network tells kinds of
//! numbers apart ([`figure`]): an interval stays within one.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use nl_query_core::template::{self, Slot, Template};

use crate::answer;
use crate::ir::Day;
use crate::lexicon;
use crate::parser::features::{LONGEST_SPELLED, figure};
use crate::prepared::Prepared;
use crate::question::{self, MAX_TOKENS, NumberKind, NumberValue, Question, TokenKind, overlap};
use crate::understand;

/// Longer questions are not looked at: the bounds of what is read of a text are counted in bytes.
const LONGEST: usize = 2000;
/// Up to here every number is a stretch of its own.
const SINGLE: i64 = 100;
/// Stretches of larger numbers between the constants that the readers know, and the gap of the years.
const STRETCHES: [(i64, i64); 4] = [(SINGLE + 1, 999), (3000, 9_999), (10_000, 100_000), (100_001, 999_999)];
const YEARS: std::ops::Range<i64> = 1000..3000;
/// Zero and one are special everywhere: nothing, the one, at least one.
const LEAST: i64 = 2;

/// The question that was asked, and the tokens of its slots.
pub(super) struct Asked<'a> {
    template: &'a Template,
    today: Day,
    question: Question,
    tokens: Vec<usize>,
}

impl<'a> Asked<'a> {
    /// None where a slot is not a plain number of the question.
    pub fn new(template: &'a Template, today: Day) -> Option<Self> {
        let text = template.question();
        // Capitals alone are read as small letters, whose places may be others.
        if text.len() > LONGEST || text.to_lowercase().len() != text.len() || has_quotes(&text) {
            return None;
        }
        let question = answer::read(&text, today);
        let tokens = template.slots.iter().map(|slot| plain_number(&question, slot)).collect::<Option<Vec<_>>>()?;
        let whole = !question.truncated && question.tokens.len() < MAX_TOKENS && question.quoted.is_empty();
        let asked = Asked { template, today, question, tokens };
        (whole && (template.slots.len() < 2 || asked.is_free_of_dates())).then_some(asked)
    }

    /// Several numbers beside a month or an hour could be a range together ("between 9 am and 5 pm") that none makes alone.
    fn is_free_of_dates(&self) -> bool {
        let tells_time =
            |word: &str| lexicon::month(word).is_some() || matches!(word, "am" | "pm" | "o'clock" | "oclock" | "week");
        let words = || self.question.tokens.iter().map(|token| token.lower.as_str());
        !words().any(tells_time) && stretches().all(|(least, most)| [least, most].iter().all(|value| self.reads_all_as(*value)))
    }

    /// The numbers around the value that the question reads the same with, none of them a constant of the statement.
    pub fn interval(&self, slot: usize, value: i64, constants: &[i64]) -> Option<(i64, i64)> {
        let stretches: Vec<(i64, i64)> = stretches().collect();
        let home = stretches.iter().position(|(least, most)| (*least..=*most).contains(&value))?;
        let reads = |(least, most): (i64, i64)| self.reads_as(slot, least) && (least == most || self.reads_as(slot, most));
        let joins = |low: (i64, i64), high: (i64, i64)| low.1 + 1 == high.0;
        if !reads(stretches[home]) {
            return None;
        }
        let (mut first, mut last) = (home, home);
        while first > 0 && joins(stretches[first - 1], stretches[first]) && reads(stretches[first - 1]) {
            first -= 1;
        }
        while last + 1 < stretches.len() && joins(stretches[last], stretches[last + 1]) && reads(stretches[last + 1]) {
            last += 1;
        }
        let below = constants.iter().filter(|constant| **constant < value).max().map_or(i64::MIN, |constant| constant + 1);
        let above = constants.iter().filter(|constant| **constant > value).min().map_or(i64::MAX, |constant| constant - 1);
        (!constants.contains(&value)).then(|| (stretches[first].0.max(below), stretches[last].1.min(above)))
    }

    /// Whether the question reads the same with another number in one slot, also to the network.
    fn reads_as(&self, slot: usize, value: i64) -> bool {
        let mut values: Vec<Option<i64>> = vec![None; self.tokens.len()];
        values[slot] = Some(value);
        figure(&self.template.slots[slot].text) == figure(&value.to_string()) && self.reads(&values)
    }

    /// The same with that number in all slots.
    fn reads_all_as(&self, value: i64) -> bool {
        self.reads(&vec![Some(value); self.tokens.len()])
    }

    fn reads(&self, values: &[Option<i64>]) -> bool {
        let mut slots: Vec<Slot> = self.template.slots.clone();
        for (slot, value) in slots.iter_mut().zip(values) {
            slot.text = value.map_or_else(|| slot.text.clone(), |value| value.to_string());
        }
        let Some(text) = template::fill(&self.template.text, &slots) else { return false };
        let other = answer::read(&text, self.today);
        self.same_tokens(&other, &slots)
            && self.same_numbers(&other, &slots)
            && self.question.dates == other.dates
            && self.question.buckets == other.buckets
            && other.quoted.is_empty()
            && !other.truncated
            && self.question.asked_today == other.asked_today
            && question::impossible_day(&other).is_none()
    }

    fn same_tokens(&self, other: &Question, slots: &[Slot]) -> bool {
        let same = self.question.tokens.iter().zip(&other.tokens).enumerate().all(|(at, (known, token))| {
            let alike = known.kind == token.kind && known.after_break == token.after_break;
            match self.tokens.iter().position(|slot| *slot == at) {
                Some(slot) => alike && token.lower == slots[slot].text && token.stem == slots[slot].text,
                None => alike && known.text == token.text && known.lower == token.lower && known.stem == token.stem,
            }
        });
        same && self.question.tokens.len() == other.tokens.len()
    }

    fn same_numbers(&self, other: &Question, slots: &[Slot]) -> bool {
        let same = self.question.numbers.iter().zip(&other.numbers).all(|(known, number)| {
            let slot = self.tokens.iter().position(|token| known.tokens.contains(token));
            let expected = slot.map_or(Some(known.value.clone()), |slot| slots[slot].integer().map(NumberValue::Integer));
            known.kind == number.kind && known.tokens == number.tokens && expected.as_ref() == Some(&number.value)
        });
        same && self.question.numbers.len() == other.numbers.len()
    }

    /// Whether statistics know a value that several words of the question would spell with some number in a slot. A value that is the
    /// number alone is a constant ([`Prepared::figures`]).
    pub fn may_be_stored_value(&self, prepared: &Prepared) -> bool {
        let length = self.question.tokens.len();
        let around = |slot: &usize| {
            let slot = *slot;
            (slot.saturating_sub(LONGEST_SPELLED - 1)..=slot)
                .flat_map(move |start| (slot + 1..=(start + LONGEST_SPELLED).min(length)).map(move |end| (start, end)))
        };
        let shapes: HashSet<u64> = self
            .tokens
            .iter()
            .flat_map(around)
            .filter(|(start, end)| end - start > 1)
            .map(|(start, end)| shape(&understand::spelling(&self.question, start, end)))
            .collect();
        prepared
            .values
            .spellings()
            .any(|spelling| spelling.bytes().any(|byte| byte.is_ascii_digit()) && shapes.contains(&shape(spelling)))
    }
}

fn stretches() -> impl Iterator<Item = (i64, i64)> {
    (LEAST..=SINGLE).map(|value| (value, value)).chain(STRETCHES)
}

/// A hash of the spelling with every number in it made the same. Two shapes that share one only forbid more than they must.
fn shape(spelling: &str) -> u64 {
    let number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let mut hasher = DefaultHasher::new();
    spelling.split(' ').map(|word| if number(word) { "0" } else { word }).for_each(|word| word.hash(&mut hasher));
    hasher.finish()
}

/// A quote or an apostrophe that is not inside a word.
fn has_quotes(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let inside =
        |at: usize| at > 0 && letters[at - 1].is_alphabetic() && letters.get(at + 1).is_some_and(|letter| letter.is_alphabetic());
    letters.iter().enumerate().any(|(at, letter)| match letter {
        '\'' | '’' => !inside(at),
        '"' | '`' | '´' | '‘' | '‚' | 'ʼ' | '＇' | '“' | '”' | '„' | '«' | '»' => true,
        _ => false,
    })
}

/// The token of a slot that is a whole number in digits and nothing else.
fn plain_number(question: &Question, slot: &Slot) -> Option<usize> {
    let value = slot.integer().filter(|value| !YEARS.contains(value) && *value >= LEAST)?;
    let at = question.tokens.iter().position(|token| token.span == slot.span)?;
    let token = &question.tokens[at];
    let number = question.numbers.iter().find(|number| number.tokens.contains(&at))?;
    let dated = question.dates.iter().any(|date| overlap(&date.tokens, &number.tokens));
    let plain = token.kind == TokenKind::Number
        && token.text == slot.text
        && number.value == NumberValue::Integer(value)
        && number.kind != NumberKind::Ordinal
        && !dated;
    plain.then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Day = Day { year: 2024, month: 5, day: 17 };

    fn interval(question: &str, value: i64) -> Option<(i64, i64)> {
        let template = Template::cut(question);
        let asked = Asked::new(&template, TODAY)?;
        let slot = template.slots.iter().position(|slot| slot.integer() == Some(value)).expect("a slot with the value");
        asked.interval(slot, value, &[])
    }

    #[test]
    fn an_interval_ends_where_the_question_would_read_otherwise() {
        for (question, value, expected) in [
            ("more than 5 rows", 5, Some((2, 999))),
            ("more than 640 rows", 640, Some((2, 999))),
            ("more than 64000 rows", 64_000, Some((3000, 999_999))),
            // A day of the month up to 31, a day that does not exist up to 99, and above that no day at all.
            ("rows in June 45", 45, Some((32, 99))),
            ("rows in June 500", 500, Some((100, 999))),
            ("rows in June 4000", 4000, Some((3000, 999_999))),
            // Weeks of the year, hours of the day.
            ("rows of week 60", 60, Some((54, 999))),
            ("rows at 20 pm", 20, Some((13, 999))),
            // So many days no interval holds.
            ("rows of 200000 days ago", 200_000, Some((100_001, 999_999))),
            // Dates, years, and what is no number of its own.
            ("rows in June 5", 5, None),
            ("rows of week 12", 12, None),
            ("rows in the last 30 days", 30, None),
            ("rows over 1500", 1500, None),
            ("rows over 2999", 2999, None),
            ("rows over 1", 1, None),
            ("rows over 1000000", 1_000_000, None),
            ("over 2 million rows", 2, None),
            ("over 2 and a half rows", 2, None),
            ("rows called O' 5", 5, None),
            // Two numbers may be a range of hours together.
            ("rows between 20 and 30 pm", 20, None),
            ("rows between 20 and 30", 20, Some((2, 999))),
        ] {
            assert_eq!(interval(question, value), expected, "{question}");
        }
    }

    #[test]
    fn a_constant_of_the_statement_ends_an_interval() {
        let template = Template::cut("more than 50 rows");
        let asked = Asked::new(&template, TODAY).expect("a plain number");
        assert_eq!(asked.interval(0, 50, &[7, 12, 60, 70]), Some((13, 59)));
        assert_eq!(asked.interval(0, 50, &[50]), None);
    }

    /// What the stretches promise: inside one of them no number reads otherwise than its ends.
    #[test]
    fn nothing_reads_otherwise_inside_a_stretch() {
        for question in [
            "rows in June {}",
            "rows of week {}",
            "rows at {} pm",
            "rows of {} days ago",
            "rows of {}, by month",
            "{} rows",
            "in {}",
            "the {}",
        ] {
            let template = Template::cut(&question.replace("{}", "640"));
            let Some(asked) = Asked::new(&template, TODAY) else { continue };
            for (least, most) in STRETCHES {
                let ends = (asked.reads_as(0, least), asked.reads_as(0, most));
                assert_eq!(ends.0, ends.1, "{question} {least} {most}");
                let step = usize::try_from((most - least) / 500 + 1).expect("small");
                for value in (least..=most).step_by(step) {
                    assert_eq!(asked.reads_as(0, value), ends.0, "{question} {value}");
                }
            }
        }
    }
}
