//! Questions over databases whose answers are known: the demonstration database always, well-known samples where they are at hand.

use nl_query_tests::{Cluster, Sample, ask_all, load_sample, read_questions};

/// Every table readable, nothing else allowed: what a BI user is.
fn ask_sample(sample: Sample) {
    let name = sample.name();
    let questions = read_questions(name);
    let database = Cluster::shared().database(name);
    if !load_sample(&database, sample) {
        return;
    }
    let role = format!("{name}_reader");
    database.plain_role(&role);
    database.run(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"));
    ask_all(&database, &role, &questions);
}

#[test]
fn shop() {
    ask_sample(Sample::Shop);
}

#[test]
fn chinook() {
    ask_sample(Sample::Chinook);
}

#[test]
fn northwind() {
    ask_sample(Sample::Northwind);
}

#[test]
fn pagila() {
    ask_sample(Sample::Pagila);
}
