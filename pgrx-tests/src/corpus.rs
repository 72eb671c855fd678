//! The guard's corpus (`corpus/README.md`): statements and what the guard must say of them.

use crate::cluster::{Cluster, Options};
use crate::database::Database;

/// A statement and the reasons for which it may be refused; none where it must be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub name: String,
    pub sql: String,
    pub reasons: Vec<String>,
}

const SETUP: &str = include_str!("../corpus/setup.sql");
const ATTACKS: &str = include_str!("../corpus/attacks.sql");
const CALLS: &str = include_str!("../corpus/calls.sql");
const PLACES: &str = include_str!("../corpus/places.sql");
const LEGITIMATE: &str = include_str!("../corpus/legitimate.sql");

/// The role that the statements run as.
pub const READER: &str = "guard_reader";

/// A cluster of its own, as the corpus makes roles, with the database that its statements speak of.
pub fn cluster() -> Cluster {
    Cluster::start(&Options::default())
}

/// The corpus's database in a cluster from [`cluster`].
pub fn database(cluster: &Cluster) -> Database<'_> {
    let database = cluster.database("corpus");
    database.run(SETUP);
    database
}

/// Statements that must be refused: those written out, and every call in every place.
pub fn attacks(database: &Database<'_>) -> Vec<Case> {
    let calls = read(CALLS);
    let mut cases = read(ATTACKS);
    for place in read(PLACES) {
        cases.extend(calls.iter().filter_map(|call| placed(&place, call)));
    }
    supported(cases, database)
}

/// Statements that must be allowed.
pub fn legitimate(database: &Database<'_>) -> Vec<Case> {
    supported(read(LEGITIMATE), database)
}

/// Leaves out what this server does not know: XML where it was built without it, and `since 17: …` before that version. There such
/// statements fail before the guard's word is asked.
fn supported(cases: Vec<Case>, database: &Database<'_>) -> Vec<Case> {
    let xml = database.value("SELECT setting LIKE '%--with-libxml%' FROM pg_config WHERE name = 'CONFIGURE'") == "t";
    let major = database.cluster.server.major;
    let known = |case: &Case| since(&case.name) <= major && (xml || !case.sql.to_lowercase().contains("xml"));
    cases.into_iter().filter(known).collect()
}

/// The version that a case's name asks for.
fn since(name: &str) -> u32 {
    let version = name.strip_prefix("since ").and_then(|rest| rest.split(':').next());
    version.and_then(|version| version.parse().ok()).unwrap_or(0)
}

/// A call in a place; none where the place wants another type.
fn placed(place: &Case, call: &Case) -> Option<Case> {
    let slot = ["{any}", "{bool}"].into_iter().find(|slot| place.sql.contains(slot))?;
    if slot == "{bool}" && call.name != "bool" {
        return None;
    }
    Some(Case {
        name: format!("{} in {}", call.sql, place.name),
        sql: place.sql.replace(slot, &call.sql),
        reasons: call.reasons.clone(),
    })
}

/// Cases begin with `--- name | reason, reason`.
fn read(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("--- ") {
            let (name, reasons) = head.split_once('|').unwrap_or((head, ""));
            let reasons = reasons.split(',').map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty()).collect();
            cases.push(Case { name: name.trim().to_owned(), sql: String::new(), reasons });
        } else if let Some(case) = cases.last_mut() {
            if !case.sql.is_empty() {
                case.sql.push('\n');
            }
            case.sql.push_str(line);
        }
    }
    cases
}
