#!/usr/bin/env python3
"""Makes reports/rtl_speed.md: the simulator's speed and that of the verilated core, on the same programs.

  make report-rtl          (COSIM_DLENS as for make cosim)

The simulator's time is what its report says of the host, the best of five; the core's is the processor time of
`vtpu cosim` less that of the simulator in it, so the bench that feeds and compares the core counts as the core.
"""
import json
import os
import resource
import subprocess
import tempfile

VTPU = os.environ.get("VTPU", "build/vtpu")
DLENS = os.environ.get("COSIM_DLENS", "64 512").split()
SHAPE = "layer-256,layers=2,hidden=64,ffn=64,heads=2,kv_heads=1,head_dim=32,vocab=64"


def programs(dlen):
    """(name, words that make it) of a width."""
    model = (f"lower --random-weights={SHAPE} --dlen={dlen} --prompt-length=3 --tokens=2 "
             "--weights={} --sentrons={}")
    example = {"64": "microvtpu_items", "512": "double_buffer"}.get(dlen)
    if example:
        yield f"`asm/examples/{example}.s`", f"asm asm/examples/{example}.s"
    yield "a model of two layers, f32, 1 sentron", model.format("f32", 1)
    yield "a model of two layers, i8, 2 sentrons", model.format("i8", 2)


def processor_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def simulated(program):
    """SIWs, and seconds of the best of five runs."""
    best = None
    for _ in range(5):
        out = subprocess.run([VTPU, "run", program, "-q", "--json", "-"], check=True,
                             capture_output=True, text=True).stdout
        run = json.loads(out)
        best = min(best or run["host_seconds"], run["host_seconds"])
    return run["siws"], run["cycles"], best


def main():
    rows = []
    with tempfile.TemporaryDirectory() as work:
        for dlen, name, make in [(d, *p) for d in DLENS for p in programs(d)]:
            program = os.path.join(work, "prog.siw")
            subprocess.run([VTPU, *make.split(), "-o", program], check=True,
                           stdout=subprocess.DEVNULL)
            siws, cycles, seconds = simulated(program)
            core = processor_seconds([VTPU, "cosim", program]) - seconds
            rows.append(f"| {dlen} | {name} | {siws:,} | {cycles:,} | {siws / seconds / 1e6:.2f} | "
                        f"{siws / core / 1e6:.5f} | {core / seconds:,.0f} |")
    text = "\n".join([
        "# The simulator and the verilated core",
        "",
        f"Made by `reports/rtl_speed.py` (`make report-rtl`); preset `spec`. The core runs in lock "
        "step with the simulator, every cycle compared.",
        "",
        "| DLEN | program | SIWs | cycles | simulator, million SIWs/s | core, million SIWs/s | ratio |",
        "|---|---|---|---|---|---|---|",
        *rows, ""])
    with open("reports/rtl_speed.md", "w") as f:
        f.write(text)
    print(text)


if __name__ == "__main__":
    main()
