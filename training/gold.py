"""Turns gold SQL into the steps of the parser's grammar, over the features of the question.

A gold query is taken apart by sqlglot; columns become pointers to items, values pointers to words of the question. What the
grammar cannot say (FROM sub-queries, self joins, CASE) raises Unsaid and is left out of training.
"""

import collections
import itertools
import re

import sqlglot
from sqlglot import exp

COMPARISONS = {exp.EQ: "=", exp.NEQ: "!=", exp.GT: ">", exp.LT: "<", exp.GTE: ">=", exp.LTE: "<="}
AGGREGATES = {exp.Max: "max", exp.Min: "min", exp.Count: "count", exp.Sum: "sum", exp.Avg: "avg"}
ARITHMETIC = {exp.Add: "add", exp.Sub: "subtract", exp.Mul: "multiply", exp.Div: "divide"}
SWAPPED = {"=": "=", "!=": "!=", ">": "<", "<": ">", ">=": "<=", "<=": ">="}
SETS = {exp.Intersect: "intersect", exp.Union: "union", exp.Except: "except"}
TRUE, FALSE = {"t", "true", "y", "yes", "1"}, {"f", "false", "n", "no", "0"}


def strip(node):
    """Without casts and parentheses around it."""
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    return node


def conjuncts(node):
    """The parts of a chain of ANDs, in order."""
    while isinstance(node, exp.Paren):
        node = node.this
    return conjuncts(node.this) + conjuncts(node.expression) if isinstance(node, exp.And) else [node]


class Unsaid(Exception):
    """The grammar or the question's features have no way to say it."""


class View:
    """The features of one question as gold needs them: what is where, what refers to what."""

    def __init__(self, row, schema_base):
        self.row = row
        self.count = len(row["words"])
        self.side = self.count + len(row["items"])
        self.links = bytes.fromhex(row["links"])
        self.relations = {item[2]: at for at, item in enumerate(row["items"]) if len(item) == 3}
        self.columns = collections.defaultdict(dict)
        for at, item in enumerate(row["items"]):
            if len(item) == 4:
                self.columns[item[2]][item[3]] = at
        self.base = schema_base

    def link(self, a, b):
        """The schema link between two items, counted from 0."""
        return self.links[(self.count + a) * self.side + self.count + b] - self.base

    def joined(self, a, b):
        """Whether a key leads from one relation to the other."""
        return self.link(self.relations[a], self.relations[b]) in (15, 16, 17)

    def refers(self, a, b):
        """Whether relation a refers to relation b."""
        return self.link(self.relations[a], self.relations[b]) in (15, 17)

    def is_key(self, relation, column):
        """Primary key or reference."""
        kind = self.row["items"][self.columns[relation][column]][0]
        return (kind - 1) // 7 > 0

    def referred(self, relation, column, others):
        """The column of one of `others` that this column refers to, if any."""
        at = self.columns[relation][column]
        for other in others:
            for name, place in self.columns[other].items():
                if other != relation and self.link(at, place) == 1:
                    return other, name
        return None

    def connected(self, relations):
        """Whether keys connect these relations without any other."""
        todo, seen = [next(iter(relations))], set()
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                todo += [other for other in relations if other not in seen and self.joined(one, other)]
        return len(seen) == len(relations)

    def only_tree(self, terminals):
        """The smallest set of relations that connects the terminals (up to two more are tried); None where there are several."""
        terminals = set(terminals)
        if len(terminals) < 2:
            return terminals
        rest = [name for name in self.relations if name not in terminals]
        for more in range(3):
            if more == 2 and len(rest) > 30:
                break
            found = (terminals | set(extra) for extra in itertools.combinations(rest, more))
            connected = list(itertools.islice(filter(self.connected, found), 2))
            if connected:
                return connected[0] if len(connected) == 1 else None
        return terminals

    def mentioned(self, relation):
        """How much of a relation's name the question says."""
        words = self.row["items"][self.relations[relation]][1]
        return sum(word in self.row["words"] for word in words) / max(1, len(words))


class Block:
    """One SELECT of the gold query being turned into steps."""

    def __init__(self, select, view, outer):
        self.select, self.view, self.outer = select, view, outer
        self.names = {}
        source = select.args.get("from_") or select.args.get("from")
        tables = [source.this] if source else []
        tables += [join.this for join in select.args.get("joins") or []]
        for table in tables:
            if not isinstance(table, exp.Table):
                raise Unsaid("from")
            self.names[table.alias_or_name] = table.name
        self.tables = list(dict.fromkeys(self.names.values()))
        if len(self.tables) != len(self.names):
            raise Unsaid("self join")
        if not self.tables or any(table not in view.relations for table in self.tables):
            raise Unsaid("relation")
        self.star = None

    def column(self, node):
        """(relation, column) of a column node."""
        name, table = node.name, node.table
        owners = [self.names[table]] if table in self.names else self.tables if not table else []
        for owner in owners:
            if name in self.view.columns[owner]:
                return owner, name
        raise Unsaid(f"column {name}")

    def columns(self):
        """Columns named outside FROM, and whether a star is."""
        found, star = [], False
        for key, part in self.select.args.items():
            parts = part if isinstance(part, list) else [part]
            if key in ("from", "from_", "joins"):
                continue
            for node in itertools.chain.from_iterable(one.find_all(exp.Column, exp.Star) for one in parts if isinstance(one, exp.Expression)):
                if node.find_ancestor(exp.Select) is not self.select:
                    continue
                if isinstance(node, exp.Star):
                    star = True
                elif isinstance(node.this, exp.Star):
                    star = True
                else:
                    found.append(node)
        return found, star

    def group_keys(self):
        """Group columns: those that only complete a key for PostgreSQL are left out; a reference becomes the key it refers to."""
        group = self.select.args.get("group")
        if not group:
            return []
        keys = []
        for node in group.expressions:
            if isinstance(node, exp.Literal):
                node = self.select.expressions[int(node.this) - 1].unalias()
            if not isinstance(node, exp.Column):
                raise Unsaid("group")
            keys.append(self.column(node))
        if len(keys) > 1:
            lead = [key for key in keys if self.view.is_key(*key)]
            plain = [self.column(item.unalias()) for item in self.select.expressions if isinstance(item.unalias(), exp.Column)]
            if lead and all(key in plain or key in lead for key in keys):
                keys = lead[:1]
        return [self.view.referred(*key, self.tables) or key for key in keys]

    def steps(self):
        """The steps of this block."""
        view = self.view
        named, star = self.columns()
        keys = self.group_keys()
        group = self.select.args.get("group")
        in_group = set(map(id, group.find_all(exp.Column))) if group else set()
        need = {self.column(node)[0] for node in named if id(node) not in in_group} | {key[0] for key in keys}
        missing = [table for table in self.tables if table not in need]
        if star:
            holds = lambda table: sum(view.refers(table, other) for other in self.tables if other != table)
            if missing:
                self.star = max(missing, key=lambda table: (view.mentioned(table), holds(table)))
            else:
                self.star = max(self.tables, key=lambda table: (holds(table), view.mentioned(table)))
            need.add(self.star)
        extra = self.extra(need)
        items = self.select.expressions
        if len(items) > 6:
            raise Unsaid("items")
        steps = [("select", ("distinct " if self.select.args.get("distinct") else "") + str(len(items)))]
        if self.select.args.get("distinct") and self.select.args["distinct"].args.get("on"):
            raise Unsaid("distinct on")
        for item in items:
            steps += self.term(item.unalias())
        where, having = self.select.args.get("where"), self.select.args.get("having")
        steps += [("filter", "where"), *self.condition(where.this)] if where else [("filter", "none")]
        if len(keys) > 3:
            raise Unsaid("keys")
        steps.append(("group", str(len(keys)) if keys else "none"))
        steps += [("column", key) for key in keys]
        if keys:
            steps += [("having", "where"), *self.condition(having.this)] if having else [("having", "none")]
        steps += self.order()
        steps.append(("extra", str(len(extra)) if extra else "none"))
        return steps + [("relation", table) for table in extra]

    def extra(self, need):
        """Relations that no column forces into the join."""
        view, tables = self.view, set(self.tables)
        if not need:
            return self.tables[:3]
        if view.only_tree(need) == tables:
            return []
        rest = sorted(tables - need)
        for more in range(1, 4):
            for chosen in itertools.combinations(rest, more):
                if view.only_tree(need | set(chosen)) == tables:
                    return list(chosen)
        return rest[:3]

    def term(self, node):
        """A column, an aggregate, or arithmetic."""
        if isinstance(node, (exp.Paren, exp.Cast)):
            return self.term(node.this)
        if isinstance(node, exp.Star):
            return [("term", "plain"), ("column", (self.star, None))]
        if isinstance(node, exp.Column):
            if isinstance(node.this, exp.Star):
                return [("term", "plain"), ("column", (self.names.get(node.table, self.star), None))]
            return [("term", "plain"), ("column", self.column(node))]
        if type(node) in AGGREGATES:
            inner, name = node.this, AGGREGATES[type(node)]
            if isinstance(inner, exp.Distinct):
                inner, name = inner.expressions[0], name + " distinct"
            while isinstance(inner, (exp.Cast, exp.Paren)):
                inner = inner.this
            if isinstance(inner, (exp.Star, exp.Literal)):
                return [("term", name), ("column", (self.star, None))]
            if isinstance(inner, exp.Column):
                return [("term", name), ("column", self.column(inner))]
            raise Unsaid("aggregate")
        if isinstance(node, exp.Extract) and node.this.name.lower() == "year" and isinstance(node.expression, exp.Column):
            return [("term", "year"), ("column", self.column(node.expression))]
        if type(node) in ARITHMETIC:
            return [("term", ARITHMETIC[type(node)]), *self.term(node.this), *self.term(node.expression)]
        raise Unsaid(f"term {type(node).__name__}")

    def condition(self, node):
        """A condition."""
        if isinstance(node, exp.Paren):
            return self.condition(node.this)
        if isinstance(node, exp.And):
            return self.all_of(conjuncts(node))
        if isinstance(node, exp.Or):
            return [("condition", "or"), *self.condition(node.this), *self.condition(node.expression)]
        if isinstance(node, exp.Not):
            return self.negated(node.this)
        if type(node) in COMPARISONS:
            return self.comparison(COMPARISONS[type(node)], node.this, node.expression)
        if isinstance(node, exp.Between):
            return [("condition", "between"), *self.term(node.this), self.value(node.args["low"]), self.value(node.args["high"])]
        if isinstance(node, (exp.Like, exp.ILike)):
            return self.like(node, "")
        if isinstance(node, exp.In):
            return self.membership(node, "")
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return [("condition", "null"), ("column", self.column(node.this))]
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Boolean):
            return [("condition", "true" if node.expression.this else "false"), ("column", self.column(node.this))]
        if isinstance(node, exp.Column):
            return [("condition", "true"), ("column", self.column(node))]
        raise Unsaid(f"condition {type(node).__name__}")

    def all_of(self, parts):
        """Conditions that all hold; two neighbours that are the ends of one period are one condition."""
        period = self.period(*parts[:2]) if len(parts) > 1 else None
        first, rest = (period, parts[2:]) if period else (self.condition(parts[0]), parts[1:])
        return [("condition", "and"), *first, *self.all_of(rest)] if rest else first

    def period(self, first, last):
        """A half-open range of days that one stretch of words says ("in 2012") is that stretch, not two comparisons with it."""
        if not isinstance(first, exp.GTE) or not isinstance(last, exp.LT) or first.this != last.this or not isinstance(first.this, exp.Column):
            return None
        ends = [strip(one.expression) for one in (first, last)]
        if not all(isinstance(end, exp.Literal) and re.fullmatch(r"\d{4}-\d\d-\d\d.*", end.this) for end in ends):
            return None
        start, end = (spoken(one, self.view.row) for one in ends)
        if start is None or end not in (None, start):
            return None
        return [("condition", "="), *self.term(first.this), ("value", ("word", start))]

    def negated(self, node):
        """NOT of something."""
        while isinstance(node, exp.Paren):
            node = node.this
        if isinstance(node, (exp.Like, exp.ILike)):
            return self.like(node, "not ")
        if isinstance(node, exp.In):
            return self.membership(node, "not ")
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return [("condition", "not null"), ("column", self.column(node.this))]
        if isinstance(node, exp.Column):
            return [("condition", "false"), ("column", self.column(node))]
        if isinstance(node, exp.EQ):
            return self.comparison("!=", node.this, node.expression)
        raise Unsaid("not")

    def comparison(self, name, left, right):
        """term op value, query or column."""
        left, right = strip(left), strip(right)
        if isinstance(left, (exp.Literal, exp.Neg)) and not isinstance(right, (exp.Literal, exp.Neg)):
            left, right, name = right, left, SWAPPED[name]
        if isinstance(left, exp.Subquery) and not isinstance(right, exp.Subquery):
            left, right, name = right, left, SWAPPED[name]
        if isinstance(right, (exp.Subquery, exp.Select)):
            return [("condition", f"{name} query"), *self.term(left), *query(right, self.view)]
        if isinstance(right, exp.Column):
            return [("condition", f"{name} column"), *self.term(left), ("column", self.column(right))]
        if isinstance(right, exp.Boolean) and name in ("=", "!="):
            return [("condition", "true" if right.this == (name == "=") else "false"), ("column", self.column(left))]
        if isinstance(right, exp.Null):
            raise Unsaid("null")
        if name == "=" and isinstance(left, exp.Column) and self.is_flag(right):
            return [("condition", "true" if right.this.lower() in TRUE else "false"), ("column", self.column(left))]
        return [("condition", name), *self.term(left), self.value(right)]

    def is_flag(self, value):
        """Yes and no stored as text, where the question does not say the value itself."""
        return value.is_string and value.this.lower() in TRUE | FALSE and spoken(value, self.view.row) is None

    def like(self, node, negated):
        """LIKE with its wildcards told apart."""
        if not isinstance(node.expression, exp.Literal):
            raise Unsaid("like")
        pattern = node.expression.this
        core = pattern.strip("%")
        kind = "contains" if pattern.startswith("%") == pattern.endswith("%") else "ends" if pattern.startswith("%") else "starts"
        return [("condition", negated + kind), *self.term(node.this), self.value(exp.Literal.string(core))]

    def membership(self, node, negated):
        """IN with a query; a list of values becomes comparisons."""
        if node.args.get("query"):
            return [("condition", negated + "in"), *self.term(node.this), *query(node.args["query"], self.view)]
        alternatives = [self.comparison("!=" if negated else "=", node.this, one) for one in node.expressions]
        steps = alternatives[-1]
        for one in reversed(alternatives[:-1]):
            steps = [("condition", "and" if negated else "or"), *one, *steps]
        return steps

    def order(self):
        """ORDER BY and LIMIT."""
        order, limit = self.select.args.get("order"), self.select.args.get("limit")
        if not order:
            if limit:
                raise Unsaid("limit")
            return [("order", "none")]
        keys = order.expressions
        if len(keys) > 3:
            raise Unsaid("order")
        descending = any(key.args.get("desc") for key in keys)
        steps = [("order", f"{'desc' if descending else 'asc'} {len(keys)}{' limit' if limit else ''}")]
        for key in keys:
            node = key.this
            aliases = {item.alias: item.this for item in self.select.expressions if isinstance(item, exp.Alias)}
            if isinstance(node, exp.Column) and not node.table and node.name in aliases:
                node = aliases[node.name]
            steps += self.term(node)
        if limit:
            steps.append(self.value(limit.expression, limit=True))
        return steps

    def value(self, node, limit=False):
        """A step that points at the word which says a value, or a constant."""
        node = strip(node)
        if isinstance(node, exp.Neg):
            node = exp.Literal(this="-" + strip(node.this).name, is_string=False)
        if not isinstance(node, exp.Literal):
            raise Unsaid("value")
        place = None if limit and node.this == "1" else spoken(node, self.view.row)
        if place is not None:
            return ("value", ("word", place))
        if re.fullmatch(r"\d+", node.this) and int(node.this) in CONSTANTS:
            return ("value", ("constant", int(node.this)))
        raise Unsaid("value not said")


CONSTANTS = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 20, 100}


def spoken(node, row):
    """The position of the word that says a literal, if one does."""
    text = node.this.strip().strip("%").strip().lower()
    number = as_number(text)
    candidates = row["candidates"]
    if number is not None:
        for start, _, kind, said, _ in candidates:
            if kind == "number" and as_number(said) == number:
                return start
    for start, _, kind, said, _ in candidates:
        if kind in ("stored", "quoted", "capitals") and said.strip().lower() == text:
            return start
    for start, _, kind, said, _ in candidates:
        if kind == "date" and number is not None and text in said:
            return start
        if kind == "date" and not node.is_string:
            continue
        if kind == "date" and re.match(r"\d{4}-\d{2}-\d{2}", text) and str(int(text[:4])) in said:
            return start
    words = re.findall(r"\w+", text)
    lower = row["lower"]
    for at in range(len(lower)):
        if words and lower[at : at + len(words)] == words:
            return at
    return None


def as_number(text):
    """A number, or None."""
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def query(node, view):
    """The steps of a query."""
    while isinstance(node, (exp.Subquery, exp.Paren)):
        node = node.this
    if type(node) in SETS:
        left = node.this
        while isinstance(left, (exp.Subquery, exp.Paren)):
            left = left.this
        if not isinstance(left, exp.Select):
            raise Unsaid("set of sets")
        return [("query", SETS[type(node)]), *Block(left, view, None).steps(), *query(node.expression, view)]
    if not isinstance(node, exp.Select):
        raise Unsaid("query")
    return [("query", "single"), *Block(node, view, None).steps()]


def steps(sql, row, schema_base):
    """The steps of a gold query over a row of features. Raises Unsaid."""
    return query(sqlglot.parse_one(sql, read="postgres"), View(row, schema_base))


def numbered(list_of_steps, row, grammar):
    """Steps as numbers: (symbol, choice), choices from `len(productions)` on point at words, then items."""
    numbers = grammar["number"]
    first = len(grammar["productions"])
    count = len(row["words"])
    items = {tuple(item[2:]): at for at, item in enumerate(row["items"])}
    out = []
    for symbol, what in list_of_steps:
        if symbol == "column":
            relation, column = what
            if relation is None:
                raise Unsaid("star")
            choice = first + count + items[(relation,) if column is None else (relation, column)]
        elif symbol == "relation":
            choice = first + count + items[(what,)]
        elif symbol == "value":
            kind, place = what
            choice = first + place if kind == "word" else numbers[("value", str(place))]
        else:
            choice = numbers.get((symbol, what))
            if choice is None:
                raise Unsaid(f"{symbol} {what}")
        out.append((grammar["symbols"].index(symbol), choice))
    return out


def load_grammar(text):
    """The grammar as `features --grammar` describes it, with lookups."""
    import json

    grammar = json.loads(text)
    grammar["number"] = {(symbol, name): at for at, (symbol, name, _) in enumerate(grammar["productions"])}
    return grammar
