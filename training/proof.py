"""Sends gold SQL through the grammar and the engine's joins and rendering: what comes back wrong is the ceiling of the parser.

    python -m training.proof --program target/release/examples/gold --features target/release/examples/features
        --questions QUESTIONS.jsonl --catalogs CATALOGS --out PREDICTIONS.jsonl

Gold that the grammar cannot say is left out, and counted by its reason.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import tempfile

from training import gold, prepare


def said(questions, rows, grammar):
    """({id: steps}, reasons of the rest)."""
    made, reasons = {}, collections.Counter()
    for one in questions:
        steps, why = prepare.said(one, rows[one["id"]], grammar)
        if steps is None:
            reasons[why] += 1
        else:
            made[one["id"]] = steps
    return made, reasons


def answers(program, base, questions, steps):
    """What the program makes of the steps of one schema."""
    with tempfile.TemporaryDirectory() as folder:
        asked, stepped = pathlib.Path(folder, "questions"), pathlib.Path(folder, "steps")
        asked.write_text("".join(json.dumps({"id": one["id"], "question": one["question"]}) + "\n" for one in questions))
        stepped.write_text("".join(json.dumps({"id": name, "steps": list_of}) + "\n" for name, list_of in steps.items()))
        command = [*program.split(), f"{base}.catalog.json", f"{base}.values.json", str(asked), str(stepped)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--features", required=True)
    parser.add_argument("--questions", required=True, type=pathlib.Path)
    parser.add_argument("--catalogs", required=True, type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    args = parser.parse_args()
    described = subprocess.run([args.features, "--grammar"], capture_output=True, text=True, check=True).stdout
    grammar = gold.load_grammar(described)
    counts, lines = collections.Counter(), []
    for part in prepare.by_catalog(prepare.read(args.questions)):
        rows = prepare.rows(args.features, args.catalogs, part)
        made, reasons = said(part, rows, grammar)
        counts += reasons
        lines.append(answers(args.program, args.catalogs / prepare.catalog_of(part[0]), part, made))
    args.out.write_text("".join(lines))
    print("left out:", sum(counts.values()), dict(counts.most_common(20)))


if __name__ == "__main__":
    main()
