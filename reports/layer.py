#!/usr/bin/env python3
"""Makes reports/layer.md: one transformer layer on one sentron, and one model on 1 to 16 sentrons.

  make && reports/layer.py            (or make report-layer; VTPU=path of the command)
"""
import json
import os
import subprocess
import sys
import tempfile

VTPU = os.environ.get("VTPU", "build/vtpu")
LAYER = "--random-weights layer-256,vocab=64 -S 1 --prompt-length 60 -n 5"
MODEL = "--model models/carried --prompt Once --tokens 60 --weights i8 --ignore-end"
SHOWN = ["issue", "barrier", "fence", "d_result", "l2", "l3", "ddr", "memory_entry", "port"]


def profile(options):
    """The profile of the last decode step."""
    with tempfile.TemporaryDirectory() as work:
        out = os.path.join(work, "profile.json")
        command = f"{VTPU} infer {options} --quiet --profile-step last --profile-json {out}"
        subprocess.run(command.split(), check=True, stdout=subprocess.DEVNULL)
        with open(out) as f:
            return json.load(f)["parts"][0]


def layer_rows():
    for weights in ("i8", "t2"):
        part = profile(f"{LAYER} --weights {weights}")
        layer = next(row for row in part["layers"] if row["layer"] == 0)
        for name, row in (("the layer", layer), ("the whole step", part["total"])):
            busiest = row["occupancy"]["busiest"]
            yield (f"| {weights} | {name} | {row['wall']['cycles']:,} | "
                   f"{row['wall']['ops_per_cycle']:.2f} | {busiest.upper()} "
                   f"{100 * row['occupancy'][busiest]:.1f} % | {row['mac_per_cycle']:.1f} | "
                   f"{100 * row['ptc']['hit_rate']:.2f} % |")


def scaling_rows():
    first = None
    for sentrons in (1, 2, 4, 8, 16):
        total = profile(f"{MODEL} -S {sentrons}")["total"]
        cycles = total["wall"]["cycles"]
        first = first or cycles
        stack, whole = total["stack"], sum(total["stack"].values())
        shares = " | ".join(f"{100 * stack[cause] / whole:.1f} %" for cause in SHOWN)
        yield (f"| {sentrons} | {cycles:,} | {first / cycles:.2f} | "
               f"{total['wall']['ops_per_cycle']:.2f} | {shares} |")


def main():
    lines = [
        "# A layer, and how it scales",
        "",
        "Made by `reports/layer.py` (`make report-layer`), preset `spec`.",
        "",
        "## One layer on one sentron",
        "",
        f"`vtpu infer {LAYER} --weights TYPE --profile --profile-step last`: hidden 256, 8 heads, 4 KV "
        "heads, the step of position 63 (a context of 64), caches warm. Asked for: 2.5 ops/cycle and "
        "93 % with i8, 2.0 and 88 % with t2.",
        "",
        "| weights | part | cycles | ops/cycle | busiest pipe | MAC/cycle | PTC hits |",
        "|---|---|---|---|---|---|---|",
        *layer_rows(),
        "",
        "## 1 to 16 sentrons",
        "",
        f"`vtpu infer {MODEL} -S N --profile --profile-step last`: the carried model (hidden 128, 4 "
        "layers), one decode step. Sentron s runs on core s mod 8, so 16 sentrons are two a core. The "
        "shares are of the cycles of all sentrons, by cause.",
        "",
        "| sentrons | cycles | gain | ops/cycle | " + " | ".join(SHOWN) + " |",
        "|---|---|---|---|" + "---|" * len(SHOWN),
        *scaling_rows(),
        "",
        "What a step loses with more sentrons is the wait at its barriers: a matrix of this model has 8 to "
        "32 blocks of 16 rows, which do not divide evenly, and what all of them compute alike (norms, "
        "quantisation) does not get shorter; two sentrons a core share its ports and its L2.",
    ]
    with open("reports/layer.md", "w") as f:
        f.write("\n".join(lines) + "\n")
    print("reports/layer.md", file=sys.stderr)


main()
