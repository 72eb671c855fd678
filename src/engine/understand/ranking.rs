//! Order and limit: "top 5 customers by revenue", "the oldest employee", "sorted by name", "which artist has the most albums".

use nl_query_core::schema::RelationId;

use super::attributes::ranked_column;
use super::context::Wanted;
use super::cues::{Cue, CueWord};
use super::draft::{Draft, Want};
use super::measures;
use crate::ir::{Aggregate, Expr, Order, Source};
use crate::lexicon::{AggregateWord, Direction, Superlative};
use crate::prepared::Role;
use crate::question::NumberValue;

/// The number in "top 5" is no condition: it is set aside before the conditions are read.
pub fn claim_limits(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let ranks =
            matches!(draft.context.elements[at].cue, Some(Cue::Superlative(_) | Cue::Word(CueWord::First | CueWord::Last)));
        let number = number_beside(draft, at).or_else(|| number_before_subject(draft, at));
        if ranks && let Some(number) = number {
            let limit = whole(draft, number).unwrap_or(1);
            draft.take(number, format!("at most {limit} rows"), 1.0);
            draft.limits.push((at, limit));
        }
    }
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
    let number = draft.limits.iter().find(|(cue, _)| *cue == at).map(|(_, limit)| *limit);
    let next = next_thing(draft, at);
    if number.is_none() && is_extreme_value(draft, at, superlative, next) {
        return;
    }
    let descending = superlative.direction == Direction::Descending;
    let Some(key) = sort_key(draft, at, superlative, next, descending) else { return };
    draft.take(at, if key.descending { "highest first" } else { "lowest first" }, 1.0);
    let limit = number.unwrap_or(1);
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
    let Some(next) = next else { return false };
    if superlative.by_count || matches!(superlative.positive, "many" | "much" | "few" | "little") {
        return false;
    }
    let named_before = (0..at)
        .any(|other| !draft.context.elements[other].things.is_empty() || measures::is_money_word(&draft.context.lower(other)));
    let asks_which = draft.context.has_word(0, at, &["which", "who", "whose"]);
    if named_before
        || asks_which
        || draft.context.relation_meaning(&draft.context.elements[next]).is_some_and(|(_, strength)| strength > 0.8)
    {
        return false;
    }
    // "the last hired employee": the row is asked for, the column only says by what.
    let row_follows = draft.context.elements.get(next + 1).is_some_and(|after| draft.context.relation_meaning(after).is_some());
    if row_follows && draft.context.preposition(next + 1) != "of" {
        return false;
    }
    let figure = draft.context.columns_of(next, Wanted::Ordered).first().copied();
    let Some((column, score)) = figure else { return false };
    let kind = draft.context.prepared.column(column).kind;
    if score < 0.5 || !(kind == nl_query_core::schema::TypeKind::Number || kind.is_calendar()) {
        return false;
    }
    let function = if superlative.direction == Direction::Descending { Aggregate::Max } else { Aggregate::Min };
    let Some(column) = draft.take_column(next, Wanted::Ordered) else { return false };
    draft.wants.push(Want::Expr(Draft::aggregate(function, draft.context.column_use(column))));
    draft.take(at, if function == Aggregate::Max { "maximum" } else { "minimum" }, 1.0);
    true
}

fn sort_key(
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
    // "oldest", "most expensive": an attribute of what follows, or of the subject.
    if !superlative.rankings.is_empty() && !quantity {
        let relation = about.map(|(_, relation)| relation).or(subject)?;
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

fn latest(draft: &Draft, relation: RelationId, superlative: &Superlative) -> Option<Expr> {
    let about_time =
        superlative.rankings.iter().any(|ranking| ranking.attribute.contains("date") || ranking.attribute.contains("time"));
    let column = about_time.then(|| super::times::latest_by(draft, relation)).flatten()?;
    Some(Expr::Column(draft.context.column_use(column)))
}

/// The figure that an element names for sorting: rows of a relation counted, a column, money.
fn figure(draft: &mut Draft, at: usize) -> Option<Expr> {
    let average = aggregate_between(draft, at);
    if draft.is_free(at)
        && draft.context.elements[at].things.iter().all(|mention| mention.strength < 0.95)
        && measures::is_money_word(&draft.context.lower(at))
    {
        return money(draft, at);
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
        draft.take(at, format!("number of {}", draft.relation_name(relation)), certainty);
        return Some(Expr::CountRows(Source::first(relation)));
    }
    column.filter(|(_, score)| *score > 0.4)?;
    let column = draft.take_column(at, Wanted::Ordered)?;
    let expr = Expr::Column(draft.context.column_use(column));
    Some(match average {
        Some(function) => Expr::Aggregate { function, distinct: false, arg: Box::new(expr) },
        None => summed_if_many(draft, expr, column.0),
    })
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
    let number = super::walk::first_source(&expr).is_some();
    if many && number { Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(expr) } } else { expr }
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
            && !matches!(draft.context.lower(by).as_str(), "per" | "for each" | "for every")
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

fn ordered_figure(draft: &mut Draft, at: usize, function: Option<Aggregate>) -> Option<Expr> {
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
fn counted_relation(draft: &Draft) -> Option<RelationId> {
    let context = draft.context;
    let counting = context
        .elements
        .iter()
        .position(|element| element.cue == Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Count))))?;
    (counting + 1..(counting + 4).min(context.elements.len()))
        .find_map(|at| context.relation_meaning(&context.elements[at]))
        .map(|(relation, _)| relation)
}

/// "first 10 customers", "last 5 orders", "the first order".
fn first_or_last(draft: &mut Draft, at: usize, cue: CueWord) {
    let number = draft.limits.iter().find(|(cue, _)| *cue == at).map(|(_, limit)| *limit);
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
        if draft.context.cue_word(at) == Some(CueWord::Order) && draft.is_free(at) {
            order_by(draft, at);
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
                let descending = super::walk::is_aggregate(&expr);
                draft.order.push(Order { expr, descending });
                found = true;
            }
            Some(Cue::Word(CueWord::Group)) if !found && draft.context.lower(next) == "by" => draft.take(next, "order", 1.0),
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

fn direction(draft: &mut Draft, at: usize, descending: bool) {
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
    let figure = draft.wants.iter().any(|want| matches!(want, Want::Expr(_)));
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
