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

# The width of registers in the D-pipe's bench; any of 64, 128, 256, 512. Verilator writes code for each
# lane apart, so the widest take the compiler a quarter of an hour.
DENSE_DLEN ?= 128
VERILATOR_FLAGS_dense := -GDLEN=$(DENSE_DLEN)
# Lines of 512 bits as loops over words, not word by word: a fifth of the code.
VERILATOR_FLAGS_memory := --expand-limit 1

define BENCH_RULE
$(B)/rtl/$(1)/V$(1)_tb.mk: rtl/tb/$(1)_tb.v $(RTL_SRC) $(RTL_TABLES)
	@mkdir -p $$(@D)
	$$(call say,RTL)
	$(Q)$(VERILATOR) --cc -Wall --top-module $(1)_tb -Mdir $(B)/rtl/$(1) -O3 --x-assign unique \
	  --x-initial unique $(RTL_INCLUDES) $(VERILATOR_FLAGS_$(1)) $$<

$(B)/rtl/$(1)/V$(1)_tb__ALL.a: $(B)/rtl/$(1)/V$(1)_tb.mk
	$$(call say,CXX)
	+$(Q)$(MAKE) -s -C $(B)/rtl/$(1) -f V$(1)_tb.mk CXX="$(CXX)" LINK="$(CXX)" OPT_FAST=-O2 OPT_GLOBAL=-O2 \
	  V$(1)_tb__ALL.a verilated.o verilated_threads.o >/dev/null

$(B)/obj/rtl/tb/$(1).o: $(B)/rtl/$(1)/V$(1)_tb.mk
$(B)/obj/rtl/tb/$(1).o: CXXFLAGS_ALL += -I$(B)/rtl/$(1) -isystem $$(VERILATOR_ROOT)/include \
  -isystem $$(VERILATOR_ROOT)/include/vltstd -DVM_TRACE=0 -DVM_COVERAGE=0 -DVM_SC=0
endef
$(foreach b,$(RTL_BENCHES),$(eval $(call BENCH_RULE,$(b))))

RTL_OBJ := $(foreach b,$(RTL_BENCHES),$(B)/obj/rtl/tb/$(b).o $(B)/rtl/$(b)/V$(b)_tb__ALL.a)
# Once, whatever the number of benches.
RTL_RUNTIME := $(addprefix $(B)/rtl/$(firstword $(RTL_BENCHES))/,verilated.o verilated_threads.o)

$(RTL_RUNTIME): $(B)/rtl/$(firstword $(RTL_BENCHES))/V$(firstword $(RTL_BENCHES))_tb__ALL.a ;

# A vTPU in a SystemC platform.
.PHONY: platform
platform:
	@$(INSTALL) systemc
	@$(MAKE) --no-print-directory $(PARALLEL) $(B)/vtpu-platform

$(B)/vtpu-platform: $(patsubst %.cc,$(B)/obj/%.o,$(wildcard rtl/cosim/tlm_*.cc)) $(ALL_LIBS)
	$(call say,LINK)
	$(Q)$(CXX) $(LDSAN) -o $@ $^ -lsystemc $(LIBS)

.PHONY: lint
lint:
	@$(INSTALL) lint
	@for v in $(RTL_SRC) $(wildcard rtl/tb/*.v); do \
	  $(VERILATOR) --lint-only -Wall $(RTL_INCLUDES) $$v && \
	  iverilog -g2005 -Wall -t null -y rtl -Irtl/gen $$v || exit 1; done

# --- co-simulation: the verilated core beside the simulator, for one width of registers ------------
# The model is the same in a sanitizer build: it is Verilator's code, not ours.
COSIM_DLEN ?= 64
COSIM_NODES ?= 1
COSIM_MODEL := build/cosim$(COSIM_DLEN)/Vsentron_core
COSIM_CORE := $(B)/obj/rtl/cosim/core$(COSIM_DLEN).o
COSIM_LIB := $(COSIM_CORE) $(patsubst rtl/cosim/%.c,$(B)/obj/rtl/cosim/%.o,$(filter-out \
  rtl/cosim/main.c,$(wildcard rtl/cosim/*.c))) $(COSIM_MODEL)__ALL.a
COSIM_RUNTIME := $(addprefix $(dir $(COSIM_MODEL)),verilated.o verilated_threads.o \
  verilated_fst_c.o)

$(COSIM_MODEL).mk: rtl/sentron_core.v $(RTL_SRC) $(RTL_TABLES)
	@mkdir -p $(@D)
	$(call say,RTL)
	$(Q)$(VERILATOR) --cc -Wall --top-module sentron_core -Mdir $(@D) -O3 --x-assign unique \
	  --x-initial unique --trace-fst --trace-depth 3 --expand-limit 1 $(RTL_INCLUDES) \
	  -GDLEN=$(COSIM_DLEN) -GNODES=$(COSIM_NODES) $<

$(COSIM_MODEL)__ALL.a: $(COSIM_MODEL).mk
	$(call say,CXX)
	+$(Q)$(MAKE) -s -C $(@D) -f Vsentron_core.mk CXX="$(CXX)" LINK="$(CXX)" OPT_FAST=-O1 \
	  OPT_SLOW=-O0 OPT_GLOBAL=-O1 Vsentron_core__ALL.a $(notdir $(COSIM_RUNTIME)) >/dev/null
$(COSIM_RUNTIME): $(COSIM_MODEL)__ALL.a ;

$(COSIM_CORE): rtl/cosim/core.cc rtl/cosim/core.h $(COSIM_MODEL).mk
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)$(CXX) $(CXXFLAGS_ALL) -DRTL_DLEN=$(COSIM_DLEN) -DRTL_NODES=$(COSIM_NODES) \
	  -I$(dir $(COSIM_MODEL)) -isystem $(VERILATOR_ROOT)/include \
	  -isystem $(VERILATOR_ROOT)/include/vltstd -DVM_TRACE=1 -DVM_TRACE_FST=1 -DVM_COVERAGE=0 \
	  -DVM_SC=0 -c $< -o $@

$(B)/vtpu-cosim-$(COSIM_DLEN): $(B)/obj/rtl/cosim/main.o $(COSIM_LIB) $(COSIM_RUNTIME) \
    $(foreach r,sim traces isa,$(call LIB,$(r)))
	$(call say,LINK)
	$(Q)$(CXX) $(LDSAN) -o $@ $^ $(LIBS)

# Builds the binary that `vtpu cosim' runs, and runs it over the examples, microvtpu, random programs
# and small models as the lowering makes them (scripts/cosim).
.PHONY: cosim
cosim:
	@$(INSTALL) test
	@$(MAKE) --no-print-directory $(PARALLEL) $(B)/vtpu $(B)/vtpu-cosim-$(COSIM_DLEN)
	@VTPU=$(B)/vtpu COSIM_DLEN=$(COSIM_DLEN) scripts/cosim

# Speed of the simulator and of the verilated core.
.PHONY: report-rtl
report-rtl:
	@$(INSTALL) test
	@$(MAKE) --no-print-directory $(PARALLEL) $(B)/vtpu $(B)/vtpu-cosim-$(COSIM_DLEN)
	@VTPU=$(B)/vtpu COSIM_DLEN=$(COSIM_DLEN) reports/rtl_speed.py

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
