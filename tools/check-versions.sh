#!/bin/sh
# Compiles the extension for PostgreSQL versions whose headers are not here, against the bindings that pgrx ships: finds what
# src/pg/compat.rs lacks, in well under a minute a version. Links and runs nothing.
#   check-versions.sh [VERSION …]       (default: 14 15 16 17 18)
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

[ $# -gt 0 ] || set -- 14 15 16 17 18
CARGO_TARGET_DIR=$ROOT/target/check
# With this set pgrx's build script generates no bindings: it is how its documentation is built.
DOCS_RS=1
# What one version leaves unused, its cfg should leave out.
RUSTFLAGS="-D warnings${RUSTFLAGS:+ $RUSTFLAGS}"
export CARGO_TARGET_DIR DOCS_RS RUSTFLAGS

bindings=$(cargo metadata --format-version 1 | tr ',' '\n' | sed -nE 's|.*"manifest_path":"(.*/pgrx-pg-sys-[0-9.]+)/Cargo.toml".*|\1/src/include|p' | head -n 1)
[ -d "$bindings" ] || die "pgrx's own bindings were not found"

check() {
    cargo check --quiet --features "pg$1 pg_test" --no-default-features
}

# Cargo runs the build script, then fails for want of its output; what pgrx ships takes that place.
supply_bindings() {
    for out in "$CARGO_TARGET_DIR"/debug/build/pgrx-pg-sys-*/out; do
        cp "$bindings"/pg*.rs "$out/"
    done
}

failed=
for version in "$@"; do
    if ! check "$version" >/dev/null 2>&1; then
        supply_bindings
        check "$version" || { failed="$failed $version"; say "PostgreSQL $version: does not compile"; continue; }
    fi
    say "PostgreSQL $version: compiles"
done
[ -z "$failed" ]
