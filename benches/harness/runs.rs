//! The ways of asking that are compared, and how a session is told of them.

use crate::place::{Place, literal};
use postgres::Client;

/// A way of asking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    pub name: &'static str,
    engine: &'static str,
    max_repairs: &'static str,
    samples: &'static str,
    verify_results: &'static str,
    /// A second, stronger server is behind the first.
    two_servers: bool,
}

const ONE: Run =
    Run { name: "one answer", engine: "model", max_repairs: "0", samples: "1", verify_results: "off", two_servers: false };

pub const RUNS: [Run; 8] = [
    ONE,
    Run { name: "repair 1", max_repairs: "1", ..ONE },
    Run { name: "repair 2", max_repairs: "2", ..ONE },
    Run { name: "samples 3", samples: "3", ..ONE },
    Run { name: "samples 3 + repair 1", samples: "3", max_repairs: "1", ..ONE },
    Run { name: "fast then strong + repair 1", max_repairs: "1", two_servers: true, ..ONE },
    Run { name: "auto", engine: "auto", max_repairs: "1", ..ONE },
    Run { name: "verify_results + repair 1", max_repairs: "1", verify_results: "on", ..ONE },
];

/// Those of these names; all where none is named.
pub fn named(names: &[String]) -> Result<Vec<Run>, String> {
    let find = |name: &String| {
        let all = || RUNS.map(|run| run.name).join(", ");
        RUNS.into_iter().find(|run| run.name == name).ok_or_else(|| format!("there is no run \"{name}\"; there are {}", all()))
    };
    if names.is_empty() { Ok(RUNS.to_vec()) } else { names.iter().map(find).collect() }
}

impl Run {
    /// Sets everything for the rest of the session. The error says why the run cannot be made here.
    pub fn set_up(&self, place: &Place<'_>, client: &mut Client) -> Result<(), String> {
        if self.two_servers && place.servers.len() == 1 {
            return Err("it wants two servers: --server FAST,STRONG".to_owned());
        }
        let servers = if self.two_servers { &place.servers[..] } else { &place.servers[..place.servers.len().min(1)] };
        if !servers.is_empty() {
            set(client, "nl_query.servers", &servers.join(", "), "")?;
        }
        // As they are where nobody says anything; a server that does not know one behaves as if it said that.
        for (name, value, usual) in [
            ("nl_query.engine", self.engine, "auto"),
            ("nl_query.cache", "off", "on"),
            ("nl_query.max_repairs", self.max_repairs, "1"),
            ("nl_query.samples", self.samples, "1"),
            ("nl_query.verify_results", self.verify_results, "off"),
        ] {
            set(client, name, value, usual)?;
        }
        Ok(())
    }
}

/// Sets one, unless it is so already. `usual` is what holds where the server does not know it.
fn set(client: &mut Client, name: &str, value: &str, usual: &str) -> Result<(), String> {
    let said = |error: postgres::Error| crate::said(&error);
    let now: Option<String> = client.query_one("SELECT pg_catalog.current_setting($1, true)", &[&name]).map_err(said)?.get(0);
    match now {
        None if value == usual => Ok(()),
        None => Err(format!("this server does not know {name}")),
        Some(now) if now == value => Ok(()),
        Some(_) => {
            client.batch_execute(&format!("SET {name} = {}", literal(value))).map_err(|error| format!("{name}: {}", said(error)))
        }
    }
}
