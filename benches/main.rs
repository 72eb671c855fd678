//! The figures of the README, measured on this machine: `make bench`, or `make bench PART=…` for one part.
//!
//! Every part starts clusters of its own with default settings (fsync off: nothing here writes what must last), says what it did
//! and prints one table. Where the engine is measured, `nl_query.cache` is off: the catalog is warm and the engine does all of its
//! work. Where what is remembered is measured, two things run in turns and their ratio counts.

mod cached;
mod gateway;
mod report;
mod soak;

use nl_query_tests::{Cluster, Database, Options, Sample, Table, load_sample, read_questions};
use report::{Figures, heading};
use std::time::Instant;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let parts: [(&str, fn()); 5] = [
        ("answers", answers),
        ("tables", thousand_tables),
        ("cached", cached::cached),
        ("gateway", gateway::gateway),
        ("bystanders", bystanders),
    ];
    for (name, part) in parts {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            part();
        }
    }
    // Takes as long as one likes, and measures nothing that a README tells.
    if wanted.iter().any(|w| w == "soak") {
        soak::soak();
    }
}

/// Embedded answers over the question files, each database by itself.
fn answers() {
    heading("nl_sql(q), catalog warm, nothing remembered: time at the client, in ms");
    let cluster = Cluster::start(&Options::default());
    Figures::print_head();
    for sample in [Sample::Shop, Sample::Chinook, Sample::Northwind, Sample::Pagila] {
        let database = cluster.database(sample.name());
        if load_sample(&database, sample) {
            let questions: Vec<String> = read_questions(sample.name()).into_iter().map(|q| q.text).collect();
            ask_repeatedly(&database, &questions, 5).print(sample.name());
            print_stages(&database);
        }
    }
}

/// A database with a thousand tables: the same, and what reading its catalog costs.
fn thousand_tables() {
    heading("1,000 tables with 10 columns each");
    let cluster = Cluster::start(&Options::default().with("max_locks_per_transaction", "512"));
    let database = cluster.database("wide");
    database.run(&create_tables(1000));
    let questions: Vec<String> = (0..100)
        .map(|i| match i % 3 {
            0 => format!("how many {} are there", table_name(i * 7)),
            1 => format!("average amount of {} per city", table_name(i * 7)),
            _ => format!("top 5 {} by amount", table_name(i * 7)),
        })
        .collect();
    println!("first question of the cluster, catalog read anew (10 times):");
    reset(&database);
    for question in questions.iter().take(10) {
        database.run("SELECT nl_cache_clear()");
        ask(&mut database.connect(), question);
    }
    print_stages(&database);
    println!("first question of a session, catalog shared (10 sessions):");
    reset(&database);
    for question in questions.iter().skip(10).take(10) {
        ask(&mut database.connect(), question);
    }
    print_stages(&database);
    println!("later questions, nothing remembered:");
    Figures::print_head();
    ask_repeatedly(&database, &questions, 3).print("1,000 tables");
    print_stages(&database);
}

/// Nouns that no two tables share.
fn table_name(i: usize) -> String {
    const FIRST: [&str; 10] =
        ["harbour", "garden", "museum", "factory", "airport", "library", "hospital", "school", "theatre", "station"];
    const SECOND: [&str; 10] =
        ["orders", "visits", "tickets", "repairs", "members", "payments", "permits", "invoices", "shifts", "parcels"];
    const THIRD: [&str; 10] = ["north", "south", "east", "west", "inner", "outer", "upper", "lower", "old", "new"];
    let digit = |n: usize| (i / n) % 10;
    format!("{}_{}_{}", THIRD[digit(100)], FIRST[digit(10)], SECOND[digit(1)])
}

fn create_tables(count: usize) -> String {
    let mut sql = String::new();
    for i in 0..count {
        let name = table_name(i);
        sql.push_str(&format!(
            "CREATE TABLE {name} (id int PRIMARY KEY, name text NOT NULL, city text, country text, amount numeric, started date,
               ended date, active boolean, note text, parent_id int{});
             INSERT INTO {name} SELECT i, 'n' || i, (ARRAY['Turin','Lyon','Porto'])[i % 3 + 1], 'EU', i, DATE '2024-01-01' + i,
               NULL, i % 2 = 0, NULL, NULL FROM generate_series(1, 5) i;\n",
            if i == 0 { String::new() } else { format!(" REFERENCES {}", table_name(i - 1)) }
        ));
    }
    sql + "ANALYZE;"
}

fn ask(client: &mut postgres::Client, question: &str) {
    // A refusal costs what an answer costs.
    let _ = client.simple_query(&format!("SELECT nl_sql($q${question}$q$)"));
}

fn ask_repeatedly(database: &Database<'_>, questions: &[String], rounds: usize) -> Figures {
    let mut client = database.connect();
    client.batch_execute("SET nl_query.cache = off").expect("SET");
    for question in questions.iter().take(3) {
        ask(&mut client, question);
    }
    reset(database);
    let mut figures = Figures::default();
    for _ in 0..rounds {
        for question in questions {
            let start = Instant::now();
            ask(&mut client, question);
            figures.add(start.elapsed());
        }
    }
    figures
}

pub fn reset(database: &Database<'_>) {
    database.run("SELECT pg_stat_nl_query_reset()");
}

fn print_stages(database: &Database<'_>) {
    let sql = "SELECT stage, count, round(p50_ms::numeric, 3), round(p95_ms::numeric, 3), round(p99_ms::numeric, 3),
                      round(max_ms::numeric, 3) FROM pg_stat_nl_query_timing WHERE count > 0";
    let table = Table::of(&mut database.connect(), sql).unwrap_or_default();
    for row in table.rows {
        let cells: Vec<String> = row.into_iter().map(|c| format!("{:>9}", c.unwrap_or_default())).collect();
        println!("    {}", cells.join(" "));
    }
}

/// pgbench's TPC-B with and without the library, in turns, so that a busy minute of the machine hits both.
fn bystanders() {
    heading("statements that never ask: pgbench TPC-B, 2 clients, transactions a second");
    let with = Cluster::start(&Options::default());
    let without = Cluster::start(&Options::default().without_preload());
    for cluster in [&with, &without] {
        cluster.database("bench");
        pgbench(cluster, &["-i", "-q", "-s", "10"]);
    }
    let (mut loaded, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        loaded.push(transactions_a_second(&with));
        bare.push(transactions_a_second(&without));
    }
    let (loaded, bare) = (report::median(&mut loaded), report::median(&mut bare));
    println!("loaded {loaded:.0}, not loaded {bare:.0}: {:.3} ×", loaded / bare);
}

fn transactions_a_second(cluster: &Cluster) -> f64 {
    rate(&pgbench(cluster, &["-c", "2", "-T", "8"]))
}

/// The figure in what pgbench prints.
fn rate(out: &str) -> f64 {
    let tps = out.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    tps.unwrap_or_else(|| panic!("no figure from pgbench:\n{out}"))
}

fn pgbench(cluster: &Cluster, args: &[&str]) -> String {
    let out = cluster.client("pgbench", "postgres").args(args).arg("bench").output().expect("pgbench");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}
