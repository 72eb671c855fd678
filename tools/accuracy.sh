#!/bin/sh
# Measures how often the embedded engine is right, and writes docs/accuracy.md.
#   accuracy.sh [OPTION …]      as python -m training.measure takes them
#   NL_QUERY_EVAL               the folder with the benchmark data (default: ../shared/eval)
#   NL_QUERY_PYTHON             a Python that has training/requirements.txt; otherwise one is set up in target/python
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

set -- training/requirements.txt "$@"
. tools/python.sh
shift
exec "$python" -m training.measure "$@"
