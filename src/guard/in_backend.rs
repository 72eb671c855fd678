//! The guard inside a backend: what runs, what a run may do, and what is left afterwards.

use pgrx::prelude::*;

#[pg_schema]
mod tests {
    use pgrx::prelude::*;

    use crate::guard::{self, Flow, Limits, Reason, Refusal, RowSink, RowView};

    const SETUP: &str = include_str!("../../pgrx-tests/corpus/setup.sql");
    const LEGITIMATE: &str = include_str!("../../pgrx-tests/corpus/legitimate.sql");
    const ATTACKS: &str = include_str!("../../pgrx-tests/corpus/attacks.sql");

    fn corpus() {
        Spi::run(SETUP).expect("the corpus's database");
        Spi::run("SET app.owner = 'me'; SET ROLE guard_reader").expect("SET");
    }

    fn as_superuser(sql: &str) {
        Spi::run(&format!("RESET ROLE; {sql}; SET ROLE guard_reader")).expect("setting up");
    }

    fn cases(text: &str) -> Vec<(&str, &str)> {
        let starts: Vec<usize> =
            text.match_indices("--- ").filter(|(at, _)| *at == 0 || text.as_bytes()[at - 1] == b'\n').map(|m| m.0).collect();
        let ends = starts.iter().copied().skip(1).chain([text.len()]);
        starts.iter().zip(ends).filter_map(|(start, end)| text[start + 4..end].split_once('\n')).collect()
    }

    struct Json(Vec<String>);

    impl RowSink for Json {
        fn row(&mut self, row: &RowView<'_>) -> Flow {
            self.0.push(row.json_text());
            Flow::Continue
        }
    }

    fn limits() -> Limits {
        Limits { max_plan_cost: 1e7, max_plan_rows: 1e9, ..Limits::default() }
    }

    fn run_with(sql: &str, limits: &Limits) -> Result<Vec<String>, Refusal> {
        let mut rows = Json(Vec::new());
        guard::prove(sql, limits)?.run(limits, &mut rows)?;
        Ok(rows.0)
    }

    fn run(sql: &str) -> Result<Vec<String>, Refusal> {
        run_with(sql, &limits())
    }

    fn value(sql: &str) -> Option<String> {
        Spi::get_one::<String>(sql).expect("a value")
    }

    #[pg_test]
    fn legitimate_statements_run() {
        corpus();
        for (name, sql) in cases(LEGITIMATE) {
            match run(sql) {
                Ok(_) => {}
                Err(refusal) => panic!("{name}: {refusal:?}\n{sql}"),
            }
            assert!(!guard::in_progress());
        }
    }

    #[pg_test]
    fn attacks_are_refused_and_the_session_is_as_before() {
        corpus();
        let state = "SELECT concat_ws(' ', current_user, current_setting('transaction_read_only'), current_setting('search_path'), \
                     (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'countries'::regclass))";
        let before = value(state);
        for (name, sql) in cases(ATTACKS) {
            assert!(run(sql).is_err(), "{name}\n{sql}");
            assert_eq!(value(state), before, "{name}");
        }
    }

    #[pg_test]
    fn rows_are_what_row_to_json_writes() {
        corpus();
        let sql = "SELECT id AS number, name AS \"Name\", profile, tags, joined, feeling, NULL::int AS nothing FROM customers ORDER BY id LIMIT 3";
        let wanted = value(&format!("SELECT string_agg(row_to_json(t)::text, E'\\n') FROM ({sql}) t"));
        assert_eq!(run(sql).map(|rows| rows.join("\n")), Ok(wanted.expect("rows")));
        // A scan without projection hands out the table's own rows; the keys are the answer's all the same.
        let rows = run("SELECT id AS a, name AS a, region AS c FROM countries WHERE id = 1").expect("a row");
        assert_eq!(rows, ["{\"a\":1,\"a\":\"country 1\",\"c\":\"south\"}"]);
        assert_eq!(run("SELECT"), Ok(vec!["{}".to_owned()]));
    }

    #[pg_test]
    fn a_call_hidden_in_a_body_is_stopped_when_it_runs() {
        corpus();
        as_superuser(
            "CREATE FUNCTION hides(int) RETURNS int LANGUAGE plpgsql STABLE AS
             $$BEGIN EXECUTE 'SELECT pg_' || 'notify(''a'', ''b'')'; RETURN 1; END$$",
        );
        assert!(guard::check("SELECT hides(id) FROM countries", &limits()).is_ok(), "nothing in its text says so");
        let refusal = run("SELECT hides(id) FROM countries").expect_err("the watch sees it");
        assert_eq!((refusal.reason, refusal.sqlstate_text()), (Reason::DeniedFunction, "42501"));
        assert!(refusal.message.contains("pg_notify"), "{refusal}");
    }

    #[pg_test]
    fn a_trusted_owner_is_believed_and_still_watched() {
        corpus();
        let trusting = Limits { trusted_function_owners: vec!["guard_writer".to_owned()], ..limits() };
        assert!(run_with("SELECT liar_sum(id) FROM countries", &trusting).is_ok());
        let refusal = run_with("SELECT liar(id) FROM countries", &trusting).expect_err("it calls pg_notify");
        assert_eq!(refusal.reason, Reason::DeniedFunction);
    }

    #[pg_test]
    fn rows_stop_at_the_limit() {
        corpus();
        let few = Limits { max_rows: 7, ..limits() };
        let mut rows = Json(Vec::new());
        let outcome = guard::prove("SELECT id FROM orders", &few).and_then(|proven| proven.run(&few, &mut rows)).expect("rows");
        assert!(outcome.truncated && outcome.rows == 7 && rows.0.len() == 7);
        let mut rows = Json(Vec::new());
        let exact = "SELECT id FROM orders LIMIT 7";
        let outcome = guard::prove(exact, &few).and_then(|proven| proven.run(&few, &mut rows)).expect("rows");
        assert!(!outcome.truncated && rows.0.len() == 7);
    }

    #[pg_test]
    fn a_sink_may_stop() {
        struct One(usize);
        impl RowSink for One {
            fn row(&mut self, _row: &RowView<'_>) -> Flow {
                self.0 += 1;
                Flow::Stop
            }
        }
        corpus();
        let mut one = One(0);
        let outcome = guard::prove("SELECT id FROM orders", &limits()).and_then(|proven| proven.run(&limits(), &mut one));
        assert!(outcome.is_ok_and(|outcome| !outcome.truncated) && one.0 == 1);
    }

    #[pg_test]
    fn time_is_limited_and_the_session_goes_on() {
        corpus();
        let short = Limits { timeout_ms: 100, max_plan_cost: 0.0, max_plan_rows: 0.0, ..limits() };
        let started = std::time::Instant::now();
        for sql in [
            "SELECT count(*) FROM orders a, orders b, orders c",
            "SELECT count(*) FROM generate_series(1, 100000000000)",
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n > 0) SELECT count(*) FROM t",
        ] {
            let refusal = run_with(sql, &short).expect_err("too long");
            assert_eq!((refusal.reason, refusal.sqlstate_text()), (Reason::Timeout, "57014"), "{sql}");
        }
        assert!(started.elapsed().as_secs() < 5);
        // A request of our own for a cancel must not hit what comes after.
        assert_eq!(Spi::get_one::<i64>("SELECT count(*) FROM orders a, orders b").ok().flatten(), Some(1_000_000));
        assert!(!guard::in_progress());
    }

    #[pg_test]
    fn errors_at_run_time_keep_what_the_server_said() {
        corpus();
        let refusal = run("SELECT 1 / (id - 5) FROM countries").expect_err("division by zero");
        assert_eq!(
            (refusal.reason, refusal.sqlstate_text(), refusal.message.as_str()),
            (Reason::Execution, "22012", "division by zero")
        );
        let refusal = run("SELECT nane FROM countries").expect_err("no such column");
        assert_eq!((refusal.reason, refusal.position), (Reason::UnknownName, Some(8)));
    }

    #[pg_test]
    fn the_run_is_read_only_with_narrower_limits() {
        corpus();
        as_superuser("SET work_mem = '64MB'");
        let sql = "SELECT current_setting('transaction_read_only') AS ro, current_setting('work_mem') AS wm, current_setting('temp_file_limit') AS tl";
        let narrow = Limits { work_mem_kb: 2048, temp_file_limit_kb: 1024, ..limits() };
        assert_eq!(run_with(sql, &narrow), Ok(vec![r#"{"ro":"on","wm":"2MB","tl":"1MB"}"#.to_owned()]));
        let wide = Limits { work_mem_kb: 1 << 20, ..limits() };
        assert_eq!(
            run_with(sql, &wide),
            Ok(vec![r#"{"ro":"on","wm":"64MB","tl":"-1"}"#.to_owned()]),
            "never wider than the session's"
        );
        assert_eq!(
            value("SELECT current_setting('transaction_read_only') || current_setting('work_mem')").as_deref(),
            Some("off64MB")
        );
    }

    #[pg_test]
    fn temporary_files_are_limited() {
        corpus();
        let narrow = Limits { work_mem_kb: 64, temp_file_limit_kb: 256, ..limits() };
        let refusal =
            run_with("SELECT repeat('x', 100), g FROM generate_series(1, 100000) g ORDER BY 2 DESC", &narrow).expect_err("files");
        assert_eq!(refusal.sqlstate_text(), "53400", "{refusal}");
    }

    #[pg_test]
    fn another_role_for_answers() {
        corpus();
        as_superuser(
            "CREATE ROLE guard_pinned; GRANT SELECT (id) ON secrets TO guard_pinned; GRANT USAGE ON SCHEMA public TO guard_pinned",
        );
        let pinned = Limits { run_as: Some("guard_pinned".to_owned()), ..limits() };
        assert_eq!(run_with("SELECT 1", &pinned).map_err(|refusal| refusal.reason), Err(Reason::RunAs), "not a member");
        as_superuser("GRANT guard_pinned TO guard_reader");
        assert_eq!(
            run_with("SELECT current_user AS me, count(id) FROM secrets", &pinned),
            Ok(vec![r#"{"me":"guard_pinned","count":1}"#.to_owned()])
        );
        assert_eq!(run_with("SELECT * FROM countries", &pinned).map_err(|refusal| refusal.reason), Err(Reason::Privilege));
        assert_eq!(value("SELECT current_user::text").as_deref(), Some("guard_reader"));
        let nobody = Limits { run_as: Some("guard_nobody".to_owned()), ..limits() };
        assert_eq!(run_with("SELECT 1", &nobody).map_err(|refusal| refusal.reason), Err(Reason::RunAs));
    }

    #[pg_test]
    fn settings_open_catalogs_and_foreign_tables() {
        corpus();
        let open = Limits { allow_catalogs: true, allow_foreign_tables: true, ..limits() };
        assert!(run_with("SELECT relname FROM pg_class LIMIT 1", &open).is_ok());
        assert!(run_with("SELECT table_name FROM information_schema.tables LIMIT 1", &open).is_ok());
        assert_eq!(run_with("SELECT rolpassword FROM pg_authid", &open).map_err(|refusal| refusal.reason), Err(Reason::Catalog));
        // It gets past the names, and fails for want of a handler.
        let refusal = run_with("SELECT * FROM foreign_orders", &open).expect_err("no handler");
        assert_ne!(refusal.reason, Reason::ForeignTable);
    }

    #[pg_test]
    fn invented_names_meet_readable_ones_only() {
        corpus();
        let hint = |sql: &str| guard::check(sql, &limits()).expect_err("unknown").hint.unwrap_or_default();
        assert!(hint("SELECT * FROM custmers").contains("\"customers\""));
        assert!(hint("SELECT * FROM target").contains("\"sales.targets\""));
        assert!(hint("SELECT c.nane FROM customers c").contains("\"name\""));
        assert!(!hint("SELECT * FROM secret").contains("secrets"), "it may not be read");
        assert!(!hint("SELECT h.closd FROM half_secret h").contains("closed"), "nor this column");
    }

    #[pg_test]
    fn the_plan_gate_names_the_node() {
        corpus();
        let cheap = Limits { max_plan_cost: 1.0, ..limits() };
        let refusal = guard::check("SELECT * FROM orders", &cheap).expect_err("dear");
        assert_eq!(refusal.reason, Reason::PlanCost);
        assert!(refusal.detail.is_some_and(|detail| detail.contains("Seq Scan")));
        let few = Limits { max_plan_rows: 10.0, ..limits() };
        let below = guard::check("SELECT * FROM orders ORDER BY total LIMIT 1", &few).expect_err("rows below the LIMIT count");
        assert_eq!(below.reason, Reason::PlanRows);
    }

    #[pg_test]
    fn a_proof_tells_what_it_found() {
        corpus();
        let verdict = guard::check("SELECT name AS n, revenue FROM revenue", &limits()).expect("allowed");
        assert_eq!(verdict.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["n", "revenue"]);
        assert_eq!(verdict.columns[0].type_oid, pgrx::pg_sys::TEXTOID.to_u32());
        let oids = ["revenue", "customers", "orders"].map(|name| {
            Spi::get_one::<pgrx::pg_sys::Oid>(&format!("SELECT '{name}'::regclass::oid"))
                .ok()
                .flatten()
                .map_or(0, |oid| oid.to_u32())
        });
        assert!(oids.iter().all(|oid| verdict.relations.contains(oid)), "the view and what stands behind it");
    }

    #[pg_test(error = "invalid security label \"hidden\" for provider nl_query")]
    fn there_is_one_label() {
        Spi::run("CREATE TABLE to_label (id int); SECURITY LABEL FOR nl_query ON TABLE to_label IS 'hidden'")
            .expect("unreachable");
    }

    #[pg_test]
    fn text_is_bounded_before_it_is_parsed() {
        let long = format!("SELECT '{}'", "x".repeat(300_000));
        assert_eq!(guard::check(&long, &limits()).map_err(|refusal| refusal.reason), Err(Reason::TooComplex));
        let deep = format!("SELECT {}1{}", "(".repeat(5000), ")".repeat(5000));
        assert_eq!(guard::check(&deep, &limits()).map_err(|refusal| refusal.reason), Err(Reason::TooComplex));
        let signs = format!("SELECT {}1", "- ".repeat(60_000));
        assert!(guard::check(&signs, &limits()).is_err(), "whatever the parser says of it");
        let many: Vec<String> = (0..600).map(|number| format!("(SELECT 1) AS s{number}")).collect();
        let joined = format!("SELECT FROM {}", many.join(", "));
        assert_eq!(guard::check(&joined, &limits()).map_err(|refusal| refusal.reason), Err(Reason::TooComplex));
        let chained = format!("SELECT 1 {}", "UNION ALL SELECT 1 ".repeat(5000));
        assert_eq!(guard::check(&chained, &limits()).map_err(|refusal| refusal.reason), Err(Reason::TooComplex));
        assert!(guard::check("SELECT 1", &limits()).is_ok(), "the stack's limit was met, and the session goes on");
        let wide = format!("SELECT {}", vec!["1"; 2000].join(", "));
        assert_eq!(guard::check(&wide, &limits()).map_err(|refusal| refusal.reason), Err(Reason::TooComplex));
    }
}
