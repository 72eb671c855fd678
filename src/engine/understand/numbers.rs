//! Conditions on figures: "price over 20", "with at least 3 orders", "longer than 5 minutes", "between 10 and 20".

use nl_query_core::schema::RelationId;

use super::attributes::unit_factor;
use super::cues::{Cue, CueWord};
use super::draft::Draft;
use super::measures;
use super::targets::Target;
use super::targets::target;
use crate::ir::{Comparison, Expr, Literal, Predicate, Source};
use crate::lexicon::{Direction, Superlative};
use crate::question::{NumberKind, NumberValue};

/// All conditions with a number in them.
pub fn comparisons(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let element = &draft.context.elements[at];
        let Some(number) = element.number else { continue };
        let ordinal = draft.context.question.numbers[number].kind == NumberKind::Ordinal;
        if draft.is_free(at) && element.quoted.is_none() && !ordinal {
            compare(draft, at);
        }
    }
    times_in_words(draft);
}

/// "only ordered once", "rented more than twice": rows of what was done.
fn times_in_words(draft: &mut Draft) {
    for at in 1..draft.context.elements.len() {
        let count = match draft.context.lower(at).as_str() {
            "once" => 1,
            "twice" => 2,
            _ => continue,
        };
        if !draft.is_free(at) {
            continue;
        }
        let (op, cue, _) = operator(draft, at);
        let Some((verb, relation)) = super::targets::rows_of_verb(draft, cue.unwrap_or(at)) else { continue };
        draft.take(verb, format!("number of {}", draft.relation_name(relation)), 0.96);
        [Some(at), cue].into_iter().flatten().for_each(|at| draft.take(at, "number of times", 1.0));
        count_condition(draft, at, relation, op.unwrap_or(Comparison::Equal), Expr::Literal(Literal::Integer(count)), None);
    }
}

fn compare(draft: &mut Draft, at: usize) {
    let (op, cue, adjective) = operator(draft, at);
    let upper = if cue.is_some_and(|cue| draft.context.cue_word(cue) == Some(CueWord::Between)) {
        second_number(draft, at)
    } else {
        None
    };
    let Some(target) = target(draft, at, cue, adjective, upper) else { return };
    let op = match op {
        Some(op) if cue.is_some_and(|cue| super::values::negated_before(draft, cue)) => op.negated(),
        Some(op) => op,
        None => Comparison::Equal,
    };
    if let Some(cue) = cue {
        draft.take(cue, "comparison", 1.0);
    }
    let Some(low) = literal(draft, at, &target) else { return };
    let high = upper.and_then(|upper| literal(draft, upper, &target));
    draft.take(at, "number", 1.0);
    if let Some(upper) = upper {
        draft.take(upper, "number", 1.0);
    }
    push(draft, at, target, op, low, high);
}

/// A condition on the rows of a relation that is asked about: "a track under three minutes", "an order over 500 dollars".
pub(super) fn of_relation(draft: &mut Draft, at: usize, relation: RelationId) -> Option<Predicate> {
    let (op, cue, adjective) = operator(draft, at);
    let column = match adjective {
        Some(adjective) => {
            super::attributes::ranked_column(draft.context, relation, &adjective.rankings).map(|(column, ..)| column)
        }
        None => super::targets::column_of_number(draft, at, relation),
    }?;
    let target = Target::Figure(Expr::Column(draft.context.column_use(column)), column);
    let low = literal(draft, at, &target)?;
    let meaning = format!("compared with {}", draft.describe(column));
    draft.take(at, meaning, 0.97);
    if let Some(cue) = cue {
        draft.take(cue, "comparison", 1.0);
    }
    let left = Expr::Column(draft.context.column_use(column));
    Some(Predicate::Compare { op: op.unwrap_or(Comparison::Equal), left, right: low })
}

pub(super) fn push(draft: &mut Draft, at: usize, target: Target, op: Comparison, low: Expr, high: Option<Expr>) {
    match target {
        Target::Count(relation) => count_condition(draft, at, relation, op, low, high),
        Target::Figure(expr, _) => draft.condition(at, compared(expr, op, low, high)),
        Target::Grouped(expr) | Target::Summed(expr, _) => draft.having.push(compared(expr, op, low, high)),
    }
}

fn compared(left: Expr, op: Comparison, low: Expr, high: Option<Expr>) -> Predicate {
    match high {
        Some(high) => Predicate::Between { expr: left, low, high, negated: false },
        None => Predicate::Compare { op, left, right: low },
    }
}

/// "with more than 5 orders": asked of each row of the subject, or of each group where the subject itself is counted.
fn count_condition(draft: &mut Draft, at: usize, relation: RelationId, op: Comparison, low: Expr, high: Option<Expr>) {
    let subject = draft.context.subject.unwrap_or(relation);
    if subject == relation || !measures::is_to_many(draft.context.prepared, subject, relation) {
        draft.having.push(compared(Expr::CountRows(Source::first(relation)), op, low, high));
        return;
    }
    let related = |op: Comparison, count: Expr| match count {
        Expr::Literal(Literal::Integer(count)) => {
            let (anchor, target) = (Source::first(subject), Source::first(relation));
            Some(Predicate::RelatedCount { anchor, target, filter: None, op, count })
        }
        _ => None,
    };
    let ends: Option<Vec<Predicate>> = match high {
        Some(high) => [related(Comparison::GreaterOrEqual, low), related(Comparison::LessOrEqual, high)].into_iter().collect(),
        None => related(op, low).map(|one| vec![one]),
    };
    if let Some(condition) = ends.and_then(Predicate::all) {
        draft.condition(at, condition);
    }
}

/// The comparison that belongs to the number: before it ("more than 5"), an adjective ("longer than 5"), or after it ("5 or more").
pub(super) fn operator(draft: &Draft, at: usize) -> (Option<Comparison>, Option<usize>, Option<&'static Superlative>) {
    let context = draft.context;
    for other in at + 1..(at + 3).min(context.elements.len()) {
        match context.cue_word(other) {
            Some(CueWord::OrMore) => return (Some(Comparison::GreaterOrEqual), Some(other), None),
            Some(CueWord::OrFewer) => return (Some(Comparison::LessOrEqual), Some(other), None),
            _ => {}
        }
    }
    for other in (at.saturating_sub(3)..at).rev() {
        match &context.elements[other].cue {
            Some(Cue::Compare(op)) => return (Some(*op), Some(other), None),
            Some(Cue::Comparative(adjective)) => return (Some(adjective_op(adjective.direction)), Some(other), Some(adjective)),
            Some(Cue::Word(CueWord::Between)) => return (None, Some(other), None),
            _ if context.elements[other].stop.is_some() => {}
            _ => break,
        }
    }
    (None, None, None)
}

fn adjective_op(direction: Direction) -> Comparison {
    match direction {
        Direction::Descending => Comparison::Greater,
        Direction::Ascending => Comparison::Less,
    }
}

fn second_number(draft: &Draft, at: usize) -> Option<usize> {
    (at + 1..(at + 4).min(draft.context.elements.len()))
        .find(|&other| draft.context.elements[other].number.is_some() && draft.is_free(other))
}

/// The number as it is compared: units turned into the column's, years left whole.
fn literal(draft: &Draft, at: usize, target: &Target) -> Option<Expr> {
    let number = &draft.context.question.numbers[draft.context.elements[at].number?];
    if let (NumberKind::Measure(unit), Target::Figure(_, column) | Target::Summed(_, column)) = (number.kind, target)
        && let Some(factor) = unit_factor(draft.context.prepared, *column, unit)
        && (factor - 1.0).abs() > f64::EPSILON
    {
        return in_unit(&number.value, factor).map(Expr::Literal);
    }
    Some(Expr::Literal(match &number.value {
        NumberValue::Integer(value) => Literal::Integer(*value),
        NumberValue::Decimal(digits) => Literal::Decimal(digits.clone()),
    }))
}

/// So many of one unit as so many of another.
pub fn in_unit(value: &NumberValue, factor: f64) -> Option<Literal> {
    let value = match value {
        NumberValue::Integer(value) if (factor - 1.0).abs() <= f64::EPSILON => return Some(Literal::Integer(*value)),
        NumberValue::Integer(value) => *value as f64,
        NumberValue::Decimal(digits) if (factor - 1.0).abs() <= f64::EPSILON => return Some(Literal::Decimal(digits.clone())),
        NumberValue::Decimal(digits) => digits.parse().ok()?,
    };
    let scaled = value * factor;
    Some(if scaled.fract() == 0.0 && scaled.abs() < 9e15 {
        Literal::Integer(scaled as i64)
    } else {
        Literal::Decimal(format!("{scaled}"))
    })
}
