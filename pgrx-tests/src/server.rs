//! The PostgreSQL installation under test, and how to run its programs.
//!
//! PostgreSQL refuses to run as root. Where the tests do run as root (containers, CI), every server program is started through
//! `runuser` as `postgres`, or as `nobody` where no such user exists; otherwise as whoever runs the tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

pub struct Server {
    /// 15, 17, 18, …
    pub major: u32,
    bindir: PathBuf,
    sharedir: PathBuf,
    runs_as: Option<Account>,
}

/// The operating system's account that owns the clusters when the tests run as root.
#[derive(Clone)]
struct Account {
    name: String,
    uid: u32,
    gid: u32,
}

impl Server {
    /// The installation that `PG_CONFIG` names (default: the `pg_config` on the path).
    pub fn under_test() -> &'static Server {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(Server::find)
    }

    fn find() -> Server {
        let pg_config = std::env::var("PG_CONFIG").unwrap_or_else(|_| "pg_config".into());
        let ask = |what: &str| text_of(Command::new(&pg_config).arg(what), &format!("{pg_config} {what}"));
        let version = ask("--version");
        let digits = version.trim_start_matches(|c: char| !c.is_ascii_digit());
        let major = digits.split(|c: char| !c.is_ascii_digit()).next().and_then(|d| d.parse().ok());
        let major = major.unwrap_or_else(|| panic!("no version number in \"{version}\", which {pg_config} gave"));
        let (bindir, sharedir) = (PathBuf::from(ask("--bindir")), PathBuf::from(ask("--sharedir")));
        let control = sharedir.join("extension/nl_query.control");
        assert!(control.exists(), "{} is missing: install nl_query into this server first (`make test` does)", control.display());
        Server { major, bindir, sharedir, runs_as: Account::to_run_servers() }
    }

    /// A program of the server, run by whoever runs the tests: clients.
    pub fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.bindir.join(program));
        // Only what a test says decides where a client connects to.
        for name in ["PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGOPTIONS", "PGSERVICE", "PGPASSWORD"] {
            command.env_remove(name);
        }
        command.env("PSQLRC", "/dev/null").env("LC_ALL", "C.UTF-8");
        command
    }

    /// A program of the server, run by the account that owns the clusters: initdb, pg_ctl, pg_basebackup.
    pub fn program(&self, program: &str) -> Command {
        match &self.runs_as {
            None => self.client(program),
            Some(account) => {
                let mut command = Command::new("runuser");
                command.args(["-u", &account.name, "--"]).arg(self.bindir.join(program)).env("LC_ALL", "C.UTF-8");
                command
            }
        }
    }

    /// The words that start a server program in a shell script, each to be passed as one argument.
    pub(crate) fn words_to_run(&self, program: &str) -> Vec<String> {
        let program = self.bindir.join(program).display().to_string();
        match &self.runs_as {
            None => vec![program],
            Some(account) => ["runuser", "-u", &account.name, "--", &program].map(String::from).to_vec(),
        }
    }

    /// Gives a directory to the account that owns the clusters.
    pub(crate) fn give(&self, directory: &Path) {
        if let Some(account) = &self.runs_as {
            std::os::unix::fs::chown(directory, Some(account.uid), Some(account.gid))
                .unwrap_or_else(|e| panic!("cannot give {} to {}: {e}", directory.display(), account.name));
        }
    }

    /// Where a library for the server's `$libdir` lies in place of the installed one: a developer's build.
    pub(crate) fn library_directory() -> Option<String> {
        std::env::var("NL_QUERY_LIBDIR").ok().filter(|d| !d.is_empty())
    }

    /// Is an extension of this name installed in this server's directories?
    pub fn has_extension(&self, name: &str) -> bool {
        self.sharedir.join(format!("extension/{name}.control")).exists()
    }
}

impl Account {
    fn to_run_servers() -> Option<Account> {
        if text_of(Command::new("id").arg("-u"), "id -u") != "0" {
            return None;
        }
        let id = |name: &str, what: &str| -> Option<u32> {
            let out = Command::new("id").args([what, name]).output().ok()?;
            String::from_utf8_lossy(&out.stdout).trim().parse().ok()
        };
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| Some(Account { name: name.to_string(), uid: id(name, "-u")?, gid: id(name, "-g")? }))
    }
}

/// Runs to the end; panics with everything the program said where it fails.
pub(crate) fn run(command: &mut Command, what: &str) -> Output {
    let out = command.output().unwrap_or_else(|e| panic!("cannot start {what}: {e}"));
    assert!(
        out.status.success(),
        "{what} failed ({})\n{}{}",
        out.status,
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    out
}

pub(crate) fn text_of(command: &mut Command, what: &str) -> String {
    String::from_utf8_lossy(&run(command, what).stdout).trim().to_string()
}
