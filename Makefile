# Every target makes the environment it needs; the second run finds it and starts at once.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LOCK   := requirements/asbuilt.lock
READY  := $(VENV)/ready

.DEFAULT_GOAL := help
.PHONY: help verify test check pages clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

verify: $(READY) ## verify the documented architectures on mock accounts and write reports/out/latest
	@$(BIN)/asbuilt verify

test: $(READY) ## run the tests of the suite itself
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not realtime"
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m realtime

check: $(READY) ## lint, format, types and tests: green before every commit
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(MAKE) --no-print-directory test

pages: $(READY) ## write again what is made from the checks: the specs' JSON Schema, docs/checks.md
	@$(BIN)/asbuilt schema --out asbuilt/spec/spec.schema.json
	@$(BIN)/asbuilt schema --checks --out docs/checks.md

clean: ## remove the environment, caches and written reports
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info reports/out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "asbuilt needs Python 3.11 to 3.13, found %d.%d: name one with make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) from $(LOCK) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@
