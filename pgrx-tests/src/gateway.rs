//! Model servers that fail, one after the other in one database: what a user is told of each, how long it took, and that nothing of
//! it stays.
//!
//! Every server has a key, [`KEY`], from a user mapping. Whatever a client reads, the log and the views are searched for it.

use crate::bakery::{QUESTION, bakery, column, under_way};
use crate::cluster::{Cluster, Options, wait_until};
use crate::database::{Database, Refusal, ask};
use crate::model::{Model, Vendor};
use std::ops::{Deref, RangeInclusive};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Nobody but the `Authorization` header may say this.
pub const KEY: &str = "sk-canary-5f3a9b72c1d84e60";
/// A part of it: half a key is a leak, too.
const HALF: &str = "canary-5f3a9b72";

/// A database whose model servers fail.
pub struct Gateway<'a> {
    database: Database<'a>,
    next: AtomicU32,
}

/// What one question came to.
#[derive(Debug)]
pub struct Said {
    pub result: Result<String, Refusal>,
    pub time: Duration,
}

impl<'a> Deref for Gateway<'a> {
    type Target = Database<'a>;

    fn deref(&self) -> &Database<'a> {
        &self.database
    }
}

impl<'a> Gateway<'a> {
    /// `name` should be unique in the cluster.
    pub fn new(cluster: &'a Cluster, name: &str) -> Gateway<'a> {
        Gateway { database: bakery(cluster, name, &[]), next: AtomicU32::new(1) }
    }

    /// A new server of this address; its name. `options` begins with a comma, or is empty.
    pub fn server(&self, vendor: Vendor, url: &str, options: &str) -> String {
        let name = format!("s{}", self.next.fetch_add(1, Ordering::Relaxed));
        self.run(&format!(
            "CREATE SERVER {name} FOREIGN DATA WRAPPER nl_query OPTIONS (api '{}', url '{url}', model 'mock-1'{options});
             CREATE USER MAPPING FOR PUBLIC SERVER {name} OPTIONS (api_key '{KEY}')",
            vendor.api()
        ));
        name
    }

    /// The same, of a scripted model, in the most usual interface.
    pub fn model(&self, model: &Model, options: &str) -> String {
        self.server(Vendor::OpenAi, &model.url(), options)
    }

    /// Asks these servers something that nobody has asked.
    pub fn ask(&self, servers: &str) -> Said {
        self.ask_within(servers, "30s")
    }

    /// The same, with so much time.
    pub fn ask_within(&self, servers: &str, limit: &str) -> Said {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut client = self.connect();
        client
            .batch_execute(&format!("SET nl_query.servers = '{servers}'; SET nl_query.model_timeout = '{limit}'"))
            .expect("settings");
        let started = Instant::now();
        let result = ask(&mut client, &format!("{QUESTION} {number}"));
        let said = Said { result, time: started.elapsed() };
        no_key_in(&format!("{said:?}"));
        said
    }

    /// Nothing is under way, nobody waits, nothing is held, and the key is nowhere.
    pub fn is_at_rest(&self) {
        wait_until("nothing is in flight or queued", || under_way(self) == 0);
        wait_until("no worker is busy", || busy(self) == 0);
        let sessions = "SELECT count(*) FROM pg_stat_progress_nl_query WHERE datname = current_database()";
        wait_until("no session is shown", || self.value(sessions) == "0");
        assert_eq!(self.value("SELECT coalesce(sum(panics), 0) FROM pg_stat_nl_query_workers"), "0");
        self.no_key();
    }

    /// The key is in no view, setting or log.
    pub fn no_key(&self) {
        for view in [
            "pg_stat_nl_query",
            "pg_stat_nl_query_servers",
            "pg_stat_nl_query_workers",
            "pg_stat_nl_query_refusals",
            "pg_stat_progress_nl_query",
            "pg_settings",
            "pg_foreign_server",
        ] {
            column(self, &format!("SELECT row_to_json(t)::text FROM {view} t")).iter().for_each(|row| no_key_in(row));
        }
        no_key_in(&self.cluster.log());
    }
}

impl Said {
    /// It is this error, and came in so many milliseconds.
    #[track_caller]
    pub fn is(&self, sqlstate: &str, millis: RangeInclusive<u64>) -> &Refusal {
        let said = self.result.as_ref().expect_err("it fails");
        assert_eq!(said.sqlstate, sqlstate, "{self:?}");
        assert!(millis.contains(&(self.time.as_millis() as u64)), "within {millis:?} ms: {self:?}");
        assert!(!said.message.is_empty() && !said.message.ends_with('.'), "{self:?}");
        said
    }

    /// It is an answer, and came in so many milliseconds.
    #[track_caller]
    pub fn is_answer(&self, millis: RangeInclusive<u64>) {
        assert!(self.result.is_ok(), "{self:?}");
        assert!(millis.contains(&(self.time.as_millis() as u64)), "within {millis:?} ms: {self:?}");
    }
}

/// A cluster whose log says much, so that a key would be found in it.
pub fn talkative() -> Options {
    Options::default().with("log_min_messages", "debug1").with("log_statement", "none")
}

/// Calls that workers have under way.
pub fn busy(database: &Database<'_>) -> i64 {
    database.value("SELECT coalesce(sum(in_flight), 0) FROM pg_stat_nl_query_workers").parse().expect("a number")
}

/// The process of the first worker, as soon as there is one.
pub fn worker(database: &Database<'_>) -> i32 {
    let mut pid = None;
    wait_until("a worker runs", || {
        pid = column(database, "SELECT pid FROM pg_stat_nl_query_workers").first().and_then(|pid| pid.parse().ok());
        pid.is_some()
    });
    pid.expect("a worker")
}

/// Sends a signal, by its name, to a process of a cluster.
pub fn signal(name: &str, pid: i32) {
    let done = std::process::Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status();
    assert!(done.is_ok_and(|status| status.success()), "kill -{name} {pid}");
}

/// Kilobytes of memory that a process has.
pub fn resident(pid: i32) -> u64 {
    number_of(pid, "VmRSS:")
}

/// A number from what the kernel says of a process.
pub fn number_of(pid: i32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name} in {status}"));
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
}

/// Open descriptors of a process.
pub fn descriptors(pid: i32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).expect("a process").count()
}

/// Ticks of processor time that a process has used, its threads' included.
pub fn ticks(pid: i32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    // The name of the program, in parentheses, may hold blanks.
    let rest = stat.rsplit_once(')').expect("a name").1;
    rest.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("ticks")).sum()
}

fn no_key_in(text: &str) {
    if let Some(at) = text.find(HALF) {
        let from = text[..at].rfind('\n').map_or(0, |line| line + 1);
        panic!("a key: {}", text[from..].lines().next().unwrap_or_default());
    }
}
