#!/bin/sh
# Builds the release library for the server that PG_CONFIG names: target/pgN/release/libnl_query.so. NL_QUERY_WEIGHTS names a file of
# weights to build with in place of the checkout's (training/measure): that library lies in target/weights.
# Cargo is not called where nothing is newer than the library, so that `make && sudo make install` works for a root without Rust.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

pg=${PG_CONFIG:-pg_config}
command -v "$pg" >/dev/null 2>&1 || die "there is no $pg: install PostgreSQL with its server headers (make setup does), or name one: make PG_CONFIG=…"
PG_CONFIG=$(absolute "$pg")
MAJOR=$(major_of "$PG_CONFIG")
case $MAJOR in
    14 | 15 | 16 | 17 | 18) ;;
    *) die "PostgreSQL $MAJOR is not supported: 14 to 18 are" ;;
esac
directory=$(build_directory "$MAJOR")
library=$directory/release/libnl_query.so
if [ -z "${NL_QUERY_WEIGHTS:-}" ] && [ -f "$library" ] && [ -z "$(find src sql Cargo.toml Cargo.lock .cargo -newer "$library" -type f -print 2>/dev/null | head -n 1)" ]; then
    exit 0
fi
command -v cargo >/dev/null 2>&1 || die "the Rust toolchain is missing: see https://rustup.rs"
[ -f "$("$PG_CONFIG" --includedir-server)/postgres.h" ] || die "the server headers of PostgreSQL $MAJOR are missing (package postgresql-server-dev-$MAJOR)"
pgrx_home "$ROOT/$directory/pgrx-home" "$MAJOR" "$PG_CONFIG"
CARGO_TARGET_DIR=$directory cargo build --release --no-default-features --features "pg$MAJOR"
touch "$library"
