//! What the statistics views say of the caches, and questions asked without them.

use crate::database::{Refusal, ask};
use crate::rows::Table;
use postgres::Client;
use std::collections::BTreeMap;

/// A row of `pg_stat_nl_query_cache`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tier {
    pub entries: i64,
    pub bytes: i64,
    pub limit: i64,
    pub hits: i64,
    pub misses: i64,
    pub evictions: i64,
    pub invalidations: i64,
    pub refused: i64,
}

/// All tiers by name and level, such as `statement shared`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiers(BTreeMap<String, Tier>);

impl Tiers {
    pub fn of(client: &mut Client) -> Tiers {
        let sql = "SELECT tier || ' ' || level, entries, bytes, coalesce(limit_bytes, 0), hits, misses, evictions, invalidations, refused
                   FROM pg_stat_nl_query_cache";
        let rows = client.query(sql, &[]).expect("pg_stat_nl_query_cache");
        let tier = |row: &postgres::Row| Tier {
            entries: row.get(1),
            bytes: row.get(2),
            limit: row.get(3),
            hits: row.get(4),
            misses: row.get(5),
            evictions: row.get(6),
            invalidations: row.get(7),
            refused: row.get(8),
        };
        Tiers(rows.iter().map(|row| (row.get(0), tier(row))).collect())
    }

    /// Panics where there is no such tier.
    pub fn get(&self, name: &str) -> Tier {
        *self.0.get(name).unwrap_or_else(|| panic!("no tier {name} in {self:?}"))
    }
}

/// A row of `pg_stat_nl_query_info`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub calls: i64,
    pub answers: i64,
    pub errors: i64,
    pub hits: i64,
    pub dropped: i64,
}

impl Totals {
    pub fn of(client: &mut Client) -> Totals {
        let sql = "SELECT calls, answers, errors, hits, dealloc FROM pg_stat_nl_query_info";
        let row = client.query_one(sql, &[]).expect("pg_stat_nl_query_info");
        Totals { calls: row.get(0), answers: row.get(1), errors: row.get(2), hits: row.get(3), dropped: row.get(4) }
    }
}

/// How many remembered things, answers or refusals, one question took from the caches: 1 or 0 for a question asked once.
pub fn hits_of(client: &mut Client, question: &str) -> (i64, Result<String, Refusal>) {
    let before = Totals::of(client).hits;
    let said = ask(client, question);
    (Totals::of(client).hits - before, said)
}

/// The question asked with `nl_query.cache = off`: neither recalled nor remembered.
pub fn ask_anew(client: &mut Client, question: &str) -> Result<String, Refusal> {
    client.batch_execute("SET nl_query.cache = off").expect("SET");
    let said = ask(client, question);
    client.batch_execute("RESET nl_query.cache").expect("RESET");
    said
}

/// The first column of the only row, in this session; panics where it fails.
pub fn value(client: &mut Client, sql: &str) -> String {
    let table = Table::of(client, sql).unwrap_or_else(|e| panic!("{e:?}\n{sql}"));
    table.only_value().unwrap_or_else(|| panic!("not one row: {table:?}\n{sql}"))
}
