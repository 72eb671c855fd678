//! Stored values as conditions: "in Germany", "Frank Harris and Tim Goyer", "not Rock".

use super::cues::CueWord;
use super::draft::{Condition, Draft};
use crate::ir::{Comparison, Expr, Literal, Predicate, Source};
use crate::link::{Meaning, StoredValue};
use crate::prepared::{ColumnId, Role};

/// "not", "except", "other than" shortly before the element.
pub fn negated_before(draft: &mut Draft, at: usize) -> bool {
    let negation = (at.saturating_sub(4)..at).rev().find(|&other| {
        matches!(draft.context.cue_word(other), Some(CueWord::Not | CueWord::Except | CueWord::Without)) && draft.is_free(other)
    });
    let between_is_empty = |other: usize| {
        (other + 1..at).all(|one| draft.context.elements[one].stop.is_some() || !draft.context.elements[one].things.is_empty())
    };
    match negation {
        Some(other) if between_is_empty(other) => {
            draft.take(other, "negation", 1.0);
            true
        }
        _ => false,
    }
}

/// Stored values.
pub fn values(draft: &mut Draft) {
    let mut last: Option<(usize, ColumnId, bool)> = None;
    let mut named: Option<usize> = None;
    for at in 0..draft.context.elements.len() {
        if !draft.is_free(at) || !means_value(draft, at) {
            continue;
        }
        if only_completes(draft, at) {
            draft.take(at, "part of the value before it", 1.0);
            continue;
        }
        if person(draft, at, named) {
            named = Some(at + 1);
            continue;
        }
        let ranked = ranked(draft, at, last.map(|(_, column, _)| column));
        let Some((best, _)) = ranked.first().cloned() else { continue };
        draft.decide_value(at, &ranked);
        let column = best.column;
        let mut negated = negated_before(draft, at);
        let joins_last = last.is_some_and(|(other, known, _)| known == column && only_joined(draft, other, at));
        if joins_last && last.is_some_and(|(.., negated)| negated) {
            negated = true;
        }
        let texts: Vec<Expr> = spellings(draft, at, column).into_iter().map(|text| Expr::Literal(Literal::Text(text))).collect();
        let expr = Expr::Column(draft.context.column_use(column));
        let predicate = Predicate::In { expr, values: texts, negated };
        let predicate = both(draft, at, column, joins_last, predicate);
        let predicate = not_any(draft, column, predicate);
        let or = joins_last && !negated && matches!(predicate, Predicate::In { .. })
            || (!joins_last && or_between(draft, last.map(|(other, ..)| other), at));
        draft.conditions.push(Condition { element: at, predicate, or });
        let certainty = if best.text.eq_ignore_ascii_case(draft.context.text(at)) { 1.0 } else { 0.96 };
        draft.take(at, format!("value '{}' of {}", best.text, draft.describe(column)), certainty);
        take_naming_thing(draft, at, column);
        // "R rated films": the participle of the column's name.
        if draft
            .context
            .elements
            .get(at + 1)
            .is_some_and(|_| matches!(draft.context.lower(at + 1).as_str(), "rated" | "classified"))
            && draft.context.prepared.words(column).name.stems().any(|stem| stem.starts_with("rat") || stem.starts_with("class"))
        {
            let meaning = format!("column {}", draft.describe(column));
            draft.take(at + 1, meaning, 1.0);
        }
        last = Some((at, column, negated));
    }
}

/// "Frank Harris": first and last name as one condition; a second person beside the first is another choice.
fn person(draft: &mut Draft, at: usize, named: Option<usize>) -> bool {
    if at + 1 >= draft.context.elements.len() || !draft.is_free(at + 1) {
        return false;
    }
    let ranked = ranked(draft, at, None);
    let Some((first, _)) = ranked.first().cloned() else { return false };
    let label = &draft.context.prepared.relations[first.column.0].label;
    let second = draft.context.elements[at + 1]
        .values
        .iter()
        .find(|value| value.column.0 == first.column.0 && value.column.1 != first.column.1 && label.contains(&value.column.1))
        .cloned();
    let Some(second) = second.filter(|_| label.contains(&first.column.1)) else { return false };
    draft.decide_value(at, &ranked);
    let negated = negated_before(draft, at);
    let equal = |value: &StoredValue| {
        let left = Expr::Column(draft.context.column_use(value.column));
        Predicate::Compare { op: Comparison::Equal, left, right: Expr::Literal(Literal::Text(value.text.clone())) }
    };
    let both = Predicate::And(vec![equal(&first), equal(&second)]);
    let predicate = if negated { Predicate::Not(Box::new(both)) } else { both };
    let or = named.is_some_and(|named| only_joined(draft, named, at)) && !negated;
    draft.conditions.push(Condition { element: at, predicate, or });
    for (one, value) in [(at, &first), (at + 1, &second)] {
        let meaning = format!("value '{}' of {}", value.text, draft.describe(value.column));
        draft.take(one, meaning, 1.0);
    }
    take_naming_thing(draft, at, first.column);
    true
}

/// A known value, unless the words name a relation or column of the schema outright.
fn means_value(draft: &Draft, at: usize) -> bool {
    let element = &draft.context.elements[at];
    if element.values.is_empty() {
        return false;
    }
    // "phone numbers" is no track called Numbers.
    let adds_nothing = matches!(
        draft.context.lower(at).as_str(),
        "number" | "numbers" | "address" | "addresses" | "name" | "names" | "value" | "values" | "date" | "dates"
    );
    if adds_nothing && at > 0 && !draft.context.elements[at - 1].things.is_empty() {
        return false;
    }
    let strongest = element.things.first().map_or(0.0, |mention| mention.strength);
    let capital = draft.context.text(at).chars().next().is_some_and(char::is_uppercase) && element.tokens.start > 0;
    strongest < 0.85 || (capital && strongest < 1.0)
}

fn ranked(draft: &Draft, at: usize, before: Option<ColumnId>) -> Vec<(StoredValue, f32)> {
    let context = draft.context;
    let mut ranked: Vec<(StoredValue, f32)> = Vec::new();
    for value in &context.elements[at].values {
        if context.bans.columns.contains(&(at, value.column)) || ranked.iter().any(|(known, _)| known.column == value.column) {
            continue;
        }
        let words = context.prepared.words(value.column);
        let unreachable = context.subject.is_some() && !context.is_reachable(value.column.0);
        if unreachable {
            continue;
        }
        let mut score = 0.5 + context.affinity(value.column, at);
        // "albums of Iron Maiden": what the subject refers to names it more often than what refers to the subject.
        if context.subject.is_some_and(|subject| super::measures::is_to_many(context.prepared, subject, value.column.0)) {
            score -= 0.08;
        }
        score += match words.role {
            Role::Label => 0.1,
            Role::Category => 0.08,
            Role::Key => -0.2,
            _ => 0.0,
        };
        score += naming(draft, at, value.column).map_or(0.0, |(_, strength)| 0.55 * strength);
        if from_relation(draft, at, value.column) {
            score += 0.25;
        }
        if full_name(draft, at, value.column) {
            score += 0.7;
        }
        if before == Some(value.column) {
            score += 0.3;
        }
        // "albums of Iron Maiden": many are asked for, so the name is hardly that of one of them.
        if context.subject == Some(value.column.0)
            && words.role == Role::Label
            && naming(draft, at, value.column).is_none()
            && plural_subject(draft)
        {
            score -= 0.75;
        }
        // "tracks by AC/DC": who made them is a row of its own before it is a note on the track.
        let of_label = context.prepared.relations[value.column.0].label.contains(&value.column.1);
        if context.preposition(at) == "by" && of_label && context.subject != Some(value.column.0) {
            score += 0.6;
        }
        score += by_preposition(draft, at, value.column);
        // Of two columns of one relation the one with the plainer name: city before billing_city.
        score -= 0.04 * words.name.positions.len().saturating_sub(1) as f32;
        if value.text == context.text(at) {
            score += 0.05;
        }
        ranked.push((value.clone(), score));
    }
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.column.cmp(&b.0.column)));
    ranked
}

/// "by customers from France": the relation's word, a preposition, and the value.
fn from_relation(draft: &Draft, at: usize, column: ColumnId) -> bool {
    let Some(relation) = (at.saturating_sub(3)..at).rev().find(|&other| draft.context.elements[other].stop.is_none()) else {
        return false;
    };
    matches!(draft.context.preposition(at), "from" | "in" | "of")
        && draft.context.subject_element != Some(relation)
        && draft
            .context
            .relation_meaning(&draft.context.elements[relation])
            .is_some_and(|(named, strength)| named == column.0 && strength > 0.8)
}

/// "rock music", "hours of music": the noun behind a kind of things, or behind a unit of them, is no other value.
fn only_completes(draft: &Draft, at: usize) -> bool {
    if !matches!(draft.context.text(at), "music" | "stuff" | "goods" | "things") || at == 0 {
        return false;
    }
    let next_to = draft.context.elements[at].tokens.start == draft.context.elements[at - 1].tokens.end;
    let unit = at.checked_sub(2).is_some_and(|unit| crate::lexicon::unit(&draft.context.lower(unit)).is_some());
    next_to && !draft.context.elements[at - 1].values.is_empty() || unit && draft.context.preposition(at) == "of"
}

fn plural_subject(draft: &Draft) -> bool {
    let Some(subject) = draft.context.subject_element else { return false };
    let word = draft.context.lower(subject);
    let last = word.split(' ').next_back().unwrap_or_default().to_owned();
    crate::lexicon::morphology::singular(&last) != last
}

/// "from Chennai to Guruvayur": where something begins and where it ends.
fn by_preposition(draft: &Draft, at: usize, column: ColumnId) -> f32 {
    let ends: &[&str] = match draft.context.preposition(at) {
        "from" => &["origin", "sourc", "departur", "from", "start", "begin"],
        "to" => &["destin", "dest", "arriv", "to", "target", "end"],
        _ => return 0.0,
    };
    if draft.context.prepared.words(column).name.stems().any(|word| ends.contains(&word)) { 0.4 } else { 0.0 }
}

/// "Mary Smith": the word beside it is the other half of a name in the same relation.
fn full_name(draft: &Draft, at: usize, column: ColumnId) -> bool {
    let label = &draft.context.prepared.relations[column.0].label;
    let other_half = |element: &super::elements::Element| {
        element
            .values
            .iter()
            .any(|value| value.column.0 == column.0 && value.column.1 != column.1 && label.contains(&value.column.1))
    };
    label.len() > 1
        && label.contains(&column.1)
        && (at.checked_sub(1).is_some_and(|prior| other_half(&draft.context.elements[prior]))
            || draft.context.elements.get(at + 1).is_some_and(other_half))
}

/// The thing beside a value that names the value's column or, where the value is a label, its relation: "genre Rock".
fn naming(draft: &Draft, at: usize, column: ColumnId) -> Option<(usize, f32)> {
    let context = draft.context;
    let near = at.saturating_sub(3)..(at + 3).min(context.elements.len());
    near.filter(|&other| other != at && clear_between(draft, at, other))
        .filter_map(|other| {
            let strength = context.elements[other]
                .things
                .iter()
                .filter(|mention| match mention.meaning {
                    Meaning::Column(named) => named == column,
                    Meaning::Relation(_) if !stands_by(draft, at, other) => false,
                    Meaning::Relation(relation) => {
                        relation == column.0 && context.prepared.relations[relation].label.contains(&column.1)
                    }
                    Meaning::Value(_) => false,
                })
                .map(|mention| mention.strength)
                .fold(0.0, f32::max);
            (strength > 0.0).then_some((other, strength))
        })
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// "album Facelift", "the album called Facelift": the relation's word introduces the name. In "albums did Iron Maiden make" it does not.
fn stands_by(draft: &Draft, at: usize, other: usize) -> bool {
    (at.min(other) + 1..at.max(other))
        .all(|one| matches!(draft.context.lower(one).as_str(), "the" | "a" | "an" | "of" | "called" | "named" | "is" | "titled"))
}

/// Nothing but function words stands between two elements.
fn clear_between(draft: &Draft, a: usize, b: usize) -> bool {
    (a.min(b) + 1..a.max(b)).all(|one| {
        let element = &draft.context.elements[one];
        element.stop.is_some()
            || matches!(
                draft.context.cue_word(one),
                Some(CueWord::Not | CueWord::Except | CueWord::Named | CueWord::Either | CueWord::Both)
            )
    })
}

/// "the genre Rock": the word beside the value says which column it is and wants nothing else. The subject stays what it is.
fn take_naming_thing(draft: &mut Draft, at: usize, column: ColumnId) {
    if let Some((other, _)) = naming(draft, at, column)
        && draft.is_free(other)
        && draft.context.subject_element != Some(other)
        && (other < at || other == at + 1)
        && !asked_for(draft, other, at)
    {
        let meaning = format!("column {}", draft.describe(column));
        draft.take(other, meaning, 1.0);
    }
}

/// "the city of customers in Germany": a thing of the head that a value's column happens to share is still asked for.
fn asked_for(draft: &Draft, other: usize, at: usize) -> bool {
    other < at && draft.context.has_word(other + 1, at, &["in", "from", "of"]) && draft.context.before(other, 2).is_none()
}

/// All spellings of the same value in the column that the element may mean ("USA", "United States").
fn spellings(draft: &Draft, at: usize, column: ColumnId) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for value in &draft.context.elements[at].values {
        if value.column == column && !texts.contains(&value.text) {
            texts.push(value.text.clone());
        }
    }
    texts
}

/// Only "and", "or", commas and function words between two values: they belong together.
fn only_joined(draft: &Draft, from: usize, to: usize) -> bool {
    let said = (from + 1..to).any(|one| matches!(draft.context.cue_word(one), Some(CueWord::And | CueWord::Or)));
    let comma = draft.context.question.tokens[draft.context.elements[to].tokens.start].after_break;
    (said || comma)
        && (from + 1..to).all(|one| {
            draft.context.elements[one].stop.is_some()
                || matches!(
                    draft.context.cue_word(one),
                    Some(CueWord::And | CueWord::Or | CueWord::Both | CueWord::Either | CueWord::Not | CueWord::Except)
                )
        })
}

fn or_between(draft: &Draft, from: Option<usize>, to: usize) -> bool {
    from.is_some_and(|from| (from + 1..to).any(|one| draft.context.cue_word(one) == Some(CueWord::Or)))
}

/// "both Rock and Jazz": one row cannot have two values, so each becomes a question for related rows.
fn both(draft: &mut Draft, at: usize, column: ColumnId, joins_last: bool, predicate: Predicate) -> Predicate {
    let Some(subject) = draft.context.subject else { return predicate };
    if subject == column.0 || !super::measures::is_to_many(draft.context.prepared, subject, column.0) {
        return predicate;
    }
    let start = if joins_last { at.saturating_sub(8) } else { at.saturating_sub(3) };
    let said = (start..at).find(|&other| draft.context.cue_word(other) == Some(CueWord::Both));
    let Some(said) = said else { return predicate };
    draft.take(said, "both", 1.0);
    let anchor = Source::first(subject);
    let target = Source::first(column.0);
    Predicate::Related { anchor, target, filter: Some(Box::new(predicate)), negated: false }
}

/// "customers who did not buy Rock": no related row may have the value, rather than some row another one.
pub fn not_any(draft: &Draft, column: ColumnId, predicate: Predicate) -> Predicate {
    let Some(subject) = draft.context.subject else { return predicate };
    if subject == column.0 || !super::measures::is_to_many(draft.context.prepared, subject, column.0) {
        return predicate;
    }
    let filter = match predicate {
        Predicate::In { expr, values, negated: true } => Predicate::In { expr, values, negated: false },
        Predicate::InRange { expr, range, negated: true } => Predicate::InRange { expr, range, negated: false },
        Predicate::Like { expr, pattern, any_case, negated: true } => Predicate::Like { expr, pattern, any_case, negated: false },
        other => return other,
    };
    Predicate::Related {
        anchor: Source::first(subject),
        target: Source::first(column.0),
        filter: Some(Box::new(filter)),
        negated: true,
    }
}
