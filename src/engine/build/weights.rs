//! The file of the trained parser's weights: `NL_QUERY_WEIGHTS`, else the one that is checked in.

use std::path::{Path, PathBuf};

/// Tells the compiler where the file is, or what is wrong with it.
pub fn find(here: &Path) {
    println!("cargo::rerun-if-env-changed=NL_QUERY_WEIGHTS");
    let named = std::env::var_os("NL_QUERY_WEIGHTS").filter(|name| !name.is_empty());
    let file = here.join(named.map_or_else(|| PathBuf::from("parser/weights.bin"), PathBuf::from));
    println!("cargo::rerun-if-changed={}", file.display());
    match std::fs::read(&file) {
        Ok(bytes) if bytes.starts_with(b"nlqw") => println!("cargo::rustc-env=NL_QUERY_WEIGHTS_FILE={}", file.display()),
        Ok(_) => println!("cargo::error={} is not a file of weights that `python -m training.export` wrote", file.display()),
        Err(error) => println!(
            "cargo::error=the weights of the trained parser cannot be read: {}: {error}. Check them out, write them with \
             `python -m training.export`, or name a file in NL_QUERY_WEIGHTS",
            file.display()
        ),
    }
}
