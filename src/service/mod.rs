//! How a question is answered, from the text that was typed to rows: the use case, in the order of the design.
//!
//! Nothing here calls PostgreSQL or writes SQL: the cache recalls, the catalog gives a schema, the engine readings, the guard proof
//! and rows.

mod proof;
mod understood;

use std::rc::Rc;
use std::time::{Duration, Instant};

use nl_query_core::error::{Error, Reading};
use nl_query_core::refusal::{Reason, Refusal};
use nl_query_engine::{Candidate, ir::Day};

use crate::cache::{self, Asking, Hit, Level, Reach, Statement, generation};
use crate::catalog::{self, Probe};
use crate::guard::{self, Limits, Proven, RowSink, Verdict};
use crate::pg::viewpoint;
use crate::settings::{self, Engine};
use crate::stats::{self, Call, Stage};

use proof::{Allowed, Proof};
pub use understood::Understood;

/// A question that has its answer.
struct Answered<P> {
    statement: Rc<Statement>,
    proof: P,
    limits: Rc<Limits>,
}

/// A reading that the guard let through.
pub struct Chosen<P> {
    /// Its place among the candidates.
    pub place: usize,
    /// What the guard gave for it.
    pub proof: P,
}

/// Answers the question with rows.
pub fn rows(text: &str, sink: &mut dyn RowSink) -> Result<(), Error> {
    let mut call = Call::begin();
    let Answered { statement, proof, limits } = answer::<Proven>(&mut call, text)?;
    let run = Instant::now();
    let outcome = proof.run(&limits, sink).map_err(failed)?;
    call.spent(Stage::Run, run.elapsed());
    call.answered(statement.engine, u64::try_from(outcome.rows).unwrap_or(0));
    Ok(())
}

/// Runs SQL that was made of an answer, proven as it stands. The question has been counted.
pub fn run(sql: &str, sink: &mut dyn RowSink) -> Result<(), Error> {
    let limits = settings::limits();
    guard::prove(sql, &limits).and_then(|proven| proven.run(&limits, sink)).map(drop).map_err(failed)
}

/// Answers the question with SQL that is proven but not run.
pub fn sql(text: &str) -> Result<String, Error> {
    let mut call = Call::begin();
    let answered = answer::<Allowed>(&mut call, text)?;
    let sql = answered.statement.sql.clone();
    call.answered(answered.statement.engine, 0);
    Ok(sql)
}

/// The readings that would be let through, best first, at most `count`.
pub fn readings(text: &str, count: usize) -> Result<Vec<Reading>, Error> {
    let mut call = Call::begin();
    let limits = settings::limits();
    let (_, question) = ask(&mut call, text, &limits)?;
    let understood = understand(&mut call, &question, &limits)?;
    if understood.candidates().is_empty() {
        return Err(understood.unanswerable());
    }
    let allowed = understood.candidates().iter().filter(|candidate| guard::check(&candidate.sql, &limits).is_ok());
    let readings = allowed.take(count).map(reading).collect();
    call.answered(cache::Engine::Embedded, 0);
    Ok(readings)
}

/// Everything there is to say about how a question is read.
pub struct Explained {
    pub understood: Understood,
    /// Whether it would be answered.
    pub chosen: Result<Chosen<Verdict>, Error>,
    /// Where its answer is remembered.
    pub remembered: Option<Level>,
    /// By stage, in their order; zero where one was not reached.
    pub times: Vec<(Stage, Duration)>,
}

/// How the question is read, and whether it would be answered. The engine reads it anew also where its answer is remembered.
pub fn explain(text: &str) -> Result<Explained, Error> {
    let mut call = Call::begin();
    let limits = settings::limits();
    let (asking, question) = ask(&mut call, text, &limits)?;
    let remembered = cache::peek(&asking, today);
    let understood = understand(&mut call, &question, &limits)?;
    let chosen = choose(&mut call, &understood, &limits, guard::check);
    let chosen = chosen.and_then(|chosen| {
        let best = &understood.candidates()[chosen.place];
        sure(best.confidence, || reading(best)).map(|()| chosen)
    });
    call.spent(Stage::Total, call.elapsed());
    let times = Stage::ALL.iter().map(|stage| (*stage, call.time(*stage))).collect();
    if chosen.is_ok() {
        call.answered(cache::Engine::Embedded, 0);
    }
    Ok(Explained { understood, chosen, remembered, times })
}

/// Reads the catalog for everybody and answers the questions that this role asks most; how many have their answers.
pub fn warm() -> Result<u64, Error> {
    ready()?;
    let limits = settings::limits();
    catalog::take_notice();
    guard::as_answering_role(&limits, catalog::snapshot).map_err(failed)??;
    let answered =
        stats::most_asked(WARMED).into_iter().filter(|question| answer::<Allowed>(&mut Call::silent(), question).is_ok());
    Ok(answered.count() as u64)
}

/// Questions that [`warm`] answers at most: some hundred milliseconds.
const WARMED: usize = 100;

/// The answer: remembered by this backend, by the cluster, or new.
fn answer<P: Proof>(call: &mut Call, text: &str) -> Result<Answered<P>, Error> {
    ready()?;
    let looking = Instant::now();
    let limits = settings::shared_limits();
    let mut asking = Asking::begin(text, &limits)?;
    if let Some(hit) = cache::recall_local(&asking, &limits, today) {
        call.ask(&hit.question);
        call.spent(Stage::Cache, looking.elapsed());
        if let Some(answered) = take(call, &asking, hit, &limits)? {
            return Ok(answered);
        }
    }
    let question = asking.read(text)?;
    call.ask(&question);
    let hit = cache::recall_shared(&asking, &question, today);
    let refusal = if hit.is_none() { cache::recall_refusal(&asking, &limits) } else { None };
    call.spent(Stage::Cache, looking.elapsed());
    if let Some(error) = refusal {
        call.hit();
        count_again(&error);
        return Err(error);
    }
    if let Some(hit) = hit
        && let Some(answered) = take(call, &asking, hit, &limits)?
    {
        return Ok(answered);
    }
    find(call, &asking, &question, limits)
}

/// Something remembered, proven; none where it does not hold any more, and is forgotten.
fn take<P: Proof>(call: &mut Call, asking: &Asking, hit: Hit, limits: &Rc<Limits>) -> Result<Option<Answered<P>>, Error> {
    let proof = match P::known(&hit) {
        Some(proof) => proof,
        None => {
            let proving = Instant::now();
            let proof = P::prove(&hit.statement.sql, limits);
            call.spent(Stage::Prove, proving.elapsed());
            let Ok(proof) = proof else {
                cache::forget(asking, hit.level);
                return Ok(None);
            };
            cache::note_proof(asking, limits, proof.query_id());
            proof
        }
    };
    call.hit();
    call.identify(proof.query_id());
    let Hit { statement, .. } = hit;
    sure(statement.confidence, || reading_of(&statement))?;
    Ok(Some(Answered { statement, proof, limits: Rc::clone(limits) }))
}

/// A new answer, remembered, or a refusal, remembered for a moment.
fn find<P: Proof>(call: &mut Call, asking: &Asking, question: &str, limits: Rc<Limits>) -> Result<Answered<P>, Error> {
    // Before any row is looked at.
    let writes = if asking.reach() > Reach::Nowhere { Some(generation::watch_writes()) } else { None };
    let understood = understand(call, question, &limits)?;
    let memorable = understood.is_memorable();
    let chosen = choose(call, &understood, &limits, P::prove);
    let Chosen { place, proof } = match chosen {
        Ok(chosen) => chosen,
        Err(error) => {
            let of_data = understood.answer.depends_on_data || matches!(error, Error::NotProven { .. });
            if memorable {
                cache::remember_refusal(asking, &limits, &error, writes.filter(|_| of_data));
            }
            return Err(error);
        }
    };
    call.identify(proof.query_id());
    let thinking = Instant::now();
    let statement = understood.statement(place, asking).without_rows(writes.filter(|_| understood.has_missed()));
    call.spent(Stage::Engine, thinking.elapsed());
    let statement = if memorable { cache::remember(asking, question, statement) } else { Rc::new(statement) };
    cache::note_proof(asking, &limits, proof.query_id());
    sure(statement.confidence, || reading_of(&statement))?;
    Ok(Answered { statement, proof, limits })
}

/// Who asks what, for those who do not want what is remembered.
fn ask(call: &mut Call, text: &str, limits: &Limits) -> Result<(Asking, String), Error> {
    ready()?;
    let mut asking = Asking::begin(text, limits)?;
    let question = asking.read(text)?;
    call.ask(&question);
    Ok((asking, question))
}

/// From the question to candidates: snapshot, engine.
fn understand(call: &mut Call, question: &str, limits: &Limits) -> Result<Understood, Error> {
    if settings::engine() == Engine::model {
        return Err(Error::NoModelServer);
    }
    let reading_catalog = Instant::now();
    let (snapshot, origin) = guard::as_answering_role(limits, catalog::snapshot).map_err(failed)??;
    call.spent(Stage::Catalog, reading_catalog.elapsed());
    let mut probe = Probe::new(&snapshot, settings::probe(), limits);
    let thinking = Instant::now();
    let answer = nl_query_engine::answer(question, &snapshot.prepared, &mut probe, today());
    let probing = probe.spent();
    call.spent(Stage::Engine, thinking.elapsed().saturating_sub(probing));
    call.spent(Stage::Probe, probing);
    let cut_short = probe.is_cut_short();
    Ok(Understood { snapshot, answer, cut_short, origin })
}

/// Refuses to act upon a reading that is not certain enough.
fn sure(confidence: f64, reading: impl FnOnce() -> Reading) -> Result<(), Error> {
    let minimum = settings::min_confidence();
    if confidence < minimum { Err(Error::Unsure { reading: Box::new(reading()), minimum }) } else { Ok(()) }
}

/// The first candidate that the guard lets through. A candidate that is wrong SQL gives way to the next; one that is refused for
/// what it would do or cost does not, because the next reading would answer another question than the one that was understood.
fn choose<P>(
    call: &mut Call,
    understood: &Understood,
    limits: &Limits,
    prove: fn(&str, &Limits) -> Result<P, Refusal>,
) -> Result<Chosen<P>, Error> {
    let mut first: Option<(Box<Reading>, Box<Refusal>)> = None;
    for (place, candidate) in understood.candidates().iter().enumerate() {
        let proving = Instant::now();
        let proof = prove(&candidate.sql, limits);
        call.spent(Stage::Prove, proving.elapsed());
        match proof {
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

fn reading_of(statement: &Statement) -> Reading {
    Reading { sql: statement.sql.clone(), paraphrase: statement.paraphrase.clone(), confidence: statement.confidence }
}

/// A refusal of the guard that is remembered is one more refusal.
fn count_again(error: &Error) {
    if let Error::NotProven { refusal, .. } = error {
        stats::count_refusal(refusal.reason);
    }
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
