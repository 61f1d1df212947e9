# Builds and installs the extension with PGXS: make -f extension.mk [all|install|clean] PG_CONFIG=…
PG_CONFIG ?= pg_config

EXTENSION = productgraph
MODULE_big = productgraph
EXTENSION_VERSION = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" productgraph.control)

OBJS = $(patsubst %.cpp,%.o,$(wildcard src/core/*.cpp src/pg/*.cpp))

# The install script is made of topic parts, in this order.
SQL_PARTS = sql/schema.sql sql/progress.sql sql/organizations.sql sql/events.sql sql/sequences.sql sql/attempts.sql \
            sql/setup_parts.sql sql/store.sql sql/packed_tables.sql sql/packing.sql sql/event_keys.sql sql/partitions.sql \
            sql/maintain.sql sql/retention.sql \
            sql/tenants.sql sql/organization_removal.sql sql/redaction.sql sql/question_parts.sql \
            sql/packed_parts.sql sql/packed_periods.sql sql/funnel_parts.sql sql/funnel_segments.sql \
            sql/funnel_question.sql sql/funnel_details.sql sql/funnel_correlation.sql sql/packed_trend.sql \
            sql/trend_questions.sql sql/packed_activity.sql sql/cohort_questions.sql sql/retention_question.sql \
            sql/session_questions.sql sql/path_questions.sql sql/journey_questions.sql \
            sql/journey_report_question.sql sql/issue_questions.sql sql/people.sql sql/storage.sql sql/status.sql sql/maintenance_status.sql \
            sql/privileges.sql
EXTENSION_SQL = productgraph--$(EXTENSION_VERSION).sql

# What was released stays as it was. What leads here from a release is made of sql/upgrades/ and the parts.
RELEASES = $(wildcard sql/releases/productgraph--*.sql)
UPGRADES = $(patsubst sql/upgrades/%.sql,productgraph--%.sql,$(wildcard sql/upgrades/*--$(EXTENSION_VERSION).sql))
DATA = $(RELEASES)
DATA_built = $(EXTENSION_SQL) $(UPGRADES)
EXTRA_CLEAN = $(EXTENSION_SQL) $(UPGRADES)

# make installcheck: the SQL tests, in their order, against the server that PGHOST and PGPORT name.
REGRESS = $(shell sed -n 's/^test: //p' test/schedule)
REGRESS_OPTS = --inputdir=test
ISOLATION = $(shell sed -n 's/^test: //p' test/isolation/schedule)
ISOLATION_OPTS = --inputdir=test/isolation

PG_CPPFLAGS = -I$(CURDIR) -DNDEBUG -DPRODUCTGRAPH_VERSION='"$(EXTENSION_VERSION)"'
PG_CXXFLAGS = -std=c++20 -fvisibility=hidden -Wall -Wextra
SHLIB_LINK = -lstdc++

# Bitcode is for inlining C functions into expressions; nothing here gains from it.
override with_llvm = no

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# PostgreSQL's own C flags are not all meant for C++, and a module's code must not be interposed. COPT is for what the
# builder adds, as in PostgreSQL itself.
override CXXFLAGS := -O2 -g -fPIC $(PG_CXXFLAGS) $(COPT)

$(OBJS): $(wildcard src/core/*.hpp src/pg/*.hpp)
src/pg/module.o: productgraph.control

$(EXTENSION_SQL): $(SQL_PARTS) productgraph.control extension.mk
	@echo 'building $@'
	@( printf '%s\n' '\echo Use "CREATE EXTENSION productgraph" to load this file. \quit'; cat $(SQL_PARTS) ) > $@

$(UPGRADES): productgraph--%.sql: sql/upgrades/%.sql sql/upgrades/last.sql sql/upgrade.awk $(RELEASES) $(SQL_PARTS) productgraph.control extension.mk
	@echo 'building $@'
	@( printf '%s\n' '\echo Use "ALTER EXTENSION productgraph UPDATE" to load this file. \quit'; cat $<; \
	   awk -f sql/upgrade.awk sql/releases/productgraph--$(firstword $(subst --, ,$*)).sql $(SQL_PARTS) sql/upgrades/last.sql ) > $@
