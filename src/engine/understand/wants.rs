//! What the answer shows: counted and added figures, columns, rows; and what it is grouped by.

use nl_query_core::schema::{RelationId, TypeKind};

use super::context::Wanted;
use super::cues::{Cue, CueWord};
use super::draft::{Draft, Want};
use super::measures;
use crate::ir::{Aggregate, Arithmetic, Expr, Source};
use crate::lexicon::AggregateWord;
use crate::prepared::Role;

/// "per country", "by genre", "for each customer".
pub fn groups(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let Some(cue @ (CueWord::Group | CueWord::Each)) = draft.context.cue_word(at) else { continue };
        if !draft.is_free(at) {
            continue;
        }
        // "each customer" without a figure is every customer.
        if cue == CueWord::Each && !has_figure(draft) {
            draft.take(at, "every row", 1.0);
            continue;
        }
        // "how much each of them paid": each of what is talked about.
        let them = draft.context.elements.get(at + 1).is_some_and(|_| draft.context.has_word(at + 1, at + 3, &["them"]));
        if let (true, Some(subject)) = (them, draft.context.subject) {
            draft.groups.push(Want::Entity(Source::first(subject)));
            draft.take(at, "groups", 1.0);
            continue;
        }
        let mut next = at + 1;
        let mut taken = false;
        while next < draft.context.elements.len() {
            let element = &draft.context.elements[next];
            if draft.context.qualifies(next) {
                draft.take(next, "says of what kind", 1.0);
                next += 1;
                continue;
            }
            if !element.things.is_empty() && draft.is_free(next) {
                if cue == CueWord::Group && draft.context.lower(at) == "by" && !can_group(draft, at, next) {
                    break;
                }
                taken |= group_thing(draft, next);
                // "by country and city": more may follow.
                let more = matches!(draft.context.cue_word(next + 1), Some(CueWord::And))
                    && !matches!(
                        draft.context.elements.get(next + 2).and_then(|element| element.cue.clone()),
                        Some(Cue::Aggregate(_))
                    );
                if !more || cue == CueWord::Each {
                    break;
                }
                next += 2;
                continue;
            }
            if element.stop.is_none() && !matches!(element.cue, Some(Cue::Aggregate(AggregateWord::Distinct) | Cue::State(_))) {
                break;
            }
            next += 1;
        }
        if taken {
            draft.take(at, "groups", 1.0);
        }
    }
}

fn has_figure(draft: &Draft) -> bool {
    draft.context.elements.iter().enumerate().any(|(at, element)| {
        matches!(element.cue, Some(Cue::Aggregate(AggregateWord::Function(_))))
            || measures::is_money_word(&draft.context.lower(at))
    }) || draft.order.iter().any(|order| super::walk::is_aggregate(&order.expr))
        || draft.wants.iter().any(|want| matches!(want, Want::Expr(expr) if super::walk::is_aggregate(expr)))
}

/// "written by authors" is no grouping: "by" groups where a figure is asked for, or directly behind what is counted ("rentals by
/// category"), and never behind a verb.
fn can_group(draft: &Draft, by: usize, next: usize) -> bool {
    let context = draft.context;
    let before = by.checked_sub(1).map(|prior| context.lower(prior)).unwrap_or_default();
    let done = before.ends_with("ed")
        || matches!(
            before.as_str(),
            "paid" | "made" | "sold" | "bought" | "written" | "taken" | "done" | "given" | "spent" | "sung" | "won"
        );
    if done {
        return false;
    }
    let behind_rows = by.checked_sub(1).is_some_and(|prior| context.relation_meaning(&context.elements[prior]).is_some());
    let introduces = (next + 1..(next + 3).min(context.elements.len()))
        .any(|other| !context.elements[other].values.is_empty() || context.elements[other].quoted.is_some());
    has_figure(draft) || context.elements[next].bucket.is_some() || (behind_rows && !introduces)
}

fn group_thing(draft: &mut Draft, at: usize) -> bool {
    let relation = draft.context.relation_meaning(&draft.context.elements[at]);
    let column = draft.context.columns_of(at, Wanted::Any).first().copied();
    match (relation, column) {
        (Some((relation, strength)), column) if column.is_none_or(|(_, score)| score < strength + 0.65) => {
            let certainty = draft.relation_certainty(at, relation);
            draft.groups.push(Want::Entity(Source::first(relation)));
            draft.take(at, format!("each of {}", draft.relation_name(relation)), certainty);
            true
        }
        (_, Some(_)) => match draft.take_column(at, Wanted::Any) {
            Some(column) => {
                let want = referenced(draft, column);
                draft.groups.push(want);
                true
            }
            None => false,
        },
        _ => false,
    }
}

/// A reference means the row that it refers to: "by genre" on `genre_id`.
fn referenced(draft: &mut Draft, column: (RelationId, usize)) -> Want {
    let words = draft.context.prepared.words(column);
    let key = words.reference.map(|position| (position, draft.context.prepared.foreign_key(position).clone()));
    match key {
        Some((position, key)) if !says_id(draft, column) => {
            let role = u8::from(key.to == column.0);
            let source = Source { relation: key.to, role };
            draft.via.push((position, source));
            Want::Entity(source)
        }
        _ => Want::Column(draft.context.column_use(column)),
    }
}

/// The question says "id", "code" or "number" itself.
fn says_id(draft: &Draft, column: (RelationId, usize)) -> bool {
    let last = draft.context.prepared.words(column).name.stems().last().unwrap_or_default().to_owned();
    draft.context.question.tokens.iter().any(|token| {
        matches!(token.lower.as_str(), "id" | "ids" | "identifier")
            || (last != "id" && token.stem == last && matches!(last.as_str(), "code" | "key" | "number"))
    })
}

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
}

fn count(draft: &mut Draft, at: usize) {
    let mut distinct = false;
    for next in at + 1..(at + 6).min(draft.context.elements.len()) {
        let element = &draft.context.elements[next];
        if element.cue == Some(Cue::Aggregate(AggregateWord::Distinct)) {
            distinct = true;
            draft.take(next, "distinct", 1.0);
            continue;
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
                counted_column(draft, column, distinct)
            }
        };
        draft.take(at, "count", 1.0);
        draft.wants.push(Want::Expr(expr));
        return;
    }
    // "how many are there": of what is talked about.
    if let Some(subject) = draft.context.subject {
        draft.take(at, "count", 0.9);
        draft.wants.push(Want::Expr(Expr::CountRows(Source::first(subject))));
    }
}

/// "how many different artists": of the rows themselves each is different; where they are reached through others, the key is counted.
fn counted(draft: &Draft, relation: RelationId, distinct: bool) -> Expr {
    let source = Source::first(relation);
    let key = &draft.context.prepared.schema().relations[relation].primary_key;
    match key.as_slice() {
        [column] if distinct => {
            Expr::Aggregate { function: Aggregate::Count, distinct: true, arg: Box::new(Expr::Column(source.column(*column))) }
        }
        _ => Expr::CountRows(source),
    }
}

fn counted_column(draft: &Draft, column: (RelationId, usize), distinct: bool) -> Expr {
    let role = draft.context.prepared.words(column).role;
    let unique = matches!(role, Role::Key) && draft.context.prepared.schema().relations[column.0].primary_key == [column.1];
    let _ = distinct;
    if unique {
        return Expr::CountRows(Source::first(column.0));
    }
    Expr::Aggregate { function: Aggregate::Count, distinct: true, arg: Box::new(Expr::Column(draft.context.column_use(column))) }
}

fn figure(draft: &mut Draft, at: usize, function: Aggregate) {
    let end = (at + 6).min(draft.context.elements.len());
    let mut functions = vec![(at, function)];
    for next in at + 1..end {
        let element = &draft.context.elements[next];
        match element.cue {
            // "average number of orders per customer": rows over distinct owners.
            Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Count))) if function == Aggregate::Average => {
                if average_count(draft, at, next) {
                    return;
                }
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
    // "the total of all invoices" adds their money up.
    if functions.iter().all(|(_, function)| *function == Aggregate::Sum)
        && draft.context.has_word(functions[0].0, at, &["of"])
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

fn over(functions: &[(usize, Aggregate)], arg: Expr) -> Vec<Expr> {
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

/// The head of the question: columns and rows that are simply asked for.
pub fn columns_and_rows(draft: &mut Draft) {
    let head = head_end(draft);
    let mut entities: Vec<(usize, RelationId)> = Vec::new();
    let mut plain: Vec<Want> = Vec::new();
    for at in 0..draft.context.elements.len() {
        if !draft.is_free(at) || draft.context.elements[at].things.is_empty() {
            continue;
        }
        let in_head = (at < head && stands_as_wish(draft, at, &plain))
            || draft.context.possessed(at)
            || listed_with_wants(draft, at, &plain);
        if !in_head {
            continue;
        }
        if completes_column(draft, at) {
            draft.take(at, "part of the column", 1.0);
            continue;
        }
        let relation = draft.context.relation_meaning(&draft.context.elements[at]);
        let column = draft.context.columns_of(at, Wanted::Any).first().copied();
        let prefers_column = column.is_some_and(|(_, score)| relation.is_none_or(|(_, strength)| score > strength + 0.65));
        if prefers_column {
            let weak = |(column, score): ((RelationId, usize), f32)| score < 0.1 || draft.thing_strength(at, column) < 0.5;
            if column.is_some_and(weak) {
                continue;
            }
            if let Some(column) = draft.take_column(at, Wanted::Any) {
                let want = if is_whole_name(draft, at, column) {
                    Want::Entity(Source::first(column.0))
                } else if is_label_word(draft, at, column) {
                    Want::Column(draft.context.column_use(column))
                } else {
                    referenced(draft, column)
                };
                plain.push(want);
            }
        } else if let Some((relation, _)) = relation {
            entities.push((at, relation));
        }
    }
    if !draft.groups.is_empty() && !draft.wants.iter().any(|want| matches!(want, Want::Expr(_))) {
        figures_of_groups(draft, &mut plain, &entities);
    }
    for (at, relation) in entities {
        let certainty = draft.relation_certainty(at, relation);
        let is_subject = draft.context.subject == Some(relation);
        let already = draft.groups.contains(&Want::Entity(Source::first(relation)));
        let figure = draft.wants.iter().any(|want| matches!(want, Want::Expr(_)));
        let shows = !already
            && (!is_subject || (plain.is_empty() && !counted_as(draft, relation) && !only_figures(draft)))
            && !(figure && is_subject && only_figures(draft))
            && (is_subject || shown_beside(draft, at))
            && !(is_subject && figure && !draft.groups.is_empty());
        if shows {
            let want = Want::Entity(Source::first(relation));
            plain.insert(0, want);
        } else if !is_subject && !already && !covered(draft, &plain, relation) {
            draft.also.push(Source::first(relation));
        }
        draft.take(at, format!("table {}", draft.relation_name(relation)), certainty);
    }
    // "products with their price": the products by name, and the price.
    let theirs =
        (0..draft.context.elements.len()).any(|at| draft.context.possessed(at) && !draft.context.elements[at].things.is_empty());
    if let (true, Some(subject)) = (theirs && !only_figures(draft), draft.context.subject)
        && !plain.is_empty()
        && draft.context.subject_element.is_some_and(|subject| (0..subject).all(|at| draft.context.elements[at].things.is_empty()))
        && !plain.contains(&Want::Entity(Source::first(subject)))
        && !plain.iter().any(|want| matches!(want, Want::Column(column) if column.source.relation == subject && draft.context.prepared.relations[subject].label.contains(&column.column)))
    {
        plain.insert(0, Want::Entity(Source::first(subject)));
    }
    everything(draft, &mut plain);
    let figures = std::mem::take(&mut draft.wants);
    draft.wants = plain.into_iter().chain(figures).collect();
}

/// "names of employees": of people that is first and last name.
fn is_whole_name(draft: &Draft, at: usize, column: (RelationId, usize)) -> bool {
    let label = &draft.context.prepared.relations[column.0].label;
    let word = draft.context.lower(at);
    label.len() > 1
        && label.contains(&column.1)
        && matches!(word.split(' ').next_back(), Some("name" | "names"))
        && !word.contains("first")
        && !word.contains("last")
        && !word.contains("sur")
}

/// Behind the subject a column is a wish only where it is joined to it or listed: "banks located in" asks for no location.
fn stands_as_wish(draft: &Draft, at: usize, plain: &[Want]) -> bool {
    let context = draft.context;
    let Some(subject) = context.subject_element.filter(|&subject| subject < at) else { return true };
    if context.relation_meaning(&context.elements[at]).is_some()
        || plain.is_empty() && context.before(at, 3).is_some_and(|prior| context.cue_word(prior) == Some(CueWord::And))
    {
        return true;
    }
    let adjacent = subject + 1 == at;
    let sure = context.elements[at].things.first().is_some_and(|mention| mention.strength > 0.8);
    let verb = context.lower(at).ends_with("ed") || context.lower(at).ends_with("ing");
    (adjacent && !verb && sure)
        || context.cue_word(at.saturating_sub(1)) == Some(CueWord::And)
        || context.question.tokens[context.elements[at].tokens.start].after_break
}

/// "phone numbers", "email addresses": the second word adds nothing.
fn completes_column(draft: &Draft, at: usize) -> bool {
    let word = draft.context.lower(at);
    let adds_nothing =
        matches!(word.as_str(), "number" | "numbers" | "address" | "addresses" | "value" | "values" | "amount" | "amounts");
    let strong = draft.context.elements[at].things.first().is_some_and(|mention| mention.strength > 0.95);
    let Some(prior) = at.checked_sub(1) else { return false };
    let adjacent = draft.context.elements[prior].tokens.end == draft.context.elements[at].tokens.start;
    adds_nothing
        && !strong
        && adjacent
        && !draft.is_free(prior)
        && !draft.context.elements[prior].things.is_empty()
        && draft.context.relation_meaning(&draft.context.elements[prior]).is_none()
}

/// "all the information on the airport": every column where only the row was asked for.
fn everything(draft: &mut Draft, plain: &mut [Want]) {
    let said = (0..draft.context.elements.len())
        .find(|&at| draft.context.cue_word(at) == Some(CueWord::Everything) && draft.is_free(at));
    let Some(said) = said else { return };
    draft.take(said, "every column", 1.0);
    if let [want] = plain
        && let Want::Entity(source) = want
    {
        *want = Want::Everything(*source);
    }
}

/// "rentals per staff member", "quantity sold per category": groups without a word for the figure. Rows are counted, amounts added.
fn figures_of_groups(draft: &mut Draft, plain: &mut Vec<Want>, entities: &[(usize, RelationId)]) {
    let measure = plain.iter().position(|want| matches!(want, Want::Column(column) if draft.context.prepared.words((column.source.relation, column.column)).role == Role::Measure));
    if let Some(at) = measure {
        let own = |want: &Want| matches!((want, &plain[at]), (Want::Entity(source), Want::Column(column)) if source.relation == column.source.relation);
        if draft.groups.iter().any(own) {
            return;
        }
        if let Want::Column(column) = plain.remove(at) {
            draft.wants.push(Want::Expr(Draft::aggregate(Aggregate::Sum, column)));
            draft.doubt *= 0.9;
        }
    } else if plain.is_empty()
        && let Some((_, relation)) =
            entities.iter().find(|(_, relation)| !draft.groups.contains(&Want::Entity(Source::first(*relation))))
    {
        draft.wants.push(Want::Expr(Expr::CountRows(Source::first(*relation))));
        draft.doubt *= 0.95;
    }
}

/// The mention is by the name of the column and not by that of a reference.
fn is_label_word(draft: &Draft, at: usize, column: (RelationId, usize)) -> bool {
    let words = draft.context.prepared.words(column);
    words.reference.is_none() || draft.context.lower(at).ends_with("id")
}

/// "albums with their artists", "orders and customers": rows of another relation that are shown too.
fn shown_beside(draft: &Draft, at: usize) -> bool {
    draft.context.possessed(at)
        || matches!(draft.context.before(at, 2).and_then(|prior| draft.context.cue_word(prior)), Some(CueWord::And))
        || draft.context.subject_element.is_some_and(|subject| at < subject)
}

fn covered(draft: &Draft, plain: &[Want], relation: RelationId) -> bool {
    plain.iter().chain(&draft.wants).chain(&draft.groups).any(|want| match want {
        Want::Entity(source) | Want::Everything(source) => source.relation == relation,
        Want::Column(column) => column.source.relation == relation,
        Want::Expr(expr) => {
            let mut found = false;
            super::walk::expr_relations(expr, &mut |other| found |= other == relation);
            found
        }
    })
}

fn counted_as(draft: &Draft, relation: RelationId) -> bool {
    draft.wants.iter().any(|want| matches!(want, Want::Expr(Expr::CountRows(source)) if source.relation == relation))
}

/// The question asks for a figure over all rows, not for rows with a figure beside them.
fn only_figures(draft: &Draft) -> bool {
    !draft.wants.is_empty()
        && draft.context.elements.iter().enumerate().any(|(at, element)| {
            matches!(element.cue, Some(Cue::Aggregate(_))) && draft.context.subject_element.is_none_or(|subject| at < subject)
        })
}

/// Where the wishes end and the conditions begin: at the first relative word, condition or order.
fn head_end(draft: &Draft) -> usize {
    let mut seen_thing = false;
    for at in 0..draft.context.elements.len() {
        let element = &draft.context.elements[at];
        seen_thing |= !element.things.is_empty();
        let opens = match draft.context.cue_word(at) {
            Some(CueWord::Who) => seen_thing,
            Some(CueWord::With) => {
                seen_thing
                    && !draft.context.has_word(at, at + 2, &["their", "its"])
                    && !draft.context.has_word(0, at, &["how", "many"])
            }
            Some(CueWord::Without | CueWord::Group | CueWord::Order | CueWord::Except) => seen_thing,
            _ => false,
        };
        if opens {
            return at;
        }
    }
    draft.context.elements.len()
}

/// "with name, price and category": a column behind another one that is shown.
fn listed_with_wants(draft: &Draft, at: usize, plain: &[Want]) -> bool {
    !plain.is_empty() && matches!(draft.context.before(at, 2).and_then(|prior| draft.context.cue_word(prior)), Some(CueWord::And))
        || draft.context.before(at, 2).is_some_and(|prior| draft.context.cue_word(prior) == Some(CueWord::With))
            && plain.is_empty()
            && draft.context.relation_meaning(&draft.context.elements[at]).is_none()
}

/// "distinct", "different": no row twice.
pub fn distinct(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        if draft.is_free(at) && draft.context.elements[at].cue == Some(Cue::Aggregate(AggregateWord::Distinct)) {
            draft.take(at, "distinct", 1.0);
            draft.distinct = !draft.wants.iter().any(|want| matches!(want, Want::Expr(_)));
        }
    }
}

/// "what countries are our customers from": each once. A value that many rows share is not asked for row by row.
pub fn each_once(draft: &mut Draft) {
    let [Want::Column(column)] = draft.wants.as_slice() else { return };
    let id = (column.source.relation, column.column);
    let description = draft.context.prepared.column(id);
    let first = draft.context.question.tokens.first().map(|token| token.lower.as_str()).unwrap_or_default();
    let repeats = description.stats.as_ref().is_some_and(|stats| {
        stats.n_distinct > 0.0 && stats.n_distinct < 0.7 * draft.context.prepared.schema().relations[id.0].rows
    });
    let shared = matches!(description.kind, TypeKind::Text | TypeKind::Enum) && repeats;
    if matches!(first, "what" | "which" | "where" | "in" | "from")
        && shared
        && draft.order.is_empty()
        && draft.groups.is_empty()
        && draft.having.is_empty()
    {
        draft.distinct = true;
    }
}

/// "who bought something from the Knives category": what was bought was ordered, whatever else connects the two.
fn trade(draft: &mut Draft) {
    let Some(subject) = draft.context.subject else { return };
    for at in 0..draft.context.elements.len() {
        let word = draft.context.lower(at);
        if !draft.is_free(at)
            || !matches!(word.as_str(), "bought" | "buy" | "purchased" | "purchase" | "ordered" | "sold" | "sell")
        {
            continue;
        }
        if draft.context.relation_meaning(&draft.context.elements[at]).is_some_and(|(_, strength)| strength > 0.6) {
            continue;
        }
        let Some(money) = measures::money(draft.context.prepared, &[subject]) else { return };
        if money.relation != subject {
            draft.also.push(Source::first(money.relation));
            let meaning = format!("table {}", draft.relation_name(money.relation));
            draft.take(at, meaning, 0.93);
        }
    }
}

/// Relations that nothing used yet take part in the joins: "customers who ordered", "tracks in playlists".
pub fn leftovers(draft: &mut Draft) {
    trade(draft);
    for at in 0..draft.context.elements.len() {
        if !draft.is_free(at) {
            continue;
        }
        let Some((relation, strength)) = draft.context.relation_meaning(&draft.context.elements[at]) else { continue };
        if strength < 0.5 {
            continue;
        }
        let certainty = draft.relation_certainty(at, relation);
        if draft.context.subject != Some(relation) && !draft.relations().contains(&relation) {
            draft.also.push(Source::first(relation));
        }
        draft.take(at, format!("table {}", draft.relation_name(relation)), certainty);
    }
    if draft.wants.is_empty()
        && draft.groups.is_empty()
        && let Some(subject) = draft.context.subject
    {
        draft.wants.push(Want::Entity(Source::first(subject)));
    }
    if draft.wants.is_empty()
        && !draft.groups.is_empty()
        && let Some(subject) = draft.context.subject
        && !draft.order.iter().any(|order| super::walk::is_aggregate(&order.expr))
    {
        draft.wants.push(Want::Expr(Expr::CountRows(Source::first(subject))));
        draft.doubt *= 0.9;
    }
}
