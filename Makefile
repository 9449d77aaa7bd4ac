# `make run` and `make test` are the two commands a newcomer needs; both set everything up first.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
LOCKED := $(VENV)/.locked

.PHONY: run test coverage lint format catalogues bench setup clean lock

run: $(LOCKED)
	@$(VENV)/bin/backroom demo

test: $(LOCKED)
	$(PY) -m pytest -q -n 2 --dist loadfile -m "not model" $(if $(COVERAGE),--cov --cov-report=)
# One model at a time, as in the program: two would share the cores and the model folder.
	$(PY) -m pytest -q -m model $(if $(COVERAGE),--cov --cov-append --cov-report=term)

coverage:
	@$(MAKE) test COVERAGE=1

lint: $(LOCKED)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/deptry .

format: $(LOCKED)
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# Adds new messages to every catalogue, takes out those that are gone, compiles all.
catalogues: $(LOCKED)
	$(PY) -m tests.catalogues

bench: $(LOCKED)
	$(PY) -m tests.bench

setup: $(LOCKED)

# llama.cpp is compiled without its image models, which Backroom has no use for; CMAKE_ARGS adds what a GPU needs (pip's cache
# is then left aside: it knows a compiled package by its version alone, whatever it was compiled with).
# It is also compiled without its kernels for AMX (the matrix unit of some server processors): GCC 12 drops the stores that
# configure the tiles, because its _tile_loadconfig declares only the first bytes as read, and the first product then ends
# the process with an illegal instruction.
LLAMA_FLAGS := -DLLAVA_BUILD=OFF -DCMAKE_C_FLAGS=-U__AMX_INT8__ -DCMAKE_CXX_FLAGS=-U__AMX_INT8__
# torch comes first and alone: a wheel that lies on this machine, else the CPU build where no NVIDIA card is, else the default.
$(LOCKED): requirements.lock pyproject.toml
	@echo "Setting up Backroom in $(VENV): about five minutes the first time, most of it compiling llama.cpp."
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "1 of 3: torch"
	@$(PY) -c "import torch" 2>/dev/null \
	  || $(PIP) install -q --no-index --no-deps torch==2.13.0 2>/dev/null \
	  || { test "$$(uname -s)" = Linux && ! command -v nvidia-smi >/dev/null \
	       && $(PIP) install --no-deps --index-url https://download.pytorch.org/whl/cpu "torch>=2.6"; } \
	  || $(PIP) install "torch>=2.6"
	@echo "2 of 3: libraries, the small models, and llama.cpp (compiled here for this processor)"
	@CMAKE_ARGS="$(LLAMA_FLAGS) $(CMAKE_ARGS)" $(PIP) install --no-deps $(if $(CMAKE_ARGS),--no-cache-dir) -r requirements.lock
	@echo "3 of 3: Backroom"
	@$(PIP) install -q --no-deps --no-build-isolation -e . 2>/dev/null
	@$(PY) -c "import llama_cpp, torch, sentence_transformers" && touch $(LOCKED)

# Needs uv (`pip install uv`). Versions that still fit stay as they are; `make lock UPGRADE=--upgrade` takes the newest.
lock:
	uv pip compile $(UPGRADE) --index-strategy unsafe-best-match --universal --python-version 3.11 --group dev --group torch-needs --no-emit-package torch \
	  --no-header --no-annotate pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) build *.egg-info
