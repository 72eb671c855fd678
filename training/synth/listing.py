"""Questions that list rows: columns of one table or of joined tables, filtered, sorted, distinct."""

from .english import agreed, article, listing, plural, possessive, say
from .filters import some_conds
from .phrases import agent_verbs, columns_phrase, flat, link_cond, noun_phrase, verb_phrase
from .tree import Col, Query, Star, conj
from .voice import Skip

SHOWN = ("category", "measure", "date", "timestamp", "year", "text", "code", "label", "key", "bool", "flag", "fk")
SHOW_WEIGHT = {"category": 6, "measure": 6, "date": 4, "timestamp": 3, "year": 4, "text": 4, "code": 2, "label": 8, "key": 2, "bool": 0.04, "flag": 0.05, "fk": 0.3}

OF_ROWS = """
$IMP the [cols] (of|for) $ALL[rows]
$IMP the [cols] (of|for) $ALL[rows]
$IMP [cols] (of|for) $ALL[rows]
What [be] the [cols] (of|for) $ALL[rows]?
What [be] the [cols] (of|for) $ALL[rows]?
What [be] the [cols] of [each]?
What is the [col] of [each]?
$IMP the [col] (of|for) [each]
For [each], (list|show|give|return|what is) (its|the) [col]
For $ALL[rows], (list|show|give) (me |)(their|the) [cols]
[cols] of $ALL[rows]
[col] (of|for) [each]
[rows]: [cols]
$TELL the [cols] of $ALL[rows]
What [cols] do $ALL[rows] have?
I'm looking for the [cols] of [rows]
"""

ROWS_ONLY = """
$IMP $ALL[rows]
$IMP $ALL[rows]
$IMP (a list of |the list of |)[rows]
Which [rows] are there?
What are $ALL[rows]?
What [rows] (do we have|are there|exist)?
[rows]
$IMP the [names] of $ALL[rows]
$IMP the [names] of $ALL[rows]
What are the [names] of $ALL[rows]?
What are the [names] of $ALL[rows]?
What is the [name] of [each]?
$IMP the [name] of [each]
[names] of $ALL[rows]
All [rows], by [name]
I'm looking for [rows]
Are there any [rows]? (List them.|Show them.|Which ones?)
"""

WHO = """
Who are $ALL[rows]?
Who [verb1]?
Which [nouns] [verb]?
Which [nouns] [verb]?
Which [nouns] [verb]? $IMP (their |the )[names].
What are the [names] of the [nouns] (who|that) [verb]?
$IMP the [names] of [nouns] (who|that) [verb]
$TELL which [nouns] [verb]
"""

WHICH = """
Which [nouns] [verb]?
Which [nouns] [verb]?
Which [noun] [verb1]?
What [nouns] [verb]?
Which [nouns] [verb]? $IMP (the |their |)[names].
What are the [names] of the [nouns] (that|which) [verb]?
$IMP the [names] of (the |all |)[nouns] (that|which) [verb]
$TELL which [nouns] [verb]
"""


def shown_columns(voice, table, count, without=()):
    """Columns to show, drawn by role."""
    options = [c for c in table.columns if voice.names.of(table, c).role in SHOWN and c not in without]
    chosen = []
    while options and len(chosen) < count:
        weights = [SHOW_WEIGHT[voice.names.of(table, c).role] * (0.25 if voice.names.of(table, c).dangling else 1) for c in options]
        column = voice.rng.choices(options, weights)[0]
        options.remove(column)
        chosen.append(column)
    if len(chosen) < count:
        raise Skip
    label = voice.names.label(table)
    if len(label) == 2 and (label[0] in chosen) != (label[1] in chosen) and voice.chance(0.6):
        chosen = label + [c for c in chosen if c not in label]
    return chosen


def count_of_columns(voice):
    """1 to 4 columns as real questions have it."""
    return voice.rng.choices([1, 2, 3, 4], [60, 29, 8, 3])[0]


def filters(voice, src, linked=0.3, plain=0.2):
    """No condition, conditions on the row itself, or on related rows (with at times one of its own)."""
    dice = voice.rng.random()
    if dice < plain:
        return []
    if dice < plain + linked:
        conds = [link_cond(voice, src)]
        return conds + (some_conds(voice, src, 1) if voice.chance(0.2) else [])
    return some_conds(voice, src)


def where(conds):
    """The tree of conditions."""
    return conj(*[c.tree for c in conds])


def subject_table(voice, named=True):
    """A table that questions are about."""
    tables = [t for t in voice.schema.tables if not voice.names.is_junction(t) and voice.names.label(t)]
    return voice.choose([t for t in tables if voice.names.has_name(t)] if named else tables)


def label_items(voice, src):
    """The label's columns as items."""
    return [Col(src, c.name) for c in voice.label(src.table)]


def columns(voice):
    """Columns of a table's rows with filters."""
    table = subject_table(voice, named=False)
    src = voice.base(table)
    chosen = shown_columns(voice, table, count_of_columns(voice))
    conds = filters(voice, src, 0.3, 0.25)
    query = Query([Col(src, c.name) for c in chosen], voice.srcs, voice.joins, where(conds))
    if conds and len(chosen) == 1 and any(c.column is chosen[0] for c in conds):
        raise Skip
    rows = noun_phrase(voice, table, conds)
    label, many = voice.names.label(table), voice.chance(0.6)
    others = [c for c in chosen if c not in label]
    if voice.names.has_name(table) and len(others) + len(label) == len(chosen) and others and voice.chance(0.4):
        return query, voice.say("$IMP $ALL[rows] $WITH their [o]\n[rows] (with|and) their [o]\nWhat are $ALL[rows] and their [o]?\nWhich [rows] are there and what (is|are) their [o]?", rows=rows, o=columns_phrase(voice, table, others, voice.chance(0.5)))
    text = voice.say(
        OF_ROWS, cols=columns_phrase(voice, table, chosen, many), be="are" if many or len(chosen) > 1 or voice.chance(0.1) else "is", col=columns_phrase(voice, table, chosen, False), rows=rows,
        each=f"{voice.rng.choice(['each', 'every', 'each'])} {noun_phrase(voice, table, conds, False)}",
    )
    return query, text


def rows(voice):
    """Rows by their label, without naming the column or with it."""
    table = subject_table(voice)
    src = voice.base(table)
    conds = filters(voice, src, 0.4, 0.1)
    if names_itself(voice, table, conds):
        raise Skip
    query = Query(label_items(voice, src), voice.srcs, voice.joins, where(conds))
    slots = dict(rows=noun_phrase(voice, table, conds), name=voice.label_noun(table), nouns=voice.ents(table), noun=voice.noun(table))
    slots["names"] = plural(slots["name"])
    slots["each"] = "each " + noun_phrase(voice, table, conds, False)
    if len(conds) == 1 and conds[0].vp and voice.chance(0.6):
        slots["verb"], slots["verb1"] = verb_phrase(voice, conds[0], True), verb_phrase(voice, conds[0], False)
        return query, voice.say(WHO if voice.person(table) else WHICH, **slots)
    return query, voice.say(ROWS_ONLY, **slots)


def names_itself(voice, table, conds):
    """Whether a condition already says the label that is asked for."""
    label = [c.name for c in voice.names.label(table)] + [c.name for c in table.columns if c.is_key]
    return any(getattr(c.tree, "op", "") == "=" and c.column is not None and c.column.name in label and c.column in table.columns for c in conds)


def one_row(voice):
    """Columns of one named row: `How heavy is Bella?`, `Bella's weight`, `Where does Anna live?`."""
    table = subject_table(voice)
    src = voice.base(table)
    label = voice.label(table)
    values = [voice.row[src][c.name] for c in label]
    shown = " ".join(str(v) for v in values)
    if None in values or set(shown) & set("()[]|<>\""):
        raise Skip
    chosen = shown_columns(voice, table, voice.rng.choice([1, 1, 1, 2]), without=label)
    from .tree import Cmp, Lit

    tree = conj(*[Cmp("=", Col(src, c.name), Lit(v)) for c, v in zip(label, values)])
    query = Query([Col(src, c.name) for c in chosen], voice.srcs, voice.joins, tree)
    special = asked_for_one(voice, table, chosen, shown) if len(chosen) == 1 else []
    text = voice.say(
        special + [
            "What is the [col] of [v]?", "What is the [col] of the [noun] [v]?", "What is [vs] [col]?", "$IMP the [col] of [v]", "$IMP [vs] [col]", "$IMP the [col] (of|for) the [noun] (named|called|) [v]",
            "What [col] does [v] have?", "[col] of [v]", "[v] [col]", "[vs] [col]", 'What is the [col] of the [noun] (named|called) "[v]"?', "$TELL the [col] of [noun] [v]",
            'What is the [col] of the [noun] with the [name] "[v]"?', "Which [col] does the [noun] [v] have?", '$IMP the [col] of the [noun] whose [name] is [v]',
        ],
        col=columns_phrase(voice, table, chosen, False), v=shown, vs=possessive(shown), noun=voice.noun(table), name=voice.label_noun(table),
    )
    return query, text


def asked_for_one(voice, table, chosen, shown):
    """Questions with their own question word: how heavy, where, when."""
    from . import lexicon
    from .naming import PLACE_WORDS

    name, person = voice.names.of(table, chosen[0]), voice.person(table)
    if name.role == "category" and name.noun in ("city", "country", "town", "location", "state", "region"):
        kind = "" if name.noun in ("city", "location") else f", by {name.noun}"
        forms = [f"In which {name.noun} does {shown} live?", f"Which {name.noun} is {shown} from?", f"Where does {shown} live?", f"Where is {shown} based?"] if person else [f"Where is {shown}?", f"In which {name.noun} is {shown}?", f"Where is the {voice.noun(table)} {shown} located?", f"Which {name.noun} is {shown} in?"]
        return (forms if not kind else [f for f in forms if name.noun in f]) * 3
    if name.role in ("date", "timestamp", "year") and name.noun != "year":
        entry = next((lexicon.date_verbs()[w] for w in name.words if w in lexicon.date_verbs()), None)
        lead = "When" if name.role != "year" else voice.rng.choice(["When", "In which year", "In what year"])
        return [f"{lead} was {shown} {d}?" for d in entry[0]] * 4 if entry and entry[0] and name.words[0] not in ("first", "last", "next") else []
    adjective = {"weight": "heavy", "height": "tall", "length": "long", "duration": "long", "price": "expensive", "age": "old", "depth": "deep", "speed": "fast", "area": "large", "population": "populous", "distance": "far"}.get(name.noun)
    if adjective:
        forms = [f"How {adjective} is {shown}?", f"How {adjective} is the {voice.noun(table)} {shown}?"] * 3
        return forms + ([f"How much does {shown} weigh?"] * 3 if name.noun == "weight" else [f"How much does {shown} cost?"] * 3 if name.noun == "price" else [])
    if name.money and name.noun in ("cost", "fee", "fare", "rent"):
        return [f"How much does {shown} cost?"] * 4
    if name.noun in ("salary", "wage", "pay"):
        return [f"How much does {shown} earn?", f"How much is {shown} paid?", f"How much does {shown} make?"] * 3
    if name.noun == "capacity":
        return [f"How many people can {shown} hold?"] * 4
    return []


def everything(voice):
    """All columns of a table."""
    table = voice.choose([t for t in voice.schema.tables])
    src = voice.base(table)
    conds = some_conds(voice, src, 1) if voice.chance(0.55) else []
    query = Query([Star()], voice.srcs, voice.joins, where(conds))
    text = voice.say(
        """
        $IMP (all|all the|the whole) (information|info|details|data|columns) (about|on|for|of) $ALL[rows]
        $IMP everything (about|on|we know about|we have on) $ALL[rows]
        What (are all the details|is all the information|do we know) (about|on) $ALL[rows]?
        all (columns|fields|details) of $ALL[rows]
        $IMP (complete|full) (records|rows|entries|details) (for|of) $ALL[rows]
        """, rows=noun_phrase(voice, table, conds))
    return query, text


def distinct(voice):
    """The different values of a column."""
    table = voice.choose(voice.schema.tables)
    src = voice.base(table)
    column = voice.choose([c for c in voice.names.by_role(table, "category", "year", "text") if not voice.names.of(table, c).dangling])
    conds = filters(voice, src, 0.25, 0.5)
    if any(c.column is column for c in conds):
        raise Skip
    query = Query([Col(src, column.name)], voice.srcs, voice.joins, where(conds), distinct=True)
    attr = voice.attr(table, column)
    text = voice.say(
        """
        $IMP (all |)(the |)(different|distinct|unique|various) [attrs] (of|for|among) $ALL[rows]
        What are the (different|distinct|unique) [attrs] of $ALL[rows]?
        What (different|distinct|unique) [attrs] (are there|exist|occur) (for|among) [rows]?
        Which (different|distinct|) [attrs] (are there|exist|occur) (for|among) [rows]?
        (distinct|unique|different) [attrs] of [rows]
        $IMP [attrs] of [rows](,|) without (duplicates|repetition)
        Which [attrs] do [rows] have? $IMP each (only |)once.
        $IMP each [attr] of $ALL[rows] (just|only) once
        """, attr=attr, attrs=plural(attr), rows=noun_phrase(voice, table, conds))
    return query, text


def join_columns(voice):
    """Columns of a row together with columns of the row it points to."""
    table = voice.choose([t for t in voice.schema.tables if voice.parents(t)])
    src = voice.base(table)
    column, parent = voice.choose([p for p in voice.parents(table) if p[1] is not table])
    psrc = voice.parent(src, column)
    if voice.names.has_name(table):
        mine = voice.label(table) if voice.chance(0.6) else shown_columns(voice, table, 1)
    else:
        mine = shown_columns(voice, table, 1)
    label_only = voice.chance(0.6)
    theirs = voice.label(parent) if label_only else shown_columns(voice, parent, 1)
    conds = some_conds(voice, voice.rng.choice([src, src, psrc]), 1) if voice.chance(0.35) else []
    on_parent = bool(conds) and conds[0].tree and any(conds[0].column is c for c in parent.columns)
    query = Query([Col(src, c.name) for c in mine] + [Col(psrc, c.name) for c in theirs], voice.srcs, voice.joins, where(conds))
    role = voice.role_noun(table, column)
    rows = noun_phrase(voice, table, [] if on_parent else conds)
    if on_parent:
        rows += f" of {noun_phrase(voice, parent, conds, True, role)}"
    a, b = columns_phrase(voice, table, mine, False), columns_phrase(voice, parent, theirs, False)
    slots = dict(a=a, b=b, aa=columns_phrase(voice, table, mine, True), role=role, roles=possessive(role), rows=rows,
                 one=voice.noun(table), ones=possessive(voice.noun(table)), theirs=f"their {role}" if label_only else f"the {b} of (their|the) {role}")
    templates = """
        $IMP the [a] (of|for) each [one2] (and|with|together with|along with) the [b] of (its|the) [role]
        $IMP the [aa] of $ALL[rows] (and|with|together with|along with) the [b] of (their|the) [role]
        $IMP the [aa] of $ALL[rows] (and|with) their [roles] [b]
        What are the [aa] of $ALL[rows] and the (corresponding |)[b] of (their|the) [role]?
        What are the [aa] of $ALL[rows](, and|and|, as well as) their [roles] [b]?
        For [each2], (show|give|list|return) (its|the) [a] and the [b] of (its|the) [role]
        [aa] of [rows] (with|and) [role] [b]
        For each [one2], what is (its|the) [a] and (its|the) [roles] [b]?
    """
    slots["one2"] = noun_phrase(voice, table, [] if on_parent else conds, False) + (f" of {noun_phrase(voice, parent, conds, True, role)}" if on_parent else "")
    slots["each2"] = "each " + slots["one2"]
    if label_only and mine == voice.names.label(table) and voice.names.has_name(table):
        templates += """
        $IMP $ALL[rows] (and|with|together with|along with) their [role]
        $IMP each [one2] (and|with|together with) (its|the) [role]
        Which [role] does each [one2] have?
        [rows] (and|with) their [role]
        """
    if parent is not table and voice.person(parent) and label_only:
        templates += """
        Who is the [role] of each [one2]? $IMP the [a] and the [b] of the [role].
        """
    return query, voice.say([t.strip() for t in templates.strip().splitlines()], **slots)


def far_columns(voice):
    """Labels of rows that a junction ties together: `students and the courses they took`."""
    table = voice.choose([t for t in voice.schema.tables if voice.names.is_junction(t) and len(voice.parents(t)) == 2])
    src = voice.base(table)
    refs = voice.parents(table)
    voice.rng.shuffle(refs)
    (one, left), (two, right) = refs
    lsrc = voice.parent(src, one)
    rsrc = voice.parent(src, two)
    voice.srcs[:] = [lsrc, src, rsrc]
    first, second = voice.joins
    voice.joins[:] = [(first[1], first[0]), second]
    theirs = voice.label(right)
    from .phrases import through_words

    verb = flat(voice, voice.rng.choice(through_words(voice, lsrc, table, right)), True)
    conds = some_conds(voice, voice.rng.choice([lsrc, rsrc]), 1) if voice.chance(0.5) else []
    on_left = bool(conds) and any(conds[0].column is c for c in left.columns)
    lefts = noun_phrase(voice, left, conds if on_left else [])
    rights = noun_phrase(voice, right, [] if on_left else conds)
    slots = dict(a=voice.label_noun(left), b=voice.label_noun(right), lefts=lefts, rights=rights, verb=verb)
    slots["aa"], slots["bb"] = plural(slots["a"]), plural(slots["b"])
    if on_left and voice.chance(0.45):
        query = Query([Col(rsrc, c.name) for c in theirs], voice.srcs, voice.joins, where(conds))
        return query, voice.say(
            """
            $IMP the [bb] of the [rights] that [lefts] [verb]
            What are the [bb] of the [rights] that [lefts] [verb]?
            $IMP [rights] that [lefts] [verb]
            """ if not verb.startswith(("were", "are")) and verb != "have" else "$IMP the [bb] of the [rights] of [lefts]\nWhat are the [bb] of the [rights] of [lefts]?\n[rights] of [lefts]\nWhich [rights] do [lefts] have?", **slots)
    query = Query([Col(lsrc, c.name) for c in voice.label(left)] + [Col(rsrc, c.name) for c in theirs], voice.srcs, voice.joins, where(conds))
    they = "" if conds and not on_left else "What are the [aa] of the [lefts] and the [bb] of the [rights] they [verb]?\nWhich [rights] does each of the [lefts] have?"
    return query, voice.say(
        they + """
        $IMP the [aa] of $ALL[lefts] $WITH the [bb] of (the|their) [rights]
        $IMP $ALL[lefts] $WITH (the|their) [rights]
        $IMP the [a] of each [l1] and the [b] of each of (its|the|their) [rights]
        [lefts] and their [rights]
        For all [lefts], (show|list|give) the [a] and the [bb] of their [rights]
        """, l1=noun_phrase(voice, left, conds if on_left else [], False), **slots)


def join_other(voice):
    """A column of the related row, for rows with a condition: `the city of the owner of Bella`."""
    table = voice.choose([t for t in voice.schema.tables if voice.parents(t, False) and not voice.names.is_junction(t)])
    src = voice.base(table)
    column, parent = voice.choose([p for p in voice.parents(table, False) if p[1] is not table])
    conds = some_conds(voice, src, 1)
    psrc = voice.parent(src, column)
    chosen = voice.label(parent) if voice.chance(0.5) and voice.names.has_name(parent) else shown_columns(voice, parent, voice.rng.choice([1, 1, 2]))
    query = Query([Col(psrc, c.name) for c in chosen], voice.srcs, voice.joins, where(conds))
    role, rows = voice.role_noun(table, column), noun_phrase(voice, table, conds)
    one = noun_phrase(voice, table, conds, False)
    slots = dict(cols=columns_phrase(voice, parent, chosen, voice.chance(0.6)), role=role, roles=plural(role), rows=rows, one=article(one), who="who" if voice.person(parent) else "that")
    templates = """
        $IMP the [cols] of the [roles] of [rows]
        What (are|is) the [cols] of the [roles] of [rows]?
        $IMP the [cols] of (the |all |)[roles] [who] have [rows]
        $IMP the [cols] of (the |all |)[roles] with [rows]
        What are the [cols] of the [roles] [who] have [one]?
        [cols] of the [roles] of [rows]
        For [rows], (list|show|give|find) the [cols] of the [role]
    """
    verbs = agent_verbs(voice, table, parent)
    if verbs:
        slots["did"] = voice.rng.choice(verbs[0])
        templates += """
        $IMP the [cols] of (the |all |)[roles] [who] [did] [rows]
        What are the [cols] of the [roles] [who] [did] [one]?
        $IMP the [cols] of (the |)[roles] [who] [did] [one]
        """
        if chosen == voice.names.label(parent):
            templates += "Who [did] [rows]?\nWho [did] [one]?\nWhich [roles] [did] [rows]?\nWhich [roles] [did] [one]?"
    elif chosen == voice.names.label(parent):
        templates += "Which [roles] have [rows]?\nWhich [roles] have [one]?\n$IMP [roles] with [rows]"
    return query, voice.say([t.strip() for t in templates.strip().splitlines()], **slots)


ORDER_MEASURE = {True: "$DESC", False: "$ASC"}


def ordered(voice):
    """Rows sorted by one or two columns."""
    table = subject_table(voice, named=False)
    src = voice.base(table)
    key = voice.choose(voice.names.by_role(table, "measure", "date", "timestamp", "year", "label", "category"))
    kind, down = voice.names.of(table, key).role, voice.chance(0.45)
    named = voice.names.has_name(table)
    chosen = voice.label(table) if named and voice.chance(0.65) else shown_columns(voice, table, voice.rng.choice([1, 2, 2, 3]))
    conds = filters(voice, src, 0.2, 0.6)
    if names_itself(voice, table, conds) or any(c.column is key for c in conds):
        raise Skip
    order, attr = [(Col(src, key.name), down)], voice.attr(table, key)
    tail = ["sorted by [k]", "ordered by [k]", "in order of [k]", "by [k]", "sorted on (the |their |)[k]", "ordered by (their |the |)[k]", "arranged by [k]", "ranked by [k]"]
    if kind in ("label", "category"):
        tail += ["in alphabetical order of [k]", "alphabetically by [k]", "in (alphabetical|lexicographic) order of (the |their |)[k]"] if not down else []
        tail = [t + (" in descending (alphabetical |)order" if down else "") for t in tail]
        if down:
            tail += ["in reverse alphabetical order of [k]"]
        if not down and key in voice.names.label(table):
            tail += ["in alphabetical order", "alphabetically", "from A to Z"] * 2
    elif kind in ("date", "timestamp", "year"):
        tail = [f"{t} {say(voice.rng, '(in descending order|descending|from newest to oldest|newest first|latest first|starting with the latest|most recent first)' if down else '(in ascending order|ascending|from oldest to newest|oldest first|earliest first|starting with the earliest|)')}" for t in tail]
    else:
        more = say(voice.rng, ORDER_MEASURE[down])
        tail = [f"{t} {more if down or voice.chance(0.6) else ''}" for t in tail]
        tail += [f"in descending order of [k]", "from the highest to the lowest [k]", "starting with the highest [k]"] * 2 if down else ["in ascending order of [k]", "from the lowest to the highest [k]", "starting with the lowest [k]"]
    second = second_key(voice, src, key, chosen)
    if second:
        order.append((Col(src, second.name), False))
        tail = [t + voice.rng.choice([" and then by ", ", then by ", " and within that by "]) + voice.attr(table, second) for t in tail]
    query = Query([Col(src, c.name) for c in chosen], voice.srcs, voice.joins, where(conds), order=order)
    ending = say(voice.rng, tail, k=attr)
    rows, is_label = noun_phrase(voice, table, conds), chosen == voice.names.label(table) and named
    slots = dict(rows=rows, tail=ending, cols=columns_phrase(voice, table, chosen, voice.chance(0.6)), sort=f"{'Sort' if voice.chance(.5) else 'Order'}")
    templates = ["$IMP the [cols] of $ALL[rows] [tail]", "$IMP the [cols] of $ALL[rows], [tail]", "What are the [cols] of $ALL[rows], [tail]?", "What are the [cols] of $ALL[rows] [tail]?", "[cols] of [rows] [tail]"]
    if is_label:
        templates += ["$IMP $ALL[rows] [tail]"] * 2 + ["[rows] [tail]", "Which [rows] are there, [tail]?"]
    return query, voice.say(templates, **slots)


def second_key(voice, src, key, chosen):
    """At times a second sort key."""
    options = [c for c in voice.names.by_role(src.table, "label", "measure", "category") if c is not key]
    return voice.rng.choice(options) if options and voice.chance(0.1) else None


def self_reference(voice):
    """Rows of a table with the row of the same table that they point to."""
    pairs = [(t, c) for t in voice.schema.tables for c in t.columns if c.ref == t.name and voice.names.has_name(t)]
    table, column = voice.choose(pairs)
    src = voice.base(table)
    usable = [r for r in voice.rows[table.name]["rows"] if r[column.name] is not None]
    voice.row[src] = voice.choose(usable)
    psrc = voice.parent(src, column)
    role = voice.names.of(table, column).target or voice.noun(table)
    label, dice = voice.label(table), voice.rng.random()
    mine, theirs = [Col(src, c.name) for c in label], [Col(psrc, c.name) for c in label]
    slots = dict(nouns=voice.ents(table), noun=voice.noun(table), role=role, roles=plural(role), name=voice.label_noun(table), who=voice.who(table))
    slots["names"] = plural(slots["name"])
    if dice < 0.45:
        query = Query(mine + theirs, voice.srcs, voice.joins)
        return query, voice.say(
            """
            $IMP $ALL[nouns] (and|with|together with) their [role]
            $IMP the [name] of each [noun] and the [name] of (its|their|the) [role]
            What are the [names] of the [nouns] and of their [roles]?
            [nouns] and their [roles]
            For each [noun], (show|list|give) the [name] and the [role]
            Which [role] does each [noun] have?
            $IMP [nouns] (along with|and|next to) the [name] of their [role]
            """, **slots)
    from .phrases import full_name_cond, shown_label

    if dice < 0.75:
        inner = full_name_cond(voice, psrc, label)
        query = Query(mine, voice.srcs, voice.joins, inner.tree)
        return query, voice.say(
            """
            Which [nouns] have [v] as (their |)[role]?
            $IMP the [nouns] whose [role] is [v]
            $IMP the [names] of the [nouns] whose [role] is [v]
            What are the [names] of [nouns] with [v] as [role]?
            [nouns] with [role] [v]
            Whose [role] is [v]?
            """, v=shown_label(voice, inner), **slots)
    inner = full_name_cond(voice, src, label)
    query = Query(theirs, voice.srcs, voice.joins, inner.tree)
    return query, voice.say(
        """
        (Who|What) is the [role] of [v]?
        $IMP the [role] of [v]
        $IMP the [name] of the [role] of [v]
        What is the [name] of the [role] of the [noun] [v]?
        [vs] [role]
        Who is [vs] [role]?
        """, v=shown_label(voice, inner), vs=possessive(shown_label(voice, inner)), **slots)


def two_roles(voice):
    """Rows with two references to one table: both named, or one of them with a condition."""
    found = []
    for table in voice.schema.tables:
        refs = [c for c in table.columns if c.ref and c.ref != table.name]
        found += [(table, a, b) for a in refs for b in refs if a is not b and voice.names.of(table, a).target and voice.names.of(table, b).target and a.ref == b.ref and voice.names.has_name(voice.schema.table(a.ref))]
    table, one, two = voice.choose(found)
    src = voice.base(table)
    parent = voice.schema.table(one.ref)
    a, b = voice.names.of(table, one).target, voice.names.of(table, two).target
    label = voice.label(parent)
    slots = dict(a=a, b=b, nouns=voice.ents(table), noun=voice.noun(table), name=voice.label_noun(parent))
    slots["names"] = plural(slots["name"])
    from .phrases import full_name_cond, shown_label

    s1 = voice.parent(src, one)
    if voice.chance(0.5):
        s2 = voice.parent(src, two)
        mine = voice.label(table)
        query = Query([Col(src, c.name) for c in mine] + [Col(s1, c.name) for c in label] + [Col(s2, c.name) for c in label], voice.srcs, voice.joins)
        return query, voice.say(
            """
            $IMP each [noun] with the [names] of its [a] and [b]
            $IMP the [own] of $ALL[nouns] with the [names] of (their |the |)[a] and (their |the |)[b]
            What are the [a] and the [b] of each [noun]? $IMP the [own] and both [names].
            $IMP the [own], the [a] [name] and the [b] [name] of each [noun]
            """, own=columns_phrase(voice, table, mine, False), **slots)
    inner = full_name_cond(voice, s1, label)
    query = Query([Col(src, c.name) for c in voice.label(table)], voice.srcs, voice.joins, inner.tree)
    return query, voice.say(
        """
        Which [nouns] have [v] as [a]?
        $IMP the [nouns] whose [a] is [v]
        $IMP the [own] of the [nouns] with [a] [v]
        [nouns] with [a] [v]
        What are the [own] of [nouns] with the [a] [v]?
        """, v=shown_label(voice, inner), own=columns_phrase(voice, table, voice.label(table), True), **slots)


__all__ = ["agreed", "flat", "listing"]
