//! Calls of model servers: one call in, one answer out, however the network, the server or a file behaves.
//!
//! This crate knows HTTP, TLS, files of keys and plain threads, and nothing of PostgreSQL: no function of the server may be called on
//! its threads, and none can be from here. Whoever starts a [`Crew`] says how a thread is started (with which signals masked) and how
//! the main thread is woken. The environment is never read: it belongs to whoever started the server, and C code may be changing it.
//!
//! Threads and locks: everything is used from many helper threads at once. Locks are held for moments, never while a file, a name
//! or a socket is waited for; a lock that a panic poisoned is used on, as what it guards is whole between any two statements.
#![forbid(unsafe_code)]

mod agents;
mod body;
mod client;
mod cord;
mod crew;
mod keys;
mod names;
mod tls;
mod trouble;

pub use client::{Client, Settings};
pub use cord::{Cord, Pull};
pub use crew::{Crew, Finished, Make, Task};
pub use keys::Keys;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock, poisoned or not.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
