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
	env -u PYTHONDONTWRITEBYTECODE OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 --dist worksteal $(TESTS)

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
	@command -v $(PYTHON) > /dev/null || { echo "没有找到 $(PYTHON)：请安装 Python 3.11 或更新版本，或执行 make PYTHON=/path/to/python3.11"; \
	  echo "There is no $(PYTHON): install Python 3.11 or newer, or run make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.exit(0 if sys.version_info >= (3, 11) else f"需要 Python 3.11 或更新版本，现为 {v}：请执行 make PYTHON=/path/to/python3.11\nPython 3.11 or newer is needed, this is {v}: run make PYTHON=/path/to/python3.11")'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { echo "Python 的 venv 模块不可用：请先安装（Debian、Ubuntu：apt install python3-venv）"; \
	  echo "Python's venv module does not work here: install it (Debian, Ubuntu: apt install python3-venv)"; exit 1; }
	@echo "正在把锁定的依赖装入 $(VENV)（仅首次；约 2.3 GB 磁盘，视网速一至数分钟，期间没有输出）……"
	@echo "Installing the locked dependencies into $(VENV) (once; 2.3 GB, a minute or more, nothing is printed meanwhile) ..."
	@$(PY) -m pip install --quiet uv 2>/dev/null \
	  && $(PY) -m uv pip install --quiet --compile-bytecode --python $(PY) --require-hashes -r requirements.lock \
	  || $(PY) -m pip install --quiet --require-hashes -r requirements.lock \
	  || { echo "依赖没有装上：请检查本机能否访问 Python 软件源、磁盘空间是否充足，然后再次执行同一命令"; \
	       echo "The dependencies could not be installed: check that this machine reaches a Python package index and has room"; exit 1; }
	@$(PY) -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(READY)

clean:
	rm -rf $(VENV) workspace build dist *.egg-info
