# Every target sets up what it needs; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Test processes that run side by side, each with one thread unless OMP_NUM_THREADS says otherwise.
WORKERS ?= 2
QUICK = $(BIN)/python -m pytest -q -m 'not slow' -n $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help demo test test-portable test-slow check docs tables bench clean

help: ## Show this list.
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { \
	  echo "No ensurepip here: fetching pip for the environment instead."; \
	  $(PYTHON) -m venv --clear --without-pip $(VENV) && \
	  $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $(STAMP)

demo: $(STAMP) ## Diagnose the sample walls and say where the reports are.
	$(BIN)/tiling-diag diag --pred sample_data/brick_zones.jpg --ref sample_data/brick_reference.jpg --out out/demo/brick_zones
	$(BIN)/tiling-diag diag --pred sample_data/brick_doubled.jpg --ref sample_data/brick_reference.jpg --out out/demo/brick_doubled
	$(BIN)/tiling-diag diag --pred sample_data/brick.jpg --mask sample_data/brick_mask.png --ref sample_data/brick_reference.jpg --out out/demo/brick
	@echo "Open out/demo/brick_zones/report.html, out/demo/brick_doubled/report.html and out/demo/brick/report.html"

test: $(STAMP) ## Run the quick tests (sets everything up on a fresh machine).
	$(QUICK)

test-portable: $(STAMP) ## The quick tests as other processors and thread counts would run them.
	MKL_CBWR=COMPATIBLE $(QUICK)
	ATEN_CPU_CAPABILITY=default $(QUICK)
	OMP_NUM_THREADS=1 $(QUICK)
	OMP_NUM_THREADS=4 $(QUICK)

test-slow: $(STAMP) ## Run the tests that build, install or kill things.
	$(BIN)/python -m pytest -q -m slow

check: $(STAMP) ## Formatting, lint, types and the quick tests.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) test

docs: $(STAMP) ## Write the documentation site to build/site; nothing is fetched, warnings are errors.
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "Open build/site/index.html"

tables: $(STAMP) ## Put the tables of benchmarks that were run (build/bench) into docs/how_good_it_is.
	$(BIN)/python benchmarks/page_tables.py

bench: $(STAMP) ## Measure speed and, where the corpus is, the lattice; tables go to build/bench.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/lattice.py
	$(BIN)/python benchmarks/batch.py --only throughput
	$(BIN)/python benchmarks/losses.py --sizes 256

clean: ## Remove the virtual environment and everything that was built.
	rm -rf $(VENV) build dist *.egg-info out .pytest_cache .mypy_cache .ruff_cache
