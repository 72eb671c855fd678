"""Examples and batches for the network, from rows of features with numbered steps."""

import collections
import random

import numpy
import torch

from training.model import DEFAULTS, grams

MOST_NAME_WORDS = 6


class Words:
    """The words that have a vector of their own: those that occur often enough. 0 is padding, 1 an unknown word."""

    def __init__(self, listed, buckets=DEFAULTS["buckets"]):
        self.buckets = buckets
        self.numbers = {word: at + 2 for at, word in enumerate(listed)}
        self.known_grams = {}

    @classmethod
    def of(cls, examples, least=3):
        """Counts words of questions, and of names once a schema."""
        counts = collections.Counter()
        names = {}
        for example in examples:
            counts.update(example["words"])
            names[example["db"]] = example["items"]
        for items in names.values():
            for item in items:
                counts.update(item[1])
        return cls(sorted(word for word, count in counts.items() if count >= least))

    def __len__(self):
        return len(self.numbers) + 2

    def number(self, word):
        """The word's number."""
        return self.numbers.get(word, 1)

    def grams(self, word):
        """The buckets of the word's parts."""
        if word not in self.known_grams:
            self.known_grams[word] = grams(word, self.buckets)
        return self.known_grams[word]


def parents(steps, grammar):
    """For each step the production that opened its symbol; len(productions) at the root."""
    none = len(grammar["productions"])
    symbols, block = grammar["symbols"], grammar["block"]
    out, stack, at = [], [("query", none)], 0
    while stack:
        symbol, parent = stack.pop()
        if symbol == "block":
            stack += [(part, parent) for part in reversed(block)]
            continue
        number, choice = steps[at]
        if symbols[number] != symbol:
            raise ValueError(f"{symbols[number]} where {symbol} is open")
        out.append(parent)
        at += 1
        if choice < none:
            stack += [(opened, choice) for opened in reversed(grammar["productions"][choice][2])]
    if at != len(steps):
        raise ValueError("steps are left over")
    return out


# Numbers of links, as src/engine/parser/features counts them.
WORD_COLUMN, COLUMN_WORD, WORD_RELATION, RELATION_WORD = 5, 23, 41, 47
FLAG_EXACT = 8
NONE, WIDE, WEAK, SYNONYM, PART, EXACT = range(6)


def blurred(example, source):
    """The example as if a word that says a name were another one, known to the lexicon a little or not at all.

    People rarely use the very words of the schema; most questions of the data do. Without this the network leans on exact fits.
    """
    count, relations = len(example["words"]), example["relations"]
    there = example["links"][:count, count:]
    fits = numpy.concatenate([there[:, :relations] - WORD_RELATION, (there[:, relations:].astype(int) - WORD_COLUMN) // 3], 1)
    exact = [at for at in range(count) if (fits[at] == EXACT).any()]
    if not exact:
        return example
    links, words, flags = example["links"].copy(), list(example["words"]), list(example["flags"])
    for at in source.sample(exact, min(len(exact), source.choice((1, 1, 2)))):
        known = source.choice((NONE, WIDE, WEAK, SYNONYM, SYNONYM))
        new = numpy.where(fits[at] >= PART, known, fits[at])
        values = (there[at, relations:].astype(int) - WORD_COLUMN) % 3
        links[at, count : count + relations] = WORD_RELATION + new[:relations]
        links[at, count + relations :] = WORD_COLUMN + new[relations:] * 3 + values
        links[count : count + relations, at] = RELATION_WORD + new[:relations]
        links[count + relations :, at] = COLUMN_WORD + new[relations:] * 3 + values
        words[at] = "<blurred>"
        flags[at] &= ~FLAG_EXACT
    return {**example, "links": links, "words": words, "flags": flags}


def collate(examples, words, grammar, drop=0.0):
    """Tensors of some examples. `drop` is the share of words that are made unknown."""
    size = len(examples)
    none = len(grammar["productions"])
    longest = max(len(one["words"]) for one in examples)
    most = max(len(one["items"]) for one in examples)
    side = longest + most
    unique = {}
    number = lambda word: unique.setdefault(word, len(unique) + 1)
    batch = {
        "words": numpy.zeros((size, longest), int),
        "flags": numpy.zeros((size, longest), int),
        "names": numpy.zeros((size, most, MOST_NAME_WORDS), int),
        "kinds": numpy.zeros((size, most), int),
        "links": numpy.zeros((size, side, side), int),
        "mask": numpy.zeros((size, side), bool),
        "what": numpy.zeros((size, side), int),
        "used": numpy.zeros((size, side), numpy.float32),
    }
    for at, one in enumerate(examples):
        count, items = len(one["words"]), one["items"]
        batch["words"][at, :count] = [number(word) for word in one["words"]]
        batch["flags"][at, :count] = one["flags"]
        for place, item in enumerate(items):
            batch["names"][at, place, : len(item[1])] = [number(word) for word in item[1]]
            batch["kinds"][at, place] = item[0]
        links = one["links"]
        ranges = ((slice(0, count), slice(0, count)), (slice(longest, longest + len(items)), slice(count, count + len(items))))
        for to_rows, from_rows in ranges:
            for to_columns, from_columns in ranges:
                batch["links"][at, to_rows, to_columns] = links[from_rows, from_columns]
        batch["mask"][at, :count] = True
        batch["mask"][at, longest : longest + len(items)] = True
        batch["what"][at, :count] = 1
        batch["what"][at, longest : longest + one["relations"]] = 2
        batch["what"][at, longest + one["relations"] : longest + len(items)] = 3
    if "steps" in examples[0]:
        add_steps(batch, examples, longest, none)
    out = {name: torch.from_numpy(array) for name, array in batch.items()}
    out["lengths"] = torch.tensor([len(one["words"]) for one in examples])
    out["name_mask"] = (out["names"] > 0).float()
    out["is_item"] = (out["what"] >= 2).float()
    listed = ["", *unique]
    out["word"] = torch.tensor([0] + [words.number(word) for word in listed[1:]])
    widest = max(len(words.grams(word)) for word in listed[1:])
    table = numpy.zeros((len(listed), widest), int)
    for at, word in enumerate(listed[1:], 1):
        buckets = words.grams(word)
        table[at, : len(buckets)] = buckets
    out["grams"] = torch.from_numpy(table)
    if "<blurred>" in unique:
        out["word"][unique["<blurred>"]] = 1
        out["grams"][unique["<blurred>"]] = 0
    if drop:
        out["word"][(torch.rand(len(listed)) < drop) & (out["word"] > 0)] = 1
        out["grams"][torch.rand(len(listed)) < drop] = 0
    return out


def add_steps(batch, examples, longest, none):
    """The gold steps: open symbol, parent, choice and the choice before it (productions, none yet, positions)."""
    size = len(examples)
    most = max(len(one["steps"]) for one in examples)
    for name, fill in (("symbol", 0), ("parent", none), ("choice", -1), ("before", none)):
        batch[name] = numpy.full((size, most), fill)
    for at, one in enumerate(examples):
        count = len(one["words"])
        last = none
        for step, ((symbol, choice), parent) in enumerate(zip(one["steps"], one["parents"])):
            if choice >= none:
                place = choice - none
                place = place if place < count else place - count + longest
                choice = none + place
                if place >= longest:
                    batch["used"][at, place] = 1
            batch["symbol"][at, step], batch["parent"][at, step] = symbol, parent
            batch["choice"][at, step], batch["before"][at, step] = choice, last
            last = choice if choice < none else choice + 1


def shuffled(examples, size, seed):
    """Batches of similar size, in random order: lists of examples."""
    order = list(range(len(examples)))
    source = random.Random(seed)
    source.shuffle(order)
    batches = []
    for start in range(0, len(order), size * 40):
        part = sorted(order[start : start + size * 40], key=lambda at: (len(examples[at]["links"]) // 6, len(examples[at]["steps"])))
        batches += [part[at : at + size] for at in range(0, len(part), size)]
    source.shuffle(batches)
    return [[examples[at] for at in batch] for batch in batches]
