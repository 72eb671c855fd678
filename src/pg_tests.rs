//! Tests that need the inside of a backend: run with `cargo pgrx test`. Each runs in a transaction of its own that is rolled back.

#[pgrx::pg_schema]
mod tests {
    use std::rc::Rc;

    use nl_query_core::introspection::Catalog;
    use nl_query_core::refusal::Reason;
    use nl_query_core::schema::{Relation, RelationKind, TypeKind};
    use nl_query_engine::ValueProbe;
    use pgrx::prelude::*;

    use crate::catalog::{self, Origin, Probe, Snapshot};
    use crate::pg::spi_ro::{self, Argument};
    use crate::pg::{invalidation, viewpoint};
    use crate::queue::progress::{Progress, Stage};
    use crate::{settings, stats};

    fn run(sql: &str) {
        Spi::run(sql).expect("test SQL runs");
    }

    fn one<T: FromDatum + IntoDatum>(sql: &str) -> T {
        Spi::get_one(sql).expect("test SQL runs").expect("a value")
    }

    fn snapshot() -> (Rc<Snapshot>, Origin) {
        catalog::take_notice();
        catalog::snapshot().expect("a snapshot")
    }

    fn relation(snapshot: &Snapshot, name: &str) -> Relation {
        let found = snapshot.schema().relations.iter().find(|relation| relation.name == name);
        found.unwrap_or_else(|| panic!("no relation {name}")).clone()
    }

    #[pg_test]
    fn today_is_the_day_of_the_session() {
        for zone in ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"] {
            run(&format!("SET TimeZone = '{zone}'"));
            let (year, month, day) = viewpoint::today();
            assert_eq!(format!("{year:04}-{month:02}-{day:02}"), one::<String>("SELECT CURRENT_DATE::text"), "{zone}");
        }
    }

    #[pg_test]
    fn reading_the_catalog_takes_no_transaction_id() {
        let (read, origin) = snapshot();
        assert_ne!(origin, Origin::Kept);
        assert!(read.left_out == 0);
        let id = spi_ro::text(c"SELECT pg_catalog.pg_current_xact_id_if_assigned()::text", &[]);
        assert_eq!(id, None);
    }

    #[pg_test]
    fn a_read_leaves_the_settings_of_the_session_alone() {
        run("SET DateStyle = 'SQL, DMY'; SET jit = on");
        let inside = spi_ro::text(
            c"SELECT pg_catalog.current_setting('DateStyle') || $1::text || $2::text",
            &[Argument::Integer(7), Argument::Oids(Some(&[1, 2]))],
        );
        assert_eq!(inside.as_deref(), Some("ISO, YMD7{1,2}"));
        assert_eq!(one::<String>("SHOW DateStyle"), "SQL, DMY");
        assert_eq!(one::<String>("SHOW jit"), "on");
    }

    #[pg_test]
    fn the_snapshot_tells_every_kind_of_relation_and_type() {
        run("CREATE TYPE mood AS ENUM ('sad', 'it''s \"ok\"');
             CREATE DOMAIN inner_mood AS mood; CREATE DOMAIN outer_mood AS inner_mood;
             CREATE TABLE parent (a int, b text, PRIMARY KEY (a, b));
             CREATE TABLE things (id bigint PRIMARY KEY, m outer_mood, ms mood[], n numeric(8,2), t varchar(9) UNIQUE, d date, ts timestamp,
                tz timestamptz, ti time, iv interval, bo boolean, u uuid, j jsonb, r int4range, by bytea, o oid,
                a int, b text, boss bigint REFERENCES things, FOREIGN KEY (b, a) REFERENCES parent (b, a));
             CREATE VIEW seen AS SELECT id FROM things;
             CREATE MATERIALIZED VIEW kept AS SELECT id FROM things;
             CREATE TABLE parts (id int, k int) PARTITION BY RANGE (k);
             CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
             CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (k);
             CREATE TABLE parts_2_1 PARTITION OF parts_2 FOR VALUES FROM (10) TO (20);
             INSERT INTO parts SELECT g, g FROM generate_series(0, 19) AS g;
             COMMENT ON COLUMN things.t IS 'a \\ \"comment\"';
             ANALYZE parts_1; ANALYZE parts_2_1");
        let (read, _) = snapshot();
        let things = relation(&read, "things");
        let kinds: Vec<TypeKind> = things.columns.iter().map(|column| column.kind).collect();
        use TypeKind as kind;
        assert_eq!(
            kinds[..16],
            [
                kind::Number,
                kind::Enum,
                kind::Array,
                kind::Number,
                kind::Text,
                kind::Date,
                kind::Timestamp,
                kind::TimestampTz,
                kind::Time,
                kind::Interval,
                kind::Boolean,
                kind::Uuid,
                kind::Json,
                kind::Range,
                kind::Binary,
                kind::Other,
            ]
        );
        assert_eq!(things.columns[1].enum_labels, ["sad", "it's \"ok\""]);
        assert_eq!(things.columns[2].enum_labels, ["sad", "it's \"ok\""]);
        assert_eq!(things.columns[1].type_name, "outer_mood");
        assert_eq!((things.columns[0].fractional, things.columns[3].fractional), (false, true));
        assert_eq!(things.columns[4].comment.as_deref(), Some("a \\ \"comment\""));
        assert_eq!((things.primary_key.as_slice(), things.unique_keys.as_slice()), ([0].as_slice(), [vec![4]].as_slice()));
        let kinds = ["parent", "seen", "kept", "parts"].map(|name| relation(&read, name).kind);
        assert_eq!(
            kinds,
            [RelationKind::Table, RelationKind::View, RelationKind::MaterializedView, RelationKind::PartitionedTable]
        );
        assert_eq!(relation(&read, "parts").rows, 20.0);
        assert!(!read.schema().relations.iter().any(|relation| relation.name.starts_with("parts_")));
        let keys: Vec<_> = read.schema().foreign_keys.iter().filter(|key| key.declared).collect();
        let composite = keys.iter().find(|key| key.from_columns.len() == 2).expect("the composite key");
        assert_eq!(
            (composite.from_columns.as_slice(), composite.to_columns.as_slice()),
            ([17, 16].as_slice(), [1, 0].as_slice())
        );
        assert!(keys.iter().any(|key| key.from == key.to && key.from_columns == [18] && key.to_columns == [0]));
    }

    #[pg_test]
    fn statistics_come_back_as_they_were_stored() {
        run(r#"CREATE TABLE words (w text, n int, d date);
               INSERT INTO words SELECT (ARRAY['a "b"', '{c,d}', 'e\f', 'NULL', ''])[g % 5 + 1], g, date '2020-01-01' + g FROM generate_series(0, 999) AS g;
               ANALYZE words"#);
        let (read, _) = snapshot();
        let words = relation(&read, "words");
        let stats = |column: usize| words.columns[column].stats.clone().expect("statistics");
        let mut common = stats(0).common_values;
        common.sort();
        assert_eq!(common, ["", "NULL", "a \"b\"", "e\\f", "{c,d}"]);
        assert_eq!(stats(1).bounds, ["0", "999"]);
        assert_eq!(stats(2).bounds, ["2020-01-01", "2022-09-26"]);
    }

    #[pg_test]
    fn a_snapshot_is_kept_until_something_in_it_changes() {
        run("CREATE TABLE things (id int PRIMARY KEY, name text)");
        let (first, origin) = snapshot();
        assert_eq!(origin, Origin::Read);
        // Statements that change nothing that is in it: looked at, then kept.
        run("CREATE SEQUENCE s; SELECT count(*) FROM things");
        assert!(Rc::ptr_eq(&first, &snapshot().0));
        run("CREATE STATISTICS st ON id, name FROM things");
        assert!(Rc::ptr_eq(&first, &snapshot().0));
        run("ALTER TABLE things RENAME name TO title");
        let (third, origin) = snapshot();
        assert_eq!(origin, Origin::Read);
        assert_eq!(relation(&third, "things").columns[1].name, "title");
        run("COMMENT ON TABLE things IS 'stuff'");
        assert_eq!(relation(&snapshot().0, "things").comment.as_deref(), Some("stuff"));
    }

    #[pg_test]
    fn another_role_and_another_path_have_snapshots_of_their_own() {
        run("CREATE ROLE reader; CREATE TABLE open_table (id int, hidden int); CREATE TABLE shut_table (id int);
             GRANT SELECT (id) ON open_table TO reader");
        let (owner, _) = snapshot();
        run("SET ROLE reader");
        let (reader, _) = snapshot();
        assert_eq!(relation(&reader, "open_table").columns.len(), 1);
        assert!(!reader.schema().relations.iter().any(|relation| relation.name == "shut_table"));
        run("RESET ROLE");
        assert!(Rc::ptr_eq(&owner, &snapshot().0));
        run("CREATE SCHEMA apart; SET search_path = apart");
        assert!(!relation(&snapshot().0, "open_table").visible);
    }

    /// The shared snapshot, filtered, against the catalog as the role itself reads it.
    #[pg_test]
    fn what_a_role_is_shown_is_what_it_would_read() {
        run("CREATE ROLE watcher; CREATE ROLE team; CREATE SCHEMA near; CREATE SCHEMA far; CREATE SCHEMA closed;
             GRANT USAGE ON SCHEMA near, far TO team; GRANT team TO watcher;
             CREATE TABLE near.people (id int PRIMARY KEY, name text, salary int);
             CREATE TABLE far.people (id int PRIMARY KEY, town text);
             CREATE TABLE far.visits (id int PRIMARY KEY, person int REFERENCES near.people, other int REFERENCES far.people, note text);
             CREATE TABLE closed.secrets (id int, word text); GRANT SELECT ON closed.secrets TO team;
             CREATE TABLE near.rows (id int, word text); ALTER TABLE near.rows ENABLE ROW LEVEL SECURITY;
             CREATE TABLE near.bare (id int);
             INSERT INTO near.people SELECT g, 'n' || g % 3, g FROM generate_series(1, 50) AS g;
             INSERT INTO near.rows SELECT g, 'hidden' FROM generate_series(1, 50) AS g;
             GRANT SELECT (id, name) ON near.people TO team; GRANT SELECT ON far.people, far.visits, near.rows TO team;
             ANALYZE near.people; ANALYZE near.rows;
             SECURITY LABEL FOR nl_query ON COLUMN far.visits.note IS 'private'");
        for role in ["watcher", "team", "postgres"] {
            for path in ["near, far", "far, near", "pg_catalog", "closed, near", "near"] {
                run(&format!("SET ROLE {role}; SET search_path = {path}"));
                let (shown, read) = seeing_everything(catalog::both_ways);
                assert_eq!(shown, read, "as {role} with {path}");
                assert!(role == "postgres" || read.schema.relations.len() == 4, "{:?}", read.schema.relations);
                run("RESET ROLE");
            }
        }
    }

    #[pg_test]
    fn temporary_tables_hide_their_namesakes_either_way() {
        run("CREATE TABLE goods (id int); CREATE TABLE others (id int); CREATE TEMP TABLE goods (id int, word text);
             CREATE TEMP VIEW seen AS SELECT * FROM pg_temp.goods");
        let (shown, read) = seeing_everything(catalog::both_ways);
        let names = |catalog: &Catalog| {
            let mut names: Vec<_> = catalog
                .schema
                .relations
                .iter()
                .filter(|relation| ["goods", "others", "seen"].contains(&relation.name.as_str()))
                .map(|relation| (relation.name.clone(), relation.visible, relation.columns.len()))
                .collect();
            names.sort();
            names
        };
        let wanted = [("goods", false, 1), ("goods", true, 2), ("others", true, 1), ("seen", true, 2)];
        assert_eq!(names(&read), wanted.map(|(name, visible, columns)| (name.to_owned(), visible, columns)));
        assert_eq!(names(&shown), names(&read));
    }

    #[pg_test]
    fn messages_about_what_questions_can_be_about_are_noticed() {
        invalidation::any();
        run("CREATE TABLE named (id int PRIMARY KEY)");
        assert!(invalidation::any());
        run("CREATE ROLE somebody");
        assert!(invalidation::any());
    }

    /// Runs with a snapshot that sees what this test has written: the one of the statement that called the test does not.
    #[allow(unsafe_code)]
    fn seeing_everything<T>(work: impl FnOnce() -> T) -> T {
        // SAFETY: pushed and popped in pairs; a test that fails in between aborts its transaction.
        unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot()) };
        let value = work();
        // SAFETY: the snapshot pushed above.
        unsafe { pg_sys::PopActiveSnapshot() };
        value
    }

    #[pg_test]
    fn a_probe_finds_values_in_small_tables_and_by_index_in_large_ones() {
        run(
            r#"CREATE TABLE small (id int, "Odd ""Name" text); INSERT INTO small VALUES (1, 'Spring''Field\x'), (2, 'other'), (3, 'São PAULO');
               CREATE TABLE large (id int, word text, plain text); INSERT INTO large SELECT g, 'Word ' || g, 'Plain ' || g FROM generate_series(1, 30000) AS g;
               CREATE INDEX ON large (word); ANALYZE small, large"#,
        );
        let (read, _) = snapshot();
        let schema = read.schema();
        let place = |name: &str| schema.relations.iter().position(|relation| relation.name == name).expect("the table");
        let (small, large) = (place("small"), place("large"));
        let needles = ["spring'field\\x", "word 777", "plain 777", "nothing", "são paulo"].map(str::to_owned);
        let columns = [(small, 1), (large, 1), (large, 2)];
        let mut probe = Probe::new(&read, settings::probe(), &settings::limits());
        let mut hits = seeing_everything(|| probe.find(&needles, &columns));
        hits.sort_by_key(|hit| hit.needle);
        let found: Vec<_> = hits.iter().map(|hit| (hit.needle, hit.relation, hit.column, hit.value.as_str())).collect();
        assert_eq!(found, [(0, small, 1, "Spring'Field\\x"), (1, large, 1, "Word 777"), (4, small, 1, "São PAULO")]);
        let plain = seeing_everything(|| Probe::new(&read, settings::probe(), &settings::limits()).find(&needles[..2], &columns));
        assert_eq!(plain.len(), 2, "all of them of ASCII");
        assert!(seeing_everything(|| Probe::new(&read, None, &settings::limits()).find(&needles, &columns)).is_empty());
    }

    #[pg_test]
    fn refusals_are_counted_by_role_and_reason() {
        let of = |reason: Reason| {
            let rows = stats::refusals(Some(viewpoint::user()));
            rows.iter().filter(|row| row.reason == reason).map(|row| row.count).sum::<u64>()
        };
        let (before, others) = (of(Reason::Private), of(Reason::Nested));
        stats::count_refusal(Reason::Private);
        stats::count_refusal(Reason::Private);
        assert_eq!((of(Reason::Private), of(Reason::Nested)), (before + 2, others));
    }

    #[pg_test]
    fn a_question_under_way_is_shown_to_those_who_may_see_it() {
        let shown = || {
            one::<String>(
                "SELECT coalesce(string_agg(concat_ws(' ', datname = current_database(), usename = 'postgres', stage, attempt), ''), '')
                 FROM pg_stat_progress_nl_query WHERE pid = pg_backend_pid()",
            )
        };
        assert_eq!(shown(), "");
        let progress = Progress::begin(viewpoint::user());
        progress.at(Stage::Queued, 2);
        assert_eq!(shown(), "t t queued 2");
        run("CREATE ROLE onlooker; SET ROLE onlooker");
        assert_eq!(shown(), "");
        run("RESET ROLE; GRANT pg_read_all_stats TO onlooker; SET ROLE onlooker");
        assert_eq!(shown(), "t t queued 2");
        drop(progress);
        assert_eq!(shown(), "");
    }
}
