#!/usr/bin/env python3
"""Makes reports/synth.md: what the RTL costs in silicon, by unit.

  make synth            (needs yosys and nextpnr-ice40; VTPU_UNITS=a,b for some of the units)

Each unit is synthesised by itself, with what it contains, into gates of two inputs, multiplexers and
flip-flops; memories (arrays that are written at a clock edge) stay memories. A unit is a row: its gates,
flip-flops, bits of memory, and the most gates between two registers or ports. Units that fit are placed
and routed on an iCE40 HX8K, between registers, for a clock in MHz of a real (small, slow) technology.
What was made is kept in build/synth by the hash of its sources, so only what changed is made again.

A unit that joins others (`JOINS`) is made of its parts as they were mapped for their own rows, if they are
there with the same text (else they are mapped apart); only what is between them is mapped. Parts stay
modules: yosys sees each once, and reports/netlist.py counts and finds the path through all instances.
"""
import hashlib
import json
import os
import re
import resource
import subprocess
import sys

import netlist

OUT = "build/synth"
WIDTHS = (64, 512)
LOGIC_CELLS = 7680  # of an HX8K
# Unit; its parameters, where not the default, as the core sets them, {} for a width of registers; what in
# the machine table rests on it.
DLEN = "DLEN={}"
UNITS = [
    ("slot_decode", "", "decoding, in the cycle of issue"),
    ("siw_decode", DLEN, "decoding, in the cycle of issue"),
    ("alu_lane", "", "latency_move, _add, _logic 1"),
    ("mul_lane", "", "latency_mul 3"),
    ("f32_fma", "", "latency_f32 4"),
    ("i8_dot", "", "latency_dot 4"),
    ("bf16_dot", "", "latency_dot 4"),
    ("t2_dot", "", "latency_dot 4"),
    ("convert_lane", "", "latency_cvt 4"),
    ("int_to_f32", "", "latency_cvt 4"),
    ("f32_to_int", "", "latency_cvt 4"),
    ("f32_special", "", "latency_special 6"),
    ("fold_lane", "", "a step of latency_red 8"),
    ("dense_lane", "", "a lane of 64 bits"),
    ("dpipe", DLEN, "the D-pipe"),
    ("coord_step", "", "SINDEX, CSTEP: 1"),
    ("coord_linear", "", "part of the PTC's look-up"),
    ("ptc", "", "ptc_hit 1"),
    ("walker", "WHERE=12", "ptc_miss 12"),
    ("l1", "", "l1_latency 1"),
    ("line_buffers", "TIMER=5", "memory entries"),
    ("memory_entry", "DLEN={} TIMER=5", "memory entries"),
    ("spipe", DLEN, "the S-pipe"),
    ("scoreboard", "", "issue, in its cycle"),
    ("issue_tests", "", "issue, in its cycle"),
    ("smt_arbiter", "", "issue, in its cycle"),
    ("hold_unit", "", "issue, in its cycle"),
    ("fetch", "", "branch 3"),
    ("loop_unit", "", "hardware loops at no cost"),
    ("message_queue", "", "queue_depth 8"),
    ("credits", "", "queue_depth 8"),
    ("f32_sum", "", "collectives"),
    ("merge_lane", "", "collectives"),
    ("merge", "", "collectives"),
    ("message_port", "", "messages, collectives"),
    ("group_table", "", "collectives"),
    ("sentron", DLEN, "what a context has for itself"),
    ("cpipe", DLEN, "the C-pipe"),
    ("register_slice", "", "operands, in the cycle of issue"),
    ("register_file", "WIDTH={} READS=9 WRITES=26", "operands, in the cycle of issue"),
    ("sentron_core", DLEN, "the core"),
]
JOINS = ("dense_lane", "dpipe", "spipe", "merge_lane", "merge", "message_port", "sentron", "cpipe",
         "register_file", "sentron_core")
MAP = """
opt_mem; memory_share -nosat -nowiden; opt_clean
opt -fast -nodffe -nosdff; wreduce; peepopt; opt_clean; alumacc; opt -fast -nodffe -nosdff; opt_clean
techmap; opt -fast -nodffe -nosdff; abc -script +strash;balance;map; opt_clean
"""


def sources(unit):
    """The files that a unit is made of, and a hash of them."""
    modules = {f[:-2] for f in os.listdir("rtl") if f.endswith(".v")}
    found, pending = set(), [unit]
    while pending:
        module = pending.pop()
        if module not in found:
            found.add(module)
            with open(f"rtl/{module}.v") as text:
                pending += modules & set(re.findall(r"\w+", re.sub("//.*", "", text.read())))
    files = sorted(f"rtl/{module}.v" for module in found)
    parameters = next(t for u, t, _ in UNITS if u == unit)
    digest = hashlib.sha256(parameters.encode())
    for f in files + ["rtl/gen/isa.vh", "rtl/gen/rows.vh", "rtl/gen/num_tables.vh"]:
        with open(f, "rb") as text:
            digest.update(text.read())
    return files, digest.hexdigest()[:16]


def yosys(script, log):
    with open(log, "w") as out:
        return subprocess.run(["yosys", "-q", "-"], input=script, text=True, stdout=out,
                              stderr=subprocess.STDOUT).returncode == 0


def elaborate(files, unit, parameters):
    """Reads the unit alone, with its parameters."""
    sets = " ".join("-set " + p.replace("=", " ") for p in parameters.split())
    return (f"read_verilog -Irtl -Irtl/gen {' '.join(files)}\n"
            + (f"chparam {sets} {unit}\n" if sets else "") + f"hierarchy -check -top {unit}\n")


def run(script, name):
    if not yosys(script, f"{OUT}/{name}.log"):
        sys.exit(f"reports/synth.py: yosys failed on {name}\n  see {OUT}/{name}.log")


def elaborated(name):
    """What was elaborated for a row: of each module a hash of its text, whatever its name, running numbers
    and order, and the modules that it uses."""
    with open(f"{OUT}/{name}.elaborated") as f:
        found = re.findall(r"^module (\S+)$(.*?)^end$", f.read(), re.M | re.S)
    modules = {}
    for module, text in found:
        # Attributes and parameters, which are lines, say how it came to be and not what it is.
        lines = re.sub(r"\$\d+|^ *attribute .*\n|^  parameter .*\n", "", text, flags=re.M).split("\n")
        modules[module.removeprefix("\\")] = (
            hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest(),
            {used.removeprefix("\\") for used in re.findall(r"^  cell (\S+) ", text, re.M)})
    return {module: (text, used & modules.keys()) for module, (text, used) in modules.items()}


def parts(unit, width, name):
    """The parts of a joining unit that have rows: commands that put the mapped ones in their place, and
    commands that keep the others apart."""
    rows = {u: "{}" in t for u, t, _ in UNITS if u != unit}
    modules = elaborated(name)
    put, keep, seen, pending = "", "", {unit}, [unit]
    while pending:
        for module in sorted(modules[pending.pop()][1] - seen):
            seen.add(module)
            base = netlist.base_of(module)
            if base not in rows:
                pending.append(module)
                continue
            pattern = re.sub(r"[\\'\[\]]", "?", module)
            row = f"{base}_{width}" if rows[base] else base
            if kept_row(base, row) and elaborated(row)[base][0] == modules[module][0]:
                # With all that is in it. `=': it may be there, mapped, as a part of a part.
                put += f"delete ={pattern}\nread_rtlil -overwrite {OUT}/{row}.il\n"
                put += f"rename {base} {module}\n" if module != base else ""
            else:
                # Whole, as its row is, or joined itself.
                keep += "" if base in JOINS else f"flatten {pattern}\n"
                keep += f"setattr -mod -set keep_hierarchy 1 {pattern}\n"
                pending += [module] if base in JOINS else []
    return (put + f"hierarchy -top {unit}\n" if put else ""), keep


def synthesise(files, unit, parameters, width, name):
    run(elaborate(files, unit, parameters) + f"write_rtlil {OUT}/{name}.elaborated\n"
        f"tee -q -o {OUT}/{name}.ports portlist {unit}\n", name)
    read, put, keep = elaborate(files, unit, parameters), "", ""
    if unit in JOINS:  # the largest, which take long to elaborate
        read = f"read_rtlil {OUT}/{name}.elaborated\nhierarchy -top {unit}\n"
        put, keep = parts(unit, width, name)
    # What is mapped is left alone by all that follows, as a black box is.
    run(read + f"""
{put}proc -norom; opt_clean
{keep}flatten; opt_clean
{MAP}
setattr -mod -unset keep_hierarchy *
setattr -mod -set blackbox 1 *
write_rtlil {OUT}/{name}.il
setattr -mod -unset blackbox =*
hierarchy -top {unit}
write_json {OUT}/{name}.netlist
""", name)
    counts, path = netlist.measure(f"{OUT}/{name}.netlist", unit)
    os.remove(f"{OUT}/{name}.netlist")
    with open(f"{OUT}/{name}.path", "w") as f:
        f.write("\n".join(path) + "\n")
    return counts


# --- an FPGA -------------------------------------------------------------------------------------


def ports_of(name):
    """Of what `portlist' printed: direction, bits and name of each port."""
    with open(f"{OUT}/{name}.ports") as f:
        return [(d, int(high) + 1, p)
                for d, high, p in re.findall(r"(\w+) \[(\d+):0\] (\w+)", f.read())]


def harness(unit, parameters, ports):
    """The unit between shift registers, so that few pins do and every path begins and ends in one."""
    ins = [(p, n) for d, n, p in ports if d == "input" and p != "clk"]
    outs = [(p, n) for d, n, p in ports if d == "output"]
    many_in, many_out = sum(n for _, n in ins), sum(n for _, n in outs)
    lines, at = [f".clk(clk)"] if any(p == "clk" for _, _, p in ports) else [], 0
    for p, n in ins:
        lines.append(f".{p}(in[{at + n - 1}:{at}])")
        at += n
    at = 0
    for p, n in outs:
        lines.append(f".{p}(y[{at + n - 1}:{at}])")
        at += n
    sets = ", ".join(".{}({})".format(*p.split("=")) for p in parameters.split())
    return f"""module harness (input clk, input shift_in, input load, output shift_out);
  reg [{many_in}:0] in;
  reg [{many_out}:0] taken, out;
  wire [{many_out}:0] y;
  assign y[{many_out}] = in[{many_in}];
  always @(posedge clk) begin
    in <= {{in, shift_in}};
    taken <= y;
    out <= load ? taken : out >> 1;
  end
  assign shift_out = out[0];
  {unit} {f'#({sets})' if sets else ''} unit ({", ".join(lines)});
endmodule
"""


def place(files, unit, parameters, name):
    """Cells and MHz on an HX8K, or None where it does not fit."""
    # Bits of the harness: a cell for each input, two for each output.
    if sum(n if d == "input" else 2 * n for d, n, _ in ports_of(name)) > LOGIC_CELLS // 2:
        return None
    with open(f"{OUT}/{name}_harness.v", "w") as f:
        f.write(harness(unit, parameters, ports_of(name)))
    script = (f"read_verilog -Irtl -Irtl/gen {' '.join(files)} {OUT}/{name}_harness.v\n"
              f"synth_ice40 -top harness -json {OUT}/{name}.ice\n"
              f"tee -q -o {OUT}/{name}.icestat stat -json\n")
    if not yosys(script, f"{OUT}/{name}.log"):
        return None
    with open(f"{OUT}/{name}.icestat") as f:
        luts = json.load(f)["design"]["num_cells_by_type"].get("SB_LUT4", 0)
    if luts > LOGIC_CELLS:
        return None
    command = ["nextpnr-ice40", "--hx8k", "--package", "ct256", "--json", f"{OUT}/{name}.ice",
               "--seed", "1", "--timing-allow-fail", "--report", f"{OUT}/{name}.report", "-q"]
    with open(f"{OUT}/{name}.log", "a") as log:
        if subprocess.run(command, stdout=log, stderr=subprocess.STDOUT).returncode:
            return None
    with open(f"{OUT}/{name}.report") as f:
        report = json.load(f)
    return {"cells": report["utilization"]["ICESTORM_LC"]["used"],
            "mhz": min(c["achieved"] for c in report["fmax"].values())}


# --- the table -----------------------------------------------------------------------------------


def kept(path, digest):
    """What was made from these very sources, or None."""
    if os.path.exists(path):
        with open(path) as f:
            made = json.load(f)
        if made["digest"] == digest:
            return made
    return None


def mapped_digest(unit):
    return hashlib.sha256((sources(unit)[1] + MAP).encode()).hexdigest()[:16]


def kept_row(unit, name):
    return kept(f"{OUT}/{name}.json", mapped_digest(unit))


def processor_seconds():
    return sum(r.ru_utime + r.ru_stime for r in map(
        resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def made(path, digest, make):
    """`make()`, a dictionary, with the processor's time for it, kept in a file."""
    if not (row := kept(path, digest)):
        print(f"{path} ...", end=" ", flush=True)
        began = processor_seconds()
        row = {"digest": digest, **make()}
        row["seconds"] = processor_seconds() - began
        print(f"{row['seconds']:.0f} s", flush=True)
        with open(path, "w") as f:
            json.dump(row, f)
    return row


def name_of(unit, width):
    return f"{unit}_{width}" if width else unit


def mapped(unit, template, width):
    files, _ = sources(unit)
    name = name_of(unit, width)
    return made(f"{OUT}/{name}.json", mapped_digest(unit),
                lambda: synthesise(files, unit, template.format(width), width, name))


def placed(unit, template, width, row):
    files, digest = sources(unit)
    name = name_of(unit, width)
    if row["gates"] < 2 * LOGIC_CELLS and not row["bits"]:
        row["ice40"] = made(f"{OUT}/{name}.fpga.json", digest,
                            lambda: place(files, unit, template.format(width), name) or {})
        row["seconds"] += row["ice40"]["seconds"]
    return row


def cells(rows):
    for unit, width, rests, row in rows:
        ice = row["ice40"] if row.get("ice40", {}).get("cells") else None
        yield (f"| `{unit}` | {width or ''} | {row['gates']:,} | {row['flops']:,} | "
               f"{row['bits']:,} | {row['levels']} | {'{:,}'.format(ice['cells']) if ice else ''} | "
               f"{'{:.0f}'.format(ice['mhz']) if ice else ''} | {rests} |")


def shares(rows):
    """Of each unit that joins others: where its gates are, largest first."""
    for unit, width, _, row in rows:
        if unit in JOINS:
            parts = netlist.shares(f"{OUT}/{name_of(unit, width)}.il", unit)
            told = []
            for part, (many, gates) in sorted(parts.items(), key=lambda p: -p[1][1]):
                share = 100 * gates / row["gates"]
                told.append((f"{many} `{part}`" if part else "between them") + f" {gates:,} ("
                            + (f"{share:.0f} %" if share >= 0.5 else "under 1 %") + ")")
            yield f"| `{unit}` | {width or ''} | {', '.join(told)} |"


def left_out(wanted):
    missing = [f"`{u}`" for u, _, _ in UNITS if u not in wanted]
    if missing:
        yield f"Not measured (`VTPU_UNITS` left them out): {', '.join(missing)}."
        yield ""


def main():
    os.makedirs(OUT, exist_ok=True)
    wanted = os.environ.get("VTPU_UNITS")
    wanted = wanted.split(",") if wanted else [u for u, _, _ in UNITS]
    unknown = [u for u in wanted if u not in [v for v, _, _ in UNITS]]
    if unknown:
        sys.exit(f"reports/synth.py: VTPU_UNITS: there is no unit {unknown[0]}")
    wide = [(unit, template, width, rests) for unit, template, rests in UNITS if unit in wanted
            for width in (WIDTHS if "{}" in template else (None,))]
    rows = [(u, t, w, rests, mapped(u, t, w)) for u, t, w, rests in wide]
    rows = [(u, w, rests, placed(u, t, w, row)) for u, t, w, rests, row in rows]
    minutes = sum(row["seconds"] for *_, row in rows) / 60
    version = subprocess.run(["yosys", "-V"], capture_output=True, text=True, check=True).stdout
    text = "\n".join([
        "# The RTL's cost in silicon",
        "",
        f"Made by `reports/synth.py` (`make synth`), {version.split(' (')[0]}, in {minutes:.0f} minutes of "
        "a processor.",
        "",
        "Each unit by itself with all that it contains, parameters as in the preset `spec`. *Gates* have "
        "two inputs (or are multiplexers), *memory* is bits of arrays, *levels* the most gates between two "
        "registers or ports, where a read of a memory counts as one. *Cells* and *MHz* are those of an iCE40 "
        "HX8K (40 nm, four-input tables, no multipliers), the unit between registers, for the units that fit "
        "and have no memories.",
        "",
        "What is approximate: the mapping balances trees and covers them with gates for depth, but neither "
        "sizes nor retimes nor chooses among adders, and knows no wires, so levels are an upper bound of "
        "logic and say nothing of fan-out and distance. A unit that joins others keeps them as they were "
        "mapped: counts are exact sums over all instances, but nothing is simplified across their borders, "
        "so its gates and levels are bounds too; paths are followed through the borders. What the table "
        "says of the machine's latencies: rtl/README.md, \"In silicon\".",
        "",
        "| unit | DLEN | gates | flip-flops | memory, bits | levels | cells | MHz | what rests on it |",
        "|---|---|---|---|---|---|---|---|---|",
        *cells(rows), "",
        "Where the gates of a unit are that joins others: how many of each part, with all that these contain.",
        "",
        "| unit | DLEN | gates of its parts |",
        "|---|---|---|",
        *shares(rows), "", *left_out(wanted)])
    with open("reports/synth.md", "w") as f:
        f.write(text)
    print(text)


if __name__ == "__main__":
    main()
