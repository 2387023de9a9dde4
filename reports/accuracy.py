#!/usr/bin/env python3
"""Makes reports/accuracy.md: what each choice of number types costs in accuracy.

  make && reports/accuracy.py            (or: make accuracy)

The carried model reads its held-out text on the simulated machine, story by story, in every
combination of --weights, --head and --kv below. Compared with f32 throughout are the logits of every
position. Needs build/vtpu (or VTPU=path); python3 without packages.
"""
import array
import json
import math
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VTPU = os.environ.get("VTPU", os.path.join(TOP, "build/vtpu"))
MODEL = os.path.join(TOP, "models/carried")
# weights, head, kv; the first is the yardstick
TYPES = [
    ("f32", "f32", "f32"),
    ("f32", "f32", "bf16"),
    ("f32", "f32", "i8"),
    ("bf16", "bf16", "f32"),
    ("bf16", "bf16", "bf16"),
    ("f32", "i8", "f32"),
    ("i8", "f32", "f32"),
    ("i8", "i8", "f32"),
    ("i8", "i8", "bf16"),
    ("i8", "i8", "i8"),
    ("i8", "t2", "bf16"),
    ("t2", "f32", "f32"),
    ("t2", "i8", "bf16"),
    ("t2", "t2", "bf16"),
]


def stories():
    with open(os.path.join(MODEL, "heldout.txt"), encoding="utf-8") as f:
        return [line.strip() for line in f if line.strip()]


def run(story, types, work):
    """Tokens of a story and the logits of its positions."""
    logits, report = os.path.join(work, "logits"), os.path.join(work, "report")
    weights, head, kv = types
    subprocess.run(
        [VTPU, "infer", "--model", MODEL, "--prompt", story, "--tokens", "0", "--quiet",
         "--sentrons", "1", "--weights", weights, "--head", head, "--kv", kv,
         "--logits", logits, "--json", report],
        check=True, stdout=subprocess.DEVNULL)
    with open(report, encoding="utf-8") as f:
        tokens = json.load(f)["tokens"]
    values = array.array("f")
    with open(logits, "rb") as f:
        values.frombytes(f.read())
    vocab = len(values) // len(tokens)
    return tokens, [values[i * vocab:(i + 1) * vocab] for i in range(len(tokens))]


def surprise(row, token):
    """-ln p(token)"""
    largest = max(row)
    return largest + math.log(sum(math.exp(x - largest) for x in row)) - row[token]


def rms(values):
    return math.sqrt(sum(v * v for v in values) / len(values))


def measure(tokens, rows, best):
    """Sums over the positions of one story, against the yardstick's rows."""
    out = {"nats": 0.0, "predicted": 0, "agree": 0, "positions": 0, "error": 0.0, "worst": 0.0}
    for i, row in enumerate(rows):
        if i + 1 < len(tokens):
            out["nats"] += surprise(row, tokens[i + 1])
            out["predicted"] += 1
        mean = sum(best[i]) / len(row)
        differences = [a - b for a, b in zip(row, best[i])]
        spread = rms([x - mean for x in best[i]])
        out["agree"] += row.index(max(row)) == best[i].index(max(best[i]))
        out["error"] += rms(differences) / spread
        out["worst"] = max(out["worst"], max(abs(d) for d in differences))
        out["positions"] += 1
    return out


def main():
    texts = stories()
    sums = {types: None for types in TYPES}
    with tempfile.TemporaryDirectory() as work:
        for text in texts:
            best = None
            for types in TYPES:
                tokens, rows = run(text, types, work)
                best = best or rows
                got = measure(tokens, rows, best)
                if sums[types] is None:
                    sums[types] = got
                else:
                    for key, value in got.items():
                        old = sums[types][key]
                        sums[types][key] = max(old, value) if key == "worst" else old + value
    lines = [
        "# Accuracy of narrow types",
        "",
        "Made by `make accuracy` (`reports/accuracy.py`): the carried model (trained in bf16) reads its",
        f"held-out text, {len(texts)} stories of {sums[TYPES[0]]['positions']} tokens, on the simulated machine. "
        "Compared are the logits of",
        "every position with those in f32 throughout. *Error* is the root mean square of the difference",
        "of a position's logits over their standard deviation, mean of all positions; *worst* is the",
        "largest difference of one logit.",
        "",
        "| weights | head | KV cache | perplexity | against f32 | same top-1 | error | worst |",
        "|---|---|---|---|---|---|---|---|",
    ]
    base = None
    for types in TYPES:
        s = sums[types]
        perplexity = math.exp(s["nats"] / s["predicted"])
        base = base or perplexity
        lines.append(
            f"| {types[0]} | {types[1]} | {types[2]} | {perplexity:.4f} "
            f"| {100 * (perplexity / base - 1):+.2f} % | {100 * s['agree'] / s['positions']:.2f} % "
            f"| {100 * s['error'] / s['positions']:.3f} % | {s['worst']:.4f} |")
    lines += [
        "",
        "How numbers are quantised is said in `models/quantize.h`. Ternary weights made of a model that",
        "was not trained for them cost it its ability: t2 is for checkpoints that are ternary already.",
    ]
    with open(os.path.join(TOP, "reports/accuracy.md"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
