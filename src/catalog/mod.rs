//! The schema snapshot that questions are read against: what the current role may SELECT, ready for the engine.
//!
//! Where it comes from, first that holds:
//!
//! 1. what this backend made ready for the same viewpoint (role and search_path) and generation;
//! 2. the snapshot of the whole database that the cluster shares (`cache::snapshots`), decoded once and shown to the role by what it
//!    may see (`shown`); the backend that finds none reads the catalog for everybody (`shared`);
//! 3. the catalog, read as the role itself (`private`): with definitions of this transaction that are not committed, and where the
//!    shared snapshot does not fit. A session's temporary tables are read like this alone, and put before what is shared.
//!
//! Where the role may see more than `nl_query.max_relations`, each question has a snapshot of the part that it is about (`reading`).
//!
//! New statistics alone are taken up at once when this session gathered them, else when the snapshot is [`STATISTICS_EVERY`] old. What
//! was prepared is kept where a new reading says the same. Backend-local, no lock, no thread; knows no more of a question than its text.

mod private;
mod probe;
mod reading;
mod shared;
mod shown;
mod standby;
mod temporary;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::ffi::CStr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nl_query_core::error::Error;
use nl_query_core::introspection::{Catalog, Sight, Whole};
use nl_query_core::schema::{RelationId, Schema};
use nl_query_engine::ir::Day;
use nl_query_engine::{Answer, Elsewhere, Lookup, Prepared};

use crate::cache::counters::{self, Level, Tier};
use crate::cache::{generation, snapshots};
use crate::pg::spi_ro::{self, Argument};
use crate::pg::transaction;
use crate::pg::viewpoint::{self, Viewpoint};
use crate::settings;

pub use probe::Probe;
use reading::{Part, Reading};
pub use temporary::temporary;

/// How old row estimates and common values may be while autovacuum keeps gathering.
const STATISTICS_EVERY: Duration = Duration::from_secs(60);
/// Snapshots kept in a backend: a pooled connection serves a few roles, each snapshot may take tens of megabytes.
const KEPT: usize = 4;

/// A catalog so large that reading it takes a minute is for a search engine of schemas; the tables beyond are left out by name.
const MOST_RELATIONS: i32 = 100_000;

/// A schema made ready, with what the shell knows about it beside.
pub struct Snapshot {
    ready: Ready,
    /// Relations that the caller may read but that were not looked at, because there are more than `nl_query.max_relations`.
    pub left_out: usize,
    /// Columns whose values an index finds.
    indexed: BTreeSet<(RelationId, usize)>,
    /// Relations some of whose rows row security hides from the role.
    partly_hidden: BTreeSet<RelationId>,
}

/// A schema made ready: in one piece, or what is on the search path by itself, and the whole when somebody needs it.
enum Ready {
    Whole(Box<Prepared>),
    Near(Box<Near>),
}

struct Near {
    near: Prepared,
    /// What the others are called.
    elsewhere: Elsewhere,
    schema: Schema,
    whole: OnceCell<Prepared>,
}

impl Snapshot {
    fn of(catalog: Catalog) -> Snapshot {
        let Catalog { schema, left_out, indexed, partly_hidden } = catalog;
        let ready = match schema.near() {
            Some(near) => {
                let elsewhere = Elsewhere::of(schema.relations[near.relations.len()..].iter());
                Ready::Near(Box::new(Near { near: Prepared::new(near), elsewhere, schema, whole: OnceCell::new() }))
            }
            None => Ready::Whole(Box::new(Prepared::new(schema))),
        };
        Snapshot { ready, left_out, indexed, partly_hidden }
    }

    /// Everything that the role may see.
    pub fn schema(&self) -> &Schema {
        match &self.ready {
            Ready::Whole(prepared) => prepared.schema(),
            Ready::Near(parts) => &parts.schema,
        }
    }

    /// The same, made ready.
    pub fn whole(&self) -> &Prepared {
        match &self.ready {
            Ready::Whole(prepared) => prepared,
            Ready::Near(parts) => parts.whole.get_or_init(|| Prepared::new(parts.schema.clone())),
        }
    }

    /// What is on the search path, where there is more: by the same positions.
    pub fn near(&self) -> Option<&Prepared> {
        match &self.ready {
            Ready::Whole(_) => None,
            Ready::Near(parts) => Some(&parts.near),
        }
    }

    /// Whether a question names something that is not on the search path, in words that `answer`, read over what is, makes nothing of.
    pub fn names_another(&self, question: &str, answer: &Answer, today: Day) -> bool {
        match &self.ready {
            Ready::Whole(_) => false,
            Ready::Near(parts) => parts.elsewhere.is_named(question, &parts.near, answer, today),
        }
    }

    /// Whether what was looked for in the data can differ between two askings by the same role: a policy may go by a setting of the
    /// session, so that what one tenant was told must not be remembered for another.
    pub fn differs_by_session(&self, lookups: &[Lookup]) -> bool {
        let hidden = |(relation, _): &(RelationId, usize)| self.partly_hidden.contains(relation);
        lookups.iter().any(|lookup| lookup.columns.iter().any(hidden))
    }
}

/// Where a snapshot came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Held by this backend and still true.
    Kept,
    /// From the snapshot that the cluster shares.
    Shared,
    /// Read from the catalog for this question.
    Read,
}

/// What decides what a snapshot says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Scene {
    viewpoint: Viewpoint,
    max_relations: i32,
    generation: u64,
    /// Digest of the session's temporary relations; 0 for none.
    temporary: u64,
    /// Uncommitted work of this transaction ([`transaction::uncommitted`]).
    uncommitted: Option<u64>,
}

struct Entry {
    scene: Scene,
    serves: Serves,
    snapshot: Rc<Snapshot>,
    statistics: Statistics,
}

/// Which questions a snapshot can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Serves {
    /// It has all that the role may see.
    All,
    /// It has the part that one question is about, or, without a question, the first relations by name.
    Only(Option<String>),
}

impl Serves {
    fn serves(&self, question: Option<&str>) -> bool {
        match self {
            Serves::All => true,
            Serves::Only(only) => only.as_deref() == question,
        }
    }
}

/// How new the statistics in a snapshot are.
#[derive(Debug, Clone, Copy)]
struct Statistics {
    version: snapshots::Version,
    read_at: Instant,
}

thread_local! {
    // Thread-local only to be safe Rust: a backend has one thread that runs PostgreSQL code. Most recently used last.
    static ENTRIES: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// Takes notice of what others committed; the generation to go by from here on.
pub fn take_notice() -> u64 {
    if viewpoint::on_standby() {
        standby::take_notice();
    } else {
        standby::take_notice_of_promotion();
    }
    generation::with_messages()
}

/// The snapshot for the current role and search_path, of the present generation: all that the role may see, or the first
/// `nl_query.max_relations` by name. Call [`take_notice`] first.
pub fn snapshot() -> Result<(Rc<Snapshot>, Origin), Error> {
    snapshot_of(None)
}

/// The same, but of what the question is about where there is more than `nl_query.max_relations`.
pub fn snapshot_for(question: &str) -> Result<(Rc<Snapshot>, Origin), Error> {
    snapshot_of(Some(question))
}

fn snapshot_of(question: Option<&str>) -> Result<(Rc<Snapshot>, Origin), Error> {
    let scene = Scene {
        viewpoint: viewpoint::viewpoint(),
        max_relations: settings::max_relations(),
        generation: generation::with_messages(),
        temporary: temporary(),
        uncommitted: transaction::uncommitted(),
    };
    // Taken out of the cell: reading the catalog may raise an ERROR, and the entries come back then as "nothing kept".
    let mut entries = ENTRIES.take();
    let gathered = transaction::take_gathered();
    let serves = |entry: &Entry| entry.scene == scene && entry.serves.serves(question);
    let held = entries.iter().position(serves).map(|place| entries.remove(place));
    counters::count_look(Tier::Schema, Level::Local, held.is_some());
    let (entry, origin) = match held {
        Some(entry) if entry.statistics.serve(gathered) => (entry, Origin::Kept),
        other => {
            let before = other.or_else(|| take_outdated(&mut entries, &scene));
            make(scene, gathered, question, before.iter().chain(&entries))?
        }
    };
    let snapshot = Rc::clone(&entry.snapshot);
    entries.push(entry);
    if entries.len() > KEPT {
        entries.remove(0);
        counters::count(Tier::Schema, Level::Local, |counter| &counter.evictions);
    }
    ENTRIES.set(entries);
    Ok((snapshot, origin))
}

/// Snapshots that this backend keeps.
pub fn kept() -> usize {
    ENTRIES.with_borrow(Vec::len)
}

/// Forgets what this backend keeps.
pub fn clear() {
    ENTRIES.take();
    shared::clear();
    private::forget();
}

/// An outdated entry of the same viewpoint, whose prepared schema may still be right. Those of other questions stay.
fn take_outdated(entries: &mut Vec<Entry>, scene: &Scene) -> Option<Entry> {
    let outdated = |entry: &Entry| {
        let similar = entry.scene.viewpoint == scene.viewpoint && entry.scene.max_relations == scene.max_relations;
        similar && entry.scene != *scene
    };
    let place = entries.iter().position(outdated)?;
    counters::count(Tier::Schema, Level::Local, |counter| &counter.invalidations);
    Some(entries.remove(place))
}

/// A new entry, by the shared snapshot where it can be. `known`: what was prepared before.
fn make<'e>(
    mut scene: Scene,
    gathered: bool,
    question: Option<&str>,
    known: impl Iterator<Item = &'e Entry>,
) -> Result<(Entry, Origin), Error> {
    let shared = if scene.uncommitted.is_some() { None } else { shared::whole(gathered)? };
    let (Part { mut catalog, chosen }, statistics, origin) = match shared {
        Some(held) => {
            private::forget();
            scene.generation = held.statistics.version.generation;
            (with_temporary(&held.reading, &scene, question)?, held.statistics, held.origin)
        }
        None => read_own(&scene, gathered, question)?,
    };
    catalog.schema.search_path = viewpoint::schema_names(&scene.viewpoint);
    let snapshot = known_or_prepared(catalog, known);
    let serves = if chosen { Serves::Only(question.map(str::to_owned)) } else { Serves::All };
    Ok((Entry { scene, serves, snapshot, statistics }, origin))
}

/// What the role is shown of the shared reading, its temporary relations before it.
fn with_temporary(reading: &Reading, scene: &Scene, question: Option<&str>) -> Result<Part, Error> {
    let limit = usize::try_from(scene.max_relations).unwrap_or(0);
    let own = match scene.temporary {
        0 => Catalog::default(),
        _ => private::temporary(&scene.viewpoint, scene.max_relations)?,
    };
    let room = limit.saturating_sub(own.schema.relations.len());
    let shown = || -> Box<dyn Sight> { Box::new(shown::Shown::to(&scene.viewpoint)) };
    let part = reading.part(&scene.viewpoint, shown, room, question);
    if scene.temporary == 0 {
        return Ok(part);
    }
    Ok(Part { catalog: own.before(part.catalog, limit), chosen: part.chosen })
}

/// What the role reads itself.
fn read_own(scene: &Scene, gathered: bool, question: Option<&str>) -> Result<(Part, Statistics, Origin), Error> {
    let limit = usize::try_from(scene.max_relations).unwrap_or(0);
    let own = || -> Box<dyn Sight> { Box::new(shown::Own::of(&scene.viewpoint)) };
    let part = |reading: &Reading| reading.part(&scene.viewpoint, own, limit, question);
    if let Some((reading, statistics)) = private::kept(scene, gathered) {
        return Ok((part(&reading), statistics, Origin::Shared));
    }
    let statistics = Statistics::now();
    let most = if question.is_some() { MOST_RELATIONS } else { scene.max_relations };
    let reading = Rc::new(Reading::of(private::read(most)?));
    let part = part(&reading);
    if part.chosen && question.is_some() {
        private::keep(scene, reading, statistics);
    }
    Ok((part, statistics, Origin::Read))
}

/// What was prepared before, where the catalog says the same; preparing is the dear part.
fn known_or_prepared<'e>(catalog: Catalog, mut known: impl Iterator<Item = &'e Entry>) -> Rc<Snapshot> {
    let same = |entry: &&Entry| {
        let snapshot = &entry.snapshot;
        snapshot.left_out == catalog.left_out
            && *snapshot.schema() == catalog.schema
            && snapshot.indexed == catalog.indexed
            && snapshot.partly_hidden == catalog.partly_hidden
    };
    if let Some(entry) = known.find(same) {
        return Rc::clone(&entry.snapshot);
    }
    Rc::new(Snapshot::of(catalog))
}

impl Statistics {
    /// Of a reading that begins now.
    fn now() -> Statistics {
        Statistics { version: snapshots::version(), read_at: Instant::now() }
    }

    /// Whether they are new enough, for a session that has or has not gathered some itself since it last asked.
    fn serve(&self, gathered: bool) -> bool {
        !snapshots::has_new_statistics(&self.version) || !(gathered || self.read_at.elapsed() >= STATISTICS_EVERY)
    }
}

/// What the current role is shown of a whole reading, its temporary relations before it, and what it reads itself: for tests that
/// compare them.
#[cfg(any(test, feature = "pg_test"))]
pub fn both_ways() -> (Catalog, Catalog) {
    let whole = shared::read_everything().expect("the catalog");
    let (viewpoint, limit) = (viewpoint::viewpoint(), settings::max_relations());
    let shown = whole.seen_by(&mut shown::Shown::to(&viewpoint), limit as usize);
    let own = private::temporary(&viewpoint, limit).expect("the catalog");
    let read = private::read(limit).expect("the catalog").seen_by(&mut shown::Own::of(&viewpoint), limit as usize);
    (own.before(shown, limit as usize), read)
}

/// What a reading of the catalog is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Whoever may read it, which only a superuser may ask (see `shared`).
    Everything,
    /// What the current role may SELECT.
    Own,
    /// Of that, the temporary relations of the session.
    Temporary,
}

/// Runs the catalog query.
fn introspect(max_relations: i32, scope: Scope) -> Result<Whole, Error> {
    let (everything, temporary) = (scope == Scope::Everything, scope == Scope::Temporary);
    let arguments = [Argument::Integer(max_relations), Argument::Boolean(everything), Argument::Boolean(temporary)];
    let text = spi_ro::text(if everything { WHOLE_CATALOG_SQL } else { OWN_CATALOG_SQL }, &arguments).unwrap_or_default();
    Whole::from_json(&text).map_err(|error| Error::Catalog { message: error.to_string() })
}

const WHOLE_CATALOG_SQL: &CStr = c_text(concat!(
    "WITH RECURSIVE\n",
    include_str!("../../sql/statistics_all.sql"),
    include_str!("../../sql/catalog.sql"),
    "\0"
));
const OWN_CATALOG_SQL: &CStr = c_text(concat!(
    "WITH RECURSIVE\n",
    include_str!("../../sql/statistics_own.sql"),
    include_str!("../../sql/catalog.sql"),
    "\0"
));

/// A file of SQL as C text, checked when the library is compiled.
const fn c_text(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a NUL inside SQL text"),
    }
}
