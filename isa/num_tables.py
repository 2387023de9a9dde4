#!/usr/bin/env python3
"""Coefficients of DEXP2, DRCP and DRSQ: writes isa/num_tables.h and rtl/gen/num_tables.vh.

Both files hold the same ROM words, so that simulator and RTL compute the same bits. The algorithm
and the widths are described in isa/num_special.c. Run from the project's top folder:

    python3 isa/num_tables.py            writes both files
    python3 isa/num_tables.py --check    exit status 1 if either file is stale

Each table cuts its range into segments. On one segment, with u in [0, 1) along it, the function is
the cubic c0 + c1 u + c2 u^2 + c3 u^3 in units of 2^-32: the interpolation at the four Chebyshev
nodes (within 25 % of the best possible maximum error, about 2^-33), computed with 60 decimal
digits and rounded once.
"""
import sys
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 60
FRACTION_BITS = 32
C0_BITS, C1_BITS, C2_BITS, C3_BITS = 33, 28, 22, 16  # c0 unsigned, the others signed

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")


def cosine(x):
    """cos of a Decimal in [0, pi] by its power series."""
    term, total, k = Decimal(1), Decimal(1), 0
    while abs(term) > Decimal(10) ** -58:
        k += 2
        term = -term * x * x / (k * (k - 1))
        total += term
    return total


NODES = [(1 - cosine(PI * (2 * i + 1) / 8)) / 2 for i in range(4)]


def exp2(s, u):
    """2^x for x in [0, 1): 64 segments."""
    return (((s + u) / 64) * Decimal(2).ln()).exp()


def rcp(s, u):
    """1 / m for m in [1, 2): 64 segments."""
    return 1 / (1 + (s + u) / 64)


def rsq(s, u):
    """1 / sqrt(m): 64 segments of m in [1, 2), then 64 of m in [2, 4)."""
    m = 1 + (s % 64 + u) / 64
    return 1 / (m * 2 if s >= 64 else m).sqrt()


# Name, segments, value at segment s and position u in it.
TABLES = [("exp2", 64, exp2), ("rcp", 64, rcp), ("rsq", 128, rsq)]


def cubic(values):
    """Coefficients of the polynomial through the four nodes: Newton's divided differences."""
    d = list(values)
    for order in range(1, 4):
        for i in range(3, order - 1, -1):
            d[i] = (d[i] - d[i - 1]) / (NODES[i] - NODES[i - order])
    c = [Decimal(0)] * 4
    for i in range(3, -1, -1):  # Horner over (u - node)
        for k in range(3, 0, -1):
            c[k] = c[k - 1] - NODES[i] * c[k]
        c[0] = d[i] - NODES[i] * c[0]
    return c


def rounded(x):
    return round(Fraction(x) * 2**FRACTION_BITS)


def words(segments, function):
    rows = []
    for s in range(segments):
        rows.append([rounded(c) for c in cubic([function(s, u) for u in NODES])])
    # 2^0, 1/1 and 1/sqrt(1) are 1 exactly: powers of two have exact results.
    rows[0][0] = 2**FRACTION_BITS
    for c0, c1, c2, c3 in rows:
        assert 0 <= c0 < 2**C0_BITS
        for c, bits in ((c1, C1_BITS), (c2, C2_BITS), (c3, C3_BITS)):
            assert -(2 ** (bits - 1)) <= c < 2 ** (bits - 1), (c, bits)
    return rows


def c_header(tables):
    out = ["/* Made by isa/num_tables.py; do not edit. */"]
    out += ["/* A segment's coefficients, in units of 2^-32. */"]
    out += ["struct cubic {", "  int64_t c0;", "  int32_t c1, c2, c3;", "};"]
    out += ["/* clang-format off */"]
    for name, segments, rows in tables:
        out.append(f"static const struct cubic {name}_rom[{segments}] = {{")
        out += [f"  {{{c0}, {c1}, {c2}, {c3}}}," for c0, c1, c2, c3 in rows]
        out.append("};")
    out.append("/* clang-format on */")
    return "\n".join(out) + "\n"


def verilog_header(tables):
    total = C0_BITS + C1_BITS + C2_BITS + C3_BITS
    out = ["// Made by isa/num_tables.py; do not edit."]
    out.append("// ROM word: {c0, c1, c2, c3}; c0 unsigned, the others two's complement.")
    for k, bits in enumerate((C0_BITS, C1_BITS, C2_BITS, C3_BITS)):
        out.append(f"localparam NUM_C{k}_BITS = {bits};")
    out.append(f"localparam NUM_ROM_BITS = {total};")
    for name, segments, rows in tables:
        index_bits = (segments - 1).bit_length()
        out.append(f"function [{total - 1}:0] num_{name}_rom(input [{index_bits - 1}:0] segment);")
        out.append("  case (segment)")
        for s, row in enumerate(rows):
            word = 0
            for c, bits in zip(row, (C0_BITS, C1_BITS, C2_BITS, C3_BITS)):
                word = word << bits | c % 2**bits
            out.append(f"    {index_bits}'d{s}: num_{name}_rom = {total}'h{word:0{(total + 3) // 4}x};")
        out += ["  endcase", "endfunction"]
    return "\n".join(out) + "\n"


def main():
    tables = [(name, segments, words(segments, f)) for name, segments, f in TABLES]
    stale = []
    for path, text in (
        ("isa/num_tables.h", c_header(tables)),
        ("rtl/gen/num_tables.vh", verilog_header(tables)),
    ):
        if "--check" in sys.argv[1:]:
            try:
                same = open(path, encoding="ascii").read() == text
            except OSError:
                same = False
            if not same:
                stale.append(path)
        else:
            with open(path, "w", encoding="ascii") as f:
                f.write(text)
    if stale:
        print("stale: " + " ".join(stale) + " (run python3 isa/num_tables.py)", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
