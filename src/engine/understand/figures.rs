//! Figures that are asked for: "how many", "number of", "average", "total revenue", "how much".

use nl_query_core::schema::{RelationId, TypeKind};

use super::context::Wanted;
use super::cues::{Cue, CueWord};
use super::draft::{Draft, Want};
use super::measures;
use crate::ir::{Aggregate, Arithmetic, Expr, Source};
use crate::lexicon::AggregateWord;
use crate::prepared::Role;

/// "how many", "number of", "average", "total", "maximum".
pub fn aggregates(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        if !draft.is_free(at) {
            continue;
        }
        match draft.context.elements[at].cue {
            Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Count))) => count(draft, at),
            Some(Cue::Aggregate(AggregateWord::Function(function))) => figure(draft, at, function),
            _ => {}
        }
    }
    bare_money(draft);
    each_its_own(draft);
}

/// "average total per invoice": an average over invoices is one per invoice already.
fn each_its_own(draft: &mut Draft) {
    let [Want::Entity(group)] = draft.groups.as_slice() else { return };
    let group = *group;
    let averaged = |want: &Want| match want {
        Want::Expr(Expr::Aggregate { function: Aggregate::Average, arg, .. }) => {
            super::walk::first_source(arg).is_some_and(|source| source == group)
        }
        _ => false,
    };
    if !draft.wants.is_empty() && draft.wants.iter().all(averaged) && draft.context.subject != Some(group.relation) {
        draft.groups.clear();
        // "how much do customers spend on average per invoice": they only say who spends.
        if let Some(subject) = draft.context.subject_element {
            draft.take(subject, "whose figure it is", 1.0);
        }
    }
}

fn count(draft: &mut Draft, at: usize) {
    if let Some(expr) = super::units::counted(draft, at).or_else(|| pieces(draft, at)) {
        draft.take(at, "added up", 1.0);
        draft.wants.push(Want::Expr(expr));
        return;
    }
    let mut distinct = false;
    for next in at + 1..(at + 6).min(draft.context.elements.len()) {
        let element = &draft.context.elements[next];
        // "count the number of".
        if element.cue == Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Count))) {
            draft.take(next, "count", 1.0);
            continue;
        }
        if element.cue == Some(Cue::Aggregate(AggregateWord::Distinct)) {
            distinct = true;
            draft.take(next, "distinct", 1.0);
            continue;
        }
        if let Some(relation) = copies(draft, next).filter(|_| draft.is_free(next)) {
            draft.take(next, format!("number of {}", draft.relation_name(relation)), 0.95);
            draft.take(at, "count", 1.0);
            if let Some(subject) = draft.context.subject_element {
                draft.take(subject, "copies of these", 1.0);
            }
            draft.wants.push(Want::Expr(Expr::CountRows(Source::first(relation))));
            return;
        }
        if element.things.is_empty() || (!draft.is_free(next) && draft.context.subject_element != Some(next)) {
            continue;
        }
        let relation = draft.context.relation_meaning(element);
        let columns = draft.context.columns_of(next, Wanted::Any);
        let expr = match relation {
            Some((relation, strength)) if columns.first().is_none_or(|(_, score)| *score < strength + 0.65) => {
                let certainty = draft.relation_certainty(next, relation);
                draft.take(next, format!("number of {}", draft.relation_name(relation)), certainty);
                counted(draft, relation, distinct)
            }
            _ => {
                let Some(column) = draft.take_column(next, Wanted::Any) else { continue };
                counted_column(draft, column)
            }
        };
        draft.take(at, "count", 1.0);
        draft.wants.push(Want::Expr(expr));
        return;
    }
    // "the five countries with the most cities, with the count": what they are sorted by.
    if let Some(expr) = draft.order.iter().map(|order| order.expr.clone()).find(crate::walk::has_aggregate) {
        draft.take(at, "the number sorted by", 1.0);
        draft.wants.push(Want::Expr(expr));
        return;
    }
    // "how many are there": of what is talked about.
    if let Some(subject) = draft.context.subject {
        draft.take(at, "count", 0.9);
        draft.wants.push(Want::Expr(Expr::CountRows(Source::first(subject))));
    }
}

/// "how many units were sold", "how many books did members from York buy": the quantities of the lines, not the lines.
fn pieces(draft: &mut Draft, counting: usize) -> Option<Expr> {
    let context = draft.context;
    let traded = (0..context.elements.len()).find(|&at| {
        matches!(context.lower(at).as_str(), "sold" | "sell" | "bought" | "buy" | "purchased" | "ordered" | "purchase")
    })?;
    let denied =
        context.elements.iter().enumerate().any(|(at, _)| matches!(context.cue_word(at), Some(CueWord::Without | CueWord::Not)));
    let at = (counting + 1..(counting + 3).min(context.elements.len())).find(|&at| context.elements[at].stop.is_none())?;
    if denied || at > traded || matches!(context.elements[at].cue, Some(Cue::Aggregate(AggregateWord::Distinct))) {
        return None;
    }
    let word = context.lower(at);
    let unit = matches!(word.as_str(), "units" | "pieces" | "items" | "articles" | "copies");
    let goods =
        context.relation_meaning(&context.elements[at]).filter(|(_, strength)| *strength > 0.8).map(|(relation, _)| relation);
    let prepared = context.prepared;
    let quantity = |relation: RelationId| {
        let columns = &prepared.schema().relations[relation].columns;
        columns.iter().position(|column| {
            column.kind == TypeKind::Number
                && crate::lexicon::morphology::words_of_identifier(&column.name)
                    .last()
                    .is_some_and(|word| matches!(word.as_str(), "quantity" | "qty" | "units" | "pieces"))
        })
    };
    let lines = prepared.graph().keys().iter().filter(|key| {
        let of_goods = match goods {
            Some(goods) => key.to == goods,
            None => unit && draft.relations().iter().any(|relation| *relation == key.to || *relation == key.from),
        };
        of_goods && measures::is_trade(prepared, key.from) && !measures::is_trade(prepared, key.to)
    });
    let (relation, column) = lines.filter_map(|key| Some((key.from, quantity(key.from)?))).next()?;
    let source = Source::first(relation);
    // Customers who bought a book are counted as customers: only what is on a line comes in pieces.
    draft.take(at, format!("quantity of {}", draft.relation_name(relation)), 0.95);
    draft.take(traded, format!("table {}", draft.relation_name(relation)), 1.0);
    Some(Draft::aggregate(Aggregate::Sum, source.column(column)))
}

/// The rows that are copies of something: `inventory` of films.
pub(super) fn copies(draft: &Draft, at: usize) -> Option<RelationId> {
    let named = || draft.context.relations_of(at).first().is_some_and(|(_, strength)| *strength > 0.6);
    if !matches!(draft.context.lower(at).as_str(), "copy" | "copies" | "exemplar" | "exemplars") || named() {
        return None;
    }
    let prepared = draft.context.prepared;
    let of_copies = |relation: RelationId| {
        prepared.relations[relation].name.stems().any(|stem| matches!(stem, "inventori" | "stock" | "copi" | "exemplar" | "item"))
    };
    let mut keys = prepared.graph().keys().iter().filter(|key| of_copies(key.from) && !measures::is_trade(prepared, key.from));
    let subject = draft.context.subject;
    let of_subject = keys.clone().find(|key| Some(key.to) == subject).map(|key| key.from);
    of_subject.or_else(|| keys.find(|key| draft.relations().contains(&key.to)).map(|key| key.from))
}

/// "how many different artists": of the rows themselves each is different; where they are reached through others, the key is counted.
pub(super) fn counted(draft: &Draft, relation: RelationId, distinct: bool) -> Expr {
    let source = Source::first(relation);
    let key = &draft.context.prepared.schema().relations[relation].primary_key;
    match key.as_slice() {
        [column] if distinct => {
            Expr::Aggregate { function: Aggregate::Count, distinct: true, arg: Box::new(Expr::Column(source.column(*column))) }
        }
        _ => Expr::CountRows(source),
    }
}

fn counted_column(draft: &Draft, column: (RelationId, usize)) -> Expr {
    let role = draft.context.prepared.words(column).role;
    let unique = matches!(role, Role::Key) && draft.context.prepared.schema().relations[column.0].primary_key == [column.1];
    if unique {
        return Expr::CountRows(Source::first(column.0));
    }
    Expr::Aggregate { function: Aggregate::Count, distinct: true, arg: Box::new(Expr::Column(draft.context.column_use(column))) }
}

pub(super) fn figure(draft: &mut Draft, at: usize, function: Aggregate) {
    let end = (at + 6).min(draft.context.elements.len());
    let mut functions = vec![(at, function)];
    for next in at + 1..end {
        let element = &draft.context.elements[next];
        match element.cue {
            // "average number of orders per customer": rows over distinct owners.
            Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Count)))
                if function == Aggregate::Average && average_count(draft, at, next) =>
            {
                return;
            }
            // "average number of pages": the pages are averaged, not counted.
            Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Count))) => {
                draft.take(next, "what is averaged", 1.0);
                continue;
            }
            // "minimum and maximum price": both of one column.
            Some(Cue::Aggregate(AggregateWord::Function(more))) => {
                functions.push((next, more));
                continue;
            }
            _ => {}
        }
        if !draft.is_free(next) {
            continue;
        }
        if let Some(exprs) = aggregated(draft, next, &functions) {
            for (cue, function) in &functions {
                draft.take(*cue, format!("{function:?}").to_lowercase(), 1.0);
            }
            draft.wants.extend(exprs.into_iter().map(Want::Expr));
            of_copies(draft, next);
            return;
        }
        if !element.things.is_empty() && function != Aggregate::Sum {
            continue;
        }
    }
    // "ids and totals": the word is the name of a column.
    if draft.context.elements[at].things.is_empty() {
        figure_before(draft, at, function);
    }
}

/// "total replacement cost of all the copies we own": once for each copy.
fn of_copies(draft: &mut Draft, figure: usize) {
    for at in figure + 1..(figure + 6).min(draft.context.elements.len()) {
        if let Some(relation) = copies(draft, at).filter(|_| draft.is_free(at)) {
            draft.take(at, format!("table {}", draft.relation_name(relation)), 0.95);
            draft.subject_row = Some(Source::first(relation));
            draft.repeats = true;
            return;
        }
    }
}

/// "order value average", "price, on average": the figure stands before.
fn figure_before(draft: &mut Draft, at: usize, function: Aggregate) {
    for prior in (at.saturating_sub(3)..at).rev() {
        if draft.is_free(prior)
            && let Some(exprs) = aggregated(draft, prior, &[(at, function)])
        {
            draft.take(at, format!("{function:?}").to_lowercase(), 0.95);
            draft.wants.extend(exprs.into_iter().map(Want::Expr));
            return;
        }
    }
}

fn aggregated(draft: &mut Draft, at: usize, functions: &[(usize, Aggregate)]) -> Option<Vec<Expr>> {
    let calendar = functions.iter().all(|(_, function)| matches!(function, Aggregate::Min | Aggregate::Max));
    let wanted = if calendar { Wanted::Ordered } else { Wanted::Number };
    let column = draft.context.columns_of(at, wanted).first().copied();
    let relation = draft.context.relation_meaning(&draft.context.elements[at]);
    let fits = column.is_some_and(|(column, score)| {
        let kind = draft.context.prepared.column(column).kind;
        let counted_key = draft.context.prepared.words(column).role == Role::Key && !calendar;
        score > 0.35
            && !counted_key
            && (matches!(kind, TypeKind::Number | TypeKind::Interval) || (calendar && kind.is_calendar()))
    });
    let strong = column.is_some_and(|(_, score)| score > 0.8);
    if fits
        && (strong || !measures::is_money_word(&draft.context.lower(at)))
        && (strong || relation.is_none_or(|(_, strength)| strength < 0.8))
    {
        let column = draft.take_column(at, wanted)?;
        let arg = Expr::Column(draft.context.column_use(column));
        let arg = line_total(draft, column, functions).unwrap_or(arg);
        return Some(over(functions, arg));
    }
    if measures::is_money_word(&draft.context.lower(at)) {
        let involved = draft.relations();
        let money = measures::money(draft.context.prepared, &involved)?;
        draft.take(at, format!("money of {}", draft.relation_name(money.relation)), 0.94);
        return Some(over(functions, money.expr));
    }
    let (relation, _) = relation?;
    // "total invoice amount": the word behind the relation only says that it is about money.
    let amount = draft.context.elements.get(at + 1).is_some_and(|_| {
        matches!(
            draft.context.lower(at + 1).as_str(),
            "amount" | "amounts" | "value" | "values" | "total" | "totals" | "sum" | "volume"
        )
    });
    if amount
        && draft.context.columns_of(at + 1, Wanted::Number).first().is_none_or(|(column, _)| column.0 != relation)
        && let Some(money) = measures::money(draft.context.prepared, &[relation]).filter(|money| money.relation == relation)
    {
        draft.take(at, format!("money of {}", draft.relation_name(relation)), 0.95);
        draft.take(at + 1, "money", 1.0);
        return Some(over(functions, money.expr));
    }
    // "average order value" where the money stands on an order's lines: what all come to, over how many there are.
    if amount
        && functions.iter().all(|(_, function)| *function == Aggregate::Average)
        && let [key] = draft.context.prepared.schema().relations[relation].primary_key.as_slice()
        && let Some(money) = measures::money(draft.context.prepared, &[relation])
        && measures::is_to_many(draft.context.prepared, relation, money.relation)
    {
        draft.take(at, format!("money of {}", draft.relation_name(money.relation)), 0.95);
        draft.take(at + 1, "money", 1.0);
        let rows = Box::new(Expr::Column(Source::first(relation).column(*key)));
        let rows = Expr::Aggregate { function: Aggregate::Count, distinct: true, arg: rows };
        let sum = Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(money.expr) };
        let average = Expr::Arithmetic { op: Arithmetic::Divide, left: Box::new(sum), right: Box::new(rows) };
        draft.names.push((average.clone(), "average_value".to_owned()));
        return Some(vec![average]);
    }
    // "the total of all invoices" adds their money up.
    if functions.iter().all(|(_, function)| *function == Aggregate::Sum)
        && (draft.context.has_word(functions[0].0, at, &["of"]) || measures::is_money_relation(draft.context.prepared, relation))
        && let Some(money) = measures::money(draft.context.prepared, &[relation]).filter(|money| money.relation == relation)
    {
        draft.take(at, format!("money of {}", draft.relation_name(relation)), 0.93);
        return Some(over(functions, money.expr));
    }
    // "total orders" counts them; "average order" and "average order value" are about their money.
    if functions.iter().all(|(_, function)| *function == Aggregate::Sum) {
        let certainty = draft.relation_certainty(at, relation) * 0.93;
        draft.take(at, format!("number of {}", draft.relation_name(relation)), certainty);
        return Some(vec![Expr::CountRows(Source::first(relation))]);
    }
    let next_is_figure = draft
        .context
        .after(at, 2)
        .is_some_and(|next| draft.context.columns_of(next, Wanted::Number).first().is_some_and(|(_, score)| *score > 0.4));
    if next_is_figure {
        return None;
    }
    let money = measures::money(draft.context.prepared, &[relation]).filter(|money| money.relation == relation)?;
    draft.take(at, format!("money of {}", draft.relation_name(relation)), 0.85);
    Some(over(functions, money.expr))
}

/// An order's total would be repeated for each of its lines: where groups or conditions sit below it, price times quantity adds up.
fn line_total(draft: &Draft, column: (RelationId, usize), functions: &[(usize, Aggregate)]) -> Option<Expr> {
    if !functions.iter().all(|(_, function)| *function == Aggregate::Sum) {
        return None;
    }
    let own = measures::money(draft.context.prepared, &[column.0])?;
    if own.relation != column.0 || own.expr != Expr::Column(draft.context.column_use(column)) {
        return None;
    }
    let mut involved = draft.relations();
    involved.retain(|relation| *relation != column.0);
    let money = measures::money(draft.context.prepared, &involved)?;
    (money.relation != column.0).then_some(money.expr)
}

pub(super) fn over(functions: &[(usize, Aggregate)], arg: Expr) -> Vec<Expr> {
    functions
        .iter()
        .map(|(_, function)| Expr::Aggregate { function: *function, distinct: false, arg: Box::new(arg.clone()) })
        .collect()
}

fn average_count(draft: &mut Draft, at: usize, counting: usize) -> bool {
    let rows = (counting + 1..(counting + 4).min(draft.context.elements.len()))
        .find_map(|next| Some((next, draft.context.relation_meaning(&draft.context.elements[next])?.0)));
    let Some((rows_at, rows)) = rows else { return false };
    let owner = draft.groups.iter().find_map(|want| match want {
        Want::Entity(source) => Some(*source),
        _ => None,
    });
    let Some(owner) = owner else { return false };
    let key = draft.context.prepared.schema().relations[owner.relation].primary_key.clone();
    let [key] = key.as_slice() else { return false };
    let owners = Expr::Aggregate { function: Aggregate::Count, distinct: true, arg: Box::new(Expr::Column(owner.column(*key))) };
    let expr = Expr::Arithmetic {
        op: Arithmetic::Divide,
        left: Box::new(Expr::CountRows(Source::first(rows))),
        right: Box::new(owners),
    };
    draft.groups.retain(|want| *want != Want::Entity(owner));
    draft.wants.push(Want::Expr(expr));
    draft.take(at, "average", 1.0);
    draft.take(counting, "count", 1.0);
    draft.take(rows_at, format!("number of {}", draft.relation_name(rows)), 1.0);
    true
}

/// "revenue by country", "how much did … spend": money without a word for the sum.
fn bare_money(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        if !draft.is_free(at) || !measures::is_money_word(&draft.context.lower(at)) {
            continue;
        }
        let exact = draft.context.elements[at].things.iter().any(|mention| mention.strength > 0.95);
        let asks =
            draft.context.has_word(0, at, &["much"]) || !draft.groups.is_empty() || draft.context.subject.is_none() || at <= 2;
        if !asks || exact && draft.context.relation_meaning(&draft.context.elements[at]).is_some() {
            continue;
        }
        if let Some(exprs) = aggregated(draft, at, &[(at, Aggregate::Sum)]) {
            draft.wants.extend(exprs.into_iter().map(Want::Expr));
        }
        return;
    }
    how_much(draft);
}

/// "how much did we invoice": no figure is named; the money of what is talked about.
fn how_much(draft: &mut Draft) {
    let asked = (0..draft.context.elements.len())
        .find(|&at| draft.is_free(at) && matches!(draft.context.lower(at).as_str(), "how much" | "much"));
    let Some(asked) = asked else { return };
    // "which customer spent the most, and how much": shown already.
    if draft.wants.iter().any(|want| matches!(want, Want::Expr(expr) if crate::walk::has_aggregate(expr))) {
        draft.take(asked, "the figure that is shown", 1.0);
        return;
    }
    if let Some(figure) = draft.order.iter().map(|order| order.expr.clone()).find(crate::walk::has_aggregate) {
        draft.take(asked, "the figure sorted by", 1.0);
        draft.wants.push(Want::Expr(figure));
        return;
    }
    if draft.wants.iter().any(|want| matches!(want, Want::Expr(_))) || !draft.context.has_word(0, asked + 1, &["how"]) {
        return;
    }
    let figure = (asked + 1..draft.context.elements.len())
        .find(|&at| draft.context.columns_of(at, Wanted::Number).first().is_some_and(|(_, score)| *score > 0.6));
    if figure.is_some() {
        return;
    }
    if let Some(money) = measures::money(draft.context.prepared, &draft.relations()) {
        draft.wants.push(Want::Expr(Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(money.expr) }));
        draft.take(asked, format!("money of {}", draft.relation_name(money.relation)), 0.9);
        if let Some(subject) = draft.context.subject_element {
            draft.take(subject, "what the money is of", 1.0);
        }
    }
}
