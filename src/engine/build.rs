//! Finds the file of the trained parser's weights: `NL_QUERY_WEIGHTS`, else the one that is checked in.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-env-changed=NL_QUERY_WEIGHTS");
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
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
