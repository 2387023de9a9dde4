# The RTL: how Verilator turns modules into libraries, and `make lint`.
#
# A test bench is a module rtl/tb/NAME_tb.v with a C interface rtl/tb/NAME.h, NAME.cc; tests/rtl links
# all of them. Verilator's own C++ is built with its warnings off: it is not ours.

VERILATOR := verilator
VERILATOR_ROOT = $(shell $(VERILATOR) --getenv VERILATOR_ROOT 2>/dev/null)
RTL_SRC := $(wildcard rtl/*.v)
RTL_TABLES := $(wildcard rtl/gen/*.vh)
RTL_BENCHES := $(patsubst rtl/tb/%_tb.v,%,$(wildcard rtl/tb/*_tb.v))
RTL_INCLUDES := -Irtl -Irtl/gen

# COVERAGE=1: models that count the lines they run and the signals they toggle (make coverage).
COVERAGE ?= 0
COVERAGE_FLAGS := $(if $(filter 1,$(COVERAGE)),--coverage-line --coverage-toggle)
# Of all signals the C++ of the wide models would be millions of lines.
COVERAGE_NARROW := $(if $(COVERAGE_FLAGS),--coverage-max-width 16)
RUNTIME := verilated.o verilated_threads.o $(if $(filter 1,$(COVERAGE)),verilated_cov.o)

# The width of registers in the D-pipe's bench; any of 64, 128, 256, 512. Verilator writes code for each
# lane apart, so the widest take the compiler a quarter of an hour.
DENSE_DLEN ?= 128
VERILATOR_FLAGS_dense := -GDLEN=$(DENSE_DLEN) $(COVERAGE_NARROW)
# Lines of 512 bits as loops over words, not word by word: a fifth of the code.
VERILATOR_FLAGS_memory := --expand-limit 1 $(COVERAGE_NARROW)
BENCH_OPT := $(if $(COVERAGE_FLAGS),-O1,-O2)
# Its long run goes through all 2^32 arguments: a fifth faster.
BENCH_OPT_special := $(if $(COVERAGE_FLAGS),,-O3)

define BENCH_RULE
$(B)/rtl/$(1)/V$(1)_tb.mk: rtl/tb/$(1)_tb.v $(RTL_SRC) $(RTL_TABLES)
	@mkdir -p $$(@D)
	$$(call say,RTL)
	$(Q)$(VERILATOR) --cc -Wall --top-module $(1)_tb -Mdir $(B)/rtl/$(1) -O3 --x-assign unique \
	  --x-initial unique $(RTL_INCLUDES) $(COVERAGE_FLAGS) $(VERILATOR_FLAGS_$(1)) $$<

$(B)/rtl/$(1)/V$(1)_tb__ALL.a: $(B)/rtl/$(1)/V$(1)_tb.mk
	$$(call say,CXX)
	+$(Q)$(MAKE) -s -C $(B)/rtl/$(1) -f V$(1)_tb.mk CXX="$(CXX)" LINK="$(CXX)" OPT_FAST=$(or $(BENCH_OPT_$(1)),$(BENCH_OPT)) \
	  OPT_GLOBAL=$(BENCH_OPT) V$(1)_tb__ALL.a $(RUNTIME) >/dev/null

$(B)/obj/rtl/tb/$(1).o: $(B)/rtl/$(1)/V$(1)_tb.mk
$(B)/obj/rtl/tb/$(1).o: CXXFLAGS_ALL += -I$(B)/rtl/$(1) -isystem $$(VERILATOR_ROOT)/include \
  -isystem $$(VERILATOR_ROOT)/include/vltstd -DVM_TRACE=0 -DVM_COVERAGE=$(COVERAGE) -DVM_SC=0
endef
$(foreach b,$(RTL_BENCHES),$(eval $(call BENCH_RULE,$(b))))

RTL_OBJ := $(foreach b,$(RTL_BENCHES),$(B)/obj/rtl/tb/$(b).o $(B)/rtl/$(b)/V$(b)_tb__ALL.a)
# Once, whatever the number of benches.
RTL_RUNTIME := $(addprefix $(B)/rtl/$(firstword $(RTL_BENCHES))/,$(RUNTIME))

$(RTL_RUNTIME): $(B)/rtl/$(firstword $(RTL_BENCHES))/V$(firstword $(RTL_BENCHES))_tb__ALL.a ;

# --- hierarchical verilation: the D-pipe's lanes (rtl/cosim/blocks.vlt) once for all of their kind ---
# Verilator hands -G on to every block, so a module's parameters are set in a copy of its file:
# $(call set_in,FILE,NAME=VALUE ...) makes it in the folder of the target, where Verilator looks first.
set_in = sed -e '' $(foreach p,$(2),-e 's/parameter $(firstword $(subst =, ,$(p))) = [^,]*/parameter \
  $(subst =, = ,$(p))/') $(1) >$(@D)/$(notdir $(1))
VERILATE_BLOCKS := -Wno-DECLFILENAME --hierarchical rtl/cosim/blocks.vlt
# The blocks' libraries join that of the top module.
join_blocks = cd $(@D) && rm -rf objects && mkdir objects && for l in */lib*.a; do \
  ar x --output objects $$l; done && ar qs $(@F) objects/*.o

# --- a vTPU in a SystemC platform: the simulator as a node, the verilated core as a module ---------
.PHONY: platform
platform:
	@$(INSTALL) systemc
	@$(MAKE) --no-print-directory $(PARALLEL) $(B)/vtpu-platform $(B)/vtpu-platform-core

PLATFORM_DLEN ?= 64
PLATFORM_MODEL := build/sc$(PLATFORM_DLEN)/Vsentron_core
PLATFORM_RUNTIME := $(addprefix $(dir $(PLATFORM_MODEL)),verilated.o verilated_threads.o \
  verilated_dpi.o)
PLATFORM_CORE := $(B)/obj/rtl/cosim/verilated_core$(PLATFORM_DLEN).o

$(PLATFORM_MODEL).mk: rtl/sentron_core.v $(RTL_SRC) $(RTL_TABLES) rtl/cosim/blocks.vlt
	@mkdir -p $(@D)
	$(call say,RTL)
	$(Q)$(call set_in,$<,DLEN=$(PLATFORM_DLEN) HAS_L2=0 HAS_L3=0)
	$(Q)MAKEFLAGS= $(VERILATOR) --sc --top-module sentron_core -Mdir $(@D) -O3 \
	  --x-assign unique --x-initial unique --expand-limit 1 $(RTL_INCLUDES) \
	  $(VERILATE_BLOCKS) $(@D)/sentron_core.v >/dev/null

$(PLATFORM_MODEL)__ALL.a: $(PLATFORM_MODEL).mk
	$(call say,CXX)
	+$(Q)$(MAKE) -s -C $(@D) -f Vsentron_core.mk CXX="$(CXX)" LINK="$(CXX)" OPT_FAST=-O1 OPT_SLOW=-O0 \
	  OPT_GLOBAL=-O1 Vsentron_core__ALL.a $(notdir $(PLATFORM_RUNTIME)) >/dev/null
	$(Q)$(join_blocks)
$(PLATFORM_RUNTIME): $(PLATFORM_MODEL)__ALL.a ;

$(PLATFORM_CORE): rtl/cosim/verilated_core.cc rtl/cosim/verilated_core.h $(PLATFORM_MODEL).mk
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)$(CXX) $(CXXFLAGS_ALL) -DVERILATED_DLEN=$(PLATFORM_DLEN) -I$(dir $(PLATFORM_MODEL)) \
	  -isystem $(VERILATOR_ROOT)/include -isystem $(VERILATOR_ROOT)/include/vltstd -DVM_TRACE=0 \
	  -DVM_COVERAGE=0 -DVM_SC=1 -c $< -o $@

$(B)/vtpu-platform-core: $(PLATFORM_CORE) $(B)/obj/rtl/cosim/verilated_platform.o \
    $(B)/obj/rtl/cosim/built_in.o \
    $(patsubst %,$(B)/obj/rtl/cosim/tlm_%.o,node memory program) $(PLATFORM_MODEL)__ALL.a \
    $(PLATFORM_RUNTIME) $(foreach r,sim traces isa,$(call LIB,$(r)))
	$(call say,LINK)
	$(Q)$(CXX) $(LDSAN) -o $@ $^ -lsystemc $(LIBS)

$(B)/vtpu-platform: $(patsubst %.cc,$(B)/obj/%.o,$(wildcard rtl/cosim/tlm_*.cc)) $(ALL_LIBS)
	$(call say,LINK)
	$(Q)$(CXX) $(LDSAN) -o $@ $^ -lsystemc $(LIBS)

.PHONY: lint
lint:
	@$(INSTALL) lint
	@for v in $(RTL_SRC) $(wildcard rtl/tb/*.v rtl/cosim/*.v); do \
	  $(VERILATOR) --lint-only -Wall $(RTL_INCLUDES) $$v && \
	  iverilog -g2005 -Wall -t null -y rtl -Irtl/gen $$v || exit 1; done

# --- co-simulation: the verilated core beside the simulator, for one width of registers ------------
# The model is the same in a sanitizer build: it is Verilator's code, not ours.
COSIM_DLEN ?= 64
COSIM_NODES ?= 5
# spec: cores of the preset spec. small: cores with so little of everything that random programs
# run out of it often, and other latencies, so that no parameter is one by chance.
COSIM_CORES ?= spec
COSIM_PARAMS_small := spawn=12 branch=2 queue_depth=2 net_core=3 memory_entries=3 ptc_entries=16 \
  ptc_ways=2 ptc_hash=reference ptc_hit=2 ptc_miss=7 l1_bytes=1024 l1_ways=2 l1_latency=2 \
  l1_interval=2 latency_move=2 latency_add=2 latency_logic=2 latency_mul=5 latency_perm=5 \
  latency_f32=7 latency_dot=7 latency_cvt=7 latency_special=9 latency_red=10 latency_step=3 \
  latency_pack=2 latency_recv=4 latency_loop=2 latency_alloc=5
COSIM_PARAMS := $(strip $(COSIM_PARAMS_$(COSIM_CORES)))
# The same for Verilog: parameters have the machine's names; the word that is used above is a number.
COSIM_NUMBERS := $(shell echo "$(COSIM_PARAMS)" | sed 's/=reference/=1/' | tr a-z A-Z)
COSIM_TAG := $(COSIM_DLEN)$(COSIM_CORES:spec=)
# Of the test: build/tests/cosim_small_test.
TAG_cosim := $(addprefix _,$(filter-out spec,$(COSIM_CORES)))
# For this machine: it is not a product. OPT_FAST is what runs every cycle.
COSIM_OPT ?= -O2 -march=native
COSIM_MODEL := $(if $(filter 1,$(COVERAGE)),$(B),build)/cosim$(COSIM_TAG)/Vcore_bench
COSIM_CORE := $(B)/obj/rtl/cosim/core$(COSIM_TAG).o
COSIM_LIB := $(COSIM_CORE) $(patsubst rtl/cosim/%.c,$(B)/obj/rtl/cosim/%.o,$(filter-out \
  rtl/cosim/main.c,$(wildcard rtl/cosim/*.c))) $(COSIM_MODEL)__ALL.a
COSIM_RUNTIME := $(addprefix $(dir $(COSIM_MODEL)),$(RUNTIME) verilated_fst_c.o verilated_dpi.o)
# The narrow core is one piece, which runs faster; of the others the compiler would have too much.
COSIM_BLOCKS := $(if $(filter-out 64,$(COSIM_DLEN)),$(VERILATE_BLOCKS))

$(COSIM_MODEL).mk: rtl/cosim/core_bench.v $(RTL_SRC) $(RTL_TABLES) rtl/cosim/blocks.vlt
	@mkdir -p $(@D)
	$(call say,RTL)
	$(Q)$(call set_in,$<,DLEN=$(COSIM_DLEN) NODES=$(COSIM_NODES) $(COSIM_NUMBERS))
	$(Q)$(call set_in,rtl/sentron_core.v,$(COSIM_NUMBERS))
	$(Q)MAKEFLAGS= $(VERILATOR) --cc --top-module core_bench -Mdir $(@D) -O3 --x-assign unique \
	  --x-initial unique --trace-fst --trace-depth 4 --expand-limit 1 -I$(@D) $(RTL_INCLUDES) \
	  $(COVERAGE_FLAGS) $(COVERAGE_NARROW) $(COSIM_BLOCKS) $(@D)/core_bench.v >/dev/null

$(COSIM_MODEL)__ALL.a: $(COSIM_MODEL).mk
	$(call say,CXX)
	+$(Q)$(MAKE) -s -C $(@D) -f Vcore_bench.mk CXX="$(CXX)" LINK="$(CXX)" OPT_FAST="$(COSIM_OPT)" \
	  OPT_SLOW=-O0 OPT_GLOBAL=-O1 Vcore_bench__ALL.a $(notdir $(COSIM_RUNTIME)) >/dev/null
	$(if $(COSIM_BLOCKS),$(Q)$(join_blocks))
$(COSIM_RUNTIME): $(COSIM_MODEL)__ALL.a ;

$(COSIM_CORE): rtl/cosim/core.cc rtl/cosim/core.h $(COSIM_MODEL).mk
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)$(CXX) $(CXXFLAGS_ALL) -DRTL_DLEN=$(COSIM_DLEN) -DRTL_NODES=$(COSIM_NODES) \
	  -DRTL_PARAMS='"$(COSIM_PARAMS)"' -I$(dir $(COSIM_MODEL)) -isystem $(VERILATOR_ROOT)/include \
	  -isystem $(VERILATOR_ROOT)/include/vltstd -DVM_TRACE=1 -DVM_TRACE_FST=1 -DVM_COVERAGE=$(COVERAGE) \
	  -DVM_SC=0 -c $< -o $@

$(B)/vtpu-cosim-$(COSIM_TAG): $(B)/obj/rtl/cosim/main.o $(COSIM_LIB) $(COSIM_RUNTIME) \
    $(foreach r,sim traces isa,$(call LIB,$(r)))
	$(call say,LINK)
	$(Q)$(CXX) $(LDSAN) -o $@ $^ $(LIBS)

# Builds the binaries that `vtpu cosim' runs, one for each width, and runs them over the examples,
# microvtpu and small models as the lowering makes them (scripts/cosim). COSIM_DLEN=N: that width only.
COSIM_DLENS ?= $(if $(filter command line environment,$(origin COSIM_DLEN)),$(COSIM_DLEN),64 512)
.PHONY: cosim cosim-cores
cosim-cores:
	@$(INSTALL) test
	@for d in $(COSIM_DLENS); do \
	  $(MAKE) --no-print-directory $(PARALLEL) COSIM_DLEN=$$d $(B)/vtpu $(B)/vtpu-cosim-$$d || exit 1; done
cosim: cosim-cores
	@VTPU=$(B)/vtpu COSIM_DLENS="$(COSIM_DLENS)" scripts/cosim

# Random programs of every level, COSIM_LONG million SIWs on each of the two kinds of cores, from
# COSIM_SEED on. What they differ on is shrunk and kept in tests/cosim/cases.
COSIM_LONG ?= 5
COSIM_SEED ?= 1
.PHONY: cosim-long
cosim-long:
	@$(INSTALL) test
	@$(MAKE) --no-print-directory $(PARALLEL) $(B)/tests/cosim_test
	@$(MAKE) --no-print-directory $(PARALLEL) COSIM_CORES=small $(B)/tests/cosim_small_test
	@for t in cosim cosim_small; do VTPU_LONG=$(COSIM_LONG) VTPU_SEED=$(COSIM_SEED) \
	  $(B)/tests/$${t}_test --gtest_filter='cosim_random.*' || exit 1; done

# Speed of the simulator and of the verilated core.
.PHONY: report-rtl
report-rtl: cosim-cores
	@VTPU=$(B)/vtpu COSIM_DLENS="$(COSIM_DLENS)" reports/rtl_speed.py

# Lines and toggles that the tests of units and random programs on the core (small: rare cases are
# common) meet, by module: reports/coverage.md. It fails if a line of a unit is met by none and not in
# rtl/uncovered.txt with its reason.
.PHONY: coverage
coverage:
	@$(INSTALL) test
	@$(MAKE) --no-print-directory $(PARALLEL) B=build/coverage COVERAGE=1 DENSE_DLEN=64 COSIM_CORES=small COSIM_OPT=-O1 \
	  build/coverage/tests/rtl_test build/coverage/tests/cosim_small_test
	@rm -rf build/coverage/met; mkdir -p build/coverage/met
	@for t in rtl cosim_small; do \
	  VTPU_COVERAGE=build/coverage/met build/coverage/tests/$${t}_test --gtest_brief=1 || exit 1; done
	@reports/coverage.py build/coverage/met

# Bounded proofs of the properties at the foot of modules, by yosys-smtbmc and z3.
.PHONY: formal
formal:
	@$(INSTALL) formal
	@scripts/formal

# --- what it costs in silicon ----------------------------------------------------------------------
.PHONY: synth
synth:
	@$(INSTALL) synth
	@reports/synth.py
