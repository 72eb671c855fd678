//! Every statement that changes what a question means or who may ask it: committed, rolled back, under savepoints, prepared; seen
//! from the session that runs it, from one that has asked before, and from a new one. Nobody is answered from what was, nobody from
//! what is not committed yet, and what rolled back leaves others alone.

use nl_query_tests::{Cluster, Database, Options, Refusal, ask};
use postgres::Client;

/// What must be true of an answer.
#[derive(Clone, Copy, Debug)]
enum Says {
    /// It is SQL with this text in it.
    Has(&'static str),
    /// It is not SQL with this text in it: other SQL or an honest no.
    Not(&'static str),
    /// Anything but an internal error.
    Any,
}
use Says::{Any, Has, Not};

struct Change {
    name: &'static str,
    /// On top of the base below; `{r}` is a role of this test's own that may log in, `{g}` one that may not.
    setup: &'static str,
    change: &'static str,
    /// Asked as `{r}` instead of as the superuser.
    as_role: bool,
    /// Question, what it says before and after.
    questions: &'static [(&'static str, Says, Says)],
}

const BASE: &str = "
    CREATE EXTENSION nl_query;
    CREATE TABLE customers (customer_id int PRIMARY KEY, name text, city text);
    CREATE TABLE orders (order_id int PRIMARY KEY, customer_id int CONSTRAINT buyer REFERENCES customers, total numeric, placed date);
    INSERT INTO customers VALUES (1, 'Ada', 'Turin'), (2, 'Bob', 'Lyon'), (3, 'Cyd', 'Porto');
    INSERT INTO orders VALUES (1, 1, 10, '2024-01-01'), (2, 1, 20, '2024-02-01'), (3, 2, 5, '2025-01-01');
    ANALYZE";

const ZEPPELINS: &str = "how many zeppelins are there";
const TOTAL: &str = "average total of orders";

macro_rules! change {
    ($name:literal, $setup:expr, $change:expr, $($question:expr => $before:expr, $after:expr);+) => {
        Change { name: $name, setup: $setup, change: $change, as_role: false, questions: &[$(($question, $before, $after)),+] }
    };
}
macro_rules! as_role {
    ($name:literal, $setup:expr, $change:expr, $($question:expr => $before:expr, $after:expr);+) => {
        Change { name: $name, setup: $setup, change: $change, as_role: true, questions: &[$(($question, $before, $after)),+] }
    };
}

const CHANGES: &[Change] = &[
    change!("add column", "", "ALTER TABLE orders ADD COLUMN tonnage numeric",
        "average tonnage of orders" => Not("tonnage"), Has("tonnage")),
    change!("drop column", "", "ALTER TABLE orders DROP COLUMN total", TOTAL => Has("total"), Not("total")),
    change!("rename column", "", "ALTER TABLE orders RENAME COLUMN total TO tonnage",
        TOTAL => Has("(total)"), Not("(total)"); "average tonnage of orders" => Not("tonnage"), Has("tonnage")),
    change!("rename table", "", "ALTER TABLE orders RENAME TO zeppelins",
        "how many orders are there" => Has("FROM orders"), Not("FROM orders"); ZEPPELINS => Not("zeppelins"), Has("FROM zeppelins")),
    change!("create table", "", "CREATE TABLE zeppelins (id int)", ZEPPELINS => Not("zeppelins"), Has("FROM zeppelins")),
    change!("drop table", "CREATE TABLE zeppelins (id int)", "DROP TABLE zeppelins", ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    change!("drop table that others take along", "CREATE TABLE hulls (id int); CREATE VIEW zeppelins AS SELECT * FROM hulls",
        "DROP TABLE hulls CASCADE", ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    change!("set schema", "CREATE SCHEMA yard", "ALTER TABLE orders SET SCHEMA yard",
        "how many orders are there" => Has("FROM orders"), Has("yard.orders")),
    change!("rename schema", "CREATE SCHEMA yard; CREATE TABLE yard.zeppelins (id int)", "ALTER SCHEMA yard RENAME TO dock",
        ZEPPELINS => Has("yard.zeppelins"), Has("dock.zeppelins")),
    change!("drop schema", "CREATE SCHEMA yard; CREATE TABLE yard.zeppelins (id int)", "DROP SCHEMA yard CASCADE",
        ZEPPELINS => Has("yard.zeppelins"), Not("zeppelins")),
    change!("create schema with a table", "", "CREATE SCHEMA yard CREATE TABLE zeppelins (id int)",
        ZEPPELINS => Not("zeppelins"), Has("yard.zeppelins")),
    change!("a schema earlier on the path shadows a table", "ALTER DATABASE {d} SET search_path = front, public",
        "CREATE SCHEMA front CREATE TABLE orders (order_id int, tonnage int)",
        "average tonnage of orders" => Not("tonnage"), Has("tonnage"); TOTAL => Has("(total)"), Not("(total)")),
    change!("a table in an earlier schema shadows one", "CREATE SCHEMA front; ALTER DATABASE {d} SET search_path = front, public",
        "CREATE TABLE front.orders (order_id int, tonnage int)",
        "average tonnage of orders" => Not("tonnage"), Has("tonnage"); TOTAL => Has("(total)"), Not("(total)")),
    change!("type of a column", "", "ALTER TABLE orders ALTER COLUMN total TYPE text", TOTAL => Has("avg(total)"), Not("avg(total)")),
    change!("add foreign key", "ALTER TABLE orders DROP CONSTRAINT buyer; ALTER TABLE orders RENAME COLUMN customer_id TO payer_no",
        "ALTER TABLE orders ADD CONSTRAINT payer FOREIGN KEY (payer_no) REFERENCES customers",
        "total of orders per city" => Not("JOIN"), Has("JOIN")),
    change!("drop foreign key", "ALTER TABLE orders RENAME COLUMN customer_id TO payer_no", "ALTER TABLE orders DROP CONSTRAINT buyer",
        "total of orders per city" => Has("JOIN"), Not("JOIN")),
    change!("create view", "", "CREATE VIEW zeppelins AS SELECT 1 AS id", ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    change!("drop view", "CREATE VIEW zeppelins AS SELECT 1 AS id", "DROP VIEW zeppelins", ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    change!("replace view", "CREATE VIEW zeppelins AS SELECT 1 AS id",
        "CREATE OR REPLACE VIEW zeppelins AS SELECT 1 AS id, 2.5 AS tonnage",
        "average tonnage of zeppelins" => Not("tonnage"), Has("tonnage")),
    change!("rename column of a view", "CREATE VIEW zeppelins AS SELECT 1 AS id, 2.5 AS heft",
        "ALTER VIEW zeppelins RENAME COLUMN heft TO tonnage", "average tonnage of zeppelins" => Not("tonnage"), Has("tonnage")),
    change!("rename value", "CREATE TYPE hue AS ENUM ('red', 'mauve'); ALTER TABLE customers ADD COLUMN hue hue",
        "ALTER TYPE hue RENAME VALUE 'mauve' TO 'puce'", "customers with hue puce" => Not("'puce'"), Has("'puce'");
        "customers with hue mauve" => Has("'mauve'"), Not("'mauve'")),
    change!("rename type", "CREATE TYPE hue AS ENUM ('red', 'mauve'); ALTER TABLE customers ADD COLUMN hue hue",
        "ALTER TYPE hue RENAME TO tint", "customers with hue mauve" => Has("'mauve'"), Has("'mauve'")),
    change!("drop type", "CREATE TYPE hue AS ENUM ('red', 'mauve'); ALTER TABLE customers ADD COLUMN hue hue",
        "DROP TYPE hue CASCADE", "customers with hue mauve" => Has("'mauve'"), Not("hue =")),
    change!("alter domain", "CREATE DOMAIN money_amount AS numeric; ALTER TABLE orders ADD COLUMN tonnage money_amount",
        "ALTER DOMAIN money_amount ADD CONSTRAINT positive CHECK (VALUE > 0)",
        "average tonnage of orders" => Has("tonnage"), Has("tonnage")),
    change!("rename domain", "CREATE DOMAIN money_amount AS numeric; ALTER TABLE orders ADD COLUMN tonnage money_amount",
        "ALTER DOMAIN money_amount RENAME TO amount_of_money", "average tonnage of orders" => Has("tonnage"), Has("tonnage")),
    change!("comment on column", "ALTER TABLE orders ADD COLUMN x1 numeric", "COMMENT ON COLUMN orders.x1 IS 'tonnage'",
        "average tonnage of orders" => Not("x1"), Has("x1")),
    change!("comment on table", "CREATE TABLE t77 (id int)", "COMMENT ON TABLE t77 IS 'zeppelins'", ZEPPELINS => Not("t77"), Has("t77")),
    change!("comment removed", "CREATE TABLE t77 (id int); COMMENT ON TABLE t77 IS 'zeppelins'", "COMMENT ON TABLE t77 IS NULL",
        ZEPPELINS => Has("t77"), Not("t77")),
    change!("label a column private", "", "SECURITY LABEL FOR nl_query ON COLUMN orders.total IS 'private'",
        TOTAL => Has("total"), Not("total")),
    change!("label a table private", "CREATE TABLE zeppelins (id int)", "SECURITY LABEL FOR nl_query ON TABLE zeppelins IS 'private'",
        ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    change!("take a label away", "CREATE TABLE zeppelins (id int); SECURITY LABEL FOR nl_query ON TABLE zeppelins IS 'private'",
        "SECURITY LABEL FOR nl_query ON TABLE zeppelins IS NULL", ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    change!("label a schema private", "CREATE SCHEMA yard; CREATE TABLE yard.zeppelins (id int)",
        "SECURITY LABEL FOR nl_query ON SCHEMA yard IS 'private'", ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    change!("first refresh", "CREATE MATERIALIZED VIEW zeppelins AS SELECT 1 AS id WITH NO DATA", "REFRESH MATERIALIZED VIEW zeppelins",
        ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    change!("refresh with no data", "CREATE MATERIALIZED VIEW zeppelins AS SELECT 1 AS id",
        "REFRESH MATERIALIZED VIEW zeppelins WITH NO DATA", ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    change!("replace function", "CREATE FUNCTION lift() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
                                 CREATE VIEW zeppelins AS SELECT o.order_id AS id FROM orders o WHERE o.order_id > lift()",
        "CREATE OR REPLACE FUNCTION lift() RETURNS int VOLATILE LANGUAGE plpgsql AS 'BEGIN RETURN 2; END'",
        ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    change!("alter function", "CREATE FUNCTION lift() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
                               CREATE VIEW zeppelins AS SELECT o.order_id AS id FROM orders o WHERE o.order_id > lift()",
        "ALTER FUNCTION lift() VOLATILE", ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    change!("create operator", "CREATE SCHEMA front; ALTER DATABASE {d} SET search_path = front, pg_catalog, public;
                                CREATE FUNCTION front.same(text, text) RETURNS bool VOLATILE LANGUAGE plpgsql AS 'BEGIN RETURN true; END'",
        "CREATE OPERATOR front.= (LEFTARG = text, RIGHTARG = text, FUNCTION = front.same)",
        "how many customers in Lyon" => Has("city = 'Lyon'"), Not("city = 'Lyon'")),
    change!("extension takes a table", "CREATE TABLE zeppelins (id int)", "ALTER EXTENSION nl_query ADD TABLE zeppelins",
        ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    change!("extension gives a table", "CREATE TABLE zeppelins (id int); ALTER EXTENSION nl_query ADD TABLE zeppelins",
        "ALTER EXTENSION nl_query DROP TABLE zeppelins", ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    change!("in a DO block", "", "DO $$BEGIN CREATE TABLE zeppelins (id int); END$$", ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    change!("in a DO block by EXECUTE, under its own savepoint", "",
        "DO $$BEGIN BEGIN EXECUTE 'CREATE TABLE zeppelins (id int)'; EXCEPTION WHEN others THEN NULL; END; END$$",
        ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    change!("in a function", "CREATE FUNCTION build() RETURNS void LANGUAGE plpgsql AS 'BEGIN ALTER TABLE orders ADD tonnage numeric; END'",
        "SELECT build()", "average tonnage of orders" => Not("tonnage"), Has("tonnage")),
    change!("in a procedure", "CREATE PROCEDURE build() LANGUAGE sql AS 'ALTER TABLE orders ADD tonnage numeric'",
        "CALL build()", "average tonnage of orders" => Not("tonnage"), Has("tonnage")),
    change!("create table as", "", "CREATE TABLE zeppelins AS SELECT 1 AS id", ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    change!("select into", "", "SELECT 1 AS id INTO zeppelins", ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    change!("explain analyze create table as", "", "EXPLAIN ANALYZE CREATE TABLE zeppelins AS SELECT 1 AS id",
        ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    change!("create table as execute", "", "DEALLOCATE ALL; PREPARE one AS SELECT 1 AS id; CREATE TABLE zeppelins AS EXECUTE one; DEALLOCATE one",
        ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    change!("create materialised view", "", "CREATE MATERIALIZED VIEW zeppelins AS SELECT 1 AS id",
        ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    change!("detach partition", "CREATE TABLE fleets (id int, year int) PARTITION BY LIST (year);
                                 CREATE TABLE zeppelins PARTITION OF fleets FOR VALUES IN (2024)",
        "ALTER TABLE fleets DETACH PARTITION zeppelins", ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    change!("attach partition", "CREATE TABLE fleets (id int, year int) PARTITION BY LIST (year); CREATE TABLE zeppelins (id int, year int)",
        "ALTER TABLE fleets ATTACH PARTITION zeppelins FOR VALUES IN (2024)", ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    change!("truncate, then a definition", "", "TRUNCATE orders; ALTER TABLE orders RENAME COLUMN total TO tonnage",
        TOTAL => Has("(total)"), Not("(total)")),
    change!("a definition, then analyze", "", "ALTER TABLE orders RENAME COLUMN total TO tonnage; ANALYZE orders",
        TOTAL => Has("(total)"), Not("(total)")),
    change!("drop, then truncate another", "CREATE TABLE zeppelins (id int)", "DROP TABLE zeppelins; TRUNCATE orders",
        ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    change!("reindex, then a comment", "CREATE TABLE t77 (id int)", "REINDEX TABLE orders; COMMENT ON TABLE t77 IS 'zeppelins'",
        ZEPPELINS => Not("t77"), Has("t77")),
    change!("a temporary table beside it", "", "CREATE TEMP TABLE scratch (x int) ON COMMIT DROP; CREATE TABLE zeppelins (id int)",
        ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    as_role!("grant on table", "CREATE TABLE zeppelins (id int)", "GRANT SELECT ON zeppelins TO {r}",
        ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    as_role!("revoke on table", "CREATE TABLE zeppelins (id int); GRANT SELECT ON zeppelins TO {r}", "REVOKE SELECT ON zeppelins FROM {r}",
        ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    as_role!("grant on all tables", "CREATE TABLE zeppelins (id int)", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {r}",
        ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    as_role!("grant to public", "CREATE TABLE zeppelins (id int)", "GRANT SELECT ON zeppelins TO PUBLIC",
        ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    as_role!("grant on column", "ALTER TABLE orders ADD tonnage numeric; GRANT SELECT (order_id) ON orders TO {r}",
        "GRANT SELECT (tonnage) ON orders TO {r}", "average tonnage of orders" => Not("tonnage"), Has("tonnage")),
    as_role!("revoke on column", "ALTER TABLE orders ADD tonnage numeric; GRANT SELECT (order_id, tonnage) ON orders TO {r}",
        "REVOKE SELECT (tonnage) ON orders FROM {r}", "average tonnage of orders" => Has("tonnage"), Not("tonnage")),
    as_role!("grant on schema", "CREATE SCHEMA yard; CREATE TABLE yard.zeppelins (id int); GRANT SELECT ON yard.zeppelins TO {r}",
        "GRANT USAGE ON SCHEMA yard TO {r}", ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    as_role!("revoke on schema", "CREATE SCHEMA yard; CREATE TABLE yard.zeppelins (id int); GRANT SELECT ON yard.zeppelins TO {r};
                                  GRANT USAGE ON SCHEMA yard TO {r}",
        "REVOKE USAGE ON SCHEMA yard FROM {r}", ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    as_role!("grant membership", "CREATE TABLE zeppelins (id int); GRANT SELECT ON zeppelins TO {g}", "GRANT {g} TO {r}",
        ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    as_role!("revoke membership", "CREATE TABLE zeppelins (id int); GRANT SELECT ON zeppelins TO {g}; GRANT {g} TO {r}", "REVOKE {g} FROM {r}",
        ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    as_role!("membership is no longer inherited", "CREATE TABLE zeppelins (id int); GRANT SELECT ON zeppelins TO {g}; GRANT {g} TO {r}",
        "ALTER ROLE {r} NOINHERIT", ZEPPELINS => Has("zeppelins"), Any),
    as_role!("superuser no more", "CREATE TABLE zeppelins (id int); ALTER ROLE {r} SUPERUSER", "ALTER ROLE {r} NOSUPERUSER",
        ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    as_role!("owner", "CREATE TABLE zeppelins (id int)", "ALTER TABLE zeppelins OWNER TO {r}", ZEPPELINS => Not("zeppelins"), Has("zeppelins")),
    as_role!("drop owned", "CREATE TABLE zeppelins (id int); GRANT SELECT ON zeppelins TO {r}", "DROP OWNED BY {r}",
        ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    as_role!("reassign owned", "CREATE TABLE zeppelins (id int); ALTER TABLE zeppelins OWNER TO {r}", "REASSIGN OWNED BY {r} TO {g}",
        ZEPPELINS => Has("zeppelins"), Not("zeppelins")),
    as_role!("enable row security", "GRANT SELECT ON customers TO {r}", "ALTER TABLE customers ENABLE ROW LEVEL SECURITY",
        "how many customers in lyon" => Has("'Lyon'"), Not("'Lyon'")),
    as_role!("create policy", "GRANT SELECT ON customers TO {r}; ALTER TABLE customers ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY southern ON customers USING (city <> 'Turin')", "how many customers in lyon" => Not("'Lyon'"), Has("'Lyon'")),
    as_role!("alter policy", "GRANT SELECT ON customers TO {r}; ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
                              CREATE POLICY southern ON customers USING (true)",
        "ALTER POLICY southern ON customers USING (city <> 'Lyon')", "how many customers in lyon" => Has("'Lyon'"), Not("'Lyon'")),
    as_role!("bypass row security", "GRANT SELECT ON customers TO {r}; ALTER TABLE customers ENABLE ROW LEVEL SECURITY",
        "ALTER ROLE {r} BYPASSRLS", "how many customers in lyon" => Not("'Lyon'"), Has("'Lyon'")),
];

/// A cluster of its own for each way: what one changes about roles moves the generation of all databases of a cluster.
fn cluster() -> Cluster {
    let options = Options::default().with("max_prepared_transactions", "10").with("nl_query.negative_cache_ttl", "3600");
    let cluster = Cluster::start(&options.with("autovacuum", "off"));
    cluster.connect("postgres").batch_execute("CREATE DATABASE base").expect("CREATE DATABASE");
    cluster.connect("base").batch_execute(BASE).unwrap_or_else(|e| panic!("{e:?}"));
    cluster
}

/// A change in a database of its own, with the sessions that look at it.
struct Scene<'a> {
    database: Database<'a>,
    change: &'static Change,
    role: String,
    group: String,
    own: Client,
    other: Client,
    failures: Vec<String>,
}

impl<'a> Scene<'a> {
    fn of(cluster: &'a Cluster, change: &'static Change, way: &str, number: usize) -> Scene<'a> {
        let (name, role, group) = (format!("{way}_{number}"), format!("{way}_{number}_r"), format!("{way}_{number}_g"));
        let mut admin = cluster.connect("postgres");
        for sql in
            [format!("CREATE DATABASE {name} TEMPLATE base"), format!("CREATE ROLE {role} LOGIN"), format!("CREATE ROLE {group}")]
        {
            admin.batch_execute(&sql).unwrap_or_else(|e| panic!("{sql}: {e:?}"));
        }
        let database = Database { cluster, name };
        let mut scene =
            Scene { own: database.connect(), other: database.connect(), database, change, role, group, failures: Vec::new() };
        let setup = scene.fill(change.setup);
        scene.database.run(&setup);
        // A search_path that the set-up gave the database.
        (scene.own, scene.other) = (scene.connect(), scene.connect());
        // Twice: the second asking is answered from what the first left.
        for _ in 0..2 {
            scene.all_say("at first", true);
        }
        scene
    }

    fn fill(&self, sql: &str) -> String {
        sql.replace("{r}", &self.role).replace("{g}", &self.group).replace("{d}", &self.database.name)
    }

    fn connect(&self) -> Client {
        let mut client = self.database.connect();
        // A session that waits for somebody's lock has looked at what it need not look at.
        client.batch_execute("SET lock_timeout = '3s'; SET client_min_messages = error").expect("SET");
        client
    }

    fn run(&mut self, sql: &str) {
        let sql = self.fill(sql);
        if let Err(e) = self.own.batch_execute(&sql) {
            self.failures.push(format!("{sql}: {e:?}"));
        }
    }

    fn change(&mut self) {
        self.run(self.change.change);
    }

    fn own_says(&mut self, when: &str, before: bool) {
        let said = said(&mut self.own, self.change, &self.role);
        self.judge(&format!("own session {when}"), before, said);
    }

    fn other_says(&mut self, when: &str, before: bool) {
        // What row security decides is found anew each time, and waits for whoever changes it.
        if before
            && self.change.setup.contains("ROW LEVEL SECURITY")
            && !when.starts_with("at first")
            && !when.starts_with("after ROLLBACK")
        {
            return;
        }
        let said = said(&mut self.other, self.change, &self.role);
        self.judge(&format!("other session {when}"), before, said);
    }

    /// Three sessions, and they say the same.
    fn all_say(&mut self, when: &str, before: bool) {
        self.own_says(when, before);
        self.other_says(when, before);
        let said = said(&mut self.connect(), self.change, &self.role);
        self.judge(&format!("new session {when}"), before, said);
    }

    /// What was said is what is said when nothing at all is remembered.
    fn forgotten(&mut self, when: &str) {
        let (own, other) = (said(&mut self.own, self.change, &self.role), said(&mut self.other, self.change, &self.role));
        self.database.run("SELECT nl_cache_clear()");
        let anew = said(&mut self.connect(), self.change, &self.role);
        for (who, said) in [("own", own), ("other", other)] {
            if said != anew {
                self.failures.push(format!("{who} session {when}: {said:?}\n      without caches: {anew:?}"));
            }
        }
    }

    fn judge(&mut self, when: &str, before: bool, said: Vec<Result<String, Refusal>>) {
        for (said, (question, at_first, then)) in said.iter().zip(self.change.questions) {
            let wanted = if before { at_first } else { then };
            let holds = match (said, wanted) {
                (Err(refusal), _) if refusal.sqlstate.starts_with("XX") || refusal.sqlstate == "55P03" => false,
                (Ok(sql), Has(text)) => one_line(sql).contains(text),
                (Err(_), Has(_)) => false,
                (Ok(sql), Not(text)) => !one_line(sql).contains(text),
                (Err(_), Not(_)) | (_, Any) => true,
            };
            if !holds {
                self.failures.push(format!("{when}: \"{question}\" should be {wanted:?}: {said:?}"));
            }
        }
    }

    fn end(self) -> Option<String> {
        let Scene { own, other, database, change, failures, .. } = self;
        drop((own, other));
        let sql = format!("DROP DATABASE {} WITH (FORCE)", database.name);
        database.cluster.connect("postgres").batch_execute(&sql).expect("DROP DATABASE");
        (!failures.is_empty()).then(|| format!("{}\n    {}", change.name, failures.join("\n    ")))
    }
}

fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Asks every question of a change. In a transaction a refusal must not end it.
fn said(client: &mut Client, change: &Change, role: &str) -> Vec<Result<String, Refusal>> {
    let open = client.batch_execute("SAVEPOINT asking").is_ok();
    if change.as_role {
        client.batch_execute(&format!("SET ROLE {role}")).unwrap_or_else(|e| panic!("{}: {e:?}", change.name));
    }
    let mut said = Vec::new();
    for (question, _, _) in change.questions {
        if open {
            client.batch_execute("SAVEPOINT question").expect("SAVEPOINT");
        }
        said.push(ask(client, question));
        if open {
            client.batch_execute("ROLLBACK TO question").expect("ROLLBACK TO");
        }
    }
    if change.as_role {
        client.batch_execute("RESET ROLE").expect("RESET ROLE");
    }
    if open {
        client.batch_execute("RELEASE asking").expect("RELEASE");
    }
    said
}

/// Every change that `wanted` lets through, each in a database of its own.
fn each(way: &str, act: impl Fn(&mut Scene<'_>)) {
    let only = std::env::var("NL_QUERY_CHANGE").unwrap_or_default();
    let cluster = cluster();
    let mut failures = Vec::new();
    let changes = CHANGES.iter().enumerate().filter(|(_, change)| change.name.contains(&only));
    for (number, change) in changes {
        let mut scene = Scene::of(&cluster, change, way, number);
        act(&mut scene);
        failures.extend(scene.end());
    }
    assert!(failures.is_empty(), "{} of {} changes:\n{}", failures.len(), CHANGES.len(), failures.join("\n"));
}

#[test]
fn by_themselves() {
    each("alone", |scene| {
        scene.change();
        scene.all_say("after it", false);
        scene.forgotten("after it");
    });
}

/// Undone in each way that there is, and done in the end.
#[test]
fn rolled_back_and_committed() {
    each("to_and_fro", |scene| {
        scene.run("BEGIN");
        scene.change();
        scene.own_says("before ROLLBACK", false);
        scene.other_says("before ROLLBACK", true);
        scene.run("ROLLBACK");
        scene.all_say("after ROLLBACK", true);

        scene.run("BEGIN; SAVEPOINT before");
        scene.change();
        scene.own_says("before ROLLBACK TO", false);
        scene.run("ROLLBACK TO before");
        scene.own_says("after ROLLBACK TO", true);
        scene.run("COMMIT");
        scene.all_say("after a transaction that undid it", true);
        scene.forgotten("after a transaction that undid it");
        scene.all_say("asked again", true);

        scene.run("BEGIN");
        scene.change();
        scene.own_says("before COMMIT", false);
        scene.other_says("before COMMIT", true);
        scene.own_says("before COMMIT, again", false);
        scene.run("COMMIT");
        scene.all_say("after COMMIT", false);
        scene.forgotten("after COMMIT");
    });
}

#[test]
fn under_a_savepoint_that_is_released() {
    each("released", |scene| {
        scene.run("BEGIN; SAVEPOINT before");
        scene.change();
        scene.run("RELEASE before");
        scene.own_says("after RELEASE", false);
        scene.other_says("before COMMIT", true);
        scene.run("COMMIT");
        scene.all_say("after COMMIT", false);
        scene.forgotten("after COMMIT");
    });
}

/// What a transaction did stays done when a later statement of it fails and is rolled back to a savepoint.
#[test]
fn before_maintenance_that_fails() {
    each("failing", |scene| {
        scene.run("BEGIN");
        scene.change();
        scene.run("SAVEPOINT s");
        scene.own.batch_execute("TRUNCATE no_such_table").expect_err("no such table");
        scene.run("ROLLBACK TO s; COMMIT");
        scene.all_say("after COMMIT", false);
        scene.forgotten("after COMMIT");
    });
}

#[test]
fn after_maintenance_that_fails() {
    each("failed", |scene| {
        // The others note something after what failed.
        if !scene.change.name.contains("drop") {
            return;
        }
        scene.run("BEGIN; DO $$BEGIN BEGIN CLUSTER no_such_table; EXCEPTION WHEN others THEN NULL; END; END$$");
        scene.change();
        scene.run("COMMIT");
        scene.all_say("after COMMIT", false);
        scene.forgotten("after COMMIT");
    });
}

#[test]
fn prepared() {
    each("prepared", |scene| {
        // PostgreSQL prepares no transaction that used temporary tables.
        if scene.change.change.contains("TEMP") {
            return;
        }
        let name = scene.database.name.clone();
        scene.run("BEGIN");
        scene.change();
        // By themselves: ROLLBACK PREPARED cannot share a message with others.
        scene.run(&format!("PREPARE TRANSACTION '{name}'"));
        scene.run(&format!("ROLLBACK PREPARED '{name}'"));
        scene.all_say("after ROLLBACK PREPARED", true);

        scene.run("BEGIN");
        scene.change();
        scene.own_says("before PREPARE", false);
        scene.run(&format!("PREPARE TRANSACTION '{name}'"));
        // What row security decides is found anew each time, and waits for the one that changes it.
        if !scene.change.setup.contains("ROW LEVEL SECURITY") {
            scene.own_says("while prepared", true);
        }
        scene.other_says("while prepared", true);
        scene.other.batch_execute(&format!("COMMIT PREPARED '{name}'")).expect("COMMIT PREPARED");
        scene.all_say("after COMMIT PREPARED", false);
        scene.forgotten("after COMMIT PREPARED");
    });
}

/// A value of an enum cannot be used in the transaction that adds it; it can be seen there.
#[test]
fn new_value_of_an_enum() {
    let cluster = cluster();
    let database = cluster.database("enum_value");
    database.run(
        "CREATE TYPE hue AS ENUM ('red', 'mauve'); CREATE TABLE cars (id int, hue hue); INSERT INTO cars VALUES (1, 'red'); ANALYZE",
    );
    let question = "cars with hue puce";
    let (mut own, mut other) = (database.connect(), database.connect());
    let names = |client: &mut Client| ask(client, question).is_ok_and(|sql| sql.contains("'puce'"));
    assert!(!names(&mut own) && !names(&mut other));
    own.batch_execute("BEGIN; ALTER TYPE hue ADD VALUE 'puce'; ROLLBACK").expect("ALTER TYPE");
    assert!(!names(&mut own) && !names(&mut other), "rolled back");
    own.batch_execute("BEGIN; ALTER TYPE hue ADD VALUE 'puce'").expect("ALTER TYPE");
    assert!(!names(&mut other), "not committed");
    own.batch_execute("COMMIT").expect("COMMIT");
    assert!(names(&mut own) && names(&mut other) && names(&mut database.connect()), "committed");
}

/// Settings of roles and databases count for sessions that begin later, and for them only.
#[test]
fn settings_of_roles_and_databases() {
    let cluster = cluster();
    let database = cluster.database("role_settings");
    database.plain_role("role_settings_r");
    database.run(
        "CREATE SCHEMA front; GRANT USAGE ON SCHEMA front TO PUBLIC; CREATE TABLE front.orders (id int); CREATE TABLE orders (id int);
         GRANT SELECT ON orders, front.orders TO PUBLIC",
    );
    let question = "how many orders are there in all";
    let asked = |client: &mut Client| {
        ask(client, "how many orders are there").map(|sql| one_line(&sql)).unwrap_or_else(|e| panic!("{question}: {e:?}"))
    };
    let of_orders = |client: &mut Client| {
        let sql = asked(client);
        client.query_one(&format!("SELECT ({sql})"), &[]).expect("runs").get::<_, i64>(0)
    };
    database.run("INSERT INTO front.orders VALUES (1)");
    let mut early = database.connect_as("role_settings_r");
    assert_eq!(of_orders(&mut early), 0);
    for (sql, rows) in [
        ("ALTER ROLE role_settings_r SET search_path = front, public", 1),
        ("ALTER ROLE role_settings_r RESET search_path", 0),
        ("ALTER DATABASE role_settings SET search_path = front, public", 1),
        ("ALTER DATABASE role_settings RESET ALL", 0),
        ("ALTER ROLE role_settings_r IN DATABASE role_settings SET search_path = front, public", 1),
        ("ALTER ROLE ALL RESET ALL; ALTER ROLE role_settings_r IN DATABASE role_settings RESET ALL", 0),
    ] {
        database.run(sql);
        assert_eq!(of_orders(&mut database.connect_as("role_settings_r")), rows, "a new session after {sql}");
        assert_eq!(of_orders(&mut early), 0, "an early session after {sql}");
    }
    // The path may change in mid-session as well.
    for (path, rows) in [("front, public", 1), ("public, front", 0), ("front, public, pg_catalog", 1), ("public", 0)] {
        early.batch_execute(&format!("SET search_path = {path}")).expect("SET");
        assert_eq!(of_orders(&mut early), rows, "with {path}");
    }
}

/// Who waited for a lock in vain may ask again: that was of the moment.
#[test]
fn a_lock_timeout_is_not_remembered() {
    let cluster = cluster();
    let database = cluster.database("lock_timeout");
    database.run("CREATE TABLE orders (id int, total int); INSERT INTO orders VALUES (1, 2); ANALYZE");
    let (mut own, mut other) = (database.connect(), database.connect());
    other.batch_execute("SET lock_timeout = '200ms'").expect("SET");
    for question in ["how many orders are there", "average total of orders"] {
        own.batch_execute("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE").expect("LOCK");
        let said = ask(&mut other, question).expect_err("locked");
        assert_eq!(said.sqlstate, "55P03", "{said:?}");
        own.batch_execute("ROLLBACK").expect("ROLLBACK");
        ask(&mut other, question).unwrap_or_else(|e| panic!("{question}: {e:?}"));
    }
}

/// Temporary tables are seen by their session and shadow others there; they flush nothing.
#[test]
fn temporary_tables() {
    let cluster = cluster();
    let database = cluster.database("temporary");
    database.run("CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2); ANALYZE");
    let (mut own, mut other) = (database.connect(), database.connect());
    let count = |client: &mut Client| {
        let sql = ask(client, "how many orders are there").unwrap_or_else(|e| panic!("{e:?}"));
        client.query_one(&sql, &[]).expect("runs").get::<_, i64>(0)
    };
    assert_eq!((count(&mut own), count(&mut other)), (2, 2));
    own.batch_execute("CREATE TEMP TABLE orders (id int, tonnage int)").expect("CREATE TEMP TABLE");
    assert_eq!((count(&mut own), count(&mut other)), (0, 2));
    assert!(ask(&mut own, "average tonnage of orders").is_ok_and(|sql| sql.contains("tonnage")));
    assert!(!ask(&mut other, "average tonnage of orders").is_ok_and(|sql| sql.contains("tonnage")));
    own.batch_execute("ALTER TABLE orders RENAME COLUMN tonnage TO draught").expect("ALTER TABLE");
    assert!(!ask(&mut own, "average tonnage of orders").is_ok_and(|sql| sql.contains("tonnage")));
    own.batch_execute("BEGIN; DROP TABLE pg_temp.orders").expect("DROP TABLE");
    assert_eq!(count(&mut own), 2);
    own.batch_execute("ROLLBACK").expect("ROLLBACK");
    assert_eq!((count(&mut own), count(&mut other)), (0, 2));
    own.batch_execute("DISCARD TEMP").expect("DISCARD");
    assert_eq!((count(&mut own), count(&mut other)), (2, 2));
    own.batch_execute("BEGIN; CREATE TEMP TABLE orders (id int) ON COMMIT DROP").expect("CREATE TEMP TABLE");
    assert_eq!((count(&mut own), count(&mut other)), (0, 2));
    own.batch_execute("COMMIT").expect("COMMIT");
    assert_eq!((count(&mut own), count(&mut other)), (2, 2));
}

/// A session whose snapshot is old reads the catalog for all: what it publishes must be what is committed.
#[test]
fn an_old_snapshot_publishes_nothing_old() {
    let cluster = cluster();
    let database = cluster.database("old_snapshot");
    database.run("CREATE TABLE orders (id int, total int); INSERT INTO orders VALUES (1, 2); ANALYZE");
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let mut old = database.connect();
        old.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; SELECT count(*) FROM pg_class")).expect("BEGIN");
        database.run("ALTER TABLE orders RENAME COLUMN total TO tonnage; CREATE TABLE zeppelins (id int)");
        let _ = ask(&mut old, ZEPPELINS);
        let mut new = database.connect();
        assert!(ask(&mut new, ZEPPELINS).is_ok_and(|sql| sql.contains("zeppelins")), "{level}");
        assert!(ask(&mut new, "average tonnage of orders").is_ok_and(|sql| sql.contains("tonnage")), "{level}");
        old.batch_execute("ROLLBACK").expect("ROLLBACK");
        database.run("ALTER TABLE orders RENAME COLUMN tonnage TO total; DROP TABLE zeppelins");
        assert!(ask(&mut new, ZEPPELINS).is_err(), "{level}");
    }
}
