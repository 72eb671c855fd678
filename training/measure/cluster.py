"""A scratch cluster with the extension of this checkout, in a private copy of the server, and the databases that are asked."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

CHECKOUT = Path(__file__).resolve().parents[2]
# 5433 only names the socket; nothing listens on the network.
PORT = "5433"
SETTINGS = ("listen_addresses = ''", f"port = {PORT}", "fsync = off", "timezone = 'UTC'", "max_locks_per_transaction = 1024")
PRELOADED = ("shared_preload_libraries = 'nl_query'",)
EXTENSION_SCHEMA = "nl"
ASKER, JUDGE = "asker", "judge"


def checked(command, **options):
    """Runs a program in the checkout; what it printed on its standard output. Shows what it said where it fails."""
    done = subprocess.run([str(word) for word in command], cwd=CHECKOUT, text=True, capture_output=True, check=False, **options)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed ({done.returncode})\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


class Build:
    """The extension as it is built and installed: for a server, with the checkout's weights or with others."""

    def __init__(self, pg_config):
        self.server = pg_config
        self.private = checked(["tools/private-server.sh", pg_config])

    def install(self, weights=None):
        """Builds with these weights and installs into the private server; the library that is there now."""
        environment = {name: value for name, value in os.environ.items() if name != "NL_QUERY_WEIGHTS"}
        if weights is not None:
            environment["NL_QUERY_WEIGHTS"] = str(weights)
        checked(["tools/build.sh"], env={**environment, "PG_CONFIG": self.server})
        checked(["tools/install.sh", "install"], env={**environment, "PG_CONFIG": self.private})
        return Path(self.directory("--pkglibdir"), "nl_query.so")

    def directory(self, option):
        """A directory of the private server."""
        return checked([self.private, option])


class Cluster:
    """A throw-away cluster; stopped and removed at the end of a `with`."""

    def __init__(self, build, settings=PRELOADED):
        self.settings = settings
        self.programs = Path(build.directory("--bindir"))
        self.account = _account()
        self.directory = Path(tempfile.mkdtemp(prefix="nlq-"))

    def __enter__(self):
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if (self.directory / "data" / "postmaster.pid").exists():
            # Nothing in it is worth a checkpoint.
            stop = self._as_account("pg_ctl", "stop", "-m", "immediate", "-D", self.directory / "data")
            subprocess.run(stop, cwd="/", capture_output=True, check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _make(self):
        if self.account:
            shutil.chown(self.directory, self.account)
        data = self.directory / "data"
        self._server_program("initdb", "--no-sync", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D", data)
        with open(data / "postgresql.conf", "a", encoding="utf8") as file:
            file.write("\n".join([f"unix_socket_directories = '{self.directory}'", *SETTINGS, *self.settings, ""]))
        self._start()

    def _start(self):
        # The server would keep a pipe open: its output goes to the log.
        with open(os.devnull, "wb") as nowhere:
            place = ("-D", self.directory / "data", "-l", self.directory / "log")
            command = self._as_account("pg_ctl", "start", "-w", "-t", "120", *place)
            done = subprocess.run(command, cwd="/", stdout=nowhere, stderr=nowhere, check=False)
        if done.returncode:
            raise SystemExit("the server does not start\n" + (self.directory / "log").read_text(encoding="utf8"))

    def restart(self):
        """Stops the server and starts it with the library that is installed now."""
        self._server_program("pg_ctl", "stop", "-w", "-m", "fast", "-D", self.directory / "data")
        self._start()

    def _as_account(self, program, *arguments):
        words = [str(word) for word in (self.programs / program, *arguments)]
        return ["runuser", "-u", self.account, "--", *words] if self.account else words

    def _server_program(self, program, *arguments):
        done = subprocess.run(self._as_account(program, *arguments), cwd="/", text=True, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(f"{program} failed\n{done.stdout}{done.stderr}")

    def dsn(self, database, role="postgres"):
        """A connection string."""
        return f"host={self.directory} port={PORT} dbname={database} user={role}"

    def connect(self, database):
        """A superuser's connection that commits each statement."""
        return psycopg.connect(self.dsn(database), autocommit=True)

    def create_roles(self):
        """Who asks may read only as one of the roles that it is a member of; who judges may read everything and write nothing."""
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE ROLE {ASKER} LOGIN NOINHERIT")
            connection.execute(f"CREATE ROLE {JUDGE} LOGIN")
            connection.execute(f"GRANT pg_read_all_data TO {JUDGE}")

    def fill(self, database, dump):
        """Makes a database from a dump."""
        with self.connect("postgres") as connection:
            template = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
            connection.execute(sql.SQL(template).format(sql.Identifier(database)))
        self._feed(database, dump)
        with self.connect(database) as connection:
            connection.execute("ANALYZE")

    def load(self, database, dump):
        """The same with the extension, and for each of the schemas a role that may read just that."""
        self.fill(database, dump)
        with self.connect(database) as connection:
            for schema in _schemas_of(connection):
                _let_read(connection, schema)
            connection.execute(f"CREATE SCHEMA {EXTENSION_SCHEMA}")
            connection.execute(f"CREATE EXTENSION nl_query SCHEMA {EXTENSION_SCHEMA}")
            connection.execute(f"GRANT USAGE ON SCHEMA {EXTENSION_SCHEMA} TO PUBLIC")

    def _feed(self, database, dump):
        psql = [self.programs / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.dsn(database)]
        unpack = ["zstd", "-dc", dump] if str(dump).endswith(".zst") else ["cat", dump]
        with subprocess.Popen(unpack, stdout=subprocess.PIPE) as unpacked:
            done = subprocess.run(psql, stdin=unpacked.stdout, text=True, check=False, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE)
        if done.returncode or unpacked.returncode:
            raise SystemExit(f"{database} cannot be loaded\n{done.stderr}")


def reading_role(schema):
    """The role that may read one schema. Schemas of one name in several databases share it."""
    return f"reads_{schema}"


def _account():
    """Whose the server is: PostgreSQL refuses to run as root. None for the account that runs this."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _schemas_of(connection):
    rows = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'")
    return [name for (name,) in rows]


def _let_read(connection, schema):
    role, place = sql.Identifier(reading_role(schema)), sql.Identifier(schema)
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [reading_role(schema)]).fetchone()
    if not known:
        connection.execute(sql.SQL("CREATE ROLE {}").format(role))
        connection.execute(sql.SQL("GRANT {} TO {}").format(role, sql.Identifier(ASKER)))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(place, role))
    connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(place, role))
