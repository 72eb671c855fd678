//! `nl_prompt`: what would leave the machine.

use std::fmt::Write as _;

use pgrx::prelude::*;

use crate::service::{self, Preview};

use super::OrRaise;

/// What a model would be told about the question, to the letter. Nothing is sent.
#[pg_extern(
    volatile,
    parallel_unsafe,
    sql = "CREATE FUNCTION nl_prompt(question text, server text DEFAULT NULL) RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
fn nl_prompt(question: Option<&str>, server: Option<&str>) -> Option<String> {
    let (preview, is_needed) = service::prompt(question?, server).or_raise();
    if !is_needed {
        notice!("nothing would be sent: no model is asked this question with the present settings");
    }
    Some(shown(&preview))
}

fn shown(preview: &Preview) -> String {
    let Preview { server, url, parameters, texts, tokens, budget, .. } = preview;
    let mut text = format!("POST {url} (server \"{server}\"), about {tokens} of {budget} tokens\n{parameters}");
    for (speaker, said) in texts {
        let _ = write!(text, "\n\n--- {speaker}\n{said}");
    }
    text
}
