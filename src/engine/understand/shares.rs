//! Shares: "what percentage of orders went to Germany", "share of late orders per shipper", "percentage of revenue by category".

use super::context::Wanted;
use super::cues::{Cue, CueWord};
use super::draft::{Condition, Draft, Want};
use super::measures;
use crate::ir::{Aggregate, Arithmetic, Expr, Literal, Predicate, Source, WindowFunction};
use crate::lexicon::{AggregateWord, StopClass};
use crate::prepared::Role;
use crate::walk;

/// The whole question is about one share: conditions are those of the part, but for what says whose share it is.
pub fn shares(draft: &mut Draft) {
    let asked =
        (0..draft.context.elements.len()).find(|&at| draft.is_free(at) && draft.context.cue_word(at) == Some(CueWord::Share));
    let Some(at) = asked.filter(|_| draft.having.is_empty()) else { return };
    let Some((figure, base_at)) = whole(draft, at) else { return };
    let (of_part, of_whole) = split(draft, base_at.unwrap_or(at));
    let percent = !draft.context.has_word(at, at + 1, &["fraction", "proportion", "ratio"]);
    let (part, whole) = if of_part.is_empty() {
        if draft.groups.is_empty() {
            return;
        }
        let arg = Some(Box::new(figure.clone()));
        let all = Expr::Window { function: WindowFunction::Sum, arg, partition: Vec::new(), order: Vec::new() };
        (figure, all)
    } else {
        draft.conditions = of_part;
        let Some(filter) = draft.filter() else { return };
        draft.conditions = of_whole;
        let Some(rows) = super::walk::first_source(&figure) else { return };
        let filter = Box::new(of_rows(draft, rows, filter));
        (Expr::Filtered { aggregate: Box::new(figure.clone()), filter }, figure)
    };
    let part = if percent {
        let hundred = Box::new(Expr::Literal(Literal::Decimal("100.0".to_owned())));
        Expr::Arithmetic { op: Arithmetic::Multiply, left: hundred, right: Box::new(part) }
    } else {
        part
    };
    let share = Expr::Arithmetic { op: Arithmetic::Divide, left: Box::new(part), right: Box::new(whole) };
    draft.names.push((share.clone(), if percent { "percentage" } else { "share" }.to_owned()));
    draft.wants.push(Want::Expr(share));
    draft.take(at, "share", 1.0);
    if let Some(base_at) = base_at {
        draft.take(base_at, "the whole", 1.0);
    }
    in_percent(draft);
}

/// "… in percent", "as a percentage".
fn in_percent(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let percent = draft.context.has_word(at, at + 1, &["percent", "percentage", "%", "pct"]);
        if draft.is_free(at) && percent && matches!(draft.context.preposition(at), "in" | "as") {
            draft.take(at, "in percent", 1.0);
        }
    }
}

/// The figure of all rows: money, a measure added up, rows counted; with the element that names it.
fn whole(draft: &mut Draft, at: usize) -> Option<(Expr, Option<usize>)> {
    let sum = |arg: Expr| Expr::Aggregate { function: Aggregate::Sum, distinct: false, arg: Box::new(arg) };
    for next in at + 1..(at + 10).min(draft.context.elements.len()) {
        let element = &draft.context.elements[next];
        let word = draft.context.lower(next);
        let relation = draft.context.relation_meaning(element).filter(|(_, strength)| *strength > 0.5);
        // "the share of each genre in the number of tracks": the groups are named first.
        let grouped = relation.is_some_and(|(relation, _)| draft.groups.contains(&Want::Entity(Source::first(relation))));
        if grouped && !draft.is_free(next) || element.cue == Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Count))) {
            draft.take(next, "counted", 1.0);
            continue;
        }
        if measures::is_money_word(&word) && relation.is_none_or(|(_, strength)| strength < 0.95) && draft.is_free(next) {
            let mut involved = draft.relations();
            if draft.context.subject_element.is_none_or(|subject| subject == next) && involved.len() > 1 {
                involved.retain(|relation| Some(*relation) != draft.context.subject);
            }
            let money = measures::money(draft.context.prepared, &involved)?;
            return Some((sum(money.expr), Some(next)));
        }
        if let Some((relation, _)) = relation {
            return Some((Expr::CountRows(Source::first(relation)), Some(next)));
        }
        let column = draft.context.columns_of(next, Wanted::Number).first().copied();
        if let Some((column, score)) = column
            && score > 0.6
            && draft.context.prepared.words(column).role == Role::Measure
            && draft.is_free(next)
        {
            return Some((sum(Expr::Column(draft.context.column_use(column))), Some(next)));
        }
        if matches!(element.cue, Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Sum)))) {
            draft.take(next, "added up", 1.0);
            continue;
        }
        // "of late orders", "of French customers": what kind stands before the noun.
        let kind = element.stop.is_some() || !element.values.is_empty() || element.cue.is_some() || element.date.is_some();
        if !kind {
            break;
        }
    }
    Some((Expr::CountRows(Source::first(draft.context.subject?)), None))
}

/// Conditions of the part and conditions of the whole: what stands before the main verb says of what it is a share.
fn split(draft: &mut Draft, base: usize) -> (Vec<Condition>, Vec<Condition>) {
    let conditions = std::mem::take(&mut draft.conditions);
    let context = draft.context;
    let is_verb = |at: usize| {
        context.elements[at].stop == Some(StopClass::Auxiliary) && !matches!(context.lower(at).as_str(), "be" | "been")
            || matches!(
                context.lower(at).as_str(),
                "went" | "go" | "goes" | "come" | "comes" | "came" | "cost" | "costs" | "has" | "have"
            )
    };
    let verbs: Vec<usize> = (base + 1..context.elements.len()).filter(|&at| is_verb(at)).collect();
    let clause = (base + 1..context.elements.len()).find(|&at| context.cue_word(at) == Some(CueWord::Who));
    let clause = clause.filter(|&clause| verbs.first().is_none_or(|&verb| clause < verb));
    let main = match clause {
        Some(_) => verbs.iter().copied().skip(1).rfind(|&verb| conditions.iter().any(|one| one.element > verb)),
        None => verbs.first().copied(),
    };
    let behind = |one: &Condition| main.is_none_or(|main| one.element > main);
    let dated = |one: &Condition| context.elements.get(one.element).is_some_and(|element| element.date.is_some());
    let (part, whole): (Vec<Condition>, Vec<Condition>) = conditions.into_iter().partition(behind);
    if part.is_empty() {
        return (whole, part);
    }
    let (dates, others): (Vec<Condition>, Vec<Condition>) = part.into_iter().partition(dated);
    if others.is_empty() { (dates, whole) } else { (others, whole.into_iter().chain(dates).collect()) }
}

/// Conditions on rows of which the counted row has many are asked about one by one.
fn of_rows(draft: &Draft, rows: Source, filter: Predicate) -> Predicate {
    match filter {
        Predicate::And(parts) => Predicate::And(parts.into_iter().map(|part| of_rows(draft, rows, part)).collect()),
        other => {
            let mut sources = std::collections::BTreeSet::new();
            walk::predicate_sources(&other, &mut sources);
            let many = sources.into_iter().find(|source| {
                source.relation != rows.relation && measures::is_to_many(draft.context.prepared, rows.relation, source.relation)
            });
            match many {
                Some(target) => Predicate::Related { anchor: rows, target, filter: Some(Box::new(other)), negated: false },
                None => other,
            }
        }
    }
}
