//! Conditions on texts: stored values ("in Germany"), quoted ones, and patterns ("whose name starts with A").

use super::context::Wanted;
use super::cues::CueWord;
use super::draft::{Condition, Draft};
use crate::ir::{ColumnUse, Comparison, Expr, Literal, Predicate, Source};
use crate::link::{Meaning, StoredValue};
use crate::prepared::{ColumnId, Role};
use nl_query_core::schema::TypeKind;

/// "contains 'love'", "starting with A", "named Smith".
pub fn patterns(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let Some(cue @ (CueWord::Contains | CueWord::Starts | CueWord::Ends | CueWord::Named)) = draft.context.cue_word(at)
        else {
            continue;
        };
        let Some(text_at) = (at + 1..(at + 4).min(draft.context.elements.len())).find(|&other| is_text(draft, other)) else {
            continue;
        };
        // "named" is a plain equality where the value is known; the value's own pass does that better.
        if cue == CueWord::Named && !draft.context.elements[text_at].values.is_empty() {
            draft.take(at, "a name", 1.0);
            continue;
        }
        // "albums that contain Jazz tracks" is about what is in them, not about their title.
        let known = draft.context.elements[text_at].quoted.is_none() && !draft.context.elements[text_at].values.is_empty();
        if cue == CueWord::Contains && known && !names_text_column(draft, at) {
            draft.take(at, "linking word", 1.0);
            continue;
        }
        let Some(column) = text_column(draft, at) else { continue };
        let text = pattern_text(draft, text_at);
        if text.is_empty()
            || (cue == CueWord::Contains
                && draft.context.elements[text_at].quoted.is_none()
                && !draft.context.elements[text_at].things.is_empty())
        {
            continue;
        }
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = match cue {
            CueWord::Starts => format!("{escaped}%"),
            CueWord::Ends => format!("%{escaped}"),
            CueWord::Named => escaped,
            _ => format!("%{escaped}%"),
        };
        let negated = negated_before(draft, at);
        let expr = Expr::Column(draft.context.column_use(column));
        let predicate = not_any(draft, column, Predicate::Like { expr, pattern: pattern.clone(), any_case: true, negated });
        draft.condition(at, predicate);
        draft.take(at, format!("{} like '{pattern}'", draft.describe(column)), 1.0);
        take_texts(draft, text_at, "text to look for");
    }
}

/// A column of texts stands directly before the cue: "whose name contains".
fn names_text_column(draft: &Draft, at: usize) -> bool {
    draft.context.before(at, 2).is_some_and(|prior| {
        draft.context.relation_meaning(&draft.context.elements[prior]).is_none()
            && draft.context.columns_of(prior, Wanted::Text).first().is_some_and(|(_, score)| *score > 0.3)
    })
}

/// "albums with live in the title": a word that is to stand in a text.
pub fn words_inside(draft: &mut Draft) {
    for at in 0..draft.context.elements.len().saturating_sub(2) {
        if draft.context.cue_word(at) != Some(CueWord::With)
            || !draft.is_free(at + 1)
            || draft.context.elements[at + 1].quoted.is_some()
        {
            continue;
        }
        let inside = draft.context.lower(at + 2) == "in";
        let place =
            (at + 3..(at + 6).min(draft.context.elements.len())).find(|&other| !draft.context.elements[other].things.is_empty());
        let Some(place) = place.filter(|_| inside) else { continue };
        let text = draft
            .context
            .columns_of(place, Wanted::Text)
            .first()
            .is_some_and(|(column, score)| *score > 0.6 && draft.context.prepared.words(*column).role == Role::Label);
        let strong = draft.context.elements[at + 1].things.first().is_some_and(|mention| mention.strength > 0.9);
        if !text || strong || draft.context.elements[at + 1].number.is_some() {
            continue;
        }
        let word = draft.context.text(at + 1).to_owned();
        let Some(column) = draft.take_column(place, Wanted::Text) else { continue };
        let expr = Expr::Column(draft.context.column_use(column));
        draft.condition(
            at,
            Predicate::Like {
                expr,
                pattern: format!("%{}%", word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")),
                any_case: true,
                negated: false,
            },
        );
        draft.take(at + 1, "text to look for", 1.0);
    }
}

/// Words that can be looked for: quoted, unknown, or a value; not a number with a thing behind it.
fn is_text(draft: &Draft, at: usize) -> bool {
    let element = &draft.context.elements[at];
    element.quoted.is_some() || element.is_unknown() || !element.values.is_empty() || single_letter(draft, at)
}

/// "starts with A": the letter is an article to the reader of words.
fn single_letter(draft: &Draft, at: usize) -> bool {
    let tokens = &draft.context.elements[at].tokens;
    tokens.len() == 1
        && draft.context.question.tokens[tokens.start].text.chars().count() == 1
        && draft.context.text(at).chars().all(char::is_uppercase)
}

fn pattern_text(draft: &Draft, at: usize) -> String {
    match draft.context.elements[at].quoted {
        Some(quoted) => draft.context.question.quoted[quoted].content.trim().to_owned(),
        None => {
            let mut last = at;
            while draft.context.elements.get(last + 1).is_some_and(super::elements::Element::is_unknown) {
                last += 1;
            }
            let tokens = &draft.context.question.tokens;
            let from = tokens[draft.context.elements[at].tokens.start].span.start;
            let to = tokens[draft.context.elements[last].tokens.end - 1].span.end;
            draft.context.question.text.get(from..to).unwrap_or_default().to_owned()
        }
    }
}

fn take_texts(draft: &mut Draft, at: usize, meaning: &str) {
    draft.take(at, meaning, 1.0);
    let mut next = at + 1;
    while draft.context.elements[at].quoted.is_none()
        && next < draft.context.elements.len()
        && draft.context.elements[next].is_unknown()
    {
        draft.take(next, meaning, 1.0);
        next += 1;
    }
}

/// The text column that stands before the cue, else the label of what is talked about.
fn text_column(draft: &mut Draft, at: usize) -> Option<ColumnId> {
    for other in (at.saturating_sub(4)..at).rev() {
        if draft.context.elements[other].things.is_empty() {
            continue;
        }
        let columns = draft.context.columns_of(other, Wanted::Text);
        if columns
            .first()
            .is_some_and(|(column, score)| *score > 0.3 && draft.context.prepared.column(*column).kind == TypeKind::Text)
        {
            return draft.take_column(other, Wanted::Text);
        }
        if let Some((relation, _)) = draft.context.relation_meaning(&draft.context.elements[other]) {
            return text_label(draft, relation);
        }
    }
    text_label(draft, draft.context.subject?)
}

fn text_label(draft: &Draft, relation: usize) -> Option<ColumnId> {
    let label = &draft.context.prepared.relations[relation].label;
    label.iter().map(|&column| (relation, column)).rfind(|&column| draft.context.prepared.column(column).kind == TypeKind::Text)
}

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
        let unreachable =
            context.subject.is_some_and(|subject| context.prepared.graph().distance(subject, value.column.0).is_none());
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

/// "with the special feature Trailers": an unexplained word behind a column of arrays is one of their elements.
pub fn members(draft: &mut Draft) {
    for at in 1..draft.context.elements.len() {
        if !draft.is_free(at) || !draft.context.elements[at].is_unknown() {
            continue;
        }
        let Some(prior) = draft.context.before(at, 3).filter(|&prior| draft.is_free(prior)) else { continue };
        let column = draft.context.columns_of(prior, Wanted::Any).first().map(|(column, _)| *column);
        let Some(column) = column.filter(|column| draft.context.prepared.column(*column).kind == TypeKind::Array) else {
            continue;
        };
        let expr = Expr::Column(draft.context.column_use(column));
        let mut words = draft.context.text(at).to_owned();
        let mut last = at;
        while draft.context.elements.get(last + 1).is_some_and(super::elements::Element::is_unknown) {
            last += 1;
            words = format!("{words} {}", draft.context.text(last));
        }
        draft.condition(at, Predicate::Contains { expr, value: Expr::Literal(Literal::Text(words)), negated: false });
        let meaning = format!("column {}", draft.describe(column));
        draft.take(prior, meaning, 1.0);
        (at..=last).for_each(|one| draft.take(one, "element of the array", 0.9));
    }
}

/// Quoted texts that no stored value matches: compared with the column beside them, else with the label of what is talked about.
pub fn quoted(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let Some(quoted) = draft.context.elements[at].quoted else { continue };
        if !draft.is_free(at) {
            continue;
        }
        let Some(column) = text_column(draft, at) else { continue };
        let content = draft.context.question.quoted[quoted].content.trim().to_owned();
        let negated = negated_before(draft, at);
        let expr = Expr::Column(draft.context.column_use(column));
        let inside = draft.context.has_word(at + 1, at + 4, &["them", "it", "name", "names", "title", "titles"])
            && draft.context.has_word(at + 1, at + 2, &["in"]);
        let predicate = if inside {
            let escaped = content.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            Predicate::Like { expr, pattern: format!("%{escaped}%"), any_case: true, negated }
        } else if draft.context.prepared.column(column).kind == TypeKind::Array {
            Predicate::Contains { expr, value: Expr::Literal(Literal::Text(content.clone())), negated }
        } else {
            Predicate::In { expr, values: vec![Expr::Literal(Literal::Text(content.clone()))], negated }
        };
        draft.condition(at, predicate);
        draft.take(at, format!("value '{content}' of {}", draft.describe(column)), 0.9);
    }
}

/// "unnamed" capitalised words that nothing explains, directly behind a relation or "named": an exact name that the probe could
/// not find still is a name.
pub fn column_of_label(draft: &Draft, relation: usize) -> Option<ColumnUse> {
    text_label(draft, relation).map(|column| draft.context.column_use(column))
}
