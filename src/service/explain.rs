//! How a question is read, and what would answer it, for showing it. The embedded engine reads it anew also where its answer is
//! remembered; a model, which costs, is asked only where nothing is.

use std::rc::Rc;
use std::time::Duration;

use nl_query_core::error::Error;

use crate::cache::{self, Asking, Level, Statement};
use crate::guard::{self, Limits, Verdict};
use crate::pg::attempt;
use crate::settings::{self, Engine};
use crate::stats::{Call, Stage};

use super::model::{self, Conversation, Manner, Preview};
use super::proof::Allowed;
use super::understood::Understood;
use super::{Unanswered, ask, choose, failed, goes_to_a_model, recall, sure, today, understand};

/// Everything there is to say about how a question is read.
pub struct Explained {
    /// What the embedded engine made of it; none where it may not be asked.
    pub understood: Option<Understood>,
    /// What would answer it.
    pub shown: Result<Shown, Error>,
    /// What a model was told of it, or would be told; none where none is asked.
    pub told: Option<Preview>,
    /// Where its answer is remembered.
    pub remembered: Option<Level>,
    /// By stage, in their order; zero where one was not reached.
    pub times: Vec<(Stage, Duration)>,
}

/// An answer and what running it would cost.
pub struct Shown {
    pub statement: Rc<Statement>,
    pub verdict: Verdict,
}

/// See [`Explained`].
pub fn explain(text: &str) -> Result<Explained, Error> {
    let mut call = Call::begin();
    let limits = settings::shared_limits();
    let (asking, question) = ask(&mut call, text, &limits)?;
    let remembered = cache::peek(&asking, today);
    let mut told = None;
    let (understood, shown) = match settings::engine() {
        Engine::model if settings::may_ask_models() => (None, by_model(&mut call, asking, question, &limits, None, &mut told)),
        _ => {
            // Nothing stays locked while a model is asked.
            let (understood, shown) = attempt::keeping_locks_if(|_| false, || embedded(&mut call, &asking, &question, &limits))?;
            let shown = match shown {
                Err(error) if goes_to_a_model(&error) => {
                    let unanswered = Unanswered::of(error, &understood);
                    by_model(&mut call, asking, question, &limits, Some(unanswered), &mut told)
                }
                shown => shown,
            };
            (Some(understood), shown)
        }
    };
    call.spent(Stage::Total, call.elapsed());
    let times = Stage::ALL.iter().map(|stage| (*stage, call.time(*stage))).collect();
    if let Ok(shown) = &shown {
        call.answered(shown.statement.engine, 0);
    }
    Ok(Explained { understood, shown, told, remembered, times })
}

type Read = (Understood, Result<Shown, Error>);

fn embedded(call: &mut Call, asking: &Asking, question: &str, limits: &Limits) -> Result<Read, Error> {
    let understood = understand(call, question, limits)?;
    let chosen = choose(call, &understood, limits, guard::check);
    let shown = chosen.and_then(|chosen| {
        let statement = understood.statement(chosen.place, asking);
        sure(&statement).map(|()| Shown { statement: Rc::new(statement), verdict: chosen.proof })
    });
    Ok((understood, shown))
}

/// What a model answered before, or answers now.
fn by_model(
    call: &mut Call,
    asking: Asking,
    question: String,
    limits: &Rc<Limits>,
    embedded: Option<Unanswered>,
    told: &mut Option<Preview>,
) -> Result<Shown, Error> {
    let drafts = embedded.as_ref().map(|unanswered| unanswered.drafts.clone()).unwrap_or_default();
    *told = model::preview(call, &question, drafts, limits, None).ok();
    let answered = match recall::<Allowed>(call, &asking, &question, limits)? {
        Some(answered) => answered,
        None => {
            let conversation = Conversation::begin(call, asking, question, Rc::clone(limits), embedded, Manner::Session)?;
            model::finish::<Allowed>(conversation, call)?
        }
    };
    let verdict = guard::check(&answered.statement.sql, limits).map_err(failed)?;
    Ok(Shown { statement: answered.statement, verdict })
}
