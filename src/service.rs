//! How a question is answered, from the text that was typed to rows: the use case, in the order of the design.
//!
//! Nothing here calls PostgreSQL or writes SQL: the catalog gives a schema, the engine readings, the guard proof and rows.

use std::rc::Rc;
use std::time::{Duration, Instant};

use nl_query_core::error::{Error, Known, Reading};
use nl_query_core::question;
use nl_query_core::refusal::{Reason, Refusal};
use nl_query_engine::{Answer, Candidate, Refusal as Unanswerable, WordAccount, ir::Day};

use crate::catalog::{self, Origin, Probe, Snapshot};
use crate::guard::{self, Limits, RowSink, Verdict};
use crate::pg::viewpoint;
use crate::settings::{self, Engine};
use crate::stats::{self, Call, Stage};

/// What a question came to before anything was proven.
pub struct Understood {
    snapshot: Rc<Snapshot>,
    answer: Answer,
    limits: Limits,
    started: Instant,
    pub origin: Origin,
    pub times: Times,
}

/// Time by stage; zero where a stage was not reached.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    pub catalog: Duration,
    pub engine: Duration,
    pub probe: Duration,
    pub prove: Duration,
    pub total: Duration,
}

/// A reading that the guard let through.
pub struct Chosen<P> {
    /// Its place among the candidates.
    pub place: usize,
    /// What the guard gave for it: a verdict, or a statement ready to run.
    pub proof: P,
}

/// `guard::check` or `guard::prove`.
type Prover<P> = fn(&str, &Limits) -> Result<P, Refusal>;

/// Answers the question with rows.
pub fn rows(text: &str, sink: &mut dyn RowSink) -> Result<(), Error> {
    let call = Call::begin();
    let mut understood = understand(text)?;
    let chosen = choose_certain(&mut understood, guard::prove)?;
    let run = Instant::now();
    let outcome = chosen.proof.run(&understood.limits, sink).map_err(failed)?;
    stats::count_time(Stage::Run, run.elapsed());
    understood.finish(call, u64::try_from(outcome.rows).unwrap_or(0));
    Ok(())
}

/// Runs SQL that was made of an answer, proven as it stands.
pub fn run(sql: &str, sink: &mut dyn RowSink) -> Result<(), Error> {
    let limits = settings::limits();
    let started = Instant::now();
    guard::prove(sql, &limits).and_then(|proven| proven.run(&limits, sink)).map_err(failed)?;
    stats::count_time(Stage::Run, started.elapsed());
    Ok(())
}

/// Answers the question with SQL that is proven but not run.
pub fn sql(text: &str) -> Result<String, Error> {
    let call = Call::begin();
    let mut understood = understand(text)?;
    let chosen = choose_certain(&mut understood, guard::check)?;
    let sql = understood.candidates()[chosen.place].sql.clone();
    understood.finish(call, 0);
    Ok(sql)
}

/// The readings that would be let through, best first, at most `count`.
pub fn readings(text: &str, count: usize) -> Result<Vec<Reading>, Error> {
    let call = Call::begin();
    let understood = understand(text)?;
    if understood.candidates().is_empty() {
        return Err(understood.unanswerable());
    }
    let allowed = understood.candidates().iter().filter(|candidate| guard::check(&candidate.sql, &understood.limits).is_ok());
    let readings = allowed.take(count).map(reading).collect();
    understood.finish(call, 0);
    Ok(readings)
}

/// Everything there is to say about how the question is read, and whether it would be answered.
pub fn explain(text: &str) -> Result<(Understood, Result<Chosen<Verdict>, Error>), Error> {
    let call = Call::begin();
    let mut understood = understand(text)?;
    let chosen = choose_certain(&mut understood, guard::check);
    understood.times.total = understood.started.elapsed();
    if chosen.is_ok() {
        understood.count_times();
        call.answered(0);
    }
    Ok((understood, chosen))
}

/// From text to candidates: limits, snapshot, engine.
fn understand(text: &str) -> Result<Understood, Error> {
    let started = Instant::now();
    ready()?;
    if settings::engine() == Engine::model {
        return Err(Error::NoModelServer);
    }
    let question = question::normalise(text, settings::max_question_length())?;
    let limits = settings::limits();
    let (snapshot, origin) = snapshot(&limits)?;
    let catalog = started.elapsed();
    let mut probe = Probe::new(&snapshot, settings::probe(), &limits);
    let engine_started = Instant::now();
    let answer = nl_query_engine::answer(&question, &snapshot.prepared, &mut probe, today());
    let probe = probe.spent();
    let engine = engine_started.elapsed().saturating_sub(probe);
    let times = Times { catalog, engine, probe, ..Times::default() };
    Ok(Understood { snapshot, answer, limits, started, origin, times })
}

/// What the role that the answer will run as may read: the caller, or the role of `nl_query.run_as`.
fn snapshot(limits: &Limits) -> Result<(Rc<Snapshot>, Origin), Error> {
    // An ERROR in between gives the role back with the (sub)transaction that it aborts.
    let role = guard::enter_role(limits).map_err(failed)?;
    let snapshot = catalog::snapshot();
    if let Some(role) = role {
        role.end();
    }
    snapshot
}

/// The best reading that holds, or why none is good enough to act upon.
fn choose_certain<P>(understood: &mut Understood, prover: Prover<P>) -> Result<Chosen<P>, Error> {
    let started = Instant::now();
    let chosen = choose(understood, prover);
    understood.times.prove = started.elapsed();
    let chosen = chosen?;
    let minimum = settings::min_confidence();
    let best = &understood.candidates()[chosen.place];
    if best.confidence < minimum {
        return Err(Error::Unsure { reading: Box::new(reading(best)), minimum });
    }
    Ok(chosen)
}

/// The first candidate that the guard lets through. A candidate that is wrong SQL gives way to the next; one that is refused for
/// what it would do or cost does not, because the next reading would answer another question than the one that was understood.
fn choose<P>(understood: &Understood, prover: Prover<P>) -> Result<Chosen<P>, Error> {
    let mut first: Option<(Box<Reading>, Box<Refusal>)> = None;
    for (place, candidate) in understood.candidates().iter().enumerate() {
        match prover(&candidate.sql, &understood.limits) {
            Ok(proof) => return Ok(Chosen { place, proof }),
            Err(refusal) => {
                stats::count_refusal(refusal.reason);
                let mistake = is_mistake(refusal.reason);
                let (reading, refusal) = first.get_or_insert_with(|| (Box::new(reading(candidate)), Box::new(refusal)));
                if !mistake {
                    return Err(Error::NotProven { reading: reading.clone(), refusal: refusal.clone() });
                }
            }
        }
    }
    match first {
        Some((reading, refusal)) => Err(Error::NotProven { reading, refusal }),
        None => Err(understood.unanswerable()),
    }
}

/// A refusal that ends the question.
fn failed(refusal: Refusal) -> Error {
    stats::count_refusal(refusal.reason);
    Error::Failed { refusal: Box::new(refusal) }
}

/// Whoever wrote the statement wrote something that is no valid SQL over this schema.
fn is_mistake(reason: Reason) -> bool {
    matches!(reason, Reason::Syntax | Reason::Empty | Reason::UnknownName | Reason::Analysis)
}

fn reading(candidate: &Candidate) -> Reading {
    Reading { sql: candidate.sql.clone(), paraphrase: candidate.paraphrase.clone(), confidence: candidate.confidence }
}

/// What must hold before anything is asked.
pub fn ready() -> Result<(), Error> {
    if !stats::available() {
        return Err(Error::NotPreloaded);
    }
    viewpoint::foreign_encoding().map_or(Ok(()), |encoding| Err(Error::Encoding { encoding }))
}

fn today() -> Day {
    let (year, month, day) = viewpoint::today();
    Day { year, month, day }
}

impl Understood {
    pub fn candidates(&self) -> &[Candidate] {
        &self.answer.candidates
    }

    pub fn words(&self) -> &[WordAccount] {
        &self.answer.words
    }

    /// Relations that were not looked at.
    pub fn left_out(&self) -> usize {
        self.snapshot.left_out
    }

    /// Why there is no candidate.
    fn unanswerable(&self) -> Error {
        match &self.answer.refusal {
            Some(Unanswerable::EmptyQuestion) => Error::EmptyQuestion,
            Some(Unanswerable::EmptySchema) => Error::NothingReadable,
            Some(Unanswerable::Unknown { words }) => Error::UnknownWords { words: words.clone(), known: self.known() },
            Some(Unanswerable::NoSuchDay { day }) => Error::NoSuchDay { day: day.clone() },
            Some(Unanswerable::OutOfScope { what }) => Error::OutOfScope { what: what.clone() },
            _ if self.snapshot.prepared.schema().relations.is_empty() => Error::NothingReadable,
            Some(Unanswerable::NothingRecognised) | None => Error::NothingRecognised { known: self.known() },
        }
    }

    /// A few names to ask about: the largest relations that need no schema name.
    fn known(&self) -> Known {
        let mut relations: Vec<_> =
            self.snapshot.prepared.schema().relations.iter().filter(|relation| relation.visible).collect();
        relations.sort_by(|left, right| right.rows.total_cmp(&left.rows).then_with(|| left.name.cmp(&right.name)));
        let names = relations.iter().take(8).map(|relation| relation.name.clone()).collect();
        Known { names, left_out: self.left_out() }
    }

    fn finish(mut self, call: Call, rows: u64) {
        self.times.total = self.started.elapsed();
        self.count_times();
        call.answered(rows);
    }

    fn count_times(&self) {
        let Times { catalog, engine, probe, prove, total } = self.times;
        let stages = [(Stage::Catalog, catalog), (Stage::Engine, engine), (Stage::Prove, prove), (Stage::Total, total)];
        stages.into_iter().for_each(|(stage, time)| stats::count_time(stage, time));
        if !probe.is_zero() {
            stats::count_time(Stage::Probe, probe);
        }
    }
}
