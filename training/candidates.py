"""Candidates of the questions of one fold, by weights that have not seen its databases.

    python -m training.candidates --program target/release/examples/candidates --weights fold0.bin --fold 0
        --questions QUESTIONS.jsonl --catalogs CATALOGS --out CANDIDATES.jsonl [--limit N]
"""

import argparse
import pathlib
import random

from training.folds import fold_of
from training.prepare import by_catalog, output, read


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--weights")
    parser.add_argument("--fold", type=int, default=-1, help="-1 takes all databases")
    parser.add_argument("--questions", required=True, type=pathlib.Path)
    parser.add_argument("--catalogs", required=True, type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--limit", type=int, help="a random part of so many questions")
    args = parser.parse_args()
    chosen = [one for one in read(args.questions) if args.fold < 0 or fold_of(one["db"]) == args.fold]
    if args.limit and args.limit < len(chosen):
        chosen = random.Random(1).sample(chosen, args.limit)
    parts = by_catalog(chosen)
    weights = [args.weights] if args.weights else []
    with args.out.open("w") as out:
        for part in parts:
            out.write(output(args.program, args.catalogs, part, *weights))
    print(f"{len(chosen)} questions of {len(parts)} catalogs")


if __name__ == "__main__":
    main()
