//! Taking notice on a hot standby, where no transaction of ours commits anything: the replayed changes arrive as messages to every
//! backend, which moves the generation itself when they mean something. Of several that find out, one moves it.
//!
//! Messages of ANALYZE and VACUUM look like any other, so the relations that they name are read again and compared. Comments and
//! labels send no message; they are looked at by a small query, once in [`MARKS_EVERY`] for the whole cluster.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::ffi::CStr;
use std::hash::{Hash, Hasher};
use std::sync::atomic::Ordering::SeqCst;

use crate::cache::generation;
use crate::pg::{invalidation, spi_ro, viewpoint};

use super::{c_text, shared};

/// How long a replayed COMMENT or SECURITY LABEL may go unseen, in microseconds.
const MARKS_EVERY: i64 = 1_000_000;

const MARKS_SQL: &CStr = c_text(concat!(include_str!("../../sql/catalog_marks.sql"), "\0"));

/// Moves the generation where what was replayed changed something.
pub fn take_notice() {
    let known = generation::current();
    let changes = invalidation::take();
    if changes.everything || !changes.relations.is_empty() && differ(known, &changes.relations) || marks_differ() {
        generation::leave(known);
    }
}

/// Whether one of these relations is not what the snapshot says it is.
fn differ(generation: u64, relations: &[u32]) -> bool {
    let Some(whole) = shared::held(generation) else { return true };
    let Ok(now) = shared::read_everything(Some(relations)) else { return true };
    let known: HashMap<u32, u64> = whole.relations.iter().map(|described| (described.relation.oid, described.digest)).collect();
    let found: HashMap<u32, u64> = now.relations.iter().map(|described| (described.relation.oid, described.digest)).collect();
    relations.iter().any(|oid| known.get(oid) != found.get(oid))
}

/// Whether comments and labels are others than those that were seen last.
fn marks_differ() -> bool {
    let Some(home) = generation::home() else { return false };
    let now = viewpoint::now();
    let at = home.marks_at.load(SeqCst);
    let mine = now.saturating_sub(at) >= MARKS_EVERY && home.marks_at.compare_exchange(at, now, SeqCst, SeqCst).is_ok();
    if !mine {
        return false;
    }
    let mut hasher = DefaultHasher::new();
    spi_ro::text(MARKS_SQL, &[]).hash(&mut hasher);
    let marks = hasher.finish() | 1;
    let before = home.marks.swap(marks, SeqCst);
    before != 0 && before != marks
}
