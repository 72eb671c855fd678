//! Comparisons without a number: with another column ("shipped after the required date"), with an average ("above average").

use nl_query_core::schema::RelationId;

use super::context::Wanted;
use super::cues::Cue;
use super::draft::Draft;
use super::numbers::operator;
use super::targets::Target;
use super::targets::adjective_target;
use super::targets::counted_or_figure;
use super::targets::following_thing;
use super::targets::preceding_figure;
use crate::ir::{Aggregate, Comparison, Expr, Literal, Predicate, Query, Select, Source, WindowFunction};
use crate::lexicon::AggregateWord;

/// "shipped after the required date", "price lower than the list price": two columns of one kind.
pub fn columns(draft: &mut Draft) {
    for at in 1..draft.context.elements.len().saturating_sub(1) {
        let op = match &draft.context.elements[at].cue {
            Some(Cue::Compare(op)) => *op,
            _ if draft.is_free(at) => match draft.context.lower(at).as_str() {
                "after" | "later than" | "past" => Comparison::Greater,
                "before" | "earlier than" => Comparison::Less,
                _ => continue,
            },
            _ => continue,
        };
        let (Some(left), Some(right)) = (thing_before(draft, at), thing_after(draft, at)) else { continue };
        let wanted = if draft.context.columns_of(right, Wanted::Calendar).first().is_some_and(|(_, score)| *score > 0.7) {
            Wanted::Calendar
        } else {
            Wanted::Number
        };
        let strong = |side: usize| {
            draft.context.columns_of(side, wanted).first().filter(|(_, score)| *score > 0.6).map(|(column, _)| *column)
        };
        let (Some(first), Some(second)) = (strong(left), strong(right)) else { continue };
        if first == second
            || draft.context.prepared.column(first).kind.is_calendar() != draft.context.prepared.column(second).kind.is_calendar()
        {
            continue;
        }
        let (Some(first), Some(second)) = (draft.take_column(left, wanted), draft.take_column(right, wanted)) else { continue };
        let expr = |column| Expr::Column(draft.context.column_use(column));
        let predicate = Predicate::Compare { op, left: expr(first), right: expr(second) };
        draft.condition(at, predicate);
        draft.take(at, "comparison of two columns", 1.0);
    }
}

/// "fewer units in stock than their reorder level": what is compared stands between the comparative and "than".
pub fn columns_than(draft: &mut Draft) {
    for than in 2..draft.context.elements.len().saturating_sub(1) {
        if draft.context.lower(than) != "than" || !draft.is_free(than) {
            continue;
        }
        let graded = (than.saturating_sub(5)..than).rev().find_map(|at| match draft.context.lower(at).as_str() {
            "fewer" | "less" | "lower" | "smaller" => Some((at, Comparison::Less)),
            "more" | "higher" | "greater" | "larger" | "bigger" => Some((at, Comparison::Greater)),
            _ => None,
        });
        let Some((graded, op)) = graded else { continue };
        let number = |at: usize| {
            let best = draft.context.columns_of(at, Wanted::Number).first().copied();
            best.filter(|(_, score)| *score > 0.5 && draft.is_free(at)).map(|(column, _)| column)
        };
        let left = (graded + 1..than).find_map(|at| Some((at, number(at)?)));
        let right = thing_after(draft, than).and_then(|at| Some((at, number(at)?)));
        let (Some((left, first)), Some((right, second))) = (left, right) else { continue };
        if first == second || first.0 != second.0 {
            continue;
        }
        let expr = |column| Expr::Column(draft.context.column_use(column));
        draft.condition(than, Predicate::Compare { op, left: expr(first), right: expr(second) });
        for (at, column) in [(left, first), (right, second)] {
            let meaning = format!("column {}", draft.describe(column));
            draft.take(at, meaning, 0.97);
        }
        [graded, than].into_iter().for_each(|at| draft.take(at, "comparison of two columns", 1.0));
    }
}

/// "than the average price of their category": the average over rows of the same group, where the row knows its group.
fn group_behind(draft: &mut Draft, at: usize, relation: RelationId) -> Option<Vec<Expr>> {
    let (thing, theirs) = (at + 1..(at + 7).min(draft.context.elements.len())).find_map(|other| {
        {
            let start = draft.context.elements[other].tokens.start;
            let word =
                |back: usize| start.checked_sub(back).map_or("", |token| draft.context.question.tokens[token].lower.as_str());
            let of = |back: usize| matches!(word(back), "of" | "in" | "for" | "within");
            let own = of(2) && matches!(word(1), "their" | "its" | "his" | "her" | "that" | "own")
                || of(3) && (word(2) == "the" && word(1) == "same" || matches!(word(2), "their" | "its") && word(1) == "own");
            (draft.is_free(other) && !draft.context.elements[other].things.is_empty()).then_some((other, own))
        }
        .filter(|(_, own)| *own)
    })?;
    if !theirs {
        return None;
    }
    let context = draft.context;
    let own =
        context.columns_of(thing, Wanted::Any).into_iter().find(|(column, _)| column.0 == relation).map(|(column, _)| column);
    let named = context.relation_meaning(&context.elements[thing]).map(|(named, _)| named).filter(|named| *named != relation);
    let key = named.and_then(|named| {
        let mut keys = context.prepared.graph().keys().iter();
        let key = keys.find(|key| key.from == relation && key.to == named)?;
        Some(key.from_columns.iter().map(|&column| Expr::Column(Source::first(relation).column(column))).collect())
    });
    let bridged = || {
        let named = named.filter(|&named| context.prepared.graph().distance(relation, named) == Some(2))?;
        let key = &context.prepared.schema().relations[named].primary_key;
        (!key.is_empty()).then(|| key.iter().map(|&column| Expr::Column(Source::first(named).column(column))).collect())
    };
    let partition = key.or_else(bridged).or_else(|| own.map(|column| vec![Expr::Column(context.column_use(column))]))?;
    draft.take(thing, "those of the same group", 0.97);
    Some(partition)
}

/// "than the average Metal track": the average over those only.
fn value_behind(draft: &mut Draft, at: usize, relation: RelationId) -> Option<Predicate> {
    let other =
        (at + 1..(at + 3).min(draft.context.elements.len())).find(|&other| !draft.context.elements[other].values.is_empty())?;
    let followed = draft
        .context
        .elements
        .get(other + 1)
        .is_some_and(|next| draft.context.relation_meaning(next).is_some_and(|(named, _)| named == relation));
    if !followed || !draft.is_free(other) {
        return None;
    }
    let graph = draft.context.prepared.graph();
    let values = &draft.context.elements[other].values;
    let (_, value) = values
        .iter()
        .filter_map(|value| Some((graph.distance(relation, value.column.0)?, value.clone())))
        .min_by_key(|(distance, _)| *distance)?;
    draft.take(other, format!("value '{}' of {}", value.text, draft.describe(value.column)), 1.0);
    let left = Expr::Column(draft.context.column_use(value.column));
    Some(Predicate::Compare { op: Comparison::Equal, left, right: Expr::Literal(Literal::Text(value.text)) })
}

fn thing_before(draft: &Draft, at: usize) -> Option<usize> {
    (at.saturating_sub(3)..at).rev().find(|&other| draft.is_free(other) && !draft.context.elements[other].things.is_empty())
}

/// Directly behind the comparison, function words apart.
fn thing_after(draft: &Draft, at: usize) -> Option<usize> {
    let other = (at + 1..(at + 4).min(draft.context.elements.len()))
        .find(|&other| draft.context.elements[other].stop.is_none() || !draft.context.elements[other].things.is_empty())?;
    (draft.is_free(other) && !draft.context.elements[other].things.is_empty()).then_some(other)
}

/// "price above average", "longer than the average track": compared with the average over all rows of the relation.
pub fn averages(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        if draft.context.elements[at].cue != Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Average)))
            || !draft.is_free(at)
        {
            continue;
        }
        let (Some(op), Some(cue), adjective) = operator(draft, at) else { continue };
        let target = adjective
            .and_then(|adjective| adjective_target(draft, adjective))
            .or_else(|| preceding_figure(draft, cue))
            .or_else(|| following_thing(draft, at).and_then(|after| counted_or_figure(draft, after)));
        let Some(Target::Figure(expr, column)) = target else { continue };
        let theirs = draft.context.has_word(at, at + 5, &["their", "its", "own", "same"]);
        let partition = group_behind(draft, at, column.0);
        if theirs && partition.is_none() {
            draft.doubt *= 0.4;
        }
        if let Some(partition) = partition {
            let right = Expr::Window {
                function: WindowFunction::Average,
                arg: Some(Box::new(expr.clone())),
                partition,
                order: Vec::new(),
            };
            draft.take(cue, "comparison", 1.0);
            draft.take(at, "the average of its group", 1.0);
            if let Some(after) = following_thing(draft, at) {
                draft.take(after, "what is averaged", 1.0);
            }
            draft.condition(at, Predicate::Compare { op, left: expr, right });
            continue;
        }
        let filter = value_behind(draft, at, column.0);
        let average = Expr::Aggregate { function: Aggregate::Average, distinct: false, arg: Box::new(expr.clone()) };
        let select = Select {
            items: vec![crate::ir::Item { expr: average, alias: None }],
            subject: Some(Source::first(column.0)),
            filter,
            ..Select::default()
        };
        let right = Expr::Scalar(Box::new(Query::Select(Box::new(select))));
        draft.take(cue, "comparison", 1.0);
        draft.take(at, "the average", 1.0);
        // "than the average track price": what is averaged may be named once more.
        if let Some(after) = following_thing(draft, at) {
            draft.take(after, "what is averaged", 1.0);
        }
        draft.condition(at, Predicate::Compare { op, left: expr, right });
    }
}
