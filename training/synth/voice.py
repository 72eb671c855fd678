"""One question in the making: its schema, rows and chance, the words chosen for tables and columns, the query's sources."""

from . import lexicon
from .english import agreed, article, plural, possessive, say
from .tree import Col, Src


class Skip(Exception):
    """The schema has nothing to build this kind of question from."""


class Voice:
    """Chooses words once per question, so that a table keeps its name within it."""

    def __init__(self, rng, schema, names, rows):
        self.rng, self.schema, self.names, self.rows = rng, schema, names, rows
        self.nouns, self.attrs = {}, {}
        self.srcs, self.joins, self.row = [], [], {}

    def chance(self, share):
        """True in that share of cases."""
        return self.rng.random() < share

    def choose(self, items):
        """One item; Skip when there is none."""
        if not items:
            raise Skip
        return self.rng.choice(items)

    def say(self, templates, **slots):
        """A phrasing."""
        return say(self.rng, templates, **slots)

    # ---- tables

    def noun(self, table):
        """The noun (singular) used for a table in this question."""
        if table.name not in self.nouns:
            self.nouns[table.name] = self.fresh_noun(table)
        return self.nouns[table.name]

    def fresh_noun(self, table):
        """The table's own words, in a fifth of cases a synonym of its head."""
        name = self.names.tables[table.name]
        options = lexicon.synonyms().get(name.noun) or []
        if options and self.chance(0.2):
            return self.rng.choice(options)
        head = lexicon.synonyms().get(name.head) or []
        if head and len(name.words) > 1 and name.head in lexicon.persons() and self.chance(0.1):
            return " ".join(name.words[:-1] + [self.rng.choice(head)])
        if len(name.words) > 1 and self.chance(0.15) and self.unique_head(table):
            return name.head
        return name.noun

    def unique_head(self, table):
        """Whether no other table's name has this head."""
        head = self.names.tables[table.name].head
        return sum(head in t.words for t in self.names.tables.values()) == 1

    def ents(self, table):
        """Plural of the table's noun."""
        return plural(self.noun(table))

    def person(self, table):
        """Whether the rows are people."""
        return self.names.tables[table.name].person

    def who(self, table):
        """A relative pronoun for rows of the table."""
        return self.rng.choice(["who", "who", "that"]) if self.person(table) else self.rng.choice(["that", "that", "which"])

    # ---- columns

    def attr(self, table, column):
        """The noun (singular) for a column in this question, without its table's words."""
        key = (table.name, column.name)
        if key not in self.attrs:
            self.attrs[key] = self.fresh_attr(table, column)
        return self.attrs[key]

    def fresh_attr(self, table, column):
        """Own words mostly; a synonym of the whole or of the head, or the comment, now and then."""
        name = self.names.of(table, column)
        comment = column.comment
        if comment and self.chance(0.25) and len(comment.split()) <= 4 and comment.replace(" ", "").isalpha() and comment[0].islower() and not comment.startswith(("what", "when", "who", "how", "whether", "in ", "if ", "true")):
            return comment.removeprefix("the ").removeprefix("a ")
        options = lexicon.synonyms().get(name.noun) or []
        if name.counted and self.chance(0.6) and name.words[0] != "number":
            return "number of " + name.noun
        if options and self.chance(0.2):
            return self.rng.choice(options)
        if len(name.words) > 1 and name.role != "key" and self.chance(0.08):
            head = lexicon.synonyms().get(name.head) or []
            if head:
                return " ".join(name.words[:-1] + [self.rng.choice(head)])
        if name.role in ("date", "timestamp"):
            return self.date_attr(name)
        if self.chance(0.12):
            return " ".join(name.long_words)
        return name.noun

    def date_attr(self, name):
        """A noun for a date column: `joined` needs the word date with it."""
        noun = name.noun
        if name.head in ("date", "time", "day", "timestamp", "birthday", "birth", "deadline", "month", "departure", "arrival"):
            return noun
        return noun + (" time" if name.role == "timestamp" and self.chance(0.4) else " date")

    def attr_of(self, table, column):
        """The column with its table's noun in front where that helps: `animal weight`."""
        noun = self.attr(table, column)
        if self.chance(0.2) and not noun.startswith(self.noun(table)) and " of " not in noun:
            return f"{self.noun(table)} {noun}"
        return noun

    def label(self, table):
        """Label columns; Skip when the table has none."""
        label = self.names.label(table)
        if not label:
            raise Skip
        return label

    def label_noun(self, table):
        """`name`, `title`, `full name` ... for the label."""
        label = self.label(table)
        if len(label) == 2:
            return self.rng.choice(["name", "full name", "first and last name", "first name and last name"])
        name = self.names.of(table, label[0])
        if label[0].is_key:
            return self.attr(table, label[0])
        if name.noun.endswith("name") and name.words[0] not in ("last", "first", "nick", "user", "family", "code") and self.chance(0.7):
            return "name"
        return self.attr(table, label[0])

    # ---- sources

    def base(self, table):
        """Starts the query at a table, with one of its rows as the example that filters are drawn from."""
        src = Src(table)
        rows = self.rows[table.name]["rows"]
        if len(rows) < 3:
            raise Skip
        self.srcs, self.joins, self.row = [src], [], {src: self.rng.choice(rows)}
        return src

    def parent(self, src, column):
        """Joins the row that a reference points to."""
        table = self.schema.table(column.ref)
        key = self.row[src].get(column.name)
        found = next((r for r in self.rows[table.name]["rows"] if r[table.key.name] == key), None)
        if found is None:
            raise Skip
        new = Src(table)
        self.srcs.append(new)
        self.joins.append((Col(src, column.name), Col(new, table.key.name)))
        self.row[new] = found
        return new

    def child(self, src, table, column):
        """Joins rows that refer to this one."""
        key = src.table.key
        found = [r for r in self.rows[table.name]["rows"] if r[column.name] == self.row[src][key.name]]
        if not found:
            raise Skip
        new = Src(table)
        self.srcs.append(new)
        self.joins.append((Col(src, key.name), Col(new, column.name)))
        self.row[new] = self.rng.choice(found)
        return new

    # ---- the graph

    def parents(self, table, named=True):
        """(column, parent table) of a table; `named` keeps parents whose rows have names."""
        out = [(c, self.schema.table(c.ref)) for c in table.columns if c.ref]
        return [(c, t) for c, t in out if not named or self.names.has_name(t)]

    def children(self, table):
        """(child table, column) that refer to a table."""
        return [(t, c) for t in self.schema.tables for c in t.columns if c.ref == table.name]

    def role_noun(self, table, column):
        """The noun for the row that a reference points to: `owner`, `home team`, `manager`."""
        target = self.names.of(table, column).target
        parent = self.schema.table(column.ref)
        same = [c for c in table.columns if c.ref == column.ref]
        if len(same) > 1 or column.ref == table.name:
            return target or self.noun(parent)
        return self.rng.choice([target or self.noun(parent), self.noun(parent)])


__all__ = ["Skip", "Voice", "agreed", "article", "possessive"]
