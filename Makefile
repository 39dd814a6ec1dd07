# `make` lists what there is. Everything needs Go and nothing else, but for the
# tests, which want the programs of a Postgres, promtool and a Chromium.

GO ?= go

# Muster needs no C compiler. Said once here, so that nothing is compiled twice.
export CGO_ENABLED := 0

# Tools, built from source by `go run` at exactly these versions.
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.14.0
WORKFLOWCHECK := go.temporal.io/sdk/contrib/tools/workflowcheck@v0.6.0

# What the binary says of itself: the tag or the commit, as far as git knows one. In
# /healthz, metrics and logs it tells two builds apart.
VERSION ?= $(patsubst v%,%,$(shell git describe --tags --always --abbrev=12 --dirty=+dirty 2>/dev/null))

# What `make dev` hands on to the program: make dev ARGS='--listen 127.0.0.1:9000'
ARGS ?=
# What `make test` and `make unit` test, and how: make unit PKG=./incident/... TESTFLAGS=-v
PKG ?= ./...
TESTFLAGS ?=

# How long the tests of one package may take.
TEST_TIMEOUT := 10m

PROGRESS := $(GO) run ./internal/buildprogress

.DEFAULT_GOAL := help
.PHONY: help dev build test unit counterparts npm browser postgres promtool lint deployment chaos bench benchmarks generate verify clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: build ## Build and run Muster with everything in one process
	bin/muster dev $(ARGS)

build: ## Build bin/muster; minutes the first time, seconds after
	@$(PROGRESS) -ldflags '-X main.version=$(VERSION)' -o bin/muster ./cmd/muster

test: browser postgres promtool ## Run every test: units, the real Temporal server, the browser
	@$(PROGRESS) -tests $(PKG)
	$(GO) test -timeout $(TEST_TIMEOUT) $(TESTFLAGS) $(PKG)

unit: postgres ## Run the tests that need no Temporal server and no browser
	$(GO) test -tags slim -timeout $(TEST_TIMEOUT) $(TESTFLAGS) $(PKG)

# A Slack that others wrote. The tag latest of emulate is another package, hence the version;
# it needs a newer node than Debian has, which npm has too.
EMULATE := emulate@0.12.2 node@24

counterparts: npm ## Run the tests against stand-ins that others wrote, installed for the occasion
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	echo '{"private": true}' >"$$folder/package.json" && \
	npm install --prefix "$$folder" --no-audit --no-fund --no-save --loglevel=error $(EMULATE) && \
	{ [ -x "$$folder/node_modules/node/bin/node" ] || (cd "$$folder/node_modules/node" && node installArchSpecificPackage); } && \
	MUSTER_EMULATE="$$folder" $(GO) test -tags slim,counterparts -timeout $(TEST_TIMEOUT) -run Counterpart $(TESTFLAGS) ./integrations/slack

npm:
	@if command -v npm >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing npm for the stand-ins that others wrote"; \
		apt-get -q -o Acquire::Retries=3 update && \
		DEBIAN_FRONTEND=noninteractive apt-get -qy -o Acquire::Retries=3 install --no-install-recommends npm; \
	else \
		echo "The stand-ins that others wrote come from npm, which is not in the PATH." >&2; \
		echo "Install it (Debian and Ubuntu: sudo apt-get install npm), or run 'make unit'." >&2; \
		exit 1; \
	fi

CHROMIUMS := chromium chromium-browser google-chrome google-chrome-stable

browser:
	@for name in $(CHROMIUMS); do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the browser tests"; \
		apt-get -q -o Acquire::Retries=3 update && \
		DEBIAN_FRONTEND=noninteractive apt-get -qy -o Acquire::Retries=3 install --no-install-recommends chromium; \
	else \
		echo "The browser tests need Chromium, and none of $(CHROMIUMS) is in the PATH." >&2; \
		echo "Install it (Debian and Ubuntu: sudo apt-get install chromium), or run 'make unit'." >&2; \
		exit 1; \
	fi

# The tests start a Postgres of their own. Debian keeps its programs out of the PATH.
postgres:
	@if command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Postgres for the tests of the store"; \
		apt-get -q -o Acquire::Retries=3 update && \
		DEBIAN_FRONTEND=noninteractive apt-get -qy -o Acquire::Retries=3 install --no-install-recommends postgresql; \
	else \
		echo "The tests need the programs of Postgres 15 or newer, and find no initdb." >&2; \
		echo "Install them (Debian and Ubuntu: sudo apt-get install postgresql)." >&2; \
		exit 1; \
	fi

promtool:
	@if command -v promtool >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing promtool for the tests of the alert rules"; \
		apt-get -q -o Acquire::Retries=3 update && \
		RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qy -o Acquire::Retries=3 install --no-install-recommends prometheus; \
	else \
		echo "The tests of the alert rules need promtool, which comes with Prometheus." >&2; \
		echo "Install it (Debian and Ubuntu: sudo apt-get install prometheus), or run 'make unit'." >&2; \
		exit 1; \
	fi

# Almost everything is checked in the slim build. The one package that this
# leaves out pulls in the whole Temporal server, over which staticcheck and
# golangci-lint's govet take minutes and gigabytes to learn what it exports; it
# gets go vet instead.
lint: ## Check format, mistakes, import arrows and determinism of workflows
	@unformatted=$$(gofmt -l .); \
	if [ -n "$$unformatted" ]; then echo "Not formatted, run gofmt -w:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet -tags slim ./...
	$(GO) vet -tags slim,counterparts ./integrations/slack
	@if $(GO) list -deps -test -tags slim ./... | grep -E '^(go\.temporal\.io/server|github\.com/temporalio/ui-server)(/|$$)'; then \
		echo "The slim build imports the Temporal server (above)." >&2; exit 1; fi
	$(GO) run $(GOLANGCI_LINT) run --build-tags slim ./...
	$(GO) run $(WORKFLOWCHECK) -config .workflowcheck.yml ./workflows/...
	@$(PROGRESS) -tests ./internal/temporalserver/...
	$(GO) vet ./internal/temporalserver/...
	$(GO) run $(GOLANGCI_LINT) run --disable govet,staticcheck ./internal/temporalserver/...

deployment: ## Check Dockerfile, compose file and Kubernetes files by their own tools
	$(GO) -C deploy/check run .

# make chaos N=300 SEED=7 CHAOS='-report report.md'; 0 chooses a seed.
N ?= 40
SEED ?= 0
CHAOS ?=

chaos: build ## Prove by breaking things that nothing is lost or done twice
	$(GO) run ./internal/chaos -n $(N) -seed $(SEED) $(CHAOS)

# make bench BENCH='-only intake,latency -report report.md'
BENCH ?=

bench: build ## Measure Muster under load, beside what it can be compared with
	$(GO) run ./internal/bench $(BENCH)

benchmarks: ## Run the benchmarks of single functions
	$(GO) test -tags slim -run '^$$' -bench . -benchmem $(PKG)

generate: ## Write generated code anew
	$(GO) generate ./...

verify: ## Check that generated code and go.mod are up to date
	@state() { git status --porcelain && git diff; }; \
	before=$$(state) && $(MAKE) --no-print-directory generate && \
	if [ "$$before" != "$$(state)" ]; then \
		git status --short; echo "Generated code was out of date and has been written anew: commit it." >&2; exit 1; \
	fi
	$(GO) mod tidy -diff

clean: ## Remove what was built
	rm -rf bin
