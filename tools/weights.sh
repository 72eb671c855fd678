#!/bin/sh
# Makes the weights of the trained parser and its judge anew, from the benchmark data to the files that ship.
#   weights.sh [OPTION …]       as python -m training takes them; --small is a trial of some minutes that ships nothing
#   NL_QUERY_EVAL               the folder with the benchmark data (default: ../shared/eval)
#   NL_QUERY_PYTHON             a Python that has training/requirements-train.txt; otherwise one is set up in target/python
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh
set -- training/requirements-train.txt "$@"
. tools/python.sh
shift
exec "$python" -m training "$@"
