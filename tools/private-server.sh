#!/bin/sh
# Makes a private copy of a PostgreSQL installation and prints the path of its pg_config.
#   private-server.sh PG_CONFIG
# PostgreSQL finds its directories from where its programs lie, so a copy with the same inner layout is a server of its own: nl_query
# can be installed into it without rights on the system's directories, and nothing there is changed. Some 30 MB and a second.
# Lies in target/private, or, where the server's user cannot enter the checkout (root, with the checkout under /root), in a
# directory of its own under the temporary directory that target/private/N links to.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

PG_CONFIG=$(absolute "$1")
BINDIR=$("$PG_CONFIG" --bindir)
PKGLIBDIR=$("$PG_CONFIG" --pkglibdir)
SHAREDIR=$("$PG_CONFIG" --sharedir)
INCLUDEDIR=$("$PG_CONFIG" --pkgincludedir)
MAJOR=$(major_of "$PG_CONFIG")
[ -x "$BINDIR/postgres" ] || die "$PG_CONFIG belongs to no server: $BINDIR/postgres is missing"

link=target/private/$MAJOR
mark="$BINDIR $("$BINDIR/postgres" --version) $(stat -L -c %Y "$BINDIR/postgres")"

# The longest directory above all of them: what is copied keeps its place below it.
prefix=$BINDIR
while [ "$prefix" != / ]; do
    prefix=$(dirname "$prefix")
    case $PKGLIBDIR/ in "$prefix"/*) ;; *) continue ;; esac
    case $SHAREDIR/ in "$prefix"/*) ;; *) continue ;; esac
    case $INCLUDEDIR/ in "$prefix"/*) ;; *) continue ;; esac
    break
done
[ "$prefix" != / ] || die "cannot copy this installation: $BINDIR and $SHAREDIR have no directory in common"

place() {
    mkdir -p target/private
    if as_server_user test -x "$ROOT/target/private"; then
        rm -rf "$link"
        mkdir "$link"
    else
        [ -L "$link" ] && rm -rf "$(readlink "$link")"
        rm -rf "$link"
        outside=$(mktemp -d "${TMPDIR:-/tmp}/nl_query-server-XXXXXX")
        chmod 755 "$outside"
        ln -s "$outside" "$link"
    fi
}

# Bitcode is for JIT inlining only, and most of the size.
copy() {
    [ -d "$1" ] || return 0
    to=$link/${1#"$prefix"/}
    mkdir -p "$to"
    tar -C "$1" --exclude=./bitcode --exclude='./nl_query*' --exclude='./extension/nl_query*' -chf - . | tar -C "$to" -xf -
}

if [ "$(cat "$link/made-from" 2>/dev/null)" != "$mark" ]; then
    say "copying PostgreSQL $MAJOR to a place of its own"
    place
    copy "$BINDIR"
    copy "$PKGLIBDIR"
    copy "$SHAREDIR"
    copy "$INCLUDEDIR"
    # A server that was built here keeps its own libpq beside it.
    for lib in "$("$PG_CONFIG" --libdir)"/libpq.so*; do
        case $lib in
            /usr/lib/*) ;;
            *) mkdir -p "$link/lib" && cp -P "$lib" "$link/lib/" ;;
        esac
    done
    echo "$mark" >"$link/made-from"
fi
copied=$(readlink -f "$link")/${BINDIR#"$prefix"/}/pg_config
[ -x "$copied" ] || die "$PG_CONFIG cannot be copied: no pg_config in $BINDIR"
echo "$copied"
