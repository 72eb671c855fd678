"""The schema language of training/schemas/*.txt: parsed into Schema, Table and Column."""

import pathlib
import re
from dataclasses import dataclass, field

TYPES = ("int", "numeric", "text", "date", "timestamp", "bool", "enum", "text[]", "jsonb")
UNITS = ("money", "percent", "minutes", "hours", "seconds", "days", "ms", "km", "kg", "cm", "m", "g", "miles", "mb", "gb")


@dataclass
class Column:
    """One column; `ref` names the table it points to, `declared` says whether a foreign key is declared."""

    name: str
    type: str
    values: list | None = None
    low: float | None = None
    high: float | None = None
    generator: str | None = None
    is_key: bool = False
    is_label: bool = False
    unique: bool = False
    unit: str | None = None
    nulls: float = 0.0
    ref: str | None = None
    declared: bool = True
    comment: str = ""
    decimals: bool = False


@dataclass
class Table:
    """A table with its columns; `pair_key` holds the columns of a composite key."""

    name: str
    comment: str = ""
    columns: list = field(default_factory=list)
    pair_key: tuple = ()

    def column(self, name):
        """The column of that name, or None."""
        return next((c for c in self.columns if c.name == name), None)

    @property
    def key(self):
        """The single primary key column, or None."""
        return next((c for c in self.columns if c.is_key), None)


@dataclass
class Schema:
    """A schema: tables in the order of the file."""

    name: str
    comment: str = ""
    tables: list = field(default_factory=list)

    def table(self, name):
        """The table of that name, or None."""
        return next((t for t in self.tables if t.name == name), None)


class DslError(ValueError):
    """A line that the language does not know."""


def split_comment(line):
    """Separates the part before `|` from the comment behind it."""
    body, _, comment = line.partition("|")
    return body.rstrip(), comment.strip()


def take_values(rest):
    """Takes a `{a, b}` list out of the text; returns the list (or None) and what is left."""
    found = re.search(r"\{([^}]*)\}", rest)
    if not found:
        return None, rest
    values = [v.strip().strip("'\"") for v in found.group(1).split(",")]
    return [v for v in values if v], rest[: found.start()] + " " + rest[found.end() :]


def take_range(rest):
    """Takes an `a..b` range out of the text; returns low, high, whether it has decimals, and what is left."""
    found = re.search(r"(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)", rest)
    if not found:
        return None, None, False, rest
    low, high = found.group(1), found.group(2)
    left = rest[: found.start()] + " " + rest[found.end() :]
    return float(low), float(high), "." in low + high, left


def parse_flags(column, rest):
    """Reads generator, flags, unit and share of NULLs from what is left of a line."""
    share = re.search(r"null\s+(\d+)\s*%", rest)
    if share:
        column.nulls = int(share.group(1)) / 100
        rest = rest.replace(share.group(0), " ")
    for word in rest.split():
        if word.startswith("@"):
            column.generator = word[1:]
        elif word == "name":
            column.is_label = True
        elif word == "unique":
            column.unique = True
        elif word == "null":
            column.nulls = column.nulls or 0.15
        elif re.fullmatch(r"[A-Za-z/°%_]+\d?", word):
            column.unit = column.unit or word
        else:
            raise DslError(f"unknown flag {word!r}")


def parse_column(body, comment):
    """One column line."""
    parts = body.split(None, 2)
    name, kind, rest = parts[0], parts[1], parts[2] if len(parts) > 2 else ""
    if kind in ("->", "~>"):
        target, _, flags = rest.partition(" ")
        column = Column(name, "ref", ref=target, declared=kind == "->", comment=comment)
        if flags.split() and flags.split()[0] == "pk":
            column.is_key, flags = True, flags.replace("pk", "", 1)
        parse_flags(column, flags)
        return column
    column = Column(name, kind, comment=comment)
    if kind == "pk":
        column.is_key = True
        first, _, tail = rest.partition(" ")
        column.type = "text" if first == "text" else "int"
        rest = tail if first in ("text", "int", "bigint", "integer") else rest
    if column.type not in TYPES:
        raise DslError(f"unknown type {kind!r}")
    column.values, rest = take_values(rest)
    column.low, column.high, column.decimals, rest = take_range(rest)
    if re.search(r"\bpk\b", rest):
        column.is_key, rest = True, re.sub(r"\bpk\b", " ", rest)
    parse_flags(column, rest)
    return column


def parse_line(schemas, line):
    """Adds one line to the schemas read so far."""
    body, comment = split_comment(line)
    words = body.split()
    if words[0] == "schema":
        schemas.append(Schema(words[1], comment))
    elif words[0] == "table" and not line[0].isspace():
        schemas[-1].tables.append(Table(words[1], comment))
    elif words[0] == "key" and "(" in body:
        inner = body[body.index("(") + 1 : body.index(")")]
        schemas[-1].tables[-1].pair_key = tuple(n.strip() for n in inner.split(","))
    else:
        schemas[-1].tables[-1].columns.append(parse_column(body, comment))


def check(schema):
    """Raises DslError where references or keys name what does not exist."""
    for table in schema.tables:
        names = [c.name for c in table.columns]
        if len(set(names)) != len(names):
            raise DslError(f"{schema.name}.{table.name}: a column twice")
        for name in table.pair_key:
            if name not in names:
                raise DslError(f"{schema.name}.{table.name}: key column {name} does not exist")
        for column in table.columns:
            if not column.ref:
                continue
            target = schema.table(column.ref)
            if target is None or target.key is None:
                raise DslError(f"{schema.name}.{table.name}.{column.name}: {column.ref} has no single key")


def parse(text, name="?"):
    """All schemas of a text."""
    schemas = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            parse_line(schemas, line)
        except (DslError, IndexError) as fault:
            raise DslError(f"{name}:{number}: {fault or line}") from fault
    return schemas


def free_name(name, taken):
    """The name, with a number behind it where it is taken."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def read_folder(folder, lenient=False):
    """All schemas of a folder's *.txt in order of names; lenient skips faulty ones with a note."""
    schemas, seen = [], set()
    for path in sorted(pathlib.Path(folder).glob("*.txt")):
        for part in re.split(r"(?m)^(?=schema\s)", path.read_text(encoding="utf-8")):
            if not part.startswith("schema"):
                continue
            try:
                schema = parse(part, path.name)[0]
                check(schema)
                schema.name = free_name(schema.name, seen)
            except DslError as fault:
                if not lenient:
                    raise DslError(f"{path.name}: {fault}") from fault
                print(f"left out, {path.name}: {fault}")
                continue
            seen.add(schema.name)
            schemas.append(schema)
    return schemas
