//! The server, asked by a client written by hand.

mod bodies;
mod client;
mod faults;
mod lifecycle;
mod pace;
mod records;
mod scripts;
mod shapes;
mod tls;

use super::*;
use client::{Client, Response, ask};
use std::time::{Duration, Instant};

/// Longer than anything takes, even on a busy machine.
const AMPLE: Duration = Duration::from_secs(30);
