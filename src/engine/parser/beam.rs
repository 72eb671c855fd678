//! Searches for the likeliest queries: several are written side by side, step by step, and the best are kept.
//!
//! With several models, they choose each step together by the mean of their logarithms ([`Mode::Together`]); or each finds its own
//! queries and then all judge all of them ([`Mode::Each`]). [`Constraints`] can forbid choices; what is forbidden is skipped, the
//! probabilities of the rest stay as they are, so that scores are those that [`Network::score`] gives. The same input gives the same
//! answer: ties go to the earlier query, then to the earlier choice.

use super::constraints::Constraints;
use super::features::Features;
use super::grammar::{self, BLOCK, Choice, Step, Symbol};
use super::net::decoder::{Ask, Decoder, States};
use super::net::{Network, Panel};

/// Queries longer than this are given up.
pub const MOST_STEPS: usize = 100;

/// A query that is being written and lags the best of its length by more than this (in units of the logarithm) is given up. On 1800
/// questions over schemas that the network had not seen, 5 here and in [`BEHIND`] takes a third more steps, has a right query among
/// all that are found for one in a hundred more, and answers one of the 1800 more rightly.
const LAG: f32 = 4.0;

/// What lags the best whole query by more than this is given up: it is a twelfth as likely, and can only fall.
const BEHIND: f32 = 2.5;

/// Queries that one model writes side by side.
pub(super) const ALONE: usize = 8;

/// Queries that several models write side by side: together they are surer of their way, and each step costs as many times more.
pub(super) const JOINED: usize = 6;

/// Where the best query leads the next by more than this, no other model is asked. On 1200 questions over schemas that the models had
/// not seen, with two models: 52 of 100 questions need only the first, and 5 of the 1200 that both answer rightly are lost; with 2.0
/// it is 43 of 100, and 2.
const CLEAR: f32 = 1.5;

/// How several models work together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Every step is chosen by all.
    #[default]
    Together,
    /// Each finds its own queries; all judge all of them.
    Each,
}

/// A query that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    pub steps: Vec<Step>,
    /// The sum over the steps of the mean over the models of the logarithm of the probability.
    pub score: f32,
    /// The same for each model by itself.
    pub per_model: Vec<f32>,
}

impl Network {
    /// The likeliest queries, best first: `width` are written side by side.
    pub fn parse(&self, features: &Features, width: usize, constraints: &dyn Constraints) -> Vec<Parsed> {
        self.panel(features).parse_together(width, constraints)
    }

    /// [`Network::parse`] by some of the models.
    pub fn parse_by(
        &self,
        features: &Features,
        width: usize,
        constraints: &dyn Constraints,
        models: &[usize],
        mode: Mode,
    ) -> Vec<Parsed> {
        let mut panel = self.panel_of(features, models.to_vec());
        match mode {
            Mode::Together => panel.parse_together(width, constraints),
            Mode::Each => panel.parse_each(width, constraints),
        }
    }

    /// For each model, the logarithm of the probability of each query; negative infinity for what is none of the grammar.
    pub fn score(&self, features: &Features, queries: &[Vec<Step>]) -> Vec<Vec<f32>> {
        self.panel(features).score(queries)
    }

    /// For each of the models, for each query, the logarithm of the probability of every step.
    pub fn step_scores(&self, features: &Features, queries: &[Vec<Step>], models: &[usize]) -> Vec<Vec<Vec<f32>>> {
        self.panel_of(features, models.to_vec()).step_scores(queries)
    }
}

impl Panel<'_> {
    /// The likeliest queries, best first. The first model writes alone; where its best is not clearly the likeliest, all write, for two
    /// would settle only one in five of these questions. Where the question is in `doubt`, all write from the start: one model alone is
    /// too sure of itself, and of 120 questions without an answer 5 more would be answered.
    pub fn parse(&mut self, constraints: &dyn Constraints, doubt: bool) -> Vec<Parsed> {
        let all = self.models();
        if !doubt && all > 1 {
            self.join(1);
            if let Some(found) = Search::new(self.decoders(), ALONE, constraints).clear() {
                return found;
            }
        }
        self.join(all);
        self.parse_together(if all > 1 { JOINED } else { ALONE }, constraints)
    }

    /// The likeliest queries, every step chosen by all models that have joined.
    pub fn parse_together(&mut self, width: usize, constraints: &dyn Constraints) -> Vec<Parsed> {
        Search::new(self.decoders(), width, constraints).run()
    }

    /// The likeliest by the mean of the models among those that each finds by itself.
    fn parse_each(&mut self, width: usize, constraints: &dyn Constraints) -> Vec<Parsed> {
        let mut found: Vec<Vec<Step>> = Vec::new();
        for decoder in self.decoders() {
            let alone = Search::new(std::slice::from_mut(decoder), width, constraints).run();
            found.extend(alone.into_iter().map(|one| one.steps));
        }
        found.sort();
        found.dedup();
        self.judged(found)
    }

    /// Queries with their scores, best first.
    fn judged(&mut self, found: Vec<Vec<Step>>) -> Vec<Parsed> {
        let scores = self.score(&found);
        let judged = found.into_iter().enumerate().map(|(at, steps)| {
            let per_model: Vec<f32> = scores.iter().map(|scores| scores[at]).collect();
            Parsed { steps, score: mean(per_model.iter().copied()), per_model }
        });
        best_first(judged.collect())
    }

    /// For each model that has joined, the logarithm of the probability of each query; negative infinity for what is none of the
    /// grammar.
    pub fn score(&mut self, queries: &[Vec<Step>]) -> Vec<Vec<f32>> {
        self.step_scores(queries).iter().map(|queries| sums(queries)).collect()
    }

    fn step_scores(&mut self, queries: &[Vec<Step>]) -> Vec<Vec<Vec<f32>>> {
        self.decoders().iter_mut().map(|decoder| step_scores(decoder, queries)).collect()
    }
}

/// Whether no other model need be asked.
fn is_clear(found: &[Parsed]) -> bool {
    match found {
        [best, next, ..] => best.score - next.score > CLEAR,
        [_] => true,
        [] => false,
    }
}

fn sums(queries: &[Vec<f32>]) -> Vec<f32> {
    queries.iter().map(|steps| steps.iter().sum()).collect()
}

fn mean(numbers: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = numbers.len() as f32;
    numbers.sum::<f32>() / count
}

fn best_first(mut found: Vec<Parsed>) -> Vec<Parsed> {
    found.sort_by(|one, other| other.score.total_cmp(&one.score).then_with(|| one.steps.cmp(&other.steps)));
    found
}

/// A query that is being written: the steps taken, and the symbols that stand open with the productions that opened them.
#[derive(Debug, Clone)]
pub struct Derivation {
    pub steps: Vec<Step>,
    /// The next one last. Never a block: its parts are opened at once.
    open: Vec<(Symbol, Option<usize>)>,
}

impl Default for Derivation {
    fn default() -> Self {
        Derivation { steps: Vec::new(), open: vec![(Symbol::Query, None)] }
    }
}

impl Derivation {
    /// The open symbol, and the production that opened it.
    pub fn open(&self) -> Option<(Symbol, Option<usize>)> {
        self.open.last().copied()
    }

    /// Writes the open symbol.
    pub fn take(&mut self, choice: Choice) {
        let Some((symbol, _)) = self.open.pop() else { return };
        self.steps.push((symbol, choice));
        let Choice::Production(number) = choice else { return };
        let opens = grammar::productions().get(number).map_or(&[][..], |production| &production.opens);
        for opened in opens.iter().rev() {
            match opened {
                // A block hands on what opened the symbol that it belongs to: it has no production of its own.
                Symbol::Block => self.open.extend(BLOCK.iter().rev().map(|part| (*part, Some(number)))),
                other => self.open.push((*other, Some(number))),
            }
        }
    }

    fn ask(&self) -> Option<Ask> {
        let (symbol, parent) = self.open()?;
        Some(Ask { before: self.steps.last().map(|(_, choice)| *choice), symbol, parent })
    }
}

/// Queries that begin alike, and what they have in common so far.
struct Alike {
    written: Derivation,
    queries: Vec<usize>,
}

/// The logarithm of the probability of every step of some queries. Ends with negative infinity where a query leaves the grammar. What
/// queries have in common is computed once.
fn step_scores(decoder: &mut Decoder, queries: &[Vec<Step>]) -> Vec<Vec<f32>> {
    let mut scores: Vec<Vec<f32>> = vec![Vec::new(); queries.len()];
    let mut rows = vec![Alike { written: Derivation::default(), queries: (0..queries.len()).collect() }];
    rows.retain(|row| !row.queries.is_empty());
    let mut states = decoder.begin(rows.len());
    while !rows.is_empty() {
        let asks: Vec<Ask> = rows.iter().filter_map(|row| row.written.ask()).collect();
        decoder.step(&mut states, &asks);
        let (mut next, mut kept): (Vec<Alike>, Vec<usize>) = Default::default();
        for (nth, row) in rows.iter().enumerate() {
            let first = next.len();
            for query in &row.queries {
                let step = queries[*query].get(row.written.steps.len()).filter(|(symbol, _)| *symbol == asks[nth].symbol);
                let option = step.and_then(|(symbol, choice)| decoder.shape().option(&decoder.shape().options(*symbol), *choice));
                scores[*query].push(option.map_or(f32::NEG_INFINITY, |option| decoder.chances().row(nth)[option]));
                let (Some(step), Some(_)) = (step, option) else { continue };
                if let Some(known) = next[first..].iter_mut().find(|known| known.written.steps.last() == Some(step)) {
                    known.queries.push(*query);
                    continue;
                }
                let mut written = row.written.clone();
                written.take(step.1);
                next.push(Alike { written, queries: vec![*query] });
                kept.push(nth);
            }
        }
        (rows, kept) = open_ones(next, kept, queries, &mut scores);
        states = decoder.picked(&states, &kept);
    }
    scores
}

/// Those with something left to be written. A query that goes on though nothing is left has left the grammar.
fn open_ones(rows: Vec<Alike>, from: Vec<usize>, queries: &[Vec<Step>], scores: &mut [Vec<f32>]) -> (Vec<Alike>, Vec<usize>) {
    let (open, ended): (Vec<_>, Vec<_>) = rows.into_iter().zip(from).partition(|(row, _)| row.written.open().is_some());
    for (row, _) in ended {
        for query in row.queries.into_iter().filter(|query| row.written.steps.len() < queries[*query].len()) {
            scores[query].push(f32::NEG_INFINITY);
        }
    }
    open.into_iter().unzip()
}

/// A query on the beam.
#[derive(Debug, Clone)]
struct Hypothesis {
    query: Derivation,
    score: f32,
    per_model: Vec<f32>,
}

/// A way to go on with a hypothesis.
#[derive(Debug, Clone, Copy)]
struct Way {
    score: f32,
    from: usize,
    option: usize,
}

struct Search<'a, 'n> {
    decoders: &'a mut [Decoder<'n>],
    width: usize,
    constraints: &'a dyn Constraints,
    found: Vec<Parsed>,
}

impl<'a, 'n> Search<'a, 'n> {
    fn new(decoders: &'a mut [Decoder<'n>], width: usize, constraints: &'a dyn Constraints) -> Self {
        Search { decoders, width: width.max(1), constraints, found: Vec::new() }
    }

    /// What is found, best first.
    fn run(self) -> Vec<Parsed> {
        self.until(|_, _| false).unwrap_or_default()
    }

    /// What is found where its best is clearly the likeliest. The search ends when that can no longer be.
    fn clear(self) -> Option<Vec<Parsed>> {
        self.until(Self::stays_unclear).filter(|found| is_clear(found))
    }

    /// What is found, best first; none where it is given up behind a step.
    fn until(mut self, given_up: impl Fn(&Self, &[Hypothesis]) -> bool) -> Option<Vec<Parsed>> {
        if self.decoders.is_empty() {
            return Some(Vec::new());
        }
        let mut live = vec![Hypothesis { query: Derivation::default(), score: 0.0, per_model: vec![0.0; self.decoders.len()] }];
        let mut states: Vec<States> = self.decoders.iter().map(|decoder| decoder.begin(1)).collect();
        for _ in 0..MOST_STEPS {
            let asks: Vec<Ask> = live.iter().filter_map(|one| one.query.ask()).collect();
            self.decoders.iter_mut().zip(&mut states).for_each(|(decoder, states)| decoder.step(states, &asks));
            let ways = self.ways(&live);
            let mut next = Vec::new();
            let mut rows = Vec::new();
            for (way, choice) in self.chosen(&live, ways) {
                let mut one = live[way.from].clone();
                one.query.take(choice);
                one.score = way.score;
                for (sum, decoder) in one.per_model.iter_mut().zip(self.decoders.iter()) {
                    *sum += decoder.chances().row(way.from)[way.option];
                }
                if one.query.open().is_some() {
                    next.push(one);
                    rows.push(way.from);
                } else {
                    self.found.push(Parsed { steps: one.query.steps, score: one.score, per_model: one.per_model });
                }
            }
            if self.settled(&next) {
                break;
            }
            if given_up(&self, &next) {
                return None;
            }
            live = next;
            states = self.decoders.iter().zip(&states).map(|(decoder, states)| decoder.picked(states, &rows)).collect();
        }
        let mut found = best_first(self.found);
        found.truncate(self.width);
        Some(found)
    }

    /// Every way to go on.
    fn ways(&self, live: &[Hypothesis]) -> Vec<Way> {
        let mut ways = Vec::new();
        let count = self.decoders.len() as f32;
        for (from, one) in live.iter().enumerate() {
            let rows: Vec<&[f32]> = self.decoders.iter().map(|decoder| decoder.chances().row(from)).collect();
            for option in 0..rows[0].len() {
                let sum: f32 = rows.iter().map(|row| row[option]).sum();
                ways.push(Way { score: one.score + sum / count, from, option });
            }
        }
        ways
    }

    /// The best ways that are allowed. They are looked at in bands, so that the many bad ones need not be sorted.
    fn chosen(&self, live: &[Hypothesis], mut ways: Vec<Way>) -> Vec<(Way, Choice)> {
        let least_whole = self.found.iter().map(|one| one.score).fold(f32::NEG_INFINITY, f32::max) - BEHIND;
        let shape = self.decoders[0].shape();
        let least = |best: Option<&(Way, Choice)>| best.map_or(least_whole, |(way, _)| least_whole.max(way.score - LAG));
        let mut chosen: Vec<(Way, Choice)> = Vec::new();
        loop {
            let top = ways.iter().map(|way| way.score).fold(f32::NEG_INFINITY, f32::max);
            if !top.is_finite() || top < least(chosen.first()) || chosen.len() >= self.width {
                return chosen;
            }
            let mut band: Vec<Way> = ways.iter().filter(|way| way.score >= top - LAG).copied().collect();
            ways.retain(|way| way.score < top - LAG);
            band.sort_unstable_by(|one, other| {
                other.score.total_cmp(&one.score).then_with(|| (one.from, one.option).cmp(&(other.from, other.option)))
            });
            for way in band {
                if chosen.len() >= self.width || way.score < least(chosen.first()) {
                    return chosen;
                }
                let query = &live[way.from].query;
                let Some((symbol, _)) = query.open() else { continue };
                let choice = shape.choice(&shape.options(symbol), way.option);
                if self.constraints.allowed(&query.steps, symbol, choice) {
                    chosen.push((way, choice));
                }
            }
        }
    }

    /// Whether two whole queries are so close that whatever becomes of those that are being written (their scores only fall), the
    /// best is not clear.
    fn stays_unclear(&self, live: &[Hypothesis]) -> bool {
        let best = self.found.iter().map(|one| one.score).fold(f32::NEG_INFINITY, f32::max);
        let close = self.found.iter().filter(|one| best - one.score <= CLEAR).count() > 1;
        close && live.iter().all(|one| one.score - best <= CLEAR)
    }

    /// Whether nothing that is being written can come among the best found.
    fn settled(&self, live: &[Hypothesis]) -> bool {
        let Some(best) = live.iter().map(|one| one.score).reduce(f32::max) else { return true };
        self.found.iter().filter(|one| one.score >= best).count() >= self.width
    }
}
