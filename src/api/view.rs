//! `nl_create_view`: an answer to keep, as a plain view.

use nl_query_core::error::Error;
use pgrx::prelude::*;

use crate::pg::{names, viewpoint};
use crate::{service, settings};

use super::OrRaise;

/// A view of the SQL that answers the question, with the question and the day as its comment. The SQL is plain: the view needs
/// neither nl_query nor a model when it is read. Needs what CREATE VIEW needs, and belongs to the caller.
#[pg_extern(
    volatile,
    parallel_unsafe,
    sql = "CREATE FUNCTION nl_create_view(name text, question text, replace bool DEFAULT false) RETURNS regclass
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
fn nl_create_view(name: &str, question: &str, replace: bool) -> pg_sys::Oid {
    if let Some(role) = &settings::limits().run_as {
        Err::<(), _>(Error::Argument {
            message: format!("cannot make a view of an answer that runs as role \"{role}\""),
            hint: "A view reads as its owner, who would be the caller: unset nl_query.run_as.".to_owned(),
        })
        .or_raise();
    }
    let name = names::parts(name).iter().map(|part| viewpoint::quoted(part)).collect::<Vec<_>>().join(".");
    let answer = service::sql(question).or_raise();
    let or_replace = if replace { "OR REPLACE " } else { "" };
    run(&format!("CREATE {or_replace}VIEW {name} AS\n{answer}"));
    let (year, month, day) = viewpoint::today();
    let comment = format!("Answers \"{}\", asked on {year:04}-{month:02}-{day:02}.", question.trim());
    run(&format!("COMMENT ON VIEW {name} IS {}", pgrx::spi::quote_literal(comment)));
    view(&name)
}

/// Runs a statement as the caller.
fn run(sql: &str) {
    if let Err(error) = Spi::run(sql) {
        error!("could not run \"{sql}\": {error}");
    }
}

/// The view's OID; it was made a moment ago.
fn view(name: &str) -> pg_sys::Oid {
    let found = Spi::get_one_with_args::<pg_sys::Oid>("SELECT pg_catalog.to_regclass($1)::pg_catalog.oid", &[name.into()]);
    found.ok().flatten().unwrap_or(pg_sys::Oid::INVALID)
}
