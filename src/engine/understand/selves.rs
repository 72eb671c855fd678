//! References of a relation to itself: an employee's manager, a category's parent. The row that refers is role 0, the row that
//! is referred to is role 1.

use nl_query_core::schema::RelationId;

use super::context::{Context, Wanted};
use super::cues::{Cue, CueWord};
use super::draft::{Draft, Want};
use crate::ir::{Aggregate, Comparison, Expr, Literal, Predicate, Source};
use crate::lexicon::{AggregateWord, Direction};
use crate::link::{Meaning, StoredValue};
use crate::prepared::Role;

/// Which of the two rows a name in the question belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    /// "who does Jane report to", "the manager of Jane".
    Referring,
    /// "who reports to Jane", "whose manager is Jane".
    Referred,
}

/// Reads "manager", "boss", "reports to" and what stands with them.
pub fn references(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        if !draft.is_free(at) {
            continue;
        }
        let Some((key, relation)) = self_reference(draft.context, at) else { continue };
        // "without a manager", "more than 3 reports" are for the passes of absence and figures.
        let negated = (at.saturating_sub(3)..at)
            .any(|other| matches!(draft.context.cue_word(other), Some(CueWord::Without | CueWord::Not)));
        if negated
            || draft.context.subject.is_some_and(|subject| {
                subject != relation && draft.context.prepared.graph().distance(subject, relation).is_none()
            })
        {
            continue;
        }
        let referred = Source { relation, role: 1 };
        if compared(draft, at, key, referred) {
            continue;
        }
        if draft.context.follows_group(at) {
            grouped(draft, at, key, referred);
            continue;
        }
        let names = names_near(draft, at, relation);
        if names.is_empty() {
            shown(draft, at, key, referred);
        } else {
            named(draft, at, key, referred, &names);
        }
    }
}

/// "older than their manager", "hired before the person they report to": the same column of both rows.
fn compared(draft: &mut Draft, at: usize, key: usize, referred: Source) -> bool {
    let Some((cue, op, column)) = (at.saturating_sub(7)..at).rev().find_map(|cue| comparison(draft, cue, referred.relation))
    else {
        return false;
    };
    if (cue + 1..at).any(|other| draft.context.elements[other].number.is_some()) {
        return false;
    }
    let own = Expr::Column(Source::first(referred.relation).column(column));
    let theirs = Expr::Column(referred.column(column));
    draft.condition(cue, Predicate::Compare { op, left: own, right: theirs });
    draft.via.push((key, referred));
    draft.take(cue, "compared with the row that it refers to", 0.97);
    // What stands between only says who that is: "the person they report to".
    for between in cue + 1..=at {
        draft.take(between, "the row that it refers to", 1.0);
    }
    true
}

/// A comparison of the relation's rows without a number: its operator and the column that it speaks of.
fn comparison(draft: &mut Draft, at: usize, relation: RelationId) -> Option<(usize, Comparison, usize)> {
    let context = draft.context;
    if !draft.is_free(at) {
        return None;
    }
    let named = |wanted: Wanted| {
        let things = (at.saturating_sub(3)..at).rev().filter(|&other| draft.is_free(other));
        things
            .filter_map(|other| {
                Some((other, context.columns_of(other, wanted).into_iter().find(|(column, _)| column.0 == relation)?))
            })
            .find(|(_, (_, score))| *score > 0.4)
            .map(|(other, (column, _))| (other, column.1))
    };
    let after = (at + 1..(at + 3).min(context.elements.len())).any(|other| context.lower(other) == "than");
    let (op, thing, column) = match &context.elements[at].cue {
        Some(Cue::Comparative(adjective)) if context.lower(at).ends_with("than") || after => {
            let (column, direction, _) = super::attributes::ranked_column(context, relation, &adjective.rankings)?;
            let op = if direction == Direction::Descending { Comparison::Greater } else { Comparison::Less };
            (op, None, (column.0 == relation).then_some(column.1)?)
        }
        Some(Cue::Compare(op)) => {
            let measure = context.prepared.columns[relation].iter().position(|words| words.role == Role::Measure);
            match named(Wanted::Number) {
                Some((thing, column)) => (*op, Some(thing), column),
                None => (*op, None, measure?),
            }
        }
        _ => {
            let op = match context.lower(at).as_str() {
                "after" | "later than" => Comparison::Greater,
                "before" | "earlier than" => Comparison::Less,
                _ => return None,
            };
            let (thing, column) = named(Wanted::Calendar)?;
            (op, Some(thing), column)
        }
    };
    if let Some(thing) = thing {
        draft.take(thing, "what is compared", 0.97);
    }
    Some((at, op, column))
}

/// "number of employees reporting to each manager".
fn grouped(draft: &mut Draft, at: usize, key: usize, referred: Source) {
    draft.groups.push(Want::Entity(referred));
    draft.via.push((key, referred));
    draft.take(at, "each row that is referred to", 0.97);
    if let Some(cue) = draft.context.before(at, 3) {
        draft.take(cue, "groups", 1.0);
    }
}

fn self_reference(context: &Context, at: usize) -> Option<(usize, RelationId)> {
    let relation = context.relation_meaning(&context.elements[at]).map_or(0.0, |(_, strength)| strength);
    context.elements[at].things.iter().find_map(|mention| {
        let Meaning::Column(column) = mention.meaning else { return None };
        let key = context.prepared.words(column).reference?;
        let refers_to_itself = context.prepared.foreign_key(key).to == column.0;
        (refers_to_itself && mention.strength > 0.5 && mention.strength + 0.15 > relation).then_some((key, column.0))
    })
}

/// Values of the relation's label: the people who are named.
fn names_near(draft: &Draft, at: usize, relation: RelationId) -> Vec<(usize, StoredValue)> {
    let label = &draft.context.prepared.relations[relation].label;
    let near = at.saturating_sub(5)..(at + 7).min(draft.context.elements.len());
    near.filter(|&other| draft.is_free(other))
        .filter_map(|other| {
            let value = draft.context.elements[other]
                .values
                .iter()
                .find(|value| value.column.0 == relation && label.contains(&value.column.1))?;
            Some((other, value.clone()))
        })
        .collect()
}

fn named(draft: &mut Draft, at: usize, key: usize, referred: Source, names: &[(usize, StoredValue)]) {
    let first = names[0].0;
    let whose = direction(draft, at, first);
    let source = match whose {
        Named::Referring => Source::first(referred.relation),
        Named::Referred => referred,
    };
    for (other, value) in names {
        let left = Expr::Column(source.column(value.column.1));
        let right = Expr::Literal(Literal::Text(value.text.clone()));
        draft.condition(*other, Predicate::Compare { op: Comparison::Equal, left, right });
        let meaning = format!("value '{}' of {}", value.text, draft.describe(value.column));
        draft.take(*other, meaning, 1.0);
    }
    draft.via.push((key, referred));
    if whose == Named::Referring {
        draft.wants.push(Want::Entity(referred));
        // "the manager of employee X": the word for the relation says nothing more.
        if let Some(subject) = draft.context.subject_element
            && draft.context.subject == Some(referred.relation)
        {
            draft.take(subject, "who refers", 1.0);
        }
    } else {
        draft.also.push(referred);
        // "how many employees report to": they are counted, not shown.
        let counts =
            |element: &super::elements::Element| element.cue == Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Count)));
        if !draft.context.elements[..at].iter().any(counts) {
            draft.wants.push(Want::Entity(Source::first(referred.relation)));
        }
    }
    draft.take(at, "reference to its own table", 0.97);
}

fn direction(draft: &Draft, at: usize, name: usize) -> Named {
    let word = draft.context.lower(at);
    let verb = word.starts_with("report") || word.ends_with("ed");
    let between = |words: &[&str]| draft.context.has_word(at.min(name) + 1, at.max(name), words);
    match (verb, name < at) {
        (true, true) => Named::Referring,
        (true, false) => Named::Referred,
        (false, true) => Named::Referring,
        (false, false) if between(&["of", "for"]) => Named::Referring,
        (false, false) if draft.context.has_word(at.saturating_sub(2), at, &["whose"]) || between(&["is", "named", "called"]) => {
            Named::Referred
        }
        (false, false) => Named::Referring,
    }
}

/// "employees and their managers": both rows.
fn shown(draft: &mut Draft, at: usize, key: usize, referred: Source) {
    // "employees reporting to each manager": the verb alone shows nothing.
    let word = draft.context.lower(at);
    if word.starts_with("report") {
        draft.take(at, "reference to its own table", 1.0);
        return;
    }
    let head = draft.context.subject_element.is_some_and(|subject| subject < at);
    if !head || draft.context.follows_group(at) {
        return;
    }
    draft.via.push((key, referred));
    draft.wants.push(Want::Entity(Source::first(referred.relation)));
    draft.wants.push(Want::Entity(referred));
    draft.take(at, "the row that it refers to", 0.95);
    // "the names of their bosses": of the two rows, both by name.
    if let Some(prior) = draft.context.before(at, 4)
        && draft.is_free(prior)
        && draft.context.lower(prior).starts_with("name")
    {
        draft.take(prior, "name", 1.0);
    }
}
