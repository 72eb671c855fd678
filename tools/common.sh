# What the scripts share. Sourced, with `set -eu` in force and the checkout as working directory. POSIX sh.
# shellcheck shell=sh

ROOT=$(pwd)

say() { printf '%s\n' "$*" >&2; }

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# PostgreSQL refuses to run as root; root runs it as this user.
server_user() {
    if [ "$(id -u)" -ne 0 ]; then
        id -un
    elif id postgres >/dev/null 2>&1; then
        echo postgres
    else
        echo nobody
    fi
}

# Runs a command as the server's user; the command must not need the checkout, which may lie under /root.
as_server_user() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && exec runuser -u "$(server_user)" -- "$@")
    else
        "$@"
    fi
}

# The major version of the server that a pg_config belongs to.
major_of() {
    "$1" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/'
}

absolute() {
    case $1 in
        /*) echo "$1" ;;
        */*) echo "$ROOT/$1" ;;
        *) command -v "$1" || die "there is no program \"$1\"" ;;
    esac
}

# A home of its own for pgrx, so that nothing under the user's home is read or written. pgrx's build script runs again whenever
# its configuration file is missing or newer, and everything above it with it: written only when it would differ.
#   pgrx_home DIRECTORY MAJOR PG_CONFIG
pgrx_home() {
    PGRX_HOME=$1
    PGRX_PG_CONFIG_PATH=$3
    export PGRX_HOME PGRX_PG_CONFIG_PATH
    mkdir -p "$PGRX_HOME"
    line="pg$2 = \"$3\""
    grep -qxF "$line" "$PGRX_HOME/config.toml" 2>/dev/null || printf '[configs]\n%s\n' "$line" >"$PGRX_HOME/config.toml"
}

# Where the library is built. With other weights than the checkout's (NL_QUERY_WEIGHTS, a file), in a place of its own, so that
# nobody finds and installs it by mistake.
#   build_directory MAJOR
build_directory() {
    echo "target/${NL_QUERY_WEIGHTS:+weights/}pg$1"
}

# Builds the extension and installs it into a private copy of the server, whose pg_config PG_CONFIG names from then on.
install_privately() {
    tools/build.sh
    PG_CONFIG=$(tools/private-server.sh "${PG_CONFIG:-pg_config}")
    export PG_CONFIG
    tools/install.sh install
}
