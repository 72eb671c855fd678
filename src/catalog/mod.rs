//! The schema snapshot that questions are read against: what the current role may SELECT, ready for the engine.
//!
//! Backend-local, no lock, no thread. A few snapshots are kept, one a viewpoint (role and search_path). Each is served as long as
//! nothing says that it is old:
//!
//! - invalidation messages name changed relations: these alone are read again and their digests compared, because ANALYZE, VACUUM
//!   and index builds send the same messages as ALTER TABLE does; only a difference reads the whole catalog again;
//! - changed roles, memberships, schemas and enums read it again;
//! - comments and labels send no message: this session's own are seen by the utility hook, others' by a small query at most
//!   once in [`MARKS_EVERY`];
//! - new statistics alone are taken up at once when this session ran ANALYZE, else when the snapshot is [`STATISTICS_EVERY`] old.
//!
//! A whole reading that finds the same catalog keeps the prepared schema. The snapshot sees this transaction's uncommitted
//! DDL, and is read again when that is rolled back. Knows nothing of questions.

mod probe;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::CStr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nl_query_core::error::Error;
use nl_query_core::introspection::Catalog;
use nl_query_core::schema::{Relation, RelationId};
use nl_query_engine::Prepared;

use crate::pg::spi_ro::{self, Argument};
use crate::pg::viewpoint::{self, Viewpoint};
use crate::pg::{invalidation, utility};
use crate::settings;

pub use probe::Probe;

/// How long another session's COMMENT or SECURITY LABEL may go unseen.
const MARKS_EVERY: Duration = Duration::from_secs(1);
/// How old row estimates and common values may be while autovacuum keeps sending messages.
const STATISTICS_EVERY: Duration = Duration::from_secs(60);
/// How old a snapshot gets at most: for what sends no message at all (an ANALYZE that finds as many rows as before, a renamed type).
const READ_EVERY: Duration = Duration::from_secs(600);
/// Snapshots kept in a backend: a pooled connection serves a few roles, each snapshot may take tens of megabytes.
const KEPT: usize = 4;
/// Changed relations that are looked at one by one; with more, the whole catalog is read.
const LOOKED_AT: usize = 64;

/// A schema made ready, with what the shell knows about it beside.
pub struct Snapshot {
    pub prepared: Prepared,
    /// Relations that the caller may read but that `nl_query.max_relations` left out.
    pub left_out: usize,
    /// Columns whose values an index finds.
    indexed: BTreeSet<(RelationId, usize)>,
    digests: std::collections::BTreeMap<u32, u64>,
}

/// Where a snapshot came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Held by this backend and still true.
    Kept,
    /// Read from the catalog for this question.
    Read,
}

struct Entry {
    viewpoint: Viewpoint,
    /// The setting it was read under.
    max_relations: i32,
    snapshot: Rc<Snapshot>,
    marks: Option<String>,
    marks_at: Instant,
    read_at: Instant,
    /// Relations that messages named since it was last looked at; none when everything may have changed.
    pending: Option<BTreeSet<u32>>,
    look_at_marks: bool,
    analysed: bool,
}

thread_local! {
    // Thread-local only to be safe Rust: a backend has one thread that runs PostgreSQL code. Most recently used last.
    static ENTRIES: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// The snapshot for the current role and search_path.
pub fn snapshot() -> Result<(Rc<Snapshot>, Origin), Error> {
    // Taken out of the cell: reading the catalog may raise an ERROR, and the entries come back then as "nothing kept".
    let mut entries = ENTRIES.take();
    note_changes(&mut entries);
    let viewpoint = viewpoint::viewpoint();
    let max_relations = settings::max_relations();
    let held = entries.iter().position(|entry| entry.viewpoint == viewpoint && entry.max_relations == max_relations);
    let held = held.map(|position| entries.remove(position));
    let (entry, origin) = match held {
        Some(entry) => refresh(entry)?,
        None => (read(viewpoint, max_relations, None)?, Origin::Read),
    };
    let snapshot = Rc::clone(&entry.snapshot);
    entries.push(entry);
    if entries.len() > KEPT {
        entries.remove(0);
    }
    ENTRIES.set(entries);
    Ok((snapshot, origin))
}

/// Hands what the server and the utility hook noted to every entry: each looks into it when it is asked for next.
fn note_changes(entries: &mut [Entry]) {
    let changes = invalidation::take();
    let seen = utility::take();
    for entry in entries {
        if changes.everything {
            entry.pending = None;
        }
        if let Some(pending) = &mut entry.pending {
            pending.extend(&changes.relations);
            if pending.len() > LOOKED_AT {
                entry.pending = None;
            }
        }
        entry.look_at_marks |= changes.aborted || seen.described;
        entry.analysed |= seen.analysed;
    }
}

/// The entry as it is where it is still true, else one read anew.
fn refresh(mut entry: Entry) -> Result<(Entry, Origin), Error> {
    let now = Instant::now();
    let age = now.duration_since(entry.read_at);
    let stale = match entry.pending.take() {
        None => true,
        _ if entry.analysed || age >= READ_EVERY => true,
        Some(changed) if changed.is_empty() => false,
        Some(changed) => {
            let told = changed.iter().any(|oid| entry.snapshot.digests.contains_key(oid));
            told && age >= STATISTICS_EVERY || differs(&entry, &changed)?
        }
    };
    if stale {
        let (viewpoint, max_relations) = (entry.viewpoint.clone(), entry.max_relations);
        return Ok((read(viewpoint, max_relations, Some(entry.snapshot))?, Origin::Read));
    }
    entry.pending = Some(BTreeSet::new());
    if entry.look_at_marks || now.duration_since(entry.marks_at) >= MARKS_EVERY {
        let marks = marks();
        if marks != entry.marks {
            let (viewpoint, max_relations) = (entry.viewpoint.clone(), entry.max_relations);
            return Ok((read(viewpoint, max_relations, Some(entry.snapshot))?, Origin::Read));
        }
        (entry.marks_at, entry.look_at_marks) = (now, false);
    }
    Ok((entry, Origin::Kept))
}

/// Whether one of these relations is not what the snapshot says it is.
fn differs(entry: &Entry, changed: &BTreeSet<u32>) -> Result<bool, Error> {
    let oids: Vec<u32> = changed.iter().copied().collect();
    let now = introspect(entry.max_relations, Some(&oids))?;
    let known = &entry.snapshot.digests;
    let gone_or_changed = oids.iter().any(|oid| known.contains_key(oid) && now.digests.get(oid) != known.get(oid));
    let added = now.schema.relations.iter().any(|relation| !known.contains_key(&relation.oid) && fits(relation, &entry.snapshot));
    Ok(gone_or_changed || added)
}

/// Whether a whole reading would take this relation in: where `nl_query.max_relations` cuts, only what sorts before the cut.
fn fits(relation: &Relation, snapshot: &Snapshot) -> bool {
    let place = |relation: &Relation| (!relation.visible, relation.schema.clone(), relation.name.clone());
    let last = snapshot.prepared.schema().relations.last();
    snapshot.left_out == 0 || last.is_none_or(|last| place(relation) < place(last))
}

/// Reads the whole catalog. Where it says what `before` says, what was prepared from that is kept.
fn read(viewpoint: Viewpoint, max_relations: i32, before: Option<Rc<Snapshot>>) -> Result<Entry, Error> {
    // Marks first: a comment that changes in between is seen at the next look.
    let marks = marks();
    let catalog = introspect(max_relations, None)?;
    let snapshot = match before {
        Some(before) if *before.prepared.schema() == catalog.schema && before.left_out == catalog.left_out => before,
        _ => Rc::new(Snapshot {
            prepared: Prepared::new(catalog.schema),
            left_out: catalog.left_out,
            indexed: catalog.indexed,
            digests: catalog.digests,
        }),
    };
    let now = Instant::now();
    let pending = Some(BTreeSet::new());
    Ok(Entry {
        viewpoint,
        max_relations,
        snapshot,
        marks,
        marks_at: now,
        read_at: now,
        pending,
        look_at_marks: false,
        analysed: false,
    })
}

fn introspect(max_relations: i32, only: Option<&[u32]>) -> Result<Catalog, Error> {
    let text = spi_ro::text(CATALOG_SQL, &[Argument::Integer(max_relations), Argument::Oids(only)]).unwrap_or_default();
    Catalog::from_json(&text).map_err(|error| Error::Catalog { message: error.to_string() })
}

fn marks() -> Option<String> {
    spi_ro::text(MARKS_SQL, &[])
}

const CATALOG_SQL: &CStr = c_text(concat!(include_str!("../../sql/catalog.sql"), "\0"));
const MARKS_SQL: &CStr = c_text(concat!(include_str!("../../sql/catalog_marks.sql"), "\0"));

/// A file of SQL as C text, checked when the library is compiled.
const fn c_text(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a NUL inside SQL text"),
    }
}
