//! Candidates: what the network writes and what the rules read, put together without repetition, judged, best first.

use std::sync::OnceLock;

use super::beam::Parsed;
use super::build;
use super::features::{self, Features};
use super::grammar::Step;
use super::net::{Network, Panel};
use super::rank::anatomy::Anatomy;
use super::rank::traits::{Origin, Shared, names, traits};
use super::rank::trees::Forest;
use crate::ir::{Moment, Query};
use crate::link::Mention;
use crate::prepared::Prepared;
use crate::question::Question;
use crate::render;
use crate::understand::Reading;

/// The score of a query that the network has no words for, where a number must stand: far below any that it writes.
pub const UNSAID: f32 = -40.0;

/// Queries that the network keeps in hand while it writes.
pub const WIDTH: usize = 8;

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
    /// Names and stored values that the words may mean.
    pub mentions: &'a [Mention],
    /// Readings by rules, best first.
    pub readings: &'a [Reading],
    /// How many words of the question name nothing.
    pub unexplained: usize,
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
        let parsed = panel.parse(WIDTH, &constraints);
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
    let features = features::features(asked.question, asked.prepared, asked.mentions);
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
    let mut scores: Vec<f32> = list.iter().filter_map(|one| one.origin.network).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    let best = scores.first().copied().unwrap_or(UNSAID);
    let next = scores.get(1).copied().unwrap_or(UNSAID);
    let shared = Shared::new(asked.question, &features, asked.prepared, asked.unexplained);
    let count = list.len();
    for one in &mut list {
        one.traits = traits(&shared, &one.query, &one.origin, best, next, count);
    }
    let (joined, Thought { parsed, scored, .. }) = (thought.panel.joined(), thought);
    (list, Written { features, joined, parsed, scored })
}

/// The query of some steps; and once more with each row as often as a join meets it, where that is another statement.
fn from_steps(asked: &Asked<'_>, features: &Features, parsed: &Parsed, rank: usize) -> Vec<Made> {
    let Ok(built) = build::built(&parsed.steps, features, asked.question, asked.prepared) else { return Vec::new() };
    let origin = Origin {
        network: Some(parsed.score),
        network_least: least(&parsed.per_model),
        beam_rank: Some(rank),
        steps: parsed.steps.len(),
        unknown_values: built.unknown_values.len(),
        ..Origin::default()
    };
    let repeating = build::repeating(built.query.clone());
    let each = [(repeating, Origin { repeats: true, ..origin }), (built.query, origin)];
    each.into_iter().filter_map(|(query, origin)| rendered(asked, query, origin)).collect()
}

fn rendered(asked: &Asked<'_>, query: Query, origin: Origin) -> Option<Made> {
    let sql = render::sql(&query, asked.prepared.schema(), asked.prepared.graph()).ok()?;
    Some(Made { query, sql, origin, traits: Vec::new(), reading: None, confidence: 0.0 })
}

fn least(scores: &[f32]) -> f32 {
    scores.iter().copied().fold(0.0, f32::min)
}

/// Adds the readings by rules, scored by the network where it has the words for them.
fn from_rules(asked: &Asked<'_>, features: &Features, thought: &mut Thought<'_>, list: &mut Vec<Made>) {
    let (mut unscored, mut said): (Vec<usize>, Vec<Vec<Step>>) = Default::default();
    for (at, reading) in asked.readings.iter().enumerate() {
        let origin = Origin { rules: reading.confidence as f32, rules_first: at == 0, ..Origin::default() };
        let Some(one) = rendered(asked, reading.query.clone(), origin) else { continue };
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
/// How sure such a reading is: on schemas of daily use nine in ten of them are right, on the benchmark's, where it matters which column
/// stands for a row that was asked for, four in ten.
const BY_RULES: f64 = 0.6;

/// Judges the candidates and orders them, best first; ties stay in the order that they came in.
pub fn judged(asked: &Asked<'_>, mut list: Vec<Made>, forest: Option<&Forest>) -> Vec<Made> {
    let wanted = asks_beyond(asked.question);
    let mut odds: Vec<f64> = Vec::with_capacity(list.len());
    for one in &mut list {
        let log = forest.map_or(f64::from(one.origin.network.unwrap_or(UNSAID)), |forest| forest.log_odds(&one.traits));
        one.confidence = forest.map_or_else(|| log.exp(), |forest| forest.probability(log));
        if wanted {
            beyond(one);
        }
        odds.push(if wanted { one.confidence } else { log });
    }
    let mut by_odds: Vec<(f64, Made)> = odds.into_iter().zip(list).collect();
    by_odds.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut list: Vec<Made> = by_odds.into_iter().map(|(_, one)| one).collect();
    if asked.unexplained == 0 {
        trust_rules(asked.prepared, &mut list);
    }
    list.truncate(MOST);
    let first = list.first().map_or(0.0, |one| one.confidence);
    for one in list.iter_mut().skip(1) {
        one.confidence = one.confidence.min(1.0 - first).min(first);
    }
    list
}

/// Where every word is explained and the rules are sure, they go first if nothing else is likely, or if they read a relation off the
/// search path, which the network does not look at.
fn trust_rules(prepared: &Prepared, list: &mut Vec<Made>) {
    let unsure = list.first().is_some_and(|best| best.confidence < JUDGE_UNSURE);
    let elsewhere = |one: &Made| Anatomy::of(&one.query).relations.iter().any(|id| !prepared.schema().relations[*id].visible);
    let sure = |one: &Made| one.origin.rules_first && one.origin.rules >= RULES_SURE && (unsure || elsewhere(one));
    if let Some(at) = list.iter().position(sure) {
        let mut reading = list.remove(at);
        reading.confidence = reading.confidence.max(BY_RULES);
        list.insert(0, reading);
    }
}

/// What the network was never taught to write (stretches of time that move, periods, shares, medians, ranks) only the rules can
/// read: where a question asks for it, their confidence counts, and that of a candidate without it falls.
fn beyond(one: &mut Made) {
    if Anatomy::of(&one.query).beyond > 0 {
        one.confidence = one.confidence.max(f64::from(one.origin.rules));
    } else {
        one.confidence = one.confidence.min(f64::from(one.origin.rules).max(0.3)) * 0.6;
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
