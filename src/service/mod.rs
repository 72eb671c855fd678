//! How a question is answered, from the text that was typed to rows: the use case, in the order of the design.
//!
//! Nothing here calls PostgreSQL or writes SQL: the cache recalls, the catalog gives a schema, the engine readings, a model SQL where
//! the engine has none, the guard proof and rows.

mod explain;
mod model;
mod preview;
mod proof;
mod understood;

use std::rc::Rc;
use std::time::Instant;

use nl_query_core::error::{Error, Reading};
use nl_query_core::refusal::Refusal;
use nl_query_engine::{Candidate, ir::Day};

use crate::cache::{self, Asking, Hit, Reach, Statement, generation};
use crate::catalog;
use crate::guard::{self, Limits, Proven, RowSink};
use crate::pg::{attempt, viewpoint};
use crate::queue::progress::{self, Progress};
use crate::settings::{self, Engine};
use crate::stats::{self, Call, Stage};

use model::{Conversation, Manner};
use proof::{Allowed, Proof};
use understood::understand;

pub use explain::{Explained, Shown, explain};
pub use model::{Preview, Status, batch, cancel, fetch, status, submit};
pub use preview::prompt;
pub use understood::Understood;

/// A question that has its answer.
pub(in crate::service) struct Answered<P> {
    statement: Rc<Statement>,
    proof: P,
    limits: Rc<Limits>,
}

/// A question whose answer is there, or is a model's to give.
enum Begun<P> {
    Answered(Answered<P>),
    /// Nobody has been asked yet.
    Asking(Box<Conversation>),
}

/// A question that the embedded engine has no answer to.
pub(in crate::service) struct Unanswered {
    error: Error,
    /// What it would have written, for a model to see.
    drafts: Vec<String>,
}

/// A reading that the guard let through.
struct Chosen<P> {
    /// Its place among the candidates.
    place: usize,
    /// What the guard gave for it.
    proof: P,
}

/// Answers the question with rows.
pub fn rows(text: &str, sink: &mut dyn RowSink) -> Result<(), Error> {
    let mut call = Call::begin();
    let Answered { statement, proof, limits } = answer::<Proven>(&mut call, text)?;
    let progress = Progress::begin(viewpoint::user());
    progress.at(progress::Stage::Running, 1);
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

/// The readings that would be let through, best first, at most `count`: the embedded engine's. A model has one, and is asked for it only
/// where the engine must not be.
pub fn readings(text: &str, count: usize) -> Result<(Vec<Reading>, cache::Engine), Error> {
    let mut call = Call::begin();
    if settings::engine() == Engine::model {
        let answered = answer::<Allowed>(&mut call, text)?;
        let engine = answered.statement.engine;
        call.answered(engine, 0);
        return Ok((vec![reading_of(&answered.statement)], engine));
    }
    let limits = settings::limits();
    let (_, question) = ask(&mut call, text, &limits)?;
    let understood = understand(&mut call, &question, &limits)?;
    if understood.candidates().is_empty() {
        return Err(understood.unanswerable());
    }
    let allowed = understood.candidates().iter().filter(|candidate| guard::check(&candidate.sql, &limits).is_ok());
    let readings = allowed.take(count).map(reading).collect();
    call.answered(cache::Engine::Embedded, 0);
    Ok((readings, cache::Engine::Embedded))
}

/// Reads the catalog for everybody and answers the questions that this role asks most, as far as that costs nothing: no model is asked.
/// How many have their answers.
pub fn warm() -> Result<u64, Error> {
    ready()?;
    let limits = settings::limits();
    catalog::take_notice();
    guard::as_answering_role(&limits, catalog::snapshot).map_err(failed)??;
    let is_answered =
        |question: &String| matches!(begin::<Allowed>(&mut Call::silent(), question, Manner::Session), Ok(Begun::Answered(_)));
    Ok(stats::most_asked(WARMED).into_iter().filter(is_answered).count() as u64)
}

/// Questions that [`warm`] answers at most: some hundred milliseconds.
const WARMED: usize = 100;

/// The answer, whoever has it.
fn answer<P: Proof>(call: &mut Call, text: &str) -> Result<Answered<P>, Error> {
    match begin(call, text, Manner::Session)? {
        Begun::Answered(answered) => Ok(answered),
        Begun::Asking(conversation) => model::finish(*conversation, call),
    }
}

/// The answer: remembered by this backend, by the cluster, or new; or the conversation with a model that has to begin.
fn begin<P: Proof>(call: &mut Call, text: &str, manner: Manner) -> Result<Begun<P>, Error> {
    ready()?;
    let looking = Instant::now();
    let limits = settings::shared_limits();
    let mut asking = Asking::begin(text, &limits)?;
    let least = least_confidence();
    if let Some(hit) = cache::recall_local(&asking, &limits, least, today) {
        call.ask(&hit.question);
        call.spent(Stage::Cache, looking.elapsed());
        if let Some(answered) = take(call, &asking, hit, &limits)? {
            return Ok(Begun::Answered(answered));
        }
    }
    let question = asking.read(text)?;
    call.ask(&question);
    let hit = cache::recall_shared(&asking, &question, least, today);
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
        return Ok(Begun::Answered(answered));
    }
    find(call, asking, question, limits, manner)
}

/// A new answer: the embedded engine's, or a model's where that has none and one may be asked.
fn find<P: Proof>(
    call: &mut Call,
    asking: Asking,
    question: String,
    limits: Rc<Limits>,
    manner: Manner,
) -> Result<Begun<P>, Error> {
    let progress = Progress::begin(viewpoint::user());
    progress.at(progress::Stage::Reading, 1);
    if !settings::may_ask_models() {
        let found = find_embedded(call, &asking, &question, &limits);
        return found.map(Begun::Answered).map_err(|unanswered| unanswered.error);
    }
    let embedded = match settings::engine() {
        Engine::model => None,
        // What the engine looked at stays locked for its answer, and not while a model thinks.
        _ => match attempt::keeping_locks_if(Result::is_ok, || find_embedded(call, &asking, &question, &limits)) {
            Ok(answered) => return Ok(Begun::Answered(answered)),
            Err(unanswered) if goes_to_a_model(&unanswered.error) => Some(unanswered),
            Err(unanswered) => return Err(unanswered.error),
        },
    };
    let conversation = Conversation::begin(call, asking, question, limits, embedded, manner)?;
    Ok(Begun::Asking(Box::new(conversation.shown_by(progress))))
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
    sure(&statement)?;
    Ok(Some(Answered { statement, proof, limits: Rc::clone(limits) }))
}

/// A new answer of the embedded engine, remembered, or a refusal, remembered for a moment. What a model may know better is not
/// remembered.
fn find_embedded<P: Proof>(
    call: &mut Call,
    asking: &Asking,
    question: &str,
    limits: &Rc<Limits>,
) -> Result<Answered<P>, Unanswered> {
    // Before any row is looked at.
    let writes = if asking.reach() > Reach::Nowhere { Some(generation::watch_writes()) } else { None };
    let understood = understand(call, question, limits).map_err(Unanswered::without_drafts)?;
    let memorable = understood.is_memorable();
    let chosen = choose(call, &understood, limits, P::prove);
    let Chosen { place, proof } = match chosen {
        Ok(chosen) => chosen,
        Err(error) => {
            let of_data = understood.answer.depends_on_data || matches!(error, Error::NotProven { .. });
            if memorable && !goes_to_a_model(&error) {
                cache::remember_refusal(asking, limits, &error, writes.filter(|_| of_data));
            }
            return Err(Unanswered::of(error, &understood));
        }
    };
    call.identify(proof.query_id());
    let thinking = Instant::now();
    let statement = understood.statement(place, asking).without_rows(writes.filter(|_| understood.has_missed()));
    call.spent(Stage::Engine, thinking.elapsed());
    let is_last_word = statement.is_certain(least_confidence());
    let statement = if memorable && is_last_word { cache::remember(asking, question, statement) } else { Rc::new(statement) };
    cache::note_proof(asking, limits, proof.query_id());
    match sure(&statement) {
        Ok(()) => Ok(Answered { statement, proof, limits: Rc::clone(limits) }),
        Err(error) => Err(Unanswered::of(error, &understood)),
    }
}

/// Who asks what, for those who do not want what is remembered.
fn ask(call: &mut Call, text: &str, limits: &Limits) -> Result<(Asking, String), Error> {
    ready()?;
    let mut asking = Asking::begin(text, limits)?;
    let question = asking.read(text)?;
    call.ask(&question);
    Ok((asking, question))
}

impl Unanswered {
    /// Drafts only where somebody may see them.
    fn of(error: Error, understood: &Understood) -> Unanswered {
        let drafts = if goes_to_a_model(&error) { understood.drafts() } else { Vec::new() };
        Unanswered { error, drafts }
    }

    fn without_drafts(error: Error) -> Unanswered {
        Unanswered { error, drafts: Vec::new() }
    }
}

/// Refuses to act upon a statement that is not certain enough.
fn sure(statement: &Statement) -> Result<(), Error> {
    let minimum = settings::min_confidence();
    if statement.is_certain(minimum) {
        return Ok(());
    }
    Err(Error::Unsure { reading: Box::new(reading_of(statement)), minimum })
}

/// Whether a model is asked where the embedded engine ends like this.
fn goes_to_a_model(error: &Error) -> bool {
    settings::may_ask_models() && error.is_for_a_model(settings::min_confidence())
}

/// The answer that the cluster remembers, proven; none where it remembers none that holds.
fn recall<P: Proof>(call: &mut Call, asking: &Asking, question: &str, limits: &Rc<Limits>) -> Result<Option<Answered<P>>, Error> {
    let hit = cache::recall_shared(asking, question, least_confidence(), today);
    hit.map_or(Ok(None), |hit| take(call, asking, hit, limits))
}

/// The confidence below which a model may know better; 0 where none may be asked.
fn least_confidence() -> f64 {
    if settings::may_ask_models() { settings::min_confidence() } else { 0.0 }
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
                let mistake = refusal.reason.is_mistake();
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

fn reading(candidate: &Candidate) -> Reading {
    Reading { sql: candidate.sql.clone(), paraphrase: candidate.paraphrase.clone(), confidence: candidate.confidence }
}

fn reading_of(statement: &Statement) -> Reading {
    Reading { sql: statement.sql.clone(), paraphrase: statement.paraphrase.clone(), confidence: statement.confidence }
}

/// A refusal of the guard that is remembered is one more refusal.
fn count_again(error: &Error) {
    match error {
        Error::NotProven { refusal, .. } => stats::count_refusal(refusal.reason),
        Error::Neither { model, .. } => count_again(model),
        _ => {}
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
