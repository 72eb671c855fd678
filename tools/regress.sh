#!/bin/sh
# Runs the pg_regress files in pgrx-tests/pg_regress against a server that runs already and has nl_query preloaded.
#   regress.sh [TEST …]       (PG_CONFIG, PGHOST, PGPORT, PGUSER as libpq reads them)
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

PG_CONFIG=$(absolute "${PG_CONFIG:-pg_config}")
PG_REGRESS=$(dirname "$("$PG_CONFIG" --pgxs)")/../test/regress/pg_regress
BINDIR=$("$PG_CONFIG" --bindir)
[ -x "$PG_REGRESS" ] || die "pg_regress is missing: the server's development package has it"
"$BINDIR/psql" -X -At -d postgres -c "SHOW shared_preload_libraries" | grep -qw nl_query ||
    die "the server does not load nl_query at start: set shared_preload_libraries = 'nl_query' and restart it"

# Each file stands by itself.
if [ $# -eq 0 ]; then
    for file in pgrx-tests/pg_regress/sql/*.sql; do set -- "$@" "$(basename "$file" .sql)"; done
fi
mkdir -p target/regress
"$PG_REGRESS" --bindir="$BINDIR" --inputdir=pgrx-tests/pg_regress --outputdir=target/regress \
    --dbname=nl_query_regression --encoding=UTF8 --load-extension=nl_query "$@" || {
    status=$?
    cat target/regress/regression.diffs 2>/dev/null || true
    exit "$status"
}
