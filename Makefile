# Two commands on a fresh machine:  make run   and   make test
# They need python3 (3.11 or newer), pip and make; everything else goes into .venv.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
OUT    ?= out

RUN ?= sweep triadic_hedging --case KAZ --over rivalry=0:5:401 --over immunity=0:1:400 \
       --out $(OUT)/kazakhstan.nc --plot $(OUT)/kazakhstan.png

.PHONY: run test quick bench lint docs clean

run: $(VENV)/.run
	@mkdir -p $(OUT)
	$(BIN)/hedging $(RUN)

test: $(VENV)/.test lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

quick: $(VENV)/.test
	$(BIN)/python -m pytest -m "not slow"

lint: $(VENV)/.test
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

bench: $(VENV)/.bench
	$(BIN)/hedging bench --json $(OUT)/bench.json

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W -b html docs docs/_build/html

# One stamp per set of extras; touching pyproject.toml reinstalls.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: EXTRAS = plot,storage
$(VENV)/.test: EXTRAS = test,bench,docs
$(VENV)/.bench: EXTRAS = bench,test
$(VENV)/.docs: EXTRAS = docs,notebook
$(VENV)/.run $(VENV)/.test $(VENV)/.bench $(VENV)/.docs: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'
	@touch $@

clean:
	rm -rf $(VENV) $(OUT) build dist .mypy_cache .pytest_cache .ruff_cache
