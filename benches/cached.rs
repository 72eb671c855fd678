//! What a remembered answer costs, against the least that a statement can cost: pgbench runs both in turns.

use nl_query_tests::{Cluster, Options};

use crate::report::{heading, median};
use crate::{pgbench, rate};

/// Turns of each of the two, and seconds of one.
const TURNS: usize = 5;
const SECONDS: &str = "4";

const QUESTION: &str = "how many parcels per city";

/// `nl_sql(q)` against an empty function, and `nl_query(q)` as a table against the same SQL by hand.
pub fn cached() {
    heading("remembered answers: pgbench, transactions a second, medians of turns");
    let cluster = Cluster::start(&Options::default());
    let database = cluster.database("bench");
    // The emptiest function that takes and gives a text and is not folded away.
    database.run(
        "CREATE TABLE parcels (id int PRIMARY KEY, city text, weight numeric);
         INSERT INTO parcels SELECT i, (ARRAY['Turin', 'Lyon', 'Porto'])[i % 3 + 1], i FROM generate_series(1, 1000) i;
         ANALYZE parcels;
         CREATE FUNCTION empty(q text) RETURNS text LANGUAGE internal VOLATILE STRICT PARALLEL UNSAFE AS 'btrim1'",
    );
    let by_hand = database.value(&format!("SELECT nl_sql('{QUESTION}')"));
    for clients in ["1", "4"] {
        let asked = format!("SELECT nl_sql('{QUESTION}')");
        let empty = format!("SELECT empty('{QUESTION}')");
        compare(&cluster, &format!("nl_sql, prepared, {clients} clients"), &["-M", "prepared", "-c", clients], &asked, &empty);
    }
    for mode in ["simple", "extended", "prepared"] {
        let asked = format!("SELECT * FROM nl_query('{QUESTION}')");
        compare(&cluster, &format!("nl_query as a table, {mode}"), &["-M", mode], &asked, &by_hand);
    }
}

fn compare(cluster: &Cluster, what: &str, how: &[&str], asked: &str, other: &str) {
    let place = std::env::temp_dir().join(format!("nlq-bench-{}", std::process::id()));
    let run = |sql: &str| {
        std::fs::write(&place, format!("{}\n", sql.replace('\n', " "))).expect("a script for pgbench");
        let mut args = vec!["-n", "-T", SECONDS, "-f", place.to_str().expect("a name")];
        args.extend(how);
        rate(&pgbench(cluster, &args))
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        ours.push(run(asked));
        theirs.push(run(other));
    }
    let _ = std::fs::remove_file(&place);
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    println!("{what}: {ours:.0} against {theirs:.0}: {:.3} x", ours / theirs);
}
