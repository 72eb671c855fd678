"""Questions with groups: counts and aggregates per value or per row of another table, conditions on groups."""

from .counting import WORDS
from .english import plural
from .filters import bound, some_conds
from .listing import label_items, shown_columns, where
from .naming import PLACE_WORDS
from .phrases import PLACE_LIKE, agent_verbs, noun_phrase, through_words
from .tree import Agg, Cmp, Col, Lit, Query
from .voice import Skip

COUNT_PER = """
How many [rows] are there (for|in) each [g]?
How many [rows] are there (for each|per|by) [g]?
How many [rows] does each [g] have?
$IMP the number of [rows] (for each|per|by|in each|of each|for every) [g]
What is the number of [rows] (for each|per|in each|of each) [g]?
(Count|Count) the (number of |)[rows] (for each|per|by|in each|of each) [g]
number of [rows] (per|by|for each) [g]
[rows] (per|by) [g]
For each [g], (how many [rows] are there|count the [rows]|show the number of [rows]|give the number of [rows])(|?)
$IMP each [g] (and|with|together with|along with) (the |its |)number of [rows]
$IMP (the |all |)[gs] (and|with|together with) the number of [rows] (for|in|of) each
What are the [gs] and (the |their |)(number of|how many) [rows](|)?
[g] and number of [rows]
Group the [rows] by [g] and count them
(Break down|Split) the number of [rows] by [g]
"""

AGG_PER = """
$CALC the {f} [a] (of|for) (the |all |)[rows] (for each|per|by|in each|of each) [g]
What is the {f} [a] (of|for) (the |)[rows] (for each|per|by|in each|of each) [g]?
What is the {f} [a] (per|for each|by) [g](| of [rows])?
{f} [a] (per|by|for each) [g]
{f} [a] of [rows] (per|by|for each) [g]
For each [g], (what is|show|give|find|return|compute) the {f} [a] (of|for) (the |)[rows]
$IMP each [g] (and|with|together with) the {f} [a] of (its |the |)[rows]
$IMP the [gs] (and|with|along with) the {f} [a] of (the |their |)[rows]
$IMP the {f} [a] and the [g], grouped by [g]
Group the [rows] by [g] and (show|give|find) the {f} [a]
"""


def group_column(voice, table, without=()):
    """A column that groups rows, and the noun for it."""
    column = voice.choose([c for c in voice.names.by_role(table, "category", "year") if c not in without and not voice.names.of(table, c).dangling])
    return column, voice.attr(table, column)


def grouped_table(voice, measured=False):
    """A table with something to group by."""
    return voice.choose([t for t in voice.schema.tables if any(not voice.names.of(t, c).dangling for c in voice.names.by_role(t, "category", "year")) and (not measured or voice.names.by_role(t, "measure"))])


def grouped_rows(voice, filtered):
    """A table, its source, a column to group by, the column's noun, and conditions on other columns with this chance."""
    table = grouped_table(voice)
    src = voice.base(table)
    column, noun = group_column(voice, table)
    conds = some_conds(voice, src, 1) if voice.chance(filtered) else []
    if any(c.column is column for c in conds):
        raise Skip
    return table, src, column, noun, conds


def count_per_value(voice):
    """Number of rows per value of a column."""
    table, src, column, noun, conds = grouped_rows(voice, 0.25)
    col = Col(src, column.name)
    query = Query([col, Agg("count")], voice.srcs, voice.joins, where(conds), group=[col])
    text = voice.say(COUNT_PER, rows=noun_phrase(voice, table, conds), g=noun, gs=plural(noun))
    return ordered_groups(voice, query, text)


def ordered_groups(voice, query, text):
    """At times the groups are sorted by their figure."""
    if voice.chance(0.14) and not text.endswith("?") and "," not in text:
        down, figure = voice.chance(0.75), query.items[-1]
        what = "count" if figure.fn == "count" else "figure"
        ending = voice.say("$DESC" if down else "$ASC")
        query.order = [(figure, down)]
        text += " " + voice.rng.choice([f"sorted by {what} {ending}", f"ordered by the {what} {ending}", ending])
        text = text.replace(" ,", ",")
    return query, text


def agg_per_value(voice):
    """An aggregate of a measure per value of a column; two aggregates or the count with it now and then."""
    table = grouped_table(voice, True)
    src = voice.base(table)
    column, noun = group_column(voice, table)
    measured = voice.choose(voice.names.by_role(table, "measure"))
    fn = voice.rng.choices(["avg", "sum", "max", "min"], [45, 25, 18, 12])[0]
    conds = some_conds(voice, src, 1) if voice.chance(0.15) else []
    if any(c.column in (column, measured) for c in conds):
        raise Skip
    col, arg = Col(src, column.name), Col(src, measured.name)
    slots = dict(rows=noun_phrase(voice, table, conds), g=noun, gs=plural(noun), a=voice.attr(table, measured))
    dice = voice.rng.random()
    if dice < 0.12:
        pair = voice.rng.choice([("min", "max"), ("avg", "max"), ("max", "min")])
        words = f"{WORDS[pair[0]]} and {WORDS[pair[1]]}"
        items = [col] + [Agg(f, arg) for f in pair]
    elif dice < 0.2:
        query = Query([col, Agg("count"), Agg(fn, arg)], voice.srcs, voice.joins, where(conds), group=[col])
        return query, voice.say([f"For each [g], (show|give|find|list) the number of [rows] and their {WORDS[fn]} [a]", f"How many [rows] are there per [g] and what is their {WORDS[fn]} [a]?", f"$IMP the [g], the number of [rows] and the {WORDS[fn]} [a] (for each|per) [g]", f"number of [rows] and {WORDS[fn]} [a] (per|by) [g]"], **slots)
    else:
        words, items = WORDS[fn], [col, Agg(fn, arg)]
    query = Query(items, voice.srcs, voice.joins, where(conds), group=[col])
    text = voice.say([t.strip().replace("{f}", words) for t in AGG_PER.strip().splitlines()], **slots)
    return ordered_groups(voice, query, text) if len(items) == 2 else (query, text)


def related(voice, named=True):
    """(parent, child, column) pairs where children can be counted per parent."""
    out = []
    for child in voice.schema.tables:
        for column in child.columns:
            if column.ref and column.ref != child.name:
                parent = voice.schema.table(column.ref)
                if not named or voice.names.has_name(parent):
                    out.append((parent, child, column))
    return out


class Pair:
    """A parent counted over its children, with the words for the children and the verb between."""

    def __init__(self, voice, through=0.45):
        self.voice = voice
        self.parent, self.child, self.column = voice.choose(related(voice))
        src = voice.base(self.child)
        self.child_src, self.things, self.verbs = src, None, None
        self.parent_src = voice.parent(src, self.column)
        self.order_sources()
        if voice.names.is_junction(self.child):
            back = next(c for c in self.child.columns if c.ref and c is not self.column)
            other = voice.schema.table(back.ref)
            if other is self.parent:
                raise Skip
            self.things, self.verbs = voice.ents(other), through_words(voice, self.parent_src, self.child, other)
            self.thing_table = other
        else:
            self.things, self.thing_table = voice.ents(self.child), self.child
            role = voice.names.of(self.child, self.column).target
            same = [c for c in self.child.columns if c.ref == self.column.ref]
            if len(same) > 1:
                self.things = f"{self.things} as {role}" if role else self.things
            found = agent_verbs(voice, self.child, self.parent)
            self.verbs = list(found[0]) if found else ["<have/has>"]

    def order_sources(self):
        """The parent first in FROM."""
        voice = self.voice
        left, right = voice.joins[0]
        voice.srcs.reverse()
        voice.joins = [(right, left)]

    @property
    def key(self):
        """The parent's key as an expression."""
        return Col(self.parent_src, self.parent.key.name)

    def label(self):
        """The parent's label as items."""
        return label_items(self.voice, self.parent_src)

    def counts(self):
        """How many children each parent has."""
        values = [r[self.column.name] for r in self.voice.rows[self.child.name]["rows"] if r[self.column.name] is not None]
        return [values.count(v) for v in set(values)]

    def group(self, items):
        """GROUP BY: the key and the shown columns."""
        return [self.key] + [i for i in items if isinstance(i, Col) and i.name != self.parent.key.name]

    def verb(self, many):
        """The verb between parent and things."""
        from .phrases import flat

        return flat(self.voice, self.voice.rng.choice(self.verbs), many)


class FarPair(Pair):
    """Rows counted per row that is two references away: visits per owner, over the animals."""

    def __init__(self, voice):
        self.voice = voice
        found = []
        for mid, child, column in related(voice, named=False):
            if not voice.names.is_junction(child) and not voice.names.is_junction(mid):
                found += [(child, column, mid, c, p) for c, p in voice.parents(mid) if p not in (mid, child)]
        self.child, self.column, mid, self.second, self.parent = voice.choose(found)
        if any(c.ref == self.parent.name for c in self.child.columns) or sum(c.ref == self.parent.name for c in mid.columns) > 1:
            raise Skip
        self.child_src = voice.base(self.child)
        mid_src = voice.parent(self.child_src, self.column)
        self.parent_src = voice.parent(mid_src, self.second)
        self.mid = mid
        voice.srcs.reverse()
        voice.joins = [(b, a) for a, b in reversed(voice.joins)]
        self.things, self.thing_table, self.verbs = voice.ents(self.child), self.child, ["<have/has>"]

    def counts(self):
        """How many far children each parent has."""
        above = {r[self.mid.key.name]: r[self.second.name] for r in self.voice.rows[self.mid.name]["rows"]}
        values = [above.get(r[self.column.name]) for r in self.voice.rows[self.child.name]["rows"]]
        return [values.count(v) for v in set(values) - {None}]


def make_pair(voice):
    """A pair, in a sixth of cases a far one."""
    return FarPair(voice) if voice.chance(0.17) else Pair(voice)


def count_per_row(voice):
    """Number of related rows per row, by its label."""
    pair = make_pair(voice)
    items = pair.label()
    extra = [c for c in shown_columns(voice, pair.parent, 1, voice.label(pair.parent))] if voice.chance(0.08) else []
    items = items + [Col(pair.parent_src, c.name) for c in extra]
    conds = []
    if voice.chance(0.12):
        conds = some_conds(voice, pair.child_src, 1)
    query = Query(items + [Agg("count")], voice.srcs, voice.joins, where(conds), group=pair.group(items))
    things = noun_phrase(voice, pair.child, conds) if conds else pair.things
    slots = dict(things=things, g=voice.noun(pair.parent), gs=voice.ents(pair.parent), name=voice.label_noun(pair.parent), verb=pair.verb(False), verbs=pair.verb(True))
    if extra:
        slots["x"] = voice.attr(pair.parent, extra[0])
        return query, voice.say(["For each [g], (show|list|give) the [name], the [x] and the number of [things]", "$IMP the [name] and [x] of each [g] (with|together with|and) the number of [things]", "What are the [name], the [x] and the number of [things] of each [g]?"], **slots)
    verb = slots["verb"]
    forms = [
        "How many [things] does (each|every) [g] have?",
        "How many [things] are there (for each|per) [g]?", "$IMP the [name] of each [g] (and|with|together with|along with) the number of [things]", "$IMP (all |the |)[gs] (and|with|together with|along with) (the|their) number of [things]",
        "For each [g], (show|list|give|find|return) the [name] and the number of [things]", "What is the [name] of each [g] and how many [things] (does it have|are there)?", "number of [things] (per|by|for each) [g]", "[things] (per|by) [g]",
        "Count the (number of |)[things] (of|for) each [g]", "$IMP how many [things] each [g] has", "What is the number of [things] (for|of) each [g]?", "$IMP the [name] and the number of [things] (of|for) each [g]",
    ]
    if verb.split()[0] not in ("has", "was", "is"):
        forms += [f"$IMP the number of [things] each [g] {verb}"] * 2
    text = voice.say(forms, **slots)
    return ordered_groups(voice, query, text)


def agg_per_row(voice):
    """An aggregate of a related measure per row."""
    pair = make_pair(voice)
    measured = voice.choose(voice.names.by_role(pair.child, "measure"))
    fn = voice.rng.choices(["sum", "avg", "max", "min"], [45, 32, 15, 8])[0]
    items = pair.label()
    query = Query(items + [Agg(fn, Col(pair.child_src, measured.name))], voice.srcs, voice.joins, group=pair.group(items))
    g, things, a = voice.noun(pair.parent), voice.ents(pair.child), voice.attr(pair.child, measured)
    slots = dict(rows=things, g=g, gs=voice.ents(pair.parent), a=a, name=voice.label_noun(pair.parent))
    templates = [t.strip().replace("{f}", WORDS[fn]) for t in AGG_PER.strip().splitlines() if "grouped by" not in t]
    templates += [f"$IMP the [name] of each [g] (and|with|together with) the {WORDS[fn]} [a] of (its|the|their) [rows]", f"$IMP (all |the |)[gs] (and|with) the {WORDS[fn]} [a] of their [rows]", f"What is the [name] of each [g] and the {WORDS[fn]} [a] of its [rows]?"] * 2
    text = voice.say(templates, **slots)
    return ordered_groups(voice, query, text)


def count_per_far_value(voice):
    """Number of rows per value of a column of the table they point to."""
    table = voice.choose([t for t in voice.schema.tables if voice.parents(t, False)])
    src = voice.base(table)
    column, parent = voice.choose([p for p in voice.parents(table, False) if p[1] is not table])
    psrc = voice.parent(src, column)
    value, noun = group_column(voice, parent)
    measured = voice.names.by_role(table, "measure")
    role = voice.role_noun(table, column)
    col = Col(psrc, value.name)
    g = voice.rng.choice([f"{role} {noun}", f"{noun} of the {role}", f"{role}'s {noun}"])
    slots = dict(g=g, gs=plural(f"{role} {noun}"), rows=voice.ents(table))
    if measured and voice.chance(0.5):
        column = voice.rng.choice(measured)
        fn = voice.rng.choice(["avg", "sum", "max", "min", "avg", "sum"])
        query = Query([col, Agg(fn, Col(src, column.name))], voice.srcs, voice.joins, group=[col])
        return ordered_groups(voice, query, voice.say([t.strip().replace("{f}", WORDS[fn]) for t in AGG_PER.strip().splitlines()], a=voice.attr(table, column), **slots))
    query = Query([col, Agg("count")], voice.srcs, voice.joins, group=[col])
    return ordered_groups(voice, query, voice.say([t for t in COUNT_PER.strip().splitlines() if "in each" not in t], **slots))


HAVING_OPS = [(">", 36), (">=", 40), ("<", 8), ("<=", 5), ("=", 11)]


def count_bound(voice, counts):
    """An operator and number that some groups satisfy, with its words."""
    op = voice.rng.choices([o for o, _ in HAVING_OPS], [w for _, w in HAVING_OPS])[0]
    ordered = sorted(counts)
    value = ordered[int(len(ordered) * voice.rng.uniform(0.3, 0.9))] if ordered else 1
    if op == ">":
        value = max(1, value - 1)
    if op in ("<",):
        value += 1
    from .english import NUMBER_WORDS

    word = NUMBER_WORDS[value] if value <= 12 and voice.chance(0.5) else str(value)
    return op, value, bound(voice, op, word, short=True)


def having_count_value(voice):
    """Values that occur more than n times."""
    table = grouped_table(voice)
    src = voice.base(table)
    column, noun = group_column(voice, table)
    values = [r[column.name] for r in voice.rows[table.name]["rows"] if r[column.name] is not None]
    op, value, words = count_bound(voice, [values.count(v) for v in set(values)])
    conds = some_conds(voice, src, 1) if voice.chance(0.12) else []
    if any(c.column is column for c in conds):
        raise Skip
    col = Col(src, column.name)
    items = [col] + ([Agg("count")] if voice.chance(0.12) else [])
    query = Query(items, voice.srcs, voice.joins, where(conds), group=[col], having=Cmp(op, Agg("count"), Lit(value)))
    rows, things = noun_phrase(voice, table, conds), words
    extra = " and the number of [rows] for each" if len(items) > 1 else ""
    forms = [f"Which [gs] have [n] [rows]{'?' if not extra else '? Also give the number.'}", f"$IMP (the |all |)[gs] (that have|with|having) [n] [rows]{extra}", f"$IMP (the |)[gs] (shared by|of|that apply to) [n] [rows]{extra}", f"What are the [gs] (with|that have|of) [n] [rows]{extra}?", f"[gs] with [n] [rows]{extra}",
             f"Which [gs] (occur|appear) for [n] [rows]{'?' if not extra else '? Also give the number.'}", f"For which [gs] are there [n] [rows]{'?' if not extra else '? Also give the number.'}"]
    return query, voice.say(forms, gs=plural(noun), g=noun, rows=rows, n=things)


def having_count_row(voice):
    """Rows with more than n related rows."""
    pair = make_pair(voice)
    op, value, words = count_bound(voice, pair.counts())
    items = pair.label() if voice.chance(0.8) else [Col(pair.parent_src, c.name) for c in shown_columns(voice, pair.parent, voice.rng.choice([1, 2]))]
    shown = [pair.parent.column(i.name) for i in items]
    query = Query(items, voice.srcs, voice.joins, group=pair.group(items), having=Cmp(op, Agg("count"), Lit(value)))
    from .phrases import columns_phrase

    slots = dict(gs=voice.ents(pair.parent), n=words, things=pair.things, verb=pair.verb(True), who=voice.who(pair.parent), cols=columns_phrase(voice, pair.parent, shown, voice.chance(0.6)))
    forms = ["$IMP the [cols] of (the |all |)[gs] [who] [verb] [n] [things]", "What are the [cols] of (the |)[gs] [who] [verb] [n] [things]?", "$IMP the [cols] of (the |all |)[gs] with [n] [things]", "What are the [cols] of (the |)[gs] with [n] [things]?", "[cols] of [gs] with [n] [things]", "$IMP the [cols] of [gs] having [n] [things]"]
    if shown == voice.names.label(pair.parent):
        forms += ["Which [gs] [verb] [n] [things]?"] * 3 + ["$IMP [gs] with [n] [things]", "$IMP (all |the |)[gs] [who] [verb] [n] [things]", "[gs] with [n] [things]"] + (["Who [verb] [n] [things]?"] if voice.person(pair.parent) and slots["verb"] not in ("have",) and not slots["verb"].startswith(("were", "are")) else [])
    return query, voice.say(forms, **slots)


def having_agg(voice):
    """Groups by an aggregate of a measure."""
    if voice.chance(0.5):
        table = grouped_table(voice, True)
        src = voice.base(table)
        column, noun = group_column(voice, table)
        measured, items = voice.choose(voice.names.by_role(table, "measure")), [Col(src, column.name)]
        rows, group, key = voice.ents(table), [Col(src, column.name)], column.name
        gs = plural(noun)
    else:
        pair = Pair(voice)
        table, src = pair.child, pair.child_src
        measured, items = voice.choose(voice.names.by_role(table, "measure")), pair.label()
        rows, group, key, gs = voice.ents(table), pair.group(items), pair.column.name, voice.ents(pair.parent)
    fn = voice.rng.choice(["avg", "sum", "sum", "avg", "max", "min"])
    groups = {}
    for row in voice.rows[table.name]["rows"]:
        if row[measured.name] is not None and row[key] is not None:
            groups.setdefault(row[key], []).append(row[measured.name])
    figure = {"avg": lambda v: sum(v) / len(v), "sum": sum, "max": max, "min": min}[fn]
    figures = sorted(figure(v) for v in groups.values())
    if len(figures) < 3:
        raise Skip
    value = int(figures[int(len(figures) * voice.rng.uniform(0.2, 0.8))])
    op = voice.rng.choice([">", ">", ">", "<", ">=", "<="])
    if op in ("<", "<="):
        value += 1
    query = Query(items, voice.srcs, voice.joins, group=group, having=Cmp(op, Agg(fn, Col(src, measured.name)), Lit(value)))
    name = voice.names.of(table, measured)
    from .filters import number

    shown = number(voice, value, name)
    limit, of_limit = bound(voice, op, shown).replace("exceeding", "above").replace("in excess of", "over"), bound(voice, op, shown, short=True)
    return query, voice.say(
        [f"Which [gs] have (an|a|a total) {WORDS[fn]} [a] of [o]?".replace("(an|a|a total) ", "an " if fn == "avg" else "a "), f"$IMP (the |all |)[gs] whose [rows] have {'an' if fn == 'avg' else 'a'} {WORDS[fn]} [a] of [o]", f"$IMP (the |)[gs] where the {WORDS[fn]} [a] of (the |)[rows] is [n]", f"What are the [gs] (whose|for which the) {WORDS[fn]} [a] of [rows] is [n]?".replace("(whose|for which the)", "for which the"),
         f"For which [gs] is the {WORDS[fn]} [a] of (the |)[rows] [n]?", f"[gs] with {WORDS[fn]} [a] (of [rows] |)[n]"],
        gs=gs, rows=rows, a=voice.attr(table, measured), n=limit, o=of_limit)


__all__ = ["PLACE_LIKE", "PLACE_WORDS"]
