"""Turns questions with gold SQL into examples for training.

    python -m training.prepare --features target/release/examples/features --out DIR
        --set spider QUESTIONS.jsonl CATALOGS --set syn PARAPHRASES.jsonl CATALOGS ...

CATALOGS is a folder made by `training.catalogs`. Writes DIR/SET.pkl for each set, and DIR/meta.pkl (grammar, words, sizes).
Questions whose gold the grammar cannot say are counted and left out.
"""

import argparse
import collections
import json
import pathlib
import pickle
import subprocess
import tempfile

import numpy

from training import batches, gold
from training.folds import fold_of

# As src/engine/parser/features counts them: links between words, words and columns, words and relations; in the schema; the rest.
SCHEMA_BASE = 5 + 36 + 12
SIZES = {"links": SCHEMA_BASE + 19, "kinds": 29, "flags": 128}


def catalog_of(question):
    """The catalog that a question is put to: its database's, where it does not say another one."""
    return question.get("catalog", question["db"])


def by_catalog(questions):
    """The questions in lists, one for each catalog that they are put to, in the order of its name."""
    found = collections.defaultdict(list)
    for one in questions:
        found[catalog_of(one)].append(one)
    return [found[name] for name in sorted(found)]


def output(program, catalogs, questions, *more):
    """What a tool of the engine writes about the questions of one catalog."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for one in questions:
            file.write(json.dumps({"id": one["id"], "question": one["question"]}) + "\n")
        file.flush()
        base = str(catalogs / catalog_of(questions[0]))
        command = [program, base + ".catalog.json", base + ".values.json", file.name, *more]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def rows(program, catalogs, questions):
    """Features of the questions of one catalog."""
    return {row["id"]: row for row in map(json.loads, output(program, catalogs, questions).splitlines())}


def said(one, row, grammar):
    """(numbered steps of a question's gold, "ok"), or (None, the reason why there are none)."""
    try:
        return gold.numbered(gold.steps(one["gold_sql_pg"], row, SCHEMA_BASE), row, grammar), "ok"
    except (gold.Unsaid, KeyError) as reason:
        return None, str(reason)[:20]
    except Exception as reason:  # sqlglot's own errors on dialect it does not know
        return None, type(reason).__name__


def example(one, row, grammar, name):
    """An example, or the reason why there is none."""
    steps, why = said(one, row, grammar)
    if steps is None:
        return None, why
    side = len(row["words"]) + len(row["items"])
    made = {
        "id": one["id"],
        "db": one["db"],
        "set": name,
        "fold": fold_of(one["db"]) if name in ("spider", "syn", "wikisql") else one.get("fold", -1),
        "words": row["words"],
        "flags": row["flags"],
        "items": [(item[0], tuple(item[1])) for item in row["items"]],
        "relations": row["relations"],
        "links": numpy.frombuffer(bytes.fromhex(row["links"]), numpy.uint8).reshape(side, side),
        "steps": steps,
        "parents": batches.parents(steps, grammar),
    }
    return made, "ok"


def prepared(program, grammar, name, questions, catalogs):
    """All examples of a set."""
    made, counts = [], collections.Counter()
    for part in by_catalog(questions):
        found = rows(program, catalogs, part)
        for one in part:
            row = found[one["id"]]
            built, why = example(one, row, grammar, name) if row["words"] else (None, "empty")
            counts[why] += 1
            if built:
                made.append(built)
    print(name, dict(counts.most_common(12)), flush=True)
    return made


def read(path):
    """Questions with gold of a file; paraphrases take their gold from questions.jsonl beside them."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    if lines and "question_syn" in lines[0]:
        originals = {one["id"]: one for one in map(json.loads, (path.parent / "questions.jsonl").read_text().splitlines())}
        return [{**originals[one["id"]], "question": one["question_syn"]} for one in lines if one["id"] in originals]
    return lines


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--set", nargs=3, action="append", default=[], metavar=("NAME", "QUESTIONS", "CATALOGS"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    described = subprocess.run([args.features, "--grammar"], capture_output=True, text=True, check=True).stdout
    grammar = gold.load_grammar(described)
    everything = []
    for name, questions, catalogs in args.set:
        made = prepared(args.features, grammar, name, read(pathlib.Path(questions)), pathlib.Path(catalogs))
        (args.out / f"{name}.pkl").write_bytes(pickle.dumps(made))
        everything += made
    words = batches.Words.of(everything)
    sizes = {**SIZES, "words": len(words), "symbols": len(grammar["symbols"]), "productions": len(grammar["productions"])}
    sizes |= {name: grammar["symbols"].index(name) for name in ("column", "relation", "value")}
    meta = {"grammar": grammar, "words": list(words.numbers), "sizes": sizes}
    (args.out / "meta.pkl").write_bytes(pickle.dumps(meta))
    print(sizes)


if __name__ == "__main__":
    main()
