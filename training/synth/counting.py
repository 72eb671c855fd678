"""Questions whose answer is one row of figures: counts, sums, averages, ratios."""

from . import lexicon
from .english import listing, plural
from .filters import any_cond, some_conds
from .listing import filters, where
from .phrases import noun_phrase, verb_phrase
from .tree import Agg, Arith, Bool, Col, Cmp, Lit, Query, conj
from .voice import Skip

WORDS = {"avg": "$AVG", "max": "$MAX", "min": "$MIN", "sum": "$SUM"}

HOW_MANY = """
How many [rows] are there?
How many [rows] are there?
How many [rows] do we have?
How many [rows]?
How many [rows] exist?
How many [rows] (are|can be) (found|in the database|on record|recorded)?
(What is|What's|Give me|Find|Return|Show|Tell me|Get) the (number|total number|count) of [rows](|?)
(Count|Count|Please count|Can you count) (the number of |the |all |all the |)[rows]
(number|total number|count|amount) of [rows]
[rows]: how many?
$TELL how many [rows] there are
$TELL (the number of|how many) [rows] (we have|exist|there are)
(What is the total number|What is the number) of [rows]?
How many [rows] (are there in total|in total|altogether|overall)?
"""

HOW_MANY_VERB = """
How many [nouns] [verb]?
How many [nouns] [verb]?
How many of the [nouns] [verb]?
Count the [nouns] [who] [verb]
(Find|Give|What is|Return) the number of [nouns] [who] [verb](|?)
How many [nouns] are there [who] [verb]?
$TELL how many [nouns] [verb]
"""


def keyed(voice, src):
    """count(*), or count(DISTINCT key) where a join repeats rows."""
    if getattr(voice, "fanout", False):
        if not src.table.key:
            raise Skip
        return Agg("count", Col(src, src.table.key.name), True)
    return Agg("count")


def count_rows(voice):
    """How many rows, filtered or not."""
    table = voice.choose([t for t in voice.schema.tables if not voice.names.is_junction(t) or voice.chance(0.2)])
    src = voice.base(table)
    conds = filters(voice, src, 0.33, 0.17)
    query = Query([keyed(voice, src)], voice.srcs, voice.joins, where(conds))
    if len(conds) == 1 and conds[0].vp and voice.chance(0.5):
        return query, voice.say(HOW_MANY_VERB, nouns=voice.ents(table), who=voice.who(table), verb=verb_phrase(voice, conds[0], True))
    return query, voice.say(HOW_MANY, rows=noun_phrase(voice, table, conds))


def count_distinct(voice):
    """How many different values a column has."""
    table = voice.choose(voice.schema.tables)
    src = voice.base(table)
    column = voice.choose([c for c in voice.names.by_role(table, "category", "year", "text", "fk") if not voice.names.of(table, c).dangling])
    name = voice.names.of(table, column)
    conds = some_conds(voice, src, 1) if voice.chance(0.45) else []
    if any(c.column is column for c in conds):
        raise Skip
    query = Query([Agg("count", Col(src, column.name), True)], voice.srcs, voice.joins, where(conds))
    attr = voice.attr(table, column) if name.role != "fk" else voice.role_noun(table, column)
    text = voice.say(
        """
        How many (different|distinct|unique|various) [attrs] (are there|exist|occur) (for|among|in the) $ALL[rows]?
        How many (different|distinct|unique) [attrs] do $ALL[rows] have?
        How many (different|distinct|unique) [attrs] of [rows] are there?
        (number|count) of (different|distinct|unique) [attrs] of [rows]
        (Count|Find|Give|Return|What is) the number of (different|distinct|unique) [attrs] (of|for|among) $ALL[rows]
        (Count|Give me a count of) the (different|distinct|unique) [attrs] (of|for|among) [rows]
        $TELL how many (different|distinct) [attrs] [rows] have
        """, attrs=plural(attr), rows=noun_phrase(voice, table, conds))
    return query, text


def measure(voice, table):
    """A measure column of the table."""
    return voice.choose(voice.names.by_role(table, "measure"))


def aggregate(voice):
    """One to three aggregates of a measure or of two."""
    table = voice.choose([t for t in voice.schema.tables if voice.names.by_role(t, "measure")])
    src = voice.base(table)
    column = measure(voice, table)
    fns = voice.rng.choice([["avg"]] * 4 + [["sum"]] * 4 + [["max"]] * 2 + [["min"]] * 2 + [["min", "max"], ["avg", "max"], ["avg", "min", "max"], ["max", "min"], ["sum", "avg"]])
    conds = filters(voice, src, 0.35, 0.4)
    if any(c.column is column for c in conds) or getattr(voice, "fanout", False):
        raise Skip
    if len(fns) == 1 and voice.chance(0.08):
        other = voice.choose([c for c in voice.names.by_role(table, "measure") if c is not column])
        return two_measures(voice, src, column, other, conds)
    query = Query([Agg(f, Col(src, column.name)) for f in fns], voice.srcs, voice.joins, where(conds))
    attr, rows = voice.attr(table, column), noun_phrase(voice, table, conds)
    special = how_much(voice, table, column, fns, rows) if len(fns) == 1 else []
    words = " ".join([listing([WORDS[f] for f in fns])])
    templates = [f"$CALC the {words} [attr] (of|for|across|over|among) $ALL[rows]"] * 4 + [
        f"What is the {words} [attr] (of|for|across|among) $ALL[rows]?", f"What (is|was|'s) the {words} [attr] of $ALL[rows]?".replace(" (is|was|'s)", " (is|was)"), f"{words} [attr] (of|for) [rows]",
        f"{words} [noun] [attr] (for|of) [rows]" if conds else f"{words} [noun] [attr]", f"$TELL the {words} [attr] of $ALL[rows]", f"For $ALL[rows], what is the {words} [attr]?",
        f"What {words} [attr] do $ALL[rows] have?",
    ] + special
    return query, voice.say(templates, attr=attr, rows=rows, noun=voice.noun(table), many=voice.ents(table))


def how_much(voice, table, column, fns, rows):
    """Forms with `on average` and `in total`, with the measure's own verb where it has one."""
    name, fn, out = voice.names.of(table, column), fns[0], []
    entry = lexicon.adjectives().get(name.head)
    verbs = entry[4] if entry and len(name.words) == 1 else []
    if fn == "avg":
        out += [f"How much do {rows} {v} on average?" for v in verbs if v in ("weigh", "cost", "earn", "make")] * 2
        out += [f"How long do {rows} {v} on average?" for v in verbs if v in ("last", "take")] * 2
        out += [f"How old are {rows} on average?"] * 3 if name.noun == "age" else []
    if fn == "sum" and name.counted:
        out += [f"How many {name.noun} do $ALL{rows} have (in total|together|altogether|overall)?"] * 3
    if fn == "sum" and (name.head in ("amount", "cost", "fee", "total", "revenue", "price", "quantity") and len(name.words) == 1):
        out += [f"How much is the [attr] of $ALL{rows} (in total|together)?", f"What do $ALL{rows} add up to in [attr]?"]
    return out


def two_measures(voice, src, one, two, conds):
    """Aggregates of two measures."""
    fns = voice.rng.choice([("avg", "avg"), ("max", "max"), ("avg", "max"), ("sum", "avg"), ("min", "min"), ("sum", "sum")])
    query = Query([Agg(f, Col(src, c.name)) for f, c in zip(fns, (one, two))], voice.srcs, voice.joins, where(conds))
    a, b, rows = voice.attr(src.table, one), voice.attr(src.table, two), noun_phrase(voice, src.table, conds)
    templates = [f"$CALC the {WORDS[fns[0]]} [a] and (the |){WORDS[fns[1]]} [b] (of|for|across) $ALL[rows]", f"What are the {WORDS[fns[0]]} [a] and the {WORDS[fns[1]]} [b] of $ALL[rows]?", f"{WORDS[fns[0]]} [a] and {WORDS[fns[1]]} [b] of [rows]"]
    if fns[0] == fns[1]:
        templates.append(f"What are the {WORDS[fns[0]]} [a] and [b] of $ALL[rows]?")
    return query, voice.say(templates, a=a, b=b, rows=rows)


def count_and_aggregate(voice):
    """The number of rows together with an average, or a column pair's difference over all rows."""
    table = voice.choose([t for t in voice.schema.tables if voice.names.by_role(t, "measure")])
    src = voice.base(table)
    column, fn = measure(voice, table), voice.rng.choice(["avg", "sum", "max", "min"])
    conds = some_conds(voice, src, 1) if voice.chance(0.5) else []
    if any(c.column is column for c in conds):
        raise Skip
    query = Query([Agg("count"), Agg(fn, Col(src, column.name))], voice.srcs, voice.joins, where(conds))
    text = voice.say(
        [f"How many [rows] are there and what is their {WORDS[fn]} [attr]?", f"$IMP the number of [rows] and their {WORDS[fn]} [attr]", f"Count the [rows] and (give|show|compute) (their|the) {WORDS[fn]} [attr]", f"number and {WORDS[fn]} [attr] of [rows]",
         f"How many [rows] do we have, and what is the {WORDS[fn]} [attr]?"],
        rows=noun_phrase(voice, table, conds), attr=voice.attr(table, column))
    return query, text


def spread(voice):
    """Difference of the extremes of a measure."""
    table = voice.choose([t for t in voice.schema.tables if voice.names.by_role(t, "measure")])
    src = voice.base(table)
    column, conds = measure(voice, table), some_conds(voice, src, 1) if voice.chance(0.3) else []
    if any(c.column is column for c in conds):
        raise Skip
    col = Col(src, column.name)
    query = Query([Arith("-", Agg("max", col), Agg("min", col))], voice.srcs, voice.joins, where(conds))
    return query, voice.say(
        """
        What is the (difference|gap) between the $MAX and (the |)$MIN [attr] of $ALL[rows]?
        (difference|gap|spread) between (the |)$MAX and $MIN [attr] of [rows]
        By how much do the $MAX and the $MIN [attr] of $ALL[rows] differ?
        How far apart are the $MAX and the $MIN [attr] of $ALL[rows]?
        """, attr=voice.attr(table, column), rows=noun_phrase(voice, table, conds))


def share(voice):
    """The percentage of rows that satisfy a condition."""
    table = voice.choose([t for t in voice.schema.tables if voice.names.by_role(t, "category", "bool", "flag", "measure")])
    src = voice.base(table)
    cond = any_cond(voice, src)
    if not cond.vp:
        raise Skip
    part = Filtered(cond.tree, src)
    query = Query([Arith("/", Arith("*", Lit(None, "100.0"), part), Agg("count"))], voice.srcs, voice.joins)
    return query, voice.say(
        """
        What (percentage|share|proportion|percent) of (the |all |)[nouns] [verb]?
        $IMP the (percentage|share|proportion) of [nouns] [who] [verb]
        How many percent of (the |all |)[nouns] [verb]?
        (percentage|share) of [nouns] [who] [verb]
        """, nouns=voice.ents(table), who=voice.who(table), verb=verb_phrase(voice, cond, True))


class Filtered:
    """count(*) FILTER (WHERE ...)."""

    def __init__(self, cond, src):
        self.cond, self.src = cond, src

    def sql(self, names):
        """The expression."""
        from .tree import cond_sql

        return f"count(*) FILTER (WHERE {cond_sql(self.cond, names)})"


def arithmetic(voice):
    """Rows by the difference, sum or product of two of their measures."""
    pairs = []
    for table in voice.schema.tables:
        money = [c for c in voice.names.by_role(table, "measure")]
        pairs += [(table, a, b, "-") for a in money for b in money if a is not b and (a.unit == b.unit and a.unit or voice.names.of(table, a).unit and voice.names.of(table, a).unit == voice.names.of(table, b).unit)]
        pairs += [(table, a, b, "*") for a in money for b in money if voice.names.of(table, a).head in ("quantity", "amount", "pieces", "units", "count") and voice.names.of(table, b).head in ("price", "cost", "fee", "rate") and a is not b]
    table, one, two, op = voice.choose([p for p in pairs if voice.names.label(p[0])])
    src = voice.base(table)
    expr = Arith(op, Col(src, one.name), Col(src, two.name))
    a, b = voice.attr(table, one), voice.attr(table, two)
    slots = dict(a=a, b=b, nouns=voice.ents(table), noun=voice.noun(table), name=voice.label_noun(table))
    slots["names"] = plural(slots["name"])
    label = [Col(src, c.name) for c in voice.label(table)]
    if op == "*":
        return Query(label + [expr], voice.srcs, voice.joins), voice.say("$IMP the [name] and [a] times [b] of each [noun]\nWhat is [a] multiplied by [b] for each [noun]? $IMP the [name] too.\n$IMP each [noun] with its [a] times its [b]", **slots)
    if voice.chance(0.5):
        query = Query(label, voice.srcs, voice.joins, Cmp(">", Col(src, one.name), Col(src, two.name)))
        return query, voice.say("Which [nouns] have a higher [a] than [b]?\n$IMP [nouns] whose [a] is (greater|higher|larger|more) than their [b]\n$IMP the [names] of [nouns] with a [a] above their [b]\n[nouns] whose [a] exceeds their [b]", **slots)
    return Query(label + [expr], voice.srcs, voice.joins), voice.say("$IMP the [name] of each [noun] and the difference between its [a] and its [b]\nWhat is the difference between [a] and [b] for each [noun]? $IMP the [names] as well.\nFor each [noun], show the [name] and [a] minus [b]", **slots)


__all__ = ["Bool", "conj"]
