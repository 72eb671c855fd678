//! What is said of a panic on a helper thread: where it was. Its message could quote what a server sent, or worse.
//!
//! PostgreSQL's log is out of reach for a thread: a line goes to standard error, where the server's log collector finds it.

/// Sets that up, in a worker's process only. The main thread's panics become errors as before.
pub fn keep_quiet() {
    let main = std::thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == main {
            before(panic);
        } else {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            eprintln!("nl_query worker: a helper thread panicked at {place}");
        }
    }));
}
