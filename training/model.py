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

WIDTH = 128
LAYERS = 4
HEADS = 8
HIDDEN = 192
INNER = 384
BUCKETS = 4096
MOST_GRAMS = 24


def fnv(data):
    """FNV-1a, 32 bits."""
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def grams(word):
    """Buckets (from 1) of a word and its parts of three to five letters, the ends marked; at most MOST_GRAMS."""
    marked = f"<{word}>"
    parts = [marked] + [marked[at : at + size] for size in (3, 4, 5) for at in range(len(marked) - size + 1)]
    return [fnv(part.encode()) % BUCKETS + 1 for part in parts[:MOST_GRAMS]]


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

    def __init__(self, links, dropout):
        super().__init__()
        per_head = WIDTH // HEADS
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.link_key = nn.Parameter(torch.randn(HEADS, links, per_head) * 0.02)
        self.link_bias = nn.Parameter(torch.zeros(HEADS, links))
        self.link_value = nn.Parameter(torch.randn(HEADS, links, per_head) * 0.02)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.inner, self.outer = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.drop = Drop(dropout)

    def forward(self, x, links, mask):
        batch, side, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, side, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        by_link = q @ self.link_key.transpose(-1, -2) + self.link_bias[:, None, :]
        scores = (q @ k.transpose(-1, -2) + by_link.gather(3, links)) / math.sqrt(WIDTH // HEADS)
        weights = scores.masked_fill(mask, -1e9).softmax(-1)
        per_link = torch.zeros_like(by_link).scatter_add(3, links, weights)
        mixed = weights @ v + per_link @ self.link_value
        x = x + self.drop(self.out(mixed.transpose(1, 2).reshape(batch, side, WIDTH)))
        return x + self.drop(self.outer(self.drop(F.relu(self.inner(self.norm2(x))))))


class Net(nn.Module):
    """The whole network. `sizes` holds words, links, kinds, flags, symbols, productions."""

    def __init__(self, sizes, dropout=0.2):
        super().__init__()
        self.sizes = sizes
        self.word = nn.Embedding(sizes["words"], WIDTH, padding_idx=0)
        self.gram = nn.EmbeddingBag(BUCKETS + 1, WIDTH, mode="mean", padding_idx=0)
        self.flag = nn.Embedding(sizes["flags"], WIDTH)
        self.kind = nn.Embedding(sizes["kinds"], WIDTH)
        for table in (self.word, self.gram, self.flag, self.kind):
            nn.init.normal_(table.weight, 0, 0.05)
        self.reader = nn.LSTM(WIDTH, WIDTH // 2, batch_first=True, bidirectional=True)
        self.layers = nn.ModuleList([Layer(sizes["links"], dropout) for _ in range(LAYERS)])
        self.norm = nn.LayerNorm(WIDTH)
        self.drop = Drop(dropout)
        # One more production stands for "none yet".
        self.production = nn.Embedding(sizes["productions"] + 1, WIDTH)
        self.symbol = nn.Embedding(sizes["symbols"], WIDTH)
        self.parent = nn.Embedding(sizes["productions"] + 1, WIDTH)
        for table in (self.production, self.symbol, self.parent):
            nn.init.normal_(table.weight, 0, 0.1)
        self.pointed = nn.Linear(WIDTH, WIDTH)
        self.writer = nn.LSTM(WIDTH, HIDDEN, batch_first=True)
        self.start = nn.Linear(WIDTH, 2 * HIDDEN)
        self.ask, self.keys, self.values = nn.Linear(HIDDEN, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.state = nn.Linear(HIDDEN + WIDTH, WIDTH)
        self.choose = nn.Linear(WIDTH, sizes["productions"])
        self.point = nn.ModuleList([nn.Linear(WIDTH, WIDTH) for _ in range(2)])
        self.place = nn.ModuleList([nn.Linear(WIDTH, WIDTH) for _ in range(2)])
        self.used = nn.Linear(WIDTH, 1)
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
        links = batch["links"][:, None].expand(-1, HEADS, -1, -1)
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
        size, steps, side = states.shape[0], states.shape[1], memory.shape[1]
        heads = lambda x: x.view(size, -1, HEADS, WIDTH // HEADS).transpose(1, 2)
        scores = heads(self.ask(states)) @ heads(self.keys(memory)).transpose(-1, -2) / math.sqrt(WIDTH // HEADS)
        weights = scores.masked_fill(~mask[:, None, None, :], -1e9).softmax(-1)
        mixed = (weights @ heads(self.values(memory))).transpose(1, 2).reshape(size, steps, WIDTH)
        return torch.tanh(self.state(torch.cat([states, mixed], -1)))

    def scores(self, memory, states, batch):
        """Log-probabilities of every choice at every step: productions, then positions of the memory."""
        symbol = batch["symbol"]
        rules = self.choose(states).masked_fill(~self.allowed[symbol], -1e9)
        is_value = (symbol == self.sizes["value"])[..., None]
        points = [self.point[at](states) @ self.place[at](memory).transpose(-1, -2) / math.sqrt(WIDTH) for at in range(2)]
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
