#!/bin/sh
# The #[pg_test]s: tests that run inside a backend, through `cargo pgrx test`, in the server that PG_CONFIG names.
#   TESTS=…     only those with this in their names
# cargo-pgrx installs into that server's directories, so PG_CONFIG should be a private copy (private-server.sh).
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh
. tools/pgrx.sh

set_up_pgrx
data=$(mktemp -d "${TMPDIR:-/tmp}/nlq-pgrx-XXXXXX")
trap 'rm -rf "$data"' EXIT
USER=$(id -un)
export USER CARGO_PGRX

set -- --no-default-features --features "pg$MAJOR" --pgdata "$data" "pg$MAJOR"
if [ "$(id -u)" -eq 0 ]; then
    # cargo-pgrx starts the server as another user through sudo only. Where root has no sudo, or one that asks, this stands in.
    chown "$(server_user)" "$data"
    mkdir -p target/shim
    cat >target/shim/sudo <<'SUDO'
#!/bin/sh
# sudo [-u USER] [NAME=value …] command …, for a caller who is root already
user=root
if [ "$1" = -u ]; then user=$2; shift 2; fi
if [ "$user" = root ]; then exec env "$@"; fi
exec runuser -u "$user" -- env "$@"
SUDO
    chmod 755 target/shim/sudo
    PATH=$ROOT/target/shim:$PATH
    export PATH
    set -- --runas "$(server_user)" "$@"
fi
"$CARGO_PGRX" pgrx test "$@" ${TESTS:+"$TESTS"}
