"""The network: a relation-aware encoder over question and schema, and a decoder that writes a query over the grammar.

Sizes are small on purpose: it answers in milliseconds on one core without any library. Everything here has its counterpart in
`src/engine/parser/net`; `export.py` carries the weights over.

    words, items --embed--> BiLSTM over the words --> LAYERS x relation-aware attention --> memory (one vector a word or item)
    steps so far --LSTM--> attention over the memory --> productions of the open symbol, or a pointer into the memory
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

# What `sizes` does not say otherwise.
DEFAULTS = {"width": 128, "layers": 4, "heads": 8, "hidden": 192, "inner": 384, "buckets": 4096}
MOST_GRAMS = 24


def fnv(data):
    """FNV-1a, 32 bits."""
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def grams(word, buckets=DEFAULTS["buckets"]):
    """Buckets (from 1) of a word and its parts of three to five letters, the ends marked; at most MOST_GRAMS."""
    marked = f"<{word}>"
    parts = [marked] + [marked[at : at + size] for size in (3, 4, 5) for at in range(len(marked) - size + 1)]
    return [fnv(part.encode()) % buckets + 1 for part in parts[:MOST_GRAMS]]


class Drop(nn.Module):
    """Dropout that takes its random masks from a pool made once: drawing them anew costs an eighth of the training time."""

    pool = None

    def __init__(self, share):
        super().__init__()
        self.share = share

    def forward(self, x):
        if not self.training or not self.share:
            return x
        if Drop.pool is None or Drop.pool.numel() < 2 * x.numel():
            Drop.pool = (torch.rand(max(1 << 23, 4 * x.numel())) >= self.share).float() / (1 - self.share)
        at = int(torch.randint(Drop.pool.numel() - x.numel(), ()))
        return x * Drop.pool[at : at + x.numel()].view(x.shape)


class Layer(nn.Module):
    """One layer of attention in which every two positions are also told how they hang together."""

    def __init__(self, sizes, dropout):
        super().__init__()
        width, links, self.heads = sizes["width"], sizes["links"], sizes["heads"]
        per_head = width // self.heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.link_key = nn.Parameter(torch.randn(self.heads, links, per_head) * 0.02)
        self.link_bias = nn.Parameter(torch.zeros(self.heads, links))
        self.link_value = nn.Parameter(torch.randn(self.heads, links, per_head) * 0.02)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inner, self.outer = nn.Linear(width, sizes["inner"]), nn.Linear(sizes["inner"], width)
        self.drop = Drop(dropout)

    def forward(self, x, links, mask):
        batch, side, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, side, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        by_link = q @ self.link_key.transpose(-1, -2) + self.link_bias[:, None, :]
        scores = (q @ k.transpose(-1, -2) + by_link.gather(3, links)) / math.sqrt(width // self.heads)
        weights = scores.masked_fill(mask, -1e9).softmax(-1)
        per_link = torch.zeros_like(by_link).scatter_add(3, links, weights)
        mixed = weights @ v + per_link @ self.link_value
        x = x + self.drop(self.out(mixed.transpose(1, 2).reshape(batch, side, width)))
        return x + self.drop(self.outer(self.drop(F.relu(self.inner(self.norm2(x))))))


class Net(nn.Module):
    """The whole network. `sizes` holds words, links, kinds, flags, symbols, productions; and what differs from DEFAULTS."""

    def __init__(self, sizes, dropout=0.2):
        super().__init__()
        self.sizes = sizes = {**DEFAULTS, **sizes}
        width, hidden = sizes["width"], sizes["hidden"]
        self.word = nn.Embedding(sizes["words"], width, padding_idx=0)
        self.gram = nn.EmbeddingBag(sizes["buckets"] + 1, width, mode="mean", padding_idx=0)
        self.flag = nn.Embedding(sizes["flags"], width)
        self.kind = nn.Embedding(sizes["kinds"], width)
        for table in (self.word, self.gram, self.flag, self.kind):
            nn.init.normal_(table.weight, 0, 0.05)
        self.reader = nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)
        self.layers = nn.ModuleList([Layer(sizes, dropout) for _ in range(sizes["layers"])])
        self.norm = nn.LayerNorm(width)
        self.drop = Drop(dropout)
        # One more production stands for "none yet".
        self.production = nn.Embedding(sizes["productions"] + 1, width)
        self.symbol = nn.Embedding(sizes["symbols"], width)
        self.parent = nn.Embedding(sizes["productions"] + 1, width)
        for table in (self.production, self.symbol, self.parent):
            nn.init.normal_(table.weight, 0, 0.1)
        self.pointed = nn.Linear(width, width)
        self.writer = nn.LSTM(width, hidden, batch_first=True)
        self.start = nn.Linear(width, 2 * hidden)
        self.ask, self.keys, self.values = nn.Linear(hidden, width), nn.Linear(width, width), nn.Linear(width, width)
        self.state = nn.Linear(hidden + width, width)
        self.choose = nn.Linear(width, sizes["productions"])
        self.point = nn.ModuleList([nn.Linear(width, width) for _ in range(2)])
        self.place = nn.ModuleList([nn.Linear(width, width) for _ in range(2)])
        self.used = nn.Linear(width, 1)
        self.register_buffer("allowed", torch.zeros(sizes["symbols"], sizes["productions"], dtype=torch.bool))

    def encode(self, batch):
        """The memory: one vector a position, words first."""
        known = self.drop(self.word(batch["word"]) + self.gram(batch["grams"]))
        words = self.drop(known[batch["words"]] + self.flag(batch["flags"]))
        packed = nn.utils.rnn.pack_padded_sequence(words, batch["lengths"], batch_first=True, enforce_sorted=False)
        words, _ = nn.utils.rnn.pad_packed_sequence(self.reader(packed)[0], batch_first=True, total_length=batch["words"].shape[1])
        names = known[batch["names"]] * batch["name_mask"][..., None]
        items = names.sum(2) / batch["name_mask"].sum(2).clamp(min=1)[..., None] + self.kind(batch["kinds"])
        memory = self.drop(torch.cat([words, items], 1))
        links = batch["links"][:, None].expand(-1, self.sizes["heads"], -1, -1)
        mask = ~batch["mask"][:, None, None, :]
        for layer in self.layers:
            memory = layer(memory, links, mask)
        return self.norm(memory)

    def decode(self, memory, batch):
        """For each step of the gold: what is left of the network's state to choose with."""
        mask = batch["mask"]
        mean = (memory * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        hidden, cell = torch.tanh(self.start(mean)).chunk(2, -1)
        before = batch["before"]
        first = self.sizes["productions"] + 1
        rows = torch.arange(memory.shape[0])[:, None]
        pointed = self.pointed(memory)[rows, (before - first).clamp(min=0)]
        chosen = self.production(before.clamp(max=first - 1))
        inputs = torch.where((before >= first)[..., None], pointed, chosen) + self.symbol(batch["symbol"]) + self.parent(batch["parent"])
        states, _ = self.writer(self.drop(inputs), (hidden[None].contiguous(), cell[None].contiguous()))
        states = self.drop(states)
        size, steps, width, count = *states.shape[:2], self.sizes["width"], self.sizes["heads"]
        heads = lambda x: x.view(size, -1, count, width // count).transpose(1, 2)
        scores = heads(self.ask(states)) @ heads(self.keys(memory)).transpose(-1, -2) / math.sqrt(width // count)
        weights = scores.masked_fill(~mask[:, None, None, :], -1e9).softmax(-1)
        mixed = (weights @ heads(self.values(memory))).transpose(1, 2).reshape(size, steps, width)
        return torch.tanh(self.state(torch.cat([states, mixed], -1)))

    def scores(self, memory, states, batch):
        """Log-probabilities of every choice at every step: productions, then positions of the memory."""
        symbol = batch["symbol"]
        rules = self.choose(states).masked_fill(~self.allowed[symbol], -1e9)
        is_value = (symbol == self.sizes["value"])[..., None]
        points = [self.point[at](states) @ self.place[at](memory).transpose(-1, -2) / math.sqrt(self.sizes["width"]) for at in range(2)]
        points = torch.where(is_value, points[1], points[0])
        return torch.cat([rules, points.masked_fill(~pointable(symbol, batch, self.sizes), -1e9)], -1).log_softmax(-1)

    def loss(self, batch):
        """Mean over questions of the negative log-probability of the gold steps, and of which items are used."""
        memory = self.encode(batch)
        scores = self.scores(memory, self.decode(memory, batch), batch)
        choice = batch["choice"]
        taken = -scores.gather(2, choice.clamp(min=0)[..., None])[..., 0]
        steps = (taken * (choice >= 0)).sum(1)
        used = F.binary_cross_entropy_with_logits(self.used(memory)[..., 0], batch["used"], reduction="none")
        used = (used * batch["is_item"]).sum(1)
        return steps, used


def pointable(symbol, batch, sizes):
    """Which positions each step may point at."""
    is_column, is_relation, is_value = (symbol[..., None] == sizes[name] for name in ("column", "relation", "value"))
    what = batch["what"][:, None, :]
    return (is_column & (what >= 2)) | (is_relation & (what == 2)) | (is_value & (what == 1))
