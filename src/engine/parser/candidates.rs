//! Candidates: what the network writes and what the rules read, put together without repetition, judged, best first.

use std::sync::OnceLock;

use nl_query_core::schema::TypeKind;

use super::beam::Parsed;
use super::beside::is_beside;
use super::build;
use super::features::{self, Features};
use super::grammar::Step;
use super::net::{Network, Panel};
use super::rank::anatomy::Anatomy;
use super::rank::standing::standings;
use super::rank::traits::{Origin, Shared, names, traits};
use super::rank::trees::Forest;
use super::rank::uses::Uses;
use super::relabel::{narrowed, relabelled, uncounted};
use super::sense::sensible;
use crate::ir::{Aggregate, Arithmetic, ColumnUse, Expr, Literal, Moment, Predicate, Query};
use crate::prepared::{Prepared, is_flag};
use crate::question::Question;
use crate::render;
use crate::understand::{NOT_UNDERSTOOD, Understanding};
use crate::walk;

/// The score of a query that the network has no words for, where a number must stand: far below any that it writes.
pub const UNSAID: f32 = -40.0;

/// Of so many of them the rows are shown another way as well, see [`relabelled`], [`uncounted`] and [`narrowed`].
const RELABELLED: usize = 4;

/// What the reader of an answer gets to choose from, at the most.
pub const MOST: usize = 10;

/// A query that may be the answer.
#[derive(Debug, Clone)]
pub struct Made {
    pub query: Query,
    pub sql: String,
    pub origin: Origin,
    pub traits: Vec<f32>,
    /// Position among the readings by rules, where one is this query.
    pub reading: Option<usize>,
    /// Probability that it is right, 0 to 1.
    pub confidence: f64,
}

/// What the candidates are made from.
pub struct Asked<'a> {
    pub question: &'a Question,
    pub prepared: &'a Prepared,
    /// What the rules make of the words, their readings among it.
    pub understanding: &'a Understanding,
}

/// What the network wrote and thought over the features of a question. Kept beside the answer: a question that looks the same to the
/// network, but for a number, need not be put to it again.
#[derive(Debug, Clone, Default)]
pub struct Written {
    features: Features,
    /// How many of the models were asked.
    joined: usize,
    parsed: Vec<Parsed>,
    scored: Vec<(Vec<Step>, Vec<f32>)>,
}

/// What the network thinks while a question is answered.
struct Thought<'a> {
    panel: Panel<'a>,
    parsed: Vec<Parsed>,
    scored: Vec<(Vec<Step>, Vec<f32>)>,
}

impl<'a> Thought<'a> {
    fn new(asked: &Asked<'_>, network: &'a Network, features: &'a Features, known: Option<&Written>) -> Self {
        let mut panel = network.panel(features);
        if let Some(known) = known.filter(|known| known.features == *features) {
            panel.join(known.joined);
            return Thought { panel, parsed: known.parsed.clone(), scored: known.scored.clone() };
        }
        let constraints = build::constraints(features, asked.question, asked.prepared);
        let parsed = panel.parse(&constraints, !asked.understanding.unknown.is_empty());
        Thought { panel, parsed, scored: Vec::new() }
    }

    /// What the models think of other queries.
    fn scores(&mut self, queries: &[Vec<Step>]) -> Vec<Vec<f32>> {
        let known = |query: &Vec<Step>, scored: &[(Vec<Step>, Vec<f32>)]| scored.iter().position(|(one, _)| one == query);
        let new: Vec<Vec<Step>> = queries.iter().filter(|query| known(query, &self.scored).is_none()).cloned().collect();
        if !new.is_empty() {
            let scores = of_each(&self.panel.score(&new), new.len());
            self.scored.extend(new.into_iter().zip(scores));
        }
        let score = |query| known(query, &self.scored).map(|at| self.scored[at].1.clone()).unwrap_or_default();
        queries.iter().map(score).collect()
    }
}

/// For each of `count` queries what the models think of it, from what each model thinks of the queries.
fn of_each(models: &[Vec<f32>], count: usize) -> Vec<Vec<f32>> {
    (0..count).map(|at| models.iter().filter_map(|scores| scores.get(at).copied()).collect()).collect()
}

/// All candidates with their traits, in the order of the network, then of the rules. Not judged. `known` is what the network wrote for a
/// question like this one.
pub fn made(asked: &Asked<'_>, network: &Network, known: Option<&Written>) -> (Vec<Made>, Written) {
    let features = features::features(asked.question, asked.prepared, &asked.understanding.mentions);
    let mut thought = Thought::new(asked, network, &features, known);
    let mut list: Vec<Made> = Vec::new();
    for (rank, parsed) in thought.parsed.iter().enumerate() {
        for one in from_steps(asked, &features, parsed, rank) {
            if !list.iter().any(|known| known.sql == one.sql) {
                list.push(one);
            }
        }
    }
    from_rules(asked, &features, &mut thought, &mut list);
    let shared = Shared::new(asked.question, &features, asked.prepared, asked.understanding);
    add_traits(&shared, &mut list);
    let (joined, Thought { parsed, scored, .. }) = (thought.panel.joined(), thought);
    (list, Written { features, joined, parsed, scored })
}

fn add_traits(shared: &Shared<'_>, list: &mut [Made]) {
    let known: Vec<(Anatomy, Uses)> = list.iter().map(|one| (Anatomy::of(&one.query), Uses::of(&one.query))).collect();
    let among = list.iter().zip(&known).map(|(one, (anatomy, uses))| (&one.query, anatomy, uses, one.origin.network));
    let standings = standings(&among.collect::<Vec<_>>());
    for ((one, (anatomy, uses)), standing) in list.iter_mut().zip(&known).zip(&standings) {
        one.traits = traits(shared, &one.query, anatomy, uses, &one.origin, standing);
    }
}

/// The query of some steps; and once more with each row as often as a join meets it, and with what it shows shown another way, where
/// those are other statements.
fn from_steps(asked: &Asked<'_>, features: &Features, parsed: &Parsed, rank: usize) -> Vec<Made> {
    let Ok(built) = build::built(&parsed.steps, features, asked.question, asked.prepared) else { return Vec::new() };
    let Some(query) = sensible(built.query) else { return Vec::new() };
    let origin = Origin {
        network: Some(parsed.score),
        network_least: least(&parsed.per_model),
        beam_rank: Some(rank),
        steps: parsed.steps.len(),
        unknown_values: built.unknown_values.len(),
        ..Origin::default()
    };
    let others = (rank < RELABELLED).then(|| {
        let shown = [relabelled(&query, features, asked.prepared), uncounted(&query, asked.prepared)];
        let shown = shown.into_iter().flatten().map(|query| (query, Origin { relabelled: true, ..origin }));
        let narrower = narrowed(&query, features, asked.prepared).map(|query| (query, Origin { narrowed: true, ..origin }));
        shown.chain(narrower).collect::<Vec<_>>()
    });
    let others = others.into_iter().flatten().filter_map(|(query, origin)| Some((sensible(query)?, origin)));
    let repeating = build::repeating(query.clone());
    let each = [(repeating, Origin { repeats: true, ..origin }), (query, origin)];
    each.into_iter().chain(others).filter_map(|(query, origin)| rendered(asked, query, origin)).collect()
}

fn rendered(asked: &Asked<'_>, query: Query, origin: Origin) -> Option<Made> {
    // What both sides have, or what one has and the other has not, is no question where the sides are the same.
    if matches!(&query, Query::Set { left, right, .. } if left == right) {
        return None;
    }
    let sql = render::sql(&query, asked.prepared.schema(), asked.prepared.graph()).ok()?;
    Some(Made { query, sql, origin, traits: Vec::new(), reading: None, confidence: 0.0 })
}

fn least(scores: &[f32]) -> f32 {
    scores.iter().copied().fold(0.0, f32::min)
}

/// Adds the readings by rules, scored by the network where it has the words for them.
fn from_rules(asked: &Asked<'_>, features: &Features, thought: &mut Thought<'_>, list: &mut Vec<Made>) {
    let (mut unscored, mut said): (Vec<usize>, Vec<Vec<Step>>) = Default::default();
    for (at, reading) in asked.understanding.readings.iter().enumerate() {
        let origin = Origin { rules: reading.confidence as f32, rules_first: at == 0, ..Origin::default() };
        let one = sensible(reading.query.clone()).and_then(|query| rendered(asked, query, origin));
        let Some(one) = one else { continue };
        if let Some(known) = list.iter_mut().find(|known| known.sql == one.sql) {
            if known.reading.is_none() {
                known.reading = Some(at);
                known.origin = Origin { rules: origin.rules, rules_first: origin.rules_first, ..known.origin };
            }
            continue;
        }
        if let Some(steps) = build::steps(&one.query, features, asked.question, asked.prepared) {
            unscored.push(list.len());
            said.push(steps);
        }
        list.push(Made { reading: Some(at), ..one });
    }
    for ((at, steps), scores) in unscored.into_iter().zip(&said).zip(thought.scores(&said)) {
        let mean = scores.iter().sum::<f32>() / scores.len().max(1) as f32;
        let origin = &mut list[at].origin;
        *origin = Origin { network: Some(mean), network_least: least(&scores), steps: steps.len(), ..*origin };
    }
}

/// Above this the rules are sure of a reading.
const RULES_SURE: f32 = 0.85;
/// Below this nothing that was learned is.
const JUDGE_UNSURE: f64 = 0.5;
/// Above this they are more likely right than what nobody believes in.
const RULES_LIKELY: f32 = 0.75;
/// Below this nobody believes in what was learned.
const JUDGE_LOST: f64 = 0.35;
/// How sure such a reading is: on schemas of daily use nine in ten of them are right, on the benchmark's, where it matters which column
/// stands for a row that was asked for, four in ten.
const BY_RULES: f64 = 0.6;
/// How sure one is that is only likely: it is shown as the closest reading, and not answered by default.
const BY_RULES_LIKELY: f64 = 0.48;

/// How sure a reading may be where the groups or the things that are asked for have a name that nothing here has, or where a measure is
/// asked for and only rows are counted: it can only be of something else.
const BY_UNKNOWN: f64 = 0.45;

/// Judges the candidates and orders them, best first; ties stay in the order that they came in.
pub fn judged(asked: &Asked<'_>, mut list: Vec<Made>, forest: Option<&Forest>) -> Vec<Made> {
    let reading = asked.understanding.readings.first();
    let read = reading.is_some_and(|reading| reading.confidence >= 0.5 && rules_alone(&reading.query, asked.prepared));
    let wanted = read || asks_beyond(asked.question);
    let mut scores = scores(&list, forest);
    for (one, score) in list.iter_mut().zip(&mut scores) {
        one.confidence = forest.map_or_else(|| score.exp(), |forest| forest.probability(*score));
        if wanted {
            beyond(one, asked.prepared);
            *score = one.confidence;
        }
    }
    let mut by_score: Vec<(f64, Made)> = scores.into_iter().zip(list).collect();
    by_score.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut list: Vec<Made> = by_score.into_iter().map(|(_, one)| one).collect();
    ask_for_values(asked, &mut list);
    let understood = reading.is_some_and(|reading| reading.words.iter().all(|word| word.meaning != NOT_UNDERSTOOD));
    if understood {
        trust_rules(asked.prepared, &mut list);
    }
    if list.first().is_some_and(|best| is_beside(asked, understood, &best.query)) {
        list.iter_mut().for_each(|one| one.confidence = one.confidence.min(BY_UNKNOWN));
    }
    list.truncate(MOST);
    let first = list.first().map_or(0.0, |one| one.confidence);
    for one in list.iter_mut().skip(1) {
        one.confidence = one.confidence.min(1.0 - first).min(first);
    }
    list
}

/// What the judge makes of each; without one, what the network thinks of it.
fn scores(list: &[Made], forest: Option<&Forest>) -> Vec<f64> {
    let Some(forest) = forest else {
        return list.iter().map(|one| f64::from(one.origin.network.unwrap_or(UNSAID))).collect();
    };
    let traits: Vec<&[f32]> = list.iter().map(|one| one.traits.as_slice()).collect();
    forest.scores(&traits)
}

/// "Which composers have more than 30 tracks": where the rules read what is first, and that the thing that is asked for has a value,
/// theirs is first.
fn ask_for_values(asked: &Asked<'_>, list: &mut [Made]) {
    let Some(best) = list.first() else { return };
    let reading = asked.understanding.readings.first().and_then(|reading| without_null_test(&reading.query));
    if reading.is_some_and(|reading| {
        reading == best.query
            || render::sql(&reading, asked.prepared.schema(), asked.prepared.graph()).is_ok_and(|sql| sql == best.sql)
    }) && let Some(at) = list.iter().position(|one| one.reading == Some(0))
    {
        let confidence = best.confidence;
        list.swap(0, at);
        list[0].confidence = confidence;
    }
}

/// The query without the condition that a column which it groups by has a value.
fn without_null_test(query: &Query) -> Option<Query> {
    let Query::Select(select) = query else { return None };
    let mut bare = select.clone();
    let parts = match bare.filter.take()? {
        Predicate::And(parts) => parts,
        other => vec![other],
    };
    let kept = |part: &Predicate| !matches!(part, Predicate::IsNull { expr, negated: true } if select.group.contains(expr));
    let before = parts.len();
    let parts: Vec<Predicate> = parts.into_iter().filter(kept).collect();
    (parts.len() < before).then(|| {
        bare.filter = Predicate::all(parts);
        Query::Select(bare)
    })
}

/// Where every word is explained and the rules are sure, they go first if nothing else is likely, or if they read a relation off the
/// search path, which the network does not look at.
fn trust_rules(prepared: &Prepared, list: &mut Vec<Made>) {
    let unsure = list.first().is_some_and(|best| best.confidence < JUDGE_UNSURE);
    let elsewhere = |one: &Made| Anatomy::of(&one.query).relations.iter().any(|id| !prepared.schema().relations[*id].visible);
    let lost = list.first().is_some_and(|best| best.confidence < JUDGE_LOST);
    let least = |at: usize| if lost || at == 0 { RULES_LIKELY } else { RULES_SURE };
    let sure = |(at, one): (usize, &Made)| one.origin.rules_first && one.origin.rules >= least(at) && (unsure || elsewhere(one));
    if let Some(at) = list.iter().enumerate().position(sure) {
        let mut reading = list.remove(at);
        let by_rules = if reading.origin.rules >= RULES_SURE { BY_RULES } else { BY_RULES_LIKELY };
        reading.confidence = reading.confidence.max(by_rules);
        list.insert(0, reading);
    }
}

/// What the network was never taught to write (stretches of time that move, periods, shares, medians, ranks) only the rules can
/// read: where a question asks for it, their confidence counts, and that of a candidate without it falls.
fn beyond(one: &mut Made, prepared: &Prepared) {
    if Anatomy::of(&one.query).beyond > 0 || rules_alone(&one.query, prepared) {
        one.confidence = one.confidence.max(f64::from(one.origin.rules));
    } else {
        one.confidence = one.confidence.min(f64::from(one.origin.rules).max(0.3)) * 0.6;
    }
}

/// A query with something in it that only the rules can write: shares, places in groups, time between two columns, rows that are
/// kept though nothing belongs to them, rows passed over, elements of arrays, two rows of one relation compared, other units.
fn rules_alone(query: &Query, prepared: &Prepared) -> bool {
    let Query::Select(select) = query else { return false };
    let mut found = !select.outer.is_empty() || select.offset.is_some();
    let mut look = |part: &Expr| {
        found |= match part {
            Expr::Filtered { .. } | Expr::Window { .. } | Expr::Elapsed { until: Some(_), .. } => true,
            Expr::Aggregate { function, .. } => *function == Aggregate::Median,
            Expr::Column(column) => column.source.role > 0,
            Expr::Arithmetic { op, right, .. } => {
                matches!(op, Arithmetic::Divide | Arithmetic::Multiply) && matches!(**right, Expr::Literal(_))
            }
            _ => false,
        };
    };
    walk::output_exprs(select).for_each(|part| walk::expr(part, &mut look));
    select.filter.iter().for_each(|filter| walk::predicate(filter, &mut look));
    found || select.filter.iter().any(|filter| says_more(filter, prepared))
}

/// Conditions of the same kind: a row beside the one that it refers to, elements of an array, a flag that is 0 or 1.
fn says_more(predicate: &Predicate, prepared: &Prepared) -> bool {
    let column = |used: &ColumnUse| prepared.column((used.source.relation, used.column));
    match predicate {
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().any(|part| says_more(part, prepared)),
        Predicate::Not(part) => says_more(part, prepared),
        Predicate::Compare { left: Expr::Column(left), right: Expr::Literal(Literal::Integer(0 | 1)), .. } => {
            left.source.role > 0 || is_flag(column(left))
        }
        Predicate::Compare { left: Expr::Column(left), right: Expr::Column(right), .. } => left.source.role != right.source.role,
        Predicate::Compare { left: Expr::Column(left), .. } => left.source.role > 0,
        Predicate::Like { expr: Expr::Column(used), .. } => column(used).kind == TypeKind::Array,
        Predicate::Contains { .. } => true,
        _ => false,
    }
}

fn asks_beyond(question: &Question) -> bool {
    const WORDS: [&str; 14] = [
        "median",
        "percent",
        "percentage",
        "share",
        "ratio",
        "proportion",
        "cumulative",
        "running",
        "rank",
        "ranked",
        "ranking",
        "growth",
        "weekday",
        "weekends",
    ];
    let moves = |moment: &Option<Moment>| moment.is_some_and(|moment| !matches!(moment, Moment::Day(_) | Moment::DayTime { .. }));
    !question.buckets.is_empty()
        || question.dates.iter().any(|date| moves(&date.range.from) || moves(&date.range.to) || date.field.is_some())
        || question.tokens.iter().any(|token| WORDS.contains(&token.lower.as_str()) || token.lower == "%")
}

/// The judge that ships. None only where the file does not belong to this code, which a test rules out.
pub fn shipped_forest() -> Option<&'static Forest> {
    static FOREST: OnceLock<Option<Forest>> = OnceLock::new();
    FOREST.get_or_init(|| Forest::read(include_str!("forest.json"), &names()).ok()).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_query_has_its_own_scores() {
        assert_eq!(of_each(&[vec![-1.0, -2.0, -3.0]], 3), [[-1.0], [-2.0], [-3.0]]);
        assert_eq!(of_each(&[vec![-1.0, -2.0], vec![-3.0, -4.0]], 2), [[-1.0, -3.0], [-2.0, -4.0]]);
    }

    #[test]
    fn the_judge_that_ships_belongs_to_this_code() {
        assert!(shipped_forest().is_some());
    }
}
