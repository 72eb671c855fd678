//! Lengths of time between two points that a row knows: "took more than 30 days to ship", "days between order and delivery",
//! "how long is a film kept", "shipped late", "how old were they when hired".

use nl_query_core::schema::{RelationId, TypeKind};

use super::context::{Context, Wanted};
use super::cues::{Cue, CueWord};
use super::draft::{Draft, Want};
use super::numbers::operator;
use crate::ir::{Aggregate, Arithmetic, Comparison, DateUnit, Expr, Literal, Order, Predicate, Source};
use crate::lexicon::morphology::stem;
use crate::lexicon::{AggregateWord, Direction, time_unit};
use crate::prepared::{ColumnId, Role};
use crate::question::{NumberKind, NumberValue};

/// Two calendar columns, with the elements that name them.
struct Stretch {
    since: ColumnId,
    until: ColumnId,
    elements: Vec<usize>,
}

/// "days between order and shipment", "took 30 days to ship", "kept for more than 9 days".
pub fn durations(draft: &mut Draft) {
    let found = between(draft.context).or_else(|| taken(draft.context)).or_else(|| kept(draft.context));
    if let Some(stretch) = found.filter(|stretch| stretch.elements.iter().all(|&at| draft.is_free(at))) {
        said(draft, &stretch);
    }
}

/// A unit of time stands somewhere, or a word that asks for a length of time.
fn asks_time(context: &Context) -> bool {
    let tokens = &context.question.tokens;
    let unit = |word: &str| time_unit(word).is_some();
    tokens.iter().any(|token| unit(&token.lower) || matches!(token.lower.as_str(), "long" | "longer" | "longest" | "time"))
}

/// "between the order date and the shipped date": two columns of one relation.
fn between(context: &Context) -> Option<Stretch> {
    let cue = (0..context.elements.len()).find(|&at| {
        context.cue_word(at) == Some(CueWord::Between) || context.lower(at) == "from" && context.has_word(at, at + 4, &["to"])
    })?;
    if !asks_time(context) {
        return None;
    }
    // "between order and shipment": an order's own date.
    let times = |at: usize| {
        let mut times = context.columns_of(at, Wanted::Calendar);
        let relation = context.relation_meaning(&context.elements[at]).and_then(|(relation, _)| own_time(context, relation));
        times.extend(relation.map(|column| (column, 0.9)));
        times
    };
    let thing = |from: usize| (from..(from + 4).min(context.elements.len())).find(|&at| !times(at).is_empty());
    let first = thing(cue + 1)?;
    let second = thing(first + 1)?;
    let joined = (first + 1..second).all(|at| context.elements[at].stop.is_some() || context.cue_word(at) == Some(CueWord::And));
    if !joined {
        return None;
    }
    let (from, to) = (times(first), times(second));
    let pairs = from.iter().flat_map(|one| to.iter().map(move |other| (one, other)));
    let near = |one: usize, other: usize| one == other || context.prepared.graph().distance(one, other) == Some(1);
    let fitting = pairs.filter(|(one, other)| near(one.0.0, other.0.0) && one.0 != other.0);
    let best = fitting.max_by(|a, b| (a.0.1 + a.1.1).total_cmp(&(b.0.1 + b.1.1)))?;
    Some(Stretch { since: best.0.0, until: best.1.0, elements: vec![cue, first, second] })
}

/// "took more than 30 days to ship": from the row's own time to that of the verb.
fn taken(context: &Context) -> Option<Stretch> {
    let length = context.elements.len();
    let cue = (0..length).find(|&at| matches!(context.lower(at).as_str(), "take" | "takes" | "took" | "taken" | "taking"))?;
    let to = (cue + 1..(cue + 9).min(length)).find(|&at| context.lower(at) == "to" && at + 1 < length)?;
    if !asks_time(context) && !(cue..to).any(|at| context.elements[at].number.is_some()) {
        return None;
    }
    let verb = (to + 1..(to + 4).min(length)).find(|&at| !context.columns_of(at, Wanted::Calendar).is_empty())?;
    let until = context.columns_of(verb, Wanted::Calendar).first()?.0;
    let since = own_time(context, until.0).filter(|since| *since != until)?;
    Some(Stretch { since, until, elements: vec![cue, to, verb] })
}

/// "how long is a film kept", "rentals kept for more than 9 days": rows that begin and end.
fn kept(context: &Context) -> Option<Stretch> {
    let holds =
        |word: &str| matches!(word, "kept" | "keep" | "keeps" | "held" | "lent" | "borrowed" | "lasted" | "stayed" | "away");
    let verb = (0..context.elements.len()).find(|&at| {
        holds(&context.lower(at))
            || context.lower(at) == "out"
                && !context.has_word(at, at + 2, &["of"])
                && context.has_word(0, at, &["long", "longer"])
    })?;
    if !asks_time(context) {
        return None;
    }
    let subject = context.subject?;
    let hops = context.prepared.graph().distances(subject);
    let mut found: Vec<(usize, ColumnId, ColumnId)> = Vec::new();
    for (relation, distance) in hops.iter().enumerate().filter_map(|(relation, hops)| Some((relation, (*hops)?))) {
        if distance <= 2
            && let Some((since, until)) = begin_and_end(context, relation)
        {
            found.push((distance, since, until));
        }
    }
    let (_, since, until) = found.into_iter().min()?;
    let mut elements = vec![verb];
    // "how long is a film kept": what is kept takes no other part.
    let long = (0..verb).find(|&at| context.has_word(at, at + 1, &["long"]));
    if let (Some(long), Some(subject)) = (long, context.subject_element)
        && long < subject
        && subject < verb
        && until.0 != context.subject.unwrap_or(until.0)
        && !(long..verb).any(|at| matches!(context.cue_word(at), Some(CueWord::Each | CueWord::Group)))
    {
        elements.push(subject);
    }
    Some(Stretch { since, until, elements })
}

/// The main time of a relation's rows.
fn own_time(context: &Context, relation: RelationId) -> Option<ColumnId> {
    let columns = &context.prepared.schema().relations[relation].columns;
    let times = &context.prepared.relations[relation].times;
    times.iter().copied().find(|&at| !super::times::is_bookkeeping(&columns[at].name)).map(|at| (relation, at))
}

fn says(context: &Context, column: ColumnId, stems: &[&str]) -> bool {
    context.prepared.words(column).name.stems().any(|stem| stems.contains(&stem))
}

/// A row's own time and the time at which it is over.
fn begin_and_end(context: &Context, relation: RelationId) -> Option<(ColumnId, ColumnId)> {
    const ENDS: [&str; 11] =
        ["return", "end", "finish", "close", "complet", "checkout", "leav", "depart", "until", "expir", "deliv"];
    let since = own_time(context, relation)?;
    let times = &context.prepared.relations[relation].times;
    let mut ends = times.iter().map(|&at| (relation, at)).filter(|&column| column != since && says(context, column, &ENDS));
    let until = ends.next()?;
    Some((since, until))
}

/// The unit that is asked for or compared with: a word for it, outside of numbers.
fn asked_unit(draft: &Draft) -> Option<(usize, DateUnit)> {
    (0..draft.context.elements.len()).find_map(|at| {
        let tokens = draft.context.elements[at].tokens.clone();
        let unit = draft.context.question.tokens[tokens].iter().find_map(|token| time_unit(&token.lower))?;
        let free = draft.is_free(at) && draft.context.elements[at].number.is_none() && draft.context.elements[at].date.is_none();
        (free && draft.context.elements[at].tokens.len() <= 2).then_some((at, unit))
    })
}

/// A free number that counts a unit of time.
fn compared_number(draft: &Draft) -> Option<(usize, DateUnit)> {
    (0..draft.context.elements.len()).find_map(|at| {
        let number = draft.context.elements[at].number?;
        match draft.context.question.numbers[number].kind {
            NumberKind::Measure(unit) if draft.is_free(at) => Some((at, time_unit(unit)?)),
            _ => None,
        }
    })
}

fn span(context: &Context, stretch: &Stretch, unit: DateUnit) -> Expr {
    let column = |column: ColumnId| Box::new(Expr::Column(context.column_use(column)));
    Expr::Elapsed { unit, since: column(stretch.since), until: Some(column(stretch.until)) }
}

/// Compared with a number, sorted by, averaged, or shown.
fn said(draft: &mut Draft, stretch: &Stretch) {
    let meaning = format!("time from {} to {}", draft.describe(stretch.since), draft.describe(stretch.until));
    if let Some((number, unit)) = compared_number(draft)
        && let Some(value) = number_of(draft, number)
    {
        let (op, cue, _) = operator(draft, number);
        let left = span(draft.context, stretch, unit);
        draft.condition(number, Predicate::Compare { op: op.unwrap_or(Comparison::Equal), left, right: value });
        cue.into_iter()
            .chain([number])
            .chain(stretch.elements.iter().copied())
            .for_each(|at| draft.take(at, meaning.clone(), 0.97));
        return;
    }
    let unit = asked_unit(draft);
    let expr = span(draft.context, stretch, unit.map_or(DateUnit::Day, |(_, unit)| unit));
    stretch.elements.iter().for_each(|&at| draft.take(at, meaning.clone(), 0.97));
    // "how many days", "number of days", "in days": the words for the unit.
    if let Some((at, _)) = unit {
        draft.take(at, "unit", 1.0);
        let counting = at.checked_sub(1).filter(|&prior| {
            draft.context.elements[prior].cue == Some(Cue::Aggregate(AggregateWord::Function(Aggregate::Count)))
        });
        if let Some(counting) = counting {
            draft.take(counting, "so many units", 1.0);
        }
    }
    for at in 0..draft.context.elements.len() {
        if draft.is_free(at)
            && matches!(draft.context.lower(at).as_str(), "how long" | "long" | "time" | "pass" | "passes" | "passed")
        {
            draft.take(at, "time that passes", 1.0);
        }
    }
    if draft.context.subject_element.is_some_and(|subject| !draft.is_free(subject)) {
        draft.subject_row = Some(Source::first(stretch.since.0));
    }
    let longest = (0..draft.context.elements.len()).find_map(|at| match &draft.context.elements[at].cue {
        Some(Cue::Superlative(superlative)) if draft.is_free(at) => Some((at, superlative.direction)),
        _ => None,
    });
    let average = (0..draft.context.elements.len()).find_map(|at| match draft.context.elements[at].cue {
        Some(Cue::Aggregate(AggregateWord::Function(function))) if draft.is_free(at) && function != Aggregate::Count => {
            Some((at, function))
        }
        _ => None,
    });
    match (average, longest) {
        (Some((at, function)), _) => {
            draft.take(at, format!("{function:?}").to_lowercase(), 1.0);
            draft.wants.push(Want::Expr(Expr::Aggregate { function, distinct: false, arg: Box::new(expr) }));
        }
        (None, Some((at, direction))) => {
            draft.take(at, "by the time that passes", 1.0);
            let limit = draft.limits.iter().find(|limit| limit.at == at).map_or(1, |limit| limit.rows);
            draft.order.push(Order { expr, descending: direction == Direction::Descending });
            draft.limit = Some(limit);
            draft.offset = draft.limits.iter().find(|limit| limit.at == at).map(|limit| limit.skipped);
        }
        _ => draft.wants.push(Want::Expr(expr)),
    }
}

fn number_of(draft: &Draft, at: usize) -> Option<Expr> {
    let number = &draft.context.question.numbers[draft.context.elements.get(at)?.number?];
    Some(Expr::Literal(match &number.value {
        NumberValue::Integer(value) => Literal::Integer(*value),
        NumberValue::Decimal(digits) => Literal::Decimal(digits.clone()),
    }))
}

/// "shipped late", "overdue rentals", "on time": when it happened against when it should have.
pub fn late(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let word = draft.context.lower(at);
        let overdue = matches!(&draft.context.elements[at].cue, Some(Cue::State(state)) if state.positive == "overdue");
        let in_time = (word == "on time" || word == "time") && draft.context.preposition(at) == "on";
        if !draft.is_free(at) || !(overdue || word == "late" || word.ends_with(" late") || in_time) {
            continue;
        }
        let relations: Vec<RelationId> =
            draft.context.subject.into_iter().chain(draft.context.named.iter().map(|(relation, ..)| *relation)).collect();
        let Some((happened, due)) = relations.iter().find_map(|&relation| due_date(draft.context, relation)) else { continue };
        if at.checked_sub(1).is_some_and(|verb| is_other_deed(draft.context, verb, happened)) {
            continue;
        }
        let not = super::values::negated_before(draft, at);
        let op = if in_time ^ not { Comparison::LessOrEqual } else { Comparison::Greater };
        let left = Expr::Column(draft.context.column_use(happened));
        draft.condition(at, Predicate::Compare { op, left, right: due });
        let meaning = format!("column {}", draft.describe(happened));
        draft.take(at, meaning, 0.96);
        // "shipped late": the verb says which of the dates.
        if let Some(verb) = at.checked_sub(1).filter(|&verb| draft.is_free(verb) && draft.context.is_verb(verb)) {
            draft.take(verb, "what is late", 1.0);
        }
        explained(draft, at);
        return;
    }
}

/// Whether a word says a deed of its own, which the column is not of: an order is not paid late because it was shipped late.
fn is_other_deed(context: &Context, at: usize, happened: ColumnId) -> bool {
    const DEEDS: [&[&str]; 3] = [&["pay"], &["return"], &["complet", "finish"]];
    let said = stem(&context.lower(at));
    DEEDS.iter().any(|deed| deed.contains(&said.as_str()) && !says(context, happened, deed))
}

/// ", that is kept longer than …": the words only say once more what "late" means.
fn explained(draft: &mut Draft, at: usize) {
    let length = draft.context.elements.len();
    let breaks = |at: usize| draft.context.question.tokens[draft.context.elements[at].tokens.start].after_break;
    let opens = (at + 1..length).find(|&next| {
        breaks(next)
            && (draft.context.lower(next).starts_with("that is")
                || draft.context.has_word(next, next + 2, &["is", "meaning", "ie"]))
    });
    let Some(opens) = opens.filter(|&opens| opens == at + 1) else { return };
    for next in opens..length {
        if next > opens && breaks(next) {
            break;
        }
        draft.take(next, "says what is meant", 1.0);
    }
}

/// The date at which something happened and the one until which it should have: two columns, or a column and the days allowed
/// from the row's own date on.
fn due_date(context: &Context, relation: RelationId) -> Option<(ColumnId, Expr)> {
    const DUE: [&str; 7] = ["requir", "due", "deadlin", "expect", "promis", "plan", "schedul"];
    const DONE: [&str; 9] = ["ship", "deliv", "return", "complet", "finish", "pay", "receiv", "arriv", "actual"];
    let times: Vec<ColumnId> = context.prepared.relations[relation].times.iter().map(|&at| (relation, at)).collect();
    let due = times.iter().copied().find(|&column| says(context, column, &DUE));
    let done = times.iter().copied().find(|&column| says(context, column, &DONE) && Some(column) != due);
    if let (Some(due), Some(done)) = (due, done) {
        return Some((done, Expr::Column(context.column_use(due))));
    }
    let (since, until) = begin_and_end(context, relation)?;
    let hops = context.prepared.graph().distances(relation);
    let relations = (0..hops.len()).filter(|&other| {
        hops[other].is_some_and(|hops| hops <= 2) && !super::measures::is_to_many(context.prepared, relation, other)
    });
    let allowed = relations
        .flat_map(|other| (0..context.prepared.schema().relations[other].columns.len()).map(move |at| (other, at)))
        .find(|&column| {
            let description = context.prepared.column(column);
            description.kind == TypeKind::Number
                && !description.fractional
                && context.prepared.words(column).role != Role::Key
                && says(context, column, &["durat", "period", "day"])
        })?;
    let expr = |column| Box::new(Expr::Column(context.column_use(column)));
    Some((until, Expr::Arithmetic { op: Arithmetic::Add, left: expr(since), right: expr(allowed) }))
}

/// "how old is", "older than 40 when hired", "average age": from the birth date on.
pub fn ages(draft: &mut Draft) {
    let context = draft.context;
    let Some(relation) = context.subject.filter(|&relation| birth(context, relation).is_some()).or_else(|| {
        let mut named = context.named.iter().map(|(relation, ..)| *relation);
        named.find(|&relation| birth(context, relation).is_some())
    }) else {
        return;
    };
    let Some(born) = birth(context, relation) else { return };
    let event = event(context, relation, born);
    let asked = (0..context.elements.len()).find(|&at| {
        let tokens = &context.question.tokens[context.elements[at].tokens.clone()];
        let word = |one: &str| tokens.iter().any(|token| token.lower == one);
        draft.is_free(at)
            && (word("old") && context.has_word(at.saturating_sub(1), at + 1, &["how"]) || word("age") || word("aged"))
    });
    let number = event.as_ref().and_then(|_| {
        (0..context.elements.len())
            .find(|&at| context.elements[at].number.is_some() && draft.is_free(at) && whole_years(draft, at))
    });
    if asked.is_none() && number.is_none() {
        return;
    }
    let until = event.as_ref().map(|(_, column)| Box::new(Expr::Column(context.column_use(*column))));
    let age = Expr::Elapsed { unit: DateUnit::Year, since: Box::new(Expr::Column(context.column_use(born))), until };
    let meaning = format!("age by {}", draft.describe(born));
    let mut used: Vec<usize> = asked.into_iter().collect();
    if let Some((elements, _)) = event {
        used.extend(elements);
    }
    if let Some(number) = number
        && let Some(value) = number_of(draft, number)
    {
        let (op, cue, _) = age_operator(draft, number);
        draft.condition(number, Predicate::Compare { op, left: age, right: value });
        used.extend(cue.into_iter().chain([number]));
        used.into_iter().for_each(|at| draft.take(at, meaning.clone(), 0.95));
        return;
    }
    // "older than 40" has a reader of its own.
    let Some(asked) = asked.filter(|&asked| {
        !(asked.saturating_sub(3)..(asked + 5).min(draft.context.elements.len()))
            .any(|at| draft.context.elements[at].number.is_some())
    }) else {
        return;
    };
    let named =
        draft.context.columns_of(asked, Wanted::Number).first().is_some_and(|(column, _)| says(draft.context, *column, &["age"]));
    if named {
        return;
    }
    let average = (asked.saturating_sub(3)..asked).find_map(|at| match draft.context.elements[at].cue {
        Some(Cue::Aggregate(AggregateWord::Function(function))) if function != Aggregate::Count => Some((at, function)),
        _ => None,
    });
    used.into_iter().for_each(|at| draft.take(at, meaning.clone(), 0.95));
    match average {
        Some((at, function)) => {
            draft.take(at, format!("{function:?}").to_lowercase(), 1.0);
            draft.wants.push(Want::Expr(Expr::Aggregate { function, distinct: false, arg: Box::new(age) }));
        }
        None => {
            draft.wants.push(Want::Entity(Source::first(relation)));
            draft.wants.push(Want::Expr(age));
        }
    }
}

pub(super) fn birth(context: &Context, relation: RelationId) -> Option<ColumnId> {
    let times = &context.prepared.relations[relation].times;
    times.iter().map(|&at| (relation, at)).find(|&column| says(context, column, &["birth", "born", "dob", "birthdai"]))
}

/// "when we hired them", "at hiring": another date of the same row.
fn event(context: &Context, relation: RelationId, born: ColumnId) -> Option<(Vec<usize>, ColumnId)> {
    let opens =
        (0..context.elements.len()).find(|&at| matches!(context.lower(at).as_str(), "when" | "at" | "upon" | "by the time"))?;
    let thing = (opens + 1..(opens + 5).min(context.elements.len())).find_map(|at| {
        let columns = context.columns_of(at, Wanted::Calendar);
        let column = columns.iter().map(|(column, _)| *column).find(|column| column.0 == relation && *column != born)?;
        Some((at, column))
    })?;
    Some((vec![opens, thing.0], thing.1))
}

fn whole_years(draft: &Draft, at: usize) -> bool {
    let Some(number) = draft.context.elements[at].number else { return false };
    matches!(draft.context.question.numbers[number].kind, NumberKind::Plain | NumberKind::Measure("year"))
}

/// Who is past 40 has had that birthday.
fn age_operator(draft: &Draft, number: usize) -> (Comparison, Option<usize>, bool) {
    let past = (number.saturating_sub(2)..number).find(|&at| matches!(draft.context.lower(at).as_str(), "past" | "turned"));
    if let Some(past) = past {
        return (Comparison::GreaterOrEqual, Some(past), true);
    }
    let (op, cue, adjective) = operator(draft, number);
    let op = match adjective {
        Some(adjective) if adjective.positive == "young" => Comparison::Less,
        Some(_) => Comparison::Greater,
        None => op.unwrap_or(Comparison::Equal),
    };
    (op, cue, false)
}
