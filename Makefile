# Building, installing and testing nl_query. `make help` lists what there is.
#
#   PG_CONFIG=…   the server to build for and test with (default: the pg_config on the PATH); each major version has a target
#                 directory of its own, so that changing between them rebuilds nothing
#   DESTDIR=…     a staging root for `make install`, for packagers
#   DATABASE=…    for `make demo`: ask this database (a connection string) instead of the demonstration's own
#   NL_QUERY_EVAL=…   for `make accuracy` and `make harness`: the folder with the benchmark data; ARGS=… their options (--help)

PG_CONFIG ?= pg_config
export PG_CONFIG
NL_QUERY_EVAL ?= ../shared/eval

.PHONY: all help setup demo test test-core install uninstall installcheck schema servers check-versions bench harness accuracy weights fmt clean

all:
	@tools/build.sh

help:
	@echo "make                 build the extension's library (plain cargo; needs neither cargo-pgrx nor root)"
	@echo "make demo            from nothing to answers: set up, build, start a throw-away cluster, ask it questions"
	@echo "make test            set up, then all tests, on throw-away clusters; the system's PostgreSQL is not changed"
	@echo "make test-core       the tests that need no PostgreSQL: seconds"
	@echo "make install         install into the server that PG_CONFIG names; make uninstall takes it away again"
	@echo "make installcheck    pg_regress against a running server (PGHOST, PGPORT) that has nl_query installed and preloaded"
	@echo "make setup           check for and install what building needs (Debian, Ubuntu)"
	@echo "make servers         build PostgreSQL 17 and 18 from the distribution's source packages into target/servers"
	@echo "make check-versions  compile for every supported PostgreSQL version, with whatever headers are here"
	@echo "make schema          write the install script from the Rust source (cargo-pgrx)"
	@echo "make bench           the figures of the README (PART=answers, tables, cached, gateway or bystanders for one of them; PART=soak: mixed faults for NL_QUERY_SOAK_MINUTES)"
	@echo "make harness         how many answers of models end right, with repair, agreement and routing, and at what cost; or of your own model (ARGS=--help)"
	@echo "make weights         trains the embedded engine's weights anew from the data in NL_QUERY_EVAL, hours (ARGS=--small: minutes, a trial)"
	@echo "make accuracy        how often the engine is right, over data in NL_QUERY_EVAL; rewrites docs/accuracy.md (ARGS='--limit 600' …)"

setup:
	@tools/setup.sh

demo:
	@tools/demo.sh $(if $(DATABASE),'$(DATABASE)')

test: setup
	@tools/test.sh

test-core:
	@CARGO_TARGET_DIR=target/core cargo test -q -p nl_query_core -p nl_query_engine

install: all
	@tools/install.sh install

uninstall:
	@tools/install.sh uninstall

installcheck:
	@tools/regress.sh

schema: setup
	@tools/schema.sh write

servers: setup
	@tools/servers.sh

check-versions: setup
	@tools/check-versions.sh

bench: setup
	@tools/bench.sh $(PART)

harness:
	@NL_QUERY_EVAL='$(NL_QUERY_EVAL)' tools/harness.sh $(ARGS)

weights: setup
	@NL_QUERY_EVAL='$(NL_QUERY_EVAL)' tools/weights.sh $(ARGS)

accuracy: setup
	@NL_QUERY_EVAL='$(NL_QUERY_EVAL)' tools/accuracy.sh $(ARGS)

fmt:
	@cargo fmt --all

clean:
	@tools/clean.sh
