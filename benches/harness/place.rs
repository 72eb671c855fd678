//! Where questions are asked: a database that has nl_query, and who asks there.

use nl_query_tests::Cluster;
use postgres::{Client, Config, NoTls};

/// See the module.
pub struct Place<'a> {
    reached: Reached<'a>,
    /// The schema of the extension, as it stands in SQL.
    pub extension: String,
    /// In order; with two, the second is the stronger one. Empty: whatever is configured.
    pub servers: Vec<String>,
    pub asker: Asker,
}

enum Reached<'a> {
    Cluster(&'a Cluster, String),
    Config(Box<Config>),
}

/// Who asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Asker {
    /// Whoever connects.
    Oneself,
    /// This role.
    Role(String),
    /// For each schema its own role, of this name with the schema's behind it.
    RoleOfSchema(&'static str),
}

/// What servers were asked and what it cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    pub requests: i64,
    pub tokens_in: i64,
    pub tokens_out: i64,
}

impl<'a> Place<'a> {
    pub fn in_cluster(cluster: &'a Cluster, database: &str, servers: Vec<String>, asker: Asker) -> Result<Place<'a>, String> {
        Place { reached: Reached::Cluster(cluster, database.to_owned()), extension: String::new(), servers, asker }.found()
    }

    pub fn at(dsn: &str, servers: Vec<String>) -> Result<Place<'a>, String> {
        let mut config: Config = dsn.parse().map_err(|error| format!("--dsn: {error}"))?;
        if let (None, Ok(password)) = (config.get_password(), std::env::var("PGPASSWORD")) {
            config.password(password);
        }
        config.application_name("nl_query_harness");
        let reached = Reached::Config(Box::new(config));
        Place { reached, extension: String::new(), servers, asker: Asker::Oneself }.found()
    }

    fn found(mut self) -> Result<Place<'a>, String> {
        let sql = "SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension e \
                   JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'nl_query'";
        let row = self.connect()?.query_opt(sql, &[]).map_err(|error| crate::said(&error))?;
        self.extension = row.ok_or("nl_query is not installed in this database; CREATE EXTENSION nl_query does that")?.get(0);
        Ok(self)
    }

    pub fn connect(&self) -> Result<Client, String> {
        match &self.reached {
            Reached::Cluster(cluster, database) => cluster.try_connect(database, "postgres"),
            Reached::Config(config) => config.connect(NoTls),
        }
        .map_err(|error| format!("cannot connect: {}", crate::said(&error)))
    }

    /// What follows in this session is asked by whoever asks about this schema.
    pub fn become_asker(&self, client: &mut Client, db: Option<&str>) -> Result<(), String> {
        let role = match (&self.asker, db) {
            (Asker::Oneself, _) | (Asker::RoleOfSchema(_), None) => None,
            (Asker::Role(role), _) => Some(role.clone()),
            (Asker::RoleOfSchema(prefix), Some(db)) => Some(format!("{prefix}{db}")),
        };
        let mut sql = role.map_or(String::new(), |role| format!("SET SESSION AUTHORIZATION {};", quoted(&role)));
        match db {
            Some(db) => sql.push_str(&format!("SELECT pg_catalog.set_config('search_path', {}, false)", literal(&self.path(db)))),
            None => sql.push_str("RESET search_path"),
        }
        client.batch_execute(&sql).map_err(|error| crate::said(&error))
    }

    /// The search_path for a question's `db`: in a benchmark the name of one schema, else what the user wrote.
    pub fn path(&self, db: &str) -> String {
        if self.asker == Asker::Oneself { db.to_owned() } else { quoted(db) }
    }

    /// Since the server's counters began. Waits for what is still under way, such as samples that nobody needs any more.
    pub fn spent(&self, client: &mut Client) -> Result<Spent, String> {
        // Of all servers of the database: whoever else asks there meanwhile counts, too, unless the servers are named.
        let sql = format!(
            "SELECT coalesce(sum(requests), 0)::int8, coalesce(sum(tokens_in), 0)::int8, coalesce(sum(tokens_out), 0)::int8, \
             coalesce(sum(in_flight + queued), 0)::int8 FROM {}.pg_stat_nl_query_servers \
             WHERE datname = pg_catalog.current_database() AND ($1::text[] = '{{}}' OR server = ANY ($1))",
            self.extension
        );
        for _ in 0..200 {
            let row = client.query_one(&sql, &[&self.servers]).map_err(|error| crate::said(&error))?;
            if row.get::<_, i64>(3) == 0 {
                return Ok(Spent { requests: row.get(0), tokens_in: row.get(1), tokens_out: row.get(2) });
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Err("requests to model servers do not come to an end".to_owned())
    }
}

pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
