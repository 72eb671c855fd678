//! Wishes to group by a stretch of time: "by month", "per year", "monthly", "by day of the week", "by year and month".

use super::{Bucket, BucketKind, Token};
use crate::ir::{DateField, DateUnit};
use crate::lexicon::units::time_unit;

/// How many tokens before "and month" are searched for the "by" that it goes on with: "by country, product and month".
const BY_REACH: usize = 8;

/// All wishes to group by time, from left to right, without overlaps.
pub(super) fn buckets(tokens: &[Token]) -> Vec<Bucket> {
    let mut buckets: Vec<Bucket> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let free_from = buckets.last().map_or(0, |bucket| bucket.tokens.end);
        let after_bucket = buckets.last().is_some_and(|bucket| bucket.tokens.end == at);
        match bucket_at(tokens, at, after_bucket) {
            Some((end, kind)) if at >= free_from => {
                buckets.push(Bucket { tokens: at..end, kind });
                at = end;
            }
            _ => at += 1,
        }
    }
    buckets
}

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.lower.as_str())
}

fn bucket_at(tokens: &[Token], at: usize, after_bucket: bool) -> Option<(usize, BucketKind)> {
    adverb(word(tokens, at))
        .map(|unit| (at + 1, BucketKind::Truncate(unit)))
        .or_else(|| unit_by_unit(tokens, at))
        .or_else(|| which_unit(tokens, at))
        .or_else(|| ranked_unit(tokens, at))
        .or_else(|| {
            let start = opener(tokens, at, after_bucket)?;
            unit_phrase(tokens, start)
        })
}

fn adverb(word: &str) -> Option<DateUnit> {
    Some(match word {
        "hourly" => DateUnit::Hour,
        "daily" => DateUnit::Day,
        "weekly" => DateUnit::Week,
        "monthly" => DateUnit::Month,
        "quarterly" => DateUnit::Quarter,
        "yearly" | "annual" | "annually" => DateUnit::Year,
        _ => return None,
    })
}

/// "month by month".
fn unit_by_unit(tokens: &[Token], at: usize) -> Option<(usize, BucketKind)> {
    let unit = time_unit(word(tokens, at))?;
    let again = word(tokens, at + 1) == "by" && word(tokens, at + 2) == word(tokens, at);
    again.then_some((at + 3, BucketKind::Truncate(unit)))
}

/// "which month had the most orders": the month is what is counted by.
fn which_unit(tokens: &[Token], at: usize) -> Option<(usize, BucketKind)> {
    if !matches!(word(tokens, at), "which" | "what") {
        return None;
    }
    let found = unit_phrase(tokens, at + 1)?;
    let ranks = |token: &Token| {
        ["most", "fewest", "least", "highest", "lowest", "best", "worst", "busiest", "more", "biggest", "largest"]
            .contains(&token.lower.as_str())
    };
    tokens[found.0..].iter().any(ranks).then_some(found)
}

/// "our best month", "the busiest weekday": what is ranked are stretches of time.
fn ranked_unit(tokens: &[Token], at: usize) -> Option<(usize, BucketKind)> {
    let ranks = ["best", "worst", "busiest", "quietest", "strongest", "weakest", "slowest"];
    let before = at.checked_sub(1).map_or("", |before| word(tokens, before));
    let sales = before == "sales" && at > 1 && ranks.contains(&word(tokens, at - 2));
    (ranks.contains(&before) || sales).then(|| unit_phrase(tokens, at)).flatten()
}

/// Where the unit stands after "by", "per", "each", "for every", "grouped by"; also after "and" where a "by" stands before it.
fn opener(tokens: &[Token], at: usize, after_bucket: bool) -> Option<usize> {
    let next = word(tokens, at + 1);
    let start = match word(tokens, at) {
        // "every second order" is every other one.
        "each" | "every" if next == "second" => return None,
        "by" | "per" | "each" | "every" => at + 1,
        "in" | "for" | "over" | "during" | "on" | "at" | "within" if matches!(next, "each" | "every") => at + 2,
        "grouped" | "group" | "broken" | "split" if next == "by" => at + 2,
        "broken" | "split" if next == "down" && word(tokens, at + 2) == "by" => at + 3,
        "and" if after_bucket || by_before(tokens, at) => at + 1 + usize::from(matches!(next, "by" | "per")),
        _ if after_bucket && tokens[at].after_break => at,
        _ => return None,
    };
    let article = matches!(word(tokens, start), "the" | "calendar" | "full" | "single");
    Some(start + usize::from(article))
}

fn by_before(tokens: &[Token], at: usize) -> bool {
    tokens[at.saturating_sub(BY_REACH)..at].iter().any(|token| matches!(token.lower.as_str(), "by" | "per"))
}

/// A unit of time, or a field of a date ("day of the week", "hour of the day", "weekday").
fn unit_phrase(tokens: &[Token], at: usize) -> Option<(usize, BucketKind)> {
    let (first, next) = (word(tokens, at), word(tokens, at + 1));
    if matches!(first, "weekday" | "weekdays" | "dow") {
        return Some((at + 1, BucketKind::Field(DateField::Weekday)));
    }
    let unit = time_unit(first)?;
    let of_the = usize::from(word(tokens, at + 2) == "the");
    let field = match (unit, next, word(tokens, at + 2 + of_the)) {
        (DateUnit::Day, "of", "week") => Some(DateField::Weekday),
        (DateUnit::Day, "of", "month") => Some(DateField::Day),
        (DateUnit::Hour, "of", "day") => Some(DateField::Hour),
        (DateUnit::Month, "of", "year") => Some(DateField::Month),
        (DateUnit::Week, "of", "year") => Some(DateField::Week),
        (DateUnit::Quarter, "of", "year") => Some(DateField::Quarter),
        _ => None,
    };
    if let Some(field) = field {
        return Some((at + 3 + of_the, BucketKind::Field(field)));
    }
    match (unit, next) {
        (DateUnit::Week, "number") => Some((at + 2, BucketKind::Field(DateField::Week))),
        (DateUnit::Month, "name" | "names") => Some((at + 2, BucketKind::Field(DateField::Month))),
        _ => Some((at + 1, BucketKind::Truncate(unit))),
    }
}
