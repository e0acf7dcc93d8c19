# autocom: `make image` builds the SD card, `make test` runs everything CI runs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help image pc virt test lint unit fuzz lab try bench golden clean setup-image setup-test rootfs

BUILD := build
# Where Go may be when it is not in PATH: upstream's own place, or Debian's versioned package.
export PATH := $(PATH):/usr/local/go/bin:/usr/lib/go/bin:$(lastword $(sort $(wildcard /usr/lib/go-1.*/bin)))
export GOTOOLCHAIN ?= auto
AUTOCOM = go run ./cmd/autocom
# Packages with tests that need root, namespaces and the real Asterisk.
LABPKGS = $(shell grep -rl '^//go:build lab' --include=*_test.go . | xargs -rn1 dirname | sort -u)

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

image: setup-image ## the SD card image for the Raspberry Pi
	@$(AUTOCOM) build --board rpi -o $(BUILD)

pc: setup-image ## the disk image for an old PC (BIOS and UEFI)
	@$(AUTOCOM) build --board pc -o $(BUILD)

virt: setup-image ## the image for an arm64 virtual machine
	@$(AUTOCOM) build --board virt -o $(BUILD)

setup-image:
	@image/setup.sh image

setup-test:
	@image/setup.sh test

test: setup-test lint unit lab try ## everything CI runs: lint, unit, fuzz seeds, lab, one pc image and a try of it
	@echo "all of make test passed"

lint: ## gofmt, vet, staticcheck, go.mod tidy
	@out=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "not gofmt-ed: $$out"; exit 1; }
	go vet -tags lab ./...
	go tool staticcheck -tags lab ./...
	go mod tidy -diff >/dev/null || { echo "go.mod is not tidy: run go mod tidy"; exit 1; }
	@echo "lint passed"

unit: ## unit tests, with the seeds of every fuzz target
	@$(call gotest,unit,./...)

fuzz: ## each fuzz target for FUZZTIME (default 60s)
	@grep -rlE '^func Fuzz' --include=*_test.go . | while read -r f; do
		for t in $$(grep -oE '^func Fuzz[A-Za-z0-9]+' "$$f" | cut -d' ' -f2); do
			go test -run '^$$' -fuzz "^$$t\$$" -fuzztime $${FUZZTIME:-60s} "./$$(dirname "$$f")"
		done
	done

rootfs: setup-test
	@$(AUTOCOM) build --board pc --only rootfs --unpack $(BUILD)/rootfs -o $(BUILD)

lab: rootfs ## network namespaces with real peers: Asterisk, dnsmasq, virtual phones
	@export AUTOCOM_ROOTFS=$(CURDIR)/$(BUILD)/rootfs
	$(call gotest,lab,-tags lab -p 1 $(LABPKGS))

try: pc ## boots the pc image in QEMU and lets virtual phones call each other, before and after a power cut
	@$(AUTOCOM) try $(BUILD)/autocom-pc-*.img

bench: setup-test ## benchmarks
	go test -run '^$$' -bench . -benchmem ./...

golden: ## rewrites golden files from what the code renders now; read the difference before committing
	go test ./asterisk-conf ./provision/vendors -update

clean: ## removes the build folder (the cache of root file systems stays)
	rm -rf $(BUILD)

# gotest NAME ARGS: runs go test, keeps the whole log, fails on any failure and on any skipped test.
define gotest
mkdir -p $(BUILD)
go test -count=1 -timeout 40m -v $(2) >$(BUILD)/$(1).log 2>&1 && status=0 || status=$$?
grep -E '^(ok|FAIL|---? FAIL|panic:|\?)|^ +--- FAIL|no test files' $(BUILD)/$(1).log | grep -v 'no test files' || true
if grep -qE '^ *--- SKIP' $(BUILD)/$(1).log; then echo "a test was skipped, which counts as a failure:"; grep -E '^ *--- SKIP' $(BUILD)/$(1).log; exit 1; fi
if [ $$status -ne 0 ]; then tail -n 200 $(BUILD)/$(1).log; exit $$status; fi
endef
