"""Trains one network.

    python -m training.train --data DIR --fold 0 --out fold0.pt [--steps N] [--seed S]

DIR holds the .pkl files of `training.prepare`. A fold leaves out every example of the databases that belong to it; the fold -1
leaves out none. The weights that are kept are a moving average over the last part of the run.
"""

import argparse
import copy
import pathlib
import pickle
import random
import time

import torch

from training import batches
from training.model import Net

MOST_POSITIONS = 190
MOST_STEPS = 90
# The share of the questions said of other schemas whose words are made less known: all of them say the very names of what they use.
BLUR_SWAPPED = 0.5


def load(folder, names, fold):
    """(sets, held out examples). A set is its examples and how many of them an epoch takes: all, or N where the name ends in :N."""
    sets, held = [], []
    for name in names:
        name, _, most = name.partition(":")
        rows = pickle.loads((folder / f"{name}.pkl").read_bytes())
        rows = [row for row in rows if len(row["links"]) <= MOST_POSITIONS and len(row["steps"]) <= MOST_STEPS]
        kept = [row for row in rows if row["fold"] != fold or fold < 0]
        held += [row for row in rows if row["fold"] == fold and fold >= 0]
        sets.append((kept, min(int(most or len(kept)), len(kept))))
    return sets, held


def of_epoch(sets, seed):
    """The examples of one epoch: another part of the large sets each time."""
    source = random.Random(seed)
    return [row for rows, most in sets for row in (rows if most == len(rows) else source.sample(rows, most))]


def rate(step, steps, warm=400):
    """The learning rate as a share of its top: up over `warm` steps, then down to nearly nothing in a line."""
    return min(1.0, (step + 1) / warm) * max(0.02, 1 - step / steps)


def blur(example, share):
    """The chance that an example's words are made less known."""
    return max(share, BLUR_SWAPPED) if example["set"] == "swap" else share


@torch.no_grad()
def validate(net, examples, words, grammar):
    """Mean loss and the share of questions whose every step is the likeliest, over held-out examples."""
    net.eval()
    total, right = 0.0, 0
    for at in range(0, len(examples), 32):
        batch = batches.collate(examples[at : at + 32], words, grammar)
        memory = net.encode(batch)
        scores = net.scores(memory, net.decode(memory, batch), batch)
        choice = batch["choice"]
        taken = -scores.gather(2, choice.clamp(min=0)[..., None])[..., 0]
        total += (taken * (choice >= 0)).sum().item()
        right += ((scores.argmax(-1) == choice) | (choice < 0)).all(1).sum().item()
    net.train()
    return total / max(1, len(examples)), right / max(1, len(examples))


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--sets", default="spider,syn,wikisql,synth:8000,swap:5000")
    parser.add_argument("--fold", type=int, default=-1)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=9000)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--word-dropout", type=float, default=0.1)
    parser.add_argument("--blur", type=float, default=0.2, help="share of examples whose words are made less known")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    meta = pickle.loads((args.data / "meta.pkl").read_bytes())
    grammar, words = meta["grammar"], batches.Words(meta["words"])
    sets, held = load(args.data, args.sets.split(","), args.fold)
    held = [row for row in held if row["set"] == "spider"][:600]
    net = Net(meta["sizes"], args.dropout)
    for at, (symbol, _, _) in enumerate(grammar["productions"]):
        net.allowed[grammar["symbols"].index(symbol), at] = True
    average = copy.deepcopy(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=1e-3, betas=(0.9, 0.98), fused=True)
    steps = args.steps
    weights = sum(p.numel() for p in net.parameters()) / 1e6
    print(f"{sum(most for _, most in sets)} examples an epoch, {len(held)} held out, {weights:.2f} M weights, {steps} steps", flush=True)
    step, epoch, begun, total, count = 0, 0, time.time(), 0.0, 0
    source = random.Random(args.seed)
    while step < steps:
        for examples in batches.shuffled(of_epoch(sets, args.seed * 1000 + epoch), args.batch, args.seed * 1000 + epoch):
            for group in optimiser.param_groups:
                group["lr"] = args.rate * rate(step, steps)
            examples = [batches.blurred(one, source) if source.random() < blur(one, args.blur) else one for one in examples]
            batch = batches.collate(examples, words, grammar, args.word_dropout)
            taken, used = net.loss(batch)
            loss = taken.mean() + 0.2 * used.mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimiser.step()
            step += 1
            total, count = total + taken.mean().item(), count + 1
            keep = min(0.998, step / (step + 20))
            with torch.no_grad():
                torch._foreach_lerp_(list(average.parameters()), list(net.parameters()), 1 - keep)
            if step % 500 == 0 or step == steps:
                loss_held, right = validate(average, held, words, grammar)
                print(f"step {step} loss {total / count:.3f} held {loss_held:.3f} exact {right:.3f} {time.time() - begun:.0f} s", flush=True)
                total, count = 0.0, 0
                torch.save({"net": average.state_dict(), "sizes": meta["sizes"], "args": vars(args)}, args.out)
            if step >= steps:
                break
        epoch += 1


if __name__ == "__main__":
    main()
