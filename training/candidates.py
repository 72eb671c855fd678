"""Candidates of the questions of one fold, by weights that have not seen its databases.

    python -m training.candidates --program target/release/examples/candidates --weights fold0.bin --fold 0
        --questions QUESTIONS.jsonl --catalogs CATALOGS --out CANDIDATES.jsonl [--limit N]
"""

import argparse
import collections
import json
import pathlib
import random
import subprocess
import tempfile

from training.folds import fold_of
from training.prepare import read


def catalog_of(question):
    """The catalog that a question is put to: its database's, where it does not say another one."""
    return question.get("catalog", question["db"])


def of_catalog(program, weights, catalogs, questions):
    """Lines of candidates of the questions of one catalog."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.writelines(json.dumps({"id": one["id"], "question": one["question"]}) + "\n" for one in questions)
        file.flush()
        base = str(catalogs / catalog_of(questions[0]))
        command = [program, base + ".catalog.json", base + ".values.json", file.name, *([weights] if weights else [])]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


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
    by_catalog = collections.defaultdict(list)
    for one in chosen:
        by_catalog[catalog_of(one)].append(one)
    with args.out.open("w") as out:
        for name in sorted(by_catalog):
            out.write(of_catalog(args.program, args.weights, args.catalogs, by_catalog[name]))
    print(f"{len(chosen)} questions of {len(by_catalog)} catalogs")


if __name__ == "__main__":
    main()
