#!/bin/sh
# Builds PostgreSQL servers that the distribution does not ship yet from Debian's source packages: target/servers/N.
#   servers.sh [VERSION …]          (default: 17 18; versions that are built already are left alone)
# The source list, the package lists and the downloads lie under target/, apart from the system's; nothing but the build tools is
# installed. Plain upstream sources, configured for little: no ICU, no TLS; with contrib.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

DIR=$ROOT/target/servers
APT=$DIR/apt
SUITES="trixie forky sid"

command -v apt-get >/dev/null 2>&1 ||
    die "make servers needs a Debian system; elsewhere, name any server that you have: make test PG_CONFIG=/path/to/pg_config"

# Where the system's own packages come from: the same mirror has the other releases.
mirror() {
    # shellcheck disable=SC2016 # apt's own fields
    apt-get indextargets --format '$(ORIGIN) $(SITE)' 'Created-By: Packages' 2>/dev/null | sed -n 's/^Debian \(.*[^y]\)$/\1/p' | head -n 1
}

lists_are_there() {
    [ -n "$(find "$APT/lists" -name '*_Sources*' 2>/dev/null | head -n 1)" ]
}

apt_private() {
    apt-get -q -o Dir::Etc::sourcelist="$APT/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$APT/lists" \
        -o Dir::Cache="$APT/cache" -o APT::Get::List-Cleanup=0 -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none "$@"
}

prepare_lists() {
    from=${NL_QUERY_DEBIAN_MIRROR:-$(mirror)}
    [ -n "$from" ] || die "no Debian mirror is configured here; name one: NL_QUERY_DEBIAN_MIRROR=…"
    key=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -f "$key" ] || die "$key is missing (package debian-archive-keyring)"
    mkdir -p "$APT/lists/partial" "$APT/cache/archives/partial"
    for suite in $SUITES; do echo "deb-src [signed-by=$key] $from $suite main"; done >"$APT/sources.list"
    apt_private update >&2 || lists_are_there || die "the source package lists could not be fetched"
}

build_tools() {
    missing=
    for tool in bison flex make gcc perl bzip2; do
        command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
    done
    [ -z "$missing" ] && return 0
    say "installing:$missing"
    if [ "$(id -u)" -eq 0 ]; then run=; else run=sudo; fi
    # shellcheck disable=SC2086 # words are wanted
    $run env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends $missing >&2 ||
        die "please install:$missing"
}

# build VERSION
build() {
    work=$DIR/build-$1
    rm -rf "$work"
    mkdir -p "$work"
    (
        cd "$work"
        apt_private source --download-only "postgresql-$1" >&2 || die "there is no source package postgresql-$1 in: $SUITES"
        tar -xf postgresql-"$1"_*.orig.tar.*
        cd postgresql-"$1"*/
        say "building PostgreSQL $1; the log is $work/log"
        # The programs find their library beside themselves, so that a copy of the whole is a server too (private-server.sh).
        # shellcheck disable=SC2016 # for make and the linker to expand
        {
            ./configure --prefix="$DIR/$1" --without-icu --without-readline --without-zlib --disable-rpath CFLAGS=-O2 \
                LDFLAGS='-Wl,-rpath,\$$ORIGIN/../lib:\$$ORIGIN/..' &&
                make -j2 -s && make -s install && make -s -j2 -C contrib install
        } >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; die "PostgreSQL $1 could not be built"; }
    )
    "$DIR/$1/bin/pg_config" --version
    "$DIR/$1/bin/initdb" --version >/dev/null
    rm -rf "$work"
}

[ $# -gt 0 ] || set -- 17 18
for version in "$@"; do
    if [ -x "$DIR/$version/bin/pg_config" ] && [ -x "$DIR/$version/bin/postgres" ]; then
        say "PostgreSQL $version is built already: target/servers/$version"
        continue
    fi
    build_tools
    [ -n "${prepared:-}" ] || { prepare_lists; prepared=1; }
    build "$version"
done
