# What is generated from the tables of isa/; all of it is committed, and `make check` fails where
# it is stale (scripts/check-generated). Included by the Makefile, which defines B, Q, say and LIB.
#
#   isa/gen/presets.inc      the preset machines as C strings (rebuilt when a preset changes)
#   isa/manual.md            the reference manual
#   rtl/gen/isa.vh           constants for the Verilog
#   rtl/gen/rows.vh          the operation table for the Verilog decoder
#   isa/num_tables.h, rtl/gen/num_tables.vh    coefficients of the special functions

PRESETS := isa/presets/spec.machine $(sort $(filter-out isa/presets/spec.machine,$(wildcard isa/presets/*.machine)))

isa/gen/presets.inc: isa/gen/presets.sh $(PRESETS)
	sh isa/gen/presets.sh $(PRESETS) > $@

$(B)/isa-generate: $(patsubst %.c,$(B)/obj/%.o,$(wildcard isa/gen/*.c)) $(B)/libvtpu_isa.a
	$(call say,LINK)
	$(Q)$(CC) $(LDSAN) -o $@ $^ $(LIBS)

.PHONY: generate
generate: $(B)/isa-generate
	python3 isa/num_tables.py
	$< manual > isa/manual.md
	$< verilog > rtl/gen/isa.vh
	$< rows > rtl/gen/rows.vh
