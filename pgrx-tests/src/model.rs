//! A model server that does what a test says, and remembers what it was asked.
//!
//! It is a real HTTP/1.1 server on 127.0.0.1 in plain threads: one that accepts, one for each connection. What happens on a
//! connection or to a request, a [`Script`] decides: an [`Answer`], right or wrong in every way that is known of model servers,
//! or no answer at all. What arrived, when, and how it ended is kept in a [`Record`]. Nothing in here sleeps or polls in
//! intervals: every wait ends as soon as what it waits for happens, the client leaves or the server stops.
//!
//! ```no_run
//! use nl_query_tests::model::{Answer, Model, Problem, Script};
//! let model = Model::start(Script::new().times(2, Answer::problem(Problem::Overloaded)).always(Answer::says("SELECT 1")));
//! // … let a client ask model.url() …
//! model.wait_for(3, std::time::Duration::from_secs(10));
//! assert!(model.holds("secret").is_empty());
//! ```

mod answer;
mod certificate;
mod connection;
mod deliver;
mod gate;
mod http_date;
mod incoming;
mod log;
mod oddities;
mod pack;
mod port;
mod problem;
mod ready;
mod reply;
mod request;
mod retry_after;
mod script;
mod server;
mod signal;
mod socket;
mod stream;
mod vendor;

pub use answer::{Answer, Cut, End, Framing};
pub use certificate::Certificate;
pub use gate::Gate;
pub use log::{Counts, Outcome, Part, Place, Record};
pub use oddities::{Oddity, oddities};
pub use port::Port;
pub use problem::Problem;
pub use reply::{Finish, Reply};
pub use request::Request;
pub use retry_after::RetryAfter;
pub use script::{Act, Greeting, Script};
pub use server::{Model, Setup};
pub use vendor::Vendor;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock, also where a test's closure panicked while it was held: what it guards is whole between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
