//! Which stretches of the question are looked up as stored values: first in the statistics, then, for what is left unexplained,
//! by a probe of the data.

use std::cell::LazyCell;

use nl_query_core::schema::RelationKind;

use super::elements::Element;
use super::{named_relations, spelled};
use crate::answer::ValueProbe;
use crate::lexicon::{self, StopClass};
use crate::link::values::{columns_to_probe, normalise, probe, stems_of};
use crate::link::{How, Meaning, Mention, StoredValue};
use crate::prepared::Prepared;
use crate::question::{Question, TokenKind};

/// Words a value may have.
const LONGEST: usize = 6;

/// The stretches of the question that are looked up as stored values.
pub fn stretches(question: &Question) -> impl Iterator<Item = (usize, usize)> + '_ {
    all_stretches(question).filter(|(start, end)| may_be_value(question, *start, *end))
}

/// Every stretch that is no longer than a value may be.
fn all_stretches(question: &Question) -> impl Iterator<Item = (usize, usize)> + use<> {
    let length = question.tokens.len();
    let starting = move |start: usize| (start + 1..(start + LONGEST).min(length) + 1).map(move |end| (start, end));
    (0..length).flat_map(starting)
}

/// Values that statistics know.
pub fn stored_values(question: &Question, prepared: &Prepared, mentions: &mut Vec<Mention>) {
    for (start, end) in stretches(question) {
        let spelling = spelling(question, start, end);
        let found = prepared.values.spelled(&spelling);
        push(prepared, mentions, start, end, found, exact_strength(question, start, end));
        let article = lexicon::stop_word(&question.tokens[start].lower).is_some();
        if found.is_empty() && !article && !is_done(question, start) {
            push(prepared, mentions, start, end, prepared.values.stemmed(&stems_of(&spelling)), 0.84);
        }
        if end == start + 1 {
            push(prepared, mentions, start, end, &gender(prepared, &question.tokens[start].lower), 0.98);
        }
        for variant in places(question, start, end) {
            let same = prepared.values.spelled(&normalise(&variant));
            push(prepared, mentions, start, end, same, 0.98);
        }
    }
    for (start, end) in begin_with_function_word(question) {
        let found = prepared.values.spelled(&spelling(question, start, end));
        push(prepared, mentions, start, end, found, exact_strength(question, start, end));
    }
    misspelled_values(question, prepared, mentions);
    for quoted in &question.quoted {
        let found = prepared.values.spelled(&normalise(&quoted.content)).to_vec();
        push(prepared, mentions, quoted.tokens.start, quoted.tokens.end, &found, 2.0);
    }
}

/// Words of six letters and more that nothing else explains may be misspelled values: "Germny". Iceland is no misspelled Ireland.
fn misspelled_values(question: &Question, prepared: &Prepared, mentions: &mut Vec<Mention>) {
    for (at, token) in question.tokens.iter().enumerate() {
        let explained = token.kind != TokenKind::Word
            || token.lower.chars().count() < 6
            || token.lower.ends_with("ed")
            || lexicon::stop_word(&token.lower).is_some()
            || lexicon::place_at(&[token.lower.as_str()]).is_some()
            || mentions.iter().any(|mention| mention.tokens.contains(&at) && mention.strength > 0.3);
        if !explained {
            push(prepared, mentions, at, at + 1, &prepared.values.misspelled(&token.lower), 0.62);
        }
    }
}

/// "female dependents": the value that a column called sex or gender has for it.
fn gender(prepared: &Prepared, word: &str) -> Vec<StoredValue> {
    let spellings: &[&str] = match word {
        "female" | "females" | "woman" | "women" | "girl" | "girls" => &["f", "female", "woman", "w"],
        "male" | "males" | "man" | "men" | "boy" | "boys" => &["m", "male", "man"],
        _ => return Vec::new(),
    };
    let about_sex = |value: &&StoredValue| prepared.words(value.column).name.stems().any(|stem| matches!(stem, "sex" | "gender"));
    spellings.iter().flat_map(|spelling| prepared.values.spelled(spelling)).filter(about_sex).cloned().collect()
}

/// "they deliver": a verb behind its subject is not the value `delivered`.
fn is_done(question: &Question, start: usize) -> bool {
    question.tokens[start].lower.ends_with("ed")
        || start > 0
            && matches!(
                question.tokens[start - 1].lower.as_str(),
                "they"
                    | "we"
                    | "he"
                    | "she"
                    | "it"
                    | "i"
                    | "you"
                    | "do"
                    | "does"
                    | "did"
                    | "to"
                    | "can"
                    | "could"
                    | "would"
                    | "who"
                    | "that"
                    | "which"
            )
}

/// A word that is written with a capital inside a sentence is likelier a value.
fn exact_strength(question: &Question, start: usize, end: usize) -> f32 {
    let capital =
        start > 0 && question.tokens[start..end].iter().any(|token| token.text.chars().next().is_some_and(char::is_uppercase));
    if capital { 1.12 } else { 1.03 }
}

fn push(prepared: &Prepared, mentions: &mut Vec<Mention>, start: usize, end: usize, found: &[StoredValue], strength: f32) {
    for value in found {
        // A view repeats what its tables hold, and nothing joins it.
        let view = prepared.schema().relations[value.column.0].kind == RelationKind::View;
        let strength = if view { strength - 0.3 } else { strength };
        let mention = Mention { tokens: start..end, meaning: Meaning::Value(value.clone()), strength, how: How::Exact };
        if !mentions.iter().any(|known| known.tokens == mention.tokens && known.meaning == mention.meaning) {
            mentions.push(mention);
        }
    }
}

/// "on hold", "did not qualify", "not 8": a value that begins with a function word is one only where statistics know it as it stands.
fn begin_with_function_word(question: &Question) -> impl Iterator<Item = (usize, usize)> + '_ {
    let fits = move |(start, end): &(usize, usize)| {
        let tokens = &question.tokens[*start..*end];
        let function_word = |at: usize| lexicon::stop_word(&tokens[at].lower);
        matches!(function_word(0), Some(class) if class != StopClass::Article)
            && function_word(tokens.len() - 1).is_none()
            && !tokens.iter().skip(1).any(|token| token.after_break)
    };
    all_stretches(question).filter(fits)
}

/// Function words alone are no value, nor is a stretch that ends in one or runs over a break.
fn may_be_value(question: &Question, start: usize, end: usize) -> bool {
    let tokens = &question.tokens[start..end];
    let function_word = |lower: &str| lexicon::stop_word(lower).is_some();
    let lone_number = tokens.len() == 1 && tokens[0].kind != TokenKind::Word;
    let last_is_function = tokens.last().is_some_and(|token| function_word(&token.lower) && !starts_upper(&token.text));
    let first_is_function = tokens.first().is_some_and(|token| {
        matches!(lexicon::stop_word(&token.lower), Some(class) if class != StopClass::Article)
            && !(starts_upper(&token.text) && start > 0)
    });
    let broken = tokens.iter().skip(1).any(|token| token.after_break);
    !lone_number
        && !last_is_function
        && !first_is_function
        && !broken
        && tokens.iter().any(|token| !function_word(&token.lower) || (starts_upper(&token.text) && start > 0))
}

fn starts_upper(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_uppercase)
}

pub fn spelling(question: &Question, start: usize, end: usize) -> String {
    normalise(typed(question, start, end))
}

/// As typed, the possessive ending left out.
fn typed(question: &Question, start: usize, end: usize) -> &str {
    let (first, last) = (&question.tokens[start], &question.tokens[end - 1]);
    question.text.get(first.span.start..last.span.end).unwrap_or_default().trim_end_matches("'s").trim_end_matches("’s")
}

/// Other spellings of a place: France for French, USA for the United States.
fn places(question: &Question, start: usize, end: usize) -> Vec<String> {
    let words: Vec<&str> = question.tokens[start..end].iter().map(|token| token.lower.as_str()).collect();
    if let Some((length, _)) = lexicon::place_at(&words)
        && length == words.len()
    {
        return lexicon::place_variants(&words.join(" "));
    }
    // A code is one only in capitals: "us" and "in" are words.
    let text = &question.tokens[start].text;
    if end == start + 1 && text.chars().count() <= 3 && text.chars().all(char::is_uppercase) {
        lexicon::place_variants(&words[0].to_lowercase())
    } else {
        Vec::new()
    }
}

/// Looks into the data for stretches around words that nothing explains, and for capitalised and quoted ones.
pub fn probed_values(
    question: &Question,
    prepared: &Prepared,
    elements: &[Element],
    mentions: &mut Vec<Mention>,
    prober: &mut dyn ValueProbe,
) {
    // Most questions have nothing to look for.
    let columns = LazyCell::new(|| columns_to_probe(prepared.schema(), &prepared.values, &named_relations(elements)));
    let spelled = spelled::stretches(question, prepared, &columns);
    let wanted = beside_numbers(question, &unexplained(question, elements, prepared));
    if spelled.is_empty() && !wanted.iter().any(|one| *one) {
        return;
    }
    let mut needles: Vec<String> = Vec::new();
    let mut spans: Vec<(usize, usize, usize)> = Vec::new();
    let mut add = |needle: String, start: usize, end: usize| {
        if needle.is_empty() {
            return;
        }
        let at = match needles.iter().position(|known| *known == needle) {
            Some(at) => at,
            None => {
                needles.push(needle);
                needles.len() - 1
            }
        };
        spans.push((at, start, end));
    };
    for quoted in &question.quoted {
        add(quoted.content.trim().to_lowercase(), quoted.tokens.start, quoted.tokens.end);
    }
    for stretch in spelled {
        add(stretch.text, stretch.tokens.start, stretch.tokens.end);
    }
    let length = question.tokens.len();
    for width in 1..=4usize {
        for start in 0..length.saturating_sub(width - 1) {
            let end = start + width;
            let useful = (start..end).any(|at| wanted[at]) && wanted_edges(&wanted, question, start, end);
            if useful && may_be_value(question, start, end) {
                add(typed(question, start, end).to_lowercase(), start, end);
                if width == 1 {
                    let singular = lexicon::morphology::singular(&question.tokens[start].lower);
                    add(singular, start, end);
                }
                for variant in places(question, start, end) {
                    add(variant, start, end);
                }
            }
        }
    }
    for (needle, value) in probe(&needles, &columns, prober) {
        for (_, start, end) in spans.iter().filter(|(at, ..)| *at == needle) {
            push(prepared, mentions, *start, *end, std::slice::from_ref(&value), exact_strength(question, *start, *end) + 0.02);
        }
    }
}

/// Tokens that may belong to a value: unknown words, words in capitals inside the sentence, words of places.
fn unexplained(question: &Question, elements: &[Element], prepared: &Prepared) -> Vec<bool> {
    let mut wanted = vec![false; question.tokens.len()];
    for element in elements {
        let strong = element.things.first().is_some_and(|mention| mention.strength >= 0.9 && mention.how == How::Exact);
        // A value that statistics know by chance may stand in a column that they do not list as well.
        let settled = element.values.iter().any(|value| prepared.values.is_complete(value.column));
        let meaning = settled || element.date.is_some() || element.bucket.is_some();
        for at in element.tokens.clone() {
            let token = &question.tokens[at];
            let capital = at > 0 && starts_upper(&token.text) && question.text.chars().any(char::is_lowercase);
            let weak = !element.things.is_empty() && !strong && element.cue.is_none();
            wanted[at] = element.quoted.is_some()
                || (!meaning
                    && (element.is_unknown() || weak || !element.values.is_empty() || (capital && element.number.is_none())));
        }
    }
    wanted
}

/// A number beside a word that may belong to a value may belong to it as well: "Illinois 15", "Top 3".
fn beside_numbers(question: &Question, wanted: &[bool]) -> Vec<bool> {
    let is_wanted = |at: Option<usize>| at.and_then(|at| wanted.get(at)).is_some_and(|wanted| *wanted);
    let number = |at: usize| question.tokens[at].kind == TokenKind::Number;
    let beside = |at: usize| number(at) && (is_wanted(at.checked_sub(1)) || is_wanted(Some(at + 1)));
    (0..wanted.len()).map(|at| wanted[at] || beside(at)).collect()
}

/// The stretch begins and ends with words that may belong to a value; an article may lead.
fn wanted_edges(wanted: &[bool], question: &Question, start: usize, end: usize) -> bool {
    let leads = wanted[start] || lexicon::stop_word(&question.tokens[start].lower) == Some(StopClass::Article);
    leads && wanted[end - 1]
}

#[cfg(test)]
mod tests {
    use nl_query_core::schema::ColumnStats;

    use super::*;
    use crate::fixtures;
    use crate::ir::Day;
    use crate::question;

    #[test]
    fn values_may_begin_with_function_words_where_statistics_know_them() {
        let mut schema = fixtures::shop();
        let common_values = ["on hold", "did not pay", "the"].map(str::to_owned).to_vec();
        schema.relations[0].columns[1].stats = Some(ColumnStats { common_values, ..ColumnStats::default() });
        let prepared = Prepared::new(schema);
        let found = |text: &str| -> Vec<String> {
            let question = question::read(text, Day { year: 2026, month: 11, day: 30 });
            let mut mentions = Vec::new();
            stored_values(&question, &prepared, &mut mentions);
            let value = |mention: Mention| match mention.meaning {
                Meaning::Value(value) => Some(value.text),
                _ => None,
            };
            mentions.into_iter().filter_map(value).collect()
        };
        assert_eq!(found("how many customers are on hold"), ["on hold"]);
        assert_eq!(found("the customers who did not pay"), ["did not pay"]);
    }
}
