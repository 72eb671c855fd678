//! What is answered from what is remembered, and what is not: the same question hits, in whatever session and spelling; another
//! question never does, however much it looks the same. With and without caches the answers are equal.

use nl_query_tests::{
    Cluster, Database, Expected, Sample, Table, Tiers, Totals, ask, ask_anew, hits_of, load_sample, read_questions, refusal,
    value,
};
use postgres::Client;
use std::sync::MutexGuard;

fn shop(name: &str) -> (Database<'static>, MutexGuard<'static, ()>) {
    let (cluster, turn) = Cluster::alone();
    let database = cluster.database(name);
    load_sample(&database, Sample::Shop);
    (database, turn)
}

fn small(name: &str) -> (Database<'static>, MutexGuard<'static, ()>) {
    let (cluster, turn) = Cluster::alone();
    let database = cluster.database(name);
    database.run(
        "CREATE TABLE customers (customer_id int PRIMARY KEY, name text, city text);
         CREATE TABLE orders (order_id int PRIMARY KEY, customer_id int REFERENCES customers, total numeric, placed date);
         INSERT INTO customers VALUES (1, 'Ada', 'Turin'), (2, 'Bob', 'Lyon'), (3, 'Cyd', 'Porto');
         INSERT INTO orders VALUES (1, 1, 10, '2024-01-01'), (2, 1, 20, '2024-02-01'), (3, 2, 5, '2025-01-01');
         ANALYZE",
    );
    (database, turn)
}

const QUESTION: &str = "how many customers are there";

#[test]
fn the_same_question_hits() {
    let (database, _turn) = small("same");
    let (mut own, mut other) = (database.connect(), database.connect());
    let (hits, first) = hits_of(&mut own, QUESTION);
    assert_eq!(hits, 0, "the first time");
    for (who, client) in [("own", &mut own), ("other", &mut other), ("new", &mut database.connect())] {
        for time in 0..3 {
            assert_eq!(hits_of(client, QUESTION), (1, first.clone()), "{who} session, time {time}");
        }
    }
    // nl_query() and nl_sql() share what is remembered.
    let before = Totals::of(&mut own).hits;
    own.query("SELECT * FROM nl_query($1)", &[&QUESTION]).expect("rows");
    assert_eq!(Totals::of(&mut own).hits, before + 1);
}

#[test]
fn blanks_and_marks_make_no_other_question() {
    let (database, _turn) = small("blanks");
    let mut client = database.connect();
    let (_, first) = hits_of(&mut client, QUESTION);
    for same in ["how many customers are there?", "  how many  customers are there ", "how many customers are\nthere ?"] {
        assert_eq!(hits_of(&mut client, same), (1, first.clone()), "{same:?}");
    }
    for other in ["HOW MANY CUSTOMERS ARE THERE", "How many customers are there"] {
        assert_eq!(hits_of(&mut client, other).1, first, "{other:?}");
    }
}

/// Each pair is two questions; the second asked after the first is what it is by itself.
#[test]
fn another_question_is_never_answered_by_this_one() {
    let (database, _turn) = shop("pairs");
    let pairs = [
        ("customers without orders", "customers with orders"),
        ("customers who have not placed an order", "customers who have placed an order"),
        ("products that are discontinued", "products that are not discontinued"),
        ("countries in the EU", "countries not in the EU"),
        ("top 5 products by price", "top 10 products by price"),
        ("top 5 products by price", "bottom 5 products by price"),
        ("top 5 products by price", "top 1 products by price"),
        ("the 3 cheapest products", "the 3 most expensive products"),
        ("customers with more than 30 orders", "customers with more than 3 orders"),
        ("customers with more than 30 orders", "customers with less than 30 orders"),
        ("customers with at least 30 orders", "customers with at most 30 orders"),
        ("products between 20 and 25 euro", "products between 20 and 20 euro"),
        ("products between 20 and 25 euro", "products between 5 and 7 euro"),
        ("orders in 2024", "orders in 2025"),
        ("orders in 2024", "orders before 2024"),
        ("orders since 2024", "orders until 2024"),
        ("how many customers in Lyon", "how many customers in Vienna"),
        ("how many customers in Lyon", "how many employees in Lyon"),
        ("how many customers in Lyon", "how many customers not in Lyon"),
        ("orders of Matteo Sato", "orders of Nina Kowalska"),
        ("products named 'Earl Grey'", "products named 'Assam'"),
        ("products named \"tea\"", "products named \"Tea\""),
        ("total of orders per channel", "average total of orders per channel"),
        ("orders per customer", "customers per order"),
        ("employees who manage employees", "employees managed by employees"),
        ("revenue last year", "revenue this year"),
        ("revenue last month", "revenue last 3 months"),
        ("orders on 2024-01-05", "orders on 2024-05-01"),
        ("products with stock 0", "products with stock 1"),
        ("products with price 10 and stock 20", "products with price 20 and stock 10"),
        ("products with price 10 and stock 10", "products with price 10 and stock 20"),
        ("customers born before 1980", "customers born after 1980"),
        ("customers born in 1980", "customers born in 80"),
    ];
    let mut wrong = Vec::new();
    for (one, other) in pairs {
        for (first, second) in [(one, other), (other, one)] {
            database.run("SELECT nl_cache_clear()");
            let (mut client, mut second_client) = (database.connect(), database.connect());
            let _ = ask(&mut client, first);
            let said = [ask(&mut client, second), ask(&mut second_client, second), ask(&mut client, second)];
            let alone = ask_anew(&mut client, second);
            if said.iter().any(|said| *said != alone) {
                wrong.push(format!("\"{second}\" after \"{first}\": {:?}, alone: {alone:?}", said[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every number of every question of the shop, varied: what is recalled is what is found anew.
#[test]
fn with_and_without_caches_answers_are_equal() {
    let (database, _turn) = shop("varied");
    database.run("SELECT nl_cache_clear()");
    let (mut with, mut without) = ([database.connect(), database.connect()], database.connect());
    without.batch_execute("SET nl_query.cache = off").expect("SET");
    let mut questions: Vec<String> = read_questions("shop").into_iter().map(|question| question.text).collect();
    let extra = [
        "top 5 customers by revenue",
        "customers with more than 3 orders",
        "orders in 2024",
        "products that cost more than 80",
        "products that cost 80",
        "products between 20 and 25 euro",
        "orders above 100 and below 200",
        "the 7 heaviest products",
        "products with 10 in stock",
        "customers who signed up in the last 90 days",
        "5 star reviews",
        "reviews with rating 4",
        "orders placed between 2024-01-01 and 2024-03-31",
        "employees who earn more than 3000.50",
        "revenue in Q2 2024",
        "average price of products with more than 10 reviews",
        "top 3 categories by number of products",
    ];
    questions.extend(extra.map(String::from));
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for question in &questions {
        for variant in varied(question) {
            asked += 1;
            let anew = ask(&mut without, &variant);
            for (who, client) in [("own", 0), ("other", 1), ("own again", 0)] {
                let said = ask(&mut with[client], &variant);
                if said != anew {
                    wrong.push(format!("{who}: \"{variant}\"\n   recalled: {said:?}\n   anew: {anew:?}"));
                }
            }
        }
    }
    assert!(asked > 400, "only {asked} questions");
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    // Not for want of hits.
    let tiers = Tiers::of(&mut with[0]);
    assert!(tiers.get("statement shared").hits as usize > asked / 3, "{tiers:?}");
}

/// The question, and each of its numbers replaced by some others.
fn varied(question: &str) -> Vec<String> {
    let mut variants = vec![question.to_string()];
    let bytes = question.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = (at..bytes.len()).find(|&i| !bytes[i].is_ascii_digit()).unwrap_or(bytes.len());
        let old: i64 = question[at..end].parse().unwrap_or(0);
        for new in [0, 1, 2, 7, 10, 12, 13, 25, 80, 100, 1999, 2023, 2025, old + 1, old * 10] {
            variants.push(format!("{}{new}{}", &question[..at], &question[end..]));
        }
        variants.push(format!("{}{old}.5{}", &question[..at], &question[end..]));
        variants.push(format!("{}-{old}{}", &question[..at], &question[end..]));
        variants.push(format!("{}0{old}{}", &question[..at], &question[end..]));
        variants.push(format!("{}{old}000000000000{}", &question[..at], &question[end..]));
        at = end;
    }
    variants
}

/// Other numbers in the same place take the statement that is there: that is what templates are for.
#[test]
fn other_numbers_hit_where_the_statement_carries_them() {
    let (database, _turn) = shop("carried");
    let mut client = database.connect();
    ask(&mut client, "products that cost more than 80").expect("answer");
    let (hits, said) = hits_of(&mut client, "products that cost more than 35");
    assert_eq!(hits, 1);
    assert!(said.is_ok_and(|sql| sql.contains("35") && !sql.contains("80")));
    let (hits, said) = hits_of(&mut database.connect(), "products that cost more than 36");
    assert_eq!(hits, 1, "in another session");
    assert!(said.is_ok_and(|sql| sql.contains("36")));
}

#[test]
fn off_recalls_nothing_and_remembers_nothing() {
    let (database, _turn) = small("off");
    let mut client = database.connect();
    client.batch_execute("SET nl_query.cache = off").expect("SET");
    assert_eq!(hits_of(&mut client, QUESTION).0, 0);
    assert_eq!(hits_of(&mut client, QUESTION).0, 0);
    client.batch_execute("SET nl_query.cache = on").expect("SET");
    assert_eq!(hits_of(&mut client, QUESTION).0, 0, "nothing was remembered");
    assert_eq!(hits_of(&mut client, QUESTION).0, 1);
    client.batch_execute("BEGIN; SET LOCAL nl_query.cache = off").expect("SET LOCAL");
    assert_eq!(hits_of(&mut client, QUESTION).0, 0);
    client.batch_execute("COMMIT").expect("COMMIT");
    assert_eq!(hits_of(&mut client, QUESTION).0, 1, "what was remembered before is still there");
    client.batch_execute("SET nl_query.cache = off").expect("SET");
    assert!(ask(&mut client, "how many qwertz are there").is_err());
    client.batch_execute("SET nl_query.cache = on").expect("SET");
    assert_eq!(hits_of(&mut client, "how many qwertz are there").0, 0, "no refusal was remembered");
}

#[test]
fn answers_grow_old() {
    let (database, _turn) = small("ttl");
    let mut client = database.connect();
    ask(&mut client, QUESTION).expect("answer");
    client.batch_execute("SET nl_query.cache_ttl = 1; SELECT pg_sleep(2.1)").expect("SET");
    assert_eq!(hits_of(&mut client, QUESTION).0, 0, "older than allowed");
    assert_eq!(hits_of(&mut client, QUESTION).0, 1, "remembered anew");
    client.batch_execute("SELECT pg_sleep(2.1); SET nl_query.cache_ttl = 0").expect("SET");
    assert_eq!(hits_of(&mut client, QUESTION).0, 1, "0 is any age");
    let mut other = database.connect();
    other.batch_execute("SET nl_query.cache_ttl = 1").expect("SET");
    assert_eq!(hits_of(&mut other, QUESTION).0, 0, "older than this session allows");
}

const REFUSED: &str = "how many zeppelins are there";

#[test]
fn refusals_grow_old() {
    let (database, _turn) = small("negative_ttl");
    let mut client = database.connect();
    client.batch_execute("SET nl_query.negative_cache_ttl = 0").expect("SET");
    for _ in 0..2 {
        assert_eq!(hits_of(&mut client, REFUSED).0, 0, "0 remembers none");
    }
    client.batch_execute("SET nl_query.negative_cache_ttl = 1").expect("SET");
    let (hits, first) = hits_of(&mut client, REFUSED);
    assert_eq!(hits, 0);
    assert_eq!(hits_of(&mut client, REFUSED), (1, first.clone()));
    assert_eq!(hits_of(&mut database.connect(), REFUSED), (1, first), "in another session");
    client.batch_execute("SELECT pg_sleep(2.1)").expect("sleep");
    assert_eq!(hits_of(&mut client, REFUSED).0, 0, "older than allowed");
}

#[test]
fn a_refusal_ends_when_there_is_a_table() {
    let (database, _turn) = small("refused_table");
    let (mut own, mut other) = (database.connect(), database.connect());
    for client in [&mut own, &mut other] {
        client.batch_execute("SET nl_query.negative_cache_ttl = 3600").expect("SET");
        ask(client, REFUSED).expect_err("no such table");
    }
    own.batch_execute("BEGIN; CREATE TABLE zeppelins (id int)").expect("CREATE TABLE");
    ask(&mut own, REFUSED).expect("the own table");
    ask(&mut other, REFUSED).expect_err("not committed");
    own.batch_execute("ROLLBACK").expect("ROLLBACK");
    ask(&mut own, REFUSED).expect_err("rolled back");
    ask(&mut other, REFUSED).expect_err("rolled back");
    own.batch_execute("CREATE TABLE zeppelins (id int)").expect("CREATE TABLE");
    ask(&mut own, REFUSED).expect("committed");
    ask(&mut other, REFUSED).expect("committed");
}

/// What rows say decides answers and refusals: they follow the rows, those of the own transaction included, and never those that
/// nobody has committed. The questions differ in whether the engine makes do without the value.
#[test]
fn rows_that_come_and_go() {
    let mut wrong = Vec::new();
    for (number, question) in
        ["how many customers in Springfield", "customers from Springfield", "orders of Zed", "Springfield"].iter().enumerate()
    {
        let (database, _turn) = small(&format!("rows_{number}"));
        let (mut own, mut other) = (database.connect(), database.connect());
        own.batch_execute("SET nl_query.negative_cache_ttl = 3600").expect("SET");
        other.batch_execute("SET nl_query.negative_cache_ttl = 3600").expect("SET");
        let mut look = |own: &mut Client, other: &mut Client, when: &str| {
            for (who, client) in [("own", own), ("other", other)] {
                // In a transaction that may have failed.
                let _ = client.batch_execute("SAVEPOINT s");
                let said = ask(client, question);
                let _ = client.batch_execute("ROLLBACK TO s; SET LOCAL nl_query.cache = off");
                let open = client.batch_execute("SAVEPOINT s").is_ok();
                let anew = if open { ask(client, question) } else { ask_anew(client, question) };
                let _ = client.batch_execute("ROLLBACK TO s; SET LOCAL nl_query.cache = on");
                if said != anew {
                    wrong.push(format!("\"{question}\" {when}, {who} session: {said:?}\n   anew: {anew:?}"));
                }
            }
        };
        let row = "INSERT INTO customers VALUES (9, 'Zed', 'Springfield')";
        look(&mut own, &mut other, "before");
        own.batch_execute(&format!("BEGIN; {row}")).expect("INSERT");
        look(&mut own, &mut other, "while not committed");
        own.batch_execute("ROLLBACK").expect("ROLLBACK");
        look(&mut own, &mut other, "after ROLLBACK");
        own.batch_execute(&format!("BEGIN; SAVEPOINT t; {row}; ROLLBACK TO t")).expect("INSERT");
        look(&mut own, &mut other, "after ROLLBACK TO");
        own.batch_execute("COMMIT").expect("COMMIT");
        look(&mut own, &mut other, "after COMMIT of nothing");
        other.batch_execute(row).expect("INSERT");
        look(&mut own, &mut other, "after the other session's INSERT");
        own.batch_execute("DELETE FROM customers WHERE customer_id = 9").expect("DELETE");
        other.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").expect("BEGIN");
        own.batch_execute(row).expect("INSERT");
        let _ = ask(&mut other, question);
        other.batch_execute("COMMIT").expect("COMMIT");
        look(&mut own, &mut other, "after an INSERT that an old snapshot did not see");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What was not found because there was no time to look is found by who has the time.
#[test]
fn a_look_that_was_cut_short_is_not_remembered() {
    let (cluster, _turn) = Cluster::alone();
    let database = cluster.database("cut_short");
    database.run(
        "CREATE TABLE depots (depot text, note text, other text);
         INSERT INTO depots SELECT 'd' || i, repeat(md5(i::text), 50), repeat(md5((-i)::text), 50) FROM generate_series(1, 19000) i;
         INSERT INTO depots VALUES ('Quhetov', 'x', 'y'); ANALYZE",
    );
    let question = "how many depots with depot quhetov are there";
    let (mut hurried, mut patient) = (database.connect(), database.connect());
    hurried.batch_execute("SET nl_query.probe_timeout = '1ms'").expect("SET");
    patient.batch_execute("SET nl_query.probe_timeout = '20s'").expect("SET");
    let cut_short = ask(&mut hurried, question);
    assert!(!cut_short.is_ok_and(|sql| sql.contains("Quhetov")), "there was time to look");
    let anew = ask_anew(&mut patient, question);
    assert!(anew.as_ref().is_ok_and(|sql| sql.contains("Quhetov")), "{anew:?}");
    let said = ask(&mut patient, question);
    assert!(said.as_ref().is_ok_and(|sql| sql.contains("Quhetov")), "{said:?}");
}

#[test]
fn clearing_forgets_in_every_session() {
    let (database, _turn) = small("clear");
    let (mut own, mut other) = (database.connect(), database.connect());
    for client in [&mut own, &mut other] {
        ask(client, QUESTION).expect("answer");
        ask(client, REFUSED).expect_err("refusal");
    }
    let forgotten: i64 = own.query_one("SELECT nl_cache_clear()", &[]).expect("nl_cache_clear").get(0);
    assert_eq!(forgotten, 2);
    assert_eq!(hits_of(&mut other, QUESTION).0, 0, "the other session's own memory too");
    assert_eq!(hits_of(&mut own, QUESTION).0, 1, "remembered anew");
    assert_eq!(hits_of(&mut other, REFUSED).0, 0);
    // Another database keeps what it has.
    let second = Cluster::shared().database("clear_second");
    second.run("CREATE TABLE customers (id int)");
    ask(&mut second.connect(), QUESTION).expect("answer");
    own.query_one("SELECT nl_cache_clear()", &[]).expect("nl_cache_clear");
    assert_eq!(hits_of(&mut second.connect(), QUESTION).0, 1);
}

#[test]
fn warming_makes_the_next_call_a_hit() {
    let (database, _turn) = small("warm");
    let mut client = database.connect();
    for question in [QUESTION, "how many orders are there"] {
        ask(&mut client, question).expect("answer");
    }
    ask(&mut client, REFUSED).expect_err("refusal");
    // What the catalog says is another thing now.
    client.batch_execute("ALTER TABLE orders ADD COLUMN weight int").expect("ALTER TABLE");
    let calls = Totals::of(&mut client);
    let warmed: i64 = database.connect().query_one("SELECT nl_cache_warm()", &[]).expect("nl_cache_warm").get(0);
    assert_eq!(warmed, 2);
    assert_eq!(Totals::of(&mut client).calls, calls.calls, "warming is no call");
    let introspected = Tiers::of(&mut client).get("schema shared").misses;
    for question in [QUESTION, "how many orders are there"] {
        assert_eq!(hits_of(&mut client, question).0, 1, "{question}");
    }
    ask(&mut client, "how many customers in Lyon").expect("answer");
    assert_eq!(Tiers::of(&mut client).get("schema shared").misses, introspected, "the catalog had been read");
}

#[test]
fn the_views_count() {
    let (database, _turn) = small("counted");
    database.run("SELECT pg_stat_nl_query_reset()");
    let (mut own, mut other) = (database.connect(), database.connect());
    for _ in 0..3 {
        ask(&mut own, QUESTION).expect("answer");
    }
    for _ in 0..2 {
        ask(&mut other, QUESTION).expect("answer");
        ask(&mut other, REFUSED).expect_err("refusal");
    }
    // As a parameter: what a question expands to is run, and counted, by PostgreSQL.
    own.query("SELECT * FROM nl_query($1)", &[&"names of all customers"]).expect("rows");
    let row = |client: &mut Client, question: &str| {
        let sql = "SELECT calls, hits, errors, rows, engine FROM pg_stat_nl_query WHERE datname = 'counted' AND question = $1";
        let row = client.query_one(sql, &[&question]).unwrap_or_else(|e| panic!("{question}: {e:?}"));
        let count = |i| row.get::<_, i64>(i);
        (count(0), count(1), count(2), count(3), row.get::<_, Option<String>>(4).unwrap_or_default())
    };
    assert_eq!(row(&mut own, QUESTION), (5, 4, 0, 0, "embedded".into()));
    assert_eq!(row(&mut own, REFUSED), (2, 1, 2, 0, String::new()));
    assert_eq!(row(&mut own, "names of all customers"), (1, 0, 0, 3, "embedded".into()));
    let totals = Totals::of(&mut own);
    assert_eq!((totals.calls, totals.answers, totals.errors, totals.hits), (8, 6, 2, 5), "{totals:?}");
    let tiers = Tiers::of(&mut own);
    // Own: miss, hit, hit; other: miss, hit; the refused question twice and that of the rows once.
    let local = tiers.get("statement local");
    assert_eq!((local.hits, local.misses), (3, 5), "{tiers:?}");
    let shared = tiers.get("statement shared");
    assert_eq!((shared.hits, shared.misses), (1, 4), "{tiers:?}");
    assert_eq!(tiers.get("negative local").hits, 1, "{tiers:?}");
    assert_eq!((local.entries, tiers.get("schema shared").entries >= 1), (2, true), "{tiers:?}");
    assert!(shared.entries >= 2 && shared.bytes > 0 && shared.bytes <= shared.limit, "{tiers:?}");
    let ratio = "SELECT bool_and(hit_ratio IS NOT DISTINCT FROM hits / nullif(hits + misses, 0)::float8)::text FROM pg_stat_nl_query_cache";
    assert_eq!(value(&mut own, ratio), "true");
    database.run("SELECT pg_stat_nl_query_reset()");
    assert_eq!(Totals::of(&mut own), Totals { calls: 0, answers: 0, errors: 0, hits: 0, dropped: 0 });
    assert_eq!(value(&mut own, "SELECT count(*)::text FROM pg_stat_nl_query"), "0");
}

#[test]
fn explain_says_where_it_is_remembered() {
    let (database, _turn) = small("explained");
    let (mut own, mut other) = (database.connect(), database.connect());
    let text = |client: &mut Client| {
        let rows = Table::of(client, &format!("SELECT * FROM nl_explain('{QUESTION}')")).expect("nl_explain").rows;
        let line = rows.into_iter().filter_map(|row| row[0].clone()).find(|line| line.starts_with("Cache:"));
        line.expect("a Cache line")
    };
    let json = |client: &mut Client| {
        let text = value(client, &format!("SELECT * FROM nl_explain('{QUESTION}', 'json')"));
        serde_json::from_str::<serde_json::Value>(&text).expect("json").to_string().to_lowercase()
    };
    let unknown = text(&mut own);
    assert!(!unknown.contains("local") && !unknown.contains("shared,"), "{unknown}");
    ask(&mut own, QUESTION).expect("answer");
    let (local, shared) = (text(&mut own), text(&mut other));
    assert!(local.starts_with("Cache: local"), "{local}");
    assert!(shared.starts_with("Cache: shared"), "{shared}");
    assert!(json(&mut own).contains("\"cache\"") && json(&mut own).contains("local"), "{}", json(&mut own));
    own.batch_execute("SET nl_query.cache = off").expect("SET");
    assert!(!text(&mut own).starts_with("Cache: local"), "{}", text(&mut own));
}

/// What a setting decides is not answered under another one.
#[test]
fn settings_count_for_what_is_remembered() {
    let (database, _turn) = small("settings");
    let mut client = database.connect();
    let question = "names of customers with orders";
    let _ = ask(&mut client, question);
    ask(&mut client, QUESTION).expect("answer");
    for (setting, sqlstate) in [
        ("nl_query.min_confidence = 1", "22023"),
        ("nl_query.max_plan_cost = 0.001", "54000"),
        ("nl_query.max_plan_rows = 0.1", "54000"),
    ] {
        client.batch_execute(&format!("SET {setting}")).expect("SET");
        let said = ask(&mut client, QUESTION);
        assert_eq!(said, ask_anew(&mut client, QUESTION), "{setting}");
        if let Err(refusal) = said {
            assert_eq!(refusal.sqlstate, sqlstate, "{setting}");
        }
        let name = setting.split(' ').next().unwrap_or_default();
        client.batch_execute(&format!("RESET {name}")).expect("RESET");
        ask(&mut client, QUESTION).unwrap_or_else(|e| panic!("after {setting}: {e:?}"));
    }
    client.batch_execute("SET nl_query.max_relations = 10").expect("SET");
    assert_eq!(ask(&mut client, "how many orders are there"), ask_anew(&mut client, "how many orders are there"));
    client.batch_execute("RESET nl_query.max_relations; SET nl_query.engine = model").expect("SET");
    let said = refusal(&mut client, &format!("SELECT nl_sql('{QUESTION}')"));
    assert_eq!(Err(said), ask_anew(&mut client, QUESTION));
}

/// "today" is the session's today.
#[test]
fn the_day_is_the_sessions_own() {
    let (database, _turn) = small("days");
    let mut clients = [database.connect(), database.connect()];
    for (client, zone) in clients.iter_mut().zip(["Etc/GMT+12", "Etc/GMT-14"]) {
        client.batch_execute(&format!("SET TimeZone = '{zone}'")).expect("SET");
    }
    for question in
        ["orders placed today", "orders placed in the last 7 days", "orders placed this year", "orders placed on monday"]
    {
        for client in &mut clients {
            let said = ask(client, question);
            assert_eq!(said, ask_anew(client, question), "{question}");
        }
    }
    // And the same in one session that moves.
    let [mover, _] = &mut clients;
    mover.batch_execute("SET TimeZone = 'Etc/GMT-14'").expect("SET");
    for question in ["orders placed today", "orders placed on monday", "orders placed in the last 7 days"] {
        assert_eq!(ask(mover, question), ask_anew(mover, question), "{question}");
    }
}

#[test]
fn expected_refusals_stay_refusals() {
    let (database, _turn) = shop("refusals");
    let mut client = database.connect();
    for question in read_questions("shop").iter().filter(|question| question.expected == Expected::Refusal) {
        let first = ask(&mut client, &question.text);
        assert!(first.is_err(), "{}", question.text);
        let (hits, again) = hits_of(&mut client, &question.text);
        assert_eq!((hits, &again), (1, &first), "{}", question.text);
    }
}
