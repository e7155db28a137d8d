# Two commands for a newcomer: `make demo` and `make test`. Everything is installed into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PORT ?= 8765
BIN := $(VENV)/bin
export HF_HUB_OFFLINE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport PYTHONDONTWRITEBYTECODE   # compiling everything at each start takes longer than most commands

.PHONY: demo index test test-slow check coverage lint types contracts tests tests-of-changes eval bench bench-audit bench-cloud bench-fleet bench-handoff bench-index bench-slack bench-start wheel sbom clean

# First every package by the hash of its file, then torch (its CPU build differs by index) and netclinic itself. Modules
# are compiled when they are first imported: most never are.
PIP := $(BIN)/pip install --quiet --no-compile
LOCKED = $(PIP) --require-hashes --no-deps $(addprefix -r ,$(1))
RUNNING := locked.txt locked-pictures.txt locked-index.txt
TESTING := locked-traces.txt locked-build.txt locked-dev.txt

$(VENV)/.installed: pyproject.toml constraints.txt $(RUNNING)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "netclinic needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(call LOCKED,$(RUNNING))
	$(PIP) --no-build-isolation -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed $(TESTING)
	$(call LOCKED,$(TESTING))
	$(PIP) --no-build-isolation -c constraints.txt -e '.[build,pictures,traces,dev]'
	touch $@

define ask
	@printf '\n$$ netclinic ask %s --recording %s\n\n' '$(1)' '$(2)'
	@$(BIN)/netclinic ask $(1) --recording $(2)
endef

demo: $(VENV)/.installed   ## install, build the index, ask in the terminal, open a workspace to chat in: make demo [PORT=8765]
	$(BIN)/netclinic index build
	$(call ask,"pods stuck in ContainerCreating since 10 min",terway-out-of-ips)
	$(call ask,"交换机IP用完了吗？新建的Pod一直ContainerCreating",terway-volume-mount-fails)
	$(call ask,"pods in the new vSwitch cannot reach the internet",terway-cloud-internet-no-snat)
	@$(BIN)/python -m tests.demo --port $(PORT)

test: $(VENV)/.installed-dev   ## what every change needs; with what takes long beside it: make test TIERS=both
	$(MAKE) --no-print-directory --jobs 3 --output-sync lint types contracts index $(VENV)/.compiled
	$(TESTS_OF_TIERS)

check: $(VENV)/.installed-dev   ## lint, types, contracts and the tests of what changed: make check [SINCE=origin/main]
	$(MAKE) --no-print-directory --jobs 4 --output-sync lint types contracts tests-of-changes

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/netclinic knowledge lint

types: $(VENV)/.installed-dev
	$(BIN)/mypy

contracts: $(VENV)/.installed-dev
	$(BIN)/lint-imports --no-cache

# Tests wait far more than they compute: for Slack's pace, for processes, for the disk.
WORKERS ?= $(shell expr 3 '*' "$$(getconf _NPROCESSORS_ONLN)")
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 12 --dist worksteal

# Built ahead: with all workers beside it, it would take minutes, and half of them would wait for it. All of it is
# learned from the entries as they are, as what ships is.
index: $(VENV)/.installed-dev
	NETCLINIC_DATA_DIR="$${TEST_DATA_DIR:-.cache/tests}" $(BIN)/netclinic index build --anew

# Once for all workers: each would rewrite the assertions of every module for itself. Of what is changed later, it does.
$(VENV)/.compiled: $(VENV)/.installed-dev
	-@$(BIN)/python -m pytest --collect-only -qq > /dev/null
	@touch $@

# One process serves all tests of this file, in their order: it runs beside the others.
IN_ORDER := tests/compat/test_resumed.py

define both
	@$(BIN)/python -m pytest -m "$(1)" $(IN_ORDER) > $(VENV)/in-order.log 2>&1 & in_order=$$!; \
	$(PYTEST) -m "$(1)" --ignore=$(IN_ORDER); others=$$?; \
	wait $$in_order; code=$$?; cat $(VENV)/in-order.log; exit $$(( others ? others : code ))
endef

TIERS := first
TESTS_OF_TIERS = $(call both,$(if $(filter both,$(TIERS)),slow or not slow,not slow))
tests: index $(VENV)/.compiled
	$(TESTS_OF_TIERS)

test-slow: index $(VENV)/.compiled   ## kill -9 again and again, both databases and both ways in everywhere
	$(call both,slow)

tests-of-changes: $(VENV)/.installed-dev
	$(BIN)/python -m tests.changes $(SINCE) | xargs -r $(BIN)/python -m pytest -n 4 --dist worksteal -m "not slow"

coverage: $(VENV)/.installed-dev   ## all tests, with the lines that none of them runs
	$(PYTEST) --cov --cov-report=term-missing:skip-covered

eval: $(VENV)/.installed   ## matching, side by side with plain MiniLM and BM25: make eval [QUESTIONS=FILE]
	$(BIN)/python -m tests.eval.evaluate $(if $(QUESTIONS),--questions $(QUESTIONS))

bench: $(VENV)/.installed-dev   ## reading a cluster of 1,000 nodes and 20,000 pods
	$(BIN)/python -m tests.bench.large_cluster

bench-slack: $(VENV)/.installed-dev   ## 200 mentions in ten seconds
	$(BIN)/python -m tests.bench.burst --index-dir "$$($(BIN)/python -c 'from bot.app import App; print(App.from_environment().index_folder)')"

bench-index: $(VENV)/.installed-dev   ## one entry more, 500 entries more, 100,000 texts
	$(BIN)/python -m tests.bench.index_growth

bench-audit: $(VENV)/.installed-dev   ## an audit log of 100,000 records
	$(BIN)/python -m tests.bench.audit

bench-cloud: $(VENV)/.installed-dev   ## what Alibaba Cloud's API costs a question, answering in 200 ms and not at all
	$(BIN)/python -m tests.bench.cloud

bench-fleet: $(VENV)/.installed-dev   ## ten clusters side by side, of which none, one and all hang
	$(BIN)/python -m tests.bench.fleet

bench-handoff: $(VENV)/.installed-dev   ## a handoff after a year of 20,000 cases
	$(BIN)/python -m tests.bench.handoff

bench-start: $(VENV)/.installed   ## sizes and first answers: make bench-start [CLONE=1] makes a demo of a fresh clone, too
	$(BIN)/python -m tests.bench.start $(if $(CLONE),--clone)

wheel: $(VENV)/.installed   ## the wheel with the built index in it: dist/
	$(BIN)/python deploy/shipped_index.py build/index
	$(BIN)/pip wheel --quiet --no-build-isolation --no-deps --wheel-dir dist .

sbom: $(VENV)/.installed   ## what the image installs, as CycloneDX: dist/sbom.json
	mkdir -p dist
	$(BIN)/python deploy/sbom.py > dist/sbom.json

clean:
	rm -rf $(VENV)
