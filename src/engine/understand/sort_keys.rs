//! What a superlative sorts by: the attribute it speaks of, the figure beside it, rows counted, or what the subject is measured by.

use nl_query_core::schema::{RelationId, TypeKind};

use super::attributes::ranked_column;
use super::context::Wanted;
use super::cues::{Cue, CueWord};
use super::draft::Draft;
use super::measures;
use crate::ir::{Aggregate, Expr, Order, Source};
use crate::lexicon::{AggregateWord, Direction, Superlative};
use crate::prepared::Role;

pub(super) fn sort_key(
    draft: &mut Draft,
    at: usize,
    superlative: &'static Superlative,
    next: Option<usize>,
    descending: bool,
) -> Option<Order> {
    // "top 5 customers by revenue": the figure follows "by".
    if let Some(expr) = figure_after_by(draft, at) {
        return Some(Order { expr, descending });
    }
    let about =
        next.and_then(|next| draft.context.relation_meaning(&draft.context.elements[next]).map(|(relation, _)| (next, relation)));
    let subject = draft.context.subject.or(about.map(|(_, relation)| relation));
    let quantity = matches!(superlative.positive, "many" | "much" | "few" | "little");
    // "our best month", "the busiest weekday": by the money that came in, or by how much was going on.
    let unit = at + 1 + usize::from(draft.context.elements.get(at + 1).is_some_and(|_| draft.context.lower(at + 1) == "sales"));
    if draft.context.elements.get(unit).is_some_and(|element| element.bucket.is_some()) && next.is_none() {
        return best_time(draft, superlative).map(|expr| Order { expr, descending });
    }
    // "the most common rating": rows of each rating, not a rating that is common.
    if superlative.by_count
        && let Some(next) = next
        && draft.context.relation_meaning(&draft.context.elements[next]).is_none()
        && let Some((column, _)) = draft.context.columns_of(next, Wanted::Any).first().copied()
    {
        return Some(Order { expr: Expr::CountRows(Source::first(column.0)), descending });
    }
    // "the last hired employee": the word beside it says which time.
    if let Some(next) = next
        && matches!(superlative.positive, "late" | "early" | "recent" | "new")
        && let Some((column, score)) = draft.context.columns_of(next, Wanted::Calendar).first().copied()
        && score > 0.6
        && draft.context.relation_meaning(&draft.context.elements[next]).is_none()
    {
        draft.take_column(next, Wanted::Calendar)?;
        return Some(Order { expr: Expr::Column(draft.context.column_use(column)), descending });
    }
    // "oldest", "most expensive": an attribute of what follows, or of the subject.
    if !superlative.rankings.is_empty() && !quantity {
        let relation = about.map(|(_, relation)| relation).or(subject)?;
        if let Some(expr) = worth(draft, relation, superlative) {
            return Some(Order { expr, descending });
        }
        let found = ranked_column(draft.context, relation, &superlative.rankings)
            .or_else(|| ranked_column(draft.context, subject?, &superlative.rankings));
        if let Some((column, direction, score)) = found {
            draft.doubt *= (0.72 + 0.28 * score).min(1.0);
            let expr = Expr::Column(draft.context.column_use(column));
            return Some(Order { expr: summed_if_many(draft, expr, column.0), descending: direction == Direction::Descending });
        }
        if let Some(column) = latest(draft, relation, superlative) {
            return Some(Order { expr: column, descending });
        }
    }
    if let Some(next) = next
        && let Some(expr) = figure(draft, next)
    {
        return Some(Order { expr, descending });
    }
    by_default(draft, at, superlative, subject?).map(|expr| Order { expr, descending })
}

fn best_time(draft: &Draft, superlative: &Superlative) -> Option<Expr> {
    let counts = matches!(superlative.positive, "busy" | "quiet" | "slow");
    let money = measures::money(draft.context.prepared, &draft.relations());
    if let Some(subject) = draft.context.subject.filter(|_| counts || money.is_none()) {
        return Some(Expr::CountRows(Source::first(subject)));
    }
    let money = money?;
    Some(match counts {
        true => Expr::CountRows(Source::first(money.relation)),
        false => Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(money.expr) },
    })
}

/// "the most expensive invoice", "our biggest order": of a sale its money counts, not the price of something on it.
fn worth(draft: &Draft, relation: RelationId, superlative: &Superlative) -> Option<Expr> {
    let size = matches!(
        superlative.positive,
        "big"
            | "large"
            | "high"
            | "low"
            | "great"
            | "huge"
            | "small"
            | "expensive"
            | "cheap"
            | "dear"
            | "costly"
            | "pricey"
            | "valuable"
    );
    if !size || !measures::is_trade(draft.context.prepared, relation) {
        return None;
    }
    let own = ranked_column(draft.context, relation, &superlative.rankings).is_some_and(|(column, ..)| column.0 == relation);
    let money = measures::money(draft.context.prepared, &[relation]).filter(|_| !own)?;
    Some(match money.relation == relation {
        true => money.expr,
        false if measures::is_to_many(draft.context.prepared, relation, money.relation) => {
            Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(money.expr) }
        }
        false => return None,
    })
}

pub(super) fn latest(draft: &Draft, relation: RelationId, superlative: &Superlative) -> Option<Expr> {
    let about_time =
        superlative.rankings.iter().any(|ranking| ranking.attribute.contains("date") || ranking.attribute.contains("time"));
    // "longest" speaks of a length of time, not of a date.
    let lasts = superlative.rankings.iter().any(|ranking| matches!(ranking.attribute, "duration" | "length"));
    let column = (about_time && !lasts).then(|| super::times::latest_by(draft, relation)).flatten()?;
    Some(Expr::Column(draft.context.column_use(column)))
}

/// The figure that an element names for sorting: rows of a relation counted, a column, money.
pub(super) fn figure(draft: &mut Draft, at: usize) -> Option<Expr> {
    let summed = (at.saturating_sub(2)..at)
        .any(|other| draft.context.elements[other].cue == Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Sum))));
    let average = aggregate_between(draft, at);
    let word = draft.context.lower(at);
    // "the biggest order by value".
    let valued = matches!(word.as_str(), "value" | "worth" | "amount")
        && draft.context.subject.is_some_and(|subject| measures::is_trade(draft.context.prepared, subject));
    if draft.is_free(at)
        && draft.context.elements[at].things.iter().all(|mention| mention.strength < 0.95)
        && (measures::is_money_word(&word) || valued)
    {
        return match draft.context.subject {
            Some(subject) if valued => summed_money(draft, at, subject),
            _ => money(draft, at),
        };
    }
    let column = draft.context.columns_of(at, Wanted::Ordered).first().copied().filter(|(column, _)| {
        let kind = draft.context.prepared.column(*column).kind;
        kind == nl_query_core::schema::TypeKind::Number || kind.is_calendar() || kind == nl_query_core::schema::TypeKind::Interval
    });
    let relation = draft.context.relation_meaning(&draft.context.elements[at]);
    if let Some((relation, strength)) = relation
        && column.is_none_or(|(_, score)| score < strength + 0.35)
    {
        if draft.context.subject == Some(relation) && draft.context.subject_element == Some(at) {
            return None;
        }
        let certainty = draft.relation_certainty(at, relation);
        if summed
            && measures::is_money_relation(draft.context.prepared, relation)
            && let Some(money) = measures::money(draft.context.prepared, &[relation]).filter(|money| money.relation == relation)
        {
            draft.take(at, format!("money of {}", draft.relation_name(relation)), certainty);
            return Some(Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(money.expr) });
        }
        let counted = rows_of_verb(draft, at, relation).unwrap_or(relation);
        draft.take(at, format!("number of {}", draft.relation_name(counted)), certainty);
        return Some(Expr::CountRows(Source::first(counted)));
    }
    column.filter(|(_, score)| *score > 0.4)?;
    let column = draft.take_column(at, Wanted::Ordered)?;
    let expr = Expr::Column(draft.context.column_use(column));
    Some(match average {
        Some(function) => Expr::Aggregate { function, distinct: false, arg: Box::new(expr) },
        None => summed_if_many(draft, expr, column.0),
    })
}

/// "rented the most films": each time that one was rented.
fn rows_of_verb(draft: &Draft, at: usize, counted: RelationId) -> Option<RelationId> {
    let context = draft.context;
    let subject = context.subject?;
    let verb = (at.saturating_sub(4)..at).rev().find(|&other| context.is_verb(other))?;
    let word = &context.question.tokens[context.elements[verb].tokens.start];
    let done = crate::link::names::relation_of_verb(&word.stem, context.prepared)?;
    let between = done != counted
        && measures::is_to_many(context.prepared, subject, done)
        && !measures::is_to_many(context.prepared, done, counted);
    between.then_some(done)
}

/// "highest average rating": the aggregate between the superlative and the figure.
fn aggregate_between(draft: &mut Draft, at: usize) -> Option<Aggregate> {
    let other = (at.saturating_sub(2)..at).rev().find(|&other| {
        matches!(draft.context.elements[other].cue, Some(Cue::Aggregate(AggregateWord::Function(_)))) && draft.is_free(other)
    })?;
    let Some(Cue::Aggregate(AggregateWord::Function(function))) = draft.context.elements[other].cue else { return None };
    draft.take(other, "aggregate", 1.0);
    (function != Aggregate::Count).then_some(function)
}

/// A figure of rows that the subject has many of is added up.
fn summed_if_many(draft: &Draft, expr: Expr, relation: RelationId) -> Expr {
    let many = draft.context.subject.is_some_and(|subject| measures::is_to_many(draft.context.prepared, subject, relation));
    let number = match &expr {
        Expr::Column(column) => draft.context.prepared.column((column.source.relation, column.column)).kind == TypeKind::Number,
        other => super::walk::first_source(other).is_some(),
    };
    if many && number { Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(expr) } } else { expr }
}

/// The money of one sale, added up where it stands on its lines.
fn summed_money(draft: &mut Draft, at: usize, subject: RelationId) -> Option<Expr> {
    let money = measures::money(draft.context.prepared, &[subject])?;
    draft.take(at, format!("money of {}", draft.relation_name(money.relation)), 0.95);
    Some(match money.relation == subject {
        true => money.expr,
        false => Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(money.expr) },
    })
}

fn money(draft: &mut Draft, at: usize) -> Option<Expr> {
    let involved = draft.relations();
    let money = measures::money(draft.context.prepared, &involved)?;
    draft.take(at, format!("money of {}", draft.relation_name(money.relation)), 0.93);
    let many = draft
        .context
        .subject
        .is_none_or(|subject| subject == money.relation || measures::is_to_many(draft.context.prepared, subject, money.relation));
    Some(if many && draft.context.subject != Some(money.relation) {
        Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(money.expr) }
    } else {
        money.expr
    })
}

/// "by number of orders", "by total spend", "based on price" behind a superlative.
fn figure_after_by(draft: &mut Draft, at: usize) -> Option<Expr> {
    for by in at + 1..draft.context.elements.len() {
        let says_by = matches!(draft.context.cue_word(by), Some(CueWord::Group | CueWord::Order))
            && !draft.context.has_word(by, by + 1, &["each", "every", "per"])
            || draft.context.lower(by) == "in terms of"
            || draft.context.lower(by) == "based on";
        if !says_by || !draft.is_free(by) {
            continue;
        }
        let mut function = None;
        for other in by + 1..(by + 5).min(draft.context.elements.len()) {
            match draft.context.elements[other].cue.clone() {
                Some(Cue::Aggregate(AggregateWord::Function(named))) => {
                    function = Some((other, named));
                    continue;
                }
                _ if draft.context.elements[other].stop.is_some() => continue,
                _ => {}
            }
            let expr = ordered_figure(draft, other, function.map(|(_, named)| named))?;
            draft.take(by, "order", 1.0);
            if let Some((cue, _)) = function {
                draft.take(cue, "aggregate", 1.0);
            }
            return Some(expr);
        }
    }
    None
}

pub(super) fn ordered_figure(draft: &mut Draft, at: usize, function: Option<Aggregate>) -> Option<Expr> {
    match function {
        None | Some(Aggregate::Count | Aggregate::Sum) => figure(draft, at),
        Some(function) => {
            let columns = draft.context.columns_of(at, Wanted::Number);
            columns.first().filter(|(_, score)| *score > 0.3)?;
            let column = draft.take_column(at, Wanted::Number)?;
            Some(Draft::aggregate(function, draft.context.column_use(column)))
        }
    }
}

/// "top 5 products", "most popular genre": no figure is named. How often it occurs where the word says so, else money, else the
/// only measure.
fn by_default(draft: &mut Draft, at: usize, superlative: &Superlative, subject: RelationId) -> Option<Expr> {
    let prepared = draft.context.prepared;
    if let Some(counted) = counted_relation(draft) {
        return Some(Expr::CountRows(Source::first(counted)));
    }
    // "the most common type code", "which method was used most often": rows of that value.
    if superlative.by_count
        && let Some(relation) = column_in_head(draft)
    {
        return Some(Expr::CountRows(Source::first(relation)));
    }
    // "which artist has sold the most": what was sold is counted in money.
    let traded = (0..draft.context.elements.len())
        .any(|at| matches!(draft.context.lower(at).as_str(), "sold" | "sell" | "sells" | "spent" | "spend" | "earned" | "paid"));
    if traded
        && let Some(money) = measures::money(prepared, &draft.relations())
        && measures::is_to_many(prepared, subject, money.relation)
    {
        return Some(Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(money.expr) });
    }
    // "most rented": rows of what the verb is about.
    if let Some(relation) = relation_in_cue(draft, at).filter(|&relation| relation != subject) {
        return Some(Expr::CountRows(Source::first(relation)));
    }
    draft.doubt *= 0.8;
    if superlative.by_count {
        let many = draft
            .context
            .named
            .iter()
            .map(|(relation, ..)| *relation)
            .find(|&relation| relation != subject && measures::is_to_many(prepared, subject, relation));
        let nearest = many.or_else(|| {
            let mut referring: Vec<RelationId> = prepared
                .graph()
                .keys()
                .iter()
                .filter(|key| key.to == subject && key.from != subject)
                .map(|key| key.from)
                .collect();
            referring.sort_by(|a, b| prepared.schema().relations[*b].rows.total_cmp(&prepared.schema().relations[*a].rows));
            referring.first().copied()
        });
        if let Some(relation) = nearest {
            return Some(Expr::CountRows(Source::first(relation)));
        }
    }
    let involved = draft.relations();
    if let Some(money) = measures::money(prepared, &involved) {
        let many = measures::is_to_many(prepared, subject, money.relation);
        return Some(if many {
            Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(money.expr) }
        } else {
            money.expr
        });
    }
    let columns = &prepared.columns[subject];
    columns.iter().position(|words| words.role == Role::Measure).map(|at| Expr::Column(Source::first(subject).column(at)))
}

fn relation_in_cue(draft: &Draft, at: usize) -> Option<RelationId> {
    let tokens = &draft.context.question.tokens[draft.context.elements[at].tokens.clone()];
    tokens.iter().skip(1).find_map(|token| crate::link::names::relation_of_verb(&token.stem, draft.context.prepared))
}

/// The first thing that is asked for, where it is a column and no relation.
fn column_in_head(draft: &Draft) -> Option<RelationId> {
    let context = draft.context;
    let first = context.elements.iter().position(|element| !element.things.is_empty())?;
    if context.relation_meaning(&context.elements[first]).is_some() {
        return None;
    }
    context.columns_of(first, Wanted::Any).first().map(|(column, _)| column.0)
}

/// "how many cities does each country have? top 3": by the number that is asked for.
pub(super) fn counted_relation(draft: &Draft) -> Option<RelationId> {
    let context = draft.context;
    let counting = context
        .elements
        .iter()
        .position(|element| element.cue == Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Count))))?;
    (counting + 1..(counting + 4).min(context.elements.len()))
        .find_map(|at| context.relation_meaning(&context.elements[at]))
        .map(|(relation, _)| relation)
}
