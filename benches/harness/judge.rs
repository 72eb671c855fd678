//! Runs SQL that somebody else wrote, as a reader and no longer than ten seconds, and keeps what it gives.

use crate::score::{Cell, Kind, Rows};
use postgres::{Client, SimpleQueryMessage};

/// Rows of a result at most: more is an accident, such as a cross join, and no answer to a question.
const MOST_ROWS: usize = 20_000;
const TIMEOUT: &str = "10s";

/// Judges by running.
pub struct Judge {
    client: Client,
}

impl Judge {
    /// `client` may belong to anybody; what runs is read-only and rolled back.
    pub fn new(mut client: Client) -> Result<Judge, String> {
        // What `score` reads.
        client
            .batch_execute(
                "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET bytea_output = 'hex'",
            )
            .map_err(|error| crate::said(&error))?;
        Ok(Judge { client })
    }

    /// The rows of a query, names looked up along `path` where there is one.
    pub fn run(&mut self, path: Option<&str>, sql: &str) -> Result<Rows, String> {
        let result = self.run_within(path, sql.trim().trim_end_matches(';'));
        let ended = self.client.batch_execute("ROLLBACK");
        match (result, ended) {
            (Ok(rows), _) => Ok(rows),
            (Err(error), Ok(())) => Err(error),
            (Err(_), Err(error)) => Err(crate::said(&error)),
        }
    }

    fn run_within(&mut self, path: Option<&str>, sql: &str) -> Result<Rows, String> {
        let said = |error: postgres::Error| crate::said(&error);
        self.client.batch_execute(&format!("BEGIN READ ONLY; SET LOCAL statement_timeout = '{TIMEOUT}'")).map_err(said)?;
        if let Some(path) = path {
            self.client.execute("SELECT pg_catalog.set_config('search_path', $1, true)", &[&path]).map_err(said)?;
        }
        // Refuses several statements in one text, and knows the types, which printed values do not have.
        let prepared = self.client.prepare(sql).map_err(said)?;
        let kinds: Vec<Kind> = prepared.columns().iter().map(|column| Kind::of(column.type_().name())).collect();
        if kinds.is_empty() {
            return Err("the statement gives no rows".to_owned());
        }
        self.client.batch_execute(&format!("DECLARE nl_query_judged NO SCROLL CURSOR FOR {sql}")).map_err(said)?;
        let messages = self.client.simple_query(&format!("FETCH {} FROM nl_query_judged", MOST_ROWS + 1)).map_err(said)?;
        let mut rows = Rows { width: kinds.len(), rows: Vec::new() };
        for message in messages {
            if let SimpleQueryMessage::Row(row) = message {
                rows.rows.push(kinds.iter().enumerate().map(|(place, kind)| Cell::of(*kind, row.get(place))).collect());
            }
        }
        if rows.rows.len() > MOST_ROWS { Err(format!("more than {MOST_ROWS} rows")) } else { Ok(rows) }
    }
}
