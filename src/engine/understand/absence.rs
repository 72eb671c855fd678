//! What is not there: "without orders", "never rented", "no phone", "email is missing"; and adjectives that are true or false of
//! a row: "active", "discontinued", "unshipped".

use nl_query_core::schema::{RelationId, TypeKind};

use super::attributes::column_like;
use super::context::Wanted;
use super::cues::{Cue, CueWord};
use super::draft::Draft;
use crate::ir::{Aggregate, Comparison, Expr, Literal, Predicate, Source};
use crate::lexicon::AggregateWord;
use crate::link::Meaning;
use crate::prepared::{ColumnId, Role};

/// "also playlists with none", "including those without orders": nothing is asked but that they are not left out.
pub fn kept(draft: &mut Draft) {
    let context = draft.context;
    let length = context.elements.len();
    for at in 0..length {
        let adds = matches!(
            context.lower(at).as_str(),
            "also" | "even" | "including" | "include" | "as well as" | "plus" | "and also" | "keep"
        );
        if !adds || !draft.is_free(at) {
            continue;
        }
        let none = (at + 1..(at + 6).min(length)).find(|&other| {
            context.cue_word(other) == Some(CueWord::Without) || context.has_word(other, other + 1, &["none", "zero", "without"])
        });
        let Some(none) = none else { continue };
        let nothing_else =
            (at + 1..none).all(|other| context.elements[other].values.is_empty() && context.elements[other].number.is_none());
        let counted = (0..at).find_map(|other| {
            let counting = context.elements[other].cue == Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Count)));
            let next = (other + 1..(other + 4).min(length)).find_map(|next| context.relation_meaning(&context.elements[next]));
            next.filter(|_| counting).map(|(relation, _)| relation)
        });
        let Some(counted) = counted.or(context.subject).filter(|_| nothing_else) else { continue };
        draft.outer.push(Source::first(counted));
        let end = (none + 3).min(length);
        for other in at..end {
            if other <= none || context.relation_meaning(&context.elements[other]).is_some_and(|(named, _)| named == counted) {
                draft.take(other, "those without any are kept", 1.0);
            }
        }
    }
}

/// "without …", "never …", "no …", "not … any …".
pub fn absences(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let cue = draft.context.cue_word(at);
        match cue {
            Some(CueWord::Without) if draft.is_free(at) => without(draft, at),
            Some(CueWord::Not) if draft.is_free(at) => without(draft, at),
            Some(CueWord::Null | CueWord::NotNull) if draft.is_free(at) => null(draft, at, cue == Some(CueWord::NotNull)),
            _ => {}
        }
    }
}

fn without(draft: &mut Draft, at: usize) {
    let plain_not = draft.context.cue_word(at) == Some(CueWord::Not);
    let end = (at + 6).min(draft.context.elements.len());
    // "nobody bought", "never sold": no row of a sale.
    let trades = |verb: usize| {
        let word = draft.context.lower(verb);
        matches!(word.split(' ').next(), Some("sold" | "bought" | "purchased" | "ordered"))
    };
    // "bought nothing": the verb stands before.
    let bought = at.checked_sub(1).filter(|&verb| draft.context.lower(at) == "nothing" && trades(verb));
    let traded = bought.is_some() || draft.context.after(at, 2).is_some_and(trades);
    if traded
        && !plain_not
        && let Some(subject) = draft.context.subject
    {
        never(draft, at, subject);
        if let Some(verb) = bought {
            draft.take(verb, "what there is none of", 1.0);
        }
        return;
    }
    // "neither beverages nor condiments": the values are denied.
    let denies = matches!(draft.context.lower(at).as_str(), "neither" | "nor");
    if denies && draft.context.elements.get(at + 1).is_some_and(|next| !next.values.is_empty() && next.things.is_empty()) {
        return;
    }
    let mut found: Option<(usize, RelationId)> = None;
    for other in at + 1..end {
        let element = &draft.context.elements[other];
        if other > at + 1 && draft.context.question.tokens[element.tokens.start].after_break {
            break;
        }
        if matches!(draft.context.cue_word(other), Some(CueWord::Group | CueWord::Order)) {
            break;
        }
        if !draft.is_free(other) {
            continue;
        }
        if let Some(relation) = super::figures::copies(draft, other) {
            found = Some((other, relation));
            break;
        }
        if let Some((relation, _)) = draft.context.relation_meaning(element)
            && Some(relation) != draft.context.subject
        {
            found = Some((other, relation));
            break;
        }
        if element.things.is_empty() {
            continue;
        }
        // "not shipped to France" denies the value, not the shipping.
        if let Some(column) = draft.context.columns_of(other, Wanted::Any).first().map(|(column, _)| *column) {
            let near = other + 1..(other + 4).min(draft.context.elements.len());
            let said_of = near.clone().any(|next| draft.context.elements[next].values.iter().any(|value| value.column == column));
            let denied = plain_not && near.clone().any(|next| !draft.context.elements[next].values.is_empty());
            if said_of || denied {
                return;
            }
            let kind = draft.context.prepared.column(column).kind;
            if plain_not && kind != TypeKind::Boolean && !kind.is_calendar() && !is_flag(draft, column) {
                continue;
            }
            missing_column(draft, at, other, column, plain_not);
            return;
        }
    }
    let Some(subject) = draft.context.subject else { return };
    let Some((other, relation)) = found else {
        if !plain_not {
            never(draft, at, subject);
        }
        return;
    };
    let anchor = Source::first(subject);
    // "employees without a manager": the reference itself is empty.
    if !super::measures::is_to_many(draft.context.prepared, subject, relation) {
        let key = draft.context.prepared.graph().keys().iter().find(|key| key.from == subject && key.to == relation).cloned();
        if let Some(key) = key
            && let [column] = key.from_columns.as_slice()
        {
            draft.condition(at, Predicate::IsNull { expr: Expr::Column(anchor.column(*column)), negated: false });
            take_pair(draft, at, other, "without");
            return;
        }
    }
    let end = (other + 6).min(draft.context.elements.len());
    // "no copy in any store": where it could be says nothing more.
    for place in other + 1..(other + 4).min(end) {
        let start = draft.context.elements[place].tokens.start;
        let any = matches!(draft.context.question.tokens[start - 1].lower.as_str(), "any" | "either" | "all" | "our");
        let named = draft.context.relation_meaning(&draft.context.elements[place]);
        if any && named.is_some_and(|(named, _)| !super::measures::is_to_many(draft.context.prepared, relation, named)) {
            draft.take(place, "wherever", 1.0);
        }
    }
    let filter = related_conditions(draft, at, end, relation, true).map(Box::new);
    draft.condition(at, Predicate::Related { anchor, target: Source::first(relation), filter, negated: true });
    take_pair(draft, at, other, "without any");
}

/// "never used", "never sold": no table is named, so the rows that refer to the subject are meant, the largest table of them.
fn never(draft: &mut Draft, at: usize, subject: RelationId) {
    let prepared = draft.context.prepared;
    let sold = draft.context.after(at, 2).is_some_and(|verb| {
        matches!(draft.context.lower(verb).as_str(), "sold" | "bought" | "ordered" | "purchased" | "sell" | "sale")
    }) || draft.context.lower(at) == "nothing";
    let trades = |relation: RelationId| super::measures::is_trade(prepared, relation);
    let referring: Vec<RelationId> =
        prepared.graph().keys().iter().filter(|key| key.to == subject && key.from != subject).map(|key| key.from).collect();
    let selling: Vec<RelationId> = referring.iter().copied().filter(|&relation| sold && trades(relation)).collect();
    let most = if selling.is_empty() { referring } else { selling }
        .into_iter()
        .max_by(|a, b| prepared.schema().relations[*a].rows.total_cmp(&prepared.schema().relations[*b].rows).then(b.cmp(a)));
    let Some(target) = most else { return };
    let verb = draft.context.after(at, 2).filter(|&verb| {
        let element = &draft.context.elements[verb];
        element.values.is_empty() && element.number.is_none() && element.cue.is_none() && element.date.is_none()
    });
    let end = (at + 8).min(draft.context.elements.len());
    let values = traded_value(draft, at);
    let filter = related_conditions(draft, at, end, target, values).map(Box::new);
    draft.condition(
        at,
        Predicate::Related { anchor: Source::first(subject), target: Source::first(target), filter, negated: true },
    );
    let meaning = format!("without any of {}", draft.relation_name(target));
    draft.take(at, meaning, 0.9);
    if let Some(verb) = verb {
        draft.take(verb, "what there is none of", 0.85);
    }
}

/// "never ordered by customers from the UK": who did not is part of the question for related rows.
fn traded_value(draft: &Draft, at: usize) -> bool {
    (at + 1..(at + 4).min(draft.context.elements.len())).any(|next| draft.context.lower(next).ends_with("by"))
}

/// "never bought a Rock track", "did not order in 1997": values and dates behind the negation belong inside the question for
/// related rows; so do figures ("without a track under three minutes").
fn related_conditions(draft: &mut Draft, at: usize, end: usize, target: RelationId, values: bool) -> Option<Predicate> {
    let mut conditions = Vec::new();
    let hops = draft.context.prepared.graph().distances(target);
    for other in at + 1..end {
        if !draft.is_free(other) {
            continue;
        }
        let element = &draft.context.elements[other];
        if let Some(date) = element.date {
            let mention = draft.context.question.dates[date].clone();
            if let Some(column) = time_of(draft, target).filter(|_| mention.field.is_none()) {
                let expr = Expr::Column(draft.context.column_use(column));
                conditions.push(Predicate::InRange { expr, range: mention.range, negated: false });
                let meaning = format!("time of {}", draft.describe(column));
                draft.take(other, meaning, 1.0);
            }
            continue;
        }
        if element.number.is_some() && values {
            conditions.extend(super::numbers::of_relation(draft, other, target));
            continue;
        }
        if !values {
            continue;
        }
        let nearest =
            element.values.iter().filter_map(|value| Some((hops[value.column.0]?, value))).min_by_key(|(distance, _)| *distance);
        if let Some((_, value)) = nearest {
            let value = value.clone();
            draft.take(other, format!("value '{}' of {}", value.text, draft.describe(value.column)), 0.97);
            let left = Expr::Column(draft.context.column_use(value.column));
            conditions.push(Predicate::Compare { op: Comparison::Equal, left, right: Expr::Literal(Literal::Text(value.text)) });
        }
    }
    Predicate::all(conditions)
}

/// When a row happened: its own time, or that of what it belongs to (lines of an order).
fn time_of(draft: &Draft, relation: RelationId) -> Option<ColumnId> {
    super::times::latest_by(draft, relation).or_else(|| {
        let keys = draft.context.prepared.graph().keys().iter().filter(|key| key.from == relation);
        keys.filter_map(|key| super::times::latest_by(draft, key.to).filter(|_| Some(key.to) != draft.context.subject)).next()
    })
}

fn take_pair(draft: &mut Draft, at: usize, other: usize, words: &str) {
    draft.take(at, words, 1.0);
    let meaning = match draft.context.relation_meaning(&draft.context.elements[other]) {
        Some((relation, _)) => format!("table {}", draft.relation_name(relation)),
        None => "what is missing".to_owned(),
    };
    draft.take(other, meaning, 0.97);
}

fn missing_column(draft: &mut Draft, at: usize, other: usize, column: ColumnId, plain_not: bool) {
    let kind = draft.context.prepared.column(column).kind;
    let expr = Expr::Column(draft.context.column_use(column));
    let predicate = match kind {
        TypeKind::Boolean => Predicate::IsTrue { expr, negated: true },
        // "not shipped", "not yet returned": the date is missing. Of other columns a plain "not" says nothing about NULL.
        _ if plain_not && !kind.is_calendar() => match flag(draft, column, false) {
            Some(predicate) => predicate,
            None => return,
        },
        _ => Predicate::IsNull { expr, negated: false },
    };
    draft.condition(at, predicate);
    draft.take(at, "missing", 1.0);
    // "without a phone number": the noun adds nothing.
    if let Some(noun) = draft.context.elements.get(other + 1)
        && noun.tokens.start == draft.context.elements[other].tokens.end
        && matches!(draft.context.lower(other + 1).as_str(), "number" | "address" | "date" | "value")
    {
        draft.take(other + 1, "part of the column", 1.0);
    }
    let certainty = draft.thing_certainty(other, column);
    let meaning = format!("column {}", draft.describe(column));
    draft.take(other, meaning, certainty);
}

/// "whose email is missing", "unknown composer".
fn null(draft: &mut Draft, at: usize, negated: bool) {
    let length = draft.context.elements.len();
    let near = (at.saturating_sub(3)..at).rev().chain(at + 1..(at + 3).min(length));
    for other in near {
        if draft.is_free(other) && !draft.context.elements[other].things.is_empty() {
            // "playlists that are empty" have no rows in them.
            if draft
                .context
                .relation_meaning(&draft.context.elements[other])
                .is_some_and(|(relation, strength)| strength > 0.8 && Some(relation) == draft.context.subject)
            {
                if let Some(subject) = draft.context.subject
                    && !negated
                {
                    never(draft, at, subject);
                }
                return;
            }
            let columns = draft.context.columns_of(other, Wanted::Any);
            if columns.is_empty() {
                continue;
            }
            let negated = negated || super::values::negated_before(draft, at);
            if let Some(column) = draft.take_column(other, Wanted::Any) {
                let expr = Expr::Column(draft.context.column_use(column));
                draft.condition(at, Predicate::IsNull { expr, negated });
                draft.take(at, if negated { "not null" } else { "null" }, 1.0);
            }
            return;
        }
    }
}

/// "customers who have a company", "in stock", "out of stock".
pub fn presences(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        if !draft.is_free(at) || draft.context.elements[at].things.is_empty() {
            continue;
        }
        let start = draft.context.elements[at].tokens.start;
        let word = |back: usize| start.checked_sub(back).map_or("", |place| draft.context.question.tokens[place].lower.as_str());
        let (last, before) = (word(1), word(2));
        let column = draft
            .context
            .columns_of(at, Wanted::Any)
            .first()
            .copied()
            .filter(|(_, score)| *score > 0.5)
            .map(|(column, _)| column);
        let Some(column) = column else { continue };
        let description = draft.context.prepared.column(column);
        let expr = Expr::Column(draft.context.column_use(column));
        let zero = Expr::Literal(Literal::Integer(0));
        let on_hand = description.kind == TypeKind::Number && draft.context.prepared.words(column).role == Role::Measure;
        let modifier = draft.context.subject_element.is_some_and(|subject| subject < at);
        let predicate = match (before, last) {
            ("out", "of") if on_hand => Predicate::Compare { op: Comparison::LessOrEqual, left: expr, right: zero },
            (_, "with" | "have" | "has")
                if on_hand && modifier && is_holding(draft, column) && !followed_by_condition(draft, at) =>
            {
                Predicate::Compare { op: Comparison::Greater, left: expr, right: zero }
            }
            (_, "in" | "on") if on_hand && modifier && is_holding(draft, column) => {
                Predicate::Compare { op: Comparison::Greater, left: expr, right: zero }
            }
            ("have" | "has" | "with" | "had", "a" | "an" | "any")
                if !description.not_null
                    && draft.context.relation_meaning(&draft.context.elements[at]).is_none()
                    && !followed_by_condition(draft, at) =>
            {
                Predicate::IsNull { expr, negated: true }
            }
            _ => continue,
        };
        draft.condition(at, predicate);
        let meaning = format!("column {}", draft.describe(column));
        draft.take(at, meaning, 0.95);
    }
}

/// Units in stock, on order, on hand: what may be there or not.
fn is_holding(draft: &Draft, column: ColumnId) -> bool {
    draft
        .context
        .prepared
        .words(column)
        .name
        .stems()
        .any(|word| matches!(word, "stock" | "order" | "hand" | "inventori" | "avail" | "sale"))
}

fn followed_by_condition(draft: &Draft, at: usize) -> bool {
    draft.context.after(at, 3).is_some_and(|next| {
        let element = &draft.context.elements[next];
        element.number.is_some()
            || !element.values.is_empty()
            || element.quoted.is_some()
            || element.date.is_some()
            || matches!(element.cue, Some(Cue::Compare(_)))
    })
}

/// "active customers", "discontinued products", "unshipped orders".
pub fn states(draft: &mut Draft) {
    let before = super::values::negated_before;
    for at in 0..draft.context.elements.len() {
        // "rentals that came back", "have not come back yet": what came back was returned.
        let back = matches!(draft.context.lower(at).as_str(), "came" | "come" | "brought" | "given" | "gave")
            && draft.context.elements.get(at + 1).is_some_and(|_| draft.context.lower(at + 1) == "back");
        if back && let Some(column) = state_column(draft, "returned") {
            let negated = before(draft, at);
            apply_state(draft, at, column, !negated, true);
            draft.take(at + 1, "returned", 1.0);
            continue;
        }
        if !draft.is_free(at) || !draft.context.elements[at].values.is_empty() {
            continue;
        }
        // "the last hired employee" is about when.
        if at > 0 && matches!(draft.context.elements[at - 1].cue, Some(Cue::Superlative(_))) {
            continue;
        }
        match &draft.context.elements[at].cue {
            Some(Cue::State(state)) => {
                let (positive, negated) = (state.positive, state.negated);
                // "shipped by Speedy Express" says by whom, not that.
                let by_whom = !negated
                    && at + 2 < draft.context.elements.len()
                    && matches!(draft.context.lower(at + 1).as_str(), "by" | "via" | "with" | "through")
                    && (at + 2..(at + 4).min(draft.context.elements.len()))
                        .any(|next| !draft.context.elements[next].values.is_empty());
                if by_whom {
                    draft.take(at, "says how they belong together", 0.97);
                    continue;
                }
                if let Some(column) = state_column(draft, positive) {
                    let negated = negated ^ before(draft, at);
                    apply_state(draft, at, column, !negated, true);
                }
            }
            None => {
                if let Some(column) = adjective_thing(draft, at) {
                    let negated = before(draft, at);
                    apply_state(draft, at, column, !negated, false);
                }
            }
            _ => {}
        }
    }
}

fn state_column(draft: &Draft, word: &str) -> Option<ColumnId> {
    let kinds = [TypeKind::Boolean, TypeKind::Number, TypeKind::Date, TypeKind::Timestamp, TypeKind::TimestampTz];
    let mut relations: Vec<RelationId> = draft.context.subject.into_iter().collect();
    relations.extend(draft.context.named.iter().map(|(relation, ..)| *relation));
    relations.iter().find_map(|&relation| {
        column_like(draft.context, relation, word, &kinds)
            .map(|(column, _)| column)
            .filter(|&column| draft.context.prepared.column(column).kind != TypeKind::Number || is_flag(draft, column))
    })
}

/// A word that names a boolean column and stands as an adjective: directly before a relation, or behind "is" and "are".
fn adjective_thing(draft: &Draft, at: usize) -> Option<ColumnId> {
    let element = &draft.context.elements[at];
    let column = element.things.iter().find_map(|mention| match mention.meaning {
        Meaning::Column(column) if mention.strength > 0.5 => Some(column),
        _ => None,
    })?;
    let boolean = draft.context.prepared.column(column).kind == TypeKind::Boolean || is_flag(draft, column);
    let listed = draft.context.preposition(at) == "and" && draft.context.before(at, 2).is_some_and(|prior| !draft.is_free(prior));
    (boolean && !listed).then_some(column)
}

fn is_flag(draft: &Draft, column: ColumnId) -> bool {
    crate::prepared::is_flag(draft.context.prepared.column(column))
}

fn flag(draft: &Draft, column: ColumnId, set: bool) -> Option<Predicate> {
    is_flag(draft, column).then(|| Predicate::Compare {
        op: Comparison::Equal,
        left: Expr::Column(draft.context.column_use(column)),
        right: Expr::Literal(Literal::Integer(i64::from(set))),
    })
}

fn apply_state(draft: &mut Draft, at: usize, column: ColumnId, positive: bool, is_cue: bool) {
    let expr = Expr::Column(draft.context.column_use(column));
    let kind = draft.context.prepared.column(column).kind;
    let predicate = match kind {
        TypeKind::Boolean => Predicate::IsTrue { expr, negated: !positive },
        TypeKind::Number => match flag(draft, column, positive) {
            Some(predicate) => predicate,
            None => return,
        },
        // "shipped orders in May": the date's own condition says more than that there is one.
        _ if is_cue && positive && draft.context.question.dates.is_empty() => Predicate::IsNull { expr, negated: true },
        _ if is_cue && !positive => Predicate::IsNull { expr, negated: false },
        _ => return,
    };
    draft.condition(at, predicate);
    let meaning = format!("column {}", draft.describe(column));
    draft.take(at, meaning, 0.97);
}
