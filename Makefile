# Every target makes the environment that it needs, unless it exists.
PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
LOCKS   := requirements/asbuilt.lock requirements/develop.lock
READY   := $(VENV)/ready
# a package of links to the folders of content, for tools that read imports without running them
TYPED   := $(VENV)/typed/asbuilt_content
RESOLVE := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
# the least percentage of lines and branches that the tests must cover
COVERED := 57
PIP     := -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help verify test check imports coverage installed site pages locks clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

verify: $(READY) ## verify the shipped specs on mock accounts and write reports/out/latest
	@$(BIN)/asbuilt verify

test: $(READY) ## run the tests of asbuilt itself
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not realtime and not installed"
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m realtime

check: $(READY) $(TYPED) ## check lint, format, types, imports and tests, as CI does
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(MAKE) --no-print-directory imports
	@$(MAKE) --no-print-directory test

imports: $(READY) $(TYPED) ## check the import contracts of pyproject.toml
	@PYTHONPATH=$(dir $(TYPED)) $(BIN)/lint-imports --no-cache --no-logo

coverage: $(READY) ## run the tests that need no real time, and report the lines that they do not cover
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not installed and not realtime" --cov --cov-fail-under=$(COVERED)

installed: $(READY) ## build the wheel, install it in an empty environment, and test it in an empty folder
	@rm -rf $(VENV)/wheel
	@$(BIN)/python -m build --no-isolation --outdir $(VENV)/wheel . > $(VENV)/wheel.log || { cat $(VENV)/wheel.log; exit 1; }
	@rm -rf *.egg-info
	@$(PYTHON) -m venv --clear $(VENV)/installed
	@$(VENV)/installed/bin/python $(PIP) --require-hashes -r requirements/asbuilt.lock
	@$(VENV)/installed/bin/python $(PIP) --no-deps --no-index $(VENV)/wheel/*.whl
	@$(BIN)/python -m pytest -q tests/packaging -m installed --installed $(VENV)/installed

site: ## build the documentation site in reports/out/site
	@test -x $(VENV)/site/bin/mkdocs || $(PYTHON) -m venv $(VENV)/site
	@$(VENV)/site/bin/python $(PIP) --require-hashes -r requirements/docs.lock
	@NO_MKDOCS_2_WARNING=1 $(VENV)/site/bin/mkdocs build --quiet --strict

pages: $(READY) ## generate the JSON Schema of specs and docs/checks.md from the checks
	@$(BIN)/asbuilt schema --out asbuilt/spec/spec.schema.json
	@$(BIN)/asbuilt schema --checks --out docs/checks.md

locks: ## resolve the requirements again with uv; valid pins are kept
	uv pip compile $(RESOLVE) -o requirements/asbuilt.lock pyproject.toml
	uv pip compile $(RESOLVE) -c requirements/asbuilt.lock -o requirements/build.lock --group build
	uv pip compile $(RESOLVE) -c requirements/asbuilt.lock -c requirements/build.lock -o requirements/develop.lock --group dev
	uv pip compile $(RESOLVE) -c requirements/asbuilt.lock -o requirements/docs.lock --group docs

clean: ## remove the environment, caches and reports
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info reports/out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(TYPED): Makefile
	@mkdir -p $@
	@for name in checks fixtures loadtests reports; do ln -sfn ../../../$$name $@/$$name; done
	@touch $@ $@/__init__.py

$(READY): $(LOCKS) pyproject.toml setup.py
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "asbuilt needs Python 3.11 to 3.13, found %d.%d: name one with make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) from $(LOCKS) ..."
	@$(BIN)/python $(PIP) --require-hashes $(addprefix -r ,$(LOCKS))
	@$(BIN)/python $(PIP) --no-deps --no-build-isolation --no-index -e .
	@touch $@
