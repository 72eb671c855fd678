#!/bin/sh
# Measures how often the embedded engine is right, and writes docs/accuracy.md.
#   accuracy.sh [OPTION …]      as python -m training.measure takes them
#   NL_QUERY_EVAL               the folder with the benchmark data (default: ../shared/eval)
#   NL_QUERY_PYTHON             a Python that has training/requirements.txt; otherwise one is set up in target/python
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

python=${NL_QUERY_PYTHON:-}
if [ -z "$python" ]; then
    python=$ROOT/target/python/bin/python
    if ! cmp -s training/requirements.txt target/python/made-from; then
        say "setting up Python in target/python"
        python3 -m venv target/python || die "python3 with venv is missing (packages python3 and python3-venv)"
        "$python" -m pip install --quiet --disable-pip-version-check -r training/requirements.txt
        cp training/requirements.txt target/python/made-from
    fi
fi
exec "$python" -m training.measure "$@"
