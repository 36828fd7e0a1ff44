# Everything that is done with this project from a terminal. `make` lists it.

BIN := .venv/bin
PORT ?= 8000
export PORT

# What a developer's own shell has set must not steer the tests.
CLEAN := env -u DATABASE_URL -u DATA_DIR -u DEBUG -u SECRET_KEY
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadgroup
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help install install-mfa run test quick test-long bench lint check-production format lock

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/runtime.stamp  ## the environment alone: .venv with what the server needs

install-mfa: .venv/mfa.stamp  ## the same with the extra mfa: a second factor and passkeys for staff

run: .venv/runtime.stamp  ## a demo on 127.0.0.1:$PORT (8000) with data, an admin and an API key
	@exec $(BIN)/python scripts/run_demo.py

test: .venv/dev.stamp  ## the whole suite, on SQLite and then on PostgreSQL, browser tests included
	@scripts/install_system_packages
	@echo "The suite on SQLite"
	@REQUIRE_BROWSER=1 $(CLEAN) $(PYTEST)
	@echo "The suite on PostgreSQL; a browser sees the same on both, so that once is enough"
	@$(CLEAN) scripts/with_postgres $(PYTEST) -m "not long and not browser"

quick: .venv/dev.stamp  ## the suite on SQLite without a browser and without whole families of cases
	@$(CLEAN) $(PYTEST) -m "not long and not browser and not thorough"

test-long: .venv/dev.stamp  ## the tests that take minutes, on both databases
	@scripts/install_system_packages
	@HYPOTHESIS_PROFILE=search REQUIRE_BROWSER=1 $(CLEAN) $(PYTEST) -m long
	@HYPOTHESIS_PROFILE=search REQUIRE_BROWSER=1 $(CLEAN) scripts/with_postgres $(PYTEST) -m long

bench: .venv/dev.stamp  ## the bars of speed on PostgreSQL, some ten minutes; ONLY=P2 for one, SIZE=small|usual|full
	@PG_FSYNC=on $(CLEAN) scripts/with_postgres $(BIN)/python -m benchmarks $(ONLY) --size $(or $(SIZE),usual)

lint: .venv/dev.stamp  ## style, types, the order of imports, migrations, lock files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(CLEAN) DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run
	@$(CLEAN) $(BIN)/python -m pytest -q -p no:cacheprovider tests/project/test_locks.py

check-production: .venv/runtime.stamp  ## Django's checks of a deployment, with the environment of this shell; fails on a warning
	@$(BIN)/python manage.py check --deploy --fail-level WARNING

format: .venv/dev.stamp  ## fix what ruff can fix
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: .venv/dev.stamp  ## the lock files anew; `make lock UPGRADE=--upgrade` takes newer releases
	@$(LOCK) $(UPGRADE) -o requirements.lock
	@$(LOCK) $(UPGRADE) --extra mfa -c requirements.lock -o requirements-mfa.lock
	@$(LOCK) $(UPGRADE) --extra mfa --extra dev -c requirements-mfa.lock -o requirements-dev.lock

# The development lock holds the runtime lock's versions, so installing it serves both.
.venv/runtime.stamp: requirements.lock scripts/install
	@scripts/install requirements.lock
	@touch $@

.venv/mfa.stamp: requirements.lock requirements-mfa.lock scripts/install
	@scripts/install requirements-mfa.lock
	@touch .venv/runtime.stamp $@

.venv/dev.stamp: requirements.lock requirements-mfa.lock requirements-dev.lock scripts/install
	@scripts/install requirements-dev.lock
	@touch .venv/runtime.stamp .venv/mfa.stamp $@
