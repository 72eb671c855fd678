#!/bin/bash
# Everything: formatting, lints, the engine's tests, tests inside a backend, pg_regress files, tests of real clients on real clusters.
# All of it happens in a private copy of the server that PG_CONFIG names. Goes on after a failure, and says at the end what failed.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh
. tools/cluster.sh
. tools/pgrx.sh

# The release build is that of `make`, for the server itself; everything else is for the copy.
SERVER=$(absolute "${PG_CONFIG:-pg_config}")
PG_CONFIG=$(tools/private-server.sh "$SERVER")
set_up_pgrx
LOG=$ROOT/target/test.log
FAILED=
: >"$LOG"

# step NAME COMMAND …: its output is shown and kept for the totals.
step() {
    name=$1
    shift
    start=$SECONDS
    printf '\n== %s\n' "$name"
    if "$@" 2>&1 | tee -a "$LOG"; then
        printf '== %s: done in %d s\n' "$name" $((SECONDS - start))
    else
        FAILED="$FAILED; $name"
        printf '== %s: FAILED after %d s\n' "$name" $((SECONDS - start))
    fi
}

lints() {
    cargo clippy --quiet --workspace --all-targets --no-default-features --features "pg$MAJOR" -- -D warnings
}

scripts() {
    if command -v shellcheck >/dev/null 2>&1; then shellcheck -x tools/*.sh; else echo "skipped: shellcheck is not installed"; fi
}

# What makes the weights and what measures them: these tests need nothing but Python's own library.
python_tests() {
    command -v python3 >/dev/null 2>&1 || { echo "skipped: python3 is not installed"; return 0; }
    for tests in training/synth/tests training/measure/tests; do
        python3 -m unittest discover -s "$tests" -t . || return 1
    done
}

install_release() {
    PG_CONFIG="$SERVER" tools/build.sh && tools/install.sh install
}

regress() (
    start_cluster "$PG_CONFIG" "shared_preload_libraries = 'nl_query'"
    tools/regress.sh
)

clients() {
    tools/clients.sh
    cargo test --quiet --no-fail-fast -p nl_query_http -p nl_query_tests -- --show-output
}

export RUST_BACKTRACE=0
set -o pipefail
step "format" cargo fmt --all --check
step "lints" lints
step "scripts" scripts
step "training and measuring" python_tests
# cargo-pgrx runs the tests of core and engine in the same call: they are default members of the workspace.
step "core, engine, tests inside a backend" tools/pgrx-test.sh
step "install script" tools/schema.sh check
step "build and install" install_release
step "pg_regress" regress
step "clients" clients

# libtest: "test result: ok. 7 passed; 0 failed; 1 ignored; …"; unittest: "Ran 27 tests in 0.5s"; pg_regress: "ok 1 - ask 20 ms" (16 and later) or "test ask ... ok".
awk -v failed_steps="$FAILED" '
    /^test result:/ { passed += $4; failed += $6; skipped += $8 }
    /^Ran [0-9]+ tests? in/ { passed += $2 }
    /^FAILED \(/ { failed++; passed-- }
    /^(ok +[0-9]+|test .* \.\.\. +ok)/ { passed++ }
    /^(not ok +[0-9]+|test .* \.\.\. +FAILED)/ && !/^test .*::/ { failed++ }
    /^skipped:/ { skipped++ }
    END {
        if (failed_steps != "" && failed == 0) failed = 1
        if (failed_steps != "") printf "\nfailed: %s\n", substr(failed_steps, 3)
        printf "\n%d passed, %d failed, %d skipped\n", passed, failed, skipped
    }' "$LOG"
[ -z "$FAILED" ]
