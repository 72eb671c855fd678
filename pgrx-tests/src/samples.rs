//! Well-known sample databases, where they are at hand; the demonstration database always is.
//!
//! `NL_QUERY_SAMPLES` names the folder of `<name>.sql.zst` dumps (default: `../shared/eval/samples` beside the checkout). A test
//! that needs one that is missing says so and is counted as skipped.

use crate::database::Database;
use crate::server::run;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// demo/shop.sql, written for this project.
    Shop,
    Chinook,
    Northwind,
    Pagila,
}

impl Sample {
    pub fn name(self) -> &'static str {
        match self {
            Sample::Shop => "shop",
            Sample::Chinook => "chinook",
            Sample::Northwind => "northwind",
            Sample::Pagila => "pagila",
        }
    }

    fn file(self) -> PathBuf {
        let checkout = checkout();
        if self == Sample::Shop {
            return checkout.join("demo/shop.sql");
        }
        let folder = std::env::var_os("NL_QUERY_SAMPLES").map(PathBuf::from);
        let folder = folder.unwrap_or_else(|| checkout.join("../shared/eval/samples"));
        folder.join(format!("{}.sql.zst", self.name()))
    }
}

/// The directory that holds the workspace's Cargo.toml.
pub(crate) fn checkout() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Loads a sample into a database; false, with a line that says so, where its file is not at hand.
pub fn load_sample(database: &Database<'_>, sample: Sample) -> bool {
    let file = sample.file();
    if !file.exists() {
        // `make test` counts these lines.
        eprintln!("skipped: no sample database {} ({} is missing)", sample.name(), file.display());
        return false;
    }
    let sql = match file.extension().is_some_and(|e| e == "zst") {
        true => run(Command::new("zstd").arg("-dc").arg(&file), "zstd").stdout,
        false => std::fs::read(&file).unwrap_or_else(|e| panic!("cannot read {}: {e}", file.display())),
    };
    database.feed(&sql, sample.name());
    database.run("ANALYZE");
    true
}
