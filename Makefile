# Each target does all its own set-up.
.DEFAULT_GOAL := help
SHELL := /bin/bash
OUTPUT ?= output
export PYTHON
# Without compiled modules on disk a process needs twenty seconds instead of eight to load TFX.
unexport PYTHONDONTWRITEBYTECODE
PACKAGES := audit components movielens pipeline report scoreboard serving trainer_module transform_module web
CODE := $(PACKAGES) benchmarks deploy docs examples tests setup.py
DEBIAN_PACKAGES := chromium mariadb-client-core mariadb-server-core postgresql prometheus prometheus-node-exporter
TESTS ?= tests $(PACKAGES)
PYTEST_ARGS ?=
# tests/conftest.py says which tests share a process and which start first.
IN_PROCESSES := --dist loadgroup --no-loadscope-reorder --durations 10 --numprocesses
# They have no examples, and importing Airflow sends the log of all others to the terminal.
IMPORT_AIRFLOW := pipeline/runners/airflow.py pipeline/runners/preloading_executor.py

.PHONY: help run test systems airflow airflow3 flink spark docs setup lint types unit format reference screenshots lock clean

help: ## List the targets
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

run: .venv/run.stamp ## Set up, run the pipeline on real MovieLens data, ask the model for movies
	@.venv/bin/movielens run --output $(OUTPUT)
	@.venv/bin/movielens demo --output $(OUTPUT)
	@echo "To try it in a browser: .venv/bin/movielens serve --output $(OUTPUT) & .venv/bin/movielens web"

test: ## Set up and check all: lint, types, imports, unit tests, end-to-end runs
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint types
	@$(MAKE) --no-print-directory unit

# Three processes on two processors, because these tests often wait for a scheduler.
systems: .venv/dev.stamp .venv-airflow3/airflow3.stamp .venv-docs/docs.stamp .beam/flink.stamp .beam/spark.stamp ## Set up and run the tests of real schedulers, database servers, Prometheus, a browser and the default data
	@deploy/local_servers/install.sh $(DEBIAN_PACKAGES)
	TF_CPP_MIN_LOG_LEVEL=2 .venv/bin/pytest -m systems $(IN_PROCESSES) 3 $(PYTEST_ARGS)

airflow: .venv/dev.stamp ## Try the schedule out: Airflow and PostgreSQL, one scheduled run, and stop
	@deploy/local_servers/install.sh postgresql
	@.venv/bin/python -m deploy.local_servers.run_airflow --output $(OUTPUT)

airflow3: .venv/dev.stamp .venv-airflow3/airflow3.stamp ## The same with Airflow 3, in its own environment
	@deploy/local_servers/install.sh postgresql
	@.venv/bin/python -m deploy.local_servers.run_airflow --release 3 --output $(OUTPUT)

flink: .venv/dev.stamp .beam/flink.stamp ## Run the pipeline on a Flink cluster on this machine, and compare with a local run
	@.venv/bin/python -m deploy.local_servers.run_beam_engine flink --output $(OUTPUT)

spark: .venv/dev.stamp .beam/spark.stamp ## The same with Spark
	@.venv/bin/python -m deploy.local_servers.run_beam_engine spark --output $(OUTPUT)

docs: .venv/dev.stamp .venv-docs/docs.stamp ## Build the documentation site in site/, to be opened without a server
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --quiet
	@echo "The site is in site/index.html"

setup: .venv/dev.stamp ## Make the virtual environment for development

lint: .venv/dev.stamp ## Check format and style
	.venv/bin/ruff format --check $(CODE)
	.venv/bin/ruff check $(CODE)

types: .venv/dev.stamp ## Check types
	.venv/bin/mypy

unit: .venv/dev.stamp ## Run all tests and the docstrings' examples (TESTS=tests/serving runs some)
	TF_CPP_MIN_LOG_LEVEL=2 .venv/bin/pytest $(IN_PROCESSES) 2 --doctest-modules \
	  $(IMPORT_AIRFLOW:%=--ignore=%) $(TESTS) $(PYTEST_ARGS)

format: .venv/dev.stamp ## Format the code and mend what ruff can
	.venv/bin/ruff format $(CODE)
	.venv/bin/ruff check --fix $(CODE)

reference: .venv/dev.stamp ## Write docs/reference/configuration.md anew, from the models
	.venv/bin/movielens run --help-config > docs/reference/configuration.md

screenshots: .venv/dev.stamp ## Take the pictures of pages in docs/assets, of the last two runs of `output`
	@deploy/local_servers/install.sh chromium
	PYTHONPATH=. .venv/bin/python docs/screenshots.py $(OUTPUT)

lock: ## Resolve setup.py's ranges into the hashed locks anew (needs uv)
	@resolve="uv pip compile --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --upgrade --quiet --custom-compile-command 'make lock'"; \
	eval $$resolve setup.py --extra dev --extra airflow --extra kubeflow \
	  --override requirements/overrides.txt --output-file requirements/dev.txt && \
	eval $$resolve setup.py --constraint requirements/dev.txt \
	  --override requirements/overrides.txt --output-file requirements/run.txt && \
	eval $$resolve requirements/uv.in --output-file requirements/uv.txt && \
	eval $$resolve requirements/airflow3.in --output-file requirements/airflow3.txt && \
	eval $$resolve requirements/docs.in --output-file requirements/docs.txt

clean: ## Remove the virtual environment and all output
	rm -rf .venv .venv-airflow3 .venv-docs site .debian .beam $(OUTPUT) build *.egg-info

.beam/%.stamp: .venv/dev.stamp deploy/beam/install.sh deploy/beam/%/pom.xml deploy/beam/%/requirements.txt
	@deploy/beam/install.sh $*
	@touch $@

.venv-airflow3/airflow3.stamp: requirements/airflow3.txt requirements/install.sh
	@requirements/install.sh airflow3
	@touch $@

.venv-docs/docs.stamp: requirements/docs.txt requirements/install.sh
	@requirements/install.sh docs
	@touch $@

.venv/%.stamp: requirements/%.txt requirements/install.sh setup.py
	@requirements/install.sh $*
	@touch $@
