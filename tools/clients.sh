#!/bin/sh
# Installs the clients that the tests drive beside psql, where the system's packages have them (Debian, Ubuntu) and this user may
# install. Quick when nothing is missing. A client that stays missing fails nothing: its test says that it is skipped.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

# The one that the system's packages belong to; another may come first on the path.
distribution_python() { /usr/bin/python3 "$@"; }

missing_packages() {
    distribution_python -c 'import psycopg' 2>/dev/null || echo python3-psycopg
    distribution_python -c 'import sqlalchemy' 2>/dev/null || echo python3-sqlalchemy
    distribution_python -c 'import psycopg2' 2>/dev/null || echo python3-psycopg2 # what SQLAlchemy 1.4 connects with
    [ -e /usr/share/java/postgresql.jar ] || echo libpostgresql-jdbc-java
    command -v java >/dev/null 2>&1 || echo default-jdk-headless
    command -v pgbouncer >/dev/null 2>&1 || [ -x /usr/sbin/pgbouncer ] || echo pgbouncer
    [ -e /usr/include/postgresql/libpq-fe.h ] || echo libpq-dev
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then env DEBIAN_FRONTEND=noninteractive "$@"; else sudo -n env DEBIAN_FRONTEND=noninteractive "$@"; fi
}

missing=$(missing_packages)
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null 2>&1 || exit 0
mkdir -p target
# A package that starts a service is kept from it: 101 is "not allowed" to invoke-rc.d.
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e "$policy" ] && [ "$(id -u)" -eq 0 ]; then
    made=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
fi
trap '[ -z "$made" ] || rm -f "$policy"' EXIT
if ! apt-cache show pgbouncer >/dev/null 2>&1; then
    as_root apt-get -q -o DPkg::Lock::Timeout=300 update >target/clients.log 2>&1 || true
fi
for package in $missing; do
    say "installing $package (log: target/clients.log)"
    as_root apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$package" >>target/clients.log 2>&1 </dev/null ||
        say "$package could not be installed; its tests will be skipped"
done
