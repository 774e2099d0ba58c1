# The verbs of this project. `make demo` and `make test` need Python 3.11+ and make, nothing else.
VENV ?= .venv
RUN = exec $(VENV)/bin/python
DEMO = PYTHONPATH=examples $(RUN) -m demo
NOX = $(RUN) -m nox
# Two tests for each core, as tests wait more than they compute; TESTS=tests/storage runs one folder.
PYTEST = $(RUN) -m pytest -q -n auto --dist loadgroup $(TESTS)

.PHONY: help demo demo-check serve test test-services test-browser test-lanes test-all lint docs bench schema graphiql clean

help:
	@echo "make demo           a running service over a real worker: dashboard, GraphiQL, admin, sample tasks"
	@echo "make demo-check     the same unattended: query, retry and revoke over HTTP, then stop"
	@echo "make serve          only the web server, on generated rows: PORT=8000 DEMO_AUTOLOGIN=1 DEMO_DIR=.demo"
	@echo "make test           all that needs only Python, on SQLite, with a few tests over a real worker"
	@echo "make test-services  real brokers, workers, PostgreSQL, MariaDB, memcached, PgBouncer, the real 2.6.0"
	@echo "make test-browser   the pages in Chromium, and the tools of frontends; needs npm"
	@echo "make test-lanes     the other versions that are supported"
	@echo "make test-all       everything, long stress and mutation testing included: hours"
	@echo "make lint           ruff, mypy, import-linter; migrations, schema and bundle up to date"
	@echo "make docs           the documentation as a site: docs/_build/index.html"
	@echo "make bench          the benchmarks: prints a table, keeps JSON"
	@echo "make schema         write schema.graphql from the code"
	@echo "make graphiql       build GraphiQL from its locked sources; needs node and npm"
	@echo "make clean          delete everything that these made"

demo:
	@tools/environment $(VENV) demo
	@tools/dashboard
	@$(DEMO).run

demo-check:
	@tools/environment $(VENV) demo
	@$(DEMO).check

serve:
	@tools/environment $(VENV) demo
	@tools/dashboard
	@$(DEMO).serve

test:
	@tools/environment $(VENV) dev
	@$(PYTEST)

test-services:
	@tools/environment $(VENV) dev
	@$(NOX) -t services

test-browser:
	@tools/environment $(VENV) dev
	@$(NOX) -t browser

test-lanes:
	@tools/environment $(VENV) dev
	@$(NOX) -t lanes

test-all: test
	@$(NOX) -t services browser lanes all

lint:
	@tools/environment $(VENV) dev
	@$(NOX) -t lint

docs:
	@tools/environment $(VENV) dev
	@$(NOX) -s docs

bench:
	@tools/environment $(VENV) dev
	@$(NOX) -s bench

schema:
	@tools/environment $(VENV) dev
	@$(NOX) -s schema

graphiql:
	@tools/graphiql

clean:
	rm -rf examples/dashboard/dist examples/dashboard/node_modules examples/dashboard/src/gql $(VENV) $(VENV).log .demo .nox .coverage htmlcov build dist docs/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path "./.git/*" -prune -exec rm -rf {} +
