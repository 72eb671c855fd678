//! The errors of a question that could not even be sent to a model server, or whose time was over: each cause has its own.

use crate::complaint::Complaint;
use crate::queue::Full;

/// There is no place in the queue of so many.
pub fn full(full: Full, size: usize) -> Complaint {
    let detail = match full {
        Full::Slots => format!("All {size} places are taken (nl_query.queue_size)."),
        Full::Waiting => format!("As many questions wait for a worker as may (nl_query.queue_size is {size})."),
        Full::Batch => format!("A quarter of the {size} places (nl_query.queue_size) is kept for sessions that wait."),
    };
    Complaint::new("53000", "the queue of questions to model servers is full")
        .with_detail(detail)
        .with_hint("Try again later, or raise nl_query.queue_size or the concurrency of the servers.")
}

/// Nobody takes requests from the queue.
pub fn no_worker() -> Complaint {
    Complaint::new("55000", "no worker of nl_query is running")
        .with_hint("Set nl_query.workers to at least 1 and max_worker_processes high enough, and see the server's log.")
}

/// The bytes of the request found no room.
pub fn no_memory() -> Complaint {
    Complaint::new("53200", "the question does not fit into the memory of the queue")
        .with_hint("Raise nl_query.queue_size, or lower the server's option context_tokens.")
}

/// The time for a question, in milliseconds, is over.
pub fn late(server: &str, limit: u64) -> Complaint {
    Complaint::new("57014", format!("model server \"{server}\" did not answer in time"))
        .with_detail(format!("nl_query.model_timeout allows {limit} ms for a question."))
        .with_hint("Raise nl_query.model_timeout if the model needs longer.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_is_told_apart() {
        let complaints = [full(Full::Slots, 8), no_worker(), no_memory(), late("gpt", 5)];
        for (place, complaint) in complaints.iter().enumerate() {
            let others = complaints.iter().enumerate().filter(|(other, _)| *other != place);
            assert!(others.clone().all(|(_, other)| other.sqlstate != complaint.sqlstate));
            assert!(complaint.hint.is_some() && !complaint.message.ends_with('.'));
        }
        let details: Vec<_> = [Full::Slots, Full::Waiting, Full::Batch].map(|cause| full(cause, 8).detail).into_iter().collect();
        assert!(details[0] != details[1] && details[1] != details[2]);
    }
}
