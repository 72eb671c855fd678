"""Questions of the data put to their own schema without something that they name: hard to refuse, for nearly all that they need is there.

    python -m training.dropped --features PROGRAM --questions QUESTIONS.jsonl --catalogs FROM --onto TO --out DROPPED.jsonl [--most N]

FROM is a folder made by `training.catalogs`. Into TO go the same schemas without a column that is no key (ALTER TABLE … DROP COLUMN) or
without a relation, which the gold uses and the question names. A line of the output is the question's own, with the catalog that it is put
to. Its gold stays: where something else that is stored says the same, an answer by that is right.
"""

import argparse
import collections
import json
import pathlib
import random

from training import prepare, swap

# The share of questions that miss a relation; the others miss a column.
RELATIONS = 0.25


def droppable(one, row, schema):
    """(columns, relations) that the gold uses and the question names, where nothing else in the schema has that name."""
    used = swap.Gold(one["gold_sql_pg"], schema)
    names = [*used.columns, *((name,) for name in used.relations)]
    named = sorted(swap.Question(one["question"], row).names(names, schema))
    called = collections.Counter(map(schema.words, [*schema.columns, *((name,) for name in schema.relations)]))
    alone = [what for what in named if called[schema.words(what)] == 1]
    columns = [what for what in alone if len(what) == 2 and not schema.role(what)]
    # Without its last relation a schema is no schema.
    relations = [what for what in alone if len(what) == 1 and len(schema.relations) > 1]
    return columns, relations


def chosen(columns, relations, source):
    """What is dropped, or None."""
    first, second = (relations, columns) if source.random() < RELATIONS else (columns, relations)
    return source.choice(first or second) if first or second else None


def without(catalog, values, what):
    """A schema's catalog and values without a column or a relation; of the catalog only what the schema sees."""
    relations = [relation for relation in catalog["relations"] if relation["visible"] and (relation["name"],) != what]
    values = {name: dict(columns) for name, columns in values.items() if (name,) != what}
    if len(what) == 2:
        relations = [column_dropped(relation, what[1]) if relation["name"] == what[0] else relation for relation in relations]
        values.get(what[0], {}).pop(what[1], None)
    known = {relation["oid"] for relation in relations}
    keys = [key for key in catalog["foreign_keys"] if {key["from"], key["to"]} <= known]
    return {**catalog, "total": len(relations), "relations": relations, "foreign_keys": keys}, values


def column_dropped(relation, name):
    """A relation as the catalog has it, without one column."""
    at = relation["columns"]["name"].index(name)

    def rest(what):
        if isinstance(what, list):
            return what[:at] + what[at + 1 :]
        return {key: rest(one) for key, one in what.items()} if isinstance(what, dict) else what

    return {**relation, "columns": rest(relation["columns"])}


def of_schema(args, db, questions, source):
    """[(question, what is dropped)] of one schema."""
    rows = prepare.rows(args.features, args.catalogs, questions)
    schema, found = swap.Schema(rows[questions[0]["id"]]), []
    for one in questions:
        try:
            what = chosen(*droppable(one, rows[one["id"]], schema), source)
        except Exception:  # nothing that can be dropped, or sqlglot's own errors on dialect it does not know
            continue
        if what:
            found.append((one, what))
    return found


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", required=True)
    parser.add_argument("--questions", required=True, type=pathlib.Path)
    parser.add_argument("--catalogs", required=True, type=pathlib.Path)
    parser.add_argument("--onto", required=True, type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--most", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    source = random.Random(args.seed)
    by_schema = collections.defaultdict(list)
    for one in prepare.read(args.questions):
        by_schema[one["db"]].append(one)
    found = [pair for db in sorted(by_schema) for pair in of_schema(args, db, by_schema[db], source)]
    args.onto.mkdir(parents=True, exist_ok=True)
    taken = source.sample(found, min(args.most, len(found)))
    for one, what in taken:
        catalog, values = (json.loads((args.catalogs / f"{one['db']}.{kind}.json").read_text()) for kind in ("catalog", "values"))
        one["catalog"] = f"{one['db']} without {'.'.join(what)}"
        for kind, content in zip(("catalog", "values"), without(catalog, values, what)):
            (args.onto / f"{one['catalog']}.{kind}.json").write_text(json.dumps(content))
    args.out.write_text("".join(json.dumps({**one, "id": "dropped " + one["id"]}) + "\n" for one, _ in taken))
    print(len(taken), "questions of", len(found))


if __name__ == "__main__":
    main()
