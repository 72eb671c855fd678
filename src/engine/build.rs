//! Turns data that is kept as text into the form that is compiled in.

#[path = "build/wordnet.rs"]
mod wordnet;

/// The parts of the lexicon that making its tables takes: stems, and the form of the tables.
#[allow(dead_code, unused_imports)] // what is used of them at run time only
#[path = "lexicon"]
mod lexicon {
    #[path = "wordnet/form.rs"]
    pub mod form;
    pub mod morphology;
    pub mod table;
}

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=lexicon");
    wordnet::write(std::path::Path::new(&std::env::var_os("OUT_DIR").unwrap_or_default()))
}
