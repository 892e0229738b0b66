# What the README's commands do. `make` alone builds the programs into bin/.

GO        ?= go
LINT       = $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
TESTFLIGHT = $(GO) run ./testflight/cmd/testflight

# Packages whose specs need no cluster.
UNIT = ./atc/... ./cmd/... ./worker/... ./testflight/cluster/... ./testflight/host/... ./testflight/images/... ./testflight/leftover/... ./testflight/runner/... ./testflight/soak/... ./testflight/supervise/... ./testflight/upstream/...

.PHONY: build
build: generate
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/concourse-init ./cmd/concourse-init
	$(GO) build -trimpath -ldflags='-s -w' -o bin/concourse ./cmd/concourse
	$(GO) build -trimpath -ldflags='-s -w' -o bin/fly github.com/concourse/concourse/fly

# Writes the git-ignored files that derive from upstream's source.
.PHONY: generate
generate:
	$(GO) run ./cmd/weave

# Prints what the weaving changes in upstream's source, as a patch.
.PHONY: patch
patch: generate
	@upstream=$$($(GO) list -m -f '{{.Dir}}' github.com/concourse/concourse); \
	for file in atc/atccmd/*_gen.go cmd/concourse/*_gen.go; do \
		gofmt $$upstream/$${file%_gen.go}.go | diff -u --label a/$${file%_gen.go}.go --label b/$${file%_gen.go}.go - $$file; \
	done; true

# Go says nothing while it downloads and compiles.
.PHONY: compiling
compiling:
	@echo "compiling ./testflight/cmd/testflight: the first time takes minutes"

.PHONY: demo
demo: compiling
	$(TESTFLIGHT) demo

.PHONY: down
down:
	$(TESTFLIGHT) down

# Compares the start of a container with that of a bare pod, while a demo runs.
.PHONY: benchmark
benchmark:
	$(TESTFLIGHT) benchmark

.PHONY: test
test: lint unit testflight

.PHONY: lint
lint: generate
	@unformatted=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "gofmt these files:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(LINT) ./...

.PHONY: unit
unit: generate packages
	$(GO) test $(UNIT)

# Has a pod answer its worker with anything, for FUZZTIME each way.
.PHONY: fuzz
fuzz:
	for target in FuzzAnswer FuzzOutput FuzzFrame; do \
		$(GO) test ./worker/kubernetes/podinit -run='^$$' -fuzz="^$$target\$$" -fuzztime=$${FUZZTIME:-30s} || exit; \
	done

# Two nodes are for the specs of volumes that stream between workers; a user's
# cluster has the nodes that it has. GINKGO_FLAGS='--seed=N --procs=N --focus=NAME'
# repeats an order, changes how many specs run at once, chooses specs.
.PHONY: testflight
testflight: compiling
	TESTFLIGHT_NODES=$${TESTFLIGHT_NODES:-2} $(TESTFLIGHT) test $(GINKGO_FLAGS)

# Runs upstream's own integration suite on our runtime.
.PHONY: upstream-testflight
upstream-testflight: generate compiling
	$(TESTFLIGHT) upstream

# Hundreds of builds, while web and worker are restarted: nothing may be left of
# them. BUILDS=N says how many, SEED=N repeats a soak.
.PHONY: soak
soak: compiling
	$(TESTFLIGHT) soak --builds=$(or $(BUILDS),500) $(if $(SEED),--seed=$(SEED))

# Installs the Debian packages that are missing.
.PHONY: packages
packages: compiling
	$(TESTFLIGHT) packages
