#!/bin/sh
# Measures the release build on clusters of its own, in a private copy of the server.
#   bench.sh [answers | tables | cached | gateway | bystanders | soak]
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

install_privately
cargo --version >&2
say "$(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)"
CARGO_TARGET_DIR=target/bench cargo run --quiet --release -p nl_query_tests --bin nl_query_bench -- "$@"
