#!/bin/sh
# The install script sql/nl_query--VERSION.sql against what cargo-pgrx makes from the Rust source.
#   schema.sh check | write
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh
. tools/pgrx.sh

VERSION=$(sed -nE '/^\[workspace\.package\]/,/^\[/ s/^version *= *"([^"]+)".*/\1/p' Cargo.toml)
script=sql/nl_query--$VERSION.sql
made=target/schema.sql

# What a server reads of a script, one object a block, in an order of our own: pgrx says that its order is not stable, and comments
# name source lines.
essence() {
    awk '
        /^\/\* <begin connected objects> \*\/$/ { block = ""; next }
        /^\/\* <\/end connected objects> \*\/$/ { print block; block = ""; next }
        /^\/\*$/ && block == "" { skip = 1 }
        skip { if (/^\*\/$/) skip = 0; next }
        /^[ \t]*--/ || /^[ \t]*$/ { next }
        { gsub(/ *\/\* [^*]* \*\//, ""); block = block $0 "\001" }
        END { print block }
    ' "$1" | sort | tr '\001' '\n' | sed '/^$/d'
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
