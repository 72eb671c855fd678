"""Command: python -m training.synth --schemas DIR --out DIR --pairs N --seed S."""

import argparse
import json
import pathlib
import random

from . import ddl, dsl, rows, unanswerable
from .generate import pairs
from .naming import Names, common_words


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(prog="training.synth", description=__doc__)
    parser.add_argument("--schemas", default="training/schemas", help="folder of schema files")
    parser.add_argument("--out", required=True, help="folder to write to")
    parser.add_argument("--pairs", type=int, default=40000, help="number of questions with SQL")
    parser.add_argument("--unanswerable", type=int, default=5000, help="number of questions without an answer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lenient", action="store_true", help="leave out schemas that do not parse")
    parser.add_argument("--fanout", choices=("plain", "distinct"), default="plain", help="SELECT or SELECT DISTINCT where a join repeats rows")
    return parser.parse_args()


def write_lines(path, items):
    """One JSON object a line."""
    with path.open("w", encoding="utf-8") as out:
        for item in items:
            out.write(json.dumps(item, ensure_ascii=False) + "\n")


def main():
    """Reads the schemas, fills them, writes schemas.sql, questions.jsonl and unanswerable.jsonl."""
    args = arguments()
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    worlds = []
    with (out / "schemas.sql").open("w", encoding="utf-8") as script:
        schemas = dsl.read_folder(args.schemas, args.lenient)
        words = common_words(schemas)
        for schema in schemas:
            filled = rows.fill(random.Random(f"{args.seed}/{schema.name}"), schema)
            script.write(ddl.script(schema, filled, rows.in_order(schema)) + "\n")
            worlds.append((schema, Names(schema, words), filled))
    made = pairs(random.Random(args.seed), worlds, args.pairs, args.fanout == "distinct")
    write_lines(out / "questions.jsonl", made)
    write_lines(out / "unanswerable.jsonl", unanswerable.questions(random.Random(args.seed + 1), worlds, args.unanswerable, words))
    print(f"{len(worlds)} schemas, {len(made)} pairs")


if __name__ == "__main__":
    main()
