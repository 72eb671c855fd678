"""Writes trained networks as the one file of weights that the engine carries, and what they answer, for the engine's test.

    python -m training.export --data DIR --out weights.bin MODEL.pt ... [--golden golden.json]
    python -m training.export --random 2 --grammar GRAMMAR.json --out tiny.bin [--golden golden.json]

MODEL.pt are of `training.train` and share the words of DIR/meta.pkl; GRAMMAR.json is what `features --grammar` prints. Every matrix is
written in whole numbers of 8 bits with one factor a row; biases and norms as they are. `src/engine/parser/weights.rs` reads it:

    head      magic, version, number of models, print of the grammar, number of words (u32 each)
    words     where each begins (u32, one more than there are), their letters one after the other, sorted
    model     its sizes (u32 each, in the order of SIZES), then its sections in the order of `sections`

Little-endian; every part begins at a multiple of 64 bytes. A table has its rows one after the other, then the factors. A matrix is
laid out for multiplication: blocks of 16 outputs, in them pairs of inputs, in these the outputs, each with its two numbers.
"""

import argparse
import json
import pathlib
import pickle
import random
import struct

import numpy
import torch

from training import batches, gold
from training.model import Net, fnv

MAGIC = b"nlqw"
VERSION = 1
ALIGN = 64
LANES = 16
SIZES = ("width", "layers", "heads", "hidden", "inner", "buckets", "words", "links", "kinds", "flags", "symbols", "productions")
TINY = {"width": 32, "layers": 2, "heads": 2, "hidden": 32, "inner": 48, "buckets": 61}
TINY_WORDS = ["age", "city", "name", "older", "salary", "show", "store", "than", "the", "with"]


def sections(net):
    """(what, tensor) in the order of the file. The tensors are views, so that writing to one changes the network."""
    linear = lambda layer: [("matrix", layer.weight.data), ("vector", layer.bias.data)]
    norm = lambda layer: [("vector", layer.weight.data), ("vector", layer.bias.data)]
    table = lambda layer: [("table", layer.weight.data)]
    out = [*table(net.word), *table(net.gram), *table(net.flag), *table(net.kind)]
    out += lstm(net.reader, "l0") + lstm(net.reader, "l0_reverse")
    for layer in net.layers:
        out += norm(layer.norm1) + linear(layer.qkv)
        for head in range(layer.heads):
            out += [("matrix", layer.link_key.data[head]), ("vector", layer.link_bias.data[head])]
            out += [("matrix", layer.link_value.data[head].T)]
        out += linear(layer.out) + norm(layer.norm2) + linear(layer.inner) + linear(layer.outer)
    out += norm(net.norm)
    out += [*table(net.production), *table(net.symbol), *table(net.parent)]
    out += linear(net.pointed) + lstm(net.writer, "l0") + linear(net.start)
    for layer in (net.ask, net.keys, net.values, net.state, net.choose, *net.point, *net.place):
        out += linear(layer)
    return out


def lstm(layer, suffix):
    """Weights of the input, both biases in one, weights of the state."""
    get = lambda name: getattr(layer, f"{name}_{suffix}").data
    return [("matrix", get("weight_ih")), ("vector", get("bias_ih") + get("bias_hh")), ("matrix", get("weight_hh"))]


def quantised(tensor):
    """(whole numbers, factor of each row)."""
    factors = tensor.abs().amax(1) / 127
    whole = (tensor / factors.clamp(min=1e-30)[:, None]).round().clamp(-127, 127)
    return whole.to(torch.int8), factors


def packed(whole):
    """A matrix in the order in which it is multiplied."""
    outputs, inputs = whole.shape
    padded = numpy.zeros((-(-outputs // LANES) * LANES, -(-inputs // 2) * 2), numpy.int8)
    padded[:outputs, :inputs] = whole
    return padded.reshape(-1, LANES, padded.shape[1] // 2, 2).transpose(0, 2, 1, 3).tobytes()


def add(out, data):
    """Appends at the next multiple of ALIGN."""
    out += bytes(-len(out) % ALIGN) + data


def add_model(out, net):
    """Appends a model, and makes its weights those that were written."""
    add(out, struct.pack(f"<{len(SIZES)}I", *(net.sizes[name] for name in SIZES)))
    for what, tensor in sections(net):
        if what == "vector":
            add(out, tensor.numpy().astype("<f4").tobytes())
            continue
        whole, factors = quantised(tensor)
        tensor.copy_(whole * factors[:, None])
        add(out, whole.numpy().tobytes() if what == "table" else packed(whole.numpy()))
        add(out, factors.numpy().astype("<f4").tobytes())


def grammar_print(grammar):
    """A number that changes with the numbering of symbols and productions."""
    lines = [",".join(grammar["symbols"]), ",".join(grammar["block"])]
    lines += [f"{symbol}:{name}>{','.join(opens)}" for symbol, name, opens in grammar["productions"]]
    return fnv("\n".join(lines).encode())


def file_of(nets, listed, grammar):
    """The file's bytes."""
    if listed != sorted(listed):
        raise ValueError("the words are not sorted")
    out = bytearray(MAGIC + struct.pack("<4I", VERSION, len(nets), grammar_print(grammar), len(listed)))
    letters = [word.encode() for word in listed]
    begins = numpy.cumsum([0, *map(len, letters)])
    add(out, begins.astype("<u4").tobytes())
    add(out, b"".join(letters))
    for net in nets:
        add_model(out, net)
    return bytes(out)


def random_steps(example, grammar, source):
    """A random query of the grammar that is not too long, with its parents."""
    none, words, items = len(grammar["productions"]), len(example["words"]), len(example["items"])
    choices = {symbol: [] for symbol in grammar["symbols"]}
    for at, (symbol, _, _) in enumerate(grammar["productions"]):
        choices[symbol].append(at)
    choices["value"] += range(none, none + words)
    choices["relation"] += range(none + words, none + words + example["relations"])
    choices["column"] += range(none + words, none + words + items)
    while True:
        steps, stack = [], ["query"]
        while stack and len(steps) < 40:
            symbol = stack.pop()
            if symbol == "block":
                stack += reversed(grammar["block"])
                continue
            choice = source.choice(choices[symbol])
            steps.append((grammar["symbols"].index(symbol), choice))
            stack += reversed(grammar["productions"][choice][2]) if choice < none else []
        if not stack and len(steps) > 6:
            return steps, batches.parents(steps, grammar)


def invented(listed, sizes, grammar, seed):
    """An example with words known and unknown, and links at random."""
    source = random.Random(seed)
    word = lambda: source.choice([*listed[:50], "zebra", "unheard", "größe", "a"])
    example = {"words": [word() for _ in range(source.randint(2, 9))]}
    example["flags"] = [source.randrange(sizes["flags"]) for _ in example["words"]]
    example["relations"] = source.randint(1, 3)
    count = example["relations"] + source.randint(2, 12)
    kinds = [0 if at < example["relations"] else source.randrange(1, sizes["kinds"]) for at in range(count)]
    example["items"] = [(kind, tuple(word() for _ in range(source.randint(0 if kind else 1, 3)))) for kind in kinds]
    side = len(example["words"]) + count
    example["links"] = numpy.array([[source.randrange(sizes["links"]) for _ in range(side)] for _ in range(side)], numpy.uint8)
    example["steps"], example["parents"] = random_steps(example, grammar, source)
    return example


@torch.no_grad()
def answers(net, example, listed, grammar):
    """The log-probability of every step."""
    batch = batches.collate([example], batches.Words(listed, net.sizes["buckets"]), grammar)
    memory = net.encode(batch)
    scores = net.scores(memory, net.decode(memory, batch), batch)
    return scores.gather(2, batch["choice"][..., None])[0, :, 0].tolist()


def golden(nets, listed, grammar, count=5):
    """What the (quantised) networks answer to invented examples."""
    out = []
    for seed in range(count):
        example = invented(listed, nets[0].sizes, grammar, seed)
        expected = [[round(score, 5) for score in answers(net, example, listed, grammar)] for net in nets]
        kept = {name: example[name] for name in ("words", "flags", "items", "relations", "steps")}
        out.append({**kept, "links": example["links"].tobytes().hex(), "expected": expected})
    return out


def networks(args):
    """(networks, words, grammar) that are asked for."""
    if args.random:
        grammar = gold.load_grammar(args.grammar.read_text())
        sizes = {**TINY, "links": 72, "kinds": 29, "flags": 128, "words": len(TINY_WORDS) + 2}
        return [random_network(sizes, grammar, seed) for seed in range(args.random)], TINY_WORDS, grammar
    meta = pickle.loads((args.data / "meta.pkl").read_bytes())
    return [trained(path, meta) for path in args.models], meta["words"], meta["grammar"]


def trained(path, meta):
    """The network of a file."""
    saved = torch.load(path, map_location="cpu", weights_only=False)
    if saved["sizes"]["words"] != len(meta["words"]) + 2:
        raise ValueError(f"{path} knows other words than meta.pkl")
    net = Net(saved["sizes"]).eval()
    net.load_state_dict(saved["net"])
    return net


def random_network(sizes, grammar, seed):
    """A small network of random weights, larger than those that training begins with so that every part matters."""
    torch.manual_seed(seed)
    sizes = {**sizes, "symbols": len(grammar["symbols"]), "productions": len(grammar["productions"])}
    net = Net(sizes | {name: grammar["symbols"].index(name) for name in ("column", "relation", "value")}).eval()
    for name, weights in net.named_parameters():
        if weights.dim() == 1:
            weights.data.add_(torch.randn_like(weights) * 0.2)
        elif "link_" in name or name.split(".")[0] in ("word", "gram", "flag", "kind", "production", "symbol", "parent"):
            weights.data.normal_(0, 0.5)
        else:
            weights.data.mul_(1.5)
    for at, (symbol, _, _) in enumerate(grammar["productions"]):
        net.allowed[grammar["symbols"].index(symbol), at] = True
    return net


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, help="the folder of meta.pkl")
    parser.add_argument("--random", type=int, default=0, help="so many small networks of random weights")
    parser.add_argument("--grammar", type=pathlib.Path, help="for --random")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--golden", type=pathlib.Path)
    args = parser.parse_args()
    nets, listed, grammar = networks(args)
    if not 1 <= len(nets) <= 8:
        parser.error("one to eight models")
    args.out.write_bytes(file_of(nets, listed, grammar))
    if args.golden:
        lines = [json.dumps(one, separators=(",", ":")) for one in golden(nets, listed, grammar)]
        args.golden.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
