# The commands of the project; CI runs the same ones. `make test` fuzzes with the same seed each time, and no further than has
# been looked at before, so that red means that something changed; `make fuzz` looks further. Everything sets itself up: a
# fresh clone needs python3.11+, Node 20+ and, for the browser tests, Chromium (installed with apt when you are root).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := .make

.PHONY: run test check bench page gen setup soak fuzz clean screenshots help oracle-live

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(STAMP)/server $(STAMP)/page  ## a moving cluster of 1050 simulated Pis (TWIN_HOST, TWIN_PORT, TWIN_DATA_DIR ... are honoured)
	@$(BIN)/twin demo

test: setup  ## every test: Python, TypeScript, C#, end to end in a real browser
	@sh .ci/browser
	@sh .ci/csharp
	@sh .ci/headers
	@$(BIN)/python -c "from tests.e2e.node import install; install()"
	@$(BIN)/python -c "from tests.warble.agree.others import install; install()"
	@cd web && npm test --silent
	@$(BIN)/python -m pytest -n $${TEST_JOBS:-2} --dist loadfile
	@$(BIN)/python -m tests.warble.fuzz --seconds $${FUZZ_SECONDS:-120} --programs 150000 --seed $${FUZZ_SEED:-2026}

check: setup  ## ruff, mypy --strict, import layers, tsc, generated files
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@cd web && npm run --silent check

bench: setup  ## figures beside their baselines, in one run of some minutes
	@$(BIN)/python -m bench

soak: setup  ## the slow runs: long simulations with many seeds, and every Warble program on other Pythons
	@$(BIN)/python -m pytest tests/sim --seeds 500 --timeout 3600
	@$(BIN)/python -m tests.warble.agree with pyodide-311 pyodide-312 pyodide-313 pyodide-314
	@$(BIN)/python -m tests.warble.box.soak
	@$(BIN)/python -m tests.herd
	@TWIN_VR_EVERY=1 $(BIN)/python -m pytest tests/e2e/test_vr.py

fuzz: setup  ## search for programs that Warble gets wrong, ten minutes or FUZZ_SECONDS, with a new seed each time
	@$(BIN)/python -m tests.warble.fuzz --seconds $${FUZZ_SECONDS:-600}

oracle-live: setup  ## the store's promises on a real Oracle database: set TWIN_ORACLE_DSN, _USER, _PASSWORD (docs/oracle.md)
	@$(BIN)/python -m pytest tests/telemetry/store/test_oracle_live.py -v

screenshots: setup  ## the pictures of the docs, taken from a running demo
	@sh .ci/browser
	@$(BIN)/python docs/screenshots.py
	@$(BIN)/python docs/ar_picture.py
	@$(BIN)/python docs/markers_picture.py

page: $(STAMP)/npm  ## build the page into twin/static
	@cd web && npm run --silent build

gen: setup  ## write the files that are made from twin/wire
	@$(BIN)/twin describe typescript > web/src/protocol.gen.ts
	@$(BIN)/twin describe asyncapi > docs/asyncapi.json
	@$(BIN)/twin describe openapi > docs/openapi.json
	@$(BIN)/python -m tests.golden.make

setup: $(STAMP)/dev $(STAMP)/page

$(STAMP)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Try: make PYTHON=python3.11"; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMP) && touch $@

# Versions come from the lock; the project itself is installed in place, without fetching anything more.
$(STAMP)/server: $(STAMP)/venv requirements.lock pyproject.toml
	@echo "Installing what the server needs ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@TWIN_SKIP_PAGE=1 $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(STAMP)/dev: $(STAMP)/server requirements-dev.lock
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(STAMP)/npm: web/package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || { echo "Node 20 or newer is needed to build the page."; exit 1; }
	@echo "Installing what the page needs ..."
	@cd web && npm ci --silent --no-audit --no-fund
	@mkdir -p $(STAMP) && touch $@

$(STAMP)/page: $(STAMP)/npm $(shell find web/src web/public web/*.html web/*.ts web/package.json -type f 2>/dev/null)
	@echo "Building the page ..."
	@cd web && npm run --silent build
	@touch $@

clean:  ## remove what was made
	rm -rf $(VENV) $(STAMP) twin/static web/node_modules bench/node/node_modules tests/warble/agree/node_modules
