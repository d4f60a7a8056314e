# Two commands matter: `make demo` and `make test`. Each installs what it needs first.

PYTHON_IN_VENV := .venv/bin/python
SPEED ?= 60
OFFSET ?= 0
WORKERS ?= 3
ARGS ?=

# Another project's environment must not leak into ours, nor an already active one of this project.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME
# A local cloud is half a dozen processes that import the same modules: each would compile them anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo up test test-nightly check format requirements schemas bench clean distclean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

install: ## Install what everything needs into .venv and node_modules
	@sh tools/install.sh

demo: install ## Onboard a tenant of each tier on a local cloud, break them, see them repaired (SPEED=60)
	@$(PYTHON_IN_VENV) -m localcloud.demo --speed $(SPEED) $(ARGS)

up: install ## Start the local cloud and keep it up until Ctrl-C (OFFSET=0 SPEED=60)
	@$(PYTHON_IN_VENV) -m localcloud up --port-offset $(OFFSET) --speed $(SPEED) $(ARGS)

test: install ## Run every test but the nightly ones (ARGS="-k name")
	@$(PYTHON_IN_VENV) -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder -m "not nightly" $(ARGS)

test-nightly: install ## Run the long tests
	@$(PYTHON_IN_VENV) -m pytest -n $(WORKERS) --dist worksteal -m nightly $(ARGS)

check: install ## Check format, lint, types, walls and generated files
	@sh tools/check.sh

format: install ## Format the code
	@$(PYTHON_IN_VENV) -m ruff format
	@$(PYTHON_IN_VENV) -m ruff check --fix --exit-zero --quiet

requirements: install ## Write requirements.txt anew from uv.lock
	@.venv/bin/uv export --frozen --no-dev --no-header --quiet --output-file requirements.txt

schemas: install ## Write docs/*.schema.json anew from the models
	@$(PYTHON_IN_VENV) -m tools.schemas

bench: install ## Run the benchmarks; their figures go to benchmarks/results
	@$(PYTHON_IN_VENV) -m tools.bench $(ARGS)

clean: ## Remove state of the local cloud, logs and caches
	@rm -rf .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	@find . \( -name .venv -o -name node_modules -o -name .git \) -prune \
		-o -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## Remove .venv and node_modules too
	@rm -rf .venv node_modules
