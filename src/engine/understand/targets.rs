//! What a number is compared with: a column, rows that are counted, a figure of the group.

use nl_query_core::schema::{RelationId, TypeKind};

use super::attributes::{self, unit_factor};
use super::context::Wanted;
use super::cues::{Cue, CueWord};
use super::draft::{Draft, Want};
use super::measures;
use crate::ir::{Aggregate, DateUnit, Expr, Source};
use crate::lexicon::{AggregateWord, Superlative};
use crate::prepared::{ColumnId, Role};
use crate::question::{NumberKind, NumberValue};

/// What a number is compared with.
pub(super) enum Target {
    /// Rows of a relation, counted.
    Count(RelationId),
    /// A figure of each row.
    Figure(Expr, ColumnId),
    /// A figure over several rows: a condition on the group.
    Grouped(Expr),
    /// The same, in the unit of a column.
    Summed(Expr, ColumnId),
}

pub(super) fn target(
    draft: &mut Draft,
    at: usize,
    cue: Option<usize>,
    adjective: Option<&'static Superlative>,
    upper: Option<usize>,
) -> Option<Target> {
    let times = counted_times(draft, upper.unwrap_or(at));
    if times.is_some() {
        return times;
    }
    if let Some(adjective) = adjective
        && let Some(target) = adjective_target(draft, adjective)
    {
        return Some(target);
    }
    let first = cue.map_or(at, |cue| cue.min(at));
    let last = upper.unwrap_or(at);
    let after = following_thing(draft, last);
    if let Some(after) = after
        && !figure_directly_before(draft, first)
        && let Some(target) = counted_or_figure(draft, after)
    {
        return Some(target);
    }
    if let Some(target) = comes_to(draft, first).or_else(|| to_do(draft, last)) {
        return Some(target);
    }
    let over = cue.is_some_and(|cue| matches!(draft.context.lower(cue).as_str(), "over" | "under" | "above" | "below"));
    let of_people = draft
        .context
        .subject_element
        .is_some_and(|subject| (subject + 1..first).all(|at| draft.context.elements[at].stop.is_some()));
    if over
        && of_people
        && let Some(target) = aged(draft, at)
    {
        return Some(target);
    }
    if let Some(target) = lasting(draft, at, first) {
        return Some(target);
    }
    if let Some(target) = preceding_figure(draft, first) {
        return Some(target);
    }
    if cue.is_none() {
        return row_number(draft, at);
    }
    if let Some(target) = by_money(draft, at).or_else(|| by_money(draft, upper?)) {
        return Some(target);
    }
    by_unit(draft, at).or_else(|| aged(draft, at)).or_else(|| counted_before(draft, first)).or_else(|| default_figure(draft))
}

/// Ages that people are spoken of by without a word for it.
pub const LIKELY_AGES: std::ops::RangeInclusive<i64> = 10..=110;

/// "employees over 60": people of that age.
fn aged(draft: &mut Draft, at: usize) -> Option<Target> {
    let number = &draft.context.question.numbers[draft.context.elements[at].number?];
    let years = matches!(number.kind, NumberKind::Plain | NumberKind::Measure("year"));
    let likely = matches!(number.value, NumberValue::Integer(value) if LIKELY_AGES.contains(&value));
    let subject =
        draft.context.subject.filter(|&subject| years && likely && draft.context.prepared.relations[subject].is_of_people())?;
    let born = super::durations::birth(draft.context, subject)?;
    let since = Box::new(Expr::Column(draft.context.column_use(born)));
    draft.doubt *= 0.9;
    Some(Target::Figure(Expr::Elapsed { unit: DateUnit::Year, since, until: None }, born))
}

/// "5 or more orders": the thing behind the number, with nothing but adjectives between.
pub(super) fn following_thing(draft: &Draft, at: usize) -> Option<usize> {
    let context = draft.context;
    for other in at + 1..(at + 4).min(context.elements.len()) {
        let element = &context.elements[other];
        if context.question.tokens[element.tokens.start].after_break
            || element.stop == Some(crate::lexicon::StopClass::Preposition)
            || matches!(context.cue_word(other), Some(CueWord::Who | CueWord::With))
        {
            return None;
        }
        if !element.things.is_empty() {
            return draft.is_free(other).then_some(other);
        }
        let passes = matches!(context.cue_word(other), Some(CueWord::OrMore | CueWord::OrFewer))
            || matches!(element.cue, Some(Cue::Aggregate(AggregateWord::Distinct) | Cue::State(_)));
        if !passes && element.stop.is_none() {
            return None;
        }
    }
    None
}

/// "price is more than 20": a figure stands directly before the comparison.
fn figure_directly_before(draft: &Draft, first: usize) -> bool {
    let Some(prior) = (first.saturating_sub(2)..first).rev().find(|&other| draft.context.elements[other].stop.is_none()) else {
        return false;
    };
    draft.context.columns_of(prior, Wanted::Number).first().is_some_and(|(_, score)| *score > 0.6)
        && draft.context.relation_meaning(&draft.context.elements[prior]).is_none()
}

pub(super) fn counted_or_figure(draft: &mut Draft, at: usize) -> Option<Target> {
    let column = draft.context.columns_of(at, Wanted::Number).first().copied();
    let relation = draft.context.relation_meaning(&draft.context.elements[at]);
    match (column, relation) {
        (Some((_, score)), relation) if score > 0.75 && relation.is_none_or(|(_, strength)| score > strength + 0.35) => {
            let column = draft.take_column(at, Wanted::Number)?;
            Some(Target::Figure(Expr::Column(draft.context.column_use(column)), column))
        }
        (_, Some((relation, _))) => {
            let certainty = draft.relation_certainty(at, relation);
            draft.take(at, format!("number of {}", draft.relation_name(relation)), certainty);
            Some(Target::Count(relation))
        }
        _ => None,
    }
}

/// The figure named before the comparison: a column, an aggregate of one, a number of rows.
pub(super) fn preceding_figure(draft: &mut Draft, first: usize) -> Option<Target> {
    // "where it is above 30": what "it" stands for may be far back.
    let reach = if draft.context.has_word(first.saturating_sub(3), first, &["it", "that", "this", "they"]) { 14 } else { 6 };
    for other in (first.saturating_sub(reach)..first).rev() {
        if draft.context.elements[other].things.is_empty() {
            let word = draft.context.lower(other);
            if measures::is_money_word(&word) && draft.is_free(other) {
                return money_target(draft, other);
            }
            continue;
        }
        let aggregate = aggregate_before(draft, other);
        if let Some((cue, function)) = aggregate
            && function == Aggregate::Count
            && let Some((relation, _)) = draft.context.relation_meaning(&draft.context.elements[other])
        {
            draft.take(cue, "count", 1.0);
            draft.take(other, format!("number of {}", draft.relation_name(relation)), 1.0);
            return Some(Target::Count(relation));
        }
        if let Some((cue, function)) = aggregate
            && function != Aggregate::Count
            && let Some((relation, strength)) = draft.context.relation_meaning(&draft.context.elements[other])
            && strength > 0.8
            && let Some(money) = measures::money(draft.context.prepared, &[relation]).filter(|money| money.relation == relation)
        {
            draft.take(cue, "aggregate", 1.0);
            draft.take(other, format!("money of {}", draft.relation_name(relation)), 0.95);
            return Some(Target::Grouped(Expr::Aggregate { function, distinct: false, arg: Box::new(money.expr) }));
        }
        let columns = draft.context.columns_of(other, Wanted::Number);
        let relation = draft.context.relation_meaning(&draft.context.elements[other]).map_or(0.0, |(_, strength)| strength);
        let key = columns.first().is_some_and(|(column, _)| draft.context.prepared.words(*column).role == Role::Key);
        let says_key = draft
            .context
            .lower(other)
            .split(' ')
            .next_back()
            .is_some_and(|word| matches!(word, "id" | "number" | "code" | "no" | "ids"));
        // A key is compared where it stands beside the number: "ids of the invoices … over 15" is about something else.
        if key && (!says_key || other + 3 < first) {
            continue;
        }
        if columns.first().is_none_or(|(_, score)| *score < 0.45 || *score < relation + 0.2) {
            continue;
        }
        let column = draft.take_column(other, Wanted::Number)?;
        let column_use = draft.context.column_use(column);
        if let Some((cue, function)) = aggregate
            && function != Aggregate::Count
        {
            draft.take(cue, "aggregate", 1.0);
            let expr = Draft::aggregate(function, column_use);
            // "average price per category, only where it is above 30": asked for and compared.
            if draft.context.subject_element.is_none_or(|subject| cue < subject) {
                draft.wants.push(Want::Expr(expr.clone()));
            }
            return Some(Target::Grouped(expr));
        }
        // "names and prices of products under 5 euro": the price is asked for and compared.
        if draft.context.subject_element.is_some_and(|subject| other < subject) {
            draft.wants.push(Want::Column(column_use));
        }
        let expr = Expr::Column(column_use);
        let spent = measures::is_money_word(&draft.context.lower(other))
            && draft.context.subject.is_some_and(|subject| measures::is_to_many(draft.context.prepared, subject, column.0));
        if spent {
            return Some(Target::Grouped(Draft::aggregate(Aggregate::Sum, column_use)));
        }
        return Some(Target::Figure(expr, column));
    }
    None
}

fn aggregate_before(draft: &Draft, at: usize) -> Option<(usize, Aggregate)> {
    (at.saturating_sub(2)..at).rev().find_map(|other| match draft.context.elements[other].cue {
        Some(Cue::Aggregate(AggregateWord::Function(function))) => Some((other, function)),
        _ => None,
    })
}

/// "spent more than 40": money over all rows of the subject, or of the row itself.
fn money_target(draft: &mut Draft, at: usize) -> Option<Target> {
    let involved = draft.relations();
    let money = measures::money(draft.context.prepared, &involved)?;
    let to_many =
        draft.context.subject.is_some_and(|subject| measures::is_to_many(draft.context.prepared, subject, money.relation));
    draft.take(at, format!("money of {}", draft.relation_name(money.relation)), 0.9);
    let column = (money.relation, 0);
    if to_many {
        return Some(Target::Grouped(Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(money.expr) }));
    }
    Some(Target::Figure(money.expr, column))
}

/// "longer", "older": the column that the adjective measures.
pub(super) fn adjective_target(draft: &mut Draft, adjective: &'static Superlative) -> Option<Target> {
    let subject = draft.context.subject?;
    let (column, _, score) = attributes::ranked_column(draft.context, subject, &adjective.rankings)?;
    draft.doubt *= (0.75 + 0.25 * score).min(1.0);
    let expr = Expr::Column(draft.context.column_use(column));
    let kind = draft.context.prepared.column(column).kind;
    // "albums longer than an hour": as long as their tracks together.
    if kind == TypeKind::Number && measures::is_to_many(draft.context.prepared, subject, column.0) {
        let sum = Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(expr) };
        return Some(Target::Summed(sum, column));
    }
    let expr = if kind.is_calendar() { Expr::Elapsed { unit: DateUnit::Year, since: Box::new(expr), until: None } } else { expr };
    Some(Target::Figure(expr, column))
}

/// "rented more than 30 times": rows of what the verb is about.
fn counted_times(draft: &mut Draft, at: usize) -> Option<Target> {
    let next = draft.context.elements.get(at + 1)?;
    let word = &draft.context.question.tokens[next.tokens.start].lower;
    if !matches!(word.as_str(), "times" | "time") {
        return None;
    }
    let (other, relation) = rows_of_verb(draft, at)?;
    draft.take(other, format!("number of {}", draft.relation_name(relation)), 0.97);
    draft.take(at + 1, "times", 1.0);
    Some(Target::Count(relation))
}

/// What was done before `at`, and the relation whose rows say that.
pub(super) fn rows_of_verb(draft: &Draft, at: usize) -> Option<(usize, RelationId)> {
    (at.saturating_sub(6)..at).rev().find_map(|other| {
        let context = draft.context;
        let named = context.relation_meaning(&context.elements[other]).map(|(relation, _)| relation);
        let done = || {
            let token = &context.question.tokens[context.elements[other].tokens.start];
            context.is_verb(other).then(|| crate::link::names::relation_of_verb(&token.stem, context.prepared)).flatten()
        };
        let relation = named.or_else(done).filter(|relation| Some(*relation) != context.subject)?;
        Some((other, relation))
    })
}

/// "for 7 days", "180 minutes": a length of time, unless a column that is one stands before it.
fn lasting(draft: &mut Draft, at: usize, first: usize) -> Option<Target> {
    let number = draft.context.elements[at].number?;
    let NumberKind::Measure("second" | "minute" | "hour" | "day" | "week" | "month" | "year") =
        draft.context.question.numbers[number].kind
    else {
        return None;
    };
    let lasts = |column: ColumnId| {
        let name = &draft.context.prepared.words(column).name;
        let short = matches!(draft.context.question.numbers[number].kind, NumberKind::Measure("second" | "minute" | "hour"));
        if super::times::is_year_number(draft.context, column)
            || (short && name.stems().any(|word| matches!(word, "day" | "age" | "week")))
        {
            return false;
        }
        name.positions.iter().flatten().any(|word| {
            matches!(
                word.as_str(),
                "length" | "durat" | "runtim" | "period" | "minut" | "second" | "day" | "hour" | "age" | "year" | "time"
            )
        })
    };
    let said = (first.saturating_sub(4)..first)
        .any(|other| draft.context.columns_of(other, Wanted::Number).first().is_some_and(|(column, _)| lasts(*column)));
    if said {
        return None;
    }
    let subject = draft.context.subject?;
    let columns = &draft.context.prepared.schema().relations[subject].columns;
    let NumberKind::Measure(unit) = draft.context.question.numbers[number].kind else { return None };
    let fits = |column: &ColumnId| {
        draft.context.prepared.column(*column).kind == TypeKind::Number
            && draft.context.prepared.words(*column).role != Role::Key
            && lasts(*column)
    };
    // Of several the one whose unit is known: a film of two hours is one by its length, not by the days that it is rented for.
    let fitting: Vec<ColumnId> = (0..columns.len()).map(|at| (subject, at)).filter(fits).collect();
    let known = fitting.iter().copied().find(|&column| unit_factor(draft.context.prepared, column, unit).is_some());
    let column = known.or_else(|| fitting.first().copied())?;
    // "rented for 7 days": the word before it says the same.
    if let Some(prior) = draft.context.before(first, 3).filter(|&prior| draft.is_free(prior)) {
        let about = draft.context.columns_of(prior, Wanted::Number).iter().any(|(known, _)| {
            *known == column || draft.context.prepared.words(*known).owner == draft.context.prepared.words(column).owner
        });
        if about && draft.context.relation_meaning(&draft.context.elements[prior]).is_none() {
            draft.take(prior, "what lasts", 0.95);
        }
    }
    draft.doubt *= 0.95;
    Some(Target::Figure(Expr::Column(draft.context.column_use(column)), column))
}

/// "that come to more than 15", "adding up to 100": the money of the row.
fn comes_to(draft: &mut Draft, first: usize) -> Option<Target> {
    let verb = (first.saturating_sub(4)..first).rev().find(|&at| {
        let word = draft.context.lower(at);
        let to = draft.context.has_word(at, first, &["to"]);
        (to && matches!(word.as_str(), "come" | "comes" | "came" | "coming" | "amount" | "amounts" | "amounting" | "up"))
            || matches!(word.as_str(), "totalling" | "totaling" | "worth")
    })?;
    let subject = draft.context.subject?;
    let money = measures::money(draft.context.prepared, &[subject])?;
    draft.take(verb, format!("money of {}", draft.relation_name(money.relation)), 0.95);
    if money.relation != subject {
        return Some(Target::Grouped(Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(money.expr) }));
    }
    Some(Target::Figure(money.expr, (subject, 0)))
}

/// "cost less than 2 dollars to rent", "under 10 euro to replace": the verb says which of the subject's prices.
fn to_do(draft: &mut Draft, at: usize) -> Option<Target> {
    let context = draft.context;
    let number = context.elements[at].number?;
    let plain = matches!(context.question.numbers[number].kind, NumberKind::Money | NumberKind::Plain);
    let to = at + 1;
    if !plain || to + 1 >= context.elements.len() || context.lower(to) != "to" {
        return None;
    }
    let verb = &context.question.tokens[context.elements[to + 1].tokens.start];
    let subject = context.subject?;
    let columns = 0..context.prepared.schema().relations[subject].columns.len();
    let column = columns.map(|at| (subject, at)).find(|&column| {
        let mut stems = context.prepared.words(column).name.stems();
        context.prepared.words(column).role == Role::Measure
            && stems.any(|stem| stem.len() >= 3 && (stem.starts_with(verb.stem.as_str()) || verb.stem.starts_with(stem)))
            && (is_price(context, column) || stems_of_rate(context, column))
    })?;
    draft.take(to + 1, format!("column {}", draft.describe(column)), 0.96);
    // "cost … to rent": the price that is named is this one.
    for prior in (at.saturating_sub(4)..at).rev() {
        let priced = matches!(draft.context.lower(prior).as_str(), "cost" | "costs" | "costing" | "price" | "priced");
        if draft.is_free(prior) && priced {
            draft.take(prior, "price", 1.0);
        }
    }
    Some(Target::Figure(Expr::Column(draft.context.column_use(column)), column))
}

/// The column of a relation that a number with a unit or a currency is compared with, or the one that is named before it.
pub(super) fn column_of_number(draft: &mut Draft, at: usize, relation: RelationId) -> Option<ColumnId> {
    let context = draft.context;
    for prior in (at.saturating_sub(4)..at).rev() {
        let named =
            context.columns_of(prior, Wanted::Number).into_iter().find(|(column, score)| column.0 == relation && *score > 0.5);
        if let Some((column, _)) =
            named.filter(|_| draft.is_free(prior) && context.relation_meaning(&context.elements[prior]).is_none())
        {
            draft.take(prior, format!("column {}", draft.describe(column)), 1.0);
            return Some(column);
        }
    }
    // "a book over 500 pages": the column stands behind the number.
    if let Some(next) = following_thing(draft, at) {
        let named =
            context.columns_of(next, Wanted::Number).into_iter().find(|(column, score)| column.0 == relation && *score > 0.5);
        if let Some((column, _)) = named {
            draft.take(next, format!("column {}", draft.describe(column)), 1.0);
            return Some(column);
        }
    }
    let kind = context.question.numbers[context.elements[at].number?].kind;
    let columns = (0..context.prepared.schema().relations[relation].columns.len()).map(|at| (relation, at));
    let mut measures = columns.filter(|&column| {
        context.prepared.column(column).kind == TypeKind::Number && context.prepared.words(column).role == Role::Measure
    });
    match kind {
        NumberKind::Measure(unit) => measures.find(|&column| unit_factor(context.prepared, column, unit).is_some()),
        NumberKind::Money => measures.find(|&column| is_price(context, column)),
        _ => match (measures.next(), measures.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        },
    }
}

fn stems_of_rate(context: &super::context::Context, column: ColumnId) -> bool {
    context.prepared.words(column).name.stems().any(|stem| matches!(stem, "rate" | "charg" | "fare" | "rent" | "tariff"))
}

fn is_price(context: &super::context::Context, column: ColumnId) -> bool {
    crate::lexicon::morphology::words_of_identifier(&context.prepared.column(column).name).iter().any(|word| {
        matches!(
            word.as_str(),
            "price"
                | "cost"
                | "amount"
                | "total"
                | "salary"
                | "fee"
                | "fees"
                | "freight"
                | "wage"
                | "revenue"
                | "budget"
                | "value"
        )
    })
}

/// "store 2", "order 10248": a row by its key.
fn row_number(draft: &mut Draft, at: usize) -> Option<Target> {
    let prior = at.checked_sub(1)?;
    let (relation, _) = draft.context.relation_meaning(&draft.context.elements[prior])?;
    let key = draft.context.prepared.schema().relations[relation].primary_key.clone();
    let [key] = key.as_slice() else { return None };
    if draft.context.prepared.column((relation, *key)).kind != TypeKind::Number {
        return None;
    }
    if draft.context.subject_element != Some(prior) {
        draft.take(prior, format!("table {}", draft.relation_name(relation)), 1.0);
    }
    Some(Target::Figure(Expr::Column(Source::first(relation).column(*key)), (relation, *key)))
}

/// "over 20 dollars": a price, cost, total or salary of the subject.
fn by_money(draft: &mut Draft, at: usize) -> Option<Target> {
    let number = draft.context.elements[at].number?;
    if draft.context.question.numbers[number].kind != NumberKind::Money {
        return None;
    }
    let subject = draft.context.subject?;
    let columns = 0..draft.context.prepared.schema().relations[subject].columns.len();
    let column = columns.into_iter().find(|&at| {
        let column = (subject, at);
        draft.context.prepared.column(column).kind == TypeKind::Number
            && draft.context.prepared.words(column).role != Role::Key
            && is_price(draft.context, column)
    })?;
    draft.doubt *= 0.95;
    Some(Target::Figure(Expr::Column(Source::first(subject).column(column)), (subject, column)))
}

/// "How many albums does each artist have? Only those with more than 5": the rows that are counted.
fn counted_before(draft: &mut Draft, first: usize) -> Option<Target> {
    let context = draft.context;
    let counting =
        (0..first).find(|&at| context.elements[at].cue == Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Count))))?;
    let counted = (counting + 1..first).find_map(|at| context.relation_meaning(&context.elements[at]))?;
    Some(Target::Count(counted.0))
}

/// "more than 5 minutes": the column that is measured in minutes, or in something minutes can be turned into.
fn by_unit(draft: &mut Draft, at: usize) -> Option<Target> {
    let number = draft.context.elements[at].number?;
    let NumberKind::Measure(unit) = draft.context.question.numbers[number].kind else { return None };
    let subject = draft.context.subject?;
    let columns = draft.context.prepared.schema().relations[subject].columns.len();
    let column = (0..columns).map(|at| (subject, at)).find(|&column| {
        draft.context.prepared.column(column).kind == TypeKind::Number
            && unit_factor(draft.context.prepared, column, unit).is_some()
    })?;
    Some(Target::Figure(Expr::Column(draft.context.column_use(column)), column))
}

/// "over 100 dollars" with nothing named: the only measure of the subject, or what is money there.
fn default_figure(draft: &mut Draft) -> Option<Target> {
    let subject = draft.context.subject?;
    let columns = &draft.context.prepared.columns[subject];
    let mut measures = columns.iter().enumerate().filter(|(_, words)| words.role == Role::Measure).map(|(at, _)| at);
    let column = match (measures.next(), measures.next()) {
        (Some(only), None) => (subject, only),
        _ => {
            let money = measures::money(draft.context.prepared, &[subject])?;
            draft.doubt *= 0.75;
            if money.relation != subject {
                return None;
            }
            return Some(Target::Figure(money.expr, (subject, 0)));
        }
    };
    draft.doubt *= 0.8;
    Some(Target::Figure(Expr::Column(draft.context.column_use(column)), column))
}
