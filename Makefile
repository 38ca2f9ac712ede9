# Two commands do everything on a machine with Python >= 3.11 and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: demo test check evidence bench notebook lock clean catalogue dashboard

demo: $(READY)
	$(VENV)/bin/xinheng demo $(DEMO)

test: $(READY)
	OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 --dist worksteal $(TESTS)

check: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports
	$(VENV)/bin/mypy

evidence: $(READY)
	$(PY) -m tests.evidence $(EVIDENCE)

bench: $(READY)
	$(PY) -m tests.bench $(BENCH)

notebook: $(READY)
	$(PY) -m tests.notebook $(NOTEBOOK)

dashboard: $(READY)
	$(VENV)/bin/xinheng dashboard --local

catalogue: $(READY)
	$(PY) -m tests.catalogue

# The lock names no host: hashes identify every file, whichever index serves it.
lock: $(READY)
	$(PY) -m pip install --quiet uv && $(PY) -m uv pip compile pyproject.toml --extra test --extra postgres --python-version 3.11 --universal \
	  --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": set PYTHON=/path/to/python3.11")'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || \
	  { echo "Python's venv module does not work here: install it (Debian: python3-venv)."; exit 1; }
	@echo "Installing the locked dependencies into $(VENV) (once) ..."
	@$(PY) -m pip install --quiet uv 2>/dev/null \
	  && $(PY) -m uv pip install --quiet --compile-bytecode --python $(PY) --require-hashes -r requirements.lock \
	  || $(PY) -m pip install --quiet --require-hashes -r requirements.lock \
	  || { echo "The dependencies could not be installed: check that this machine reaches a Python package index."; exit 1; }
	@$(PY) -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(READY)

clean:
	rm -rf $(VENV) workspace build dist *.egg-info
