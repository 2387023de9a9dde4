#!/usr/bin/env python3
"""Makes reports/coverage.md: what the tests of the RTL reach, by module.

  make coverage         (or: reports/coverage.py FOLDER, of the files that rtl/tb/coverage.h writes)

Lines are those of procedural blocks and functions (Verilator counts no continuous assignments), toggles
the bits of signals that changed. A module counts once, however many of it there are: a line is reached if it is in any
of them, with any parameters.

rtl/uncovered.txt lists the lines that no test reaches, with the reason, and says of modules with many
bits that never change why:

  MODULE | the line, as it is written | why
  MODULE | bits | why

A line that is reached by no test and is not in the list is an error (exit status 1), so is a module of
whose bits fewer than FEW percent change and of which the list does not say why, and a row that names no
line of its module. A row that is no longer needed is told.
"""
import collections
import os
import re
import sys

LIST = "rtl/uncovered.txt"
ENOUGH = 95
FEW = 80


def points(folder):
    """Counts of all points: (file, line, column, page, comment, lines) without the instance."""
    sums = collections.Counter()
    for name in sorted(n for n in os.listdir(folder) if n.endswith(".dat")):
        with open(os.path.join(folder, name), encoding="latin-1") as f:
            for line in f:
                point, end, count = line.rstrip().rpartition("' ")
                if not end or not point.startswith("C '"):
                    continue
                keys = dict(k.split("\2", 1) for k in point[3:].split("\1") if "\2" in k)
                # Or a copy of the module's file with other parameters (rtl/rules.mk, set_in).
                file = "rtl/" + os.path.basename(keys["f"])
                if os.path.exists(file):
                    kind = keys["page"].split("/")[0]
                    sums[file, kind, int(keys["l"]), keys["n"], keys["o"],
                         keys.get("S", keys["l"])] += int(count)
    return sums


def numbers(ranges):
    """The lines of "3-5,9"."""
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def by_module(sums):
    """For each file its lines, and its toggles, with their counts. A line that begins several points
    counts as reached when all of them are: both ways of a branch."""
    lines, toggles = collections.defaultdict(dict), collections.defaultdict(dict)
    for (file, kind, line, column, comment, ranges), count in sums.items():
        if kind.startswith("v_toggle"):
            toggles[file][comment] = toggles[file].get(comment, 0) + count
        else:
            for at in numbers(ranges):
                lines[file][at] = min(lines[file].get(at, count), count)
    return lines, toggles


def listed():
    rows = []
    with open(LIST) as f:
        for number, text in enumerate(f, 1):
            if text.strip() and not text.startswith("#"):
                row = [field.strip() for field in text.split(" | ")]
                if len(row) != 3:
                    sys.exit(f"{LIST}:{number}: a row is MODULE | line | reason")
                rows.append(row)
    return rows


def still(toggles):
    """The signals of a module with bits that never change: "flying 11/16, by 2/5"."""
    every = collections.Counter(re.split(r"[\[:]", name)[0] for name in toggles)
    never = collections.Counter(re.split(r"[\[:]", name)[0] for name, n in toggles.items() if not n)
    return ", ".join(f"`{s}` {n}/{every[s]}" if every[s] > 1 else f"`{s}`"
                     for s, n in never.most_common())


def share(counts):
    return 100 * sum(1 for c in counts if c) / len(counts) if counts else None


def percent(value):
    return "" if value is None else f"{value:.1f} %"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: reports/coverage.py FOLDER")
    lines, toggles = by_module(points(sys.argv[1]))
    rows = listed()
    used, missed, table, short, few = set(), [], [], [], []
    for name in sorted(n for n in os.listdir("rtl") if n.endswith(".v")):
        file = f"rtl/{name}"
        with open(file) as f:
            source = [text.strip() for text in f]
        for at, count in sorted(lines[file].items()):
            if count:
                continue
            text = source[at - 1]
            match = [i for i, row in enumerate(rows) if row[:2] == [name[:-2], text]]
            used.update(match)
            if not match:
                missed.append(f"{file}:{at}: {text}")
        reached = share(list(lines[file].values()))
        if reached is not None and reached <= ENOUGH:
            short.append(f"{file}: {reached:.1f} % of its lines")
        flips = list(toggles[file].values())
        if flips and share(flips) < FEW:
            match = [i for i, row in enumerate(rows) if row[:2] == [name[:-2], "bits"]]
            used.update(match)
            few += [f"| `{name[:-2]}` | {still(toggles[file])} | {rows[i][2]} |" for i in match]
            if not match:
                short.append(f"{file}: {share(flips):.1f} % of its bits change, and {LIST} does not say "
                             f"why:\n  {still(toggles[file])}")
        table.append(f"| `{name[:-2]}` | {len(lines[file]) or ''} | {percent(reached)} | "
                     f"{len(flips) or ''} | {percent(share(flips))} |")
    wrong = [f"{LIST}: {row[0]}: there is no line \"{row[1]}\"" for row in rows
             if not os.path.exists(f"rtl/{row[0]}.v")
             or row[1] not in ("bits", *(t.strip() for t in open(f"rtl/{row[0]}.v")))]
    every_line = [c for counts in lines.values() for c in counts.values()]
    every_bit = [c for counts in toggles.values() for c in counts.values()]
    text = "\n".join([
        "# What the tests of the RTL reach",
        "",
        "Made by `reports/coverage.py` (`make coverage`): Verilator's line and toggle coverage, added up over the "
        "tests of the units (`tests/rtl`, D-pipe of DLEN 64) and random programs on the core (`tests/cosim`, "
        "DLEN 64, small cores). Lines are those of procedural blocks and functions: modules of continuous "
        "assignments alone have none. A line counts as reached when both ways of a branch in it are. "
        "Toggles are bits that changed, of signals of up to 16 bits in the core, the D-pipe and the "
        "S-pipe, of all signals in the smaller benches.",
        "",
        "| module | lines | reached | bits | toggled |",
        "|---|---|---|---|---|",
        *table,
        f"| all | {len(every_line)} | {percent(share(every_line))} | {len(every_bit)} | "
        f"{percent(share(every_bit))} |",
        "",
        "Lines that no test reaches, and why (`rtl/uncovered.txt`):",
        "",
        "| module | line | why |",
        "|---|---|---|",
        *(f"| `{m}` | `{line.replace('|', chr(92) + '|')}` | {why} |" for m, line, why in rows
          if line != "bits"),
        "",
        f"Modules of whose bits fewer than {FEW} % change, the bits that never do (how many of how many), and "
        "why:",
        "",
        "| module | bits | why |",
        "|---|---|---|",
        *few, ""])
    with open("reports/coverage.md", "w") as f:
        f.write(text)
    print(text)
    for i, row in enumerate(rows):
        if i not in used:
            print(f"{LIST}: {row[0]}: \"{row[1]}\" is not needed now: take it off the list")
    for what in missed:
        print(f"{what}\n  no test reaches it, and {LIST} does not say why")
    for what in short + wrong:
        print(what)
    sys.exit(1 if missed or short or wrong else 0)


if __name__ == "__main__":
    main()
