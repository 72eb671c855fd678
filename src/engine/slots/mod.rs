//! Which numbers of a question may change without anything else of its answer changing: what lets a remembered "top 5" serve "top 10".
//!
//! Wrongly given leave is a wrong answer, so leave is given only where each step from the text to the SQL is known not to look at the
//! number, and then tried out as well:
//!
//! 1. the number is a token of its own, in digits, no date, no ordinal, nothing scaled ("2 million");
//! 2. the question reads the same with every other number of the interval (`reading`): same tokens, dates and groups;
//! 3. no stored value that statistics know can be spelled with the number ("Area 51"), and the data are searched for the same words;
//! 4. what understanding then sees differs in nothing but the value of the number, which it only compares with zero and with other
//!    numbers of the statement, of names and of stored texts: 0 and 1 are never in the interval, nor is a constant of the statement, a
//!    number that is part of a name (`sales_2011`) or one that is all of a stored text, and two slots never hold the same number;
//! 5. in the statement the number stands as a whole-number literal (`integers`), and in its text where the text changes with it
//!    (`places`). Lines are broken by length, which grows with the digits: the answers at both ends of the interval must be those of
//!    the substitution.

use std::ops::Range;

use nl_query_core::schema::RelationId;
use nl_query_core::template::{Slot, SlotKind, Template};
use serde::{Deserialize, Serialize};

use crate::answer::{self, Answer, Candidate, Lookup, ValueHit, ValueProbe};
use crate::ir::Day;
use crate::prepared::Prepared;
use crate::understand::LIKELY_AGES;

#[cfg(test)]
mod asked;
mod integers;
mod places;
mod reading;
#[cfg(test)]
mod tests;

/// More numbers than this in one question are not looked at.
const MOST_SLOTS: usize = 4;

/// A number of the question that the answer carries as a literal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Position in [`Template::slots`].
    pub slot: usize,
    /// Bytes of the SQL that are the number's digits, in order.
    pub sql: Vec<Range<usize>>,
    /// Bytes of the paraphrase that are the number's digits, in order.
    pub paraphrase: Vec<Range<usize>>,
    /// The numbers that may stand there, from `least` to `most`.
    pub least: i64,
    pub most: i64,
}

/// How the answer to one question is the answer to others of the same template: every slot of the template is carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carriage {
    pub slots: Vec<Carried>,
}

/// For which other slot values the first candidate of `answer` is the answer, when changed in the slots only. None unless that is
/// certain for all slots of the template; the answer then serves its own values alone.
///
/// `answer` must be what [`answer::answer`] gave for [`Template::question`] over this `prepared` on this day. The data are not asked
/// again. Nothing is spent on a statement that does not hold the numbers. Otherwise the question is read about a hundred times for each
/// slot (and once more for all together, where there are several), some microseconds each, and answered without its probe: at most five
/// times for one slot, 3 n + 4 times for n, twice as often where lines break differently. With one slot that is half a millisecond over
/// a schema of tens of tables; `MOST_SLOTS` bounds the rest.
pub fn carriage(template: &Template, answer: &Answer, prepared: &Prepared, today: Day) -> Option<Carriage> {
    let candidate = answer.candidates.first()?;
    let values = values(&template.slots)?;
    if values.is_empty() || values.len() > MOST_SLOTS || !distinct(&values) || !integers::holds(&candidate.query, &values) {
        return None;
    }
    let asked = reading::Asked::new(template, today)?;
    let mut constants = integers::constants(&candidate.query, &values);
    constants.extend(prepared.figures());
    let intervals: Vec<(i64, i64)> =
        values.iter().enumerate().map(|(slot, value)| asked.interval(slot, *value, &constants)).collect::<Option<_>>()?;
    if asked.may_be_stored_value(prepared) {
        return None;
    }
    let trial = Trial { template, answer, candidate, prepared, today, values };
    trial.over(&intervals).or_else(|| {
        let narrow: Vec<_> = trial.values.iter().zip(&intervals).map(|(value, interval)| as_long_as(*value, *interval)).collect();
        if narrow == intervals { None } else { trial.over(&narrow) }
    })
}

impl Carriage {
    /// The SQL for other slots of the same template. None where it is not known to be their answer.
    pub fn sql(&self, sql: &str, slots: &[Slot]) -> Option<String> {
        self.put(sql, slots, |carried| &carried.sql)
    }

    /// The paraphrase for other slots of the same template.
    pub fn paraphrase(&self, paraphrase: &str, slots: &[Slot]) -> Option<String> {
        self.put(paraphrase, slots, |carried| &carried.paraphrase)
    }

    /// Whether the slots are in the intervals and no two of them are alike.
    pub fn covers(&self, slots: &[Slot]) -> bool {
        let Some(values) = values(slots) else { return false };
        let inside =
            |carried: &Carried| values.get(carried.slot).is_some_and(|value| (carried.least..=carried.most).contains(value));
        values.len() == self.slots.len() && self.slots.iter().all(inside) && distinct(&values)
    }

    fn put(&self, text: &str, slots: &[Slot], of: fn(&Carried) -> &Vec<Range<usize>>) -> Option<String> {
        if !self.covers(slots) {
            return None;
        }
        let mut all: Vec<(&Range<usize>, &str)> = Vec::new();
        for carried in &self.slots {
            let digits = slots.get(carried.slot)?.text.as_str();
            all.extend(of(carried).iter().map(|place| (place, digits)));
        }
        all.sort_by_key(|(place, _)| place.start);
        let mut out = String::with_capacity(text.len() + 8 * all.len());
        let mut from = 0;
        for (place, digits) in all {
            out.push_str(text.get(from..place.start)?);
            out.push_str(digits);
            from = place.end;
        }
        out.push_str(text.get(from..)?);
        Some(out)
    }
}

fn values(slots: &[Slot]) -> Option<Vec<i64>> {
    slots.iter().map(|slot| slot.integer().filter(|value| value.to_string() == slot.text)).collect()
}

fn distinct(values: &[i64]) -> bool {
    (1..values.len()).all(|at| !values[..at].contains(&values[at]))
}

/// The part of an interval whose numbers have as many digits as the value.
fn as_long_as(value: i64, (least, most): (i64, i64)) -> (i64, i64) {
    let digits = u32::try_from(value.to_string().len()).unwrap_or(1);
    (least.max(10_i64.pow(digits - 1)), most.min(10_i64.pow(digits) - 1))
}

/// Everything that trying out other numbers needs.
struct Trial<'a> {
    template: &'a Template,
    answer: &'a Answer,
    candidate: &'a Candidate,
    prepared: &'a Prepared,
    today: Day,
    values: Vec<i64>,
}

impl Trial<'_> {
    /// The carriage over these intervals, where every trial inside them comes out as substitution says.
    fn over(&self, intervals: &[(i64, i64)]) -> Option<Carriage> {
        let slots = intervals.iter().enumerate().map(|(slot, interval)| self.carried(slot, *interval)).collect::<Option<_>>()?;
        let carriage = Carriage { slots };
        self.corners(intervals).into_iter().all(|corner| self.comes_out(&carriage, &corner)).then_some(carriage)
    }

    /// Where the number stands, told from an answer to a number that differs from it in every digit.
    fn carried(&self, slot: usize, (least, most): (i64, i64)) -> Option<Carried> {
        let value = self.values[slot];
        let other = ['9', '8', '7'].into_iter().find_map(|digit| {
            let other = unlike(value, digit)?;
            ((least..=most).contains(&other) && !self.values.contains(&other)).then_some(other)
        })?;
        let mut values = self.values.clone();
        values[slot] = other;
        let changed = self.ask(&values)?;
        let changed = changed.candidates.first()?;
        if !integers::only_changed(&self.candidate.query, &changed.query, value, other) {
            return None;
        }
        let digits = value.to_string();
        let sql = places::places(&self.candidate.sql, &changed.sql, &digits, &other.to_string())?;
        let paraphrase = places::places(&self.candidate.paraphrase, &changed.paraphrase, &digits, &other.to_string())?;
        (!sql.is_empty() && sql.iter().all(|place| places::is_literal(&self.candidate.sql, place))).then_some(Carried {
            slot,
            sql,
            paraphrase,
            least,
            most,
        })
    }

    /// The ends of the intervals, all together and against each other, no two numbers alike; and what is an age or not.
    fn corners(&self, intervals: &[(i64, i64)]) -> Vec<Vec<i64>> {
        let corner = |high: fn(usize) -> bool| -> Vec<i64> {
            let end = |(at, (least, most)): (usize, &(i64, i64))| {
                let shift = i64::try_from(at).unwrap_or(0);
                if high(at) { most - shift } else { least + shift }
            };
            intervals.iter().enumerate().map(end).collect()
        };
        let mut corners = vec![corner(|_| false), corner(|_| true)];
        if intervals.len() > 1 {
            corners.extend([corner(|at| at % 2 == 0), corner(|at| at % 2 == 1)]);
        }
        corners.extend(intervals.iter().enumerate().flat_map(|(slot, interval)| self.ages(slot, *interval)));
        corners
    }

    /// The least and the largest number that may be somebody's age, in a slot that reaches so far: "customers over 5" is none, 60 is.
    fn ages(&self, slot: usize, (least, most): (i64, i64)) -> Vec<Vec<i64>> {
        let ends = [*LIKELY_AGES.start(), *LIKELY_AGES.end()];
        let inside = ends.into_iter().filter(|age| (least..=most).contains(age) && !self.values.contains(age));
        let with = |age| {
            let mut values = self.values.clone();
            values[slot] = age;
            values
        };
        inside.map(with).collect()
    }

    fn comes_out(&self, carriage: &Carriage, values: &[i64]) -> bool {
        let slots = self.slots(values);
        let Some(real) = self.ask(values) else { return false };
        let Some(first) = real.candidates.first() else { return false };
        carriage.sql(&self.candidate.sql, &slots).as_ref() == Some(&first.sql)
            && carriage.paraphrase(&self.candidate.paraphrase, &slots).as_ref() == Some(&first.paraphrase)
    }

    fn slots(&self, values: &[i64]) -> Vec<Slot> {
        let slot = |value: &i64| Slot { kind: SlotKind::Integer, text: value.to_string(), span: 0..0 };
        values.iter().map(slot).collect()
    }

    /// The answer with other numbers; none where more about it than the text of its first candidate is different.
    fn ask(&self, values: &[i64]) -> Option<Answer> {
        let question = nl_query_core::template::fill(&self.template.text, &self.slots(values))?;
        let mut probe = Replay { left: &self.answer.lookups, strayed: false };
        let known = self.answer.written.as_deref();
        let other = answer::answer_knowing(&question, self.prepared, &mut probe, self.today, known);
        let confidence = other.candidates.first()?.confidence;
        let same = !probe.strayed
            && probe.left.is_empty()
            && other.candidates.len() == self.answer.candidates.len()
            && confidence.to_bits() == self.candidate.confidence.to_bits()
            && other.depends_on_today == self.answer.depends_on_today;
        same.then_some(other)
    }
}

/// The value with each digit made `digit`, or one less where it is that already.
fn unlike(value: i64, digit: char) -> Option<i64> {
    let below = char::from_digit(digit.to_digit(10)? - 1, 10)?;
    value.to_string().chars().map(|known| if known == digit { below } else { digit }).collect::<String>().parse().ok()
}

/// Gives what the data gave before, to the same questions only.
struct Replay<'a> {
    left: &'a [Lookup],
    strayed: bool,
}

impl ValueProbe for Replay<'_> {
    fn find(&mut self, needles: &[String], columns: &[(RelationId, usize)]) -> Vec<ValueHit> {
        match self.left.split_first() {
            Some((known, rest)) if known.needles == needles && known.columns == columns => {
                self.left = rest;
                known.hits.clone()
            }
            _ => {
                self.strayed = true;
                Vec::new()
            }
        }
    }
}
