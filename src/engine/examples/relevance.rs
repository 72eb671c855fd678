//! Measures whether the tables that a question needs come early enough in the order of their relevance.
//!
//! ```text
//! relevance CATALOGS QUESTIONS.jsonl [--said SAID.jsonl] [--every N] [--copies N] [--visible | --one-schema] [--misses N]
//! ```
//!
//! CATALOGS is a folder with `NAME.catalog.json` for every `db` of the questions. All of them become one schema model, each a schema of
//! its own. With `--visible` every relation is found by its name alone, with `--one-schema` all of them lie in one schema, and
//! `--copies` puts the whole so many times side by side, for timing. SAID has other words (`question_syn`) for some of the questions, by
//! their `id`. Needed are the relations of the question's own schema whose names stand behind FROM, JOIN or a comma of a FROM list in
//! `gold_sql_pg`. Prints for each budget of tokens the share of questions for which all of them fit, when tables are taken in their
//! order until the first that does not fit, and how long the ordering took; then how many relations must be taken in the order of the
//! index.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::time::Instant;

use nl_query_core::introspection::{Described, Seen, Sight, Whole};
use nl_query_core::prompt::tokens;
use nl_query_core::schema::{ForeignKey, Relation, RelationId, Schema};
use nl_query_engine::relevance::{Index, Sees};
use nl_query_engine::{Prepared, relevance};
use serde_json::Value;

mod common;
use common::TODAY;

const USAGE: &str =
    "relevance CATALOGS QUESTIONS.jsonl [--said SAID.jsonl] [--every N] [--copies N] [--visible | --one-schema] [--misses N]";
const BUDGETS: [usize; 5] = [2_000, 4_000, 8_000, 16_000, 28_672];

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::read(std::env::args().skip(1))?;
    let asked = questions(&options)?;
    let (schema, homes) = merged(&options, &asked)?;
    let costs: Vec<usize> = (0..schema.relations.len()).map(|id| cost(&schema, id)).collect();
    println!("{} relations, {} tokens", costs.len(), costs.iter().sum::<usize>());
    let began = Instant::now();
    let prepared = Prepared::new(schema);
    println!("prepared in {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    let merged = Merged { prepared: &prepared, homes: &homes, costs: &costs };
    measure("as asked", &asked, |asked| Some(asked.text.as_str()), &merged, &options);
    measure("in other words", &asked, |asked| asked.said.as_deref(), &merged, &options);
    measure_index(&asked, &merged, &options);
    Ok(())
}

struct Options {
    catalogs: String,
    questions: String,
    said: Option<String>,
    every: usize,
    copies: usize,
    visible: bool,
    one_schema: bool,
    misses: usize,
}

impl Options {
    fn read(mut args: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
        let (Some(catalogs), Some(questions)) = (args.next(), args.next()) else { return Err(USAGE.into()) };
        let mut options =
            Options { catalogs, questions, said: None, every: 1, copies: 1, visible: false, one_schema: false, misses: 0 };
        while let Some(name) = args.next() {
            match name.as_str() {
                "--visible" => options.visible = true,
                "--one-schema" => options.one_schema = true,
                "--said" => options.said = Some(args.next().ok_or(USAGE)?),
                "--every" => options.every = args.next().ok_or(USAGE)?.parse::<usize>()?.max(1),
                "--copies" => options.copies = args.next().ok_or(USAGE)?.parse::<usize>()?.max(1),
                "--misses" => options.misses = args.next().ok_or(USAGE)?.parse()?,
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }
}

/// A question with what is needed to judge an order.
struct Asked {
    id: String,
    db: String,
    text: String,
    said: Option<String>,
    sql: String,
}

fn questions(options: &Options) -> Result<Vec<Asked>, Box<dyn Error>> {
    let mut said: HashMap<String, String> = HashMap::new();
    if let Some(path) = &options.said {
        for line in std::fs::read_to_string(path)?.lines() {
            let object: Value = serde_json::from_str(line)?;
            said.insert(text(&object, "id")?, text(&object, "question_syn")?);
        }
    }
    let mut asked = Vec::new();
    for line in std::fs::read_to_string(&options.questions)?.lines() {
        let object: Value = serde_json::from_str(line)?;
        let id = text(&object, "id")?;
        let said = said.remove(&id);
        asked.push(Asked {
            id,
            db: text(&object, "db")?,
            text: text(&object, "question")?,
            said,
            sql: text(&object, "gold_sql_pg")?,
        });
    }
    Ok(asked)
}

fn text(object: &Value, name: &str) -> Result<String, Box<dyn Error>> {
    object[name].as_str().map(str::to_owned).ok_or_else(|| format!("a line without {name}").into())
}

/// Sees what is on the search path, which is the schema that the catalog was read for.
struct OnPath;

impl Sight for OnPath {
    fn of(&mut self, described: &Described) -> Option<Seen> {
        described.relation.visible.then_some(Seen { visible: true, columns: None, all_rows: true })
    }
}

/// All schemas as one.
struct Merged<'m> {
    prepared: &'m Prepared,
    homes: &'m [String],
    costs: &'m [usize],
}

/// All schemas side by side, and for each relation the `db` that it comes from; none for copies.
fn merged(options: &Options, asked: &[Asked]) -> Result<(Schema, Vec<String>), Box<dyn Error>> {
    let names: BTreeMap<&str, ()> = asked.iter().map(|asked| (asked.db.as_str(), ())).collect();
    let (mut merged, mut homes) = (Schema::default(), Vec::new());
    for copy in 0..options.copies {
        for db in names.keys() {
            let whole = Whole::from_json(&std::fs::read_to_string(format!("{}/{db}.catalog.json", options.catalogs))?)?;
            let schema = whole.seen_by(&mut OnPath, usize::MAX).schema;
            let shift = merged.relations.len();
            let home = if copy == 0 { *db } else { "" };
            homes.extend(schema.relations.iter().map(|_| home.to_owned()));
            merged.relations.extend(schema.relations.into_iter().map(|relation| Relation {
                visible: options.visible,
                schema: match (options.one_schema, copy) {
                    (true, _) => "public".to_owned(),
                    (false, 0) => relation.schema,
                    (false, copy) => format!("{}_{copy}", relation.schema),
                },
                ..relation
            }));
            let keys = schema.foreign_keys.into_iter();
            merged.foreign_keys.extend(keys.map(|key| ForeignKey { from: key.from + shift, to: key.to + shift, ..key }));
        }
    }
    Ok((merged, homes))
}

/// Tokens of a table in a prompt, its references with it.
fn cost(schema: &Schema, id: RelationId) -> usize {
    let relation = &schema.relations[id];
    let name = |relation: &Relation| {
        if relation.visible { relation.name.clone() } else { format!("{}.{}", relation.schema, relation.name) }
    };
    let columns: Vec<String> = relation
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let key = if relation.primary_key == [at] { " PRIMARY KEY" } else { "" };
            format!("  {} {}{key},\n", column.name, column.type_name)
        })
        .collect();
    let keys: Vec<String> = schema
        .foreign_keys
        .iter()
        .filter(|key| key.from == id)
        .map(|key| {
            let of = |relation: &Relation, columns: &[usize]| {
                let names: Vec<&str> = columns.iter().map(|at| relation.columns[*at].name.as_str()).collect();
                names.join(", ")
            };
            let to = &schema.relations[key.to];
            format!(
                "  FOREIGN KEY ({}) REFERENCES {} ({}),\n",
                of(relation, &key.from_columns),
                name(to),
                of(to, &key.to_columns)
            )
        })
        .collect();
    tokens::estimate(&format!("TABLE {} (\n{}{})\n", name(relation), columns.concat(), keys.concat()))
}

/// Relations that a statement reads, by the words behind FROM, JOIN and the commas of a FROM list.
fn needed(asked: &Asked, schema: &Schema, homes: &[String]) -> Vec<RelationId> {
    const ENDS: [&str; 9] = ["where", "group", "order", "having", "limit", "union", "intersect", "except", "select"];
    let outside: Vec<&str> = asked.sql.split('\'').step_by(2).collect();
    let spaced = outside.join(" ").replace(',', " , ").replace(['(', ')', ';'], " ");
    let mut found = Vec::new();
    let (mut expected, mut in_list) = (false, false);
    for word in spaced.split_whitespace() {
        let word = word.trim_matches('"').to_lowercase();
        if matches!(word.as_str(), "from" | "join") {
            (expected, in_list) = (true, true);
        } else if ENDS.contains(&word.as_str()) {
            (expected, in_list) = (false, false);
        } else if word == "," {
            expected = in_list;
        } else if expected {
            expected = false;
            let named = |relation: &Relation| relation.name.eq_ignore_ascii_case(&word);
            let relations = schema.relations.iter().enumerate();
            found.extend(relations.filter(|(id, relation)| named(relation) && homes[*id] == asked.db).map(|(id, _)| id));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The shortest of three runs in ms: other work on the machine makes some of them longer.
fn shortest<T>(work: impl Fn() -> T) -> f64 {
    let run = || {
        let began = Instant::now();
        std::hint::black_box(work());
        began.elapsed().as_secs_f64() * 1e3
    };
    (0..3).map(|_| run()).fold(f64::INFINITY, f64::min)
}

/// The same for the order that names and comments alone give, before anything is made ready: how many relations must be taken.
fn measure_index(asked: &[Asked], merged: &Merged<'_>, options: &Options) {
    let schema = merged.prepared.schema();
    let began = Instant::now();
    let index = Index::new(schema.relations.iter());
    println!("index made in {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    let scores = |text: &str| index.scores(text, schema.relations.iter(), &schema.foreign_keys, &Everything);
    let (mut lasts, mut times) = (Vec::new(), Vec::new());
    for asked in asked.iter().step_by(options.every) {
        let scores_of = scores(&asked.text);
        times.push(shortest(|| scores(&asked.text)));
        let mut order: Vec<RelationId> = (0..scores_of.len()).collect();
        order.sort_by(|a, b| scores_of[*b].total_cmp(&scores_of[*a]).then(a.cmp(b)));
        let place = |relation: &RelationId| order.iter().position(|known| known == relation);
        lasts.extend(needed(asked, schema, merged.homes).iter().filter_map(place).max());
    }
    for room in [100, 200, 300, 400] {
        let fitting = lasts.iter().filter(|last| **last < room).count();
        println!("  {room:>6} relations: {:.2} %", 100.0 * fitting as f64 / lasts.len().max(1) as f64);
    }
    print_times(times);
}

/// Sees all that there is.
struct Everything;

impl Sees for Everything {
    fn relation(&self, _: RelationId) -> bool {
        true
    }

    fn column(&self, _: RelationId, _: usize) -> bool {
        true
    }
}

fn print_times(mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or_default();
    println!("  median {:.2} ms, 99th percentile {:.2} ms, longest {:.2} ms", at(0.5), at(0.99), at(1.0));
}

fn measure<'a>(
    what: &str,
    asked: &'a [Asked],
    text: impl Fn(&'a Asked) -> Option<&'a str>,
    merged: &Merged<'_>,
    options: &Options,
) {
    let mut ends: Vec<(usize, &Asked)> = Vec::new();
    let mut times: Vec<f64> = Vec::new();
    let mut unjudged = 0;
    for asked in asked.iter().step_by(options.every) {
        let Some(text) = text(asked) else { continue };
        let needed = needed(asked, merged.prepared.schema(), merged.homes);
        if needed.is_empty() {
            unjudged += 1;
            continue;
        }
        let order = relevance(text, merged.prepared, TODAY);
        times.push(shortest(|| relevance(text, merged.prepared, TODAY)));
        let (mut used, mut end) = (0, usize::MAX);
        let mut left = needed.len();
        for relation in order {
            used += merged.costs[relation];
            left -= usize::from(needed.contains(&relation));
            if left == 0 {
                end = used;
                break;
            }
        }
        ends.push((end, asked));
    }
    if ends.is_empty() {
        return;
    }
    println!("{what}: {} questions, {unjudged} without a known table", ends.len());
    for budget in BUDGETS {
        let fitting = ends.iter().filter(|(end, _)| *end <= budget).count();
        println!("  {budget:>6} tokens: {:.2} %", 100.0 * fitting as f64 / ends.len() as f64);
    }
    print_times(times);
    ends.sort_by_key(|(end, asked)| (std::cmp::Reverse(*end), &asked.id));
    for (end, asked) in ends.iter().take(options.misses) {
        println!("  {end:>6} {} {}: {:?} | {}", asked.id, asked.db, text(asked).unwrap_or_default(), asked.sql);
    }
}
