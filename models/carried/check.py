#!/usr/bin/env python3
"""Runs the carried model from its three files with numpy alone: a second path beside train.py.

    /usr/bin/python3 models/carried/check.py ["prompt" ...]

Reads config.json, model.safetensors and tokenizer.json of this folder (or of --model), prints the
continuation of each prompt at temperature 0, and the perplexity of heldout.txt. One token at a
time with a KV cache, as an inference engine does it; nothing is shared with the training.
"""
import argparse
import json
import math
import os
import struct

import numpy as np

import bpe

PROMPTS = ["Once upon a time", "One day, Lily met a", "The little dog"]


def read_safetensors(path):
    """Name -> f32 array. BF16 is the upper half of an f32."""
    with open(path, "rb") as f:
        size, = struct.unpack("<Q", f.read(8))
        header, data = json.loads(f.read(size)), f.read()
    tensors = {}
    for name, t in header.items():
        if name != "__metadata__":
            first, last = t["data_offsets"]
            assert t["dtype"] == "BF16", name
            bits = np.frombuffer(data[first:last], "<u2").astype(np.uint32) << 16
            tensors[name] = bits.view(np.float32).reshape(t["shape"])
    return tensors


class Qwen3:
    """A sequence in the making: keys and values of the tokens so far."""

    def __init__(self, folder):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
            self.c = json.load(f)
        self.w = read_safetensors(os.path.join(folder, "model.safetensors"))
        self.keys = [[] for _ in range(self.c["num_hidden_layers"])]
        self.values = [[] for _ in range(self.c["num_hidden_layers"])]

    def norm(self, x, name):
        mean = np.mean(x * x, axis=-1, keepdims=True)
        return x / np.sqrt(mean + np.float32(self.c["rms_norm_eps"])) * self.w[name]

    def rotate(self, x, position):
        """RoPE on the pairs (i, i + head_dim/2). x: [heads, head_dim]."""
        half = x.shape[1] // 2
        angle = position * self.c["rope_theta"] ** (-np.arange(half) / half)
        cos, sin = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
        a, b = x[:, :half], x[:, half:]
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=1)

    def attention(self, x, layer):
        p, d = f"model.layers.{layer}.self_attn.", self.c["head_dim"]
        q, k, v = ((self.w[p + n + "_proj.weight"] @ x).reshape(-1, d) for n in "qkv")
        position = len(self.keys[layer])
        q = self.rotate(self.norm(q, p + "q_norm.weight"), position)
        self.keys[layer].append(self.rotate(self.norm(k, p + "k_norm.weight"), position))
        self.values[layer].append(v)
        keys, values = np.stack(self.keys[layer], 1), np.stack(self.values[layer], 1)
        group, mixed = len(q) // len(k), []
        for head, query in enumerate(q):
            scores = keys[head // group] @ query / np.float32(math.sqrt(d))
            weights = np.exp(scores - scores.max())
            mixed.append(weights / weights.sum() @ values[head // group])
        return self.w[p + "o_proj.weight"] @ np.concatenate(mixed)

    def ffn(self, x, layer):
        p = f"model.layers.{layer}.mlp."
        gate = self.w[p + "gate_proj.weight"] @ x
        up = self.w[p + "up_proj.weight"] @ x
        return self.w[p + "down_proj.weight"] @ (gate / (1 + np.exp(-gate)) * up)

    def forward(self, token):
        """Takes the next token; returns the logits of the one after it."""
        x = self.w["model.embed_tokens.weight"][token]
        for layer in range(self.c["num_hidden_layers"]):
            p = f"model.layers.{layer}."
            x = x + self.attention(self.norm(x, p + "input_layernorm.weight"), layer)
            x = x + self.ffn(self.norm(x, p + "post_attention_layernorm.weight"), layer)
        return self.w["model.embed_tokens.weight"] @ self.norm(x, "model.norm.weight")


def continuation(folder, tokenizer, prompt):
    """Ids of prompt and continuation, and the smallest gap between the two best logits."""
    model, ids, gap = Qwen3(folder), tokenizer.encode(prompt), math.inf
    logits = [model.forward(i) for i in ids][-1]
    while ids[-1] != tokenizer.end and len(ids) < model.c["max_position_embeddings"]:
        second, first = np.sort(logits)[-2:]
        gap = min(gap, float(first - second))
        ids.append(int(logits.argmax()))
        logits = model.forward(ids[-1])
    return ids, gap


def heldout_loss(folder, tokenizer):
    """Nats a token over heldout.txt, each story by itself, its end included."""
    with open(os.path.join(folder, "heldout.txt"), encoding="utf-8") as f:
        texts = f.read().split(bpe.END)[:-1]
    total = count = 0
    for text in texts:
        model, ids = Qwen3(folder), tokenizer.encode(text) + [tokenizer.end]
        for token, following in zip(ids, ids[1:]):
            logits = model.forward(token)
            top = logits.max()
            total += top + math.log(np.exp(logits - top).sum()) - logits[following]
            count += 1
    return total / count, count


def main():
    args = argparse.ArgumentParser(description="Runs the carried model with numpy.")
    args.add_argument("--model", default=os.path.dirname(os.path.abspath(__file__)))
    args.add_argument("prompts", nargs="*", default=PROMPTS)
    args = args.parse_args()
    tokenizer = bpe.Tokenizer(os.path.join(args.model, "tokenizer.json"))
    for prompt in args.prompts:
        ids, gap = continuation(args.model, tokenizer, prompt)
        print(f"--- {len(ids)} tokens; smallest gap of the two best logits {gap:.4f}")
        print(tokenizer.decode(ids))
    loss, count = heldout_loss(args.model, tokenizer)
    print(f"--- heldout.txt: {loss:.4f} nats a token over {count}, "
          f"perplexity {math.exp(loss):.3f}")


if __name__ == "__main__":
    main()
