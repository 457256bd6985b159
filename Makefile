# Every target makes its own environment: it is the only command a fresh machine needs (Python 3.11 or later).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DOCS := .venv-docs

.DEFAULT_GOAL := help
.PHONY: help demo test check simulate rotations plant mutants kill test-foreign bench soak-limits docs pictures lock clean

help:  ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(STAMP): pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP)  ## Run the main job against the local exchange
	@$(BIN)/python examples/quickstart.py

test: $(STAMP)  ## Run every test
	$(BIN)/python -m pytest

check: $(STAMP)  ## Lint, check the format, the types and the words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@$(BIN)/python -m tests.house.words

SEEDS ?= 10000
START ?= 0
simulate: $(STAMP)  ## Live SEEDS lives with faults from seed START, in virtual time
	@$(BIN)/python -m tests.simulation $(SEEDS) $(START)

TIMES ?= 10000
rotations: $(STAMP)  ## Replace connections TIMES times under load: nothing may be lost or doubled
	@$(BIN)/python -m tests.simulation.rotations $(TIMES)

plant: $(STAMP)  ## Take safeguards away one at a time: the lives must notice each
	@$(BIN)/python -m tests.simulation.plant

SAMPLE ?= 0
SEED ?= 1
mutants: $(STAMP)  ## Change one line at a time where a wrong line loses money: a test of its area must fail (SAMPLE=N takes N of them)
	@SAMPLE=$(SAMPLE) SEED=$(SEED) $(BIN)/python -m tests.mutants $(FILES)

EACH ?= 50
kill: $(STAMP)  ## Kill EACH processes at every point of the way of an order: none may be lost sight of
	@$(BIN)/python -m tests.kill $(EACH)

test-foreign: $(STAMP)  ## Run clients of other hands, unmodified, against the local exchange
	@$(BIN)/python -m tests.foreign

bench: $(STAMP)  ## Measure against a bare socket in the same run
	$(BIN)/python -m benchmarks

SPEED ?= 4
soak-limits: $(STAMP)  ## Eight bots want twice the limits, through each shared store, SPEED times the speed
	@$(BIN)/python -m benchmarks.soak_limits --speed $(SPEED)

$(DOCS)/.installed: docs/requirements.lock
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r docs/requirements.lock
	@touch $@

docs: $(DOCS)/.installed  ## Build the documentation as a site, strictly, in dist/site
	@NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict
	@echo "dist/site/index.html"

pictures:  ## Draw the pictures of the documentation anew
	@$(PYTHON) docs/pictures/make.py

lock: pyproject.toml  ## Pin every dependency again, with hashes
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-annotate --no-header --all-extras --group dev --upgrade pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-annotate --no-header --upgrade --constraint requirements.lock --group pyproject.toml:docs -o docs/requirements.lock

clean:  ## Remove what was made here
	rm -rf $(VENV) $(DOCS) .mypy_cache .pytest_cache .ruff_cache .hypothesis .foreign dist
