//! Looking into the data for words that name no column and no value that statistics know ("customers in Springfield").
//!
//! One question's probes share a budget of time; every statement goes through the guard, as the caller, read-only. Tables are
//! looked through whole up to `nl_query.probe_rows`; of larger ones only the columns that an index finds, and of those the word as typed, in
//! small letters, in capitals and with capital initials. Views and foreign tables cost what nobody knows and are left alone.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use nl_query_core::schema::{Relation, RelationId, RelationKind, TypeKind};
use nl_query_engine::{ValueHit, ValueProbe};

use crate::guard::{self, Limits};
use crate::pg::viewpoint::quoted;
use crate::settings::ProbeLimits;

use super::Snapshot;

/// Words looked for at most, in one go.
const NEEDLES: usize = 64;
/// Columns looked into at most, smallest tables first.
const COLUMNS: usize = 200;
/// Rows that one statement reads at most: a statement that runs out of time tells nothing, so the small tables come first and apart.
const ROWS_A_STATEMENT: f64 = 50_000.0;
/// Values that one statement returns at most.
const HITS: usize = 5_000;
/// Spellings of a value that are taken from one column.
const SPELLINGS: usize = 20;

/// A probe for one question. Without limits (`nl_query.probe` is off) it finds nothing.
pub struct Probe<'a> {
    snapshot: &'a Snapshot,
    limits: Option<(ProbeLimits, Limits)>,
    spent: Duration,
    cut_short: bool,
}

/// One table and the columns to look into.
struct Target<'a> {
    id: RelationId,
    relation: &'a Relation,
    columns: Vec<usize>,
    /// By index, because the table is large.
    lookup: bool,
    rows: f64,
}

impl<'a> Probe<'a> {
    pub fn new(snapshot: &'a Snapshot, probe: Option<ProbeLimits>, limits: &Limits) -> Probe<'a> {
        let limits = probe.map(|probe| (probe, limits.clone()));
        Probe { snapshot, limits, spent: Duration::ZERO, cut_short: false }
    }

    /// Something was not looked at because the time was over or a statement failed: another look may find what this one did not.
    pub fn is_cut_short(&self) -> bool {
        self.cut_short
    }

    /// Time used so far.
    pub fn spent(&self) -> Duration {
        self.spent
    }

    fn targets(&self, rows: f64, columns: &[(RelationId, usize)]) -> Vec<Target<'a>> {
        let mut by_relation: BTreeMap<RelationId, Vec<usize>> = BTreeMap::new();
        for (relation, column) in columns {
            by_relation.entry(*relation).or_default().push(*column);
        }
        let mut targets: Vec<Target<'a>> =
            by_relation.into_iter().filter_map(|(id, columns)| self.target(id, columns, rows)).collect();
        targets.sort_by(|left, right| left.rows.total_cmp(&right.rows).then(left.id.cmp(&right.id)));
        targets
    }

    fn target(&self, id: RelationId, mut columns: Vec<usize>, most: f64) -> Option<Target<'a>> {
        let relation = self.snapshot.schema().relations.get(id)?;
        let readable =
            matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable | RelationKind::MaterializedView);
        if !readable {
            return None;
        }
        let lookup = relation.rows > most;
        columns.retain(|column| {
            let text = relation.columns.get(*column).is_some_and(|column| column.kind == TypeKind::Text);
            text && (!lookup || self.snapshot.indexed.contains(&(id, *column)))
        });
        columns.sort_unstable();
        columns.dedup();
        // Never analysed: the LIMIT in the statement bounds what is read.
        let rows = if lookup {
            100.0
        } else if relation.rows < 0.0 {
            most
        } else {
            relation.rows
        };
        (!columns.is_empty()).then_some(Target { id, relation, columns, lookup, rows })
    }

    /// Whether there is time for more.
    fn run(&mut self, branches: &[String], probe: ProbeLimits, limits: &Limits, hits: &mut Vec<ValueHit>) -> bool {
        let left = Duration::from_millis(u64::try_from(probe.timeout_ms).unwrap_or(0)).saturating_sub(self.spent);
        let Ok(timeout_ms @ 1..) = i32::try_from(left.as_millis()) else {
            self.cut_short = true;
            return false;
        };
        // The statement bounds its rows itself: max_rows would tell the user with a NOTICE.
        let limits = Limits { timeout_ms, max_rows: 0, ..limits.clone() };
        let sql = format!("SELECT * FROM (\n{}\n) AS hits LIMIT {HITS}", branches.join("\nUNION ALL\n"));
        let started = Instant::now();
        let rows = guard::run_texts(&sql, &limits);
        self.spent += started.elapsed();
        match rows {
            Ok(rows) => {
                hits.extend(rows.into_iter().filter_map(|row| hit(&row)));
                true
            }
            // One table that cannot be read must not hide the others: each by itself, as long as there is time.
            Err(_) if branches.len() > 1 => {
                let mut any = false;
                for branch in branches {
                    any |= self.run(std::slice::from_ref(branch), probe, &limits, hits);
                }
                any
            }
            Err(_) => {
                self.cut_short = true;
                false
            }
        }
    }
}

impl ValueProbe for Probe<'_> {
    fn find(&mut self, needles: &[String], columns: &[(RelationId, usize)]) -> Vec<ValueHit> {
        let mut hits = Vec::new();
        let Some((probe, limits)) = self.limits.take() else { return hits };
        let needles = &needles[..needles.len().min(NEEDLES)];
        let mut columns_left = COLUMNS;
        let mut branches: Vec<String> = Vec::new();
        let mut rows = 0.0;
        for target in self.targets(f64::from(probe.rows), columns) {
            if needles.is_empty() || columns_left < target.columns.len() {
                break;
            }
            columns_left -= target.columns.len();
            if rows + target.rows > ROWS_A_STATEMENT && !branches.is_empty() {
                if !self.run(&branches, probe, &limits, &mut hits) {
                    branches.clear();
                    break;
                }
                branches.clear();
                rows = 0.0;
            }
            rows += target.rows;
            branches.extend(statements(&target, needles, probe.rows));
        }
        if !branches.is_empty() {
            self.run(&branches, probe, &limits, &mut hits);
        }
        self.limits = Some((probe, limits));
        hits
    }
}

/// A row of a probing statement: relation, column, place of the needle from 1, value.
fn hit(row: &[Option<String>]) -> Option<ValueHit> {
    let number = |place: usize| row.get(place)?.as_deref()?.parse::<usize>().ok();
    let value = row.get(3)?.clone()?;
    Some(ValueHit { relation: number(0)?, column: number(1)?, needle: number(2)?.checked_sub(1)?, value })
}

fn statements(target: &Target<'_>, needles: &[String], most: i32) -> Vec<String> {
    if target.lookup {
        target.columns.iter().map(|column| lookup_statement(target, *column, needles)).collect()
    } else {
        vec![scan_statement(target, needles, most)]
    }
}

/// All columns of a small table in one pass. Rows are chosen before they are taken apart, for a VALUES list prepares its expressions
/// anew for every row: of 3,503 rows with two such columns it took 10.1 ms, and takes 5.3; without the locale, see [`lowered`], 2.7.
fn scan_statement(target: &Target<'_>, needles: &[String], most: i32) -> String {
    let names: Vec<String> = target.columns.iter().map(|column| quoted(&target.relation.columns[*column].name)).collect();
    let texts: Vec<String> = names.iter().map(|name| format!("r.{name}::pg_catalog.text")).collect();
    let pairs: Vec<String> = target.columns.iter().zip(&texts).map(|(column, text)| format!("({column}, {text})")).collect();
    let any: Vec<String> = texts.iter().map(|text| is_a_needle(text, needles)).collect();
    format!(
        "(SELECT DISTINCT {id}, v.c, {place}, v.t \
         FROM (SELECT {columns} FROM {table} LIMIT {most}) AS r CROSS JOIN LATERAL (VALUES {pairs}) AS v (c, t) \
         WHERE ({any}) AND ({found}) LIMIT {limit})",
        id = target.id,
        place = place("v.t", needles),
        columns = names.join(", "),
        table = table(target.relation),
        pairs = pairs.join(", "),
        any = any.join(" OR "),
        found = is_a_needle("v.t", needles),
        limit = SPELLINGS * needles.len() * target.columns.len(),
    )
}

/// In small letters. Where only ASCII matters, without the locale, which takes several times as long for each value.
fn lowered(text: &str, ascii: bool) -> String {
    if ascii { format!("pg_catalog.lower({text} COLLATE pg_catalog.\"C\")") } else { format!("pg_catalog.lower({text})") }
}

/// The condition that a text, in small letters, is one of the needles.
fn is_a_needle(text: &str, needles: &[String]) -> String {
    let (plain, other): (Vec<&str>, Vec<&str>) = needles.iter().map(String::as_str).partition(|needle| needle.is_ascii());
    let conditions = [(plain, true), (other, false)].into_iter().filter(|(words, _)| !words.is_empty());
    let conditions = conditions
        .map(|(words, ascii)| format!("{} OPERATOR(pg_catalog.=) ANY ({})", lowered(text, ascii), array(words.into_iter())));
    conditions.collect::<Vec<_>>().join(" OR ")
}

/// The place of the needle that a text is, from 1.
fn place(text: &str, needles: &[String]) -> String {
    let words = array(needles.iter().map(String::as_str));
    let at = |ascii| format!("pg_catalog.array_position({words}, {})", lowered(text, ascii));
    if needles.iter().all(|needle| needle.is_ascii()) { at(true) } else { format!("COALESCE({}, {})", at(true), at(false)) }
}

/// One column of a large table, by its index.
fn lookup_statement(target: &Target<'_>, column: usize, needles: &[String]) -> String {
    let name = quoted(&target.relation.columns[column].name);
    let spellings: Vec<String> = needles.iter().flat_map(|needle| spellings(needle)).collect();
    format!(
        "(SELECT DISTINCT {id}, {column}, {place}, r.{name}::pg_catalog.text \
         FROM (SELECT {name} FROM {table} WHERE {name} = ANY ({spelled}) LIMIT 1000) AS r)",
        id = target.id,
        place = place(&format!("r.{name}::pg_catalog.text"), needles),
        table = table(target.relation),
        spelled = array(spellings.iter().map(String::as_str)),
    )
}

/// How a word is likely to be written in a column: as it is, in capitals, with capital initials.
fn spellings(needle: &str) -> Vec<String> {
    let mut initials = String::with_capacity(needle.len());
    let mut first = true;
    for c in needle.chars() {
        if first {
            initials.extend(c.to_uppercase());
        } else {
            initials.push(c);
        }
        first = !c.is_alphanumeric() && c != '\'';
    }
    let mut first_only = needle.to_owned();
    if let Some(c) = needle.chars().next() {
        first_only = c.to_uppercase().chain(needle.chars().skip(1)).collect();
    }
    let mut all = vec![needle.to_owned(), needle.to_uppercase(), initials, first_only];
    all.sort_unstable();
    all.dedup();
    all
}

fn table(relation: &Relation) -> String {
    format!("{}.{}", quoted(&relation.schema), quoted(&relation.name))
}

fn array<'a>(words: impl Iterator<Item = &'a str>) -> String {
    format!("ARRAY[{}]::pg_catalog.text[]", words.map(pgrx::spi::quote_literal).collect::<Vec<_>>().join(", "))
}
