#!/bin/sh
# Removes what was built, but not the servers of `make servers`, nor cargo-pgrx: they take long to make.
set -eu
cd "$(dirname "$0")/.."
for link in target/private/*; do
    if [ -L "$link" ]; then rm -rf "$(readlink "$link")"; fi
done
find target -mindepth 1 -maxdepth 1 ! -name servers ! -name tools -exec rm -rf {} + 2>/dev/null || true
