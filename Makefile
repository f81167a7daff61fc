# The commands of this project. `make` lists them. Only GNU make and Python 3.11 or newer are needed:
# the rest is installed into .venv and .local by the first target that wants it.

PYTHON ?= python3
ARGS ?=
SERVICE ?=
BROKER ?=
VENV := .venv/bin/python
AGAINST := $(VENV) -m deploy.local.against
PIN := $(VENV) -m piptools compile --generate-hashes --no-emit-index-url --no-emit-trusted-host \
	--no-emit-find-links --no-header --strip-extras --allow-unsafe --quiet

.DEFAULT_GOAL := help
.PHONY: help up down classifier corrections dead-letters rebuild words backup restore environment test test-all chaos fuzz-mail bench bench-intake bench-mail bench-routing lint types check format requirements assets-lock

help: ## show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## start everything on this machine (ARGS=--detach: in the background; ARGS="--port-base N": other ports)
	@$(PYTHON) -m deploy.local up $(ARGS)

down: ## stop what `make up` started
	@$(PYTHON) -m deploy.local down

classifier: environment ## learn to recognise themes anew and print the confusion table (ARGS="corrections=FILE"; ARGS=check)
	$(VENV) -m deploy.classifier $(ARGS)

corrections: ## write what people corrected as texts to learn from (ARGS=FILE)
	@$(AGAINST) deploy.tools.corrections $(ARGS)

dead-letters: ## messages that services have parked (ARGS="list|show ID|replay ID|drop ID"; ID may be all)
	@$(AGAINST) deploy.tools.dead_letters $(ARGS)

rebuild: ## make what a service derived again from the event history (SERVICE=reporting)
	@$(AGAINST) deploy.tools.rebuild $(SERVICE)

words: ## make anew what stored requests and practices are found by (ARGS="--collection requests --after ID": go on)
	@$(AGAINST) deploy.tools.words $(ARGS)

backup: ## write the four databases into a new folder (ARGS=FOLDER)
	@$(AGAINST) deploy.tools.backup dump $(ARGS)

restore: ## put the databases back (ARGS="FOLDER [--service intake] [--replace]"); the services must be stopped
	@$(AGAINST) deploy.tools.backup restore $(ARGS)

environment:
	@$(PYTHON) -m deploy.local environment --develop

QUICK := not slow and not browser and not kafka and not chaos
# These kill processes and wait for the others: they have the machine to themselves.
ALONE := kafka or chaos
# Compiled once, also where the environment forbids to keep it: each worker and each service started by a test would
# compile the project anew.
test test-all: export PYTHONDONTWRITEBYTECODE :=

test: environment ## run the quick tests (ARGS: more options for pytest)
	$(VENV) -m pytest -q -n 2 --dist loadfile -m "$(QUICK)" tests $(ARGS)

test-all: test ## run the quick tests, then the rest: browser, Apache Kafka, chaos, fuzzing
	$(VENV) -m pytest -q -n 2 --dist loadfile -m "not ($(QUICK)) and not ($(ALONE))" tests $(ARGS)
	$(VENV) -m pytest -q -m "$(ALONE)" tests $(ARGS)

chaos: environment ## kill every process under load (SEED=20261124 KILLS=3 REQUESTS=1000 BROKER=embedded), then compare
	CHAOS_SEED=$(SEED) CHAOS_KILLS=$(or $(KILLS),3) CHAOS_REQUESTS=$(or $(REQUESTS),1000) CHAOS_BROKER=$(BROKER) \
		$(VENV) -m pytest -q tests/chaos $(ARGS)

fuzz-mail: environment ## send 10,000 mutated mails through the whole door (SEED=20261124 MAILS=10000)
	MAIL_FUZZ_SEED=$(or $(SEED),20261124) MAIL_FUZZ_STORED=$(or $(MAILS),10000) MAIL_FUZZ_DOOR=$(or $(MAILS),10000) \
		$(VENV) -m pytest -q tests/intake/test_mail_fuzz.py tests/intake/test_mail_fuzz_door.py $(ARGS)

bench: environment ## measure speed and capacity (ARGS="full broker=embedded,apache only=flood"; docs/performance.md)
	$(VENV) -m tests.bench $(ARGS)

bench-routing: environment ## measure the matching beside its bars (ARGS=quick)
	$(VENV) -m tests.bench.routing $(ARGS)

bench-mail: environment ## measure the SMTP door (ARGS="mails=20000 beside=FOLDER": another version beside this one)
	$(VENV) -m tests.bench.mail_intake $(ARGS)

bench-intake: environment ## measure lists, search and submission among 1,000,000 requests (REQUESTS=100000, ARGS="folder=DIR")
	$(VENV) -m tests.bench.intake requests=$(or $(REQUESTS),1000000) $(ARGS)

lint: environment ## look for mistakes, wrong formatting and forbidden imports
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	.venv/bin/lint-imports

types: environment ## check the types
	$(VENV) -m mypy
	$(VENV) -m mypy --strict deploy/local

check: environment ## check that the committed contract documents are what the code says
	$(VENV) -m deploy.tools.contracts --check

format: environment ## format the code and sort its imports
	$(VENV) -m ruff check --fix .
	$(VENV) -m ruff format .

requirements: environment ## pin the packages anew from requirements*.in (ARGS=--upgrade: newest versions)
	$(PIN) $(ARGS) -o requirements.txt requirements.in
	$(PIN) $(ARGS) -o requirements-local.txt requirements-local.in
	$(PIN) $(ARGS) -o requirements-dev.txt requirements-dev.in

assets-lock: ## pin the front-end packages anew from package.json
	npm install --package-lock-only --omit-lockfile-registry-resolved=true --ignore-scripts --no-audit --no-fund
