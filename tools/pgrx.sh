# cargo-pgrx at the one version that fits, with a home and a target directory of its own. Sourced after common.sh. POSIX sh.
# shellcheck shell=sh

PGRX_VERSION=0.18.1

# Sets CARGO_PGRX, MAJOR and the environment that every cargo call on the extension crate needs to share one build.
set_up_pgrx() {
    PG_CONFIG=$(absolute "${PG_CONFIG:-pg_config}")
    MAJOR=$(major_of "$PG_CONFIG")
    find_cargo_pgrx
    # One target directory for clippy, schema and tests, apart from the release build's.
    CARGO_TARGET_DIR=$ROOT/target/pgrx$MAJOR
    export CARGO_TARGET_DIR PG_CONFIG
    # For the sake of some linkers cargo-pgrx adds a flag to the builds that the schema is read from, but not to those of test
    # programs: everything is built twice. On x86_64 the schema is there without it.
    if [ "$(uname -m)" = x86_64 ]; then
        CARGO_PGRX_DISABLE_GC_SECTIONS_WORKAROUND=1
        export CARGO_PGRX_DISABLE_GC_SECTIONS_WORKAROUND
    fi
    pgrx_home "$CARGO_TARGET_DIR/pgrx-home" "$MAJOR" "$PG_CONFIG"
}

# The installed cargo-pgrx where its version is right, otherwise one under target/tools, built once (minutes).
find_cargo_pgrx() {
    for CARGO_PGRX in "$(command -v cargo-pgrx || true)" "$ROOT/target/tools/bin/cargo-pgrx"; do
        if [ -n "$CARGO_PGRX" ] && [ -x "$CARGO_PGRX" ] && "$CARGO_PGRX" pgrx --version 2>/dev/null | grep -q " $PGRX_VERSION\$"; then
            return 0
        fi
    done
    say "building cargo-pgrx $PGRX_VERSION into target/tools, once; this takes some minutes"
    # A debug build: it is a tool, and half the time to build.
    env -u CARGO_TARGET_DIR cargo install --quiet --debug --locked --no-default-features --root target/tools --version "=$PGRX_VERSION" cargo-pgrx ||
        die "cargo-pgrx could not be built"
}
