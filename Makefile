# All that can be done here, on one screen. CI calls `make test`, no more, no less.

CARGO ?= cargo
ARGS ?=
FILES ?=

# Said before a compiler that stays silent for minutes.
compiling = [ -e "$${CARGO_TARGET_DIR:-target}/release/agent-runtime" ] || \
	echo "compiling the server: the first time takes some minutes" >&2

.DEFAULT_GOAL := help
.PHONY: run test build install check audit fmt gen demo agents bench torture screenshots dev help

run: ## Build the release and serve (ARGS="--port 9000" are passed on)
	@scripts/setup.sh compiler
	@scripts/page.sh build
	@$(compiling)
	$(CARGO) run --release --locked --package agent-runtime -- $(ARGS)

test: check ## Everything that CI does: check, all tests, the page in a browser, the API against its description
	@scripts/setup.sh schemathesis
	scripts/test.sh
	scripts/page.sh test
	scripts/schemathesis.sh

build: ## Build the release: target/release/agent-runtime
	@scripts/setup.sh compiler
	@scripts/page.sh build
	@$(compiling)
	$(CARGO) build --release --locked --package agent-runtime

install: build ## Put the release into ~/.local/bin, where hooks and services find it
	target/release/agent-runtime setup --yes

check: ## Format, lints, licences and sources of dependencies
	@scripts/setup.sh compiler
	@scripts/setup.sh cargo-deny
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	scripts/deny.sh bans licenses sources
	scripts/page.sh check

audit: ## Known faults of dependencies (needs the network)
	@scripts/setup.sh cargo-deny
	scripts/deny.sh advisories

fmt: ## Format all code
	$(CARGO) fmt --all

gen: ## Write docs/openapi.json from the code, and the page's types from that
	@mkdir -p target
	$(CARGO) run --quiet --locked --package agent-runtime -- openapi > target/openapi.json
	cp target/openapi.json docs/openapi.json
	scripts/page.sh gen

demo: ## Play recorded runs and follow them live (FILES="run.ndjson …")
	@scripts/setup.sh compiler
	$(CARGO) build --release --locked --package agent-runtime --bins --example demo
	target/release/examples/demo $(FILES)

agents: ## Run the agents' own programs with our hooks (fetches them with npm)
	@scripts/setup.sh compiler
	scripts/agents.sh

bench: ## Measure, each figure beside its baseline (ARGS="post" for one, ARGS="page" for the page)
	@scripts/page.sh build
	$(CARGO) build --release --locked --package agent-runtime --package agent-runtime-bench
	$(CARGO) run --release --locked --package agent-runtime-bench -- $(or $(ARGS),all)

torture: ## 2,000 kills under load with nothing lost
	TORTURE_KILLS=$${TORTURE_KILLS:-2000} $(CARGO) test --release --locked --package agent-runtime --test it torture -- --nocapture

screenshots: ## Take pictures of the page, in both themes, into docs/images/
	$(CARGO) build --locked --package agent-runtime
	scripts/page.sh screenshots

dev: ## Serve a debug build with debug logs, on a database of its own in data/
	@mkdir -p data
	DEBUG_LOGGING=true $(CARGO) run --package agent-runtime -- --database sqlite:data/dev.db $(ARGS)

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
