//! Running a statement to see what comes of it, before it is the answer: as the caller, read-only, within the limits of an answer, without
//! keeping a lock. Nothing of the rows is kept but whether there are any, and a number that stands for them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use nl_query_core::ballot::Trial;
use nl_query_core::prompt::repair::Implausible;
use nl_query_core::refusal::Refusal;

use crate::guard::{self, Flow, Limits, RowSink, RowView};
use crate::pg::attempt;
use crate::queue;

/// Rows that are looked at. Answers that differ mostly do so in the first of them.
const LOOKED_AT: usize = 1_000;

/// Proves and runs a statement, until `end` on the queue's clock at most. Fails where it is not proven.
pub fn of(sql: &str, limits: &Rc<Limits>, end: u64) -> Result<Trial, Refusal> {
    attempt::keeping_locks_if(
        |_| false,
        || {
            let proven = guard::prove(sql, limits)?;
            let mut rows = Rows::default();
            let limits = Limits { max_rows: 0, timeout_ms: within(limits.timeout_ms, end), ..(**limits).clone() };
            Ok(match proven.run(&limits, &mut rows) {
                Ok(_) => Trial::Ran { implausible: rows.implausible(), digest: rows.digest() },
                Err(refusal) => Trial::Failed(refusal),
            })
        },
    )
}

/// Milliseconds; 0 is no limit, which the end of the conversation is.
fn within(timeout_ms: i32, end: u64) -> i32 {
    let left = i32::try_from(end.saturating_sub(queue::now())).unwrap_or(i32::MAX).max(1);
    if timeout_ms > 0 { timeout_ms.min(left) } else { left }
}

/// Rows as numbers. Their order does not count, nor that of columns: models choose both as they like.
#[derive(Default)]
struct Rows {
    rows: Vec<u64>,
    has_value: bool,
}

impl RowSink for Rows {
    fn row(&mut self, row: &RowView<'_>) -> Flow {
        let mut values: Vec<Option<String>> = (0..row.width()).map(|column| row.text(column).map(plain)).collect();
        self.has_value |= values.iter().any(Option::is_some);
        values.sort();
        let mut hasher = DefaultHasher::new();
        values.hash(&mut hasher);
        self.rows.push(hasher.finish());
        if self.rows.len() < LOOKED_AT { Flow::Continue } else { Flow::Stop }
    }
}

impl Rows {
    fn digest(mut self) -> u64 {
        self.rows.sort_unstable();
        let mut hasher = DefaultHasher::new();
        self.rows.hash(&mut hasher);
        hasher.finish()
    }

    fn implausible(&self) -> Option<Implausible> {
        match self.rows.len() {
            0 => Some(Implausible::Empty),
            1 if !self.has_value => Some(Implausible::Nulls),
            _ => None,
        }
    }
}

/// 4.50 and 4.5 are one number.
fn plain(text: String) -> String {
    let is_decimal = text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte));
    if is_decimal { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
