//! Superlatives and limits: "top 5 customers by revenue", "the oldest employee", "which artist has the most albums".

use super::context::Wanted;
use super::cues::{Cue, CueWord};
use super::draft::{Draft, Limit, Want};
use super::measures;
use super::sort_keys::sort_key;
use crate::ir::{Aggregate, Expr, Order};
use crate::lexicon::{AggregateWord, Direction, Superlative};
use crate::prepared::ColumnId;
use crate::question::{NumberKind, NumberValue};

/// The number in "top 5" is no condition: it is set aside before the conditions are read.
pub fn claim_limits(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let ranks =
            matches!(draft.context.elements[at].cue, Some(Cue::Superlative(_) | Cue::Word(CueWord::First | CueWord::Last)));
        let number = number_beside(draft, at).or_else(|| number_before_subject(draft, at));
        if ranks && let Some(number) = number {
            let count = whole(draft, number).unwrap_or(1);
            let limit = match is_ordinal(draft, number) {
                true => Limit { at, rows: 1, skipped: count - 1 },
                false => Limit { at, rows: count, skipped: 0 },
            };
            draft.take(number, format!("at most {} rows", limit.rows), 1.0);
            draft.limits.push(limit);
        }
    }
}

/// "the second most expensive": a place, no number of rows.
fn is_ordinal(draft: &Draft, at: usize) -> bool {
    let number = draft.context.elements.get(at).and_then(|element| element.number);
    number.is_some_and(|number| draft.context.question.numbers[number].kind == NumberKind::Ordinal)
}

/// Superlatives and the rows that they leave.
pub fn superlatives(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        if !draft.is_free(at) {
            continue;
        }
        match draft.context.elements[at].cue.clone() {
            Some(Cue::Superlative(superlative)) => superlative_at(draft, at, superlative),
            Some(Cue::Word(cue @ (CueWord::First | CueWord::Last))) => first_or_last(draft, at, cue),
            _ => {}
        }
    }
}

/// "the highest, lowest and average cost": several figures of one column.
fn several_figures(draft: &mut Draft, at: usize) -> bool {
    let context = draft.context;
    let mut functions: Vec<(usize, Aggregate)> = Vec::new();
    let mut figure = None;
    let mut listed = false;
    for next in at..(at + 9).min(context.elements.len()) {
        let element = &context.elements[next];
        listed |= next > at && context.question.tokens[element.tokens.start].after_break
            || context.cue_word(next) == Some(CueWord::And);
        match &element.cue {
            Some(Cue::Superlative(superlative)) if !superlative.by_count => {
                functions
                    .push((next, if superlative.direction == Direction::Descending { Aggregate::Max } else { Aggregate::Min }));
            }
            Some(Cue::Aggregate(AggregateWord::Function(function))) if *function != Aggregate::Count => {
                functions.push((next, *function))
            }
            Some(Cue::Word(CueWord::And)) => {}
            _ if !element.things.is_empty() => {
                figure = context.columns_of(next, Wanted::Number).first().filter(|(_, score)| *score > 0.5).map(|_| next);
                break;
            }
            _ if element.stop.is_some() => {}
            _ => break,
        }
    }
    let (Some(next), true) = (figure, functions.len() > 1 && listed) else { return false };
    let Some(column) = draft.take_column(next, Wanted::Number) else { return false };
    let column = draft.context.column_use(column);
    for (cue, function) in functions {
        draft.wants.push(Want::Expr(Draft::aggregate(function, column)));
        draft.take(cue, format!("{function:?}").to_lowercase(), 1.0);
    }
    true
}

fn superlative_at(draft: &mut Draft, at: usize, superlative: &'static Superlative) {
    if several_figures(draft, at) {
        return;
    }
    let limited = draft.limits.iter().find(|limit| limit.at == at).copied();
    let number = limited.map(|limit| limit.rows);
    let next = next_thing(draft, at).filter(|&next| draft.context.elements[next].bucket.is_none());
    if number.is_none() && is_extreme_value(draft, at, superlative, next) {
        return;
    }
    // "the second highest price": the price itself.
    let shown = limited
        .filter(|limit| limit.skipped > 0)
        .and_then(|_| extreme_column(draft, at, superlative, next))
        .map(|column| Want::Column(draft.context.column_use(column)));
    let descending = superlative.direction == Direction::Descending;
    let Some(key) = sort_key(draft, at, superlative, next, descending) else { return };
    draft.take(at, if key.descending { "highest first" } else { "lowest first" }, 1.0);
    draft.distinct |= shown.is_some();
    draft.wants.extend(shown);
    let limit = number.unwrap_or(1);
    draft.offset = draft.offset.or(limited.map(|limit| limit.skipped));
    // A second superlative ("the 5 customers with the highest spend" after "top") only repeats the first.
    if draft.order.is_empty() {
        draft.order.push(key);
        draft.limit = Some(limit);
    } else if draft.limit.is_none() || number.is_some() {
        draft.limit = Some(limit);
    }
}

/// The number that belongs to a superlative: "top 5", "5 most expensive", "the three oldest".
fn number_beside(draft: &Draft, at: usize) -> Option<usize> {
    let is_count = |other: usize| {
        draft.context.elements.get(other).is_some_and(|element| element.number.is_some())
            && draft.is_free(other)
            && whole(draft, other).is_some()
    };
    let compared =
        |other: usize| other > 0 && matches!(draft.context.elements[other - 1].cue, Some(Cue::Compare(_) | Cue::Comparative(_)));
    if is_count(at + 1) {
        return Some(at + 1);
    }
    (at > 0 && is_count(at - 1) && !compared(at - 1)).then(|| at - 1)
}

/// "five countries with the most cities": the number stands before what is asked for.
fn number_before_subject(draft: &Draft, at: usize) -> Option<usize> {
    let subject = draft.context.subject_element.filter(|&subject| subject < at)?;
    let number = (subject.saturating_sub(2)..subject).rev().find(|&other| draft.context.elements[other].number.is_some())?;
    if is_ordinal(draft, number) {
        return None;
    }
    let compared = (number.saturating_sub(2)..number)
        .any(|other| matches!(draft.context.elements[other].cue, Some(Cue::Compare(_) | Cue::Comparative(_))));
    (draft.is_free(number) && !compared && whole(draft, number).is_some()).then_some(number)
}

fn whole(draft: &Draft, at: usize) -> Option<u64> {
    match draft.context.question.numbers[draft.context.elements.get(at)?.number?].value {
        NumberValue::Integer(value) if value > 0 => u64::try_from(value).ok(),
        _ => None,
    }
}

/// The thing that a superlative stands before, function words passed over.
fn next_thing(draft: &Draft, at: usize) -> Option<usize> {
    for other in at + 1..(at + 4).min(draft.context.elements.len()) {
        let element = &draft.context.elements[other];
        if !element.things.is_empty() || measures::is_money_word(&draft.context.lower(other)) {
            return Some(other);
        }
        if matches!(element.cue, Some(Cue::Aggregate(_))) || element.number.is_some() {
            continue;
        }
        if element.stop.is_none()
            || draft.context.is_stop(other, crate::lexicon::StopClass::Preposition) && draft.context.lower(other) != "of"
        {
            return None;
        }
    }
    None
}

/// "what is the highest price of …": the value itself is asked for, not the row that has it. So it is when nothing else has been
/// named before and the superlative stands on a figure.
fn is_extreme_value(draft: &mut Draft, at: usize, superlative: &Superlative, next: Option<usize>) -> bool {
    if extreme_column(draft, at, superlative, next).is_none() {
        return false;
    }
    let function = if superlative.direction == Direction::Descending { Aggregate::Max } else { Aggregate::Min };
    let Some(column) = next.and_then(|next| draft.take_column(next, Wanted::Ordered)) else { return false };
    draft.wants.push(Want::Expr(Draft::aggregate(function, draft.context.column_use(column))));
    draft.take(at, if function == Aggregate::Max { "maximum" } else { "minimum" }, 1.0);
    true
}

/// The figure whose extreme is asked for.
fn extreme_column(draft: &Draft, at: usize, superlative: &Superlative, next: Option<usize>) -> Option<ColumnId> {
    let next = next?;
    if superlative.by_count || matches!(superlative.positive, "many" | "much" | "few" | "little") {
        return None;
    }
    let named_before = (0..at)
        .any(|other| !draft.context.elements[other].things.is_empty() || measures::is_money_word(&draft.context.lower(other)));
    let asks_which = draft.context.has_word(0, at, &["which", "who", "whose"]);
    if named_before
        || asks_which
        || draft.context.relation_meaning(&draft.context.elements[next]).is_some_and(|(_, strength)| strength > 0.8)
    {
        return None;
    }
    // "the last hired employee": the row is asked for, the column only says by what.
    let row_follows = draft.context.elements.get(next + 1).is_some_and(|after| draft.context.relation_meaning(after).is_some());
    if row_follows && draft.context.preposition(next + 1) != "of" {
        return None;
    }
    let (column, score) = draft.context.columns_of(next, Wanted::Ordered).first().copied()?;
    let kind = draft.context.prepared.column(column).kind;
    let measured = kind == nl_query_core::schema::TypeKind::Number || kind.is_calendar();
    (score >= 0.5 && measured).then_some(column)
}

/// "first 10 customers", "last 5 orders", "the first order".
fn first_or_last(draft: &mut Draft, at: usize, cue: CueWord) {
    let number = draft.limits.iter().find(|limit| limit.at == at).map(|limit| limit.rows);
    let Some(next) = next_thing(draft, at) else { return };
    let Some((relation, _)) = draft.context.relation_meaning(&draft.context.elements[next]) else { return };
    let limit = number.unwrap_or(1);
    let key = super::times::latest_by(draft, relation);
    if let Some(column) = key
        && draft.order.is_empty()
    {
        let expr = Expr::Column(draft.context.column_use(column));
        draft.order.push(Order { expr, descending: cue == CueWord::Last });
    }
    draft.take(at, if cue == CueWord::Last { "latest first" } else { "earliest first" }, 0.97);
    draft.limit = Some(limit);
}
