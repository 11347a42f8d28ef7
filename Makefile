# SPDX-License-Identifier: Apache-2.0

SHELL := bash
.DEFAULT_GOAL := help

LOCAL ?= .local
PORT  ?= 0
IMAGE ?= spectrocloud/tenancy
PLATFORMS ?= linux/amd64,linux/arm64
VERSION = $(shell awk '$$1 == "appVersion:" { print $$2 }' artifacts/chart/Chart.yaml)

# Packages whose tests start clusters run one after the other, the rest as many at a time as there are cores.
CLUSTER_TESTS := ./pkg/localcluster/... ./cmd/tenancy-local/... ./test/integration/... ./test/e2e/...
TEST_FLAGS ?=

.PHONY: help
help: ## Show what there is to make.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: local-binaries ## Start everything on this machine, until Ctrl-C. State is kept in LOCAL (.local).
	@exec bin/tenancy-local --dir $(LOCAL) --port $(PORT)

.PHONY: build
build: ## Build our own programs into bin/, as the image ships them.
	@hack/local-binaries.sh own

.PHONY: local-binaries
local-binaries: ## Build everything that a local cluster takes, Kubernetes and etcd included, into bin/.
	@hack/local-binaries.sh

.PHONY: image
image: ## Build the image of both programs for PLATFORMS, with docker buildx. IMAGE_FLAGS=--push publishes it; with one platform, --load keeps it here.
	docker buildx build --platform $(PLATFORMS) --tag $(IMAGE):$(VERSION) --build-arg LDFLAGS="$$(hack/local-binaries.sh ldflags)" \
		--build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD) $(IMAGE_FLAGS) .

.PHONY: chart
chart: ## Check the chart and pack it into bin/.
	@hack/local-binaries.sh helm
	bin/helm lint --strict --namespace palette-system artifacts/chart
	bin/helm package --destination bin artifacts/chart

.PHONY: test
test: local-binaries ## Run every test, with the race detector; long soaks in a short form.
	go test -race $(TEST_FLAGS) $$(go list ./... | grep -v -x -f <(go list $(CLUSTER_TESTS)))
	cd hack/alerts && go test -count 1 ./...
	go test -race $(TEST_FLAGS) -p 1 -timeout 30m $(CLUSTER_TESTS)

.PHONY: soak
soak: local-binaries ## Run the long forms of the crash and concurrency tests.
	TENANCY_SOAK=1 go test -race $(TEST_FLAGS) -p 1 -count 1 -timeout 2h ./registry/quota/... ./test/integration/...

.PHONY: bench
bench: local-binaries ## Run the benchmarks. Each prints a ratio of figures from one run.
	go test -run '^$$' -bench . -benchtime 1x -timeout 1h -v ./test/bench/...

.PHONY: generate
generate: ## Write all generated files anew.
	hack/update-codegen.sh
	hack/update-manifests.sh
	hack/update-api-reference.sh

.PHONY: format
format: ## Format all files that people write.
	hack/update-format.sh
	hack/update-modules.sh

.PHONY: verify
verify: ## Check that generated files, formats, modules, manifests and docs/permissions.md are up to date, that lint passes and that imports follow the arrows.
	hack/verify-modules.sh
	hack/verify-format.sh
	hack/verify-codegen.sh
	hack/verify-manifests.sh
	hack/lint.sh
	go test ./test/architecture ./test/integration/permissions/matrix

.PHONY: lint
lint: ## Vet and lint every module.
	hack/lint.sh

.PHONY: clean
clean: ## Remove what was built, and the state of make run.
	rm -rf bin $(LOCAL)
