"""Labelled candidates of the repository's own test questions over the sample databases.

    python -m training.samples --program target/release/examples/candidates --catalogs DIR --questions pgrx-tests/questions
        --score ../shared/eval/score.py --dsn "host=... user=reader" --out LABELLED.jsonl

The benchmarks ask over schemas that were made for them; the judge has to see others as well. DIR holds chinook.catalog.json and so on; the
databases carry the same names. An answer may show more columns than the gold.
"""

import argparse
import itertools
import json
import pathlib
import subprocess
import tempfile

from training.labels import scorer

DATABASES = ("chinook", "northwind", "pagila")
MOST_COLUMNS = 8


def questions(path):
    """(question, gold or None) of a file of test questions."""
    lines = [line.split("\t") for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return [(parts[0], parts[2] if len(parts) > 2 and parts[2] else None) for parts in lines]


def right(score, gold, answer, ordered):
    """Whether the answer's rows are the gold's, in some of its columns."""
    if gold[0] != "ok" or answer[0] != "ok" or len(gold[1]) != len(answer[1]) or not gold[2] <= answer[2] <= MOST_COLUMNS:
        return 0
    if not gold[1]:
        return int(gold[2] == answer[2])
    for columns in itertools.permutations(range(answer[2]), gold[2]):
        if score.rows_equal(gold[1], [tuple(row[at] for at in columns) for row in answer[1]], ordered):
            return 1
    return 0


def candidates(program, base, asked):
    """What the tool makes of some questions."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.writelines(json.dumps({"id": at, "question": question}) + "\n" for at, question in enumerate(asked))
        file.flush()
        command = [program, base + ".catalog.json", base + ".values.json", file.name]
        return [json.loads(line) for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()]


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--catalogs", required=True, type=pathlib.Path)
    parser.add_argument("--questions", required=True, type=pathlib.Path)
    parser.add_argument("--score", required=True)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    args = parser.parse_args()
    score = scorer(args.score)
    count = 0
    with args.out.open("w") as out:
        for database in DATABASES:
            listed = questions(args.questions / f"{database}.tsv")
            runner = score.Runner(f"{args.dsn} dbname={database}", 3000, 100000)
            for row in candidates(args.program, str(args.catalogs / database), [question for question, _ in listed]):
                gold_sql = listed[row["id"]][1]
                gold = runner.run("public", gold_sql) if gold_sql else ("none", None, None)
                for candidate in row["candidates"]:
                    answer = runner.run("public", candidate["sql"])
                    candidate["right"] = right(score, gold, answer, "order by" in (gold_sql or "").lower())
                row["id"], row["db"], row["gold_rows"] = f"{database} {row['id']}", database, 1
                out.write(json.dumps(row) + "\n")
                count += 1
    print(f"{count} questions")


if __name__ == "__main__":
    main()
