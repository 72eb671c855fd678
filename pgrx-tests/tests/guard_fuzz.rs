//! 200,000 mutations of the corpus through `nl_prove`: what is refused stays refused whatever it looks like, what is legitimate
//! stays allowed, no call is slow, and nothing is left behind. Seeds are fixed; `NL_QUERY_FUZZ` sets another number of mutations.

use nl_query_tests::corpus::{self, Case, READER};
use nl_query_tests::mutate::{Dice, mutate};
use postgres::Client;
use std::time::Duration;

/// Statements sent at once.
const BATCH: usize = 500;

/// Refused for what they say, not for a mistake in them: a mistake can go away when it is wrapped in something that skips it.
const MISTAKES: [&str; 4] = ["analysis", "syntax", "unknown_name", "empty"];

/// Refused for the work that the plan shows: work that a statement around it can make unnecessary.
const WORK: [&str; 2] = ["plan_cost", "plan_rows"];

struct Verdict {
    allowed: bool,
    took: Duration,
}

fn prove(client: &mut Client, statements: &[String]) -> Vec<Verdict> {
    let sql = "SELECT p.allowed, extract(epoch FROM clock_timestamp() - t.start)::float8
               FROM unnest($1::text[]) WITH ORDINALITY AS s(sql, n),
                    LATERAL (SELECT clock_timestamp() + '0s'::interval * s.n AS start OFFSET 0) AS t,
                    LATERAL (SELECT * FROM nl_prove(s.sql) WHERE t.start IS NOT NULL) AS p";
    let rows = client.query(sql, &[&statements]).expect("nl_prove answers whatever it is given");
    assert_eq!(rows.len(), statements.len());
    rows.iter().map(|row| Verdict { allowed: row.get(0), took: Duration::from_secs_f64(row.get::<_, f64>(1).max(0.0)) }).collect()
}

/// Bytes of this session's memory.
fn memory(client: &mut Client) -> i64 {
    client.query_one("SELECT sum(total_bytes)::bigint FROM pg_backend_memory_contexts", &[]).expect("memory").get(0)
}

fn traces(client: &mut Client) -> i64 {
    let sql = "SELECT (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode <> 'ExclusiveLock'
                        AND relation <> 'pg_locks'::regclass)
                    + (SELECT count(*) FROM pg_settings WHERE source = 'session')
                    + (pg_current_xact_id_if_assigned() IS NOT NULL)::int + (SELECT count(*) FROM pg_ls_tmpdir())";
    client.query_one(sql, &[]).expect("traces").get(0)
}

fn mutations(cases: &[Case], number: usize, dice: &mut Dice) -> Vec<(usize, String)> {
    (0..number)
        .map(|_| {
            let case = dice.below(cases.len());
            let may_wrap = !cases[case].reasons.iter().any(|reason| WORK.contains(&reason.as_str()));
            (case, mutate(&cases[case].sql, may_wrap, dice))
        })
        .collect()
}

#[test]
fn mutations_do_not_change_the_verdict() {
    let total: usize = std::env::var("NL_QUERY_FUZZ").ok().and_then(|number| number.parse().ok()).unwrap_or(200_000);
    let cluster = corpus::cluster();
    let database = corpus::database(&cluster);
    database.run(&format!(
        "GRANT EXECUTE ON FUNCTION pg_ls_tmpdir() TO {READER}; GRANT SELECT ON pg_backend_memory_contexts TO {READER};
         GRANT EXECUTE ON FUNCTION pg_get_backend_memory_contexts() TO {READER}"
    ));
    let mut client = database.connect_as(READER);
    let refused = |case: &Case| !case.reasons.iter().any(|reason| MISTAKES.contains(&reason.as_str()));
    let attacks: Vec<Case> = corpus::attacks().into_iter().filter(refused).collect();
    let legitimate = corpus::legitimate();

    let mut times = Vec::with_capacity(total);
    let (mut escaped, mut lost, mut kept) = (Vec::new(), 0_usize, 0_usize);
    let mut settled = None;
    client.batch_execute("BEGIN").expect("BEGIN");
    // The catalogs that these two read are locked from now on.
    traces(&mut client);
    memory(&mut client);
    let before = traces(&mut client);
    for batch in 0..total.div_ceil(BATCH) {
        let mut dice = Dice::new(0x9E37_79B9_7F4A_7C15 ^ (batch as u64) << 17);
        // One batch in ten is of legitimate statements.
        let (cases, is_attack) = if batch % 10 == 9 { (&legitimate, false) } else { (&attacks, true) };
        let mutations = mutations(cases, BATCH, &mut dice);
        let statements: Vec<String> = mutations.iter().map(|(_, sql)| sql.clone()).collect();
        for ((case, sql), verdict) in mutations.iter().zip(prove(&mut client, &statements)) {
            times.push(verdict.took);
            match (is_attack, verdict.allowed) {
                (true, true) => escaped.push(format!("{}:\n{}\n=> {sql}", cases[*case].name, cases[*case].sql)),
                (false, true) => kept += 1,
                (false, false) => lost += 1,
                (true, false) => {}
            }
        }
        if batch == 20 {
            settled = Some(memory(&mut client)); // caches are filled
        }
    }
    assert!(escaped.is_empty(), "{} mutations escaped, such as\n{}", escaped.len(), escaped[..escaped.len().min(5)].join("\n\n"));
    assert_eq!(traces(&mut client), before, "something was left behind");
    if let Some(settled) = settled {
        let grown = memory(&mut client) - settled;
        assert!(grown < 8 << 20, "the session grew by {grown} bytes");
    }
    // Some mutations make a mistake of a legitimate statement (a duplicate column name in a CTE that is read by `count(*)`).
    assert!(lost * 10 < kept, "{lost} of {} mutations of legitimate statements were refused", lost + kept);
    times.sort();
    let p99 = times[times.len() * 99 / 100];
    println!("{total} mutations: p50 {:?}, p99 {p99:?}, longest {:?}", times[times.len() / 2], times[times.len() - 1]);
    assert!(p99 < Duration::from_millis(5), "p99 is {p99:?}");
    assert!(!cluster.log().contains("panicked"), "a panic:\n{}", cluster.log_tail(40));
}
