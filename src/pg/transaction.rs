//! What the transaction under way does to the catalog, and what of it becomes true for others when it commits.
//!
//! Two questions are answered here. *Is there something uncommitted?* ([`uncommitted`]) comes from the statements that the utility
//! hook classifies. *What changed for everybody?* ([`Effects`]) comes from PostgreSQL itself: just before the commit, the messages
//! that it is about to send to the other backends are looked through. They hold what was rolled back to a savepoint no more, and what
//! a C function changed without a statement all the same.
//!
//! | what happens | seen by |
//! |---|---|
//! | tables, columns, keys, privileges, policies, functions, enums, schemas, roles, memberships | messages at commit |
//! | COMMENT, SECURITY LABEL, ALTER ROLE/DATABASE … SET, changed domains and types | the statement: no message tells, or too many do |
//! | ANALYZE, VACUUM, TRUNCATE, CLUSTER, REINDEX, REFRESH, autovacuum | the statement: their messages mean nothing here |
//! | temporary tables | looked at one by one and left out |
//! | COMMIT PREPARED | the statement: anything may have changed |
//!
//! All of it is local memory of a backend; the callbacks run on its one thread. Before the commit the system caches may be read;
//! after it nothing may fail, so that an [`Observer`] only counts.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU8, Ordering};

use pgrx::pg_sys;
use pgrx::pg_sys::SysCacheIdentifier as cache;

use super::invalidation::FIRST_USER_OID;

/// What a committed transaction means for what others remember.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effects {
    /// This database's catalog is another one.
    pub schema: bool,
    /// Roles, memberships or settings of roles and databases: every database's view is another one.
    pub cluster: bool,
    /// Statistics were gathered.
    pub statistics: bool,
    /// Rows were written.
    pub wrote: bool,
}

/// What kind of statement a utility statement is, for what is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Changes nothing that questions are read against, or only temporary tables.
    Neutral,
    /// May change the catalog; the messages tell what.
    Definition,
    /// Changes what no message tells of, in this database.
    Description,
    /// The same for all databases.
    ClusterDescription,
    /// Sends messages that mean nothing here.
    Maintenance,
    /// Gathers statistics, and sends such messages.
    Statistics,
}

#[derive(Default)]
struct State {
    /// The kinds of statements that this transaction ran.
    defined: Cell<bool>,
    described: Cell<bool>,
    described_cluster: Cell<bool>,
    maintained: Cell<bool>,
    gathered: Cell<bool>,
    /// A maintenance statement is running, which may commit several times.
    maintaining: Cell<bool>,
    /// Temporary relations that this transaction dropped: at its end nobody knows any more that they were.
    dropped: RefCell<Vec<u32>>,
    /// What the commit under way will tell.
    pending: Cell<Option<Effects>>,
    /// Moves with everything that may change what this session sees of its own uncommitted work.
    version: Cell<u64>,
    /// This session gathered statistics since somebody asked.
    gathered_here: Cell<bool>,
}

thread_local! {
    // Thread-local only to be safe Rust: a backend has one thread that runs PostgreSQL code.
    static STATE: State = State::default();
}

/// Who is told of the ends of transactions.
pub trait Observer: Sync {
    /// One that has an effect was committed. Must not fail, allocate or call PostgreSQL.
    fn committed(&self, effects: Effects);

    /// One is about to be committed, or was rolled back and its locks are free.
    fn ending(&self);

    /// One was rolled back, and its locks are free. Called before [`Observer::ending`].
    fn aborted(&self);

    /// A subtransaction was rolled back, and its locks are free.
    fn savepoint_aborted(&self);
}

/// What a commit told that is to be told once more: 0 is nothing. Looked at whenever resources are released, so it costs one load.
static AGAIN: AtomicU8 = AtomicU8::new(0);
const SCHEMA_AGAIN: u8 = 1;
const CLUSTER_AGAIN: u8 = 2;

static mut OBSERVER: Option<&dyn Observer> = None;

/// Temporary relations dropped in one transaction that are kept apart; beyond, a needless flush is cheaper than the memory.
const DROPPED: usize = 10_000;
/// Messages about relations that are looked at one by one; a transaction with more of them has changed something.
const LOOKED_AT: usize = 2_000;

/// Registers the callbacks, inherited by every backend. Call once, from `_PG_init` while preloading.
pub fn install(observer: &'static dyn Observer) {
    // SAFETY: _PG_init runs alone in the postmaster; the callbacks are functions of a library that is never unloaded, and the lists of
    // callbacks live in memory that children inherit.
    unsafe {
        OBSERVER = Some(observer);
        pg_sys::RegisterXactCallback(Some(transaction_event), std::ptr::null_mut());
        pg_sys::RegisterSubXactCallback(Some(savepoint_event), std::ptr::null_mut());
        pg_sys::RegisterResourceReleaseCallback(Some(resources_released), std::ptr::null_mut());
    }
}

/// Something in this transaction that is not committed yet may decide what this session sees. The number moves when it may have
/// moved again.
pub fn uncommitted() -> Option<u64> {
    STATE.with(|state| {
        let stated = state.defined.get() || state.described.get() || state.described_cluster.get();
        (stated || state.has_changed_unsaid()).then(|| state.version.get())
    })
}

/// Moves with everything that may change what this session sees of its own: its uncommitted work, its temporary tables.
pub fn version() -> u64 {
    STATE.with(|state| state.version.get())
}

/// Whether this session gathered statistics since the last call.
pub fn take_gathered() -> bool {
    STATE.with(|state| state.gathered_here.replace(false))
}

/// Notes a utility statement that is about to run. No allocation, no error: called in a frame that errors jump over.
pub(super) fn note_statement(kind: Kind) {
    STATE.with(|state| {
        match kind {
            Kind::Neutral => return,
            Kind::Definition => state.defined.set(true),
            Kind::Description => state.described.set(true),
            Kind::ClusterDescription => state.described_cluster.set(true),
            Kind::Maintenance => state.maintained.set(true),
            Kind::Statistics => {
                state.gathered.set(true);
                state.gathered_here.set(true);
            }
        }
        state.maintaining.set(matches!(kind, Kind::Maintenance | Kind::Statistics));
        state.version.set(state.version.get() + 1);
    });
}

/// The statement noted last is over, without an error.
pub(super) fn statement_done() {
    STATE.with(|state| state.maintaining.set(false));
}

/// Something this session sees may be different: an invalidation message was read. No allocation, no error.
pub(super) fn note_message() {
    STATE.with(|state| state.version.set(state.version.get() + 1));
}

/// A relation is about to be dropped; it can still be looked up.
pub(super) fn note_drop(relation: pg_sys::Oid) {
    // SAFETY: a syscache lookup inside a transaction; gives '\0' for a relation that is missing.
    let temporary = unsafe { pg_sys::get_rel_persistence(relation) } as u8 == pg_sys::RELPERSISTENCE_TEMP;
    STATE.with(|state| {
        // CLUSTER and REFRESH drop the table that they have copied from.
        if state.maintaining.get() {
            return;
        }
        if !temporary {
            state.defined.set(true);
        } else if state.dropped.borrow().len() < DROPPED {
            state.dropped.borrow_mut().push(relation.to_u32());
        }
    });
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn transaction_event(event: pg_sys::XactEvent::Type, _argument: *mut std::ffi::c_void) {
    use pg_sys::XactEvent::{XACT_EVENT_ABORT, XACT_EVENT_COMMIT, XACT_EVENT_PRE_COMMIT, XACT_EVENT_PREPARE};
    match event {
        XACT_EVENT_PRE_COMMIT => STATE.with(|state| {
            state.pending.set(state.effects());
            observe(|observer| observer.ending());
        }),
        XACT_EVENT_COMMIT => STATE.with(|state| {
            if let Some(effects) = state.pending.take() {
                observe(|observer| observer.committed(effects));
                let schema = if effects.schema { SCHEMA_AGAIN } else { 0 };
                let cluster = if effects.cluster { CLUSTER_AGAIN } else { 0 };
                AGAIN.store(schema | cluster, Ordering::Relaxed);
            }
            state.forget();
        }),
        // What was prepared is told by COMMIT PREPARED.
        XACT_EVENT_PREPARE => STATE.with(State::forget),
        XACT_EVENT_ABORT => STATE.with(|state| {
            state.maintaining.set(false);
            state.pending.set(None);
            state.forget();
            observe(|observer| {
                observer.aborted();
                observer.ending();
            });
        }),
        _ => {}
    }
}

/// Tells of a commit a second time, once the messages about it are on their way: PostgreSQL sends them after the commit is told. Whoever
/// asked in between saw the new rows with old privileges in its caches, and what was remembered of that must not live.
///
/// Without pgrx's guard, which would cost every statement: nothing in it can fail.
unsafe extern "C-unwind" fn resources_released(
    phase: pg_sys::ResourceReleasePhase::Type,
    _commits: bool,
    is_top_level: bool,
    _argument: *mut std::ffi::c_void,
) {
    if AGAIN.load(Ordering::Relaxed) != 0 && is_top_level && phase == pg_sys::ResourceReleasePhase::RESOURCE_RELEASE_LOCKS {
        let again = AGAIN.swap(0, Ordering::Relaxed);
        let (schema, cluster) = (again & SCHEMA_AGAIN != 0, again & CLUSTER_AGAIN != 0);
        observe(|observer| observer.committed(Effects { schema, cluster, ..Effects::default() }));
    }
}

fn observe(tell: impl FnOnce(&dyn Observer)) {
    // SAFETY: written once, before the postmaster forked.
    if let Some(observer) = unsafe { OBSERVER } {
        tell(observer);
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn savepoint_event(
    event: pg_sys::SubXactEvent::Type,
    _own: pg_sys::SubTransactionId,
    _parent: pg_sys::SubTransactionId,
    _argument: *mut std::ffi::c_void,
) {
    if event == pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB {
        observe(|observer| observer.savepoint_aborted());
    }
    // The guard rolls a subtransaction of its own back on every question: that one holds no comment and no definition.
    if event == pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB && !super::attempt::is_ending() {
        note_message();
        // A maintenance statement that failed in it never came to its end.
        statement_done();
    }
}

impl State {
    fn forget(&self) {
        let flags = [&self.defined, &self.described, &self.described_cluster, &self.maintained, &self.gathered];
        // Counted, because all of them are to be put back.
        if flags.iter().filter(|flag| flag.replace(false)).count() > 0 {
            self.version.set(self.version.get() + 1);
        }
        if !self.dropped.borrow().is_empty() {
            self.dropped.take();
        }
    }

    /// Definitions that no statement told of: a C function's, those of EXPLAIN ANALYZE. Inside a savepoint the messages of the
    /// levels above cannot be had, and the statements have to do.
    fn has_changed_unsaid(&self) -> bool {
        // SAFETY: reads variables of this backend.
        let (wrote, level) = unsafe {
            (pg_sys::GetTopTransactionIdIfAny() != pg_sys::InvalidTransactionId, pg_sys::GetCurrentTransactionNestLevel())
        };
        wrote && level == 1 && self.effects().is_some_and(|effects| effects.schema || effects.cluster)
    }

    /// What this transaction will mean for others; none when it means nothing.
    fn effects(&self) -> Option<Effects> {
        // SAFETY: reads variables of this backend.
        let (id, kind) = unsafe { (pg_sys::GetTopTransactionIdIfAny(), pg_sys::MyBackendType) };
        let maintains = self.maintaining.get() || kind == pg_sys::BackendType::B_AUTOVAC_WORKER;
        let mut effects = Effects {
            schema: self.described.get(),
            cluster: self.described_cluster.get(),
            statistics: self.gathered.get() || maintains,
            wrote: id != pg_sys::InvalidTransactionId && !maintains,
        };
        let only_maintenance = (self.maintained.get() || self.gathered.get()) && !self.defined.get();
        if !(maintains || only_maintenance) {
            self.add_messages(&mut effects);
        }
        (effects != Effects::default()).then_some(effects)
    }

    /// Looks through the messages that the commit will send.
    fn add_messages(&self, effects: &mut Effects) {
        let (mut messages, mut file) = (std::ptr::null_mut(), false);
        // SAFETY: called inside a transaction, at its top level; gives an array in this transaction's memory.
        let count = unsafe { pg_sys::xactGetCommittedInvalidationMessages(&raw mut messages, &raw mut file) };
        if count <= 0 || messages.is_null() {
            return;
        }
        // SAFETY: an array of so many messages, ours to free.
        let slice = unsafe { std::slice::from_raw_parts(messages, count as usize) };
        let temporary = temporary_schemas();
        let mut looked_at = 0;
        for message in slice {
            if effects.schema && effects.cluster {
                break;
            }
            match Message::of(message) {
                Message::Relation(relation) if !effects.schema => {
                    looked_at += 1;
                    effects.schema = looked_at > LOOKED_AT || self.matters(relation);
                }
                Message::Database => effects.schema = true,
                Message::Schema(hash) => effects.schema |= !temporary.contains(&Some(hash)),
                Message::Cluster => effects.cluster = true,
                Message::Relation(_) | Message::Nothing => {}
            }
        }
        // SAFETY: allocated for us.
        unsafe { pg_sys::pfree(messages.cast()) };
    }

    /// A relation that a question of another session could be about, or one that is gone.
    fn matters(&self, relation: pg_sys::Oid) -> bool {
        // SAFETY: syscache lookups inside the transaction; a missing relation gives '\0'.
        unsafe {
            match pg_sys::get_rel_relkind(relation) as u8 {
                0 => !self.dropped.borrow().contains(&relation.to_u32()),
                b'r' | b'v' | b'm' | b'p' | b'f' => {
                    pg_sys::get_rel_persistence(relation) as u8 != pg_sys::RELPERSISTENCE_TEMP
                        && !pg_sys::get_rel_relispartition(relation)
                }
                _ => false,
            }
        }
    }
}

/// What an invalidation message is about.
enum Message {
    Relation(pg_sys::Oid),
    /// A schema, by the hash of its OID.
    Schema(u32),
    /// Something else that answers depend on, in this database.
    Database,
    /// The same for all databases.
    Cluster,
    Nothing,
}

impl Message {
    fn of(message: &pg_sys::SharedInvalidationMessage) -> Message {
        // SAFETY: every variant begins with the id that tells which one it is.
        unsafe {
            match i32::from(message.id) {
                pg_sys::SHAREDINVALRELCACHE_ID => Message::relation(message.rc.relId),
                id @ 0.. => Message::row(id as u32, message.cc.hashValue),
                _ => Message::Nothing,
            }
        }
    }

    fn relation(relation: pg_sys::Oid) -> Message {
        match relation.to_u32() {
            0 => Message::Database,
            oid if oid >= FIRST_USER_OID => Message::Relation(relation),
            _ => Message::Nothing,
        }
    }

    fn row(id: u32, hash: u32) -> Message {
        if id == cache::NAMESPACEOID {
            Message::Schema(hash)
        } else if [cache::ENUMOID, cache::PROCOID, cache::OPEROID, cache::CASTSOURCETARGET].contains(&id) {
            // What a remembered statement calls may be another function now.
            Message::Database
        } else if [cache::AUTHOID, cache::AUTHMEMMEMROLE, cache::AUTHMEMROLEMEM].contains(&id) {
            Message::Cluster
        } else {
            Message::Nothing
        }
    }
}

/// Hashes of the session's temporary schema and its companion for long values, as messages about schemas carry them.
fn temporary_schemas() -> [Option<u32>; 2] {
    let schema = temporary_schema();
    // SAFETY: asked only where the session has a temporary schema.
    let toast = schema.map(|_| unsafe { pg_sys::GetTempToastNamespace() });
    [schema, toast].map(|schema| {
        let key = pg_sys::Datum::from(schema?);
        let none = pg_sys::Datum::from(0);
        // SAFETY: hashes an OID as the cache does.
        Some(unsafe { pg_sys::GetSysCacheHashValue(cache::NAMESPACEOID as i32, key, none, none, none) })
    })
}

/// Whether the session has ever had a temporary table.
pub fn has_temporary_schema() -> bool {
    temporary_schema().is_some()
}

/// The session's own temporary schema, once it has one.
fn temporary_schema() -> Option<pg_sys::Oid> {
    // SAFETY: gives an invalid OID where the session has none; missing is allowed.
    let schema = unsafe { pg_sys::LookupExplicitNamespace(c"pg_temp".as_ptr(), true) };
    (schema != pg_sys::Oid::INVALID).then_some(schema)
}
