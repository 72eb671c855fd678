"""Queries as typed trees and their rendering as PostgreSQL in the plain style of FROM ... JOIN ... ON with aliases t1, t2."""

from dataclasses import dataclass, field

from .ddl import ident, literal


@dataclass(eq=False)
class Src:
    """One use of a table in a query."""

    table: object


@dataclass
class Col:
    """A column of a source."""

    src: Src
    name: str


@dataclass
class Agg:
    """An aggregate; `arg` None stands for count(*)."""

    fn: str
    arg: object = None
    distinct: bool = False


@dataclass
class Star:
    """All columns."""

    src: Src = None


@dataclass
class Lit:
    """A constant; `sql` is used as written where given."""

    value: object
    sql: str = None


@dataclass
class Arith:
    """left op right."""

    op: str
    left: object
    right: object


@dataclass
class Sub:
    """A scalar subquery."""

    query: object


@dataclass
class Cmp:
    """Comparison of two expressions; op is written as it is (=, <>, >, ILIKE ...)."""

    op: str
    left: object
    right: object


@dataclass
class Between:
    """expr BETWEEN low AND high."""

    expr: object
    low: object
    high: object


@dataclass
class IsNull:
    """expr IS [NOT] NULL."""

    expr: object
    negated: bool = False


@dataclass
class Truth:
    """A boolean column as a condition."""

    expr: object
    negated: bool = False


@dataclass
class In:
    """expr [NOT] IN (query)."""

    expr: object
    query: object
    negated: bool = False


@dataclass
class Bool:
    """and/or of conditions."""

    op: str
    parts: list


@dataclass
class Query:
    """One SELECT."""

    items: list
    srcs: list
    joins: list = field(default_factory=list)
    where: object = None
    group: list = field(default_factory=list)
    having: object = None
    order: list = field(default_factory=list)
    limit: int = None
    distinct: bool = False
    distinct_on: list = field(default_factory=list)


@dataclass
class SetQuery:
    """left INTERSECT|EXCEPT|UNION right."""

    op: str
    left: object
    right: object


def expr_sql(expr, names):
    """An expression; `names` maps sources to aliases ('' for none)."""
    if isinstance(expr, Col):
        alias = names[expr.src]
        return f"{alias}.{ident(expr.name)}" if alias else ident(expr.name)
    if isinstance(expr, Star):
        return f"{names[expr.src]}.*" if expr.src and names[expr.src] else "*"
    if isinstance(expr, Agg):
        inner = "*" if expr.arg is None else expr_sql(expr.arg, names)
        return f"{expr.fn}({'DISTINCT ' if expr.distinct else ''}{inner})"
    if isinstance(expr, Lit):
        return expr.sql or literal(expr.value)
    if isinstance(expr, Arith):
        return f"{operand(expr.left, names)} {expr.op} {operand(expr.right, names)}"
    if isinstance(expr, Sub):
        return f"({sql(expr.query)})"
    if hasattr(expr, "sql"):
        return expr.sql(names)
    raise TypeError(expr)


def operand(expr, names):
    """An operand, in parentheses where it is arithmetic itself."""
    text = expr_sql(expr, names)
    return f"({text})" if isinstance(expr, Arith) else text


def cond_sql(cond, names, inside=None):
    """A condition."""
    if isinstance(cond, Bool):
        text = f" {cond.op.upper()} ".join(cond_sql(p, names, cond.op) for p in cond.parts)
        return f"({text})" if inside and inside != cond.op else text
    if isinstance(cond, Cmp):
        return f"{expr_sql(cond.left, names)} {cond.op} {expr_sql(cond.right, names)}"
    if isinstance(cond, Between):
        return f"{expr_sql(cond.expr, names)} BETWEEN {expr_sql(cond.low, names)} AND {expr_sql(cond.high, names)}"
    if isinstance(cond, IsNull):
        return f"{expr_sql(cond.expr, names)} IS {'NOT ' if cond.negated else ''}NULL"
    if isinstance(cond, Truth):
        return ("NOT " if cond.negated else "") + expr_sql(cond.expr, names)
    if isinstance(cond, In):
        return f"{expr_sql(cond.expr, names)} {'NOT ' if cond.negated else ''}IN ({sql(cond.query)})"
    raise TypeError(cond)


def from_sql(query, names):
    """FROM with its joins; joins[i] = (left column, right column) brings in srcs[i + 1]."""
    def one(src):
        return ident(src.table.name) + (f" AS {names[src]}" if names[src] else "")

    out = one(query.srcs[0])
    for src, (left, right) in zip(query.srcs[1:], query.joins):
        out += f" JOIN {one(src)} ON {expr_sql(left, names)} = {expr_sql(right, names)}"
    return out


def select_sql(query):
    """One SELECT."""
    many = len(query.srcs) > 1
    names = {src: f"t{i}" if many else "" for i, src in enumerate(query.srcs, 1)}
    on = ", ".join(expr_sql(e, names) for e in query.distinct_on)
    head = f"DISTINCT ON ({on}) " if on else "DISTINCT " if query.distinct else ""
    out = f"SELECT {head}{', '.join(expr_sql(e, names) for e in query.items)} FROM {from_sql(query, names)}"
    if query.where:
        out += f" WHERE {cond_sql(query.where, names)}"
    if query.group:
        out += f" GROUP BY {', '.join(expr_sql(e, names) for e in query.group)}"
    if query.having:
        out += f" HAVING {cond_sql(query.having, names)}"
    if query.order:
        out += " ORDER BY " + ", ".join(expr_sql(e, names) + (" DESC" if down else " ASC") for e, down in query.order)
    if query.limit:
        out += f" LIMIT {query.limit}"
    return out


def sql(query):
    """A query as PostgreSQL."""
    if isinstance(query, SetQuery):
        return f"{sql(query.left)} {query.op} {sql(query.right)}"
    return select_sql(query)


def conj(*conds):
    """AND of the conditions that are there."""
    parts = [c for c in conds if c is not None]
    return None if not parts else parts[0] if len(parts) == 1 else Bool("and", parts)
