#!/bin/sh
# The demonstration: from nothing to answers.
#   demo.sh                   sets up, builds, starts a throw-away cluster, loads the shop of demo/shop.sql and asks it
#   demo.sh CONNECTION        asks this database; its server must have nl_query installed and preloaded
# On a terminal it ends in psql; otherwise it stops when everything is asked.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh
. tools/cluster.sh

questions_file=demo/questions.txt

# Asks one question after the other, as psql shows it. Reads questions from standard input, one a line; # starts a comment.
ask_all() {
    {
        echo "\\set VERBOSITY default"
        while IFS= read -r question; do
            case $question in '' | '#'*) continue ;; esac
            quoted=$(printf %s "$question" | sed "s/'/''/g")
            cat <<PSQL
\\echo
\\echo '=> $quoted'
\\unset sql
SELECT nl_sql('$quoted') AS sql \\gset
\\if :{?sql}
\\echo
\\echo :sql
\\echo
:sql ;
\\endif
PSQL
        done
    } | "$@" 2>&1
}

# Tables longer than a screen would hide the next question.
first_rows() {
    awk '
        /^-[-+]*$/ { rows = 1; print; next }
        rows && (/^$/ || /^\([0-9]+ rows?\)$/) { if (rows > 13) print " …"; rows = 0 }
        rows && rows++ > 12 { next }
        { print }'
}

# What this database has most of makes the questions to it.
questions_for_any_database() {
    "$@" -At <<'PSQL'
SELECT format(k, replace(relname, '_', ' '))
FROM (SELECT relname FROM pg_class c
      WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid) AND has_table_privilege(oid, 'SELECT')
        AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      ORDER BY reltuples DESC, relname LIMIT 4) t, unnest(ARRAY['how many %s are there?', 'show 5 %s']) k;
PSQL
}

# The views of the extension that are not about single questions or foreign servers.
show_statistics() {
    views=$("$@" -At <<'PSQL'
SELECT format(E'\\echo\n\\echo ''=> SELECT * FROM %1$s''\nSELECT * FROM %1$s;', oid::regclass) AS shown FROM pg_class
WHERE relkind = 'v' AND pg_table_is_visible(oid)
  AND relname IN ('pg_stat_nl_query_cache', 'pg_stat_nl_query_timing', 'pg_stat_nl_query_refusals', 'pg_stat_nl_query_info')
ORDER BY relname
PSQL
    )
    printf '%s\n' '\pset footer off' "$views" | "$@" 2>&1
}

if [ $# -gt 0 ]; then
    psql=$(command -v psql) || die "psql is missing; run: make setup"
    set -- "$psql" -X -q -d "$1"
    "$@" -c 'CREATE EXTENSION IF NOT EXISTS nl_query' ||
        die "nl_query could not be created there: its server needs it installed (make install), and shared_preload_libraries = 'nl_query'"
    questions=$(questions_for_any_database "$@")
else
    tools/setup.sh
    install_privately
    start_cluster "$PG_CONFIG" "shared_preload_libraries = 'nl_query'"
    say "a throw-away PostgreSQL $(major_of "$PG_CONFIG") runs in $CLUSTER"
    psql_quiet -d postgres -c "CREATE DATABASE shop TEMPLATE template0 ENCODING 'UTF8'"
    psql_quiet -d shop <demo/shop.sql
    psql_quiet -d shop -c 'CREATE EXTENSION nl_query' -c ANALYZE \
        -c 'CREATE ROLE visitor LOGIN' -c 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO visitor'
    PGUSER=visitor
    set -- "$CLUSTER_BIN/psql" -X -q -d shop
    questions=$(cat "$questions_file")
fi

printf '%s\n' "$questions" | ask_all "$@" | first_rows
first=$(printf '%s\n' "$questions" | grep -v -e '^#' -e '^$' | head -n 1 | sed "s/'/''/g")
"$@" -e -c "SELECT * FROM nl_query('$first')" 2>&1
show_statistics "$@"
if [ -t 0 ] && [ -t 1 ]; then
    echo
    echo "Ask it yourself:  SELECT nl_sql('…');  SELECT * FROM nl_query('…');  SELECT * FROM nl_explain('…');  and \\q to end it."
    "$@" || true
fi
