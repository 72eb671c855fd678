//! Throw-away clusters and helpers for the tests of nl_query on real servers, with real clients.
//!
//! What a test may count on: the server is the one `PG_CONFIG` names, with nl_query installed in its directories (`make test`
//! installs into a private copy); clusters run as an ordinary user even when the tests run as root, listen on a socket in their
//! own directory only, and go away with the process that started them, however it ends. A helper that cannot go on panics and
//! says why: in a test that is the report.

pub mod bakery;
mod cluster;
pub mod corpus;
mod database;
pub mod erring;
pub mod gateway;
pub mod model;
pub mod mutate;
mod questions;
mod rows;
mod samples;
mod server;
mod tiers;

pub use cluster::{Cluster, Options, Stop, wait_until};
pub use database::{Database, Refusal, ask, refusal};
pub use questions::{Expected, Question, ask_all, read_questions};
pub use rows::{Table, answers};
pub use samples::{Sample, load_sample};
pub use server::Server;
pub use tiers::{Tier, Tiers, Totals, ask_anew, hits_of, value};
