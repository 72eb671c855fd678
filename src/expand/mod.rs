//! A question is a table: what becomes of a statement that calls `nl_query` or `nl_record` with a literal question.
//!
//! ```text
//! analysed statement ─► calls with a literal question ─► may it expand? ─► SQL of each question, once ─► analysed by itself
//!    SELECT * FROM nl_query and nothing else:  the statement becomes the answer
//!    nl_query:  the call becomes a subquery with the answer's columns, and the statement is analysed again
//!    nl_record: its columns are known already, so the answer takes the call's place as it stands
//! ```
//! What does not expand keeps its meaning: the functions answer when the statement runs. Knows neither trees nor SQL of its own.

mod shape;

use nl_query_core::error::Error;

use crate::guard;
use crate::pg::analyze_hook::{self, Analysed, Call, Expansion, Fault};
use crate::pg::calls::Asks;
use crate::pg::error_hint;
use crate::pg::raw_tree::Statement;
use crate::pg::splice::{self, Answer, Splice};
use crate::{service, settings};

pub use shape::record_sql;

/// Puts the hooks in place. Call once, from `_PG_init` while preloading.
pub fn install() {
    analyze_hook::install(decide);
    error_hint::install();
}

fn decide(statement: &Analysed) -> Result<Option<Expansion>, Fault> {
    let calls = statement.calls();
    if calls.is_empty() || !may_expand() {
        return Ok(None);
    }
    statement.begin();
    let mut asked = Asked::default();
    let records = asked.records(&calls)?;
    let queries: Vec<&Call> = calls.iter().filter(|call| call.asks == Asks::Query).collect();
    if let ([call], true) = (queries.as_slice(), records.is_empty())
        && statement.is_nothing_but(call)
    {
        let whole = asked.query(call)?;
        return Ok(whole.map(|answer| asked.expansion(None, Splice::default(), Some(answer))));
    }
    let (raw, answers) = asked.queries(statement, &queries)?;
    let splice = Splice::new(answers, records);
    Ok((!splice.is_empty()).then(|| asked.expansion(raw, splice, None)))
}

/// Expanded SQL runs as the caller and where the statement runs: not for answers that run as another role, not inside an answer.
fn may_expand() -> bool {
    settings::expand() && !guard::in_progress() && !analyze_hook::is_working_session() && !settings::runs_as_another()
}

/// What was asked for one statement: each question once.
#[derive(Default)]
struct Asked {
    /// Questions and their SQL: a statement asks one or two.
    sql: Vec<(String, String)>,
    /// SQL of the calls of `nl_record`, whose columns are part of what is asked.
    records: Vec<String>,
}

impl Asked {
    fn sql(&mut self, call: &Call) -> Result<String, Fault> {
        if let Some((_, sql)) = self.sql.iter().find(|(question, _)| *question == call.question) {
            return Ok(sql.clone());
        }
        let sql = service::sql(&call.question).map_err(|error| at(call, error))?;
        self.sql.push((call.question.clone(), sql.clone()));
        Ok(sql)
    }

    /// The raw tree with stand-ins for the calls of `nl_query` that may expand, and what they stand for.
    fn queries(&mut self, statement: &Analysed, calls: &[&Call]) -> Result<(Option<Statement>, Vec<Answer>), Fault> {
        let locations: Vec<i32> = calls.iter().map(|call| call.location).collect();
        let Some(mut raw) = statement.raw(&locations) else { return Ok((None, Vec::new())) };
        let mut answers = Vec::new();
        for call in calls {
            if raw.can_expand(call.location)
                && let Some(answer) = self.query(call)?
            {
                raw.expand_to(call.location, answer, answers.len());
                answers.push(answer);
            }
        }
        Ok((Some(raw).filter(|_| !answers.is_empty()), answers))
    }

    /// The answers of all calls of `nl_record`, by where they stand.
    fn records(&mut self, calls: &[Call]) -> Result<Vec<(i32, Answer)>, Fault> {
        let calls = calls.iter().filter(|call| call.asks == Asks::Record && call.site.is_plain_source());
        calls.map(|call| Ok((call.location, self.record(call)?))).collect()
    }

    /// The answer's query; none for an answer that cannot stand in FROM.
    fn query(&mut self, call: &Call) -> Result<Option<Answer>, Fault> {
        let sql = self.sql(call)?;
        Ok(Answer::analyse(&sql))
    }

    /// The answer's query with the columns of the call's column definition list.
    fn record(&mut self, call: &Call) -> Result<Answer, Fault> {
        let wanted = splice::defined_columns(&call.site);
        let (sql, answer) = shape::answer(&call.question, &wanted).map_err(|error| at(call, error))?;
        self.records.push(sql);
        Ok(answer)
    }

    fn expansion(self, raw: Option<Statement>, splice: Splice, whole: Option<Answer>) -> Expansion {
        let all: Vec<String> = self.records.into_iter().chain(self.sql.into_iter().map(|(_, sql)| sql)).collect();
        Expansion { raw, splice, whole, sql: all.join(";\n") }
    }
}

fn at(call: &Call, error: Error) -> Fault {
    Fault { error, location: call.location }
}
