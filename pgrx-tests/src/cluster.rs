//! Clusters that live as long as the test that started them.
//!
//! Each has a directory of its own under the temporary directory: data, socket and log. A small shell waits on a pipe that the
//! test process holds; when that pipe closes, because the test ended, panicked or was killed, the shell stops the server and
//! removes the directory. So nothing is left behind, and a static cluster needs no clean-up of its own.

use crate::database::Database;
use crate::server::{Server, run};
use postgres::{Client, NoTls};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};

/// Names the socket; nothing listens on the network, so it need not be free.
const PORT: u16 = 5432;

/// How a cluster is set up.
#[derive(Clone)]
pub struct Options {
    /// Load nl_query at server start.
    pub preload: bool,
    /// Lines of postgresql.conf beyond the harness's own, which they override.
    pub settings: Vec<(String, String)>,
    /// What the server finds in its environment beyond the test's own.
    pub environment: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Options { preload: true, settings: Vec::new(), environment: Vec::new() }
    }
}

impl Options {
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Starts the server with this in its environment.
    pub fn started_with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    pub fn without_preload(mut self) -> Self {
        self.preload = false;
        self
    }
}

/// The three ways to stop a server.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    Smart,
    Fast,
    /// As in a crash: recovery follows.
    Immediate,
}

pub struct Cluster {
    pub server: &'static Server,
    directory: PathBuf,
    environment: Vec<(String, String)>,
    janitor: Child,
    // Held open for the janitor; dropping it is the signal.
    pipe: Option<ChildStdin>,
}

static NEXT: AtomicU32 = AtomicU32::new(1);

impl Cluster {
    /// A new cluster, started, with the library loaded unless the options say otherwise.
    pub fn start(options: &Options) -> Cluster {
        let cluster = Cluster::place(options);
        let mut initdb = cluster.server.program("initdb");
        initdb.args(["--no-sync", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D"]);
        run(initdb.arg(cluster.data()).current_dir(&cluster.directory), "initdb");
        cluster.configure(options);
        cluster.start_again();
        cluster
    }

    /// The one cluster that the tests of a binary share; each takes databases of its own.
    pub fn shared() -> &'static Cluster {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Cluster::start(&Options::default()))
    }

    /// The shared cluster, for one test at a time: where what other tests do to roles or statistics would show.
    pub fn alone() -> (&'static Cluster, MutexGuard<'static, ()>) {
        static TURN: Mutex<()> = Mutex::new(());
        // A test that failed leaves nothing that the next one relies on.
        let turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        (Cluster::shared(), turn)
    }

    /// A hot standby of this cluster, streaming from it.
    pub fn standby(&self, options: &Options) -> Cluster {
        let standby = Cluster::place(options);
        let mut copy = self.server.program("pg_basebackup");
        copy.args(["--checkpoint=fast", "--no-sync", "-R", "-U", "postgres", "-h"]).arg(&self.directory);
        copy.args(["-p", &PORT.to_string(), "-D"]).arg(standby.data()).current_dir(&standby.directory);
        run(&mut copy, "pg_basebackup");
        standby.configure(options);
        standby.start_again();
        standby
    }

    /// Waits until everything that this cluster has written is visible on the standby.
    pub fn wait_for(&self, standby: &Cluster) {
        let written: String =
            self.connect("postgres").query_one("SELECT pg_current_wal_lsn()::text", &[]).expect("position").get(0);
        let mut client = standby.connect("postgres");
        let sql = "SELECT coalesce(pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false)";
        wait_until("the standby has replayed the primary's log", || client.query_one(sql, &[&written]).expect("position").get(0));
    }

    pub fn stop(&self, how: Stop) {
        let how = format!("{how:?}").to_lowercase();
        let mut pg_ctl = self.server.program("pg_ctl");
        pg_ctl.args(["stop", "-w", "-m", &how, "-D"]).arg(self.data()).current_dir(&self.directory);
        run(&mut pg_ctl, "pg_ctl stop");
    }

    pub fn start_again(&self) {
        let mut pg_ctl = self.server.program("pg_ctl");
        pg_ctl.args(["start", "-w", "-t", "120", "-D"]).arg(self.data());
        pg_ctl.arg("-l").arg(self.log_file()).current_dir(&self.directory);
        pg_ctl.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let done = pg_ctl.stdout(Stdio::null()).stderr(Stdio::null()).status();
        let started = done.is_ok_and(|status| status.success());
        assert!(started, "the server does not start; its log ends:\n{}", self.log_tail(60));
    }

    pub fn restart(&self, how: Stop) {
        self.stop(how);
        self.start_again();
    }

    /// As the superuser `postgres`.
    pub fn connect(&self, database: &str) -> Client {
        self.connect_as(database, "postgres")
    }

    pub fn connect_as(&self, database: &str, role: &str) -> Client {
        self.try_connect(database, role)
            .unwrap_or_else(|e| panic!("cannot connect to {database} as {role}: {e}\nthe log ends:\n{}", self.log_tail(40)))
    }

    pub fn try_connect(&self, database: &str, role: &str) -> Result<Client, postgres::Error> {
        let mut config = Client::configure();
        config.host_path(&self.directory).port(PORT).user(role).dbname(database).application_name("nl_query_tests");
        config.connect(NoTls)
    }

    /// A new database with the extension in it; `name` should be unique in the cluster.
    pub fn database(&self, name: &str) -> Database<'_> {
        let database = self.empty_database(name);
        database.connect().batch_execute("CREATE EXTENSION nl_query").expect("CREATE EXTENSION nl_query");
        database
    }

    /// A new database without the extension.
    pub fn empty_database(&self, name: &str) -> Database<'_> {
        let sql = format!("CREATE DATABASE \"{}\" TEMPLATE template0 ENCODING 'UTF8'", name.replace('"', "\"\""));
        self.connect("postgres").batch_execute(&sql).expect("CREATE DATABASE");
        Database { cluster: self, name: name.into() }
    }

    /// psql as people type it: no start-up file, stops at the first error.
    pub fn psql(&self, database: &str, role: &str) -> Command {
        let mut psql = self.client("psql", role);
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database]);
        psql
    }

    /// Another client program (pg_dump, pg_restore, pgbench), connected to this cluster as `role`.
    pub fn client(&self, program: &str, role: &str) -> Command {
        let mut command = self.server.client(program);
        command.env("PGHOST", &self.directory).env("PGPORT", PORT.to_string()).env("PGUSER", role);
        command
    }

    /// The socket that the server listens on.
    pub fn socket(&self) -> PathBuf {
        self.directory.join(format!(".s.PGSQL.{PORT}"))
    }

    /// The server's log since the cluster was made.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.log_file()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub fn log_tail(&self, lines: usize) -> String {
        let log = self.log();
        let all: Vec<&str> = log.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.directory.join("log")
    }

    /// A directory and its janitor.
    fn place(options: &Options) -> Cluster {
        let server = Server::under_test();
        // Short: a socket's path has room for about 100 bytes.
        let name = format!("nlq-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir(&directory).unwrap_or_else(|e| panic!("cannot make {}: {e}", directory.display()));
        server.give(&directory);
        let script = "trap '' INT TERM HUP; dir=$1; shift; cd /; cat >/dev/null; \
                      [ -f \"$dir/data/postmaster.pid\" ] && \"$@\" stop -m immediate -D \"$dir/data\" >/dev/null 2>&1; rm -rf \"$dir\"";
        let mut janitor = Command::new("sh");
        janitor.args(["-c", script, "sh"]).arg(&directory).args(server.words_to_run("pg_ctl"));
        let mut janitor = janitor.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sh");
        let pipe = janitor.stdin.take();
        Cluster { server, directory, environment: options.environment.clone(), janitor, pipe }
    }

    fn configure(&self, options: &Options) {
        let mut conf =
            String::from("\nlisten_addresses = ''\nfsync = off\nlc_messages = 'C'\nlog_line_prefix = '%m [%p] %u@%d '\n");
        let _ = writeln!(conf, "unix_socket_directories = '{}'\nport = {PORT}", self.directory.display());
        if let Some(directory) = Server::library_directory() {
            let _ = writeln!(conf, "dynamic_library_path = '{directory}:$libdir'");
        }
        if options.preload {
            conf.push_str("shared_preload_libraries = 'nl_query'\n");
        }
        for (name, value) in &options.settings {
            let _ = writeln!(conf, "{name} = '{}'", value.replace('\'', "''"));
        }
        let file = self.data().join("postgresql.conf");
        let mut whole = std::fs::read_to_string(&file).expect("postgresql.conf");
        whole.push_str(&conf);
        std::fs::write(&file, whole).expect("postgresql.conf");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.janitor.wait();
    }
}

/// Polls until `done`, at most a minute: tests wait for a state, never for a time.
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !done() {
        assert!(std::time::Instant::now() < deadline, "waited a minute, in vain, until {what}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
