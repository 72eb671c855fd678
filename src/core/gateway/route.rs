//! Which server of the list is asked next, and if none is, why.
//!
//! The list is the order of preference. What keeps a server from being asked is a [`Standing`]; if all are kept from it, the caller
//! gets an error that names the nearest cause, with the others in its DETAIL.

use super::limits::{Denied, Limit, Who};
use crate::complaint::Complaint;
use crate::provider::failure::{Failure, FailureClass};

/// How a server stands towards one request. Moments as everywhere in the gateway.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// It can be asked.
    Ready,
    /// It can be asked once a call to it ends: as many as allowed are under way.
    Busy,
    /// It was asked for this request and failed.
    Failed(Box<Failure>),
    /// It was asked for this request, and its answer is in doubt.
    Doubted,
    /// Its breaker is open.
    Open { until: u64 },
    /// It asked for patience.
    Cooling { until: u64 },
    /// It rejects the key.
    Misconfigured(FailureClass),
    /// A limit is reached.
    Limited(Denied),
    /// The caller has no USAGE on it.
    NoPrivilege,
    /// It cannot be used as it is set up, for this reason: small letters, no full stop.
    BadOptions(String),
    /// The prompt is longer than the context that its options give.
    TooLong,
}

/// A server of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// The foreign server's name.
    pub name: String,
    /// What speaks for or against asking it.
    pub standing: Standing,
}

/// Why no server can be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct NoRoute {
    /// For counting and for programs.
    pub cause: Cause,
    /// Milliseconds after which one of them may be asked again; none where waiting does not help.
    pub wait: Option<u64>,
    /// For the user.
    pub complaint: Complaint,
}

/// The nearest cause, for counting and for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The list is empty.
    NoServer,
    /// At least one server was asked, and the last one failed so.
    Failed(FailureClass),
    /// Servers were asked, and their answers are in doubt.
    Doubted,
    /// A limit of the caller's role or of a server.
    Limit,
    /// Breakers are open.
    Open,
    /// Servers asked for patience.
    Cooling,
    /// Keys are rejected, or options cannot be used.
    Misconfigured,
    /// The caller may use none of them.
    NoPrivilege,
    /// The prompt fits into none of them.
    TooLong,
}

/// The position of the server to ask; a busy one only where no other is ready.
pub fn next(servers: &[Server], now: u64) -> Result<usize, Box<NoRoute>> {
    let first = |wanted: Standing| servers.iter().position(|server| server.standing == wanted);
    first(Standing::Ready).or_else(|| first(Standing::Busy)).ok_or_else(|| Box::new(no_route(servers, now)))
}

/// Whether to go on to another server after a failure.
pub fn goes_on(failure: &Failure, now: u64, deadline: u64, least_time: u64) -> bool {
    failure.class.fails_over() && now.saturating_add(least_time) <= deadline
}

fn no_route(servers: &[Server], now: u64) -> NoRoute {
    // The last of several failures: the list was gone through from its beginning.
    let nearest = servers.iter().enumerate().min_by_key(|(place, server)| (rank(&server.standing), std::cmp::Reverse(*place)));
    let Some((place, server)) = nearest else {
        let complaint = Complaint::new("55000", "no model server is configured")
            .with_hint("Create one with CREATE SERVER … FOREIGN DATA WRAPPER nl_query and name it in nl_query.servers.");
        return NoRoute { cause: Cause::NoServer, wait: None, complaint };
    };
    let mut complaint = complaint(server, now);
    let others: Vec<String> = servers
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != place)
        .map(|(_, server)| format!("Server \"{}\" {}.", server.name, says(&server.standing, now)))
        .collect();
    if !others.is_empty() {
        let own = complaint.detail.into_iter();
        complaint.detail = Some(own.chain(others).collect::<Vec<_>>().join("\n"));
    }
    let wait = servers.iter().filter_map(|server| wait(&server.standing, now)).min();
    NoRoute { cause: cause(&server.standing), wait, complaint }
}

/// The nearer a cause is to this very request, the smaller.
fn rank(standing: &Standing) -> u8 {
    match standing {
        Standing::Ready | Standing::Busy => 0,
        Standing::Failed(_) | Standing::Doubted => 1,
        Standing::Limited(_) => 2,
        Standing::Cooling { .. } => 3,
        Standing::Open { .. } => 4,
        Standing::TooLong => 5,
        Standing::Misconfigured(_) | Standing::BadOptions(_) => 6,
        Standing::NoPrivilege => 7,
    }
}

fn cause(standing: &Standing) -> Cause {
    match standing {
        Standing::Ready | Standing::Busy => Cause::NoServer,
        Standing::Failed(failure) => Cause::Failed(failure.class),
        Standing::Doubted => Cause::Doubted,
        Standing::Limited(_) => Cause::Limit,
        Standing::Cooling { .. } => Cause::Cooling,
        Standing::Open { .. } => Cause::Open,
        Standing::TooLong => Cause::TooLong,
        Standing::Misconfigured(_) | Standing::BadOptions(_) => Cause::Misconfigured,
        Standing::NoPrivilege => Cause::NoPrivilege,
    }
}

/// Milliseconds after which a standing may be better.
fn wait(standing: &Standing, now: u64) -> Option<u64> {
    match standing {
        Standing::Open { until } | Standing::Cooling { until } => Some(until.saturating_sub(now)),
        Standing::Limited(denied) => denied.wait,
        Standing::Failed(failure) => failure.retry_after,
        _ => None,
    }
}

/// The rest of a sentence that begins with the server's name.
fn says(standing: &Standing, now: u64) -> String {
    let seconds = |until: &u64| seconds(until.saturating_sub(now));
    match standing {
        Standing::Ready => "is ready".to_owned(),
        Standing::Busy => "is busy".to_owned(),
        Standing::Failed(failure) => format!("{}: {}", failure.class.says(), failure.message),
        Standing::Doubted => "gave an answer that is in doubt".to_owned(),
        Standing::Open { until } => format!("failed too often and is left alone for {}", seconds(until)),
        Standing::Cooling { until } => format!("asked for patience for {}", seconds(until)),
        Standing::Misconfigured(class) => class.says().to_owned(),
        Standing::Limited(denied) => format!("has reached its limit {} of {}", denied.limit.option(), denied.allowed),
        Standing::NoPrivilege => "may not be used by the current role".to_owned(),
        Standing::BadOptions(why) => format!("cannot be used: {why}"),
        Standing::TooLong => "has too small a context for this prompt".to_owned(),
    }
}

/// The error where this server is the nearest cause.
fn complaint(server: &Server, now: u64) -> Complaint {
    let name = &server.name;
    let standing = &server.standing;
    match standing {
        Standing::Failed(failure) => failed(name, failure),
        Standing::Limited(denied) => limited(name, denied),
        Standing::Cooling { .. } => Complaint::new("53400", format!("model server \"{name}\" {}", says(standing, now)))
            .with_hint("Try again later, or name another server in nl_query.servers."),
        Standing::Open { .. } => Complaint::new("08004", format!("model server \"{name}\" {}", says(standing, now)))
            .with_hint("See last_error in pg_stat_nl_query_servers."),
        Standing::Misconfigured(class) => {
            Complaint::new(sqlstate(*class), format!("model server \"{name}\" {}", class.says())).with_hint(hint(*class))
        }
        Standing::BadOptions(why) => {
            Complaint::new("HV000", format!("model server \"{name}\" cannot be used")).with_detail(sentence(why))
        }
        Standing::NoPrivilege => Complaint::new("42501", format!("permission denied for foreign server {name}"))
            .with_hint("Ask the owner of the server to GRANT USAGE ON FOREIGN SERVER."),
        Standing::TooLong => Complaint::new("54000", format!("prompt is too long for model server \"{name}\"")).with_hint(
            "Raise the server's option context_tokens if its model takes more, or use a role that may read fewer tables.",
        ),
        Standing::Doubted => {
            Complaint::new("22023", format!("model server \"{name}\" {}", says(standing, now))).with_hint("Ask in other words.")
        }
        Standing::Ready | Standing::Busy => Complaint::new("XX000", format!("model server \"{name}\" was not asked")),
    }
}

/// The error for a server that was asked and failed.
pub fn failed(name: &str, failure: &Failure) -> Complaint {
    let message = format!("model server \"{name}\" {}", failure.class.says());
    let status = failure.status.map(|status| format!("HTTP status {status}: ")).unwrap_or_default();
    let id = failure.request_id.as_deref().map(|id| format!(" (request {id})")).unwrap_or_default();
    Complaint::new(sqlstate(failure.class), message)
        .with_detail(format!("{status}{}{id}", failure.message))
        .with_hint(hint(failure.class))
}

fn limited(name: &str, denied: &Denied) -> Complaint {
    let (option, allowed) = (denied.limit.option(), denied.allowed);
    let whom = match denied.who {
        Who::Role => "the current role".to_owned(),
        Who::Server => format!("model server \"{name}\""),
    };
    let complaint =
        Complaint::new("53400", format!("limit {option} of {whom} is reached")).with_detail(format!("It is {allowed}."));
    match (denied.wait, denied.limit) {
        (Some(wait), Limit::TokensPerDay) => complaint.with_hint(format!("The next day begins in {}.", seconds(wait))),
        (Some(wait), _) => complaint.with_hint(format!("Try again in {}.", seconds(wait))),
        (None, _) => complaint.with_hint("This request alone is more than the limit allows: raise it, or lower max_tokens."),
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// The SQLSTATE for each way to fail.
pub fn sqlstate(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Dns | FailureClass::Connect => "08001",
        FailureClass::Tls => "08P01",
        FailureClass::Reset | FailureClass::TruncatedBody => "08006",
        FailureClass::Timeout | FailureClass::Abandoned => "57014",
        FailureClass::Auth | FailureClass::Forbidden => "28000",
        FailureClass::Key => "F0000",
        FailureClass::RateLimited | FailureClass::QuotaExhausted => "53400",
        FailureClass::Overloaded => "53300",
        FailureClass::ContextTooLong | FailureClass::RequestTooLarge | FailureClass::ReplyTooLarge => "54000",
        FailureClass::BadRequest | FailureClass::NotFound | FailureClass::Garbage | FailureClass::Redirect => "HV000",
        FailureClass::Filtered => "22023",
        FailureClass::Server => "58000",
        FailureClass::Worker => "57P01",
    }
}

/// What to do about it.
fn hint(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Dns | FailureClass::Connect | FailureClass::Redirect | FailureClass::NotFound => {
            "Check the server's options url and model."
        }
        FailureClass::Tls => {
            "Check the server's option url, and ca_file where the certificate is signed by an authority of your own."
        }
        FailureClass::Auth | FailureClass::Forbidden | FailureClass::Key => {
            "Check api_key_file of the server, or api_key of the user mapping."
        }
        FailureClass::QuotaExhausted => "Check the account at the provider.",
        FailureClass::ContextTooLong | FailureClass::RequestTooLarge => {
            "Set the server's option context_tokens to what its model takes, so that prompts are made to fit."
        }
        FailureClass::Timeout => {
            "Raise the server's option timeout, or the session's statement_timeout, if the model needs longer."
        }
        FailureClass::Filtered => "Ask in other words.",
        FailureClass::BadRequest | FailureClass::Garbage | FailureClass::ReplyTooLarge => {
            "Check the server's options api, url and model."
        }
        _ => "Try again later, or name another server in nl_query.servers.",
    }
}

/// A duration for a person.
fn seconds(millis: u64) -> String {
    match millis.div_ceil(1000) {
        0 | 1 => "1 second".to_owned(),
        seconds if seconds < 120 => format!("{seconds} seconds"),
        seconds if seconds < 7200 => format!("{} minutes", seconds.div_ceil(60)),
        seconds => format!("{} hours", seconds.div_ceil(3600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;

    fn servers(standings: Vec<Standing>) -> Vec<Server> {
        let names = ["gpt", "spare", "local", "other"];
        standings.into_iter().zip(names).map(|(standing, name)| Server { name: name.to_owned(), standing }).collect()
    }

    fn failure(class: FailureClass) -> Standing {
        Standing::Failed(Failure::transport(class, "connection refused"))
    }

    fn none(standings: Vec<Standing>) -> NoRoute {
        *next(&servers(standings), NOW).expect_err("no route")
    }

    #[test]
    fn the_first_that_is_ready_is_asked_and_a_busy_one_only_otherwise() {
        let list = servers(vec![Standing::Open { until: NOW + 1 }, Standing::Busy, Standing::Ready, Standing::Ready]);
        assert_eq!(next(&list, NOW), Ok(2));
        assert_eq!(next(&list[..2], NOW), Ok(1));
    }

    #[test]
    fn each_cause_has_its_own_error() {
        let denied = Denied { who: Who::Role, limit: Limit::TokensPerDay, allowed: 1000, wait: Some(3_600_000) };
        let causes = [
            (vec![], Cause::NoServer, "55000"),
            (vec![failure(FailureClass::Connect)], Cause::Failed(FailureClass::Connect), "08001"),
            (vec![Standing::Limited(denied)], Cause::Limit, "53400"),
            (vec![Standing::Open { until: NOW + 9000 }], Cause::Open, "08004"),
            (vec![Standing::Cooling { until: NOW + 9000 }], Cause::Cooling, "53400"),
            (vec![Standing::Misconfigured(FailureClass::Auth)], Cause::Misconfigured, "28000"),
            (vec![Standing::BadOptions("no url".to_owned())], Cause::Misconfigured, "HV000"),
            (vec![Standing::NoPrivilege], Cause::NoPrivilege, "42501"),
            (vec![Standing::TooLong], Cause::TooLong, "54000"),
        ];
        let mut messages = Vec::new();
        for (standings, cause, sqlstate) in causes {
            let none = none(standings);
            assert_eq!((none.cause, none.complaint.sqlstate), (cause, sqlstate));
            assert!(!none.complaint.message.ends_with('.'), "{}", none.complaint.message);
            messages.push(none.complaint.message);
        }
        messages.sort();
        messages.dedup();
        assert_eq!(messages.len(), 9, "all different");
    }

    #[test]
    fn the_nearest_cause_speaks_and_the_others_are_told() {
        let none = none(vec![
            Standing::Open { until: NOW + 9000 },
            failure(FailureClass::Timeout),
            failure(FailureClass::Overloaded),
            Standing::NoPrivilege,
        ]);
        assert_eq!(none.cause, Cause::Failed(FailureClass::Overloaded));
        assert_eq!(none.complaint.message, "model server \"local\" is overloaded");
        assert_eq!(
            none.complaint.detail.as_deref(),
            Some(
                "connection refused\nServer \"gpt\" failed too often and is left alone for 9 seconds.\n\
                 Server \"spare\" did not answer in time: connection refused.\n\
                 Server \"other\" may not be used by the current role."
            )
        );
        assert_eq!(none.wait, Some(9000));
    }

    #[test]
    fn how_long_to_wait_is_the_shortest_of_all() {
        let denied = Denied { who: Who::Server, limit: Limit::RequestsPerMinute, allowed: 5, wait: Some(700) };
        let waiting = none(vec![Standing::Cooling { until: NOW + 5000 }, Standing::Limited(denied), Standing::NoPrivilege]);
        assert_eq!(waiting.wait, Some(700));
        assert_eq!(waiting.complaint.message, "limit requests_per_minute of model server \"spare\" is reached");
        assert_eq!(none(vec![Standing::NoPrivilege]).wait, None);
    }

    #[test]
    fn a_request_that_is_bad_goes_no_further() {
        let goes_on = |class, left| goes_on(&Failure::transport(class, ""), NOW, NOW + left, 200);
        assert!(
            goes_on(FailureClass::Connect, 1000) && goes_on(FailureClass::Auth, 1000) && goes_on(FailureClass::RateLimited, 1000)
        );
        assert!(!goes_on(FailureClass::BadRequest, 1000) && !goes_on(FailureClass::Filtered, 1000));
        assert!(!goes_on(FailureClass::Connect, 100));
    }

    #[test]
    fn states_are_five_characters_of_sql() {
        for class in FailureClass::ALL {
            let state = sqlstate(class);
            assert!(
                state.len() == 5 && state.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()),
                "{class:?}"
            );
            assert!(hint(class).ends_with('.'));
        }
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(
            [1, 1500, 119_000, 120_000, 7_200_000].map(seconds),
            ["1 second", "2 seconds", "119 seconds", "2 minutes", "2 hours"]
        );
    }
}
