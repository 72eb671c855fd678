"""Questions of the data said of other schemas: names, values and gold SQL exchanged, everything else as the person wrote it.

    python -m training.swap --features PROGRAM --questions QUESTIONS.jsonl --catalogs FROM --onto TO --out SWAPPED.jsonl [--pairs N]

FROM and TO are folders made by `training.catalogs`. The words that name what the gold uses, and the values that it compares with, give way
to names and values of relations and columns that hang together in the same way (types, keys, references). A line of the output has id,
db, question, gold_sql_pg and fold: that of the database where the question comes from, so that a network that must not see that database
does not see its questions in other clothes either.
"""

import argparse
import collections
import json
import pathlib
import random
import re

import sqlglot
from sqlglot import exp

from training import gold, prepare
from training.folds import fold_of
from training.synth.english import plural_word, singular_word

# Schemas tried for one question, and draws of relations and columns in each.
SCHEMAS, DRAWS = 12, 6
# Questions tried for each that is wanted, so that few questions or small schemas come to an end.
MOST_TRIES = 20
# Kinds of items as src/engine/parser/features numbers them: so many groups of types for each role of a column, roles made of these.
KINDS = 7
PRIMARY, REFERENCE = 1, 2
COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.LT, exp.GTE, exp.LTE, exp.Between, exp.Like, exp.ILike, exp.In)
# Letters of a value that a person would still write out.
MOST_VALUE = 40


class Unfit(Exception):
    """The question cannot be said of another schema in this way."""


class Schema:
    """One schema as features show it: relations and columns with their kinds, words and references."""

    def __init__(self, row):
        self.view = gold.View(row, prepare.SCHEMA_BASE)
        self.items = row["items"]
        self.columns = [tuple(item[2:]) for item in self.items if len(item) == 4]
        self.relations = list(self.view.relations)
        self.references = collections.defaultdict(set)
        for a in self.columns:
            if self.role(a) & REFERENCE:
                at = self.place(a)
                self.references[a] = {b for b in self.columns if b[0] != a[0] and self.view.link(at, self.place(b)) == 1}

    def place(self, what):
        """The item's number."""
        return self.view.columns[what[0]][what[1]] if len(what) == 2 else self.view.relations[what[0]]

    def words(self, what):
        """The stems of a name."""
        return tuple(self.items[self.place(what)][1])

    def kind(self, column):
        """The group of its type."""
        return (self.items[self.place(column)][0] - 1) % KINDS

    def role(self, column):
        """Whether it is a key, refers to one, or both."""
        return (self.items[self.place(column)][0] - 1) // KINDS

    def spoken(self, what):
        """The name as a person would say it; None where it is short for something."""
        words, stems = what[-1].lower().split("_"), self.words(what)
        whole = len(words) == len(stems) and all(len(word) > 2 and word[:3] == stem[:3] for word, stem in zip(words, stems))
        return words if whole and all(word.isalpha() for word in words) else None


class Gold:
    """A gold query and what it uses."""

    def __init__(self, text, schema):
        self.tree = sqlglot.parse_one(text, read="postgres")
        self.schema = schema
        # Nodes of the tree with what they name; relations whose rows are counted or shown; literals with the column they are compared with.
        self.tables, self.nodes, self.stars, self.values = [], [], set(), []
        for select in self.tree.find_all(exp.Select):
            self.read(select)
        self.columns = list(dict.fromkeys(column for _, column in self.nodes))
        self.relations = list(dict.fromkeys(name for _, name in self.tables))

    def read(self, select):
        """What one SELECT uses."""
        source = select.args.get("from_") or select.args.get("from")
        tables = [source.this, *(join.this for join in select.args.get("joins") or [])] if source else []
        if not tables or not all(isinstance(table, exp.Table) and table.name in self.schema.view.relations for table in tables):
            raise Unfit("from")
        names = {table.alias_or_name: table.name for table in tables}
        if len(set(names.values())) < len(tables):
            raise Unfit("self join")
        self.tables += [(table, table.name) for table in tables]
        own = lambda *kinds: (node for node in select.find_all(*kinds) if node.find_ancestor(exp.Select) is select)
        aliases = {item.alias for item in select.expressions if isinstance(item, exp.Alias)}
        for node in own(exp.Column, exp.Star):
            if isinstance(node, exp.Star) or isinstance(node.this, exp.Star):
                self.stars.update(names.values())
            else:
                self.column(node, names, aliases)
        known = {id(node): column for node, column in self.nodes}
        for node in own(exp.Literal):
            near = node.find_ancestor(*COMPARED)
            columns = [known[id(one)] for one in near.find_all(exp.Column) if id(one) in known] if near else []
            self.values.append((node, columns[0] if len(columns) == 1 else None))

    def column(self, node, names, aliases):
        """Notes whose column a node is; among several relations it is written with its own, so that it stays so under other names."""
        owners = [names.get(node.table)] if node.table else list(names.values())
        owner = next((one for one in owners if one and node.name in self.schema.view.columns[one]), None)
        if owner is None:
            if node.name not in aliases:
                raise Unfit("column")
            return
        if not node.table and len(names) > 1:
            node.set("table", exp.to_identifier(next(alias for alias, name in names.items() if name == owner)))
        self.nodes.append((node, (owner, node.name)))

    def onto(self, mapped, texts):
        """The SQL with other names and values."""
        for table, name in self.tables:
            table.set("this", exp.to_identifier(mapped[(name,)][0]))
        for node, column in self.nodes:
            node.set("this", exp.to_identifier(mapped[column][1]))
            if (node.table,) in mapped:
                node.set("table", exp.to_identifier(mapped[(node.table,)][0]))
        for node, text in texts:
            node.set("this", text)
        return self.tree.sql(dialect="postgres")


class Question:
    """A question and the stretches of it that say names and values."""

    def __init__(self, text, row):
        self.text, self.row = text, row
        self.at = []
        lower, at = text.lower(), 0
        for word in row["lower"]:
            at = lower.find(word, at)
            if at < 0:
                raise Unfit("words")
            self.at.append((at, at + len(word)))
            at += len(word)
        self.taken = [False] * len(self.at)
        self.spans = []

    def take(self, start, end, what):
        """Claims words for something."""
        if any(self.taken[start:end]):
            return False
        self.taken[start:end] = [True] * (end - start)
        self.spans.append((start, end, what))
        return True

    def names(self, items, schema):
        """Claims the words that name items, the longest first; the items that are named."""
        stems, named = self.row["words"], set()
        by_words = collections.defaultdict(list)
        for item in items:
            by_words[schema.words(item)].append(item)
        for words in sorted(by_words, key=lambda words: (-len(words), words)):
            found = [at for at in range(len(stems) - len(words) + 1) if words and tuple(stems[at : at + len(words)]) == words]
            if found and len(by_words[words]) > 1:
                raise Unfit("two of a name")
            if any([self.take(at, at + len(words), by_words[words][0]) for at in found]):
                named.add(by_words[words][0])
        return named

    def value(self, literal):
        """The stretch that says a literal; None where nothing does."""
        start = gold.spoken(literal, self.row)
        if start is None:
            return None
        ends = [one[1] for one in self.row["candidates"] if one[0] == start and one[3].strip().lower() == literal.this.strip("% ").lower()]
        words = re.findall(r"\w+", literal.this)
        end = max(ends, default=start + max(1, len(words)))
        return (start, end) if end <= len(self.at) else None

    def said(self, replacements):
        """The text with other words in the stretches: {(start, end): text}."""
        text = self.text
        for (start, end), new in sorted(replacements.items(), reverse=True):
            text = text[: self.at[start][0]] + new + text[self.at[end - 1][1] :]
        return re.sub(r"\b([Aa])n? (?=([a-z]))", lambda found: found[1] + ("n " if found[2] in "aeio" else " "), text)


def is_name(words):
    """Whether a column is called a name or a title."""
    return bool({"name", "titl"} & set(words))


class Swap:
    """One question made ready to be said of another schema."""

    def __init__(self, one, row, schema):
        self.schema = schema
        self.gold = Gold(one["gold_sql_pg"], schema)
        self.question = Question(one["question"], row)
        self.values = {}
        self.literals = []
        for literal, column in self.gold.values:
            self.literal(literal, column)
        items = [*self.gold.columns, *((name,) for name in self.gold.relations)]
        self.named = self.question.names(items, schema)
        self.check()
        if not self.named:
            raise Unfit("nothing named")

    def literal(self, literal, column):
        """A value of the gold: its words are claimed where it will be another one."""
        span = self.question.value(literal)
        if span is None:
            if literal.is_string or int(literal.this if literal.this.isdigit() else -1) not in gold.CONSTANTS:
                raise Unfit("value not said")
            return
        if column is not None and literal.is_string and self.schema.kind(column) == 0 and "%" not in literal.this:
            if span not in self.values and not self.question.take(*span, "value"):
                raise Unfit("values overlap")
            self.values[span] = column
            self.literals.append((literal, span))
        elif not any(self.question.taken[slice(*span)]):
            # What stays must not be taken for a name.
            self.question.take(*span, "kept")

    def check(self):
        """Everything that the gold uses must be named, or follow from how the schema hangs together."""
        for column in self.gold.columns:
            loose = self.schema.role(column) or is_name(self.schema.words(column)) or column in self.values.values()
            if column not in self.named and not loose:
                raise Unfit("column not named")
        said = {column[0] for column in self.gold.columns if column in self.named or column in self.values.values() or not self.schema.role(column)}
        for relation in self.gold.relations:
            bridge = sum(column[0] == relation and bool(self.schema.references.get(column)) for column in self.gold.columns) > 1
            counted = relation in self.gold.stars and len(self.gold.relations) > 1
            if (relation,) not in self.named and (counted or not (bridge or relation in said)):
                raise Unfit("rows not named")

    def drawn(self, target, source):
        """A mapping of items onto those of another schema, or None."""
        mapped = {}
        refers = [(a, b) for a in self.gold.columns for b in self.schema.references.get(a, ()) if b in self.gold.columns]
        order = list(self.gold.relations)
        source.shuffle(order)
        for relation in order:
            free = [one for one in target.relations if (one,) not in mapped.values()]
            source.shuffle(free)
            new = next((one for one in free if self.fits(relation, one, mapped, refers, target, source)), None)
            if new is None or ((relation,) in self.named and target.spoken((new,)) is None):
                return None
            mapped[(relation,)] = (new,)
        for column in self.gold.columns:
            if column not in mapped:
                new = self.column(column, mapped, target, source)
                if new is None:
                    return None
                mapped[column] = new
        return mapped

    def fits(self, relation, new, mapped, refers, target, source):
        """Whether a relation hangs together with those already mapped as the old one did; maps the columns by which it does."""
        made = {}
        for a, b in refers:
            if relation not in (a[0], b[0]):
                continue
            other = b[0] if a[0] == relation else a[0]
            if (other,) not in mapped:
                continue
            at = mapped[(other,)][0]
            pairs = [
                (x, y)
                for x, ys in target.references.items()
                for y in ys
                if (x[0], y[0]) == ((new, at) if a[0] == relation else (at, new))
                and all(({**mapped, **made}).get(old, now) == now for old, now in ((a, x), (b, y)))
                and all(target.spoken(now) or old not in self.named for old, now in ((a, x), (b, y)))
            ]
            if not pairs:
                return False
            made[a], made[b] = source.choice(pairs)
        mapped.update(made)
        return True

    def column(self, column, mapped, target, source):
        """Another column of the same kind, or None."""
        owner, role = mapped[(column[0],)][0], self.schema.role(column)
        fit = [one for one in target.columns if one[0] == owner and one not in mapped.values()]
        if column in self.named:
            fit = [one for one in fit if target.spoken(one)]
        if role and column not in self.named:
            fit = [one for one in fit if target.role(one) & PRIMARY and role & PRIMARY]
        else:
            fit = [one for one in fit if bool(target.role(one)) == bool(role) and target.kind(one) == self.schema.kind(column)]
        if is_name(self.schema.words(column)):
            alike = [one for one in fit if is_name(target.words(one))]
            if column not in self.named or (alike and source.random() < 0.7):
                fit = alike
        return source.choice(fit) if fit else None

    def onto(self, target, values, source):
        """(question, SQL) over another schema, or None."""
        mapped = self.drawn(target, source)
        if mapped is None:
            return None
        replacements = {}
        for start, end, what in self.question.spans:
            if isinstance(what, tuple):
                old = self.question.row["lower"][end - 1]
                many = old.endswith("s") and not old.endswith("ss")
                *first, last = target.spoken(mapped[what])
                last = plural_word(singular_word(last)) if many else singular_word(last) if len(what) == 1 else last
                replacements[(start, end)] = " ".join([*first, last])
        for span, column in self.values.items():
            relation, name = mapped[column]
            there = [one for one in values.get(relation, {}).get(name, []) if len(one) <= MOST_VALUE and "'" not in one]
            if not there:
                return None
            replacements[span] = source.choice(there)
        said = self.question.said(replacements)
        said = said[:1].upper() + said[1:] if self.question.text[:1].isupper() else said
        return said, self.gold.onto(mapped, [(literal, replacements[span]) for literal, span in self.literals])


def schemas(program, folder):
    """{name: (Schema, values)} of a folder of catalogs."""
    found = {}
    for path in sorted(folder.glob("*.catalog.json")):
        name = path.name.removesuffix(".catalog.json")
        row = prepare.rows(program, folder, [{"id": 0, "db": name, "question": "how many are there"}])[0]
        found[name] = Schema(row), json.loads((folder / f"{name}.values.json").read_text())
    return found


def fitting(args):
    """The questions that can be said of other schemas, each with its features and its schema; prints why the others cannot."""
    questions, ready, counts = prepare.read(args.questions), [], collections.Counter()
    for part in prepare.by_catalog(questions):
        rows = prepare.rows(args.features, args.catalogs, part)
        for one in part:
            row = rows[one["id"]]
            try:
                schema = Schema(row)
                Swap(one, row, schema)
            except (Unfit, KeyError) as reason:
                counts[str(reason)[:20]] += 1
            except Exception as reason:  # sqlglot's own errors on dialect it does not know
                counts[type(reason).__name__] += 1
            else:
                ready.append((one, row, schema))
    print(len(ready), "of", len(questions), "questions fit", dict(counts.most_common()), flush=True)
    return ready


def swapped(one, row, schema, targets, source):
    """(schema, question, SQL): the question said of the first of some schemas drawn that it can be said of, or None."""
    swap = Swap(one, row, schema)
    for name in source.sample(sorted(targets), min(SCHEMAS, len(targets))):
        found = next(filter(None, (swap.onto(*targets[name], source) for _ in range(DRAWS))), None)
        if found:
            return name, *found
    return None


def options(description):
    """A parser of the words that every module takes which puts questions of some catalogs to others."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", required=True)
    for name in ("--questions", "--catalogs", "--onto", "--out"):
        parser.add_argument(name, required=True, type=pathlib.Path)
    return parser


def main():
    """Command line."""
    parser = options(__doc__)
    parser.add_argument("--pairs", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=9)
    args = parser.parse_args()
    source = random.Random(args.seed)
    targets = schemas(args.features, args.onto)
    ready = fitting(args)
    made = set()
    with args.out.open("w") as out:
        for _ in range(MOST_TRIES * args.pairs if ready else 0):
            one, row, schema = source.choice(ready)
            found = swapped(one, row, schema, targets, source)
            if found is None or found[:2] in made:
                continue
            name, text, query = found
            made.add((name, text))
            line = {"id": f"swap {len(made)}", "db": name, "question": text, "gold_sql_pg": query, "fold": fold_of(one["db"])}
            out.write(json.dumps(line) + "\n")
            if len(made) == args.pairs:
                break
    print(len(made), "pairs")


if __name__ == "__main__":
    main()
