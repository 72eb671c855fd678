# Sets $python to a Python that has the packages of $1; sourced by the tools that need one, after common.sh.
#   NL_QUERY_PYTHON   names one that has them; otherwise it is set up in target/python
# shellcheck shell=sh disable=SC2154
python=${NL_QUERY_PYTHON:-}
if [ -z "$python" ]; then
    python=$ROOT/target/python/bin/python
    if ! cmp -s "$1" "target/python/made-from-${1##*/}"; then
        say "setting up Python in target/python"
        python3 -m venv target/python || die "python3 with venv is missing (packages python3 and python3-venv)"
        "$python" -m pip install --quiet --disable-pip-version-check -r "$1"
        cp "$1" "target/python/made-from-${1##*/}"
    fi
fi
