"""Small programs that measure what the lowering chooses between, each in every way. Used by layer.py.

What it costs sentrons to tell each other something; every program's results are checked.

All-gather: of a vector of f32 lines each sentron has made some, and all lines are brought to the own
memory of every core, as the input of a product is. Maximum: of one value of each sentron the greatest
becomes known to all. And what the two contexts of a core do best with a stream of weights.
"""
import json
import os
import subprocess
import tempfile

VTPU = os.environ.get("VTPU", "build/vtpu")
CORES, LINE_BYTES, PAGE_BYTES, MESSAGES_MOST = 8, 64, 4096, 8
SHARED, OWN, RESULTS = 1, 2, 3  # D3 of the regions
AHEAD = 12                      # lines on their way


def share(count, among, i):
    each, more = divmod(count, among)
    return range(each * i + min(i, more), each * (i + 1) + min(i + 1, more))


def page(region, copy=1):
    return f"0.0.0/{region}.1.{copy}/1.1.1/1.1"


def point(p, region, copy, line):
    return "  { SINDEX p%d, [%s], linear, %d }" % (p, page(region, copy), line)


def gather_by_memory(s, sentrons, lines):
    """Scatter to shared memory, fence, barrier, gather."""
    mine = share(lines, sentrons, s)
    yield point(0, SHARED, 1, mine.start)
    for _ in mine:
        yield "  { SSCATTR [p0], r1, 64 | CSTEP p0, linear, 1 }"
    yield "  { CFENCE.node }"
    yield "  { CBAR 0 }"
    yield point(0, SHARED, 1, 0)
    yield point(1, OWN, s + 1, 0)
    ahead = min(lines, AHEAD)
    for i in range(lines + ahead):
        if i >= ahead:
            yield "  { SSCATTR [p1], r%d, 64 | CSTEP p1, linear, 1 }" % (2 + i % ahead)
        if i < lines:
            yield "  { SGATHER r%d, [p0], 64 | CSTEP p0, linear, 1 }" % (2 + i % ahead)


def gather_by_messages(s, sentrons, lines):
    """Half a line a message to all others; as many at a time as a queue holds."""
    yield point(1, OWN, s + 1, 0)
    at = 0
    most = MESSAGES_MOST // 2
    owned = [share(lines, sentrons, i) for i in range(sentrons)]
    for start in range(0, len(owned[0]), most):
        turn = [lines_of[start:start + most] for lines_of in owned]
        for _ in turn[s]:
            for part in range(2):
                yield "  { CPACK.vec m%d, r1, part %d }" % (part, part)
            for part in range(2):
                yield "  { CFANOUT m%d, 0 }" % part
        others = [(i, line) for i in range(sentrons) for line in turn[i]]
        for n, (i, line) in enumerate(others):
            if line != at:
                yield point(1, OWN, s + 1, line)
            r = 1 if i == s else 2 + n % AHEAD
            if i != s:
                for part in range(2):
                    yield "  { CRECV r%d, %d, part %d }" % (r, i, part)
            yield "  { SSCATTR [p1], r%d, 64 | CSTEP p1, linear, 1 }" % r
            at = line + 1


def gather_by_casts(s, sentrons, lines):
    """A collective for each line."""
    yield point(1, OWN, s + 1, 0)
    for i in range(sentrons):
        for _ in share(lines, sentrons, i):
            yield "  { CCAST r2, r1, 0, %d }" % i
            yield "  { SSCATTR [p1], r2, 64 | CSTEP p1, linear, 1 }"


def greatest_by_memory(s, sentrons, _):
    yield point(0, SHARED, 1, 0)
    yield "  { SINDEX p0, [p0], byte, %d }" % (4 * s)
    yield "  { SSCATTR [p0], r1, 4 }"
    yield "  { CFENCE.node }"
    yield "  { CBAR 0 }"
    yield "  { SGATHER r2, [%s], %d }" % (page(SHARED), 4 * sentrons)
    yield "  { DRED.i32.max r2, r2 }"


def greatest_by_collective(s, sentrons, _):
    yield "  { CREDUCE.i32.max r2, r1, 0 }"


def greatest_by_messages(s, sentrons, _):
    yield "  { CPACK m0, r1, r1 }"
    yield "  { CFANOUT m0, 0 }"
    yield "  { CMERGE.i32.max r2, 0 }"
    yield "  { DMAX.i32 r2, r2, r1 }"


def value(s):
    return 2 * (5 * s % 16) + 1


def program(way, sentrons, lines):
    """Every sentron exchanges twice; the second time is measured. Returns text and expected results."""
    pages = -(-max(lines, 1) * LINE_BYTES // PAGE_BYTES)
    text = [".nomain", f".group 0, 0..{sentrons - 1}",
            f".region shared, shared, lo={page(SHARED)}, pages={pages}",
            f".region results, shared, lo={page(RESULTS)}, pages=4"]
    text += [f".region own{s}, private, core={s % CORES}, lo={page(OWN, s + 1)}, pages={pages}"
             for s in range(sentrons)]
    for s in range(sentrons):
        text += [f".sentron s{s}, id={s}", "  { DMOV.i32 r1, %d }" % value(s)]
        for kernel in ("warm", "exchange"):
            text += ["  { CBAR 0 }", f'.mark "{kernel}"', *way(s, sentrons, lines),
                     "  { DMOV.i32 r3, r2 | CFENCE.node }", "  { CBAR 0 }", '.mark "check"']
        if lines:
            text += ["  { DMOV.i32 r2, 0 }", point(0, OWN, s + 1, 0)]
            text += ["  { SGATHER r3, [p0], 64 | CSTEP p0, linear, 1 }", "  { DADD.i32 r2, r2, r3 }"] * lines
        result = page(RESULTS).replace("0", str(s), 1)
        text += ["  { SSCATTR [%s], r2, 4 }" % result, ".endmark", ".end"]
    text.append(".host run " + ", ".join(f"s{s}" for s in range(sentrons)))
    for s in range(sentrons):
        text.append(".host print " + page(RESULTS).replace("0", str(s), 1) + f", s{s}")
    if lines:
        expected = sum(value(s) * len(share(lines, sentrons, s)) for s in range(sentrons))
    else:
        expected = max(value(s) for s in range(sentrons))
    return "\n".join(text) + "\n", expected


def run(text):
    """Cycles of each kernel of a program, and the values that its host prints."""
    with tempfile.TemporaryDirectory() as work:
        names = [os.path.join(work, name) for name in ("p.s", "p.siw", "run.json", "profile.json")]
        with open(names[0], "w") as f:
            f.write(text)
        subprocess.run([VTPU, "asm", names[0], "-o", names[1]], check=True)
        subprocess.run([VTPU, "run", names[1], "--quiet", "--json", names[2], "--profile-json", names[3]],
                       check=True, stdout=subprocess.DEVNULL)
        with open(names[2]) as f:
            values = json.load(f).get("host_values", [])
        with open(names[3]) as f:
            kernels = json.load(f)["parts"][0]["kernels"]
    return {k["kernel"]: k["wall"]["cycles"] for k in kernels}, values


def cycles(way, sentrons, lines=0):
    """From one barrier to the next, a fence and a barrier at the end among them."""
    text, expected = program(way, sentrons, lines)
    kernels, values = run(text)
    for v in values:
        if v["value"] != expected:
            raise SystemExit(f"{way.__name__}, {sentrons} sentrons: {v['name']} is {v['value']}, not {expected}")
    return kernels["exchange"]


# --- one core's two contexts ----------------------------------------------------------------------

STREAM_LINES, IN_FLIGHT = 1920, 10  # lines of weights a core; registers that wait for one


def multiply_stream(first, lines, buffers=IN_FLIGHT):
    """{DDOT | SGATHER | CSTEP}: a line a SIW, multiplied when its register is gathered into again."""
    yield point(0, SHARED, 1, first)
    yield "  { CLOOP l0, %d, round@ }" % (lines // buffers)
    for i in range(buffers):
        label = "round@: " if i == buffers - 1 else ""
        mark = " :l0" if label else ""
        yield (label + "  { DDOT.i8 r%d, r%d, r15[0], r%d | SGATHER r%d, [p0], 64 | CSTEP p0, linear, 1 }"
               % (10 + i % 4, i, 10 + i % 4, i) + mark)
    for i in range(buffers):
        yield "  { DDOT.i8 r%d, r%d, r15[0], r%d }" % (10 + i % 4, i, 10 + i % 4)


def fetch_stream(first, lines):
    """{SPREFCH | CSTEP}: brings the lines into L2, for the other context, and walks to the next page in time."""
    of_page = PAGE_BYTES // LINE_BYTES
    yield point(0, SHARED, 1, first)
    yield "  { CLOOP l0, %d, round@ }" % (lines // of_page)
    yield "  { SINDEX p1, [p0], linear, %d }" % (of_page + of_page // 2)
    yield "  { SPREFCH.l2 [p1] }"
    for i in range(of_page - 1):
        yield "  { SPREFCH.l2 [p0] | CSTEP p0, linear, 1 }"
    yield "round@:  { SPREFCH.l2 [p0] | CSTEP p0, linear, 1 } :l0"


def one_multiplies(lines, buffers=IN_FLIGHT):
    return [multiply_stream(0, lines, buffers), ()]


def both_multiply(lines):
    half = lines // 2 // IN_FLIGHT * IN_FLIGHT
    return [multiply_stream(0, half), multiply_stream(half, lines - half)]


def one_fetches(lines):
    return [multiply_stream(0, lines), fetch_stream(0, lines)]


def stream_cycles(way, cores, warm):
    """Cycles in which `cores` cores multiply STREAM_LINES lines each; warm: for the second time."""
    lines = cores * STREAM_LINES
    text = [".nomain", f".group 0, 0..{CORES + cores - 1}",
            f".region weights, rom, lo={page(SHARED)}, pages={-(-lines * LINE_BYTES // PAGE_BYTES)}"]
    for s in range(CORES + cores):
        core, context = s % CORES, s // CORES
        body = list(way(STREAM_LINES)[context]) if core < cores else []
        text += [f".sentron s{s}, id={s}"]
        for kernel in ("first", "second"):
            text += ["  { CBAR 0 }", f'.mark "{kernel}"']
            for line in body:
                if "SINDEX" in line:  # the core's own lines
                    at = int(line.split(", ")[-1].split()[0]) + core * STREAM_LINES
                    line = point(0, SHARED, 1, at)
                text.append(line.replace("@", f"{s}_{kernel}"))
            text += ["  { CFENCE.node }", "  { CBAR 0 }"]
        text += [".endmark", ".end"]
    text.append(".host run " + ", ".join(f"s{s}" for s in range(CORES + cores)))
    kernels, _ = run("\n".join(text) + "\n")
    return kernels["second" if warm else "first"]
