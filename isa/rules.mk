# What is generated from the tables of isa/; all of it is committed, and `make check` fails where
# it is stale. Included by the Makefile, which defines B and LIB.
#
#   isa/gen/presets.inc      the preset machines as C strings (rebuilt when a preset changes)
#   isa/manual.md            the reference manual
#   rtl/gen/isa.vh           constants for the Verilog

PRESETS := isa/presets/spec.machine $(sort $(filter-out isa/presets/spec.machine,$(wildcard isa/presets/*.machine)))

isa/gen/presets.inc: isa/gen/presets.sh $(PRESETS)
	sh isa/gen/presets.sh $(PRESETS) > $@
