#!/bin/sh
# Checks for what building and testing need, and installs what is missing through the system's package manager (Debian, Ubuntu).
# Silent and quick when nothing is missing. Never touches a PostgreSQL cluster, and creates none.
#   PG_CONFIG   the server that is wanted; when it works, no PostgreSQL package is installed
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

RUST_WANTED=95 # 1.95: rust-version in Cargo.toml

check_rust() {
    if ! command -v cargo >/dev/null 2>&1 && [ -x "$HOME/.cargo/bin/cargo" ]; then
        die "the Rust toolchain is installed but not on the PATH; run: . \"\$HOME/.cargo/env\""
    fi
    command -v cargo >/dev/null 2>&1 || die "the Rust toolchain is missing: install Rust 1.$RUST_WANTED or newer as https://rustup.rs says, then try again"
    minor=$(rustc --version | sed -E 's/^rustc [0-9]+\.([0-9]+).*/\1/')
    [ "$minor" -ge "$RUST_WANTED" ] || die "Rust 1.$RUST_WANTED or newer is needed, this is $(rustc --version); run: rustup update stable"
}

# Headers and a server, both of the version that pg_config names.
server_works() {
    pg=${PG_CONFIG:-pg_config}
    command -v "$pg" >/dev/null 2>&1 || return 1
    [ -x "$("$pg" --bindir)/postgres" ] && [ -x "$("$pg" --bindir)/initdb" ] && [ -f "$("$pg" --includedir-server)/postgres.h" ]
}

has_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return 0
    for f in /usr/lib/llvm*/lib/libclang*.so* /usr/lib/*/libclang*.so* /usr/lib64/libclang*.so* /usr/local/lib/libclang*.so*; do
        # The compiler's own headers (stddef.h) come with the development package only.
        [ -e "$f" ] && ls /usr/lib/clang/*/include/stddef.h /usr/lib/llvm*/lib/clang/*/include/stddef.h >/dev/null 2>&1 && return 0
    done
    return 1
}

# The version to install: that of a server that is already there, otherwise the distribution's own.
version_to_install() {
    installed=$(find /usr/lib/postgresql -maxdepth 3 -path '*/bin/postgres' 2>/dev/null | sed -E 's|.*/postgresql/([0-9]+)/.*|\1|' | sort -n | tail -n 1)
    if [ -n "$installed" ]; then
        echo "$installed"
    else
        apt-cache depends postgresql 2>/dev/null | sed -nE 's/.*Depends: postgresql-([0-9]+)$/\1/p' | head -n 1
    fi
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

# Debian's packages start a cluster "main" at the first installation. A file in their own configuration directory keeps them from
# it for the time of the installation only.
NO_CLUSTER=/etc/postgresql-common/createcluster.d/nl_query.conf

forget_no_cluster() {
    as_root rm -f "$NO_CLUSTER"
}

install_packages() {
    say "installing: $* (log: target/setup.log)"
    mkdir -p target
    trap forget_no_cluster EXIT
    as_root mkdir -p "$(dirname "$NO_CLUSTER")"
    echo "create_main_cluster = false" | as_root tee "$NO_CLUSTER" >/dev/null
    as_root apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@" >target/setup.log 2>&1 </dev/null ||
        { tail -n 20 target/setup.log >&2; die "the package manager could not install: $*"; }
    forget_no_cluster
    trap - EXIT
}

missing_packages() {
    command -v cc >/dev/null 2>&1 || echo gcc libc6-dev
    command -v zstd >/dev/null 2>&1 || echo zstd
    has_libclang || echo libclang-dev
    if ! server_works; then
        version=$(version_to_install)
        echo "postgresql-${version:-server} postgresql-server-dev-${version:-all}"
    fi
}

check_rust
if command -v cc >/dev/null 2>&1 && command -v zstd >/dev/null 2>&1 && has_libclang && server_works; then
    exit 0
fi
[ "${PG_CONFIG:-pg_config}" = pg_config ] || server_works ||
    die "PG_CONFIG=$PG_CONFIG is no pg_config of a server with its headers (postgres, initdb and postgres.h are looked for)"
by_hand="a PostgreSQL server (14 to 18) with its server headers and pg_config, libclang with its headers, a C compiler and linker, zstd"
command -v apt-get >/dev/null 2>&1 || die "please install with your package manager, then try again: $by_hand"
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || die "please install as root, then try again: $(missing_packages | tr '\n' ' ')"
fi
if ! apt-cache show libclang-dev >/dev/null 2>&1; then
    as_root apt-get -q -o DPkg::Lock::Timeout=300 update >&2 || die "the package lists could not be fetched"
fi
# shellcheck disable=SC2046 # words are wanted
install_packages $(missing_packages)
server_works || die "PostgreSQL is installed, but no pg_config of a server with its headers is on the PATH; name it: make PG_CONFIG=…"
