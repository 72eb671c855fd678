//! A database whose questions go to scripted models.

use crate::cluster::Cluster;
use crate::database::Database;
use crate::model::{Model, Vendor};
use crate::rows::Table;
use std::fmt::Write as _;

/// A question that no rule can read, and that the scripts answer.
pub const QUESTION: &str = "qwertz uiop asdf";
/// The right answer.
pub const ANSWER: &str = "SELECT count(*) AS loaves FROM loaves";

/// A database with three loaves of bread, whose questions all go to these servers, in this order.
pub fn bakery<'a>(cluster: &'a Cluster, name: &str, servers: &[(&str, &Model, &str)]) -> Database<'a> {
    let database = cluster.database(name);
    database.run(
        "CREATE TABLE loaves (loaf_id int PRIMARY KEY, flour text, price numeric);
         INSERT INTO loaves VALUES (1, 'rye', 3), (2, 'wheat', 2), (3, 'rye', 4); ANALYZE",
    );
    for (server, model, options) in servers {
        database.run(&create_server(server, model, Vendor::OpenAi, options));
    }
    let names: Vec<&str> = servers.iter().map(|(server, _, _)| *server).collect();
    set(&database, "nl_query.servers", &names.join(", "));
    set(&database, "nl_query.engine", "model");
    database
}

/// For sessions that connect from now on.
pub fn set(database: &Database<'_>, setting: &str, value: &str) {
    database.run(&format!("ALTER DATABASE \"{}\" SET {setting} = '{value}'", database.name));
}

/// The statement that makes a scripted model a server. `options` begins with a comma, or is empty.
pub fn create_server(name: &str, model: &Model, vendor: Vendor, options: &str) -> String {
    let mut sql = format!("CREATE SERVER {name} FOREIGN DATA WRAPPER nl_query OPTIONS (");
    let _ = write!(sql, "api '{}', url '{}', model 'mock-1'{options})", vendor.api(), model.url());
    sql
}

/// Requests of a database that are anywhere between a session and a server.
pub fn under_way(database: &Database<'_>) -> i64 {
    counter(database, "in_flight + queued")
}

/// The sum of a counter over the servers of a database.
pub fn counter(database: &Database<'_>, column: &str) -> i64 {
    let sql =
        format!("SELECT coalesce(sum({column}), 0)::bigint FROM pg_stat_nl_query_servers WHERE datname = current_database()");
    database.value(&sql).parse().expect("a number")
}

/// The first column of all rows.
pub fn column(database: &Database<'_>, sql: &str) -> Vec<String> {
    let table = Table::of(&mut database.connect(), sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    table.rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
}
