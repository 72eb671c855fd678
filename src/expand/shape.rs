//! Answers with the columns that a column definition list asks for.
//!
//! The list is a hint: where the best reading of a question has other columns, the next ones are looked at. Types are converted
//! where PostgreSQL would convert them to store a value.

use nl_query_core::error::Error;

use crate::pg::splice::{Answer, Column};
use crate::pg::viewpoint::quoted;
use crate::{guard, service, settings};

/// Readings that are looked at.
const READINGS: usize = 5;
/// A list of columns speaks for a reading that has just these: it needs this part of the confidence that is asked for otherwise.
const WITH_SHAPE: f64 = 0.5;

/// SQL and query of the answer, analysed for the caller and with the wanted columns.
pub fn answer(question: &str, wanted: &[Column]) -> Result<(String, Answer), Error> {
    let mut answers = Vec::new();
    let sql = choose(question, wanted, &mut |sql| {
        let answer = Answer::analyse(sql)?;
        answers.push((sql.to_owned(), answer));
        Some(answer.columns())
    })?;
    let found = answers.into_iter().find(|(candidate, _)| *candidate == sql).and_then(|(_, answer)| answer.shaped(wanted));
    match found {
        Some(answer) => Ok((sql, answer)),
        None => Err(mismatch(wanted, &[], &sql)),
    }
}

/// SQL with the wanted columns, for running under the guard. Modifiers of types are left to whoever takes the values.
pub fn record_sql(question: &str, wanted: &[Column]) -> Result<String, Error> {
    let limits = settings::limits();
    let sql = choose(question, wanted, &mut |sql| {
        let columns = guard::check(sql, &limits).ok()?.columns.into_iter();
        let column = |column: guard::OutputColumn| Column {
            name: column.name,
            type_oid: column.type_oid,
            typmod: column.typmod,
            collation: 0,
        };
        Some(columns.map(column).collect())
    })?;
    let named = |(place, column): (usize, &Column)| {
        let kind = Column { typmod: -1, ..column.clone() }.type_name();
        format!("c{}::{kind} AS {}", place + 1, quoted(&column.name))
    };
    let targets: Vec<String> = wanted.iter().enumerate().map(named).collect();
    let names: Vec<String> = (1..=wanted.len()).map(|place| format!("c{place}")).collect();
    Ok(format!("SELECT {}\nFROM (\n{sql}\n) AS answer ({})", targets.join(", "), names.join(", ")))
}

/// The first reading whose columns fit.
fn choose(question: &str, wanted: &[Column], columns_of: &mut dyn FnMut(&str) -> Option<Vec<Column>>) -> Result<String, Error> {
    let first = match service::sql(question) {
        Ok(sql) => {
            let columns = columns_of(&sql).unwrap_or_default();
            if fits(&columns, wanted) {
                return Ok(sql);
            }
            mismatch(wanted, &columns, &sql)
        }
        Err(Error::Unsure { reading, minimum }) => Error::Unsure { reading, minimum },
        Err(error) => return Err(error),
    };
    let enough = settings::min_confidence() * WITH_SHAPE;
    for reading in service::readings(question, READINGS)?.0.into_iter().filter(|reading| reading.confidence >= enough) {
        if columns_of(&reading.sql).is_some_and(|columns| fits(&columns, wanted)) {
            return Ok(reading.sql);
        }
    }
    Err(first)
}

fn fits(columns: &[Column], wanted: &[Column]) -> bool {
    columns.len() == wanted.len() && columns.iter().zip(wanted).all(|(column, wanted)| column.is_assignable_to(wanted))
}

fn mismatch(wanted: &[Column], found: &[Column], sql: &str) -> Error {
    Error::Shape { wanted: listed(wanted), found: listed(found), sql: sql.to_owned() }
}

fn listed(columns: &[Column]) -> String {
    columns.iter().map(|column| format!("{} {}", quoted(&column.name), column.type_name())).collect::<Vec<_>>().join(", ")
}
