//! `nl_prompt`: what a model would be told about a question. Nobody is asked.

use nl_query_core::error::Error;

use crate::settings::{self, Engine};
use crate::stats::Call;

use super::model::{self, Preview};
use super::{ask, choose, goes_to_a_model, sure, understand};
use crate::guard;

/// What would be sent, and whether anything would: nothing is where the embedded engine has the answer, or no model may be asked.
pub fn prompt(text: &str, server: Option<&str>) -> Result<(Preview, bool), Error> {
    let mut call = Call::silent();
    let limits = settings::shared_limits();
    let (asking, question) = ask(&mut call, text, &limits)?;
    let (drafts, is_needed) = match settings::engine() {
        Engine::model => (Vec::new(), true),
        _ => {
            let understood = understand(&mut call, &question, &limits)?;
            let chosen = choose(&mut call, &understood, &limits, guard::check);
            let answered = chosen.and_then(|chosen| sure(&understood.statement(chosen.place, &asking)));
            (understood.drafts(), answered.is_err_and(|error| goes_to_a_model(&error)))
        }
    };
    model::preview(&mut call, &question, drafts, &limits, server).map(|preview| (preview, is_needed))
}
