//! Orders that are asked for outright: "sorted by price descending", "from highest to lowest", "alphabetically".

use super::attributes::ranked_column;
use super::context::Wanted;
use super::cues::{Cue, CueWord};
use super::draft::{Draft, Want};
use super::measures;
use super::sort_keys::counted_relation;
use super::sort_keys::figure;
use super::sort_keys::ordered_figure;
use crate::ir::{Aggregate, Expr, Order, Source};
use crate::lexicon::{AggregateWord, Direction, Superlative};
use crate::prepared::Role;

/// "sorted by price", "ordered by number of orders".
pub fn order_keys(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        if let Some(cue @ (CueWord::Ascending | CueWord::Descending | CueWord::Alphabetical)) = draft.context.cue_word(at)
            && draft.is_free(at)
            && draft
                .context
                .elements
                .get(at + 1)
                .is_some_and(|next| !next.things.is_empty() || matches!(draft.context.lower(at + 1).as_str(), "of" | "by"))
        {
            order_by(draft, at);
            if let Some(order) = draft.order.last_mut() {
                order.descending = cue == CueWord::Descending;
            }
        }
    }
    for at in 0..draft.context.elements.len() {
        // "products ordered by customers": the customers did it.
        let done_by = draft.context.lower(at) == "ordered by"
            && draft.context.after(at, 3).is_some_and(|next| {
                draft
                    .context
                    .relation_meaning(&draft.context.elements[next])
                    .is_some_and(|(relation, strength)| strength > 0.8 && draft.context.subject != Some(relation))
            });
        if done_by {
            draft.take(at, "says how they belong together", 1.0);
        }
        let ordered = draft.context.cue_word(at) == Some(CueWord::Order)
            || draft.context.lower(at) == "by" && draft.context.has_word(0, 2, &["rank", "sort", "arrange", "order"]);
        if ordered && draft.is_free(at) {
            order_by(draft, at);
            if draft.context.has_word(0, 1, &["rank"]) {
                draft.take(0, "order", 1.0);
                draft.order.iter_mut().for_each(|order| order.descending = true);
                let figures = draft.order.iter().map(|order| order.expr.clone()).filter(crate::walk::has_aggregate);
                let figures: Vec<Want> = figures.map(Want::Expr).collect();
                draft.wants.extend(figures);
            }
        }
    }
}

/// "descending", "from highest to lowest", "alphabetically": known once the wishes are.
pub fn directions(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        if !draft.is_free(at) {
            continue;
        }
        if let Some(Cue::Leading(superlative)) = draft.context.elements[at].cue {
            leading(draft, at, superlative);
            continue;
        }
        match draft.context.cue_word(at) {
            Some(cue @ (CueWord::Ascending | CueWord::Descending)) => direction(draft, at, cue == CueWord::Descending),
            Some(CueWord::Alphabetical) => alphabetical(draft, at),
            _ => {}
        }
    }
}

fn order_by(draft: &mut Draft, at: usize) {
    let mut next = at + 1;
    let mut function = None;
    let mut found = false;
    while next < draft.context.elements.len() {
        let element = &draft.context.elements[next];
        match element.cue.clone() {
            Some(Cue::Aggregate(AggregateWord::Function(named))) => {
                function = Some(named);
                draft.take(next, "aggregate", 1.0);
            }
            _ if matches!(draft.context.lower(next).as_str(), "number" | "count" | "that")
                && counted_relation(draft).is_some()
                && !found =>
            {
                if let Some(counted) = counted_relation(draft) {
                    draft.order.push(Order { expr: Expr::CountRows(Source::first(counted)), descending: true });
                }
                draft.take(next, "the number asked for", 1.0);
                found = true;
            }
            Some(Cue::Word(CueWord::And | CueWord::Group)) if found => draft.take(next, "order", 1.0),
            None if found && draft.context.lower(next) == "then" => draft.take(next, "order", 1.0),
            _ if !element.things.is_empty() || measures::is_money_word(&draft.context.lower(next)) => {
                let Some(expr) = order_expr(draft, next, function.take()) else { break };
                // The largest number comes first unless the question says otherwise; names come from A to Z.
                let descending = crate::walk::has_aggregate(&expr);
                draft.order.push(Order { expr, descending });
                found = true;
            }
            Some(Cue::Word(CueWord::Group)) if !found && draft.context.lower(next) == "by" => draft.take(next, "order", 1.0),
            Some(Cue::Word(cue @ (CueWord::Ascending | CueWord::Descending))) if found => {
                if let Some(order) = draft.order.last_mut() {
                    order.descending = cue == CueWord::Descending;
                }
                draft.take(next, "direction", 1.0);
            }
            _ if element.stop.is_some() => {}
            _ => break,
        }
        next += 1;
    }
    if found {
        draft.take(at, "order", 1.0);
    }
}

fn order_expr(draft: &mut Draft, at: usize, function: Option<Aggregate>) -> Option<Expr> {
    if let Some(expr) = match function {
        Some(function) => ordered_figure(draft, at, Some(function)),
        None => None,
    } {
        return Some(expr);
    }
    let relation = draft.context.relation_meaning(&draft.context.elements[at]);
    let columns = draft.context.columns_of(at, Wanted::Any);
    if let Some((relation, strength)) = relation
        && columns.first().is_none_or(|(_, score)| *score < strength)
    {
        let label = draft.context.prepared.relations[relation].label.last().copied()?;
        draft.take(at, format!("name of {}", draft.relation_name(relation)), 1.0);
        return Some(Expr::Column(Source::first(relation).column(label)));
    }
    if columns.is_empty() {
        return figure(draft, at);
    }
    let column = draft.take_column(at, Wanted::Any)?;
    let expr = Expr::Column(draft.context.column_use(column));
    Some(expr)
}

pub(super) fn direction(draft: &mut Draft, at: usize, descending: bool) {
    draft.take(at, if descending { "descending order" } else { "ascending order" }, 1.0);
    if let Some(order) = draft.order.last_mut() {
        order.descending = descending;
        return;
    }
    // No key was named: the figure that is asked for.
    let key = draft.wants.iter().rev().find_map(|want| match want {
        Want::Expr(expr) => Some(expr.clone()),
        Want::Column(column) => Some(Expr::Column(*column)),
        _ => None,
    });
    if let Some(expr) = key {
        draft.order.push(Order { expr, descending });
    }
}

/// "cheapest first": turns the order that there is, or sorts by what the word speaks of.
fn leading(draft: &mut Draft, at: usize, superlative: &'static Superlative) {
    let descending = superlative.direction == Direction::Descending;
    let figure = draft.wants.iter().any(|want| matches!(want, Want::Expr(_))) || shown_measure(draft, superlative).is_some();
    if draft.order.is_empty()
        && let Some(expr) = shown_measure(draft, superlative)
        && !draft.wants.iter().any(|want| matches!(want, Want::Expr(_)))
    {
        draft.take(at, "order", 1.0);
        draft.order.push(Order { expr, descending });
        return;
    }
    if draft.order.is_empty()
        && !figure
        && let Some(subject) = draft.context.subject
        && let Some((column, direction, _)) = ranked_column(draft.context, subject, &superlative.rankings)
    {
        draft.take(at, "order", 1.0);
        let expr = Expr::Column(draft.context.column_use(column));
        draft.order.push(Order { expr, descending: direction == Direction::Descending });
        return;
    }
    // The order of "top 5 …, cheapest first" has its direction already.
    if draft.limit.is_some() && !draft.order.is_empty() {
        draft.take(at, "order", 1.0);
        return;
    }
    direction(draft, at, descending);
}

/// "id and freight of orders …, biggest first": a size is that of the only figure that is shown.
fn shown_measure(draft: &Draft, superlative: &Superlative) -> Option<Expr> {
    let size =
        matches!(superlative.positive, "big" | "large" | "high" | "low" | "small" | "great" | "much" | "many" | "top" | "little");
    let measures = draft.wants.iter().filter_map(|want| match want {
        Want::Column(column) => Some(*column),
        _ => None,
    });
    let role = |column: &crate::ir::ColumnUse| draft.context.prepared.words((column.source.relation, column.column)).role;
    let mut measures = measures.filter(|column| role(column) == Role::Measure);
    match (measures.next(), measures.next()) {
        (Some(only), None) if size => Some(Expr::Column(only)),
        _ => None,
    }
}

fn alphabetical(draft: &mut Draft, at: usize) {
    draft.take(at, "alphabetical order", 1.0);
    if !draft.order.is_empty() {
        return;
    }
    let column = draft.wants.iter().find_map(|want| match want {
        Want::Column(column) => Some(*column),
        Want::Entity(source) => super::texts::column_of_label(draft, source.relation),
        _ => None,
    });
    let column = column.or_else(|| super::texts::column_of_label(draft, draft.context.subject?));
    if let Some(column) = column {
        draft.order.push(Order { expr: Expr::Column(column), descending: false });
    }
}
