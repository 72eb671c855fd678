//! Numbers in digits and words, with what they count: money, percent, a unit of measure.

use super::{Number, NumberKind, NumberValue, Token, TokenKind};
use crate::lexicon::month;
use crate::lexicon::units::{currency, unit};

/// All numbers among the tokens, from left to right, without overlaps. Dates and times in digits are none.
pub(super) fn numbers(text: &str, tokens: &[Token]) -> Vec<Number> {
    let mut numbers: Vec<Number> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if part_of_a_name(text, tokens, at) {
            at += 1;
            continue;
        }
        match in_digits(tokens, at).or_else(|| in_words(tokens, at)) {
            Some(found) => {
                let found = and_a_half(tokens, found);
                let number = with_surroundings(tokens, found, numbers.last().map_or(0, |before| before.tokens.end));
                at = number.tokens.end;
                numbers.push(number);
            }
            None => at += 1,
        }
    }
    numbers
}

/// "PG-13", "COVID-19": digits with a hyphen before them belong to the word; a month before the hyphen makes a date.
fn part_of_a_name(text: &str, tokens: &[Token], at: usize) -> bool {
    let (Some(before), Some(here)) = (at.checked_sub(1).and_then(|before| tokens.get(before)), tokens.get(at)) else {
        return false;
    };
    let hyphen = here.kind == TokenKind::Number && text.get(before.span.end..here.span.start) == Some("-");
    hyphen && before.kind == TokenKind::Word && !date_word(&before.lower) && small(&before.lower).is_none()
}

fn date_word(word: &str) -> bool {
    month(word).is_some() || ["mid", "early", "late", "q1", "q2", "q3", "q4", "h1", "h2"].contains(&word)
}

/// Digits with a decimal point moved: exact where a float would not be.
struct Digits {
    negative: bool,
    digits: String,
    /// How many of them stand after the decimal point.
    decimals: usize,
}

impl Digits {
    fn parse(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let text = text.replace(',', "");
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        let digits = format!("{whole}{decimals}");
        let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        all_digits.then_some(Digits { negative, decimals: decimals.len(), digits })
    }

    fn times_ten_to(mut self, power: usize) -> Self {
        for _ in 0..power.saturating_sub(self.decimals) {
            self.digits.push('0');
        }
        self.decimals = self.decimals.saturating_sub(power);
        self
    }

    fn value(self) -> NumberValue {
        let sign = if self.negative { "-" } else { "" };
        let (whole, decimals) = self.digits.split_at(self.digits.len() - self.decimals);
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            trimmed => trimmed,
        };
        if decimals.is_empty() {
            let text = format!("{sign}{whole}");
            return text.parse().map_or(NumberValue::Decimal(text), NumberValue::Integer);
        }
        NumberValue::Decimal(format!("{sign}{whole}.{decimals}"))
    }
}

fn power_of(word: &str) -> Option<usize> {
    Some(match word {
        "hundred" | "hundreds" => 2,
        "k" | "thousand" | "thousands" | "grand" => 3,
        "lakh" | "lakhs" => 5,
        "m" | "mn" | "mio" | "million" | "millions" => 6,
        "crore" | "crores" => 7,
        "b" | "bn" | "billion" | "billions" => 9,
        "trillion" | "trillions" => 12,
        _ => return None,
    })
}

/// A number token and the words of scale after it: `1,000`, `1.5k`, `2 million`, `3rd`.
fn in_digits(tokens: &[Token], at: usize) -> Option<Number> {
    let token = tokens.get(at).filter(|token| token.kind == TokenKind::Number)?;
    let suffix_at = token.lower.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(token.lower.len());
    let (digits, suffix) = token.lower.split_at(suffix_at);
    let digits = Digits::parse(digits)?;
    if ["st", "nd", "rd", "th"].contains(&suffix) {
        return Some(Number { tokens: at..at + 1, value: digits.value(), kind: NumberKind::Ordinal });
    }
    let mut power = match suffix {
        "" => 0,
        _ => power_of(suffix)?,
    };
    let mut end = at + 1;
    let scale = tokens.get(end).filter(|next| !next.after_break && next.lower.len() > 2).and_then(|next| power_of(&next.lower));
    if let (Some(more), "") = (scale, suffix) {
        power = more;
        end += 1;
    }
    Some(Number { tokens: at..end, value: digits.times_ten_to(power).value(), kind: NumberKind::Plain })
}

const ORDINALS: [&str; 20] = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];

/// The ways to write an ordinal below twenty, itself among them: "9th", "ninth". None for what is no ordinal.
pub(crate) fn ordinal_spellings(word: &str) -> Vec<String> {
    let digits =
        ["st", "nd", "rd", "th"].iter().find_map(|suffix| word.strip_suffix(suffix)).and_then(|digits| digits.parse().ok());
    let Some(at) = digits.or_else(|| ORDINALS.iter().position(|name| *name == word)) else { return Vec::new() };
    let Some(name) = ORDINALS.get(at) else { return Vec::new() };
    let suffix = match at {
        1 => "st",
        2 => "nd",
        3 => "rd",
        _ => "th",
    };
    vec![format!("{at}{suffix}"), (*name).to_owned()]
}

/// A number below a hundred in one word; true for an ordinal.
fn small(word: &str) -> Option<(i64, bool)> {
    const CARDINALS: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let position = |list: &[&str], word: &str| list.iter().position(|name| *name == word).and_then(|at| i64::try_from(at).ok());
    let tenth = || word.strip_suffix("ieth").and_then(|start| position(&TENS, &format!("{start}y")));
    position(&CARDINALS, word)
        .map(|value| (value, false))
        .or_else(|| position(&ORDINALS, word).map(|value| (value, true)))
        .or_else(|| position(&TENS, word).map(|tens| ((tens + 2) * 10, false)))
        .or_else(|| tenth().map(|tens| ((tens + 2) * 10, true)))
        .or_else(|| (word == "nought").then_some((0, false)))
}

fn word_at(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).filter(|token| token.kind == TokenKind::Word).map_or("", |token| token.lower.as_str())
}

/// A number below a hundred: "five", "twenty five", "twenty-fifth". The value, whether it is ordinal, and its end.
fn below_hundred(tokens: &[Token], at: usize) -> Option<(i64, bool, usize)> {
    let (value, ordinal) = small(word_at(tokens, at))?;
    let more = small(word_at(tokens, at + 1)).filter(|(units, _)| (1..10).contains(units) && !tokens[at + 1].after_break);
    match more {
        Some((units, ordinal_units)) if value >= 20 && !ordinal => Some((value + units, ordinal_units, at + 2)),
        _ => Some((value, ordinal, at + 1)),
    }
}

/// "less than a dollar", "over an hour": one of them. "More than a year ago" is a date.
fn is_one(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| word_at(tokens, before));
    let compared = matches!(before, "than" | "over" | "under" | "above" | "below" | "least" | "most" | "exceeding");
    let next = word_at(tokens, at + 1);
    let counted = next != "bit" && (unit(next).is_some() || currency(next).is_some());
    compared && counted && !matches!(word_at(tokens, at + 2), "ago" | "old" | "before" | "after" | "later" | "earlier" | "of")
}

/// A number in words: "twenty five", "two hundred and three", "a dozen", "half a million", "nineteen ninety nine", "third".
fn in_words(tokens: &[Token], at: usize) -> Option<Number> {
    let plain = |end: usize, value: i64| Number { tokens: at..end, value: NumberValue::Integer(value), kind: NumberKind::Plain };
    let (first, next) = (word_at(tokens, at), word_at(tokens, at + 1));
    let article = matches!(first, "a" | "an" | "one");
    match (first, next, word_at(tokens, at + 2)) {
        ("half", "a", "dozen") => return Some(plain(at + 3, 6)),
        ("half", "a", scale) if power_of(scale).is_some_and(|power| power > 2) => {
            return power_of(scale).map(|power| plain(at + 3, 10_i64.pow(u32::try_from(power).unwrap_or(0)) / 2));
        }
        ("a", "couple", "of") => return Some(plain(at + 3, 2)),
        _ if article && next == "dozen" => return Some(plain(at + 2, 12)),
        ("dozen", ..) => return Some(plain(at + 1, 12)),
        ("a" | "an", ..) if is_one(tokens, at) => return Some(plain(at + 1, 1)),
        _ => {}
    }
    if next == "dozen" {
        let (count, _) = small(first)?;
        return Some(plain(at + 2, count * 12));
    }
    if !article && power_of(first).is_some_and(|_| first == "hundred" || first == "thousand" || first == "million") {
        return None;
    }
    let (value, ordinal, end) = if article && power_of(next).is_some_and(|power| power > 0 && next.len() > 2) {
        large(tokens, at + 1, 1, at)?
    } else {
        let (value, ordinal, end) = below_hundred(tokens, at)?;
        year_in_words(tokens, value, ordinal, end)
            .or_else(|| if ordinal { Some((value, true, end)) } else { large(tokens, end, value, at) })?
    };
    if end == at + 1 && !counts_alone(tokens, at) {
        return None;
    }
    let kind = if ordinal { NumberKind::Ordinal } else { NumberKind::Plain };
    Some(Number { tokens: at..end, value: NumberValue::Integer(value), kind })
}

/// "two and a half hours".
fn and_a_half(tokens: &[Token], number: Number) -> Number {
    let end = number.tokens.end;
    let half = number.kind == NumberKind::Plain && (0..3).all(|word| word_at(tokens, end + word) == ["and", "a", "half"][word]);
    match number.value {
        NumberValue::Integer(whole) if half => {
            Number { tokens: number.tokens.start..end + 3, value: NumberValue::Decimal(format!("{whole}.5")), ..number }
        }
        _ => number,
    }
}

/// The words of scale after a number below a hundred, and the smaller numbers after them.
fn large(tokens: &[Token], mut at: usize, mut part: i64, start: usize) -> Option<(i64, bool, usize)> {
    let after_between = start > 0 && matches!(word_at(tokens, start - 1), "between" | "from");
    let (mut total, mut smallest) = (0_i64, i64::MAX);
    loop {
        let scale = power_of(word_at(tokens, at)).filter(|_| word_at(tokens, at).len() > 2);
        let Some(power) = scale else { break };
        let factor = 10_i64.checked_pow(u32::try_from(power).ok()?)?;
        at += 1;
        if factor == 100 {
            part = part.checked_mul(100)?;
        } else if factor < smallest {
            total = total.checked_add(part.checked_mul(factor)?)?;
            (smallest, part) = (factor, 0);
        } else {
            return None;
        }
        // "hundred and three", but not "between one hundred and two hundred".
        let and = word_at(tokens, at) == "and";
        if and && after_between {
            break;
        }
        let skip = usize::from(and);
        if let Some((more, ordinal, end)) = below_hundred(tokens, at + skip) {
            let followed_by_scale = power_of(word_at(tokens, end)).is_some_and(|_| word_at(tokens, end).len() > 2);
            if and && followed_by_scale {
                break;
            }
            part += more;
            at = end;
            if ordinal {
                return Some((total.checked_add(part)?, true, at));
            }
        }
    }
    Some((total.checked_add(part)?, false, at))
}

/// "nineteen ninety nine", "twenty twenty one".
fn year_in_words(tokens: &[Token], century: i64, ordinal: bool, at: usize) -> Option<(i64, bool, usize)> {
    if ordinal || !(15..=20).contains(&century) || tokens.get(at)?.after_break {
        return None;
    }
    let (rest, ordinal, end) = below_hundred(tokens, at)?;
    let year = rest >= 10 && !ordinal && power_of(word_at(tokens, end)).is_none();
    year.then_some((century * 100 + rest, false, end))
}

/// Whether a number in a single word is meant as a number: "one" is often a pronoun, "second" a unit, "first" part of "first name".
fn counts_alone(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| word_at(tokens, before));
    let next = word_at(tokens, at + 1);
    let before_is_number = at > 0 && tokens[at - 1].kind == TokenKind::Number;
    match word_at(tokens, at) {
        "one" => {
            let counted = ["than", "least", "most", "exactly", "only", "just", "over", "under", "equals", "to", "top", "number"];
            let pronoun = [
                "which", "the", "this", "that", "every", "any", "no", "some", "another", "other", "each", "latest", "newest",
                "what",
            ];
            counted.contains(&before)
                || (!pronoun.contains(&before) && !next.is_empty() && !["of", "with", "who", "that", "has", "is"].contains(&next))
        }
        "second" => {
            !before_is_number
                && !["per", "a", "each", "every", "one", "by"].contains(&before)
                && !["name", "names"].contains(&next)
        }
        "first" | "third" => !["name", "names"].contains(&next),
        _ => true,
    }
}

/// Takes the currency, the percent sign or the unit beside a number into it.
fn with_surroundings(tokens: &[Token], mut number: Number, free_from: usize) -> Number {
    if number.kind == NumberKind::Ordinal {
        return number;
    }
    let (start, end) = (number.tokens.start, number.tokens.end);
    let token = |at: usize| tokens.get(at).map_or("", |token| token.lower.as_str());
    let glued = tokens.get(end).is_some_and(|next| !next.after_break);
    // "pounds" are money only where a sign or no weight says so: the word is in the table of units as well.
    if start > free_from && tokens[start - 1].lower != "won" && currency(token(start - 1)).is_some() && !tokens[start].after_break
    {
        let sign_or_code =
            tokens[start - 1].kind == TokenKind::Symbol || token(start - 1).len() == 3 || token(start - 1) == "us$";
        if sign_or_code {
            number.tokens = start - 1..end;
            number.kind = NumberKind::Money;
            return number;
        }
    }
    // "year 2020 month 5" counts no months.
    if !glued || (start > 0 && token(start - 1) == "year") {
        return number;
    }
    let followed = |number: &mut Number, words: usize, kind: NumberKind| {
        number.tokens.end = end + words;
        number.kind = kind;
    };
    match (token(end), token(end + 1)) {
        ("percent" | "%" | "pct" | "percents", _) => followed(&mut number, 1, NumberKind::Percent),
        ("per", "cent") | ("percentage", "points") => followed(&mut number, 2, NumberKind::Percent),
        ("us" | "american", "dollar" | "dollars") => followed(&mut number, 2, NumberKind::Money),
        ("square", next) if unit(next).is_some() => {
            let squared = match unit(next) {
                Some("meter") => "square meter",
                Some("kilometer") => "square kilometer",
                _ => "square foot",
            };
            followed(&mut number, 2, NumberKind::Measure(squared));
        }
        (word, _) if currency(word).is_some() => followed(&mut number, 1, NumberKind::Money),
        (word, _) => {
            if let Some(unit) = unit(word) {
                followed(&mut number, 1, NumberKind::Measure(unit));
            }
        }
    }
    number
}
