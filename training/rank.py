"""Trains the judge of candidates: boosted trees that say how likely each is right, and their calibration.

    python -m training.rank --out forest.json LABELLED.jsonl ...

Two forests are added up. One learns each candidate by itself, whether it is right; it hears of questions that have no answer. The other
learns from pairs of candidates of one question which of the two is right (LambdaMART: Burges, From RankNet to LambdaRank to LambdaMART,
2010); it does not know whether any is. On the candidates of 2026-11-30, databases left out in turn, the first by itself chose 69.5 % of
Spider's training part right and answered 0.30 of it at 95 % precision, the other 70.5 % and 0.29, both together 70.0 % and 0.33; of
Spider-Syn 62.9, 64.6 and 64.0 %.

The candidates must come from networks that had not seen their databases. Trees are checked by leaving out databases, five folds
by a hash other than that of `training.folds`, and calibrated on what was left out; those that ship are trained on all.
"""

import argparse
import json
import math
import pathlib
import zlib

import lightgbm
import numpy

FOLDS = 5
PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 23,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 1,
}
# A pair counts if one of the two is among so many at the top.
OF_PAIRS = {**PARAMETERS, "objective": "lambdarank", "lambdarank_truncation_level": 5}
# What the forest of pairs counts beside the other. With more the judge chooses better (all of it: Spider 70.3 %, Spider-Syn 64.5) and
# refuses less of what has no answer, which the other alone has learned.
SHARE = 0.6


class Judge:
    """Both forests, trained on some questions; `rounds` are the trees of each."""

    def __init__(self, data, questions, rounds):
        self.by_itself = fitted(PARAMETERS, data, questions, rounds[0])
        shares = numpy.array([data.right[data.start[at] : data.start[at + 1]].mean() for at in questions])
        # The other questions have no pair.
        self.by_pairs = fitted(OF_PAIRS, data, questions[(shares > 0) & (shares < 1)], rounds[1])

    def parts(self):
        """The forests and what each counts."""
        return ((self.by_itself, 1.0), (self.by_pairs, SHARE))

    def scores(self, traits):
        """The score of each candidate: the higher, the likelier it is right."""
        return sum(share * forest.predict(traits, raw_score=True) for forest, share in self.parts())


class Data:
    """Labelled candidates as arrays; `start` holds where each question begins."""

    def __init__(self, paths, times):
        traits, right, self.start, self.fold, self.names, self.sets, self.empty = [], [], [0], [], None, [], []
        self.weight = []
        for path in paths:
            weight = times.get(path.stem.split(".")[0], 1.0)
            for line in path.open():
                row = json.loads(line)
                self.names = row.get("names") or self.names
                if not row["candidates"]:
                    self.empty.append(path.stem)
                    continue
                traits += [candidate["traits"] for candidate in row["candidates"]]
                right += [candidate["right"] for candidate in row["candidates"]]
                self.start.append(len(right))
                self.fold.append(zlib.crc32(("rank " + row["db"]).encode()) % FOLDS)
                self.sets.append(path.stem)
                self.weight.append(weight)
        self.traits, self.right = numpy.array(traits, numpy.float32), numpy.array(right)
        self.fold, self.weight = numpy.array(self.fold), numpy.array(self.weight)
        self.sizes = numpy.diff(self.start)

    def rows(self, questions):
        """Positions of the candidates of some questions."""
        return numpy.concatenate([numpy.arange(self.start[at], self.start[at + 1]) for at in questions])

    def first(self, scores):
        """Position of the likeliest candidate of each question."""
        return numpy.array([begin + int(numpy.argmax(scores[begin:end])) for begin, end in zip(self.start, self.start[1:])])


def fitted(parameters, data, questions, rounds):
    """Trees trained on some questions."""
    rows, sizes = data.rows(questions), data.sizes[questions]
    groups = sizes if parameters["objective"] == "lambdarank" else None
    weights = numpy.repeat(data.weight[questions], sizes)
    dataset = lightgbm.Dataset(data.traits[rows], data.right[rows].astype(int), weight=weights, group=groups)
    return lightgbm.train(parameters, dataset, num_boost_round=rounds)


def held_out(data, rounds):
    """The score of every candidate by trees that did not see its database."""
    scores = numpy.zeros(len(data.right))
    for fold in range(FOLDS):
        judge = Judge(data, numpy.flatnonzero(data.fold != fold), rounds)
        rows = data.rows(numpy.flatnonzero(data.fold == fold))
        scores[rows] = judge.scores(data.traits[rows])
    return scores


def calibration(scores, right, knots=24):
    """Knots from scores of first candidates to the share that is right: means of equal parts, made to rise."""
    order = numpy.argsort(scores)
    step = max(1, len(order) // knots)
    points = []
    for at in range(0, len(order) - step + 1, step):
        part = order[at : at + step]
        points.append((float(numpy.mean(scores[part])), float(numpy.mean(right[part]))))
    rising = [points[0]]
    for x, y in points[1:]:
        if x > rising[-1][0]:
            rising.append((x, max(y, rising[-1][1])))
    return [(round(x, 4), round(min(0.99, max(0.01, y)), 4)) for x, y in rising]


def report(data, scores, knots):
    """Accuracy of the first candidate by set, and coverage at 95 % precision."""
    first = data.first(scores)
    right = data.right[first]
    sets = numpy.array(data.sets)
    for name in sorted(set(sets)):
        part = sets == name
        any_right = numpy.mean([data.right[data.start[at] : data.start[at + 1]].any() for at in numpy.flatnonzero(part)])
        lead = numpy.mean([data.right[data.start[at]] for at in numpy.flatnonzero(part)])
        empty = data.empty.count(name)
        print(f"{name}: {part.sum()} questions (+{empty} without candidates), before ranking {lead:.3f}, ranked {right[part].mean():.3f}, any {any_right:.3f}")
        order = numpy.argsort(-scores[first][part], kind="stable")
        precision = numpy.cumsum(right[part][order]) / numpy.arange(1, part.sum() + 1)
        covered = numpy.flatnonzero(precision >= 0.95)
        print(f"    coverage at 95 % precision {(covered[-1] + 1) / part.sum() if len(covered) else 0:.3f}")
    probability = numpy.interp(scores[first], [x for x, _ in knots], [y for _, y in knots])
    for low in (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        part = (probability >= low) & (probability < low + 0.1)
        if part.any():
            print(f"    said {low:.1f} to {low + 0.1:.1f}: {part.sum()} answers, {right[part].mean():.3f} right")


def tree(node, share, out):
    """Flattens a tree of LightGBM's description; returns the node's position, or !leaf."""
    if "leaf_value" in node:
        out["leaf"].append(round(share * node["leaf_value"], 6))
        return ~(len(out["leaf"]) - 1)
    at = len(out["split"])
    out["split"].append(node["split_feature"])
    out["limit"].append(as_float32_below(node["threshold"]))
    out["low"].append(0)
    out["high"].append(0)
    out["low"][at] = tree(node["left_child"], share, out)
    out["high"][at] = tree(node["right_child"], share, out)
    return at


def as_float32_below(value):
    """The greatest 32-bit number that is not above the threshold: traits are 32-bit numbers, so the split stays the same."""
    single = numpy.float32(value)
    if float(single) > value:
        single = numpy.nextafter(single, numpy.float32(-math.inf))
    return float(single)


def flattened(forest, share):
    """All trees as arrays, their leaves times `share`."""
    trees = []
    for one in forest.dump_model()["tree_info"]:
        out = {"split": [], "limit": [], "low": [], "high": [], "leaf": []}
        tree(one["tree_structure"], share, out)
        trees.append(out)
    return trees


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", nargs=2, type=int, default=(250, 400), metavar="N", help="trees of each forest")
    parser.add_argument("--times", nargs=2, action="append", default=[], metavar=("SET", "N"), help="a set whose questions weigh more")
    parser.add_argument("labelled", nargs="+", type=pathlib.Path)
    args = parser.parse_args()
    data = Data(args.labelled, {name: float(times) for name, times in args.times})
    scores = held_out(data, args.rounds)
    first = data.first(scores)
    knots = calibration(scores[first], data.right[first])
    report(data, scores, knots)
    parts = Judge(data, numpy.arange(len(data.fold)), args.rounds).parts()
    trees = [one for forest, share in parts for one in flattened(forest, share)]
    args.out.write_text(json.dumps({"traits": data.names, "calibration": knots, "trees": trees}, separators=(",", ":")))
    for forest, _ in parts:
        gains = sorted(zip(forest.feature_importance("gain"), data.names), reverse=True)[:20]
        print("gains:", ", ".join(f"{name} {gain:.0f}" for gain, name in gains))


if __name__ == "__main__":
    main()
