"""Byte-level byte-pair encoding: learns a vocabulary, writes and reads it as tokenizer.json.

The file is the one of the Hugging Face libraries: model BPE over the byte-level alphabet of GPT-2
(each byte is shown as one printable character), ByteLevel pre-tokenizer and decoder, no normalizer.
Ids: 0..255 the alphabet, then the merges in the order learned, last `<|endoftext|>`.
"""
import collections
import json
import re

END = "<|endoftext|>"

# The split of GPT-2 in the terms of Python's re: [^\W\d_] stands for \p{L}, \d for \p{N}.
WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def alphabet():
    """The character that shows each byte: itself if printable, else the next one from U+0100."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    shown = {b: chr(b) for b in printable}
    for b in range(256):
        if b not in shown:
            shown[b] = chr(256 + len(shown) - len(printable))
    return shown


SHOWN = alphabet()
BYTES = {c: b for b, c in SHOWN.items()}


def to_symbols(word):
    return tuple(SHOWN[b] for b in word.encode("utf-8"))


def pairs_of(symbols):
    return zip(symbols, symbols[1:])


def merged(symbols, pair):
    """The symbols with every occurrence of the pair, from the left, made one."""
    out, i = [], 0
    while i < len(symbols):
        if i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == pair:
            out.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return tuple(out)


def learn(texts, vocabulary):
    """The merges for a vocabulary of that size: always the most frequent pair, ties by name."""
    counts = collections.Counter(w for t in texts for w in WORDS.findall(t))
    words = [[to_symbols(w), n] for w, n in sorted(counts.items())]
    merges = []
    while len(merges) < vocabulary - len(SHOWN) - 1:
        frequency = collections.Counter()
        for symbols, n in words:
            for pair in pairs_of(symbols):
                frequency[pair] += n
        pair = min(frequency, key=lambda p: (-frequency[p], p))
        merges.append(pair)
        for word in words:
            if pair in pairs_of(word[0]):
                word[0] = merged(word[0], pair)
    return merges


def write(path, merges):
    names = [SHOWN[b] for b in sorted(SHOWN, key=lambda b: SHOWN[b])] + [a + b for a, b in merges]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                  "use_regex": True}
    end = {"id": len(names), "content": END, "single_word": False, "lstrip": False,
           "rstrip": False, "normalized": False, "special": True}
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
             "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
             "ignore_merges": False, "vocab": {name: i for i, name in enumerate(names)},
             "merges": [list(m) for m in merges]}
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"version": "1.0", "truncation": None, "padding": None, "added_tokens": [end],
                   "normalizer": None, "pre_tokenizer": byte_level, "post_processor": None,
                   "decoder": byte_level, "model": model}, f, ensure_ascii=False, indent=1)
        f.write("\n")


class Tokenizer:
    """Reads a tokenizer.json that `write` made."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            data = json.load(f)
        self.ids = data["model"]["vocab"]
        self.rank = {tuple(m): r for r, m in enumerate(data["model"]["merges"])}
        self.end = data["added_tokens"][0]["id"]
        self.names = {i: name for name, i in self.ids.items()}
        self.known = {}  # word -> ids, for speed

    def word(self, word):
        if word not in self.known:
            symbols = to_symbols(word)
            while True:
                ranks = [self.rank[p] for p in pairs_of(symbols) if p in self.rank]
                if not ranks:
                    break
                best = min(ranks)
                pair = next(p for p in pairs_of(symbols) if self.rank.get(p) == best)
                symbols = merged(symbols, pair)
            self.known[word] = [self.ids[s] for s in symbols]
        return self.known[word]

    def encode(self, text):
        return [i for w in WORDS.findall(text) for i in self.word(w)]

    def decode(self, ids):
        """Text of the ids; `<|endoftext|>` stays visible."""
        out = b""
        for i in ids:
            out += END.encode() if i == self.end else bytes(BYTES[c] for c in self.names[i])
        return out.decode("utf-8", errors="replace")
