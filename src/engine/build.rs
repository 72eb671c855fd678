//! Turns data that is kept as text into the form that is compiled in.

#[path = "build/pack.rs"]
mod pack;

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
    pack::write(std::path::Path::new(&std::env::var_os("OUT_DIR").unwrap_or_default()))
}
