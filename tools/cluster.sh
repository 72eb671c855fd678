# A throw-away cluster for a script. Sourced after common.sh. POSIX sh.
# shellcheck shell=sh

# start_cluster PG_CONFIG [SETTING …]: a new cluster in a temporary directory, on a socket of its own only. Sets PGHOST, PGPORT,
# PGUSER and CLUSTER for what follows; it is stopped and removed when the script ends, however it ends.
start_cluster() {
    CLUSTER_BIN=$("$1" --bindir)
    shift
    CLUSTER=$(mktemp -d "${TMPDIR:-/tmp}/nlq-XXXXXX")
    trap stop_cluster EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    chown "$(server_user)" "$CLUSTER"
    # 5433: names the socket, so that it cannot be taken for the system's own server.
    PGHOST=$CLUSTER PGPORT=5433 PGUSER=postgres
    export PGHOST PGPORT PGUSER
    unset PGDATABASE PGSERVICE PGOPTIONS PGHOSTADDR
    as_server_user env LC_ALL=C.UTF-8 "$CLUSTER_BIN/initdb" --no-sync -U postgres -A trust -E UTF8 --locale=C.UTF-8 -D "$CLUSTER/data" >"$CLUSTER.log" 2>&1 ||
        { cat "$CLUSTER.log" >&2; die "initdb failed"; }
    {
        echo "listen_addresses = ''"
        echo "unix_socket_directories = '$CLUSTER'"
        echo "port = $PGPORT"
        echo "fsync = off"
        echo "lc_messages = 'C'"
        for setting in "$@"; do echo "$setting"; done
    } | as_server_user tee -a "$CLUSTER/data/postgresql.conf" >/dev/null
    rm -f "$CLUSTER.log"
    as_server_user "$CLUSTER_BIN/pg_ctl" start -w -t 120 -D "$CLUSTER/data" -l "$CLUSTER/log" >/dev/null 2>&1 ||
        { cat "$CLUSTER/log" >&2; die "the server does not start"; }
}

stop_cluster() {
    status=$?
    trap - EXIT
    if [ -f "$CLUSTER/data/postmaster.pid" ]; then
        as_server_user "$CLUSTER_BIN/pg_ctl" stop -m fast -D "$CLUSTER/data" >/dev/null 2>&1 || true
    fi
    rm -rf "$CLUSTER" "$CLUSTER.log"
    exit "$status"
}

# psql of that server, without anybody's start-up file.
psql_quiet() {
    "$CLUSTER_BIN/psql" -X -q -v ON_ERROR_STOP=1 "$@"
}
