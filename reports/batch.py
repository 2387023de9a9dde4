#!/usr/bin/env python3
"""Makes reports/batch.md: tokens a simulated second against the number of sequences decoded together.

  make && reports/batch.py            (or make report-batch; VTPU=path of the command)

The carried model takes seconds a run, the Qwen3-0.6B shape minutes of CPU. BATCH_RUNS=folder keeps
the profiles there and uses those that are there already; BATCH_QWEN3="1 8" chooses the points of the
large shape, and none leaves it out.
"""
import json
import os
import subprocess
import sys
import tempfile

VTPU = os.environ.get("VTPU", "build/vtpu")
CARRIED = "--model models/carried --prompt Once --tokens 60 --weights i8 --ignore-end"
QWEN3 = "--random-weights qwen3-0.6b --weights i8 --prompt-length 1 -n 2 --ignore-end -S 16"
CARRIED_POINTS = [1, 2, 4, 8, 16, 32]
QWEN3_POINTS = [int(n) for n in os.environ.get("BATCH_QWEN3", "1 8 16 32").split()]
SHOWN = ["issue", "barrier", "d_result", "l2", "l3", "ddr", "memory_entry", "port"]


def profile(folder, name, options, batch):
    """The profile of the last decode step."""
    kept = os.path.join(folder, f"batch-{name}-{batch}.json")
    if not os.path.exists(kept):
        command = (f"{VTPU} infer {options} --batch {batch} --quiet --profile-step last "
                   f"--profile-json {kept}.part")
        subprocess.run(command.split(), check=True, stdout=subprocess.DEVNULL)
        os.rename(kept + ".part", kept)
    with open(kept) as f:
        return json.load(f)["parts"][0]


def rows(folder, name, options, points):
    first = None
    for batch in points:
        part = profile(folder, name, options, batch)
        total = part["total"]
        rate = part["tokens_per_second_simulated"]
        first = first or rate / batch
        stack, whole = total["stack"], sum(total["stack"].values())
        shares = " | ".join(f"{100 * stack[cause] / whole:.1f} %" for cause in SHOWN)
        ddr = total["bandwidth"]["ddr"]["share"]
        line = (f"| {batch} | {total['wall']['cycles']:,} | {rate:,.0f} | {rate / first:.2f} | "
                f"{100 * ddr:.1f} % | {100 * total['occupancy']['d']:.1f} % | "
                f"{total['wall']['mac_per_cycle']:.0f} | {shares} |")
        print(line, file=sys.stderr)
        yield line


HEAD = ["",
        "| N | cycles a step | tokens a simulated second | gain | DDR bandwidth | D-pipes | "
        "MAC/cycle | " + " | ".join(SHOWN) + " |",
        "|---|---|---|---|---|---|---|" + "---|" * len(SHOWN)]


def main():
    with tempfile.TemporaryDirectory() as work:
        folder = os.environ.get("BATCH_RUNS", work)
        lines = [
            "# Sequences decoded together",
            "",
            "Made by `reports/batch.py` (`make report-batch`), preset `spec`. Of each run: the last decode "
            "step, of all N sequences; tokens are those of all of them. The shares on the right are of the "
            "cycles of all 16 sentrons, by cause.",
            "",
            "## The carried model",
            "",
            f"`vtpu infer {CARRIED} --batch N --profile --profile-step last`: its weights lie in the L2s, so "
            "reading them once saves nothing of DDR. What a batch shares are the barriers (their number a "
            "step is the same for any N), the latencies of short vectors, and attention, which the "
            "sentrons that its few heads leave idle do for other sequences.",
            *HEAD,
            *rows(folder, "carried", CARRIED, CARRIED_POINTS),
        ]
        if QWEN3_POINTS:
            lines += [
                "",
                "## The Qwen3-0.6B shape",
                "",
                f"`vtpu infer {QWEN3} --batch N --profile --profile-step last`, a context of 2. A step reads "
                "596 MB of weights from DDR, which is 9.93 ms at 60 GB/s, whatever N is: as long as that is "
                "what a step takes, N sequences are N times as many tokens. What grows with N is the work: "
                "a DDOT makes 64 multiply-accumulates, so a token takes 9.3 million of them, or 0.29 ms on "
                "8 D-pipes; near N = 34 the two meet. Both happen at "
                "the same time because the next lines of weights are fetched while these are multiplied.",
                *HEAD,
                *rows(folder, "qwen3", QWEN3, QWEN3_POINTS),
            ]
    with open("reports/batch.md", "w") as f:
        f.write("\n".join(lines) + "\n")
    print("reports/batch.md", file=sys.stderr)


main()
