//! Real clients ask: psql's own commands, libpq row by row, psycopg 3, SQLAlchemy, JDBC, PgBouncer. Their programs lie in `clients/`.
//!
//! `tools/clients.sh` installs what is missing. A client that is not there is reported by name on a line of its own.

use nl_query_tests::{Cluster, Database, Options};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn zoo(cluster: &'static Cluster, name: &str) -> Database<'static> {
    let database = cluster.database(name);
    database.plain_role(&format!("{name}_role"));
    database.run(&format!(
        "CREATE TABLE animals (animal_id int PRIMARY KEY, name text NOT NULL, species text NOT NULL, weight_kg numeric(8, 2) NOT NULL);
         INSERT INTO animals VALUES (1, 'Kiko', 'Giraffe', 800), (2, 'Nala', 'Lion', 130.5), (3, 'Simba', 'Lion', 190);
         ANALYZE; GRANT SELECT ON animals TO {name}_role; GRANT CREATE ON SCHEMA public TO {name}_role"
    ));
    database
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(name)
}

fn said(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

fn succeeds(command: &mut Command, what: &str) -> String {
    let out = command.output().unwrap_or_else(|e| panic!("cannot start {what}: {e}"));
    assert!(out.status.success(), "{what}:\n{}", said(&out));
    said(&out)
}

/// The distribution's Python with a module, or a line that says what is missing.
fn python_with(module: &str, name: &str) -> Option<Command> {
    let there =
        |python: &str| Command::new(python).args(["-c", &format!("import {module}")]).output().is_ok_and(|o| o.status.success());
    match ["/usr/bin/python3", "python3"].into_iter().find(|python| there(python)) {
        Some(python) => Some(Command::new(python)),
        None => {
            println!("skipped: {name} is not installed");
            None
        }
    }
}

fn program(candidates: &[&str]) -> Option<String> {
    candidates.iter().find(|path| Path::new(path).exists()).map(|path| (*path).to_owned())
}

/// A loopback port that leads to a socket, for clients that know no others. Ends with the test process.
fn loopback(socket: PathBuf) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("its number").port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = UnixStream::connect(&socket) else { continue };
            let (Ok(client_too), Ok(server_too)) = (client.try_clone(), server.try_clone()) else { continue };
            std::thread::spawn(move || pass(client, server));
            std::thread::spawn(move || pass(server_too, client_too));
        }
    });
    port
}

trait Half: Read + Write {
    fn end(&self);
}

impl Half for TcpStream {
    fn end(&self) {
        let _ = self.shutdown(std::net::Shutdown::Both);
    }
}

impl Half for UnixStream {
    fn end(&self) {
        let _ = self.shutdown(std::net::Shutdown::Both);
    }
}

fn pass(mut from: impl Half, mut to: impl Half) {
    let mut buffer = [0; 8192];
    while let Ok(length) = from.read(&mut buffer)
        && length > 0
        && to.write_all(&buffer[..length]).is_ok()
    {}
    from.end();
    to.end();
}

/// A connection string of libpq.
fn libpq(database: &Database<'_>) -> String {
    let socket = database.cluster.socket();
    let (directory, name) = (socket.parent().expect("its directory").display().to_string(), &database.name);
    format!("host={directory} port=5432 user={name}_role dbname={name}")
}

#[test]
fn psql_commands() {
    let zoo = zoo(Cluster::shared(), "clients_psql");
    let mut psql = zoo.cluster.psql(&zoo.name, "clients_psql_role");
    let text = succeeds(psql.arg("-f").arg(script("psql.sql")), "psql");
    let wanted = "gdesc\nspecies|text\ncount|bigint\ngexec\n(3)\ncrosstabview\nspecies|3\n";
    assert!(text.starts_with(wanted), "{text}");
    assert!(text.contains("Lion|2\n") && text.contains("gset\n3\n") && text.ends_with("bind\n3\n"), "{text}");
    // \watch runs until it is stopped (up to 15 it cannot count): the third time raises an error.
    zoo.run("CREATE SEQUENCE times; GRANT USAGE ON times TO clients_psql_role");
    let mut psql = zoo.cluster.psql(&zoo.name, "clients_psql_role");
    let watched = "SELECT n.*, 1 / (3 - nextval('times')) AS left FROM nl_query('how many animals') AS n \\watch 0.01\n";
    let mut child = psql.args(["-At"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("psql");
    child.stdin.take().expect("its input").write_all(watched.as_bytes()).expect("written");
    let text = said(&child.wait_with_output().expect("psql"));
    assert!(text.matches("3|").count() >= 2 && text.contains("division by zero"), "{text}");
}

#[test]
fn libpq_row_by_row() {
    if !Path::new("/usr/include/postgresql/libpq-fe.h").exists() {
        println!("skipped: libpq-dev is not installed");
        return;
    }
    let zoo = zoo(Cluster::shared(), "clients_libpq");
    let program = std::env::temp_dir().join(format!("nlq-single-row-{}", std::process::id()));
    let mut cc = Command::new("cc");
    cc.args(["-Wall", "-Werror", "-I/usr/include/postgresql", "-o"]).arg(&program).arg(script("single_row.c")).arg("-lpq");
    succeeds(&mut cc, "cc");
    let text = succeeds(Command::new(&program).arg(libpq(&zoo)), "the program");
    let _ = std::fs::remove_file(&program);
    assert!(text.contains("libpq: ok"), "{text}");
}

#[test]
fn psycopg() {
    let Some(mut python) = python_with("psycopg", "psycopg") else { return };
    let zoo = zoo(Cluster::shared(), "clients_psycopg");
    let text = succeeds(python.arg(script("psycopg_client.py")).arg(libpq(&zoo)), "psycopg");
    assert!(text.contains("psycopg: ok"), "{text}");
}

#[test]
fn sqlalchemy() {
    let Some(mut python) = python_with("sqlalchemy, psycopg2", "SQLAlchemy") else { return };
    let zoo = zoo(Cluster::shared(), "clients_sqlalchemy");
    let directory = zoo.cluster.socket().parent().expect("its directory").display().to_string();
    let url = format!("postgresql+psycopg2://{0}_role@/{0}?host={directory}&port=5432", zoo.name);
    let text = succeeds(python.arg(script("sqlalchemy_client.py")).arg(url), "SQLAlchemy");
    assert!(text.contains("SQLAlchemy: ok"), "{text}");
}

#[test]
fn jdbc() {
    let driver = program(&["/usr/share/java/postgresql.jar"]);
    let java = Command::new("java").arg("-version").output().is_ok_and(|out| out.status.success());
    let (Some(driver), true) = (driver, java) else {
        println!("skipped: JDBC is not installed");
        return;
    };
    let zoo = zoo(Cluster::shared(), "clients_jdbc");
    let url = format!("jdbc:postgresql://127.0.0.1:{}/{1}?user={1}_role", loopback(zoo.cluster.socket()), zoo.name);
    let text = succeeds(Command::new("java").args(["-cp", &driver]).arg(script("Jdbc.java")).arg(url), "JDBC");
    assert!(text.contains("JDBC: ok"), "{text}");
}

/// Two server connections for more clients than that: each transaction may run in another backend.
#[test]
fn pgbouncer_in_transaction_mode() {
    let Some(pgbouncer) = program(&["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"]) else {
        println!("skipped: PgBouncer is not installed");
        return;
    };
    static CLUSTER: std::sync::OnceLock<Cluster> = std::sync::OnceLock::new();
    let zoo = zoo(CLUSTER.get_or_init(|| Cluster::start(&Options::default())), "clients_bouncer");
    let socket = zoo.cluster.socket();
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).expect("a free port").port();
    let mut bouncer = Bouncer::start(&pgbouncer, socket.parent().expect("its directory"), port);
    let connect = || {
        let mut config = postgres::Client::configure();
        config.host("127.0.0.1").port(port).user("clients_bouncer_role").dbname("clients_bouncer");
        config.connect(postgres::NoTls)
    };
    let mut last = String::new();
    let mut first = None;
    for _ in 0..200 {
        match connect() {
            Ok(client) => {
                first = Some(client);
                break;
            }
            Err(error) => last = error.to_string(),
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    drop(first.unwrap_or_else(|| panic!("no connection through PgBouncer: {last}\n{}", bouncer.log())));
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let mut client = connect().expect("a connection");
                for _ in 0..10 {
                    let sql = "SELECT * FROM nl_query('how many animals per species')";
                    let rows = client.simple_query(sql).expect("rows");
                    let rows = rows.iter().filter(|m| matches!(m, postgres::SimpleQueryMessage::Row(_))).count();
                    assert_eq!(rows, 2);
                    let mut transaction = client.transaction().expect("BEGIN");
                    let text = "DECLARE c CURSOR FOR SELECT * FROM nl_query('how many animals'); FETCH 1 FROM c";
                    transaction.batch_execute(text).expect("cursor");
                    transaction.commit().expect("COMMIT");
                }
            });
        }
    });
}

struct Bouncer {
    child: std::process::Child,
    directory: PathBuf,
}

impl Bouncer {
    fn start(program: &str, servers: &Path, port: u16) -> Bouncer {
        let directory = std::env::temp_dir().join(format!("nlq-bouncer-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        let settings = format!(
            "[databases]\n* = host={} port=5432\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = 2\nlogfile = {}\n",
            servers.display(),
            directory.join("log").display()
        );
        // auth_type any asks for one user for everybody.
        let settings = settings.replace("* = host", "clients_bouncer = user=clients_bouncer_role dbname=clients_bouncer host");
        std::fs::write(directory.join("ini"), settings).expect("its settings");
        let as_root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n");
        let mut command = Command::new(if as_root { "runuser" } else { program });
        if as_root {
            let gone = Command::new("chmod").args(["-R", "a+rwX"]).arg(&directory).status();
            assert!(gone.is_ok_and(|status| status.success()), "chmod");
            command.args(["-u", "postgres", "--", program]);
        }
        let child =
            command.arg("-q").arg(directory.join("ini")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("PgBouncer");
        Bouncer { child, directory }
    }

    fn log(&mut self) -> String {
        std::fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        // runuser passes SIGTERM on, not SIGKILL.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
