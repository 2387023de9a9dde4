#!/usr/bin/env python3
"""Makes reports/qwen3.md: the Qwen3-0.6B shape with made-up weights, decoded at a context of 128.

  make && reports/qwen3.py            (or make report-qwen3; VTPU=path of the command)

Three runs of `vtpu infer`, and one of them again with a machine that ignores prefetches, so that the
compiler emits none; each processes a prompt of 127 tokens and one more, whose step is profiled. That
takes minutes of CPU a run. QWEN3_RUNS=folder keeps the profiles there and uses those that are there
already; QWEN3_PROMPT=N shortens the prompt.
"""
import json
import os
import resource
import subprocess
import sys
import tempfile

VTPU = os.environ.get("VTPU", "build/vtpu")
PROMPT = os.environ.get("QWEN3_PROMPT", "127")
SHAPE = "--random-weights qwen3-0.6b -S 16 -n 2"
RUNS = [  # name, options, least tokens a simulated second (None: not asked for)
    ("i8", "--weights i8", 90),
    ("t2, i8 output matrix", "--weights t2 --head i8", 200),
    ("t2, t2 output matrix", "--weights t2 --head t2", 330),
    ("i8, no prefetch", "--weights i8 --set prefetch=no", None),
]


def cpu_seconds():
    u = resource.getrusage(resource.RUSAGE_CHILDREN)
    return u.ru_utime + u.ru_stime


def run(folder, number, options):
    """The profile of the last step, and CPU seconds a position of the whole run."""
    kept = os.path.join(folder, f"qwen3-{number}-{PROMPT}.json")
    if not os.path.exists(kept):
        before = cpu_seconds()
        command = (f"{VTPU} infer {SHAPE} {options} --prompt-length {PROMPT} --ignore-end --quiet "
                   f"--profile-step last --profile-json {kept}.part")
        subprocess.run(command.split(), check=True, stdout=subprocess.DEVNULL)
        with open(kept + ".part") as f:
            profile = json.load(f)
        profile["cpu_seconds"] = cpu_seconds() - before
        with open(kept, "w") as f:
            json.dump(profile, f)
        os.remove(kept + ".part")
    with open(kept) as f:
        return json.load(f)


def lower():
    """CPU seconds, peak memory and rom bytes of the lowering alone; no region is a mapped file."""
    before = cpu_seconds()
    with tempfile.TemporaryDirectory() as folder:
        command = f"{VTPU} lower {SHAPE} --weights i8 --places -o {folder}/program.siw"
        out = subprocess.run(command.split(), check=True, stdout=subprocess.PIPE, text=True).stdout
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024  # it is the first child
    rom = sum(int(line.split()[2]) for line in out.splitlines() if line.split()[1:2] == ["rom"])
    return cpu_seconds() - before, peak, rom


def main():
    with tempfile.TemporaryDirectory() as work:
        folder = os.environ.get("QWEN3_RUNS", work)
        os.makedirs(folder, exist_ok=True)
        seconds, peak, rom = lower()
        context = int(PROMPT) + 1
        lines = [
            "# The Qwen3-0.6B shape on 16 sentrons",
            "",
            "Made by `reports/qwen3.py` (`make report-qwen3`), preset `spec`, bf16 KV cache, batch 1. "
            f"Of each run: the step of position {context - 1} (a context of {context}). CPU seconds "
            "are of one host thread of whatever host made this page, and of the whole run.",
            "",
            "| weights | tokens a simulated second | asked for | DDR bandwidth | PTC hits | "
            "cycles | SIWs | CPU s a position |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for number, (name, options, least) in enumerate(RUNS):
            profile = run(folder, number, options)
            part = profile["parts"][0]
            total = part["total"]
            lines.append(
                f"| {name} | {part['tokens_per_second_simulated']:.1f} | {least or '-'} | "
                f"{100 * total['bandwidth']['ddr']['share']:.1f} % | "
                f"{100 * total['ptc']['hit_rate']:.2f} % | {total['wall']['cycles']:,} | "
                f"{total['siws']:,} | {profile['cpu_seconds'] / context:.2f} |")
            print(lines[-1], file=sys.stderr)
        lines += [
            "",
            f"Each row is `vtpu infer {SHAPE} --prompt-length {PROMPT} --ignore-end --profile "
            "--profile-step last` with " +
            ", ".join(f"`{options}`" for _, options, _ in RUNS) + ".",
            "",
            f"Lowering the i8 model: {seconds:.1f} s of CPU, {peak / 1e6:,.0f} MB of private memory "
            f"at its peak for {rom / 1e6:,.0f} MB of lowered weights (norms and embedding too): "
            f"{peak / rom:.2f} times. Weights are made a few blocks at a time on their way to the "
            "file, so what is held is the program, mostly its SIWs.",
        ]
        with open("reports/qwen3.md", "w") as f:
            f.write("\n".join(lines) + "\n")


main()
