//! One database of a cluster, and what a test asks of it.

use crate::cluster::Cluster;
use crate::rows::Table;
use postgres::{Client, Error, SimpleQueryMessage};
use std::io::Write;
use std::process::Stdio;

pub struct Database<'a> {
    pub cluster: &'a Cluster,
    pub name: String,
}

/// What an error says to a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub sqlstate: String,
    pub message: String,
    pub detail: String,
    pub hint: String,
}

impl Database<'_> {
    pub fn connect(&self) -> Client {
        self.cluster.connect(&self.name)
    }

    pub fn connect_as(&self, role: &str) -> Client {
        self.cluster.connect_as(&self.name, role)
    }

    /// Runs a script as the superuser; panics where it fails.
    pub fn run(&self, sql: &str) {
        self.connect().batch_execute(sql).unwrap_or_else(|e| panic!("{}\n{sql}", said(&e)));
    }

    /// Runs a script through psql, as dumps want it; panics where a statement fails.
    pub fn feed(&self, sql: &[u8], what: &str) {
        let mut psql = self.cluster.psql(&self.name, "postgres");
        let mut child = psql.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("psql");
        let written = child.stdin.take().expect("psql's input").write_all(sql);
        let out = child.wait_with_output().expect("psql");
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(written.is_ok() && out.status.success(), "loading {what} failed:\n{said}");
    }

    /// A login role that may connect and see the public schema, and nothing else. Roles belong to the cluster, so the name should
    /// be unique in it.
    pub fn plain_role(&self, role: &str) {
        self.run(&format!("CREATE ROLE \"{role}\" LOGIN"));
    }

    /// The first column of the only row that answers a question, asked by the superuser; panics where it is not answered.
    pub fn answer(&self, question: &str) -> String {
        match ask(&mut self.connect(), question) {
            Ok(sql) => self.value(&sql),
            Err(said) => panic!("\"{question}\" is not answered: {said:#?}"),
        }
    }

    /// The first column of the only row, as text.
    pub fn value(&self, sql: &str) -> String {
        let table = Table::of(&mut self.connect(), sql).unwrap_or_else(|e| panic!("{}\n{sql}", said(&e)));
        table.only_value().unwrap_or_else(|| panic!("not one row: {table:?}\n{sql}"))
    }
}

impl Drop for Database<'_> {
    /// Databases go with their cluster; a failing test takes the end of the server's log along.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the server's log ends:\n{}\n---", self.cluster.log_tail(40));
        }
    }
}

/// The SQL that answers a question, or what the server said instead.
pub fn ask(client: &mut Client, question: &str) -> Result<String, Refusal> {
    client.query_one("SELECT nl_sql($1)", &[&question]).map(|row| row.get(0)).map_err(|e| Refusal::from(&e))
}

/// What the server said of a statement that it refused; panics where it did not refuse.
pub fn refusal(client: &mut Client, sql: &str) -> Refusal {
    match client.simple_query(sql) {
        Ok(messages) => {
            let rows = messages.iter().filter(|m| matches!(m, SimpleQueryMessage::Row(_))).count();
            panic!("expected an error, got {rows} rows: {}", shortened(sql))
        }
        Err(e) => Refusal::from(&e),
    }
}

impl From<&Error> for Refusal {
    fn from(e: &Error) -> Refusal {
        let text = |t: Option<&str>| t.unwrap_or_default().to_string();
        match e.as_db_error() {
            Some(db) => Refusal {
                sqlstate: db.code().code().into(),
                message: db.message().into(),
                detail: text(db.detail()),
                hint: text(db.hint()),
            },
            // The connection is gone: what a crash of the server looks like from here.
            None => panic!("not an answer of the server: {e}"),
        }
    }
}

pub(crate) fn said(e: &Error) -> String {
    match e.as_db_error() {
        Some(db) => {
            let more = |name: &str, text: Option<&str>| text.map(|t| format!("\n{name}: {t}")).unwrap_or_default();
            format!("{}: {}{}{}", db.code().code(), db.message(), more("DETAIL", db.detail()), more("HINT", db.hint()))
        }
        None => e.to_string(),
    }
}

fn shortened(sql: &str) -> String {
    sql.chars().take(300).collect()
}
