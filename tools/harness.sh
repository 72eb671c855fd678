#!/bin/sh
# How often questions end right with a model behind them, and what that costs.
#   harness.sh [OPTION …]       --help lists them
#   NL_QUERY_EVAL               the folder with the benchmark data (default: ../shared/eval)
# With --dsn nothing is built but the harness itself: the extension is the one that is installed where it connects to.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

own=
for word in "$@"; do
    case $word in
        --dsn | --dsn=* | --help | -h) own=yes ;;
    esac
done
if [ -z "$own" ]; then
    tools/setup.sh
    install_privately
    say "$(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)"
fi
export NL_QUERY_EVAL="${NL_QUERY_EVAL:-../shared/eval}"
CARGO_TARGET_DIR=target/bench exec cargo run --quiet --release -p nl_query_tests --bin nl_query_harness -- "$@"
