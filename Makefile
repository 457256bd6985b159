# Every target makes its own environment: it is the only command a fresh machine needs (Python 3.11 or later).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DOCS := .venv-docs
PYRIGHT := .venv-pyright

# An environment that keeps no bytecode makes each of the tests' many processes compile everything again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo test lives check simulate rotations plant guards mutants pyright kill adversary test-foreign bench bench-peers bench-record bench-check soak-limits docs pictures screenshots dist lowest others lock clean

help:  ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

# An environment that another Python or another folder made (a copied tree) is made anew.
ifneq ($(wildcard $(STAMP)),)
ifneq ($(shell $(BIN)/python -c 'import os, sys, importlib.util as u; print(os.path.samefile(sys.prefix, "$(VENV)") and u.find_spec("binance_wsapi").origin.startswith(os.getcwd()))' 2>/dev/null),True)
$(info $(VENV) is stale, its Python or the folder it was made in is gone: it is made anew)
$(shell rm -f $(STAMP))
endif
endif

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "this needs Python 3.11 or later: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP)  ## Run the main job against the local exchange
	@$(BIN)/python examples/quickstart.py

test: $(STAMP)  ## Run every test, on all cores
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

DRAWN := $(shell grep -rlE '^from tests.counts import' tests --include=test_*.py)
lives: $(STAMP)  ## Draw the lives, examples and rounds that make test leaves out, from seed SEED
	LIVES=rest $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal --hypothesis-profile=default --hypothesis-seed=$(SEED) -m lives $(DRAWN)

check: $(STAMP)  ## Lint, check the format, the types and the words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@$(BIN)/python -m tests.house.words

pyright: $(STAMP)  ## Check the code of users by the second type checker, in an environment of its own (needs the npm registry)
	test -x $(PYRIGHT)/bin/pyright || { $(PYTHON) -m venv $(PYRIGHT) && $(PYRIGHT)/bin/pip install --quiet "pyright[nodejs]==1.1.414"; }
	$(PYRIGHT)/bin/pyright -p tests/typing --pythonpath $(BIN)/python

SEEDS ?= 10000
START ?= 0
simulate: $(STAMP)  ## Live SEEDS lives with faults from seed START, in virtual time
	@$(BIN)/python -m tests.simulation $(SEEDS) $(START)

TIMES ?= 10000
rotations: $(STAMP)  ## Replace connections TIMES times under load: nothing may be lost or doubled
	@$(BIN)/python -m tests.simulation.rotations $(TIMES)

EXAMPLES ?= 20000
SEED ?= 0
adversary: $(STAMP)  ## Live EXAMPLES examples under a venue that shares nothing with ours, from seed SEED
	@$(BIN)/python -m tests.adversary $(EXAMPLES) $(SEED)

plant: $(STAMP)  ## Take safeguards away one at a time: the lives must notice each
	@$(BIN)/python -m tests.simulation.plant

guards: $(STAMP)  ## Take the guards of SECURITY.md and the limits out one at a time: a test of each must fail
	@$(BIN)/python -m tests.guards

ONE_OF ?= 1
mutants: $(STAMP)  ## Change one line at a time where a wrong line loses money: a test of its area must fail (ONE_OF=N takes one of N)
	@ONE_OF=$(ONE_OF) SEED=$(SEED) $(BIN)/python -m tests.mutants $(FILES)

EACH ?= 50
kill: $(STAMP)  ## Kill EACH processes at every point of the way of an order: none may be lost sight of
	@$(BIN)/python -m tests.kill $(EACH)

test-foreign: $(STAMP)  ## Run clients of other hands, unmodified, against the local exchange
	@$(BIN)/python -m tests.foreign

bench: $(STAMP)  ## Measure against a bare socket and bare loops in the same run
	$(BIN)/python -m benchmarks --json benchmarks/found.json --svg docs/speed.svg

bench-peers: $(STAMP)  ## Measure the official SDK, python-binance, pybotters, unicorn and ccxt in the same rounds
	$(BIN)/python -m benchmarks --orders --peers --json benchmarks/found.json

ROUNDS ?= 6
bench-record: $(STAMP)  ## On a quiet machine: write recorded.json, docs/speed.svg and the table of docs/speed.md
	$(BIN)/python -m benchmarks --orders --peers --rounds $(ROUNDS) --json benchmarks/found.json \
		--record benchmarks/recorded.json --svg docs/speed.svg --docs docs/speed.md

bench-check: $(STAMP)  ## Fail where orders cost more, in multiples of a bare loop, than was recorded
	$(BIN)/python -m benchmarks --check benchmarks/recorded.json

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

screenshots: $(STAMP)  ## Take the pictures of the command line and, where there is a browser, of the exchange's page anew
	@$(BIN)/python docs/pictures/terminal.py
	@SCREENSHOTS=docs/images $(BIN)/python -m pytest -q -p no:randomly tests/simulator/page/test_browser.py

dist: $(STAMP)  ## Build wheel, sdist and bill of materials (CycloneDX) in dist/, byte for byte the same each time
	@rm -f dist/*.whl dist/*.tar.gz dist/*.cdx.json
	@$(BIN)/python -m hatchling build -d dist
	@version=$$($(BIN)/python -m hatchling version) && $(BIN)/python .ci/sbom.py "$$version" > "dist/binance_wsapi-$$version.cdx.json"
	@ls dist/*.whl dist/*.tar.gz dist/*.cdx.json

LOWEST := .venv-lowest
CORE := tests/keys tests/wire tests/session tests/orders
lowest:  ## Run the tests of keys, wire, session and orders under the lowest versions declared
	@$(PYTHON) -m venv --clear $(LOWEST)
	@$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check uv
	@$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct -e '.[cli,redis,test]' --group dev
	@$(LOWEST)/bin/binance-wsapi --help >/dev/null
	@# The lowest pytest-asyncio leaves an event loop of its own to the garbage collector.
	$(LOWEST)/bin/python -m pytest -q -n auto --maxprocesses 4 --dist worksteal \
		-W ignore::pytest.PytestUnraisableExceptionWarning $(CORE) tests/limits/shared/test_redis.py

OTHERS := 3.12 3.13 3.14
others: pyproject.toml requirements.lock  ## Run the same tests under the other Pythons of this machine
	@for python in $$(.ci/pythons $(OTHERS)); do \
		$$python --version; folder=.venv-other; $$python -m venv --clear $$folder \
		&& $$folder/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock \
		&& $$folder/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . \
		&& $$folder/bin/python -m pytest -q -n auto --maxprocesses 4 --dist worksteal $(CORE) || exit 1; \
	done

lock: pyproject.toml  ## Pin every dependency again, with hashes
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-annotate --no-header --all-extras --group dev --upgrade pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-annotate --no-header --upgrade --constraint requirements.lock --group pyproject.toml:docs -o docs/requirements.lock

clean:  ## Remove what was made here
	rm -rf $(VENV) $(PYRIGHT) $(LOWEST) .venv-other $(DOCS) .mypy_cache .pytest_cache .ruff_cache .hypothesis .foreign dist
