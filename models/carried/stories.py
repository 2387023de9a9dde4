#!/usr/bin/env python3
"""Little stories from a grammar: the text that the carried model learns.

words.txt holds sets of words and shared sentences, plots.txt the plots. Their notation:

  # ...                a comment
  set NAME: a, b       rows follow, columns a and b separated by ';'
  def NAME             alternatives follow, each begins with '|'
  plot NAME: WHO       WHO may be the hero: child, animal or any; then the steps of the plot:
                       '-' begins a step, '?' a step that is told in two of five stories,
                       '|' a further alternative of the same step, '--' a new paragraph
  (four blanks)        the line continues the one before

Inside a sentence:

  {a|b|}               one of the choices, drawn anew each time
  <name>               a shared sentence; <name-plain> or <name-named> if the hero needs it
  [set] [set.column]   a row drawn from a set, the same one throughout a story
  [set2.column]        another row of the same set: two digits never draw the same row
  [h] [h.he] [h.kind]  the hero; [f...] the friend, another one; [p] the hero's mom, dad, ...
  [H] [H.he]           the same with a capital letter: begins a sentence

Every draw comes from one seeded generator: the same seed gives the same stories.
"""
import os
import random
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PRONOUNS = {"girl": ("she", "her", "her"), "boy": ("he", "his", "him")}


def logical_lines(lines):
    """(number, text) of each line with the lines that continue it; no comments, no blank lines."""
    joined = []
    for number, raw in enumerate(lines, 1):
        text = raw.strip()
        if text and raw.startswith("    ") and joined:
            joined[-1][1] += " " + text
        elif text and not text.startswith("#"):
            joined.append([number, text])
    return joined


class Grammar:
    """The sets, shared sentences and plots of the two files."""

    def __init__(self):
        self.sets = {}   # name -> list of rows, each a dictionary column -> text
        self.defs = {}   # name -> list of alternatives
        self.plots = []  # (name, who, steps); a step: (optional, list of alternatives)
        for file in ("words.txt", "plots.txt"):
            with open(os.path.join(HERE, file), encoding="utf-8") as f:
                self.read(f, file)

    def read(self, lines, file):
        columns = rows = alternatives = steps = None
        for number, line in logical_lines(lines):
            word, _, rest = line.partition(" ")
            if word == "set":
                name, _, cols = rest.partition(":")
                columns = [c.strip() for c in cols.split(",")]
                rows = self.sets[name] = []
                alternatives = steps = None
            elif word == "def":
                alternatives = self.defs[rest] = []
                rows = steps = None
            elif word == "plot":
                name, _, who = rest.partition(":")
                steps = []
                self.plots.append((name, who.strip(), steps))
                rows = alternatives = None
            elif rows is not None:
                cells = [c.strip() for c in line.split(";")]
                if len(cells) != len(columns):
                    sys.exit(f"{file}:{number}: {len(cells)} columns, expected {len(columns)}")
                rows.append(dict(zip(columns, cells)))
            elif steps is not None and line == "--":
                steps.append((False, ["\n"]))
                alternatives = None
            elif steps is not None and word in ("-", "?"):
                alternatives = [rest]
                steps.append((word == "?", alternatives))
            elif alternatives is not None and word == "|":
                alternatives.append(rest)
            else:
                sys.exit(f"{file}:{number}: a line that belongs to nothing")


def child(rng, grammar, taken):
    sex = rng.choice(("girl", "boy"))
    name = rng.choice([r["name"] for r in grammar.sets[sex] if r["name"] not in taken])
    home = rng.choice(grammar.sets["home"])["where"]
    return person(rng, grammar, sex, sex, name, {"lives": home, "went": "walked"})


def animal(rng, grammar, taken):
    kinds = [r for r in grammar.sets["animal"] if r["kind"] not in taken]
    row = rng.choice(kinds)
    pet = rng.choice([r for r in grammar.sets["pet"] if r["name"] not in taken])
    name = pet["name"] if rng.random() < 0.6 else None
    return person(rng, grammar, row["kind"], pet["sex"], name, row)


def person(rng, grammar, kind, sex, name, row):
    he, his, him = PRONOUNS[sex]
    adj = rng.choice(grammar.sets["adj"])["word"]
    a = f"a {adj} {kind}"
    return {"": name or f"the {kind}", "kind": kind, "adj": adj, "he": he, "his": his,
            "him": him, "lives": row["lives"], "went": row["went"], "food": row.get("food", ""),
            "a": a, "intro": f"{a} named {name}" if name else a, "named": name is not None}


class Story:
    """One story in the making: the cast and the rows drawn so far."""

    def __init__(self, grammar, rng):
        self.grammar, self.rng, self.rows = grammar, rng, {}
        name, who, self.steps = rng.choice(grammar.plots)
        if who == "any":
            who = "child" if rng.random() < 0.5 else "animal"
        taken = set()
        hero = child(rng, grammar, taken) if who == "child" else animal(rng, grammar, taken)
        taken = {hero[""], hero["kind"]}
        # A child meets children and animals, an animal meets animals.
        other = child if who == "child" and rng.random() < 0.5 else animal
        adult = rng.choice(grammar.sets["adult"])
        self.cast = {"h": hero, "f": other(rng, grammar, taken), "a": animal(rng, grammar, taken),
                     "p": dict(adult, **{"": adult["word"]})}

    def slot(self, match):
        key = match.group(1)
        name, _, column = key.partition(".")
        capital = name[0].isupper()
        name = name[0].lower() + name[1:]
        if name in self.cast:
            text = self.cast[name][column]
        else:
            row = self.row(name)
            text = self.expand(row[column] if column else next(iter(row.values())))
        return text[0].upper() + text[1:] if capital else text

    def row(self, name):
        """The row of a set for this story: `toy` and `toy2` are different rows of set toy."""
        if name not in self.rows:
            base = name.rstrip("23")
            used = [r for n, r in self.rows.items() if n.rstrip("23") == base]
            row = dict(self.rng.choice([r for r in self.grammar.sets[base] if r not in used]))
            self.rows[name] = {c: self.choices(t) for c, t in row.items()}
        return self.rows[name]

    def shared(self, match):
        name = match.group(1)
        if name not in self.grammar.defs:
            name += "-named" if self.cast["h"]["named"] else "-plain"
        return self.choices(self.rng.choice(self.grammar.defs[name]))

    def choices(self, text):
        """Shared sentences put in, innermost choices first; slots stay."""
        while True:
            new = re.sub(r"<([a-z-]+)>", self.shared, text)
            new = re.sub(r"\{([^{}]*)\}", lambda m: self.rng.choice(m.group(1).split("|")), new)
            if new == text:
                return text
            text = new

    def expand(self, text):
        return re.sub(r"\[([A-Za-z0-9.]+)\]", self.slot, self.choices(text))

    def tell(self):
        parts = [self.expand(self.rng.choice(alternatives)) for optional, alternatives in self.steps
                 if not optional or self.rng.random() < 0.4]
        text = re.sub(r" +", " ", " ".join(parts))
        text = re.sub(r" ?\n ?", "\n", text).strip()
        text = re.sub(r" ([.,!?])", r"\1", text)
        return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)


def stories(seed, count, grammar=None):
    """A list of `count` stories, no two of them the same."""
    grammar = grammar or Grammar()
    rng = random.Random(seed)
    told = {}
    while len(told) < count:
        told[Story(grammar, rng).tell()] = None
    return list(told)


if __name__ == "__main__":
    for text in stories(int(sys.argv[2]) if len(sys.argv) > 2 else 0, int(sys.argv[1])):
        print(text, end="\n\n")
