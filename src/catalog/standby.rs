//! Taking notice on a hot standby, where no transaction of ours commits anything: a backend that learns of replayed changes moves the
//! generation itself. Of several that find out, one moves it.
//!
//! Messages of ANALYZE and VACUUM look like any other, and nobody sees those that come while no session is there; so after messages, and at
//! a session's first question, the versions of the catalog's rows are compared with those that were seen last. Comments and labels send
//! no message; they are looked at by a smaller query, once in [`MARKS_EVERY`] for the whole cluster.
//!
//! When the server has been promoted, what was remembered before is forgotten once: the last changes may not have been looked at.

use std::collections::hash_map::DefaultHasher;
use std::ffi::CStr;
use std::hash::{Hash, Hasher};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;

use crate::cache::generation::{self, Home};
use crate::pg::{invalidation, spi_ro, viewpoint};

use super::c_text;

/// How long a replayed COMMENT or SECURITY LABEL may go unseen, in microseconds.
const MARKS_EVERY: i64 = 1_000_000;

const MARKS_SQL: &CStr = c_text(concat!(include_str!("../../sql/catalog_marks.sql"), "\0"));
const VERSIONS_SQL: &CStr = c_text(concat!(include_str!("../../sql/catalog_versions.sql"), "\0"));

/// Moves the generation where what was replayed changed something.
pub fn take_notice() {
    let Some(home) = generation::home() else { return };
    let known = generation::current();
    home.replayed.store(1, SeqCst);
    let messages = invalidation::any();
    let changed = messages && differs(&home.versions, VERSIONS_SQL, true);
    if changed || is_time_for_marks(home) && differs(&home.marks, MARKS_SQL, false) {
        generation::leave(known);
    }
}

/// The server is a primary now: whether it was a standby before is looked at with one load.
pub fn take_notice_of_promotion() {
    if let Some(home) = generation::home()
        && home.replayed.load(SeqCst) != 0
        && home.replayed.swap(0, SeqCst) != 0
    {
        generation::leave(generation::current());
    }
}

/// Whether a query gives another text than it gave last; the first text counts as another where `first` says so.
fn differs(seen: &AtomicU64, sql: &CStr, first: bool) -> bool {
    let mut hasher = DefaultHasher::new();
    spi_ro::text(sql, &[]).hash(&mut hasher);
    let now = hasher.finish() | 1;
    let before = seen.swap(now, SeqCst);
    before != now && (before != 0 || first)
}

fn is_time_for_marks(home: &Home) -> bool {
    let (now, at) = (viewpoint::now(), home.marks_at.load(SeqCst));
    now.saturating_sub(at) >= MARKS_EVERY && home.marks_at.compare_exchange(at, now, SeqCst, SeqCst).is_ok()
}
