//! Results as text, and when two of them say the same.
//!
//! A question fixes which rows are wanted, not how columns are called or in which order they stand. So columns may be permuted
//! and there may be more of them than the expected SQL selects (an id, a total), two columns may come as one text, rows compare
//! as multisets unless the question orders them, and numbers compare after rounding to two digits. The number of rows is fixed.

use postgres::{Client, Error, SimpleQueryMessage};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Option<String>>>,
}

impl Table {
    /// The result of the last statement that gives rows, as the simple protocol prints it.
    pub fn of(client: &mut Client, sql: &str) -> Result<Table, Error> {
        let mut table = Table::default();
        for message in client.simple_query(sql)? {
            match message {
                SimpleQueryMessage::RowDescription(columns) => {
                    table = Table { columns: columns.iter().map(|c| c.name().to_string()).collect(), rows: Vec::new() };
                }
                SimpleQueryMessage::Row(row) => {
                    table.rows.push((0..row.len()).map(|i| row.get(i).map(String::from)).collect());
                }
                _ => {}
            }
        }
        Ok(table)
    }

    pub fn only_value(&self) -> Option<String> {
        match self.rows.as_slice() {
            [row] => row.first().cloned().flatten(),
            _ => None,
        }
    }

    /// A few rows, for a report.
    pub fn glance(&self) -> String {
        let cell = |c: &Option<String>| c.clone().unwrap_or_else(|| "NULL".into());
        let rows: Vec<String> = self.rows.iter().take(3).map(|r| r.iter().map(cell).collect::<Vec<_>>().join(", ")).collect();
        let more = if self.rows.len() > 3 { " …" } else { "" };
        format!("{} rows ({}): {}{more}", self.rows.len(), self.columns.join(", "), rows.join(" | "))
    }
}

/// Does `actual` answer what `expected` answers? `ordered`: the order of the rows counts.
pub fn answers(expected: &Table, actual: &Table, ordered: bool) -> bool {
    if expected.rows.len() != actual.rows.len() {
        return false;
    }
    let (expected, actual) = (canonical(expected), canonical(actual));
    fits(&expected, &actual, ordered) || merged(&expected).iter().any(|expected| fits(expected, &actual, ordered))
}

type Rows = Vec<Vec<String>>;

fn fits(expected: &Rows, actual: &Rows, ordered: bool) -> bool {
    assign(expected, actual, ordered, &mut Vec::new())
}

/// Two columns as one text, for every two: "Ada Lovelace" answers first and last name.
fn merged(expected: &Rows) -> Vec<Rows> {
    let width = expected.first().map_or(0, Vec::len);
    let pairs = (0..width).flat_map(|i| (0..width).map(move |j| (i, j))).filter(|(i, j)| i != j);
    pairs.map(|(i, j)| expected.iter().map(|row| merge_cells(row, i, j)).collect()).collect()
}

fn merge_cells(row: &[String], first: usize, second: usize) -> Vec<String> {
    let cell = |i: usize| row.get(i).map_or("", String::as_str);
    let rest = row.iter().enumerate().filter(|(i, _)| *i != first && *i != second).map(|(_, c)| c.clone());
    std::iter::once(format!("{} {}", cell(first), cell(second))).chain(rest).collect()
}

/// Tries columns of `actual` for each column of `expected` in turn; a prefix that already differs ends that branch.
fn assign(expected: &Rows, actual: &Rows, ordered: bool, chosen: &mut Vec<usize>) -> bool {
    if !prefix_matches(expected, actual, ordered, chosen) {
        return false;
    }
    if chosen.len() == expected.first().map_or(0, Vec::len) {
        return true;
    }
    for column in 0..actual.first().map_or(0, Vec::len) {
        if !chosen.contains(&column) {
            chosen.push(column);
            if assign(expected, actual, ordered, chosen) {
                return true;
            }
            chosen.pop();
        }
    }
    false
}

fn prefix_matches(expected: &Rows, actual: &Rows, ordered: bool, chosen: &[usize]) -> bool {
    let mut left: Vec<Vec<&String>> = expected.iter().map(|row| row.iter().take(chosen.len()).collect()).collect();
    let mut right: Vec<Vec<&String>> = actual.iter().map(|row| chosen.iter().filter_map(|&c| row.get(c)).collect()).collect();
    if !ordered {
        left.sort();
        right.sort();
    }
    left == right
}

fn canonical(table: &Table) -> Rows {
    table.rows.iter().map(|row| row.iter().map(|cell| canonical_cell(cell.as_deref())).collect()).collect()
}

fn canonical_cell(cell: Option<&str>) -> String {
    let Some(text) = cell else { return "\u{0}NULL".into() };
    // 1e-6: a sum of floats may miss a half by its last bits.
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => {
            let cents = (number * 100.0 + 1e-6 * number.signum()).round();
            if cents == 0.0 { "0".into() } else { format!("{cents}") }
        }
        // A day is the same day whether it is a date or the midnight that date_trunc gives.
        _ => text.trim_end_matches("+00").trim_end_matches(" 00:00:00").trim_end().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[&str]]) -> Table {
        let rows: Vec<Vec<Option<String>>> = rows.iter().map(|r| r.iter().map(|c| Some(c.to_string())).collect()).collect();
        let width = rows.first().map_or(0, Vec::len);
        Table { columns: (0..width).map(|i| format!("c{i}")).collect(), rows }
    }

    #[test]
    fn rows_and_columns_in_any_order() {
        assert!(answers(&table(&[&["a", "1"], &["b", "2"]]), &table(&[&["2", "b"], &["1", "a"]]), false));
        assert!(!answers(&table(&[&["a", "1"], &["b", "2"]]), &table(&[&["2", "b"], &["1", "a"]]), true));
        assert!(!answers(&table(&[&["a", "1"], &["b", "2"]]), &table(&[&["a", "2"], &["b", "1"]]), false));
    }

    #[test]
    fn more_columns_and_whole_names() {
        assert!(answers(&table(&[&["a"], &["b"]]), &table(&[&["2", "b"], &["1", "a"]]), false));
        assert!(!answers(&table(&[&["1", "a"]]), &table(&[&["a"]]), false));
        assert!(answers(&table(&[&["Ada", "Lovelace", "3"]]), &table(&[&["3", "Ada Lovelace"]]), false));
        assert!(!answers(&table(&[&["Ada", "Lovelace", "3"]]), &table(&[&["4", "Ada Lovelace"]]), false));
    }

    #[test]
    fn multiplicity_counts() {
        assert!(!answers(&table(&[&["a"], &["a"], &["b"]]), &table(&[&["a"], &["b"], &["b"]]), false));
        assert!(!answers(&table(&[&["a"]]), &table(&[&["a"], &["a"]]), false));
    }

    #[test]
    fn numbers_after_rounding() {
        assert!(answers(&table(&[&["3.14159"]]), &table(&[&["3.14"]]), false));
        assert!(answers(&table(&[&["-0.001"]]), &table(&[&["0"]]), false));
        assert!(!answers(&table(&[&["3.15"]]), &table(&[&["3.14"]]), false));
    }

    #[test]
    fn days_and_midnights_but_not_null_and_empty() {
        assert!(answers(&table(&[&["2023-01-01"]]), &table(&[&["2023-01-01 00:00:00+00"]]), false));
        let null = Table { columns: vec!["c".into()], rows: vec![vec![None]] };
        assert!(!answers(&table(&[&[""]]), &null, false));
    }
}
