//! A question is a table: what clients see of `nl_query('…')` where it stands for a query, and where it does not.

use nl_query_tests::{Cluster, Database, Options, Table, refusal};
use postgres::Client;
use postgres::types::Type;

const PER_SPECIES: &str = "nl_query('how many animals per species')";

fn zoo(name: &str) -> Database<'static> {
    let database = Cluster::shared().database(name);
    fill(&database);
    database
}

fn fill(database: &Database<'_>) {
    database.run(
        "CREATE TABLE animals (animal_id int PRIMARY KEY, name text NOT NULL, species text NOT NULL, weight_kg numeric(8, 2) NOT NULL,
                               born_on date NOT NULL);
         INSERT INTO animals VALUES (1, 'Kiko', 'Giraffe', 800, '2019-03-01'), (2, 'Nala', 'Lion', 130.5, '2020-04-02'),
                                    (3, 'Simba', 'Lion', 190, '2021-05-03');
         ANALYZE",
    );
}

/// Names and types as the server describes a statement, without running it.
fn described(client: &mut Client, sql: &str) -> Vec<(String, Type)> {
    let statement = client.prepare(sql).unwrap_or_else(|e| panic!("{e:?}\n{sql}"));
    statement.columns().iter().map(|column| (column.name().to_owned(), column.type_().clone())).collect()
}

fn rows(client: &mut Client, sql: &str) -> Vec<Vec<Option<String>>> {
    let mut rows = Table::of(client, sql).unwrap_or_else(|e| panic!("{e:?}\n{sql}")).rows;
    rows.sort();
    rows
}

fn texts(rows: &[&[&str]]) -> Vec<Vec<Option<String>>> {
    rows.iter().map(|row| row.iter().map(|text| Some((*text).to_owned())).collect()).collect()
}

fn species() -> Vec<Vec<Option<String>>> {
    texts(&[&["Giraffe", "1"], &["Lion", "2"]])
}

fn asked(database: &Database<'_>) -> i64 {
    database.value("SELECT calls FROM pg_stat_nl_query_info").parse().expect("a number")
}

#[test]
fn columns_have_the_names_and_types_of_the_answer() {
    let zoo = zoo("expand_types");
    let mut client = zoo.connect();
    let wanted = vec![("species".to_owned(), Type::TEXT), ("count".to_owned(), Type::INT8)];
    for sql in [
        "SELECT * FROM nl_query('how many animals per species')",
        "SELECT nl_query('how many animals per species')",
        "SELECT nl_query('how many animals per species') LIMIT 10",
        "SELECT * FROM public.nl_query('how many animals per species') AS q",
        "SELECT * FROM \"nl_query\"($$how many animals per species$$)",
        "SELECT * FROM (SELECT * FROM nl_query('how many animals per species')) s LIMIT 10",
        "WITH a AS (SELECT * FROM nl_query('how many animals per species')) SELECT * FROM a",
        "WITH RECURSIVE a AS (SELECT * FROM nl_query('how many animals per species')), n AS (SELECT 1 UNION ALL SELECT 2 FROM n WHERE false)
         SELECT a.* FROM a, n",
    ] {
        assert_eq!(described(&mut client, sql), wanted, "{sql}");
        assert_eq!(rows(&mut client, sql), species(), "{sql}");
    }
    // The statement as a whole, and what only looks like it.
    for (sql, columns) in [
        ("/* é */ SELECT * FROM nl_query('how many animals')", vec!["count"]),
        ("SELECT ALL * FROM (SELECT 1 AS x) AS one, nl_query('how many animals')", vec!["x", "count"]),
        ("SELECT q.* FROM nl_query('how many animals') AS q", vec!["count"]),
        ("SELECT * FROM nl_query('how many animals') AS q (n)", vec!["n"]),
        ("SELECT *, 1 AS one FROM nl_query('how many animals')", vec!["count", "one"]),
        ("SELECT q FROM nl_query('how many animals') AS q", vec!["q"]),
        ("SELECT q.q FROM nl_query('how many animals') AS q", vec!["q"]),
        ("SELECT * FROM nl_query('how many animals') WHERE true", vec!["count"]),
        ("SELECT * FROM nl_query('how many animals') LIMIT 0", vec!["count"]),
        ("(SELECT * FROM nl_query('how many animals')) OFFSET 0", vec!["count"]),
    ] {
        let names: Vec<String> = described(&mut client, sql).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, columns, "{sql}");
        client.simple_query(sql).unwrap_or_else(|e| panic!("{e:?}\n{sql}"));
    }
    let all = described(&mut client, "SELECT * FROM nl_query('show all columns of animals')");
    assert!(
        all.contains(&("weight_kg".to_owned(), Type::NUMERIC)) && all.contains(&("born_on".to_owned(), Type::DATE)),
        "{all:?}"
    );
    let values = client.query("SELECT * FROM nl_query('how many animals')", &[]).expect("a row");
    assert_eq!(values[0].get::<_, i64>(0), 3);
}

#[test]
fn statements_that_carry_a_query() {
    let zoo = zoo("expand_carried");
    let mut client = zoo.connect();
    for sql in [
        "CREATE VIEW v AS SELECT * FROM ",
        "CREATE TABLE t AS SELECT * FROM ",
        "CREATE MATERIALIZED VIEW m AS SELECT * FROM ",
        "CREATE TEMP VIEW temporary AS SELECT * FROM ",
        "CREATE SCHEMA inside CREATE VIEW v AS SELECT * FROM ",
        "SELECT * INTO into_t FROM ",
        "PREPARE p AS SELECT * FROM ",
    ] {
        client.batch_execute(&format!("{sql}{PER_SPECIES}")).unwrap_or_else(|e| panic!("{e:?}\n{sql}"));
    }
    client.batch_execute("REFRESH MATERIALIZED VIEW m; CREATE TABLE executed AS EXECUTE p").expect("both");
    for relation in ["v", "t", "m", "temporary", "inside.v", "into_t", "executed"] {
        assert_eq!(described(&mut client, &format!("TABLE {relation}"))[1], ("count".to_owned(), Type::INT8), "{relation}");
        assert_eq!(rows(&mut client, &format!("TABLE {relation}")), species(), "{relation}");
    }
    let cursor = format!("BEGIN; DECLARE c CURSOR FOR SELECT * FROM {PER_SPECIES}; FETCH ALL FROM c");
    assert_eq!(rows(&mut client, &cursor), species());
    client.batch_execute("COMMIT").expect("COMMIT");
    let mut copied = String::new();
    let mut reader = client.copy_out(&format!("COPY (SELECT * FROM {PER_SPECIES}) TO STDOUT")).expect("COPY");
    std::io::Read::read_to_string(&mut reader, &mut copied).expect("rows");
    drop(reader);
    let mut lines: Vec<&str> = copied.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["Giraffe\t1", "Lion\t2"]);
    client
        .batch_execute(&format!("CREATE TABLE words (species text, count bigint); INSERT INTO words SELECT * FROM {PER_SPECIES}"))
        .expect("INSERT");
    assert_eq!(rows(&mut client, "TABLE words"), species());
}

#[test]
fn explain_shows_the_answer_itself() {
    let zoo = zoo("expand_explain");
    let mut client = zoo.connect();
    let json = rows(&mut client, &format!("EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM {PER_SPECIES}"));
    let plan: serde_json::Value = serde_json::from_str(json[0][0].as_deref().expect("a plan")).expect("json");
    assert_eq!(plan[0]["Plan"]["Actual Rows"].as_f64(), Some(2.0), "{plan}");
    assert!(!plan.to_string().contains("Function Scan"), "{plan}");
    for sql in ["EXPLAIN CREATE TABLE x AS SELECT * FROM ", "EXPLAIN SELECT count(*) FROM ", "EXPLAIN VERBOSE SELECT * FROM "] {
        let plan = format!("{:?}", rows(&mut client, &format!("{sql}{PER_SPECIES}")));
        assert!(plan.contains("Seq Scan") && !plan.contains("Function Scan"), "{plan}");
    }
}

#[test]
fn views_live_without_nl_query() {
    let zoo = zoo("expand_views");
    zoo.plain_role("expand_views_owner");
    zoo.run("GRANT CREATE ON SCHEMA public TO expand_views_owner; GRANT SELECT ON animals TO expand_views_owner");
    let mut owner = zoo.connect_as("expand_views_owner");
    owner.batch_execute(&format!("CREATE VIEW by_hand AS SELECT * FROM {PER_SPECIES}")).expect("CREATE VIEW");
    owner
        .batch_execute("SELECT nl_create_view('public.\"By function\"', 'how many animals per species')")
        .expect("nl_create_view");
    for view in ["by_hand", "\"By function\""] {
        let definition = zoo.value(&format!("SELECT pg_get_viewdef('{view}'::regclass)"));
        assert!(definition.contains("GROUP BY") && !definition.contains("nl_query("), "{definition}");
        let needs =
            "SELECT count(*) FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass";
        let needs = format!(
            "{needs} JOIN pg_proc p ON p.oid = d.refobjid WHERE d.refclassid = 'pg_proc'::regclass AND r.ev_class = '{view}'::regclass AND p.proname ~ '^nl_'"
        );
        assert_eq!(zoo.value(&needs), "0", "{view}");
        assert_eq!(
            zoo.value(&format!("SELECT relowner::regrole FROM pg_class WHERE oid = '{view}'::regclass")),
            "expand_views_owner"
        );
    }
    let dump = Cluster::shared().client("pg_dump", "postgres").arg(&zoo.name).output().expect("pg_dump");
    zoo.run("DROP EXTENSION nl_query");
    let copy = Cluster::shared().empty_database("expand_views_copy");
    // Restored where nl_query is not: only its own lines of the dump are left out.
    let text = String::from_utf8(dump.stdout).expect("UTF-8");
    let without: String = text.lines().filter(|line| !line.contains("EXTENSION")).map(|line| format!("{line}\n")).collect();
    copy.feed(without.as_bytes(), "the dump");
    for database in [&zoo, &copy] {
        for view in ["by_hand", "\"By function\""] {
            assert_eq!(rows(&mut database.connect(), &format!("TABLE {view}")), species(), "{view}");
        }
    }
}

#[test]
fn nl_create_view_needs_what_create_view_needs() {
    let zoo = zoo("expand_create");
    zoo.plain_role("expand_create_role");
    zoo.run("GRANT SELECT ON animals TO expand_create_role; REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE SCHEMA mine AUTHORIZATION expand_create_role");
    let mut client = zoo.connect_as("expand_create_role");
    let call = |name: &str, rest: &str| format!("SELECT nl_create_view('{name}', 'how many animals per species'{rest})");
    assert_eq!(refusal(&mut client, &call("counts", "")).sqlstate, "42501");
    assert_eq!(rows(&mut client, &call("mine.counts", "")), texts(&[&["mine.counts"]]));
    assert_eq!(refusal(&mut client, &call("mine.counts", "")).sqlstate, "42P07");
    assert_eq!(rows(&mut client, &call("mine.counts", ", true")), texts(&[&["mine.counts"]]));
    assert_eq!(rows(&mut client, &call("MINE.Counts", ", replace => true")), texts(&[&["mine.counts"]]));
    assert_eq!(refusal(&mut client, &call("mine.a.b.c.d", "")).sqlstate, "42601");
    assert_eq!(refusal(&mut client, &call("mine.\"a", "")).sqlstate, "42602");
    assert_eq!(refusal(&mut client, "SELECT nl_create_view('mine.w', 'what is the weather')").sqlstate, "0A000");
    let odd = refusal(&mut client, "SELECT nl_create_view('mine.x; DROP TABLE animals', 'how many animals')");
    assert_eq!(odd.sqlstate, "42602", "{odd:?}");
    let quoted = "SELECT nl_create_view('mine.\"x; DROP TABLE animals\"', 'how many animals''; DROP TABLE animals')";
    let _ = client.simple_query(quoted);
    assert_eq!(zoo.value("SELECT count(*) FROM animals"), "3");
    let comment = zoo.value("SELECT obj_description('mine.counts'::regclass)");
    let today = zoo.value("SELECT CURRENT_DATE::text");
    assert_eq!(comment, format!("Answers \"how many animals per species\", asked on {today}."));
    assert_eq!(rows(&mut client, "TABLE mine.counts"), species());
    // The owner is who asked: another role reads what the owner may read, as with any view.
    zoo.run("ALTER ROLE expand_create_role SET nl_query.run_as = 'postgres'");
    zoo.run(
        "CREATE ROLE expand_runner; GRANT SELECT ON animals TO expand_runner; GRANT expand_runner TO expand_create_role;
             ALTER ROLE expand_create_role SET nl_query.run_as = 'expand_runner'",
    );
    let mut client = zoo.connect_as("expand_create_role");
    assert_eq!(refusal(&mut client, &call("mine.other", "")).sqlstate, "22023");
}

#[test]
fn who_names_the_json_value_gets_it() {
    let zoo = zoo("expand_json");
    let mut client = zoo.connect();
    for (sql, row) in [
        ("SELECT q FROM nl_query('how many animals') AS q", "{\"count\":3}"),
        ("SELECT nl_query FROM nl_query('how many animals')", "{\"count\":3}"),
        ("SELECT q.q ->> 'count' FROM nl_query('how many animals') AS q", "3"),
        ("SELECT t.j ->> 'count' FROM nl_query('how many animals') AS t (j)", "3"),
        ("SELECT s.nl_query FROM (SELECT * FROM nl_query('how many animals')) AS s", "{\"count\":3}"),
        ("SELECT nl_query('how many animals') AS j", "{\"count\":3}"),
        ("SELECT 1 + 1 FROM nl_query('how many animals') AS q WHERE q ->> 'count' = '3'", "2"),
        ("SELECT v FROM nl_query('how many animals') WITH ORDINALITY AS t (v, n)", "{\"count\":3}"),
        ("SELECT v FROM ROWS FROM (nl_query('how many animals'), generate_series(1, 1)) AS t (v, n)", "{\"count\":3}"),
        ("SELECT a FROM nl_query('how many animals') AS t (a)", "{\"count\":3}"),
        ("SELECT nl_query(question) FROM (VALUES ('how many animals')) AS v (question)", "{\"count\":3}"),
        ("SELECT q FROM (VALUES ('how many animals')) AS v (question), nl_query(v.question) AS q", "{\"count\":3}"),
    ] {
        assert_eq!(rows(&mut client, sql), texts(&[&[row]]), "{sql}");
    }
    // Aliases that only rename: the first columns get the names.
    let renamed = described(&mut client, "SELECT * FROM nl_query('how many animals per species') AS t (kind)");
    assert_eq!(renamed, [("kind".to_owned(), Type::TEXT), ("count".to_owned(), Type::INT8)]);
    // A parameter is a question that analysis does not know.
    assert_eq!(described(&mut client, "SELECT * FROM nl_query($1)")[0].1, Type::JSON);
    client.batch_execute("SET nl_query.expand = off").expect("SET");
    assert_eq!(described(&mut client, "SELECT * FROM nl_query('how many animals')")[0].1, Type::JSON);
    assert_eq!(rows(&mut client, "SELECT * FROM nl_query('how many animals')"), texts(&[&["{\"count\":3}"]]));
}

#[test]
fn other_parameters_keep_working() {
    let zoo = zoo("expand_parameters");
    let mut client = zoo.connect();
    let sql = "SELECT a.name, q.* FROM animals a, nl_query('how many animals') AS q WHERE a.species = $1 AND a.weight_kg > $2::text::numeric ORDER BY 1 LIMIT $3";
    let statement = client.prepare(sql).expect("prepared");
    assert_eq!(statement.params(), [Type::TEXT, Type::TEXT, Type::INT8]);
    for (species, names) in [("Lion", vec!["Simba"]), ("Giraffe", vec!["Kiko"]), ("Shark", vec![])] {
        let rows = client.query(&statement, &[&species, &"150", &5i64]).expect("rows");
        assert_eq!(rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>(), names);
        assert!(rows.iter().all(|row| row.get::<_, i64>(1) == 3));
    }
    client
        .batch_execute(
            "PREPARE p (text, bigint) AS SELECT * FROM nl_query('how many animals per species') WHERE $1 <> 'x' LIMIT $2",
        )
        .expect("PREPARE");
    assert_eq!(rows(&mut client, "EXECUTE p ('y', 1)").len(), 1);
    assert_eq!(rows(&mut client, "EXECUTE p ('x', 1)").len(), 0);
}

#[test]
fn one_question_for_each_statement() {
    let cluster = Cluster::start(&Options::default());
    let zoo = cluster.database("expand_once");
    fill(&zoo);
    let mut client = zoo.connect();
    let before = asked(&zoo);
    let statement = client.prepare("SELECT * FROM nl_query('how many animals per species')").expect("prepared");
    assert_eq!(asked(&zoo), before + 1, "analysed");
    for _ in 0..7 {
        assert_eq!(client.query(&statement, &[]).expect("rows").len(), 2);
    }
    assert_eq!(asked(&zoo), before + 1, "executed seven times");
    client
        .batch_execute("EXPLAIN ANALYZE SELECT * FROM nl_query('how many animals'), nl_query('how many animals') AS b")
        .expect("EXPLAIN");
    assert_eq!(asked(&zoo), before + 2, "the same question twice in a statement");
    client.batch_execute("ALTER TABLE animals ADD COLUMN cage int").expect("ALTER TABLE");
    assert_eq!(client.query(&statement, &[]).expect("rows").len(), 2);
    assert_eq!(asked(&zoo), before + 3, "analysed anew after the schema changed");
}

#[test]
fn cached_plans_follow_the_schema() {
    let zoo = zoo("expand_ddl");
    let mut client = zoo.connect();
    let counted = client.prepare("SELECT * FROM nl_query('how many animals per species')").expect("prepared");
    let all = client.prepare("SELECT * FROM nl_query('show all columns of animals')").expect("prepared");
    zoo.run("ALTER TABLE animals ADD COLUMN cage int");
    assert_eq!(client.query(&counted, &[]).expect("its columns are the same").len(), 2);
    let said = client.query(&all, &[]).expect_err("one column more");
    assert_eq!(said.as_db_error().map(|e| e.message()), Some("cached plan must not change result type"));
    zoo.run("ALTER TABLE animals RENAME COLUMN species TO kind");
    let said = client.query(&counted, &[]).expect_err("the question names nothing now, or a column of another name");
    assert!(said.as_db_error().is_some(), "{said:?}");
    zoo.run("ALTER TABLE animals RENAME COLUMN kind TO species");
    assert_eq!(client.query(&counted, &[]).expect("as before").len(), 2);
    client
        .batch_execute(
            "CREATE FUNCTION total() RETURNS text LANGUAGE plpgsql AS $$ DECLARE r record; t text := ''; BEGIN
               FOR r IN SELECT * FROM nl_query('how many animals per species') LOOP t := t || r.count; END LOOP; RETURN t; END $$",
        )
        .expect("CREATE FUNCTION");
    assert_eq!(zoo.value("SELECT length(total())"), "2");
    assert_eq!(rows(&mut client, "SELECT length(total())"), texts(&[&["2"]]));
    zoo.run("ALTER TABLE animals ADD COLUMN note text; INSERT INTO animals VALUES (4, 'Kaa', 'Snake', 50, '2022-01-01')");
    assert_eq!(rows(&mut client, "SELECT length(total())"), texts(&[&["3"]]));
}

#[test]
fn functions_in_sql_and_plpgsql() {
    let zoo = zoo("expand_functions");
    let mut client = zoo.connect();
    client
        .batch_execute(
            "CREATE FUNCTION in_sql() RETURNS TABLE (s text, n bigint) LANGUAGE sql AS $$ SELECT * FROM nl_query('how many animals per species') $$;
             CREATE FUNCTION inlined() RETURNS TABLE (s text, n bigint) LANGUAGE sql STABLE AS $$ SELECT * FROM nl_query('how many animals per species') $$;
             CREATE FUNCTION scalar() RETURNS bigint LANGUAGE sql AS $$ SELECT nl_query('how many animals') $$;
             CREATE FUNCTION with_argument(q text) RETURNS SETOF json LANGUAGE sql AS $$ SELECT * FROM nl_query(q) $$;
             CREATE FUNCTION atomic() RETURNS SETOF json LANGUAGE sql BEGIN ATOMIC SELECT * FROM nl_query('how many animals'); END;
             CREATE FUNCTION returned() RETURNS TABLE (species text, count bigint) LANGUAGE plpgsql AS $$
             #variable_conflict use_variable
             BEGIN RETURN QUERY SELECT * FROM nl_query('how many animals per species'); END $$;",
        )
        .expect("functions");
    for call in ["in_sql()", "inlined()", "returned()"] {
        assert_eq!(rows(&mut client, &format!("SELECT * FROM {call}")), species(), "{call}");
    }
    assert_eq!(rows(&mut client, "SELECT scalar()"), texts(&[&["3"]]));
    for call in ["with_argument('how many animals')", "atomic()"] {
        assert_eq!(rows(&mut client, &format!("SELECT * FROM {call}")), texts(&[&["{\"count\":3}"]]), "{call}");
    }
    // Variables that are called like the answer's own names; expressions and assignments, which have a grammar of their own.
    client
        .batch_execute(
            "DO $$
             DECLARE species text := 'variable'; count int; animals int := 7; r record; n numeric; a int[];
             BEGIN
               SELECT * INTO species, count FROM nl_query('how many animals per species') LIMIT 1;
               ASSERT species IN ('Giraffe', 'Lion') AND count IN (1, 2), 'into';
               n := (SELECT count(*) FROM nl_query('how many animals per species')); ASSERT n = 2, ':=';
               n = (SELECT count(*) FROM nl_query('how many animals per species')); ASSERT n = 2, '=';
               n := (SELECT * FROM nl_query('how many animals')); ASSERT n = 3, 'assigned to another type';
               a[1] := (SELECT nl_query('how many animals')); ASSERT a[1] = 3, 'element';
               ASSERT (SELECT count(*) FROM nl_query('how many animals per species')) = animals - 5, 'expression';
               IF EXISTS (SELECT * FROM nl_query('how many animals')) THEN count := 99; END IF; ASSERT count = 99, 'if';
               FOR r IN SELECT * FROM nl_query('how many animals per species') LOOP ASSERT r.count > 0, 'loop'; END LOOP;
               PERFORM * FROM nl_query('how many animals');
               EXECUTE 'SELECT * FROM nl_query(''how many animals'')' INTO n; ASSERT n = 3, 'execute';
             END $$",
        )
        .unwrap_or_else(|e| panic!("{e:?}"));
}

#[test]
fn names_around_a_call_do_not_reach_into_the_answer() {
    let zoo = zoo("expand_names");
    let mut client = zoo.connect();
    let cte = "WITH animals AS (SELECT 1 AS x FROM generate_series(1, 50)) SELECT q.* FROM nl_query('how many animals') AS q";
    assert_eq!(rows(&mut client, cte), texts(&[&["3"]]));
    let lateral = "SELECT (SELECT * FROM nl_query('how many lions') LIMIT 1) IS NOT NULL FROM (SELECT 'x' AS species) o";
    assert_eq!(rows(&mut client, lateral).len(), 1);
    // A transition table called like a table of the answer.
    client
        .batch_execute(
            "CREATE TABLE log (n bigint);
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE n bigint; BEGIN
               n := (SELECT * FROM nl_query('how many animals')); INSERT INTO log VALUES (n); RETURN NULL; END $$;
             CREATE TABLE arrivals (x int);
             CREATE TRIGGER t AFTER INSERT ON arrivals REFERENCING NEW TABLE AS animals FOR EACH STATEMENT EXECUTE FUNCTION note();
             INSERT INTO arrivals SELECT generate_series(1, 10)",
        )
        .unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(zoo.value("SELECT n FROM log"), "3");
}

#[test]
fn texts_with_several_statements() {
    let zoo = zoo("expand_several");
    let mut client = zoo.connect();
    let text = format!(
        "SELECT 'é' AS \"ü\"; CREATE TABLE n AS SELECT * FROM {PER_SPECIES}; /* ; */ SELECT nl_query('how many animals');"
    );
    assert_eq!(rows(&mut client, &text), texts(&[&["3"]]));
    assert_eq!(rows(&mut client, "TABLE n"), species());
    let said = refusal(&mut client, "SELECT 1; CREATE TABLE gone (x int); SELECT * FROM nl_query('what is the weather')");
    assert_eq!(said.sqlstate, "0A000");
    assert_eq!(zoo.value("SELECT to_regclass('gone') IS NULL"), "t");
}

#[test]
fn errors_point_at_the_question_and_leave_nothing_behind() {
    let zoo = zoo("expand_errors");
    let mut client = zoo.connect();
    for (sql, place) in [
        ("SELECT * FROM nl_query('what is the weather')", 15),
        ("SELECT 'é', (SELECT count(*) FROM nl_query('what is the weather'))", 35),
        ("SELECT 1 FROM nl_query('how many animals'), nl_query('what is the weather') AS w", 45),
    ] {
        for _ in 0..3 {
            let error = client.simple_query(sql).expect_err("refused");
            let error = error.as_db_error().expect("an answer of the server");
            let position = error.position().expect("a position");
            assert_eq!(position, &postgres::error::ErrorPosition::Original(place), "{sql}");
            assert_eq!(error.code().code(), "0A000");
        }
    }
    // What the second analysis finds wrong shows the SQL that it is about.
    let sql = format!("SELECT * FROM {PER_SPECIES} UNION ALL SELECT * FROM nl_query('how many animals')");
    let said = refusal(&mut client, &sql);
    assert_eq!(said.sqlstate, "42601", "{said:?}");
    assert!(said.detail.contains("GROUP BY species"), "{said:?}");
    // An answer that is refused shows its SQL.
    client.batch_execute("SET nl_query.max_plan_rows = 1").expect("SET");
    let said = refusal(&mut client, "SELECT * FROM nl_query('list all animals')");
    assert!(said.sqlstate == "54000" && said.detail.contains("FROM animals"), "{said:?}");
    client.batch_execute("RESET nl_query.max_plan_rows; BEGIN; SAVEPOINT s").expect("BEGIN");
    refusal(&mut client, "SELECT * FROM nl_query('what is the weather')");
    client.batch_execute("ROLLBACK TO s").expect("ROLLBACK TO");
    assert_eq!(rows(&mut client, &format!("SELECT * FROM {PER_SPECIES}")), species());
    client.batch_execute("COMMIT").expect("COMMIT");
}

/// Known: PostgreSQL analyses the statement before the answer has its columns. Each has a form that works.
#[test]
fn what_the_first_analysis_does_not_let_through() {
    let zoo = zoo("expand_first");
    let mut client = zoo.connect();
    for (sql, sqlstate) in [
        ("SELECT species FROM nl_query('how many animals per species')", "42703"),
        ("SELECT * FROM nl_query('how many animals per species') AS t (a, b)", "42P10"),
        ("SELECT * FROM nl_query('how many animals per species') ORDER BY 1", "42883"),
        ("SELECT * FROM nl_query('how many animals per species') ORDER BY 2", "42P10"),
        ("SELECT nl_query('how many animals') UNION SELECT 1", "42804"),
        ("INSERT INTO animals (animal_id) SELECT * FROM nl_query('how many animals')", "42804"),
    ] {
        let said = refusal(&mut client, sql);
        assert_eq!(said.sqlstate, sqlstate, "{sql}");
        assert!(said.hint.contains("nl_record("), "{sql}: {said:?}");
    }
    // Other statements' errors are left alone.
    for sql in [
        "SELECT nl_query('how many animals', 'x')",
        "SELECT nothing FROM animals",
        "SELECT 'nl_query' WHERE nothing",
        "SELECT name + 1 FROM animals",
    ] {
        assert!(!refusal(&mut client, sql).hint.contains("nl_record("), "{sql}");
    }
    let asked = "nl_record('how many animals per species') AS t (species text, count bigint)";
    for sql in [
        format!("SELECT species FROM {asked} WHERE count > 1"),
        format!("SELECT species FROM (SELECT * FROM {asked}) s ORDER BY count DESC LIMIT 1"),
        format!("SELECT s.species FROM (SELECT * FROM {asked} UNION SELECT 'x', 0) s WHERE s.count > 1"),
    ] {
        assert_eq!(rows(&mut client, &sql), texts(&[&["Lion"]]), "{sql}");
    }
    client
        .batch_execute("CREATE TABLE n (a int); INSERT INTO n SELECT * FROM nl_record('how many animals') AS t (n int)")
        .expect("INSERT");
    assert_eq!(rows(&mut client, "TABLE n"), texts(&[&["3"]]));
}

/// What Apache Superset sends for a dataset: a probe for its columns, then queries that name them.
#[test]
fn superset_wraps_datasets() {
    let zoo = zoo("expand_superset");
    let mut client = zoo.connect();
    client.batch_execute("SELECT nl_create_view('per_species', 'how many animals per species')").expect("nl_create_view");
    // A virtual dataset over nl_query: probe, preview and SQL Lab work, charts do not.
    for sql in [
        "SELECT * FROM nl_query('how many animals per species')\nLIMIT 1",
        "SELECT * FROM (SELECT * FROM nl_query('how many animals per species')) AS virtual_table\nLIMIT 1",
    ] {
        assert_eq!(described(&mut client, sql)[0], ("species".to_owned(), Type::TEXT), "{sql}");
    }
    for source in [
        "public.per_species",
        "(SELECT * FROM nl_record('how many animals per species') AS t (species text, count bigint)\n) AS virtual_table",
        "(SELECT * FROM per_species) AS virtual_table",
    ] {
        let samples = format!("SELECT species AS species, count AS count FROM {source} LIMIT 1000 OFFSET 0");
        assert_eq!(rows(&mut client, &samples), species(), "{samples}");
        let chart = format!(
            "SELECT species AS species, sum(count) AS \"SUM(count)\" FROM {source} WHERE count > 1 GROUP BY species ORDER BY \"SUM(count)\" DESC LIMIT 1000"
        );
        assert_eq!(rows(&mut client, &chart), texts(&[&["Lion", "2"]]), "{chart}");
    }
}

#[test]
fn nl_record_gives_the_wanted_columns() {
    let zoo = zoo("expand_record");
    let mut client = zoo.connect();
    for expand in ["on", "off"] {
        client.batch_execute(&format!("SET nl_query.expand = {expand}")).expect("SET");
        let sql = "SELECT * FROM nl_record('how many animals per species') AS t (kind varchar(10), n numeric(5, 1))";
        assert_eq!(described(&mut client, sql), [("kind".to_owned(), Type::VARCHAR), ("n".to_owned(), Type::NUMERIC)]);
        assert_eq!(rows(&mut client, sql), texts(&[&["Giraffe", "1.0"], &["Lion", "2.0"]]));
        for (list, sqlstate) in [
            ("kind date, n bigint", "42804"),
            ("kind text", "42804"),
            ("kind text, n bigint, more int", "42804"),
            ("kind varchar(4), n bigint", "22001"),
        ] {
            let said = refusal(&mut client, &format!("SELECT * FROM nl_record('how many animals per species') AS t ({list})"));
            assert_eq!(said.sqlstate, sqlstate, "{list}: {said:?}");
            assert!(sqlstate != "42804" || said.detail.contains("species text, count bigint"), "{said:?}");
        }
        let total =
            "SELECT sum(n), min(kind), (SELECT max(n) FROM nl_record('how many animals per species') AS u (k text, n bigint))
                     FROM nl_record('how many animals per species') AS t (kind text, n bigint)";
        assert_eq!(rows(&mut client, total), texts(&[&["3", "Giraffe", "2"]]));
        let weights = "SELECT count FROM nl_record('how many animals') AS t (count text COLLATE \"C\") ORDER BY count";
        assert_eq!(rows(&mut client, weights), texts(&[&["3"]]));
    }
    client.batch_execute("RESET nl_query.expand").expect("RESET");
    let parameter = "SELECT t.n FROM nl_record($1) AS t (n int)";
    assert_eq!(client.query_one(parameter, &[&"how many animals"]).expect("a row").get::<_, i32>(0), 3);
    let no_list = refusal(&mut client, "SELECT nl_record('how many animals')");
    assert!(no_list.hint.contains("AS t ("), "{no_list:?}");
    assert_eq!(refusal(&mut client, "SELECT * FROM nl_record('how many animals')").sqlstate, "42601");
    client
        .batch_execute("CREATE VIEW r AS SELECT * FROM nl_record('how many animals per species') AS t (kind text, n int)")
        .expect("CREATE VIEW");
    assert!(!zoo.value("SELECT pg_get_viewdef('r'::regclass)").contains("nl_record("));
    assert_eq!(rows(&mut client, "TABLE r"), species());
}

#[test]
fn places_that_take_no_set_refuse_it() {
    let zoo = zoo("expand_places");
    let mut client = zoo.connect();
    client.batch_execute("CREATE TABLE t (a int, b json); INSERT INTO t VALUES (1)").expect("CREATE TABLE");
    let call = "nl_query('how many animals')";
    for sql in [
        format!("CREATE TABLE u (a int CHECK ({call} IS NOT NULL))"),
        format!("CREATE TABLE u (a int CHECK (EXISTS (SELECT * FROM {call})))"),
        format!("CREATE TABLE u (a json DEFAULT {call})"),
        format!("CREATE TABLE u (a json DEFAULT (SELECT * FROM {call}))"),
        format!("CREATE TABLE u (a int, b json GENERATED ALWAYS AS ({call}) STORED)"),
        format!("CREATE TABLE u (a int) PARTITION BY LIST (({call}))"),
        format!("CREATE INDEX ON t (({call}))"),
        format!("CREATE INDEX ON t (a) WHERE EXISTS (SELECT * FROM {call})"),
        format!("CREATE POLICY p ON t USING ({call} IS NOT NULL)"),
        format!("CREATE STATISTICS s ON ({call}), a FROM t"),
        format!("ALTER TABLE t ALTER b TYPE json USING {call}"),
        format!(
            "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW WHEN ({call} IS NOT NULL) EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        ),
        format!(
            "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW WHEN (EXISTS (SELECT * FROM {call})) EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        ),
        format!("SELECT * FROM t WHERE {call} IS NULL"),
        "CALL nl_query('how many animals')".to_owned(),
    ] {
        let said = refusal(&mut client, &sql);
        assert!(["0A000", "42P17", "42809"].contains(&said.sqlstate.as_str()), "{sql}: {said:?}");
    }
    client
        .batch_execute(&format!("INSERT INTO t (b) VALUES ({call}); DELETE FROM t WHERE b ->> 'count' = '3'"))
        .expect("a value");
    // Policies and rules are analysed without hooks: json, when they run.
    client
        .batch_execute(&format!(
            "CREATE POLICY p ON t USING (EXISTS (SELECT * FROM {call})); ALTER TABLE t ENABLE ROW LEVEL SECURITY"
        ))
        .expect("policy");
    zoo.plain_role("expand_places_role");
    zoo.run("GRANT SELECT ON t, animals TO expand_places_role");
    assert_eq!(rows(&mut zoo.connect_as("expand_places_role"), "SELECT a FROM t"), texts(&[&["1"]]));
    client.batch_execute(&format!("CREATE RULE r AS ON DELETE TO t DO INSTEAD SELECT * FROM {call}")).expect("rule");
    assert_eq!(rows(&mut client, "DELETE FROM t"), texts(&[&["{\"count\":3}"]]));
    for sql in [
        format!("SELECT * FROM {call} FOR UPDATE"),
        format!("SELECT q.* FROM animals a, {call} AS q WHERE animal_id = 1 FOR UPDATE"),
        format!("SELECT q.* FROM {call} AS q LEFT JOIN animals a ON a.animal_id = 1"),
        format!("SELECT count FROM (SELECT count(*) FROM animals, {call}) s"),
        format!("UPDATE animals SET name = name FROM {call} WHERE animal_id = 1 RETURNING 3"),
        format!("SELECT (SELECT * FROM {call})"),
        "SELECT (SELECT nl_query('how many animals'))".to_owned(),
        format!("SELECT unnest(ARRAY(SELECT * FROM {call}))"),
        format!("SELECT 3 WHERE EXISTS (SELECT * FROM {call})"),
    ] {
        assert_eq!(rows(&mut client, &sql), texts(&[&["3"]]), "{sql}");
    }
}

#[test]
fn the_callers_rights_hold() {
    let zoo = zoo("expand_rights");
    zoo.plain_role("expand_rights_role");
    zoo.run("GRANT SELECT (name) ON animals TO expand_rights_role");
    let mut client = zoo.connect_as("expand_rights_role");
    let said = refusal(&mut client, &format!("SELECT * FROM {PER_SPECIES}"));
    assert!(!format!("{said:?}").contains("GROUP BY species"), "{said:?}");
    // Who may not call the function may not have it expanded.
    zoo.run("GRANT SELECT ON animals TO expand_rights_role; REVOKE EXECUTE ON FUNCTION nl_query(text) FROM PUBLIC");
    let said = refusal(&mut client, &format!("SELECT * FROM {PER_SPECIES}"));
    assert_eq!((said.sqlstate.as_str(), said.message.as_str()), ("42501", "permission denied for function nl_query"));
    zoo.run("GRANT EXECUTE ON FUNCTION nl_query(text) TO expand_rights_role");
    assert_eq!(rows(&mut client, &format!("SELECT * FROM {PER_SPECIES}")), species());
    // Answers that run as another role do not become part of the caller's statement.
    zoo.run("CREATE ROLE expand_rights_runner; GRANT SELECT ON animals TO expand_rights_runner; GRANT expand_rights_runner TO expand_rights_role;
             REVOKE SELECT ON animals FROM expand_rights_role; ALTER ROLE expand_rights_role SET nl_query.run_as = 'expand_rights_runner'");
    let mut client = zoo.connect_as("expand_rights_role");
    assert_eq!(described(&mut client, &format!("SELECT * FROM {PER_SPECIES}"))[0].1, Type::JSON);
    assert_eq!(rows(&mut client, &format!("SELECT * FROM {PER_SPECIES}")).len(), 2);
    assert_eq!(rows(&mut client, "SELECT * FROM nl_record('how many animals per species') AS t (s text, n int)"), species());
}

#[test]
fn where_the_extension_is_not() {
    let bare = Cluster::shared().empty_database("expand_bare");
    bare.run(
        "CREATE FUNCTION nl_query(text) RETURNS SETOF json LANGUAGE sql AS $$ SELECT to_json($1) $$;
         CREATE FUNCTION many(text) RETURNS SETOF text LANGUAGE sql AS $$ VALUES ($1), ('b') $$",
    );
    let mut client = bare.connect();
    assert_eq!(rows(&mut client, "SELECT * FROM nl_query('how many animals')"), texts(&[&["\"how many animals\""]]));
    assert_eq!(rows(&mut client, "SELECT many('a')"), texts(&[&["a"], &["b"]]));
    // In another schema, under another name, dropped and created again within a session.
    let moved = Cluster::shared().empty_database("expand_moved");
    moved.run("CREATE SCHEMA \"My schema\"; CREATE EXTENSION nl_query SCHEMA \"My schema\"");
    fill(&moved);
    let mut client = moved.connect();
    let sql = "SELECT * FROM \"My schema\".nl_query('how many animals per species')";
    assert_eq!(rows(&mut client, sql), species());
    client.batch_execute("ALTER SCHEMA \"My schema\" RENAME TO other").expect("RENAME");
    assert_eq!(rows(&mut client, "SELECT * FROM other.nl_query('how many animals per species')"), species());
    client.batch_execute("DROP EXTENSION nl_query; CREATE EXTENSION nl_query SCHEMA public").expect("again");
    assert_eq!(rows(&mut client, &format!("SELECT * FROM {PER_SPECIES}")), species());
}
