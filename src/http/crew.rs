//! Helper threads: each makes one call at a time; they start when there is work and end when there has been none for a minute.
//!
//! A task goes to the helper that came to rest last, so that those who are not needed rest on and end. A helper that panics gives an
//! answer that says so, ends, and is replaced by the next task. Nobody waits here but the helpers, and they do so asleep.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nl_query_core::provider::failure::{Failure, FailureClass};
use nl_query_core::secret::Secret;
use nl_query_core::wire::{Answer, Call};

use crate::client::{Client, Settings};
use crate::cord::Cord;
use crate::lock;

/// How long a helper rests before it ends.
const REST: Duration = Duration::from_secs(60);

/// A call to be made.
pub struct Task<T> {
    /// What the caller knows it by.
    pub name: T,
    pub call: Box<Call>,
    /// A key that came with it.
    pub key: Option<Secret>,
    /// Pulled when nobody waits for it any more.
    pub cord: Cord,
}

/// A call that was made.
pub struct Finished<T> {
    pub name: T,
    pub answer: Answer,
}

/// What a helper thread does, for whoever starts it.
pub type Work = Box<dyn FnOnce() + Send>;
/// Starts a thread, with every signal masked.
pub type Spawn = Box<dyn Fn(Work) -> std::io::Result<()> + Send + Sync>;
/// Wakes the main thread; called from helpers.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// How a call is made.
pub type Make = Box<dyn Fn(&Client, &Call, Option<Secret>, &Cord) -> Answer + Send + Sync>;

/// All helpers of a process.
pub struct Crew<T>(Arc<Shared<T>>);

struct Shared<T> {
    client: Client,
    make: Make,
    spawn: Spawn,
    wake: Wake,
    rest: Duration,
    state: Mutex<State<T>>,
    finished: Mutex<Vec<Finished<T>>>,
    panics: AtomicU64,
}

struct State<T> {
    /// Those at rest; who came last is last.
    resting: Vec<(u64, SyncSender<Task<T>>)>,
    threads: usize,
    next: u64,
}

impl<T: Clone + Send + 'static> Crew<T> {
    /// Starts nobody yet.
    pub fn new(settings: Settings, spawn: Spawn, wake: Wake) -> Crew<T> {
        Crew::resting(settings, spawn, wake, REST)
    }

    /// One whose helpers end after another time.
    pub fn resting(settings: Settings, spawn: Spawn, wake: Wake, rest: Duration) -> Crew<T> {
        let make: Make = Box::new(|client, call, key, cord| client.call(call, key, cord));
        Crew::making(settings, make, spawn, wake, rest)
    }

    /// One that makes its calls in another way.
    pub fn making(settings: Settings, make: Make, spawn: Spawn, wake: Wake, rest: Duration) -> Crew<T> {
        let state = State { resting: Vec::new(), threads: 0, next: 0 };
        Crew(Arc::new(Shared {
            client: Client::new(settings),
            make,
            spawn,
            wake,
            rest,
            state: Mutex::new(state),
            finished: Mutex::default(),
            panics: AtomicU64::new(0),
        }))
    }

    /// Has a call made. Where no thread is to be had, its answer says so.
    pub fn start(&self, task: Task<T>) {
        let mut task = task;
        loop {
            let resting = lock(&self.0.state).resting.pop();
            let Some((_, helper)) = resting else { break };
            match helper.try_send(task) {
                Ok(()) => return,
                // It is gone, which it should have said.
                Err(error) => task = given_back(error),
            }
        }
        let (sender, receiver) = sync_channel(1);
        let number = {
            let mut state = lock(&self.0.state);
            state.threads += 1;
            state.next += 1;
            state.next
        };
        let name = task.name.clone();
        let (shared, first) = (self.0.clone(), sender.clone());
        // The first task waits in the channel: a thread that cannot be started leaves it there.
        let _ = first.try_send(task);
        if let Err(error) = (self.0.spawn)(Box::new(move || help(&shared, number, &sender, &receiver))) {
            lock(&self.0.state).threads -= 1;
            self.0.finish(name, failed(&format!("no thread could be started: {error}")));
        }
    }

    /// What has been finished since the last time.
    pub fn finished(&self) -> Vec<Finished<T>> {
        std::mem::take(&mut *lock(&self.0.finished))
    }

    /// Calls under way at a time from now on.
    pub fn set_concurrency(&self, concurrency: usize) {
        self.0.client.set_concurrency(concurrency);
    }

    /// Helpers that there are.
    pub fn threads(&self) -> usize {
        lock(&self.0.state).threads
    }

    /// Helpers that panicked.
    pub fn panics(&self) -> u64 {
        self.0.panics.load(Ordering::Relaxed)
    }
}

impl<T> Shared<T> {
    fn finish(&self, name: T, answer: Answer) {
        let mut finished = lock(&self.finished);
        let first = finished.is_empty();
        finished.push(Finished { name, answer });
        drop(finished);
        // Those behind the first are found with it.
        if first {
            (self.wake)();
        }
    }

    /// Ends a helper's rest, unless a task is on its way to it. The last one closes what is open.
    fn leave(&self, number: u64) -> bool {
        let mut state = lock(&self.state);
        let Some(at) = state.resting.iter().position(|(resting, _)| *resting == number) else { return false };
        state.resting.remove(at);
        state.threads -= 1;
        let is_last = state.threads == 0;
        drop(state);
        if is_last {
            self.client.rest();
        }
        // For whoever shows how many there are.
        (self.wake)();
        true
    }
}

/// The life of a helper.
fn help<T: Clone + Send + 'static>(
    shared: &Arc<Shared<T>>,
    number: u64,
    sender: &SyncSender<Task<T>>,
    receiver: &Receiver<Task<T>>,
) {
    loop {
        match receiver.recv_timeout(shared.rest) {
            Ok(task) => {
                let name = task.name.clone();
                // What a panic leaves half-done belongs to the call, which is over; locks are taken poisoned or not.
                let result = catch_unwind(AssertUnwindSafe(|| (shared.make)(&shared.client, &task.call, task.key, &task.cord)));
                let panicked = result.is_err();
                if panicked {
                    shared.panics.fetch_add(1, Ordering::Relaxed);
                    lock(&shared.state).threads -= 1;
                } else {
                    // Before the answer is known: whoever has it finds this helper at rest.
                    lock(&shared.state).resting.push((number, sender.clone()));
                }
                shared.finish(name, result.unwrap_or_else(|_| failed("an internal error ended the thread that made the call")));
                if panicked {
                    return;
                }
            }
            Err(RecvTimeoutError::Timeout) if shared.leave(number) => return,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn given_back<T>(error: std::sync::mpsc::TrySendError<Task<T>>) -> Task<T> {
    match error {
        std::sync::mpsc::TrySendError::Full(task) | std::sync::mpsc::TrySendError::Disconnected(task) => task,
    }
}

fn failed(message: &str) -> Answer {
    let failure = Failure::transport(FailureClass::Worker, message);
    Answer { result: Err(failure), attempts: 1, first_byte_us: 0, total_us: 0 }
}
