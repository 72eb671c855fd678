//! A benchmark in a cluster of its own, and scripted models that know its answers.

use crate::args::Args;
use crate::judge::Judge;
use crate::place::{Asker, Place, literal};
use crate::replay::Judged;
use crate::score::is_same;
use nl_query_tests::bakery::create_server;
use nl_query_tests::erring::{Asked, Erring, Error, Manners, Rates, Tables, variants};
use nl_query_tests::model::{Answer, Model, Vendor};
use nl_query_tests::{Cluster, Database, Options};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

pub const DATABASE: &str = "benchmark";
pub const FAST: &str = "fast";
pub const STRONG: &str = "strong";
const READER: &str = "reads_";
const READS_ALL: &str = "reads_everything";
const JUDGE: &str = "judge";
/// Statements tried in search of plausible ones, and kept: enough that two samples rarely slip alike.
const MOST_TRIED: usize = 24;
const MOST_KEPT: usize = 8;

/// The folder of a benchmark.
pub fn folder(args: &Args) -> PathBuf {
    let eval = std::env::var_os("NL_QUERY_EVAL").map_or_else(|| PathBuf::from("../shared/eval"), PathBuf::from);
    eval.join(&args.benchmark)
}

/// A cluster that takes hundreds of schemas in one transaction.
pub fn cluster() -> Cluster {
    Cluster::start(&Options::default().with("max_locks_per_transaction", "1024"))
}

/// Loads the dump; a role for each schema may read that, one may read all, and one judges.
pub fn load<'a>(cluster: &'a Cluster, folder: &Path) -> Result<Database<'a>, String> {
    let dump = folder.join("schemas.sql.zst");
    let unpacked = Command::new("zstd").arg("-dc").arg(&dump).output().map_err(|error| format!("zstd: {error}"))?;
    if !unpacked.status.success() {
        return Err(format!("cannot read {}: {}", dump.display(), String::from_utf8_lossy(&unpacked.stderr)));
    }
    let sql = format!("CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'");
    cluster.connect("postgres").batch_execute(&sql).map_err(|error| crate::said(&error))?;
    let database = Database { cluster, name: DATABASE.to_owned() };
    database.feed(&unpacked.stdout, &dump.display().to_string());
    database.run(&format!(
        "ANALYZE;
         DO $do$ DECLARE s text; r text; BEGIN
           FOR s IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
             r := '{READER}' || s;
             EXECUTE format('CREATE ROLE %I', r);
             EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', s, r);
             EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', s, r);
           END LOOP;
         END $do$;
         CREATE ROLE {READS_ALL}; CREATE ROLE {JUDGE}; GRANT pg_read_all_data TO {READS_ALL}, {JUDGE};
         CREATE SCHEMA nl; CREATE EXTENSION nl_query SCHEMA nl; GRANT USAGE ON SCHEMA nl TO PUBLIC"
    ));
    Ok(database)
}

/// Two models and the servers that stand for them. They say nothing before [`Models::script`].
pub struct Models {
    fast: Model,
    strong: Model,
}

impl Models {
    pub fn start(database: &Database<'_>) -> Models {
        // A prompt of a merged schema has 100 kB, and nobody looks at them afterwards.
        let start = || Model::setup().keep(1).start(Answer::status(500));
        let models = Models { fast: start(), strong: start() };
        for (name, model) in [(FAST, &models.fast), (STRONG, &models.strong)] {
            database.run(&create_server(name, model, Vendor::OpenAi, &format!(", role '{name}'")));
            database.run(&format!("GRANT USAGE ON FOREIGN SERVER {name} TO PUBLIC"));
        }
        models
    }

    /// From the first request on, with these errors.
    pub fn script(&self, args: &Args, rates: &Rates, asked: &[Asked]) {
        let fast = Manners { rates: rates.clone(), mends: args.mends, stubborn: args.stubborn, seed: args.seed };
        let share = args.strong_share;
        // What it is told of, it fails to mend a share as often, too. Another seed: it slips at other questions.
        let mends = 1.0 - (1.0 - args.mends) * share;
        // An answer in words is a habit and no error.
        let rates = rates.times(share).with(Error::Fenced, rates.of(Error::Fenced));
        let strong = Manners { rates, mends, seed: args.seed ^ 0x57A0, ..fast.clone() };
        self.fast.set(Erring::new(fast, asked.to_vec()));
        self.strong.set(Erring::new(strong, asked.to_vec()));
    }

    /// Requests that have arrived.
    pub fn count(&self) -> usize {
        self.fast.count() + self.strong.count()
    }
}

/// Where the questions of the benchmark are asked.
pub fn place<'a>(cluster: &'a Cluster, args: &Args) -> Result<Place<'a>, String> {
    let asker = if args.merged { Asker::Role(READS_ALL.to_owned()) } else { Asker::RoleOfSchema(READER) };
    Place::in_cluster(cluster, DATABASE, [FAST, STRONG].map(str::to_owned).to_vec(), asker)
}

pub fn judge(place: &Place<'_>) -> Result<Judge, String> {
    let mut client = place.connect()?;
    client.batch_execute(&format!("SET SESSION AUTHORIZATION {JUDGE}")).map_err(|error| crate::said(&error))?;
    Judge::new(client)
}

/// What the models know: the gold, the names of the schema, and, where they shall need them, statements that are plausible and wrong:
/// they run, and give something else.
pub fn known(database: &Database<'_>, judge: &mut Judge, judged: &[Judged], with_plausible: bool) -> Vec<Asked> {
    let schemas = tables(database);
    let none = Tables::new();
    let known = |judged: &Judged| {
        let question = &judged.question;
        let tables = question.db.as_deref().and_then(|db| schemas.get(db)).unwrap_or(&none);
        let of_columns = tables.values().flatten().map(|(column, _)| column.clone());
        let plausible = if with_plausible { plausible(judge, judged, tables) } else { Vec::new() };
        Asked {
            id: question.id.clone(),
            question: question.question.clone(),
            gold: question.gold.clone(),
            names: tables.keys().cloned().chain(of_columns).collect(),
            plausible,
        }
    };
    judged.iter().map(known).collect()
}

fn plausible(judge: &mut Judge, judged: &Judged, tables: &Tables) -> Vec<String> {
    let path = judged.question.db.as_deref().map(crate::place::quoted);
    let mut is_other =
        |sql: &String| judge.run(path.as_deref(), sql).is_ok_and(|rows| !is_same(&judged.rows, &rows, judged.question.ordered));
    let mut all = variants(&judged.question.gold, tables);
    // Of all kinds some, where there are many.
    let step = all.len().div_ceil(MOST_TRIED).max(1);
    all = all.into_iter().step_by(step).collect();
    let mut kept: Vec<String> = all.into_iter().filter(|sql| is_other(sql)).collect();
    let step = kept.len().div_ceil(MOST_KEPT).max(1);
    kept = kept.into_iter().step_by(step).collect();
    if kept.is_empty() {
        // On empty tables every condition gives the same.
        kept.extend(
            tables.keys().take(1).map(|table| format!("SELECT count(*) + 1 AS total FROM {}", crate::place::quoted(table))),
        );
    }
    kept
}

/// By schema.
fn tables(database: &Database<'_>) -> HashMap<String, Tables> {
    let sql = format!(
        "SELECT n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, NULL) FROM pg_attribute a
         JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind = ANY ('{{r,v,m,p,f}}') AND n.nspname !~ '^pg_'
           AND n.nspname NOT IN ('information_schema', {}) ORDER BY 1, 2, a.attnum",
        literal("nl")
    );
    let mut schemas: HashMap<String, Tables> = HashMap::new();
    for row in database.connect().query(&sql, &[]).expect("the catalog") {
        let tables: &mut BTreeMap<_, Vec<_>> = schemas.entry(row.get(0)).or_default();
        tables.entry(row.get(1)).or_default().push((row.get(2), row.get(3)));
    }
    schemas
}
