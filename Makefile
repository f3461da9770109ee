# Two commands after a clone: `make demo` and `make test`. Nothing is needed but Python 3.11+.

# A test run starts two hundred processes; without bytecode each would compile the product anew.
export PYTHONDONTWRITEBYTECODE :=

BIN = .venv/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
COMPILE = $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --upgrade --quiet

.PHONY: demo test coverage drills check lint lock chromium

demo: .venv/.demo
	$(BIN)/jianliu demo

# A test waits for a process, a commit or a browser a third of its time: three keep two cores busy.
# Some kill and stop real processes: on a machine that itself stands still for seconds they fail.
# What failed is therefore tried once more, alone; what fails again has failed.
test: .venv/.dev chromium
	$(BIN)/pytest -n 3 --dist loadgroup \
		|| $(BIN)/pytest --last-failed --last-failed-no-failures none

coverage: .venv/.dev
	$(BIN)/coverage run -m pytest -n 0 tests/attacks/test_permissions.py tests/sales \
		tests/engine/test_audit.py tests/engine/test_masking.py tests/engine/test_vault.py \
		tests/wecom/test_callback.py tests/wecom/test_codec.py \
		tests/dingtalk/test_crypto.py tests/dingtalk/test_robot.py
	$(BIN)/coverage report

drills: DRILLS_SEED := $(or $(DRILLS_SEED),$(shell date +%s))
drills: .venv/.dev
	@echo "DRILLS_SEED=$(DRILLS_SEED)"
	DRILLS=1 DRILLS_SEED=$(DRILLS_SEED) $(BIN)/pytest -n 2 tests/drills tests/attacks tests/bench \
		tests/bot tests/chat tests/cli tests/crash tests/scheduler

check: lint test

lint: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: .venv/.dev
	$(COMPILE) --group build -o requirements.lock
	$(COMPILE) --group dev --constraint requirements.lock -o requirements-dev.lock

$(BIN)/python:
	@for python in python3.13 python3.12 python3.11 python3; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec $$python -m venv .venv; \
		fi; \
	done; \
	echo '需要 Python 3.11 或更新的版本。' >&2; exit 1

.venv/.demo: requirements.lock pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.lock requirements.lock pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements-dev.lock
	$(INSTALL) --no-build-isolation -e .
	@touch .venv/.demo $@

chromium:
	@if [ -n "$$CHROMIUM" ] || command -v chromium >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	elif [ -n "$$CI" ]; then \
		echo '没有 Chromium，CI 里不许跳过浏览器测试。' >&2; exit 1; \
	else \
		echo '*** 没有 Chromium：浏览器测试这次跳过。装上 chromium 再跑 make test。***' >&2; \
	fi
