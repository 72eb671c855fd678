#!/bin/sh
# Installs the built library, the control file and the SQL scripts into a server's directories, or removes them.
#   install.sh install | uninstall        (PG_CONFIG, DESTDIR)
# Each file is written beside its place and renamed into it: a server that runs keeps the library that it has mapped, where
# overwriting it in place would crash its sessions.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

PG_CONFIG=$(absolute "${PG_CONFIG:-pg_config}")
MAJOR=$(major_of "$PG_CONFIG")
LIBRARY=${DESTDIR:-}$("$PG_CONFIG" --pkglibdir)
EXTENSION=${DESTDIR:-}$("$PG_CONFIG" --sharedir)/extension
VERSION=$(sed -nE '/^\[workspace\.package\]/,/^\[/ s/^version *= *"([^"]+)".*/\1/p' Cargo.toml)

# put MODE SOURCE TARGET
put() {
    temporary=$3.new.$$
    install -m "$1" "$2" "$temporary" && mv -f "$temporary" "$3" && return 0
    rm -f "$temporary" 2>/dev/null || true
    die "cannot write $3; try: sudo make install PG_CONFIG=$PG_CONFIG"
}

case ${1:-} in
    install)
        library=$(build_directory "$MAJOR")/release/libnl_query.so
        [ -f "$library" ] || die "$library is missing: run make first"
        [ -f "sql/nl_query--$VERSION.sql" ] || die "sql/nl_query--$VERSION.sql is missing: run make schema"
        mkdir -p "$LIBRARY" "$EXTENSION"
        control=$(mktemp)
        trap 'rm -f "$control"' EXIT
        sed "s/@CARGO_VERSION@/$VERSION/" nl_query.control >"$control"
        put 755 "$library" "$LIBRARY/nl_query.so"
        for script in sql/nl_query--*.sql; do
            put 644 "$script" "$EXTENSION/$(basename "$script")"
        done
        put 644 "$control" "$EXTENSION/nl_query.control"
        say "nl_query $VERSION is installed for PostgreSQL $MAJOR in ${DESTDIR:-}$("$PG_CONFIG" --pkglibdir)"
        ;;
    uninstall)
        rm -f "$LIBRARY/nl_query.so" "$EXTENSION/nl_query.control" "$EXTENSION"/nl_query--*.sql
        ;;
    *) die "usage: install.sh install | uninstall" ;;
esac
