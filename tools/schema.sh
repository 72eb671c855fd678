#!/bin/sh
# The install script sql/nl_query--VERSION.sql against what cargo-pgrx makes from the Rust source.
#   schema.sh check | write
# Comments that name a source line are left out: they would change with every edit, and say nothing to a server.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh
. tools/pgrx.sh

VERSION=$(sed -nE '/^\[workspace\.package\]/,/^\[/ s/^version *= *"([^"]+)".*/\1/p' Cargo.toml)
script=sql/nl_query--$VERSION.sql
made=target/schema.sql

# The parts of a script that a server reads: no comments of the generator, no empty lines.
essence() {
    sed -E -e '/^\/\* <(begin|end) connected objects> \*\/$/d' -e '/^\/\* <\/(begin|end) connected objects> \*\/$/d' \
        -e '/^-- src\/.*:[0-9]+$/d' -e '/^-- (nl_query|requires:|creates:|   )/d' -e '/^[[:space:]]*$/d' "$1"
}

set_up_pgrx
"$CARGO_PGRX" pgrx schema --no-default-features --features "pg$MAJOR" "pg$MAJOR" --out "$made" >target/schema.log 2>&1 ||
    { cat target/schema.log >&2; die "cargo pgrx schema failed"; }
case ${1:-} in
    write)
        cat "$made" >"$script"
        say "wrote $script"
        ;;
    check)
        [ -f "$script" ] || die "$script is missing: run make schema"
        essence "$script" >target/schema.checked-in
        essence "$made" >target/schema.made
        diff -u target/schema.checked-in target/schema.made ||
            die "$script differs from what the Rust source says: run make schema and look at the difference"
        ;;
    *) die "usage: schema.sh check | write" ;;
esac
