# cargo-pgrx at the one version that fits, with a home and a target directory of its own. Sourced after common.sh. POSIX sh.
# shellcheck shell=sh

PGRX_VERSION=0.18.1

# Sets CARGO_PGRX, MAJOR and the environment that every cargo call on the extension crate needs to share one build.
set_up_pgrx() {
    PG_CONFIG=$(absolute "${PG_CONFIG:-pg_config}")
    MAJOR=$(major_of "$PG_CONFIG")
    find_cargo_pgrx
    # One target directory and one set of flags for clippy, schema and tests, apart from the release build's. cargo-pgrx keeps the
    # linker from dropping the section that holds the schema, but not in every cargo call that it makes: two sets of flags would
    # build everything twice. So the flag is given here, for all.
    CARGO_TARGET_DIR=$ROOT/target/pgrx$MAJOR
    CARGO_PGRX_DISABLE_GC_SECTIONS_WORKAROUND=1
    RUSTFLAGS="-Clink-arg=-Wl,--no-gc-sections${RUSTFLAGS:+ $RUSTFLAGS}"
    export CARGO_TARGET_DIR CARGO_PGRX_DISABLE_GC_SECTIONS_WORKAROUND RUSTFLAGS PG_CONFIG
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
    env -u CARGO_TARGET_DIR -u RUSTFLAGS cargo install --quiet --debug --locked --root target/tools --version "=$PGRX_VERSION" cargo-pgrx ||
        die "cargo-pgrx could not be built"
}
