//! Names that need quotes, reserved words, mixed case, blanks, other alphabets: found by what they mean, quoted where they must be.

use nl_query_tests::Cluster;

#[test]
fn reserved_words_and_mixed_case() {
    let database = Cluster::shared().database("names_reserved");
    database.run(
        r#"CREATE TABLE "order" ("user" text, "select" int);
           INSERT INTO "order" VALUES ('ada', 1), ('grace', 2), ('grace', 3);
           CREATE TABLE "CustomerAccount" ("AccountId" int PRIMARY KEY, "FullName" text);
           INSERT INTO "CustomerAccount" VALUES (1, 'Ada'), (2, 'Grace');
           ANALYZE"#,
    );
    assert_eq!(database.answer("how many orders are there"), "3");
    assert_eq!(database.answer("how many different users in order"), "2");
    assert_eq!(database.answer("how many customer accounts are there?"), "2");
}

#[test]
fn who_sets_a_search_path_says_which_schema_is_meant() {
    let database = Cluster::shared().database("names_path");
    for (schema, rows, things) in [("bakery", 3, "ovens"), ("brewery", 5, "kettles"), ("nursery", 7, "seedlings")] {
        database.run(&format!(
            "CREATE SCHEMA {schema};
             CREATE TABLE {schema}.orders (order_id int PRIMARY KEY, {schema}_note text, amount numeric);
             INSERT INTO {schema}.orders SELECT i, 'note', i FROM generate_series(1, {rows}) i;
             CREATE TABLE {schema}.{things} (id int PRIMARY KEY, name text);
             INSERT INTO {schema}.{things} SELECT i, 'ann' FROM generate_series(1, {rows}) i"
        ));
    }
    database.run("ANALYZE");
    for (schema, rows) in [("bakery", "3"), ("brewery", "5"), ("nursery", "7")] {
        database.run(&format!("ALTER DATABASE names_path SET search_path = {schema}, public"));
        assert_eq!(database.answer("how many orders are there"), rows, "{schema}");
        assert!(!database.value("SELECT nl_sql('largest amount of an order')").contains('.'), "{schema}");
        // What only another schema has is found there.
        assert_eq!(database.answer("how many kettles are there"), "5", "{schema}");
    }
}

#[test]
fn blanks_quotes_and_other_alphabets() {
    let database = Cluster::shared().database("names_odd");
    database.run(
        r#"CREATE TABLE "sales figures" ("unit price" numeric, "it's ""quoted""" text);
           INSERT INTO "sales figures" VALUES (1.5, 'a'), (2.5, 'b');
           CREATE TABLE straße (länge int);
           INSERT INTO straße VALUES (7), (9), (11);
           CREATE SCHEMA "My Schema";
           CREATE TABLE "My Schema"."Parcel Box" (weight int);
           INSERT INTO "My Schema"."Parcel Box" VALUES (1), (2);
           ALTER DATABASE names_odd SET search_path = public, "My Schema";
           ANALYZE"#,
    );
    assert_eq!(database.answer("how many sales figures"), "2");
    assert_eq!(database.answer("what is the average unit price of the sales figures").trim_end_matches('0'), "2.");
    assert_eq!(database.answer("how many straße are there"), "3");
    assert_eq!(database.answer("how many parcel boxes are there"), "2");
}

#[test]
fn a_database_with_an_odd_name() {
    let database = Cluster::shared().database("my \"odd\" – database");
    database.run("CREATE TABLE parcels (id int PRIMARY KEY); INSERT INTO parcels VALUES (1), (2)");
    assert_eq!(database.answer("how many parcels"), "2");
}

#[test]
fn the_extension_in_a_schema_of_its_own() {
    let database = Cluster::shared().empty_database("names_schema");
    database.run(
        "CREATE SCHEMA \"Ask Me\"; CREATE EXTENSION nl_query SCHEMA \"Ask Me\";
         CREATE TABLE parcels (id int PRIMARY KEY); INSERT INTO parcels VALUES (1), (2)",
    );
    let sql = database.value("SELECT \"Ask Me\".nl_sql('how many parcels are there')");
    assert_eq!(database.value(&sql), "2");
}
