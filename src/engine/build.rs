//! Turns data that is kept as text into the form that is compiled in, and finds the file of the trained parser's weights.

use std::path::Path;

#[path = "build/pack.rs"]
mod pack;
#[path = "build/weights.rs"]
mod weights;

/// The parts of the lexicon that making its tables takes: stems, and what the tables say and how.
#[allow(dead_code, unused_imports)] // what is used of them at run time only
#[path = "lexicon"]
mod lexicon {
    #[path = "wordnet/kin.rs"]
    pub mod kin;
    pub mod morphology;
    #[path = "relations/relatedness.rs"]
    pub mod relatedness;
    pub mod table;
}

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=lexicon");
    weights::find(Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()));
    pack::write(Path::new(&std::env::var_os("OUT_DIR").unwrap_or_default()))
}
