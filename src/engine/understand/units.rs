//! Units that the answer is to be in: "length in minutes", "how many megabytes are the tracks".

use super::attributes::unit_factor;
use super::context::Wanted;
use super::cues::Cue;
use super::draft::{Draft, Want};
use crate::ir::{Aggregate, Arithmetic, Expr, Literal};
use crate::lexicon::{self, AggregateWord};
use crate::prepared::{ColumnId, Role};

/// The unit behind "in", where a column of the question is measured in another one. It is set aside before values are read: there
/// may be a song called Seconds.
pub fn asked(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let element = &draft.context.elements[at];
        let word = draft.context.lower(at);
        let Some(unit) = lexicon::units::unit(&word).filter(|_| element.tokens.len() == 1 && element.number.is_none()) else {
            continue;
        };
        if draft.is_free(at) && draft.context.preposition(at) == "in" && measured(draft, unit) {
            draft.unit = Some(unit);
            draft.take(at, "unit", 1.0);
            unnamed(draft, unit);
            return;
        }
    }
}

/// "total playing time in minutes": no column is called a time, but one is measured in units of it.
fn unnamed(draft: &mut Draft, unit: &'static str) {
    let said = |at: usize| {
        let tokens = draft.context.elements[at].tokens.clone();
        let last = draft.context.question.tokens[tokens].last().map_or("", |token| token.lower.as_str());
        draft.is_free(at) && matches!(last, "time" | "duration" | "length" | "runtime" | "size" | "weight")
    };
    let Some(at) = (0..draft.context.elements.len()).find(|&at| said(at)) else { return };
    let mut named = draft.context.columns_of(at, Wanted::Number).into_iter();
    let named = named.find(|(column, _)| unit_factor(draft.context.prepared, *column, unit).is_some());
    // A column that is called so is read like any other.
    if named.is_some_and(|(_, score)| score > 0.75) && draft.context.elements[at].values.is_empty() {
        return;
    }
    let Some(column) = named.map(|(column, _)| column).or_else(|| convertible(draft, unit)) else { return };
    let meaning = format!("column {}", draft.describe(column));
    let used = draft.context.column_use(column);
    let function = (at.saturating_sub(3)..at).find_map(|other| match draft.context.elements[other].cue {
        Some(Cue::Aggregate(AggregateWord::Function(function))) if function != Aggregate::Count => Some((other, function)),
        _ => None,
    });
    // "playing time", "running time": the participle says no more.
    for prior in (at.saturating_sub(1)..at).filter(|&prior| draft.context.lower(prior).ends_with("ing")) {
        draft.take(prior, meaning.clone(), 1.0);
    }
    draft.take(at, meaning, 0.95);
    let want = match function {
        Some((cue, function)) => {
            draft.take(cue, format!("{function:?}").to_lowercase(), 1.0);
            Want::Expr(Draft::aggregate(function, used))
        }
        None => Want::Column(used),
    };
    draft.wants.push(want);
}

/// Some figure of the question can be told in the unit.
fn measured(draft: &Draft, unit: &str) -> bool {
    (0..draft.context.elements.len()).any(|at| {
        let columns = draft.context.columns_of(at, Wanted::Number);
        columns.iter().any(|(column, _)| unit_factor(draft.context.prepared, *column, unit).is_some())
    }) || convertible(draft, unit).is_some()
}

/// A column of the relations in question that is measured in units of this kind.
fn convertible(draft: &Draft, unit: &str) -> Option<ColumnId> {
    let prepared = draft.context.prepared;
    let relations = draft.context.subject.into_iter().chain(draft.context.named.iter().map(|(relation, ..)| *relation));
    // What belongs to the subject counts as well: an album lasts as long as its tracks.
    let below = draft
        .context
        .subject
        .into_iter()
        .flat_map(|subject| prepared.graph().keys().iter().filter(move |key| key.to == subject).map(|key| key.from));
    let columns = relations
        .chain(below)
        .flat_map(|relation| (0..prepared.schema().relations[relation].columns.len()).map(move |at| (relation, at)));
    columns.into_iter().find(|&column| prepared.words(column).role != Role::Key && unit_factor(prepared, column, unit).is_some())
}

/// "how many megabytes", "how many minutes of music": the column added up, in that unit.
pub fn counted(draft: &mut Draft, counting: usize) -> Option<Expr> {
    let at = counting + 1;
    let element = draft.context.elements.get(at).filter(|element| element.tokens.len() == 1 && draft.is_free(at))?;
    let word = &draft.context.question.tokens[element.tokens.start].lower;
    let unit = lexicon::units::unit(word)?;
    let column = convertible(draft, unit)?;
    let meaning = format!("column {}", draft.describe(column));
    draft.take(at, meaning, 0.96);
    let sum = Draft::aggregate(Aggregate::Sum, draft.context.column_use(column));
    Some(in_unit(draft, sum, column, unit))
}

fn in_unit(draft: &Draft, expr: Expr, column: ColumnId, unit: &str) -> Expr {
    match unit_factor(draft.context.prepared, column, unit) {
        Some(factor) if (factor - 1.0).abs() > f64::EPSILON => scaled(expr, factor),
        _ => expr,
    }
}

fn scaled(expr: Expr, factor: f64) -> Expr {
    let (op, factor) = if factor < 1.0 { (Arithmetic::Multiply, 1.0 / factor) } else { (Arithmetic::Divide, factor) };
    let right = if factor.fract().abs() < 1e-9 && factor < 9e15 {
        Literal::Integer(factor as i64)
    } else {
        Literal::Decimal(format!("{factor}"))
    };
    Expr::Arithmetic { op, left: Box::new(expr), right: Box::new(Expr::Literal(right)) }
}

/// Figures that are shown, in the unit that was asked for.
pub fn convert(draft: &mut Draft) {
    let Some(unit) = draft.unit else { return };
    let wants = std::mem::take(&mut draft.wants);
    draft.wants = wants.into_iter().map(|want| converted(draft, want, unit)).collect();
}

fn converted(draft: &mut Draft, want: Want, unit: &str) -> Want {
    let column = match &want {
        Want::Column(column) => Some(*column),
        Want::Expr(Expr::Aggregate { arg, .. }) => match **arg {
            Expr::Column(column) => Some(column),
            _ => None,
        },
        _ => None,
    };
    let Some(column) = column.map(|column| (column.source.relation, column.column)) else { return want };
    let expr = match want.clone() {
        Want::Column(column) => Expr::Column(column),
        Want::Expr(expr) => expr,
        other => return other,
    };
    let told = in_unit(draft, expr.clone(), column, unit);
    if told == expr {
        return want;
    }
    for order in draft.order.iter_mut().filter(|order| order.expr == expr) {
        order.expr = told.clone();
    }
    let name = lexicon::morphology::plural(unit).replace(' ', "_");
    draft.names.push((told.clone(), name));
    Want::Expr(told)
}
