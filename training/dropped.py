"""Questions of the data put to their own schema without something that they name: hard to refuse, for nearly all that they need is there.

    python -m training.dropped --features PROGRAM --questions QUESTIONS.jsonl --catalogs FROM --onto TO --out DROPPED.jsonl [--most N]

FROM is a folder made by `training.catalogs`. Into TO go the same schemas without a column that is no key (ALTER TABLE … DROP COLUMN) or
without a relation, which the gold uses and the question names. A line of the output is the question's own, with the catalog that it is put
to. Its gold stays: where something else that is stored says the same, an answer by that is right.
"""

import collections
import json
import random

from training import prepare, swap

# The share of questions that miss a relation; the others miss a column.
RELATIONS = 0.25
# The files of a schema.
KINDS = ("catalog", "values")


def droppable(one, row, schema, called):
    """(columns, relations) that the gold uses and the question names; `called` says how many things of the schema have each name."""
    used = swap.Gold(one["gold_sql_pg"], schema)
    names = [*used.columns, *((name,) for name in used.relations)]
    named = sorted(swap.Question(one["question"], row).names(names, schema))
    # What something else is called as well could be answered by that.
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


def of_schema(args, questions, source):
    """[(question, what is dropped)] of one schema."""
    rows = prepare.rows(args.features, args.catalogs, questions)
    schema, found = swap.Schema(rows[questions[0]["id"]]), []
    called = collections.Counter(map(schema.words, [*schema.columns, *((name,) for name in schema.relations)]))
    for one in questions:
        try:
            what = chosen(*droppable(one, rows[one["id"]], schema, called), source)
        except Exception:  # nothing that can be dropped, or sqlglot's own errors on dialect it does not know
            continue
        if what:
            found.append((one, what))
    return found


def lacking(db, what):
    """The name of the catalog of a schema without something."""
    return f"{db} without {'.'.join(what)}"


def grouped(pairs):
    """{schema: what is dropped there}, each once."""
    found = collections.defaultdict(set)
    for db, what in pairs:
        found[db].add(what)
    return found


def main():
    """Command line."""
    parser = swap.options(__doc__)
    parser.add_argument("--most", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    source = random.Random(args.seed)
    found = [pair for part in prepare.by_catalog(prepare.read(args.questions)) for pair in of_schema(args, part, source)]
    args.onto.mkdir(parents=True, exist_ok=True)
    taken = source.sample(found, min(args.most, len(found)))
    # Each schema is read once, and each that lacks something written once.
    for db, whats in grouped((one["db"], what) for one, what in taken).items():
        catalog, values = (json.loads((args.catalogs / f"{db}.{kind}.json").read_text()) for kind in KINDS)
        for what in whats:
            for kind, content in zip(KINDS, without(catalog, values, what)):
                (args.onto / f"{lacking(db, what)}.{kind}.json").write_text(json.dumps(content))
    lines = [{**one, "id": "dropped " + one["id"], "catalog": lacking(one["db"], what)} for one, what in taken]
    args.out.write_text("".join(json.dumps(line) + "\n" for line in lines))
    print(len(taken), "questions of", len(found))


if __name__ == "__main__":
    main()
