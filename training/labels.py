"""Says of each candidate of a question whether it is right: its result against the gold's, by the data's own scorer.

    python -m training.labels --score ../shared/eval/score.py --questions QUESTIONS.jsonl --candidates CANDIDATES.jsonl
        --dsn "dbname=spider_train user=reader" --out LABELLED.jsonl

CANDIDATES.jsonl comes from `examples/candidates.rs`: {"id", "candidates": [{"sql", "traits", ...}], ...} a line. Equal statements are
run once. A question without gold (one that nobody can answer) has wrong candidates only.
"""

import argparse
import importlib.util
import json
import pathlib


def scorer(path):
    """The scorer as a module."""
    spec = importlib.util.spec_from_file_location("score", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Judge:
    """Runs statements and compares them with gold, remembering the gold's rows and what was run."""

    def __init__(self, score, dsn, timeout):
        self.score, self.run = score, score.Runner(dsn, timeout, 100000)

    def labels(self, question, candidates):
        """1 for each right candidate, else 0."""
        gold = self.run.run(question["db"], question["gold_sql_pg"])
        known = {}
        for candidate in candidates:
            sql = candidate["sql"]
            if sql not in known:
                known[sql] = self.right(question, gold, sql)
            candidate["right"] = known[sql]
        return candidates

    def right(self, question, gold, sql):
        """Whether the statement's result is the gold's."""
        status, rows, width = self.run.run(question["db"], sql)
        if status != "ok" or gold[0] != "ok" or width != gold[2]:
            return 0
        if not gold[1] and not rows:
            return 1
        if gold[1] and rows and self.score.equal(gold[1], rows, question.get("order_matters")):
            return 1
        return 0


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--score", required=True)
    parser.add_argument("--questions", required=True, type=pathlib.Path)
    parser.add_argument("--candidates", required=True, type=pathlib.Path)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--timeout", type=int, default=3000, help="milliseconds a statement")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    args = parser.parse_args()
    questions = {one["id"]: one for one in map(json.loads, args.questions.read_text().splitlines())}
    judge = Judge(scorer(args.score), args.dsn, args.timeout)
    first = best = count = 0
    with args.out.open("w") as out:
        for line in args.candidates.open():
            row = json.loads(line)
            question = questions[row["id"]]
            if question.get("gold_sql_pg"):
                judge.labels(question, row["candidates"])
            else:
                for candidate in row["candidates"]:
                    candidate["right"] = 0
            row["db"], row["gold_rows"] = question["db"], question.get("gold_rows", 0)
            out.write(json.dumps(row) + "\n")
            count += 1
            first += bool(row["candidates"]) and row["candidates"][0]["right"]
            best += any(candidate["right"] for candidate in row["candidates"])
    print(f"{args.candidates.name}: {count} questions, first right {first / count:.3f}, any right {best / count:.3f}")


if __name__ == "__main__":
    main()
