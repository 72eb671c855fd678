"""Reads SQL lightly: tokens, and the clauses of each SELECT. Enough to say what two queries over one schema differ in; no parser."""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(r"""
    (?P<space>\s+|--[^\n]*)
  | (?P<text>[eE]?'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<name>[^\W\d][\w$]*)
  | (?P<sign><>|!=|<=|>=|::|\|\||!~~\*?|~~\*?|.)
""", re.VERBOSE | re.DOTALL)

AGGREGATES = frozenset("count sum avg min max percentile_cont percentile_disc mode string_agg array_agg stddev variance".split())
KEYWORDS = frozenset("""
    all and any array as asc between both by case cast collate cross current_date current_timestamp day dense_rank desc distinct else end
    except exists extract false fetch filter first following from full group having ilike in inner intersect interval is join last
    lateral leading left like limit month natural not null nulls offset on only or order outer over partition preceding quarter
    right row rows select similar some symmetric then to trailing true unbounded union using when where with within year date
    timestamp time numeric integer int bigint text float double precision varchar week hour minute second dow isodow epoch
""".split())
CLAUSES = frozenset("select from where having limit offset fetch".split())
SET_OPERATIONS = frozenset("union intersect except".split())


@dataclass(frozen=True)
class Token:
    """A word or sign; `kind` is text, number, name (quoted or not), word (a keyword) or sign."""

    kind: str
    text: str


@dataclass
class Select:
    """One SELECT: the tokens of its clauses, without those of the SELECTs inside it."""

    depth: int
    clauses: dict = field(default_factory=dict)

    def clause(self, name):
        """The tokens of a clause; none where it is missing."""
        return self.clauses.get(name, [])


@dataclass
class Query:
    """All SELECTs of a statement in the order in which they begin, and its set operations."""

    selects: list
    set_operations: list

    @property
    def top(self):
        """The first SELECT that no other one holds."""
        return min(self.selects, key=lambda select: select.depth, default=Select(0))

    @property
    def branches(self):
        """How many SELECTs beside the first a set operation makes."""
        return len(self.set_operations)

    def tokens(self, *names):
        """The tokens of these clauses in every SELECT."""
        return [token for select in self.selects for name in names for token in select.clause(name)]


def tokens(sql):
    """The tokens of a statement; names without quotes and keywords in lower case."""
    found = []
    for match in TOKEN.finditer(sql):
        kind, text = match.lastgroup, match.group()
        if kind == "name":
            text = text.lower()
            kind = "word" if text in KEYWORDS else "name"
        elif kind == "quoted":
            kind, text = "name", text[1:-1].replace('""', '"').lower()
        elif kind == "text":
            text = text[text.index("'") + 1:-1].replace("''", "'")
        if kind != "space":
            found.append(Token(kind, text))
    return found


class _Reader:
    """Hands each token to the clause of the SELECT that it stands in."""

    def __init__(self, found):
        self.found = found
        self.query = Query([], [])
        # One entry an open parenthesis: the SELECT inside it and its clause, or None where it belongs to the SELECT around it.
        self.open = [None]
        self.at = [(None, None)]

    def read(self):
        for place, token in enumerate(self.found):
            self.step(place, token)
        return self.query

    def word(self, place):
        """The keyword at a place; empty where there is none."""
        inside = 0 <= place < len(self.found)
        return self.found[place].text if inside and self.found[place].kind == "word" else ""

    def step(self, place, token):
        if token == Token("sign", "("):
            self.put(token)
            begins = self.word(place + 1) in ("select", "with")
            self.open.append("select" if begins else None)
            if begins:
                self.at.append((None, None))
        elif token == Token("sign", ")"):
            if len(self.open) > 1 and self.open.pop() == "select":
                self.at.pop()
            self.put(token)
        elif token.kind == "word" and self.on_own_level() and self.turn(place, token.text):
            pass
        else:
            self.put(token)

    def on_own_level(self):
        """Whether a keyword here can begin a clause, rather than stand inside a call such as extract(year FROM x)."""
        return self.open[-1] == "select" or len(self.open) == 1

    def turn(self, place, word):
        """Begins the clause that a keyword stands for; false where it stands for none."""
        select, _ = self.at[-1]
        if word in SET_OPERATIONS:
            self.query.set_operations.append(word)
            self.at[-1] = (None, None)
        elif word == "select":
            select = Select(len(self.at) - 1)
            self.query.selects.append(select)
            self.at[-1] = (select, "select")
        elif word in ("group", "order") and self.word(place + 1) == "by":
            self.at[-1] = (select, word)
        elif word == "from" and self.word(place - 1) == "distinct":
            return False
        elif word in CLAUSES:
            self.at[-1] = (select, word)
        else:
            return False
        select, clause = self.at[-1]
        if select is not None and clause is not None:
            select.clauses.setdefault(clause, [])
        return True

    def put(self, token):
        select, clause = self.at[-1]
        if select is not None and clause is not None and token.text != "by":
            select.clauses[clause].append(token)


def read(sql):
    """The SELECTs of a statement and their clauses."""
    return _Reader(tokens(sql)).read()


def _after(found, place):
    return found[place + 1].text if place + 1 < len(found) else ""


def columns(found):
    """Names of columns in the tokens of a clause, without the name of their table; with repetitions."""
    names = []
    for place, token in enumerate(found):
        before = found[place - 1].text if place else ""
        if token.kind == "name" and _after(found, place) not in (".", "(") and before not in ("as", "::"):
            names.append(token.text)
    return names


def tables(query):
    """Names of the tables in every FROM; with repetitions."""
    names = []
    for select in query.selects:
        found, expected = select.clause("from"), True
        for place, token in enumerate(found):
            if token.kind == "name" and expected:
                if _after(found, place) != ".":
                    names.append(token.text)
                    expected = False
            elif token.text in ("join", ","):
                expected = True
            elif token.text in ("(", "on", "using"):
                expected = False
    return names


def aggregates(found):
    """Names of the aggregates that are called."""
    return [token.text for place, token in enumerate(found)
            if token.kind == "name" and token.text in AGGREGATES and _after(found, place) == "("]


def split(found, separator=","):
    """The tokens between separators outside parentheses; none for no tokens."""
    parts, depth = [[]] if found else [], 0
    for token in found:
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
        if depth == 0 and token.text == separator and token.kind in ("sign", "word"):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
