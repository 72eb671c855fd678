//! What an invented name might have meant: the nearest names that exist, that this role may read, and that are not private.
//!
//! PostgreSQL's own hint names the nearest column of any relation in the statement, also one that the role may not read; such a
//! hint is taken away.

use std::ffi::CStr;
use std::rc::Rc;

use nl_query_core::nearest::{identifier_at, nearest};

use super::{Limits, Reason, Refusal, role};
use crate::pg::attempt::{self, OnSuccess};
use crate::pg::memory::OwnedContext;
use crate::pg::spi_ro::{self, Argument};
use crate::pg::timeout::Deadline;
use crate::pg::{parse, relation};

/// Readable relations as the role would write them, one a line.
const RELATIONS: &CStr = c"SELECT pg_catalog.string_agg(name, E'\\n') FROM (SELECT CASE WHEN pg_catalog.pg_table_is_visible(c.oid) \
    THEN c.relname::pg_catalog.text ELSE n.nspname OPERATOR(pg_catalog.||) '.' OPERATOR(pg_catalog.||) c.relname END AS name \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace \
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' \
    AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_seclabel l WHERE l.provider OPERATOR(pg_catalog.=) 'nl_query' \
    AND l.label OPERATOR(pg_catalog.=) 'private' AND l.objsubid OPERATOR(pg_catalog.=) 0 \
    AND (l.objoid OPERATOR(pg_catalog.=) c.oid OR l.objoid OPERATOR(pg_catalog.=) n.oid)) \
    AND (pg_catalog.has_table_privilege(c.oid, 'SELECT') OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT')) LIMIT 5000) names";

/// Readable columns of some relations, one a line.
const COLUMNS: &CStr =
    c"SELECT pg_catalog.string_agg(DISTINCT a.attname::pg_catalog.text, E'\\n') FROM pg_catalog.pg_attribute a \
    WHERE a.attrelid OPERATOR(pg_catalog.=) ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped \
    AND pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT') \
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_seclabel l WHERE l.provider OPERATOR(pg_catalog.=) 'nl_query' \
    AND l.label OPERATOR(pg_catalog.=) 'private' AND l.objoid OPERATOR(pg_catalog.=) a.attrelid \
    AND (l.objsubid OPERATOR(pg_catalog.=) a.attnum OR l.objsubid OPERATOR(pg_catalog.=) 0))";

/// Time for looking around, in ms: it is an error path, and the error must not wait for a busy catalog.
const PATIENCE_MS: i32 = 500;

/// Adds the nearest names to a refusal for an unknown relation or column.
pub fn improve(mut refusal: Refusal, sql: &str, limits: &Limits) -> Refusal {
    let wanted = identifier_at(sql, refusal.position.unwrap_or(0));
    let Some(wanted) = wanted.last().filter(|_| refusal.reason == Reason::UnknownName && refusal.position.is_some()) else {
        return refusal;
    };
    let is_column = match &refusal.sqlstate {
        b"42P01" => false,
        b"42703" => true,
        _ => return refusal,
    };
    let memory = Rc::new(OwnedContext::new(c"nl_query names"));
    let deadline = Deadline::start(PATIENCE_MS);
    let found = attempt::run(OnSuccess::Undo, &memory, &deadline, Reason::of_analysis_error, || {
        let _role = role::enter(limits)?;
        Ok(if is_column { columns(sql, &memory) } else { Names::all(lines(spi_ro::text(RELATIONS, &[]))) })
    });
    let Ok(names) = found else { return refusal };
    if refusal.hint.as_deref().is_some_and(|hint| names.closed.iter().any(|name| mentions(hint, name))) {
        refusal.hint = None;
    }
    let near = nearest(wanted, names.open.iter().map(String::as_str));
    if !near.is_empty() {
        let list = near.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        refusal.hint = Some(format!("The nearest names that exist are {list}."));
    }
    refusal
}

/// Names the role may see, and names it may not.
struct Names {
    open: Vec<String>,
    closed: Vec<String>,
}

impl Names {
    fn all(open: Vec<String>) -> Names {
        Names { open, closed: Vec::new() }
    }
}

/// Columns of the relations that the statement names.
fn columns(sql: &str, memory: &Rc<OwnedContext>) -> Names {
    let Ok(text) = std::ffi::CString::new(sql) else { return Names::all(Vec::new()) };
    let relations = parse::parse(text, Rc::clone(memory)).relations_named();
    let open = lines(spi_ro::text(COLUMNS, &[Argument::Oids(Some(&relations))]));
    let all = relations.iter().flat_map(|oid| relation::columns(*oid)).map(|(_, name)| name);
    let closed = all.filter(|name| !open.contains(name)).collect();
    Names { open, closed }
}

fn lines(text: Option<String>) -> Vec<String> {
    text.map(|text| text.lines().map(str::to_owned).collect()).unwrap_or_default()
}

/// A hint quotes a column as `"column"` or `"relation.column"`.
fn mentions(hint: &str, name: &str) -> bool {
    hint.contains(&format!(".{name}\"")) || hint.contains(&format!("\"{name}\""))
}
