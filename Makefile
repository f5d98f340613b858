# Everything beside ./run and ./test; `make help` lists it.
PYTHON = .venv/bin/python
HISTORIES ?= 5000
SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help run test serve check fmt bench simulate mutants up lock messages

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  \1  /p' Makefile | awk '{printf "  %-10s", $$1; $$1=""; print}'

run: ## the demo, as ./run
	./run

test: ## every check and test, as ./test
	./test

serve: ## standalone against a real tenant, settings from .env
	@./scripts/setup run
	@test -f .env || { echo "make serve: write the settings into .env first; $(PYTHON) -m standalone --help lists them" >&2; exit 2; }
	set -a; . ./.env; set +a; exec $(PYTHON) -m standalone

check: ## format, lint, types, import contracts
	@./scripts/setup test
	./scripts/check

fmt: ## format, and mend what the linter can mend
	@./scripts/setup test
	.venv/bin/ruff format . && .venv/bin/ruff check --fix .

bench: ## benchmarks; each prints ratios measured in one run
	@./scripts/setup test
	$(PYTHON) -m bench

simulate: ## seeded histories (HISTORIES, SEED) on a virtual clock
	@./scripts/setup test
	$(PYTHON) -m tests.simulation $(HISTORIES) $(SEED)

mutants: ## planted bugs, each hunted until a history tells it from the code
	@./scripts/setup test
	$(PYTHON) -m tests.simulation.mutants

up: ## the services in containers
	docker compose -f deploy/compose.yaml up --build

lock: ## pin the newest versions that fit, with hashes and without index addresses
	.venv/bin/uv lock --upgrade
	.venv/bin/uv export --quiet --no-emit-workspace --no-header --no-annotate --no-dev --group setup --output-file requirements.lock
	.venv/bin/uv export --quiet --no-emit-workspace --no-header --no-annotate --all-groups --output-file requirements-dev.lock

messages: ## write docs/messages/ from the contracts
	$(PYTHON) -m contracts docs/messages
