//! The whole catalog as the cluster shares it: decoded once a backend and generation, read by one backend for all.
//!
//! The reading shows every relation and every column's statistics, so it runs as the role that owns the cluster, with switching
//! roles locked: one constant query over catalogs, in which every name is written with its schema and no function of a user occurs.
//! It leaves this file only through a `Sight`.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use nl_query_core::error::Error;
use nl_query_core::introspection::Whole;

use crate::cache::generation;
use crate::cache::snapshots::{self, Lead};
use crate::pg::session::AsRole;

use super::reading::Reading;
use super::{MOST_RELATIONS, Origin, Scope, Statistics};

/// A decoded catalog.
#[derive(Clone)]
pub struct Held {
    pub reading: Rc<Reading>,
    pub statistics: Statistics,
    pub origin: Origin,
}

thread_local! {
    // Thread-local only to be safe Rust: a backend has one thread that runs PostgreSQL code.
    static HELD: RefCell<Option<Held>> = const { RefCell::new(None) };
}

/// The whole catalog of the present generation; none where it cannot be shared. `gathered`: this session has new statistics.
pub fn whole(gathered: bool) -> Result<Option<Held>, Error> {
    loop {
        let generation = generation::with_messages();
        if snapshots::is_oversize(generation) {
            return Ok(None);
        }
        let held = HELD.with_borrow(|held| held.as_ref().filter(|held| held.serves(generation, gathered)).cloned());
        if let Some(held) = held {
            return Ok(Some(Held { origin: Origin::Shared, ..held }));
        }
        if let Some(held) = decode(generation)
            && held.serves(generation, gathered)
        {
            HELD.set(Some(held.clone()));
            return Ok(Some(held));
        }
        match snapshots::lead() {
            Lead::Waited => {}
            Lead::Impatient => return Ok(None),
            Lead::Leader(duty) => {
                let held = read()?;
                drop(duty);
                HELD.set(Some(held.clone()));
                return Ok(Some(held));
            }
        }
    }
}

/// Forgets what this backend has decoded.
pub fn clear() {
    HELD.take();
}

/// The snapshot in shared memory, decoded.
fn decode(generation: u64) -> Option<Held> {
    let (bytes, version) = snapshots::copy(generation)?;
    // What was written by this library can be read by it; anything else counts as none.
    let whole = postcard::from_bytes(&bytes).ok()?;
    let age = std::time::Duration::from_micros(crate::pg::viewpoint::now().saturating_sub(version.made).max(0) as u64);
    let now = Instant::now();
    let read_at = now.checked_sub(age).unwrap_or(now);
    Some(Held { reading: Rc::new(Reading::of(whole)), statistics: Statistics { version, read_at }, origin: Origin::Shared })
}

/// Reads the catalog for everybody and publishes it.
fn read() -> Result<Held, Error> {
    let statistics = Statistics::now();
    let whole = read_everything()?;
    if let Ok(bytes) = postcard::to_stdvec(&whole) {
        snapshots::publish(&statistics.version, &bytes);
    }
    Ok(Held { reading: Rc::new(Reading::of(whole)), statistics, origin: Origin::Read })
}

/// The catalog query over everything. An ERROR inside gives the role back with the (sub)transaction that it aborts.
pub fn read_everything() -> Result<Whole, Error> {
    let role = AsRole::owner_of_the_cluster();
    let whole = super::introspect(MOST_RELATIONS, Scope::Everything);
    role.end();
    whole
}

impl Held {
    /// Whether it is of this generation and its statistics are new enough.
    fn serves(&self, generation: u64, gathered: bool) -> bool {
        self.statistics.version.generation == generation && self.statistics.serve(gathered)
    }
}
