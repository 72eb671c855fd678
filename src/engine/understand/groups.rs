//! What the answer is grouped by: "per country", "by genre", "for each customer".

use nl_query_core::schema::RelationId;

use super::context::Wanted;
use super::cues::{Cue, CueWord};
use super::draft::{Draft, Want};
use super::measures;
use crate::ir::{Aggregate, Expr, Source};
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
        if cue == CueWord::Each && !has_figure(draft) && draft.limit.is_none() {
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
            // "each sales rep": a word before the noun that names nothing.
            let noun = draft.context.elements.get(next + 1);
            if element.is_unknown() && noun.is_some_and(|noun| !noun.things.is_empty() && noun.tokens.start == element.tokens.end)
            {
                draft.take(next, "says of what kind", 0.95);
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
            draft.each |= draft.context.has_word(at, at + 1, &["each", "every", "per"]);
        }
    }
}

fn has_figure(draft: &Draft) -> bool {
    draft.context.elements.iter().enumerate().any(|(at, element)| {
        matches!(element.cue, Some(Cue::Aggregate(AggregateWord::Function(_))))
            || measures::is_money_word(&draft.context.lower(at))
    }) || draft.order.iter().any(|order| crate::walk::has_aggregate(&order.expr))
        || draft.wants.iter().any(|want| matches!(want, Want::Expr(expr) if crate::walk::has_aggregate(expr)))
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
pub(super) fn referenced(draft: &mut Draft, column: (RelationId, usize)) -> Want {
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

/// "rentals per staff member", "quantity sold per category": groups without a word for the figure. Rows are counted, amounts added.
pub(super) fn figures_of_groups(draft: &mut Draft, plain: &mut Vec<Want>, entities: &[(usize, RelationId)]) {
    if super::places::are_asked(draft) {
        return;
    }
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
