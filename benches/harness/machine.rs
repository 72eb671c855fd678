//! On what, and when, something was measured.

use postgres::Client;
use std::process::Command;

/// For the page: date, revision, machine, server.
pub fn told(client: &mut Client) -> Result<String, String> {
    let row = client
        .query_one("SELECT current_date::text, pg_catalog.current_setting('server_version')", &[])
        .map_err(|error| crate::said(&error))?;
    let (date, version): (String, String) = (row.get(0), row.get(1));
    let revision = revision().map_or(String::new(), |revision| format!(", revision {revision}"));
    let load = first_word("/proc/loadavg").map_or(String::new(), |load| format!(", load {load}"));
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let name = processor().unwrap_or_else(|| "processors".to_owned());
    Ok(format!("Measured on {date}{revision}: {processors} × {name}{load}; PostgreSQL {version}."))
}

/// The words as one types them again. A connection string may hold a password, and says nothing to others.
pub fn command(words: &[String]) -> String {
    let mut told = Vec::new();
    let mut is_hidden = false;
    for word in words {
        let plain = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_=.,/".contains(c));
        told.push(match word {
            _ if is_hidden => "…".to_owned(),
            word if word.starts_with("--dsn=") => "--dsn …".to_owned(),
            word if plain(word) => word.clone(),
            word => format!("\"{word}\""),
        });
        is_hidden = word == "--dsn";
    }
    told.join(" ")
}

fn revision() -> Option<String> {
    let out = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

fn first_word(file: &str) -> Option<String> {
    std::fs::read_to_string(file).ok()?.split_whitespace().next().map(str::to_owned)
}

fn processor() -> Option<String> {
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'))?.1.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_connection_string_is_told() {
        let told = |words: &[&str]| super::command(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(told(&["--dsn", "host=x password=y", "--runs", "one answer"]), "--dsn … --runs \"one answer\"");
        assert_eq!(told(&["--dsn=postgresql://a:b@c/d"]), "--dsn …");
    }
}
