# autocom: `make image` builds the SD card, `make test` runs everything CI runs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help image pc virt run web web-test test lint unit fuzz lab try try-bios try-virt try-burst again bench load golden clean autocom setup-image setup-test root rootfs screenshots

BUILD := build
# Where Go may be when it is not in PATH (upstream's own place, Debian's versioned package),
# and where Debian keeps depmod and mkfs, which a normal user's PATH lacks.
export PATH := $(PATH):/usr/local/go/bin:/usr/lib/go/bin:$(lastword $(sort $(wildcard /usr/lib/go-1.*/bin))):/usr/sbin:/sbin
export GOTOOLCHAIN ?= auto
AUTOCOM := $(BUILD)/autocom
# Packages with tests that need root, namespaces and the real Asterisk. Those of features
# mostly wait for phones to ring: three at a time.
LABPKGS = $(shell grep -rl '^//go:build lab' --include=*_test.go . | xargs -rn1 dirname | sort -u)
FEATURES = $(filter-out ./pbx/pbxtest,$(filter ./pbx/%,$(LABPKGS)))

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

image: setup-image web autocom ## the SD card image for the Raspberry Pi
	@$(call build,rpi)

pc: setup-image web autocom ## the disk image for an old PC (BIOS and UEFI)
	@$(call build,pc)

virt: setup-image web autocom ## the image for an arm64 virtual machine
	@$(call build,virt)

run: root setup-test pc ## the pc image in QEMU, on a network with this computer; its console is this terminal (as root)
	@$(AUTOCOM) run --lan $(BUILD)/autocom-pc-*.img

setup-image:
	@image/setup.sh image

setup-test:
	@image/setup.sh test

autocom: setup-image
	@mkdir -p $(BUILD)
	go build -trimpath -o $(AUTOCOM) ./cmd/autocom

test: root setup-test web web-test lint unit lab again try ## everything CI runs (as root): lint, unit, fuzz seeds, lab, a pc image built twice, checked and tried
	@[ -z "$${SUDO_UID:-}" ] || chown -R "$$SUDO_UID:$$SUDO_GID" $(BUILD)
	echo "all of make test passed"

root:
	@[ "$$(id -u)" = 0 ] || { echo "this needs root, for network namespaces and for a chroot with Asterisk: run it with sudo"; exit 1; }

lint: setup-image ## gofmt, vet, staticcheck, go.mod tidy
	@files=$$(git ls-files '*.go') || true
	[ -n "$$files" ] || { echo "git lists no Go files: is this a clone of yours? see git status"; exit 1; }
	out=$$(gofmt -l $$files); [ -z "$$out" ] || { echo "not gofmt-ed: $$out"; exit 1; }
	go vet -tags lab ./...
	go tool staticcheck -tags lab ./...
	go mod tidy -diff || { echo "go.mod is not tidy: run go mod tidy"; exit 1; }
	echo "lint passed"

unit: setup-test ## unit tests, with the seeds of every fuzz target
	@$(call gotest,unit,./...)

fuzz: setup-image ## each fuzz target for FUZZTIME (default 60s)
	@grep -rlE '^func Fuzz' --include=*_test.go . | while read -r f; do
		for t in $$(grep -oE '^func Fuzz[A-Za-z0-9]+' "$$f" | cut -d' ' -f2); do
			go test -run '^$$' -fuzz "^$$t\$$" -fuzztime $${FUZZTIME:-60s} "./$$(dirname "$$f")"
		done
	done

# From the npm packages that package-lock.json names, by their checksums; none of them runs a script here.
web: portal/softphone/dist/softphone.js ## the browser phone's script, from its source and npm packages

portal/softphone/dist/softphone.js: portal/softphone/package-lock.json portal/softphone/build.mjs $(wildcard portal/softphone/src/*) | setup-image
	@cd portal/softphone
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	node build.mjs

web-test: portal/browsertest/node_modules/.package-lock.json

portal/browsertest/node_modules/.package-lock.json: portal/browsertest/package-lock.json | setup-test
	@cd portal/browsertest
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	touch node_modules/.package-lock.json

rootfs: root setup-test autocom
	@$(AUTOCOM) build --board pc --only rootfs --unpack $(BUILD)/rootfs -o $(BUILD)

lab: rootfs web web-test ## network namespaces with real peers: Asterisk, dnsmasq, virtual phones (as root)
	@export AUTOCOM_ROOTFS=$(CURDIR)/$(BUILD)/rootfs
	failed=
	( $(call gotest,lab,-tags lab -p 1 $(filter-out $(FEATURES),$(LABPKGS))) ) || failed=1 # the features are tried all the same
	( $(call gotest,features,-tags lab -p 3 $(FEATURES)) ) || failed=1
	[ -z "$$failed" ]

screenshots: rootfs web web-test ## takes the pictures of the README anew: a real autocomd and Asterisk, virtual phones, a browser (as root)
	@export AUTOCOM_ROOTFS=$(CURDIR)/$(BUILD)/rootfs AUTOCOM_PICTURES=$(CURDIR)/docs/img
	go test -tags lab -count=1 -timeout 20m -run '^TestEveryPageOfAShop$$' ./cmd/autocomd

again: pc ## builds the pc image a second time: same bytes, in a fraction of the time
	@began=$$SECONDS
	$(AUTOCOM) build --board pc -o $(BUILD)/again
	[ $$((SECONDS - began)) -lt 180 ] || { echo "the second build took $$((SECONDS - began)) s: the cached root file system was not reused"; exit 1; }
	cmp $(BUILD)/again/autocom-pc-*.img $(BUILD)/autocom-pc-*.img
	rm -r $(BUILD)/again
	echo "a second build made the same bytes in $$((SECONDS - began)) s"

try: setup-test pc ## boots the pc image by UEFI in QEMU: virtual phones call each other, before and after a power cut
	@$(AUTOCOM) try $(BUILD)/autocom-pc-*.img --firmware uefi

try-bios: setup-test pc ## the same by BIOS
	@$(AUTOCOM) try $(BUILD)/autocom-pc-*.img --firmware bios

try-virt: setup-test virt ## the same with the arm64 image
	@$(AUTOCOM) try $(BUILD)/autocom-virt-*.img

try-burst: setup-test pc ## 60 phones at once, and the power cut at 10 seeded moments
	@$(AUTOCOM) try $(BUILD)/autocom-pc-*.img --firmware bios --burst 60 --kill 10 --seed 1

bench: setup-image ## benchmarks
	go test -run '^$$' -bench . -benchmem ./...

load: rootfs ## five minutes of a hundred calls a minute through menu, queue and agents
	@export AUTOCOM_ROOTFS=$(CURDIR)/$(BUILD)/rootfs
	go test -tags lab -count=1 -v -timeout 15m -run TestACallCentreUnderLoad ./pbx/pbxtest -load 5m

golden: ## rewrites golden files from what the code renders now; read the difference before committing
	go test . ./asterisk-conf ./provision/vendors $$(grep -rl autocom/pbx/goldentest pbx | xargs -n 1 dirname | sort -u | sed 's,^,./,') -update

clean: ## removes the build folder and what npm brought (the cache of root file systems stays)
	rm -rf $(BUILD) portal/*/node_modules portal/softphone/dist/*.*

# build BOARD: builds the image, then reads it back and checks it.
define build
rm -f $(BUILD)/autocom-$(1)-*
$(AUTOCOM) build --board $(1) -o $(BUILD)
$(AUTOCOM) verify $(BUILD)/autocom-$(1)-*.img
endef

# gotest NAME ARGS: runs go test, keeps the whole log, fails on any failure and on any skipped test.
define gotest
mkdir -p $(BUILD)
go test -count=1 -timeout 40m -v $(2) >$(BUILD)/$(1).log 2>&1 && status=0 || status=$$?
grep -E '^(ok|FAIL|---? FAIL|panic:|\?)|^ +--- FAIL|no test files' $(BUILD)/$(1).log | grep -v 'no test files' || true
if grep -qE '^ *--- SKIP' $(BUILD)/$(1).log; then echo "a test was skipped, which counts as a failure:"; grep -E '^ *--- SKIP' $(BUILD)/$(1).log; exit 1; fi
if [ $$status -ne 0 ]; then
	tail -n 40 $(BUILD)/$(1).log
	echo "what the failed tests said:"
	awk '/^=== (RUN|NAME|CONT)/ { if ($$2 == "RUN" && $$3 !~ "/") said = ""; next } { said = said $$0 "\n" }
		/^--- FAIL/ { printf "%s", substr(said, length(said) > 8000 ? length(said) - 8000 : 1); said = "" } /^--- PASS/ { said = "" }' $(BUILD)/$(1).log
	exit $$status
fi
endef
