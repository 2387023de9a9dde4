#!/usr/bin/env python3
"""Makes reports/layer.md: one transformer layer on one sentron, and one model on 1 to 16 sentrons.

  make && reports/layer.py            (or make report-layer; VTPU=path of the command)
"""
import json
import os
import subprocess
import sys
import tempfile

import programs

VTPU = os.environ.get("VTPU", "build/vtpu")
LAYER = "--random-weights layer-256,vocab=64 -S 1 --prompt-length 60 -n 5"
MODEL = "--model models/carried --prompt Once --tokens 60 --weights i8 --ignore-end"
LAYER_MANY = "--random-weights layer-256,vocab=64 --prompt-length 60 -n 5"
SHOWN = ["issue", "barrier", "fence", "message", "d_result", "l2", "l3", "ddr", "memory_entry", "port"]


PROMPTS = (("layer-256", "--random-weights layer-256,vocab=64,context=256 -S 1",
            ("f32", "bf16", "i8", "t2")),
           ("qwen3-0.6b, 2 layers", "--random-weights qwen3-0.6b,layers=2,vocab=512 -S 16", ("i8",)))
LAYER_KERNELS = ("attention_norm", "qkv", "rope", "scores", "softmax", "values", "quantise", "wo",
                 "ffn_norm", "gate_up", "down")
PRODUCTS = ("qkv", "wo", "gate_up", "down")


def profile(options, step="--profile-step last"):
    """The profile of the last decode step, or with step="" of the prompt."""
    with tempfile.TemporaryDirectory() as work:
        out = os.path.join(work, "profile.json")
        command = f"{VTPU} infer {options} --quiet {step} --profile-json {out}"
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


def kernel_rows(weights):
    """Each kernel's operations by pipe: the busiest pipe's are the least cycles it can take."""
    for row in profile(f"{LAYER} --weights {weights}")["kernels"]:
        ops, cycles = row["bound"]["resources"], row["wall"]["cycles"]
        if row["kernel"] not in LAYER_KERNELS:
            continue
        pipes = [ops[name] for name in ("compute", "s_port", "c_port")]
        stack = {cause: count for cause, count in row["wall"]["stack"].items() if cause != "issue"}
        cause = max(stack, key=stack.get)
        yield (f"| {row['kernel']} | {cycles:,} | " + " | ".join(f"{n:,.0f}" for n in pipes) +
               f" | {100 * max(pipes) / cycles:.1f} % | {ops['issue'] - max(pipes):,.0f} | "
               f"{stack[cause]:,} {cause} | {row['tiers']['l2']['written']:,} |")


def prompt_rows():
    for name, options, types in PROMPTS:
        for weights in types:
            part = profile(f"{options} --weights {weights} --prompt-length 128 -n 2", "")
            for row in part["kernels"]:
                if row["kernel"] not in PRODUCTS:
                    continue
                peak, occupied = row["wall"]["d_peak_share"], row["occupancy"]["d"]
                stack = row["wall"]["stack"]
                waits = sorted(((count, cause) for cause, count in stack.items()
                                if cause not in ("issue", "port")), reverse=True)[:2]
                lost = ", ".join(f"{cause} {100 * count / sum(stack.values()):.1f} %"
                                 for count, cause in waits)
                yield (f"| {name} | {weights} | {row['kernel']} | {100 * peak:.1f} % | "
                       f"{100 * occupied:.1f} % | {100 * peak / occupied:.1f} % | {lost} |")


def scaling_rows(parts):
    first = None
    for sentrons, part in parts.items():
        total = part["total"]
        cycles = total["wall"]["cycles"]
        first = first or cycles
        stack, whole = total["stack"], sum(total["stack"].values())
        shares = " | ".join(f"{100 * stack[cause] / whole:.1f} %" for cause in SHOWN)
        yield (f"| {sentrons} | {cycles:,} | {first / cycles:.2f} | "
               f"{total['wall']['ops_per_cycle']:.2f} | {shares} |")


def exchange_rows():
    """Both tables of what sentrons tell each other: the small programs."""
    gathers = (programs.gather_by_memory, programs.gather_by_messages, programs.gather_by_casts)
    greatest = (programs.greatest_by_memory, programs.greatest_by_messages, programs.greatest_by_collective)
    counts = (2, 4, 8, 16)
    for lines in (8, 16, 64, 192):
        cycles = [[programs.cycles(way, n, lines) for way in gathers] for n in counts]
        yield (f"| all-gather of {lines} lines | " +
               " | ".join(" / ".join(f"{c:,}" for c in row) for row in cycles) + " |")
    cycles = [[programs.cycles(way, n) for way in greatest] for n in counts]
    yield "| the greatest of a value each | " + " | ".join(" / ".join(map(str, row)) for row in cycles) + " |"


def ways_rows():
    """A decode step of both models, through memory alone and as it is."""
    for name, model in (("carried", MODEL.replace(" --weights i8", "")), ("layer-256", LAYER_MANY)):
        for weights in ("f32", "bf16", "i8", "t2"):
            cells = []
            for sentrons in (2, 4, 8, 16):
                both = [profile(f"{model} --weights {weights} -S {sentrons} {options}")["total"]["wall"]["cycles"]
                        for options in ("--set queue_depth=1", "")]
                cells.append(f"{both[0]:,} -> {both[1]:,} ({both[0] / both[1]:.2f})")
            yield f"| {name} | {weights} | " + " | ".join(cells) + " |"


def role_rows():
    ways = (programs.one_multiplies, programs.both_multiply, programs.one_fetches)
    bytes_of = programs.STREAM_LINES * programs.LINE_BYTES
    for name, cores, warm in (("DDR", 1, False), ("DDR", 2, False), ("DDR", 8, False), ("L2", 1, True)):
        cells = []
        for way in ways:
            cycles = programs.stream_cycles(way, cores, warm)
            cells.append(f"{cycles:,} ({cores * bytes_of / cycles:.1f})")
        yield f"| {name}, {cores} core{'s' if cores > 1 else ''} | " + " | ".join(cells) + " |"


BUFFERS = (1, 2, 4, 8, 10)


def buffer_rows():
    """One core's stream with so many registers in turn: 1 is no double buffering, 2 is that, ..."""
    for name, cores, warm in (("L2, 1 core", 1, True), ("DDR, 1 core", 1, False), ("DDR, 8 cores", 8, False)):
        cycles = [programs.stream_cycles(lambda lines, n=n: programs.one_multiplies(lines, n), cores, warm)
                  for n in BUFFERS]
        yield f"| {name} | " + " | ".join(f"{c:,} ({cycles[0] / c:.2f})" for c in cycles) + " |"


def slower_rows(parts):
    """Kernels that take longer on 16 sentrons than on 8, on the critical path."""
    on = {n: {row["kernel"]: row for row in parts[n]["kernels"]} for n in (8, 16)}
    wall = {n: {k: row["wall"]["cycles"] for k, row in on[n].items()} for n in on}
    for kernel in sorted(wall[8], key=lambda k: wall[8][k] - wall[16].get(k, 0)):
        more = wall[16].get(kernel, 0) - wall[8][kernel]
        if more < 10:
            break
        stack = on[16][kernel]["stack"]
        causes = sorted((c for c in stack if c != "issue"), key=lambda c: -stack[c])[:2]
        yield (f"| {kernel} | {wall[8][kernel]:,} | {wall[16][kernel]:,} | " +
               ", ".join(f"{c} {100 * stack[c] / sum(stack.values()):.0f} %" for c in causes) + " |")


def main():
    parts = {n: profile(f"{MODEL} -S {n}") for n in (1, 2, 4, 8, 16)}
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
        "The same by kernel. D, S and C are the operations that each pipe issues, so the greatest of them is "
        "the least number of cycles that the kernel can take; `of the bound` is how near it comes. `SIWs "
        "beside` are those in which the busiest pipe has nothing to do: starts and ends of loops, where "
        "pointers and constants are made and the last results wait for each other. `waits` is what "
        "no SIW issued for, most of all; the one after it the changed lines that L1 gave back to L2, each of "
        "which takes the port that weights come through for a cycle: after attention has written its caches "
        "and scores, that is what `wo` waits for.",
        "",
        *[line for weights in ("i8", "t2") for line in (
            f"{weights}:",
            "",
            "| kernel | cycles | D | S | C | of the bound | SIWs beside | waits | lines to L2 |",
            "|---|---|---|---|---|---|---|---|---|",
            *kernel_rows(weights),
            "")],
        "Sums of integers have D operations that are no product: a scale and a conversion for each row of "
        "blocks, six for an activation, a sum more where a bundle has two rows (two sums of each hide the "
        "latency of four cycles). A layer with t2 weights has a quarter of the lines, and the same of these.",
        "",
        "## Products of a prompt",
        "",
        "`vtpu infer SHAPE --weights TYPE --prompt-length 128 -n 2 --profile`, the prompt's part: matrices "
        "times blocks of 64 positions. `D peak` are multiply-accumulate operations, `D pipe` all of its "
        "operations, a cycle and core; `at most` is what the D-pipe's share of peak would be if it never "
        "waited: the rest are scales, conversions, activations and sums, by count. Asked for: 90 % of peak.",
        "",
        "| shape | weights | product | D peak | D pipe | at most | waits |",
        "|---|---|---|---|---|---|---|",
        *prompt_rows(),
        "",
        "A line of hidden 256 in i8 is 64 groups, in t2 16: with two positions a pair of gate and up has 256 "
        "or 64 products, and 20 other operations in either (for each of its four sums a scale and a "
        "conversion, for each of its two results six of the activation), so that 92.8 % and 76.2 % are the "
        "bounds: both grow with the outputs, so no other bundle raises them. A bundle of up to 416 lines is "
        "straight code, whose rounds (two positions each) overlap at the least interval that the D-pipe "
        "allows; longer ones have a loop over their columns. The lines of the next bundle, or of the next "
        "product's first one, are fetched while one is multiplied, evenly; what the weights have pushed out of "
        "L2 before its turn (the residual stream, inputs that no one packs) is fetched a round ahead. Only the "
        "first bundle of a prompt's first product comes from DDR with nobody to fetch it. Two sentrons of a "
        "core fill each other's gaps.",
        "",
        "## 1 to 16 sentrons",
        "",
        f"`vtpu infer {MODEL} -S N --profile --profile-step last`: the carried model (hidden 128, 4 "
        "layers), one decode step. Sentron s runs on core s mod 8, so 16 sentrons are two a core. The "
        "shares are of the cycles of all sentrons, by cause.",
        "",
        "| sentrons | cycles | gain | ops/cycle | " + " | ".join(SHOWN) + " |",
        "|---|---|---|---|" + "---|" * len(SHOWN),
        *scaling_rows(parts),
        "",
        "What a step loses with more sentrons are the waits for what others make: a matrix of this model has 8 "
        "to 32 blocks of 16 rows, which do not divide evenly; its 4 heads leave most sentrons without attention; "
        "and what all of them compute alike (norms) does not get shorter. A second context of a core takes the "
        "norm that the first one has made, but shares its ports and its L2.",
        "",
        "On 16 sentrons these kernels take longer than on 8 (waits for other sentrons are counted where they "
        "end):",
        "",
        "| kernel | cycles on 8 | on 16 | what its sentrons wait for |",
        "|---|---|---|---|",
        *slower_rows(parts),
        "",
        "The second context pays where a step has work for it: with several sequences "
        "([batch.md](batch.md)), and where weights come from DDR ([qwen3.md](qwen3.md)).",
        "",
        "## Messages or memory",
        "",
        "Small programs (`reports/programs.py`) on 2, 4, 8 and 16 sentrons, cycles from a barrier to the next, a "
        "fence and a barrier at the end among them. All-gather: each sentron has made its share of the lines "
        "of 64 bytes, and all come into the own memory of every core: by a scatter to shared memory, a fence, "
        "a barrier and gathers / by CPACK, CFANOUT and CRECV / by a CCAST for each line. The greatest: the "
        "same through memory / by CFANOUT and CMERGE / by CREDUCE.",
        "",
        "| what | 2: memory / messages / collective | 4 | 8 | 16 |",
        "|---|---|---|---|---|",
        *exchange_rows(),
        "",
        "Through memory all lines of a page pass the port of one half of the L3, once for each sentron; a message "
        "passes to all at once, and costs each a C operation; collectives wait for everybody, again and again. So "
        "the lowering (`asm/lower/share.c`) adds up both ways for a layer and takes the shorter: the residual "
        "stream, what the heads read and the activations then pass by messages, packed by the sentron that has "
        "made them where weights are narrow; the greatest magnitude and the arg max by CMERGE. Queries, keys and "
        "values go through memory: each head's sentron needs few of them. Cycles of a decode step, through "
        "memory alone (`--set queue_depth=1` leaves no room for a line) and as it is:",
        "",
        "| model | weights | 2 sentrons | 4 | 8 | 16 |",
        "|---|---|---|---|---|---|",
        *ways_rows(),
        "",
        "Where weights nearly fill the L2s (f32 of either model), the regions are in an order in which no set of an "
        "L2 gets more pages than it has ways, if there is one (`asm/lower/frames.c`): else what a step reads with "
        "every token would drive itself out, and KV caches, which no L3 keeps, would come from DDR. What still "
        "does not fit (layer-256 on two sentrons, f32) comes from L3 either way. With two sentrons a vector has one "
        "other reader, so its way is worth 1 % or less where products take long (layer-256).",
        "",
        "## How many lines are on their way",
        "",
        f"Small programs again: a core multiplies {programs.STREAM_LINES:,} lines, which are gathered into 1, 2, "
        "4, ... registers in turn: one is no double buffering (a line is gathered when the one before has been "
        "multiplied), two is that. Cycles, and how many times as fast as with one.",
        "",
        "| lines from | " + " | ".join(str(n) for n in BUFFERS) + " |",
        "|---|" + "---|" * len(BUFFERS),
        *buffer_rows(),
        "",
        "So loops over weights keep as many lines on their way as registers allow (`vtpu lower --loops`), the "
        "products of a prompt fetch the next bundle while one is multiplied (above), and pages are walked ahead "
        "of their first line ([qwen3.md](qwen3.md), without prefetch).",
        "",
        "## Two contexts of a core, one stream of weights",
        "",
        f"Small programs again: each core multiplies {programs.STREAM_LINES:,} lines of its own, cycles and bytes "
        "a cycle of all. One context multiplies alone, with ten gathers on their way; both multiply half; or one "
        "multiplies and the other fetches: it prefetches each line to L2, and walks to the next page in time.",
        "",
        "| lines from | one multiplies | both multiply | one fetches, one multiplies |",
        "|---|---|---|---|",
        *role_rows(),
        "",
        "Two that multiply have all memory entries of the core in use, as one that fetches has, and no line takes "
        "two S operations. So no role of its own pays, and both contexts of a core multiply; with two cores or "
        "more the DDR is what takes its time.",
    ]
    with open("reports/layer.md", "w") as f:
        f.write("\n".join(lines) + "\n")
    print("reports/layer.md", file=sys.stderr)


main()
