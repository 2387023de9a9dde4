# vtpu: see README.md. The two commands that a user needs: `make demo` and `make test`.
#
#   make            builds build/vtpu (needs the packages that `make demo` would install)
#   make demo       installs what is missing, builds, runs the carried model, makes its report
#   make test       installs what is missing, builds, runs every test and check
#   make sanitize   every test under address and undefined-behaviour sanitizers
#   make check      format of the house: include arrows, stale generated files, sizes and paths
#   make platform   a vTPU and the verilated core in SystemC platforms, build/vtpu-platform (rtl/README.md)
#   make lint       the RTL under Verilator and Icarus, silent when clean
#   make cosim      the verilated core beside the simulator, every cycle compared, at DLEN 64 and 512
#   make cosim-long the same over 10 million SIWs of random programs (half an hour)
#   make synth      gates, registers and clock of every unit, reports/synth.md (the better part of an hour)
#   make coverage   lines and toggles that the tests of the RTL reach, reports/coverage.md
#   make formal     bounded proofs of the RTL's properties by yosys and z3
#   make bench      speed of the simulator, build/bench.json
#   make accuracy   what narrow types cost, reports/accuracy.md (minutes)
#   make report-layer  one layer, and 1 to 16 sentrons: reports/layer.md
#   make report-qwen3  the Qwen3-0.6B shape at a context of 128, reports/qwen3.md (some minutes)
#   make report-batch  tokens a second against sequences together, reports/batch.md (many minutes)
#   make gallery    figures of the carried model's report, reports/gallery
#   make generate   rewrites the generated files that are committed (isa/rules.mk)
#
#   SAN=1           any of the above in a sanitizer build (build-san/)
#   V=1             shows the commands
#
# Sources are found by their folder: a new file needs no change here. A folder under tests/ with a
# file *_test.c is a test binary of its own, build/tests/FOLDER_test.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := g++
endif

SAN ?= 0
ifeq ($(SAN),1)
B := build-san
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDSAN := -fsanitize=address,undefined
else
B := build
OPT := -O3 -g
LDSAN :=
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
# Arithmetic must not depend on flags: no contraction; errno and trapping are not observed.
NUMERIC := -ffp-contract=off -fno-math-errno -fno-trapping-math
CFLAGS_ALL := -std=c17 -D_GNU_SOURCE $(WARN) $(OPT) $(NUMERIC) -I. -I$(B)/gen -MMD -MP $(CFLAGS)
CXXFLAGS_ALL := -std=gnu++17 -Wall -Wextra -Werror $(OPT) -I. -I$(B)/gen -MMD -MP $(CXXFLAGS)
LIBS := -ljansson -lpcre2-8 -lutf8proc -lz -lm -pthread

# With V=1 the command itself, with -s nothing, else a short line for it.
ifeq ($(V),1)
say = @:
Q :=
else ifneq (,$(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS)))))
say = @:
Q := @
else
say = @printf '  %-4s %s\n' $(1) $@
Q := @
endif

ROOMS := isa traces asm models sim
SRC_isa := $(wildcard isa/*.c)
SRC_traces := $(wildcard traces/*.c)
SRC_asm := $(wildcard asm/*.c asm/lower/*.c)
SRC_models := $(wildcard models/*.c)
SRC_sim := $(wildcard sim/*.c)
SRC_cli := $(wildcard sim/cli/*.c sim/cli/*/*.c) isa/gen/manual.c
OBJ = $(patsubst %.c,$(B)/obj/%.o,$(SRC_$(1)))
LIB = $(B)/libvtpu_$(1).a
# Users of a room come before it.
ALL_LIBS := $(foreach r,sim asm models traces isa,$(call LIB,$(r)))

TEST_ROOMS := $(patsubst tests/%/,%,$(filter-out tests/harness/,$(sort $(dir $(wildcard tests/*/*_test.c)))))
TEST_BINS := $(patsubst %,$(B)/tests/%_test,$(TEST_ROOMS))

.PHONY: all lib tests run-tests clean demo test gallery accuracy report-layer report-qwen3 report-batch bench sanitize check generate
all: $(B)/vtpu

lib: $(ALL_LIBS)
tests: $(TEST_BINS) $(B)/vtpu

# How files are generated from the tables of isa/.
-include isa/rules.mk
# How the RTL is verilated and checked.
-include rtl/rules.mk

# --- what users type ---------------------------------------------------------------------------
# As many jobs as processors, unless the caller said how many.
PARALLEL = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 1))
INSTALL = CC="$(CC)" CXX="$(CXX)" scripts/install

demo:
	@$(INSTALL) demo
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@VTPU=$(B)/vtpu reports/carried.sh $(B)/demo

test:
	@$(INSTALL) test
	@$(MAKE) --no-print-directory $(PARALLEL) tests
	@$(MAKE) --no-print-directory run-tests

sanitize:
	@$(INSTALL) test
	@$(MAKE) --no-print-directory $(PARALLEL) SAN=1 tests
	@$(MAKE) --no-print-directory SAN=1 CHECKS= run-tests

CHECKS := $(wildcard scripts/check-*)
run-tests:
	@scripts/run-tests $(addprefix --check ,$(CHECKS)) $(TEST_BINS)

check:
	@scripts/run-tests $(addprefix --check ,$(CHECKS))

accuracy: $(B)/vtpu
	VTPU=$(B)/vtpu reports/accuracy.py

report-layer: $(B)/vtpu
	VTPU=$(B)/vtpu reports/layer.py

report-qwen3: $(B)/vtpu
	VTPU=$(B)/vtpu reports/qwen3.py

report-batch: $(B)/vtpu
	VTPU=$(B)/vtpu reports/batch.py

gallery: $(B)/vtpu
	VTPU=$(B)/vtpu reports/gallery.sh

bench: $(B)/bench
	$(B)/bench $(B)/bench.json $(B)/bench.trace

# --- compilation ---------------------------------------------------------------------------
# The dense pipe and the hot paths are compiled once for each host vector width that serves them;
# the widest that the host has is picked at run time. The results are the same bits. (The hot paths
# are integers: where there are mask registers the compiler puts some of these there, and they run
# a tenth slower.)
VECTORS_pipe_d_lanes := base avx2 avx512
VECTORS_plain := base avx2
VECTORS_pair := base avx2
VECTORS_line := base avx2
VECTOR_SRC := pipe_d_lanes plain pair line
SRC_sim := $(filter-out $(patsubst %,sim/%.c,$(VECTOR_SRC)),$(SRC_sim))
VECTOR_OBJ := $(foreach s,$(VECTOR_SRC),$(patsubst %,$(B)/obj/sim/$(s)_%.o,$(VECTORS_$(s))))
# What gcc does more at -O3 makes pair.c and line.c 3 to 5 % slower, and plain.c faster; scalars that
# lie side by side are not worth a vector either.
OPT_pair := $(if $(filter 1,$(SAN)),,-O2 -fno-tree-slp-vectorize)
OPT_line := $(OPT_pair)
FLAGS_base :=
FLAGS_avx2 := -mavx2 -mfma -mbmi -mbmi2
FLAGS_avx512 := -mavx512f -mavx512bw -mavx512vl -mavx512dq -mfma -mbmi2 -mprefer-vector-width=512

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS_ALL) -c $< -o $@

define VECTOR_RULE
$(B)/obj/sim/%_$(1).o: sim/%.c
	@mkdir -p $$(@D)
	$$(call say,CC)
	$(Q)$(CC) $(CFLAGS_ALL) $(FLAGS_$(1)) $$(OPT_$$*) -DLANES_SUFFIX=$(1) -c $$< -o $$@
endef
$(foreach v,base avx2 avx512,$(eval $(call VECTOR_RULE,$(v))))

$(B)/obj/%.o: %.cc
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)$(CXX) $(CXXFLAGS_ALL) -c $< -o $@

define ROOM_LIB
$(B)/libvtpu_$(1).a: $(call OBJ,$(1)) $(if $(filter sim,$(1)),$(VECTOR_OBJ))
	@mkdir -p $$(@D); rm -f $$@
	$$(call say,AR)
	$(Q)ar rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call ROOM_LIB,$(r))))

$(B)/vtpu: $(call OBJ,cli) $(ALL_LIBS)
	$(call say,LINK)
	$(Q)$(CC) $(LDSAN) -o $@ $^ -ledit $(LIBS)

$(B)/bench: $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/bench/*.c)) $(ALL_LIBS)
	$(call say,LINK)
	$(Q)$(CC) $(LDSAN) -o $@ $^ $(LIBS)

# --- tests -----------------------------------------------------------------------------------
# A room's test links only the rooms that it may know (scripts/check-arrows).
NEEDS_isa := isa
NEEDS_traces := traces isa
NEEDS_models := models isa
NEEDS_asm := asm models isa
NEEDS_sim := sim asm models traces isa
NEEDS_cli := sim models traces isa
NEEDS_report := sim models traces isa
NEEDS_rtl := sim asm models traces isa
NEEDS_default := sim asm models traces isa
# Files of another room's tests that a room's tests use.
SHARED_cli := tests/models/synthetic.c tests/models/gguf_file.c
SHARED_report := tests/cli/command.c $(SHARED_cli)
SHARED_tracing := $(wildcard tests/exact/generate*.c)
SHARED_sim := tests/ptc/programs.c tests/asm/texts.c $(wildcard tests/exact/generate*.c)
SHARED_rtl := tests/isa/random_siw.c tests/ptc/plain_ptc.c $(wildcard tests/exact/stepper*.c)
SHARED_cosim := $(wildcard tests/exact/generate*.c) tests/exact/shrink.c
SHARED_ptc := tests/models/synthetic.c
SHARED_systemc := tests/cli/command.c tests/models/synthetic.c
SHARED_checkpoint := tests/models/synthetic.c $(wildcard tests/exact/generate*.c)
# Objects and libraries that are not a room's.
EXTRA_rtl = $(RTL_OBJ) $(RTL_RUNTIME)
EXTRA_cosim = $(COSIM_LIB) $(COSIM_RUNTIME)
define TEST_RULE
$(B)/tests/$(1)$(TAG_$(1))_test: $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/$(1)/*.c) $(SHARED_$(1))) $(B)/obj/tests/harness/harness.o \
    $$(EXTRA_$(1)) \
    $(foreach r,$(or $(NEEDS_$(1)),$(NEEDS_default)),$(call LIB,$(r)))
	@mkdir -p $$(@D)
	$$(call say,LINK)
	$(Q)$(CXX) $(LDSAN) -o $$@ $$^ -lgtest $(LIBS)
endef
$(foreach t,$(TEST_ROOMS),$(eval $(call TEST_RULE,$(t))))

# The tests of the command line run the command.
$(B)/obj/tests/cli/%.o $(B)/obj/tests/report/%.o: CFLAGS_ALL += -DVTPU_BINARY='"$(B)/vtpu"'
$(B)/tests/cli_test $(B)/tests/report_test: | $(B)/vtpu
$(B)/obj/tests/systemc/%.o: CFLAGS_ALL += -DVTPU_BINARY='"$(B)/vtpu"'
$(B)/tests/systemc_test: | $(B)/vtpu $(B)/vtpu-platform $(B)/vtpu-platform-core

clean:
	rm -rf build build-san

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
