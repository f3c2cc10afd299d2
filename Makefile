# Two commands do everything on a fresh machine: `make demo` and `make test`. On Windows see README.md.
PYTHON ?= python3
BIN := .venv/bin
SAMPLE ?= samples/drifted-core
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test test-windows check lint types contracts bench samples schemas checks collector fmt clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# Pango draws the PDF, Chromium opens the HTML in the tests. Installed where we may; said plainly where we may not.
.venv/system:
	@mkdir -p .venv
	@sh scripts/system-packages.sh
	@touch $@

.venv/installed: pyproject.toml .venv/system
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: .venv/installed  ## scan a sample host: HTML, PDF and JSON into ce-audit-report/
	@$(BIN)/ce-audit scan $(SAMPLE) -o ce-audit-report --exit-zero
	@echo
	@echo "Open ce-audit-report/report.html in a browser. Another host: make demo SAMPLE=samples/compliant-core"

test: .venv/installed  ## all tests, with branch coverage
	$(BIN)/python -m pytest -n $(JOBS) --cov --cov-report=term:skip-covered --cov-fail-under=95 -q

.venv/windows/built: .venv/installed scripts/windows/build.py $(wildcard scripts/windows/*.c)
	$(BIN)/python scripts/windows/build.py .venv/windows
	@touch $@

test-windows:  ## the tests of the live path, in a Windows under Wine that is built from packages
	@if sh scripts/windows/system-packages.sh; then \
		$(MAKE) -s .venv/windows/built && $(BIN)/python scripts/windows/run.py .venv/windows; \
	else echo "test-windows: skipped: Wine and MinGW cannot be installed here"; fi

check: lint types contracts test  ## what CI runs

lint: .venv/installed  ## ruff: format and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/installed  ## mypy --strict, for Linux and for Windows
	$(BIN)/mypy
	$(BIN)/mypy --platform win32

contracts: .venv/installed  ## imports run one way
	$(BIN)/lint-imports --no-cache

bench: .venv/installed  ## benchmarks, printed; never part of the tests
	@for script in benchmarks/*.py; do $(BIN)/python -m benchmarks.$$(basename $$script .py) || exit 1; done

samples: .venv/installed  ## write the sample hosts again
	$(BIN)/python samples/generate.py

schemas: .venv/installed  ## write docs/schemas again from the models
	@for name in results-v1 snapshot-v1 diff-v1 site-v1; do $(BIN)/ce-audit schema $$name > docs/schemas/$$name.schema.json || exit 1; done

checks: .venv/installed  ## write docs/checks.md again, and the examples that explain shows
	$(BIN)/python -m scripts.generate_checks

collector: .venv/installed  ## write the collector's copy of catalogue and masking again
	$(BIN)/python -m scripts.generate_collector

fmt: .venv/installed  ## format, and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove what make made
	rm -rf .venv ce-audit-report build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
