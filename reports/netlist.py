"""Counts and longest path of a mapped netlist, for reports/synth.py.

The netlist is what yosys' write_json wrote: modules of gates ($_AND_ ...), flip-flops ($_DFF_ ...), ports
of memories ($memrd, $memwr) and instances of other modules. Modules stay apart in the file, each once, however
often it is used; here they are put into each other as numbers, a gate being three.
"""
import bisect
import collections
import json
import re

# A module with parameters is $paramod\\NAME\\VALUES or $paramod$HASH\\NAME.
PARAMETERS = re.compile(r"^\$paramod[^\\]*\\|(?<=\w)\\.*")
FLOP = re.compile(r"\$_S?DFF")
MEMORY_READ, MEMORY = re.compile(r"\$memrd"), re.compile(r"\$mem")
NONE, WIDE, UNKNOWN, OPEN = -1, -2, -1, -2  # no input, inputs elsewhere; no level yet, being looked for


class Module:
    """One module: what drives its bits, which bits end in a register, what it contains."""

    def __init__(self, text):
        self.bits, self.names = {}, {}
        self.ports = {p: [self.local(b) for b in port["bits"]] for p, port in text["ports"].items()}
        self.outputs = [b for p, port in text["ports"].items() if port["direction"] == "output"
                        for b in self.ports[p]]
        self.gates, self.ends, self.instances = [], [], []  # (output, inputs); bits; (name, type, ports)
        self.flops = self.count = 0
        memories = text.get("memories", {}).values()
        self.memory_bits = sum(m["width"] * m["size"] for m in memories)
        for name, cell in text["cells"].items():
            self.add(name, cell["type"], cell["connections"], cell.get("parameters", {}))
        for name, net in text["netnames"].items():
            if not net["hide_name"]:
                for i, b in enumerate(net["bits"]):
                    self.names.setdefault(self.local(b), f"{name}[{i}]" if len(net["bits"]) > 1 else name)
        self.size = len(self.bits)

    def local(self, bit):
        """Bits are numbered from 0; a constant is NONE."""
        return NONE if isinstance(bit, str) else self.bits.setdefault(bit, len(self.bits))

    def add(self, name, kind, pins, parameters):
        bits = {p: [self.local(b) for b in c] for p, c in pins.items()}
        if FLOP.match(kind):
            self.flops += 1
            self.ends += [b for p in bits if p not in "CQ" for b in bits[p]]
        elif MEMORY_READ.match(kind) and int(parameters["CLK_ENABLE"], 2) == 0:
            self.gates += [(y, tuple(bits["ADDR"])) for y in bits["DATA"]]
        elif MEMORY.match(kind):
            self.ends += [b for p in bits if p != "CLK" and not (p == "DATA" and "memrd" in kind)
                          for b in bits[p]]
        elif kind.startswith("$_"):
            self.count += 1
            self.gates.append((bits["Y"][0], tuple(bits[p][0] for p in "ABS" if p in bits)))
        else:
            self.instances.append((name, kind, bits))


class Whole:
    """All instances under one module, and the level of every bit: the most gates before it."""

    def __init__(self, modules, top):
        self.modules = modules
        self.starts, self.places = [], []  # where the bits of each instance begin, and whose they are
        self.a, self.b, self.c, self.wide = [], [], [], {}
        self.ends = []
        self.gates = self.flops = self.memory_bits = 0
        self.put(top, "", {})
        module = modules[top]
        self.ends += [b for b in module.outputs if b != NONE]

    def put(self, kind, path, given):
        module = self.modules[kind]
        self.gates += module.count
        self.flops += module.flops
        self.memory_bits += module.memory_bits
        first = len(self.a)
        self.starts.append(first)
        self.places.append((path, module))
        # Bits of ports are the parent's.
        at = list(range(first, first + module.size)) + [NONE]
        for local, parent in given.items():
            at[local] = parent
        new = [NONE] * module.size
        self.a += new
        self.b += new
        self.c += new
        a, b, c = self.a, self.b, self.c
        for y, inputs in module.gates:
            y = at[y]
            if len(inputs) > 3:
                a[y], self.wide[y] = WIDE, [at[i] for i in inputs]
            else:
                a[y] = at[inputs[0]]
                if len(inputs) > 1:
                    b[y] = at[inputs[1]]
                if len(inputs) > 2:
                    c[y] = at[inputs[2]]
        self.ends += [at[b_] for b_ in module.ends if at[b_] != NONE]
        for name, inner, ports in module.instances:
            inside = self.modules[inner].ports
            given = {own: at[bit] for p, bits in ports.items() for own, bit in zip(inside[p], bits)
                     if own != NONE}
            self.put(inner, f"{path}{name}.", given)

    def inputs(self, y):
        if self.a[y] == WIDE:
            return [i for i in self.wide[y] if i != NONE]
        return [i for i in (self.a[y], self.b[y], self.c[y]) if i != NONE]

    def levels(self):
        """The level of every bit in which something ends, and of all before them."""
        level = [UNKNOWN] * len(self.a)
        a = self.a
        for end in self.ends:
            stack = [end]
            while stack:
                y = stack[-1]
                if level[y] >= 0:
                    stack.pop()
                    continue
                if a[y] == NONE and self.b[y] == NONE and self.c[y] == NONE:
                    level[y] = 0
                    stack.pop()
                    continue
                most, ready = 0, True
                for i in self.inputs(y):
                    if level[i] == OPEN:
                        raise ValueError(f"a loop through {self.name(i)}")
                    if level[i] < 0:
                        stack.append(i)
                        ready = False
                    elif level[i] > most:
                        most = level[i]
                if ready:
                    level[y] = most + 1
                    stack.pop()
                else:
                    level[y] = OPEN
        return level

    def name(self, bit):
        """Of a bit in some instance, or "" if the mapping made it."""
        at = bisect.bisect_right(self.starts, bit) - 1
        path, module = self.places[at]
        own = module.names.get(bit - self.starts[at])
        return path + own if own else ""


def measure(path, top):
    """Of the netlist in the file: its counts, its longest path in gates, and the named bits on it."""
    with open(path) as f:
        texts = json.load(f)["modules"]
    modules = {}
    pending = [top]
    while pending:
        kind = pending.pop()
        if kind not in modules:
            modules[kind] = Module(texts[kind])
            pending += [inner for _, inner, _ in modules[kind].instances]
    del texts
    whole = Whole(modules, top)
    level = whole.levels()
    worst = max(whole.ends, key=lambda b: level[b], default=NONE)
    names, bit = [], worst
    while bit != NONE:
        if whole.name(bit):
            names.append(f"{level[bit]:5} {whole.name(bit)}")
        inputs = whole.inputs(bit)
        bit = max(inputs, key=lambda b: level[b]) if inputs else NONE
    return {"gates": whole.gates, "flops": whole.flops, "bits": whole.memory_bits,
            "levels": level[worst] if worst != NONE else 0}, names[::-1]


def base_of(module):
    """A module's name without its parameters."""
    return PARAMETERS.sub("", module.removeprefix("\\"))


def shares(path, top):
    """Of a mapped unit (RTLIL, as synth.py keeps it): the modules right in it, each with how many there are
    and the gates of all of them; under "" the gates between them."""
    with open(path) as f:
        found = re.findall(r"^module (\S+)$(.*?)^end$", f.read(), re.M | re.S)
    cells = {module: collections.Counter(re.findall(r"^  cell (\S+) ", text, re.M)) for module, text in found}
    known = {}

    def own(module):
        return sum(n for kind, n in cells[module].items() if kind.startswith("$_") and not FLOP.match(kind))

    def gates(module):
        if module not in known:
            known[module] = own(module) + sum(n * gates(kind) for kind, n in cells[module].items()
                                              if kind in cells)
        return known[module]

    parts = {"": (1, own("\\" + top))}
    for kind, n in cells["\\" + top].items():
        if kind in cells:
            many, all_gates = parts.get(base_of(kind), (0, 0))
            parts[base_of(kind)] = (many + n, all_gates + n * gates(kind))
    return parts
