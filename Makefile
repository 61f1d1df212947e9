# Thin on purpose: a target calls a script in dev/, extension.mk (PGXS) or a CMake project.
# Nothing here may need pg_config, a compiler or CMake before `packages` has installed them.

PG_CONFIG ?= pg_config
PREFIX ?= /usr/local
BUILD_TYPE ?= RelWithDebInfo
JOBS ?= $(shell nproc 2>/dev/null || echo 1)
MAKEFLAGS += --no-print-directory
export PG_CONFIG

.DEFAULT_GOAL := build
.PHONY: build extension sidecar traffic install uninstall installcheck demo test test-backup up down reset \
        soak env ready packages check format bench bench-packages images test-docker test-compose matrix test-cron \
        settings deb test-deb dist clean help

# An explicit -j of the caller reaches the makes below by itself.
jobs = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))
extension_make = PG_CONFIG="$$(dev/pg-config)" && $(MAKE) $(jobs) -f extension.mk PG_CONFIG="$$PG_CONFIG"
cmake_build = cmake -S $(1) -B build/$(notdir $(1)) -DCMAKE_BUILD_TYPE=$(BUILD_TYPE) -DCMAKE_INSTALL_PREFIX=$(PREFIX) \
        -DCMAKE_TARGET_MESSAGES=OFF -Wno-dev --no-warn-unused-cli >/dev/null && cmake --build build/$(notdir $(1)) $(jobs)

build: extension sidecar ## build the extension and the sidecar (the default)

extension:
	@$(extension_make) all

sidecar:
	@$(call cmake_build,sidecar)

traffic: ## build the generator of sample traffic
	@$(call cmake_build,bench)

install: build ## install both: the extension where PG_CONFIG says, the sidecar to PREFIX/bin
	@$(extension_make) install
	install -D -m 755 build/sidecar/productgraph-sidecar '$(DESTDIR)$(PREFIX)/bin/productgraph-sidecar'
	install -D -m 644 sidecar/productgraph-sidecar.8 '$(DESTDIR)$(PREFIX)/share/man/man8/productgraph-sidecar.8'

uninstall:
	@$(extension_make) uninstall
	rm -f '$(DESTDIR)$(PREFIX)/bin/productgraph-sidecar' \
	  '$(DESTDIR)$(PREFIX)/share/man/man8/productgraph-sidecar.8'

installcheck: ## run the SQL tests against a running server (PGHOST, PGPORT, PGUSER)
	@$(extension_make) installcheck

demo: export PRODUCTGRAPH_STARTED := $(shell date +%s)
demo: ready ## the whole product on this machine, with a day of sample traffic
	@dev/demo

test: ## everything, with what it needs; make test SUITES="unit regress" runs some
	@dev/install-packages build test sdk
	@echo 'Building...'
	@$(MAKE) --silent extension
	@dev/install-extension
	@test/run $(SUITES)

matrix: ## build and test on PostgreSQL 15 to 18 in clean roots (as root; MATRIX="15 18" for some)
	@dev/matrix

test-cron: ready ## maintenance by pg_cron, whose package this installs; takes a minute
	@dev/install-packages build test cron
	@test/run cron

soak: ## kill, cut and overload a running store for SOAK_SECONDS (600), and count what was lost or doubled
	@dev/install-packages build test
	@$(MAKE) ready
	@SOAK_SECONDS="$${SOAK_SECONDS:-600}" test/run soak

test-backup: ## dump and restore, and pg_upgrade, from each major version of PostgreSQL to the next (root, mmdebstrap)
	@dev/majors

up: ready ## start the private PostgreSQL and the sidecar
	@dev/up
	@dev/cluster status
	@dev/sidecar status

down: ## stop them; their data stays
	@dev/down

reset: ## stop them and delete their data
	@dev/down --reset

env: ## print the settings that point psql and clients at them: eval "$(make env)"
	@dev/env

# Built and installed from whatever state the machine is in.
ready:
	@dev/install-packages build
	@echo 'Building...'
	@$(MAKE) --silent build traffic
	@dev/install-extension

packages: ## install the packages that building and testing need (apt)
	@dev/install-packages build test sdk

check: ## formatting, lint and the repository's own rules
	@dev/install-packages build test
	@dev/check

settings: ready ## write docs/settings.md anew, from the code
	@dev/up
	@eval "$$(dev/env)" && dev/settings >build/settings.md && cp build/settings.md docs/settings.md

format: ## format all C++ files
	@dev/format

bench: bench-packages ready ## run all benchmarks; make bench-NAME runs one
	@dev/bench

bench-%: bench-packages ready
	@dev/bench $*

bench-packages:
	@dev/install-packages build test

images: ## build the container images with docker (or BUILDER)
	@docker/build

test-docker: ## build the images without an engine and let them work together; as root
	@dev/install-packages images
	@docker/test

test-compose: ## let compose start, break and stop the service, with docker
	@docker/test-compose

deb: ## build Debian packages of both into build/deb
	@dev/install-packages build deb
	@JOBS=$(JOBS) packaging/make-deb

test-deb: ## build the packages from what dist packs, and install, use, remove and purge them in a clean root
	@dev/install-packages build deb test-deb
	@JOBS=$(JOBS) packaging/test-deb

dist: ## pack what is committed as build/productgraph-VERSION.zip, for PGXN
	@packaging/make-dist

clean: ## delete what was built
	@if dev/pg-config >/dev/null 2>&1; then $(extension_make) --silent clean; fi
	rm -rf build

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
