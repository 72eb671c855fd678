//! Stretches of time: "in 2023", "hired since March", "by month".

use nl_query_core::schema::{RelationId, TypeKind};

use super::context::{Context, Wanted};
use super::cues::{Cue, CueWord};
use super::draft::{Condition, Draft, Want};
use super::measures;
use crate::ir::{Aggregate, Comparison, DateField, DateUnit, Expr, Literal, Predicate};
use crate::lexicon::AggregateWord;
use crate::prepared::{ColumnId, Role};
use crate::question::BucketKind;

/// Conditions from the dates of the question.
pub fn conditions(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let Some(date) = draft.context.elements[at].date else { continue };
        if !draft.is_free(at) {
            continue;
        }
        let mention = draft.context.question.dates[date].clone();
        if mention.may_be_number
            && let Some(column) = year_number(draft, at)
        {
            let expr = Expr::Column(draft.context.column_use(column));
            draft.condition(at, Predicate::InRange { expr, range: mention.range, negated: false });
            let meaning = format!("years of {}", draft.describe(column));
            draft.take(at, meaning, 1.0);
            continue;
        }
        let Some(column) = time_column(draft, at) else { continue };
        let negated = super::values::negated_before(draft, at);
        let expr = Expr::Column(draft.context.column_use(column));
        let predicate = match mention.field {
            Some((field, value)) if mention.field_to.is_some() => Predicate::Between {
                expr: Expr::Extract { field, arg: Box::new(expr) },
                low: Expr::Literal(Literal::Integer(value)),
                high: Expr::Literal(Literal::Integer(mention.field_to.unwrap_or(value))),
                negated,
            },
            Some((field, value)) => Predicate::Compare {
                op: if negated { Comparison::NotEqual } else { Comparison::Equal },
                left: Expr::Extract { field, arg: Box::new(expr) },
                right: Expr::Literal(Literal::Integer(value)),
            },
            None => Predicate::InRange { expr, range: mention.range, negated },
        };
        let predicate = super::values::not_any(draft, column, predicate);
        let or = (0..at)
            .rev()
            .take(4)
            .find(|&other| draft.context.cue_word(other) == Some(CueWord::Or))
            .is_some_and(|or| (or.saturating_sub(2)..or).any(|prior| draft.context.elements[prior].date.is_some()));
        draft.conditions.push(Condition { element: at, predicate, or });
        let meaning = format!("time of {}", draft.describe(column));
        draft.take(at, meaning, 1.0);
    }
}

/// "by month", "per year": groups.
pub fn buckets(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let Some(bucket) = draft.context.elements[at].bucket else { continue };
        if !draft.is_free(at) {
            continue;
        }
        let kind = draft.context.question.buckets[bucket].kind;
        if kind == BucketKind::Truncate(DateUnit::Year)
            && let Some(column) = year_number(draft, at)
        {
            draft.groups.push(Want::Column(draft.context.column_use(column)));
            let meaning = format!("each value of {}", draft.describe(column));
            draft.take(at, meaning, 1.0);
            continue;
        }
        let Some(column) = time_column(draft, at) else { continue };
        let arg = Box::new(Expr::Column(draft.context.column_use(column)));
        let expr = match kind {
            BucketKind::Truncate(DateUnit::Year) => Expr::Extract { field: DateField::Year, arg },
            BucketKind::Truncate(unit) => Expr::Truncate { unit, arg },
            BucketKind::Field(field) => Expr::Extract { field, arg },
        };
        draft.groups.push(Want::Expr(expr));
        draft.each |= draft.context.has_word(at, at + 1, &["each", "every", "per"]);
        // "customers who ordered in every month" asks for all of them at once.
        let all = draft.context.has_word(at, at + 1, &["every"]);
        if all && (1..at).any(|other| matches!(draft.context.lower(other).as_str(), "who" | "that")) {
            draft.doubt *= 0.4;
        }
        let meaning = format!("groups of {}", draft.describe(column));
        draft.take(at, meaning, 1.0);
    }
}

/// A whole-number column that holds years, of the subject or named beside the date.
fn year_number(draft: &mut Draft, at: usize) -> Option<ColumnId> {
    let context = draft.context;
    for other in (at.saturating_sub(3)..at).rev().chain(at + 1..(at + 2).min(context.elements.len())) {
        let best = context.columns_of(other, Wanted::Any).first().copied();
        if let Some((column, score)) = best
            && score > 0.6
            && is_year_number(draft.context, column)
        {
            return draft.take_column(other, Wanted::Any);
        }
    }
    let subject = context.subject?;
    let columns = &context.prepared.schema().relations[subject].columns;
    let calendar = columns.iter().enumerate().any(|(one, column)| {
        column.kind.is_calendar() && !is_bookkeeping(&column.name) && context.prepared.columns[subject][one].role == Role::Time
    });
    (!calendar)
        .then(|| (0..columns.len()).map(|one| (subject, one)).find(|&column| is_year_number(draft.context, column)))
        .flatten()
}

pub fn is_year_number(context: &Context, column: ColumnId) -> bool {
    let description = context.prepared.column(column);
    let named = || context.prepared.words(column).name.stems().any(|word| word == "year" || word == "yr");
    description.kind == TypeKind::Number && (named() || holds_years(description))
}

/// Statistics know no value that is not a year of the last ten centuries: `founded`, `opened`.
fn holds_years(column: &nl_query_core::schema::Column) -> bool {
    let Some(stats) = &column.stats else { return false };
    let mut values = stats.common_values.iter().chain(&stats.bounds).peekable();
    !column.fractional
        && values.peek().is_some()
        && values.all(|value| value.parse::<i32>().is_ok_and(|year| (1000..=2100).contains(&year)))
}

pub fn is_bookkeeping(name: &str) -> bool {
    name.contains("update") || name.contains("modified")
}

/// The calendar column that a date belongs to: one that is named beside it, else the main one of the nearest relation.
fn time_column(draft: &mut Draft, at: usize) -> Option<ColumnId> {
    let context = draft.context;
    let near = (at.saturating_sub(4)..at).rev().chain(at + 1..(at + 4).min(context.elements.len()));
    for other in near {
        let element = &context.elements[other];
        if element.things.is_empty() || element.bucket.is_some() || measures::is_money_word(&context.lower(other)) {
            continue;
        }
        let best = context.columns_of(other, Wanted::Calendar).first().copied();
        let relation = context.relation_meaning(&context.elements[other]).map_or(0.0, |(_, strength)| strength);
        if let Some((column, score)) = best
            && score > 0.55
            && relation < 0.85
            && is_best_sense(draft, other, column)
            && context.prepared.column(column).kind.is_calendar()
        {
            if draft.is_free(other) {
                return draft.take_column(other, Wanted::Calendar);
            }
            return Some(column);
        }
    }
    if let Some(column) = time_of_figure(draft) {
        return Some(column);
    }
    // What a figure is grouped by has dates of its own ("by employee for 2024" is not about hiring).
    let mut relations: Vec<(bool, usize, RelationId)> = context
        .named
        .iter()
        .map(|(relation, element, _)| {
            (context.follows_group(*element) || context.qualifies(*element), element.abs_diff(at), *relation)
        })
        .collect();
    relations.sort();
    let ordered = relations.into_iter().map(|(.., relation)| relation).chain(context.subject).chain(draft.relations());
    let candidates: Vec<RelationId> = ordered.collect();
    for &relation in &candidates {
        if let Some(column) = main_time(draft, relation) {
            return Some(column);
        }
    }
    // Lines of an order have no date, the order has; a customer has none either, but orders do.
    let Some(&anchor) = candidates.first() else {
        // Nothing is named ("our best month"): what is sold has a time.
        let money = measures::money(context.prepared, &[])?;
        let keys = context.prepared.graph().keys().iter().filter(|key| key.from == money.relation).map(|key| key.to);
        return std::iter::once(money.relation).chain(keys).find_map(|relation| main_time(draft, relation));
    };
    let hops = context.prepared.graph().distances(anchor);
    let mut reachable: Vec<((bool, bool, usize), ColumnId)> = (0..context.prepared.schema().relations.len())
        .filter_map(|relation| {
            let distance = hops[relation].filter(|distance| *distance <= 3)?;
            let column = main_time(draft, relation)?;
            Some(((is_life_date(draft, column), !measures::is_to_many(context.prepared, anchor, relation), distance), column))
        })
        .collect();
    reachable.sort();
    draft.doubt *= 0.85;
    reachable.first().map(|(_, column)| *column)
}

/// The words of an element fit no other column better: "freight" is not the shipping date.
fn is_best_sense(draft: &Draft, at: usize, column: ColumnId) -> bool {
    let strength = draft.thing_strength(at, column);
    draft.context.columns_of(at, Wanted::Any).iter().all(|(other, _)| draft.thing_strength(at, *other) <= strength + 0.1)
}

/// When somebody was born or hired says nothing about what happened.
fn is_life_date(draft: &Draft, column: ColumnId) -> bool {
    draft.context.prepared.words(column).name.stems().any(|word| matches!(word, "birth" | "hire" | "born" | "death" | "join"))
}

/// "revenue this year", "total amount in May": the time of the rows that are added up.
fn time_of_figure(draft: &Draft) -> Option<ColumnId> {
    let context = draft.context;
    let figure = context.elements.iter().enumerate().find(|(at, element)| {
        measures::is_money_word(&context.lower(*at)) && element.things.iter().all(|mention| mention.strength < 0.98)
            || element.things.first().is_some_and(|_| {
                matches!(
                    at.checked_sub(1).and_then(|prior| context.elements[prior].cue.clone()),
                    Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Sum | Aggregate::Average)))
                )
            })
    })?;
    let named =
        context.columns_of(figure.0, Wanted::Number).first().filter(|(_, score)| *score > 0.7).map(|(column, _)| column.0);
    let relation = named.or_else(|| measures::money(context.prepared, &draft.relations()).map(|money| money.relation))?;
    main_time(draft, relation).or_else(|| {
        // A line of an order is dated by its order.
        let keys = context.prepared.graph().keys().iter().filter(|key| key.from == relation);
        keys.filter_map(|key| main_time(draft, key.to)).next()
    })
}

fn main_time(draft: &Draft, relation: RelationId) -> Option<ColumnId> {
    let times = &draft.context.prepared.relations[relation].times;
    let description = &draft.context.prepared.schema().relations[relation];
    times.iter().copied().find(|&column| !is_bookkeeping(&description.columns[column].name)).map(|column| (relation, column))
}

/// The main time of a relation, for "latest" and "first".
pub fn latest_by(draft: &Draft, relation: RelationId) -> Option<ColumnId> {
    main_time(draft, relation)
}
