//! The catalog read as the role that asks: what nobody else may see (uncommitted definitions, temporary tables), and what does not
//! fit into shared memory. Nothing here is shared.

use std::cell::RefCell;
use std::rc::Rc;

use nl_query_core::error::Error;
use nl_query_core::introspection::{Catalog, Whole};

use crate::pg::viewpoint::Viewpoint;

use super::reading::Reading;
use super::shown::Own;
use super::{Scene, Scope, Statistics};

/// All that one role may SELECT, where that is more than `nl_query.max_relations`: each question is read against another part of it.
struct Held {
    scene: Scene,
    reading: Rc<Reading>,
    statistics: Statistics,
}

thread_local! {
    // Thread-local only to be safe Rust: a backend has one thread that runs PostgreSQL code.
    static HELD: RefCell<Option<Held>> = const { RefCell::new(None) };
}

/// What the current role may SELECT now, by this transaction's eyes, at most so many relations.
pub fn read(max_relations: i32) -> Result<Whole, Error> {
    super::introspect(max_relations, Scope::Own)
}

/// Keeps a reading of all of it for the next question of the same scene.
pub fn keep(scene: &Scene, reading: Rc<Reading>, statistics: Statistics) {
    HELD.set(Some(Held { scene: scene.clone(), reading, statistics }));
}

/// What was kept of the scene, with statistics that are new enough. `gathered`: this session has new ones.
pub fn kept(scene: &Scene, gathered: bool) -> Option<(Rc<Reading>, Statistics)> {
    HELD.with_borrow(|held| {
        let held = held.as_ref().filter(|held| held.scene == *scene && held.statistics.serve(gathered))?;
        Some((Rc::clone(&held.reading), held.statistics))
    })
}

/// Forgets what was kept.
pub fn forget() {
    HELD.take();
}

/// The session's temporary relations alone.
pub fn temporary(viewpoint: &Viewpoint, max_relations: i32) -> Result<Catalog, Error> {
    let whole = super::introspect(max_relations, Scope::Temporary)?;
    Ok(whole.seen_by(&mut Own::of(viewpoint), usize::try_from(max_relations).unwrap_or(0)))
}
