"""Questions for extremes: the heaviest, the top five, the most common, whoever has most."""

from . import lexicon
from .counting import WORDS
from .english import NUMBER_WORDS, plural
from .filters import some_conds
from .grouping import group_column, grouped_rows, grouped_table, make_pair
from .listing import label_items, shown_columns, where
from .phrases import columns_phrase, link_cond, noun_phrase
from .tree import Agg, Cmp, Col, Query, Sub
from .voice import Skip


def extreme_words(voice, table, column, down):
    """(adjectives, phrases behind the noun, verb phrases) for the most or the least of a column."""
    name, attr = voice.names.of(table, column), voice.attr(table, column)
    most = ["highest", "largest", "greatest", "maximum", "biggest"] if down else ["lowest", "smallest", "minimum", "least"]
    adjectives, verbs = [], []
    behind = [f"with the {w} {attr}" for w in most[:3]] + [f"having the {most[0]} {attr}", f"whose {attr} is the {most[0]}", f"whose {attr} is {most[0]}"]
    if name.role in ("date", "timestamp", "year"):
        early, late = ["earliest", "oldest"] if name.role == "year" else ["earliest", "first"], ["latest", "most recent", "last"]
        behind = [f"with the {w} {attr}" for w in (late if down else early)]
        entry = next((lexicon.date_verbs()[w] for w in name.words if w in lexicon.date_verbs()), None)
        alone = len(voice.names.by_role(table, "date", "timestamp", "year")) == 1
        if entry:
            birth = "born" in name.words or "birth" in name.words
            list_ = entry[3] if down else entry[2]
            adjectives = [a for a in list_ if birth or alone or " " in a] if not (not birth and voice.person(table) and not alone) else []
            verbs = [f"<were/was> {d} {w}" for d in entry[0] for w in (["last", "most recently", "latest"] if down else ["first", "earliest"])]
            behind += [f"{d} {w}" for d in entry[0] for w in (["most recently", "last"] if down else ["first", "earliest"])]
        elif alone and not voice.person(table):
            adjectives = ["latest", "most recent"] if down else ["earliest", "oldest"]
        return adjectives, behind, verbs
    entry = lexicon.adjectives().get(name.head)
    if entry and (len(name.words) == 1 or name.head in ("weight", "age", "population", "height") and len(name.words) == 1):
        adjectives = list(entry[2] if down else entry[3])
        many = ["the most"] if down else ["the least"]
        verbs = [f"<{a}/{b}> {m}" for a, b in zip(entry[4], entry[5]) for m in many if a not in ("last",)] + [f"<{a}/{b}> {'longest' if down else 'shortest'}" for a, b in zip(entry[4], entry[5]) if a == "last"]
    if name.counted and attr.endswith(name.head):
        word, attr = "most" if down else "fewest", attr.removeprefix("number of ")
        behind = [f"with the {word} {attr}", f"having the {word} {attr}", f"with the {'highest' if down else 'lowest'} number of {attr}"]
        verbs = [f"<have/has> the {word} {attr}"] * 2
    if name.money and down and not adjectives and len(name.words) == 1 and name.head in ("amount", "value", "total"):
        adjectives = ["largest", "biggest"]
    return adjectives, behind, verbs


def ranked_table(voice):
    """A table and a column to rank by."""
    pairs = [(t, c) for t in voice.schema.tables if voice.names.label(t) and not voice.names.is_junction(t) for c in voice.names.by_role(t, "measure", "date", "timestamp", "year")]
    return voice.choose([p for p in pairs if voice.names.has_name(p[0])] or pairs) if voice.chance(0.8) else voice.choose(pairs)


def superlative(voice):
    """The row with the most or least of a column, or the top n."""
    table, column = ranked_table(voice)
    src = voice.base(table)
    down, count = voice.chance(0.66), 1 if voice.chance(0.72) else voice.rng.choice([2, 3, 3, 4, 5, 5, 5, 10])
    conds = []
    if voice.chance(0.35):
        conds = [link_cond(voice, src)] if voice.chance(0.4) else some_conds(voice, src, 1)
    if any(c.column is column for c in conds) or getattr(voice, "fanout", False):
        raise Skip
    named = voice.names.has_name(table)
    chosen = voice.label(table) if named and voice.chance(0.62) else shown_columns(voice, table, voice.rng.choice([1, 1, 2, 2, 3]))
    if voice.chance(0.1) and named:
        chosen = voice.label(table) + [column]
    if chosen == [column]:
        raise Skip
    query = Query([Col(src, c.name) for c in chosen], voice.srcs, voice.joins, where(conds), order=[(Col(src, column.name), down)], limit=count)
    adjectives, behind, verbs = extreme_words(voice, table, column, down)
    return query, extreme_text(voice, table, chosen, conds, count, adjectives, behind, verbs, down)


def extreme_text(voice, table, chosen, conds, count, adjectives, behind, verbs, down):
    """Phrasings of `the heaviest animals`."""
    many = count > 1
    word = NUMBER_WORDS[count] if count <= 12 and voice.chance(0.5) else str(count)
    noun = noun_phrase(voice, table, conds, many)
    tail = voice.rng.choice(behind).replace("<were/was>", "were" if many else "was")
    if adjectives and voice.chance(0.7):
        best = voice.rng.choice(adjectives)
        what = voice.rng.choice([f"{word} {best} {noun}", f"{best} {word} {noun}"]) if many else f"{best} {noun}"
    elif many:
        what = f"{word} {noun} {tail}"
    elif conds:
        what = f"{noun} {tail}" if not noun.split(" ", 1)[-1].startswith(("who", "that")) else f"{noun} and {tail}"
        if any(c.post or c.vp for c in conds):
            what = f"{voice.noun(table)} {tail} among the {noun_phrase(voice, table, conds)}"
    else:
        what = f"{noun} {tail}"
    label = chosen == voice.names.label(table)
    slots = dict(what=what, cols=columns_phrase(voice, table, chosen, many and voice.chance(0.7)), noun=noun, word=word, who="who" if voice.person(table) else "that")
    forms = ["What (is|are) the [cols] of the [what]?".replace("(is|are)", "are" if many or len(chosen) > 1 else "is"), "$IMP the [cols] of the [what]", "$IMP the [cols] of the [what]", "[cols] of the [what]", "$TELL the [cols] of the [what]", "$IMP the [cols] for the [what]", f"For the [what], (show|give|list) the [cols]"]
    if label:
        be = "are" if many else "is"
        forms += [f"Which {noun} {'have' if many else 'has'} {t[5:]}?" for t in behind if t.startswith("with ") and not many] * 2
        forms += [f"(What|Which) {be} the [what]?", "$IMP the [what]", "[what]", f"(Who|Who) {be} the [what]?" if voice.person(table) else f"Which {be} the [what]?"]
        if verbs and not many:
            from .phrases import flat

            verb = flat(voice, voice.rng.choice(verbs), False)
            forms += [f"Which {noun} {verb}?"] * 2 + ([f"Who {verb}?"] if voice.person(table) and not conds else []) + [f"$IMP the {noun} {slots['who']} {verb}"]
    return voice.say(forms, **slots)


def nested_extreme(voice):
    """The row at the extreme by comparison with max or min: all of them where there are ties."""
    table, column = ranked_table(voice)
    src = voice.base(table)
    if voice.names.of(table, column).role != "measure":
        raise Skip
    down = voice.chance(0.6)
    from .tree import Src

    inner = Src(table)
    sub = Query([Agg("max" if down else "min", Col(inner, column.name))], [inner])
    chosen = voice.label(table)
    query = Query([Col(src, c.name) for c in chosen], voice.srcs, voice.joins, Cmp("=", Col(src, column.name), Sub(sub)))
    word, attr = ("maximum" if down else "minimum"), voice.attr(table, column)
    return query, voice.say(
        [f"$IMP (all |the |)[nouns] whose [a] (equals|is equal to|is) the {word}( [a]| of all [nouns]|)", f"Which [nouns] have the {word} [a]?", f"$IMP the [names] of all [nouns] with the {word} [a]", f"Which [nouns] (share|reach|have) the {'highest' if down else 'lowest'} [a] of all?"],
        nouns=voice.ents(table), a=attr, names=plural(voice.label_noun(table)))


def most_common(voice):
    """The value that most or fewest rows have."""
    table, src, column, noun, conds = grouped_rows(voice, 0.18)
    down, count = voice.chance(0.8), 1 if voice.chance(0.85) else voice.rng.choice([2, 3, 3, 5])
    col = Col(src, column.name)
    items = [col] + ([Agg("count")] if voice.chance(0.12) else [])
    query = Query(items, voice.srcs, voice.joins, where(conds), group=[col], order=[(Agg("count"), down)], limit=count)
    rows = noun_phrase(voice, table, conds)
    x = voice.rng.choice(["most", "largest number of", "highest number of", "greatest number of", "most"] if down else ["fewest", "smallest number of", "lowest number of", "least number of", "fewest"])
    m = "most" if down else "least"
    slots = dict(g=noun, gs=plural(noun), rows=rows, X=x, n=NUMBER_WORDS[count] if voice.chance(0.5) else count, m=m)
    if count > 1:
        forms = ["$IMP the [n] [m] common [gs] (of|among) $ALL[rows]", "(What|Which) are the [n] [m] (common|frequent) [gs] (of|among|for) $ALL[rows]?", "[n] [m] common [gs] of [rows]", "Which [n] [gs] have the [X] [rows]?", "$IMP the [n] [gs] with the [X] [rows]"]
        forms += ["$IMP the top [n] [gs] by number of [rows]", "top [n] [gs] by number of [rows]", "(What|Which) are the top [n] [gs] by (the |)number of [rows]?"] if down else []
    else:
        forms = [f"(What|Which) is the {m} (common|frequent|frequently used) [g] (of|among|for) $ALL[rows]?", f"$IMP the {m} (common|frequent) [g] (of|among|for) $ALL[rows]", f"{m} common [g] (of|among) [rows]", "Which [g] has the [X] [rows]?", "Which [g] has the [X] [rows]?", f"Which [g] (is|occurs) {m if m == 'least' else 'most'} (often|frequently) (for|among|with) [rows]?".replace("is|occurs", "occurs"),
                 "What is the [g] with the [X] [rows]?", "$IMP the [g] with the [X] [rows]", "$IMP the [g] (that has|having|shared by) the [X] [rows]", "For which [g] are there the [X] [rows]?", f"Which [g] do {'most' if down else 'the fewest'} [rows] have?"]
    text = voice.say(forms, **slots)
    if len(items) > 1:
        text = text.rstrip("?.") + voice.rng.choice([", and how many are there", " and how many are there", ", with the number"]) + ("?" if text.endswith("?") else "")
    return query, text


def most_related(voice):
    """The row with most or fewest related rows, or the top n of them."""
    pair = make_pair(voice)
    down, count = voice.chance(0.8), 1 if voice.chance(0.8) else voice.rng.choice([2, 3, 3, 5])
    label = voice.chance(0.75)
    items = pair.label() if label else [Col(pair.parent_src, c.name) for c in shown_columns(voice, pair.parent, voice.rng.choice([1, 2, 2]))]
    shown = [pair.parent.column(i.name) for i in items]
    group = pair.group(items)
    with_count = voice.chance(0.1)
    query = Query(items + ([Agg("count")] if with_count else []), voice.srcs, voice.joins, group=group, order=[(Agg("count"), down)], limit=count)
    many, who = count > 1, "who" if voice.person(pair.parent) else "that"
    x = voice.rng.choice(["the most", "the most", "the largest number of", "the highest number of", "the greatest number of"] if down else ["the fewest", "the least", "the smallest number of", "the lowest number of", "the least number of"])
    noun = voice.ents(pair.parent) if many else voice.noun(pair.parent)
    n = (NUMBER_WORDS[count] if voice.chance(0.5) else str(count)) if many else ""
    verb = pair.verb(many)
    slots = dict(n=n, noun=noun, who=who, verb=verb, x=x, things=pair.things, cols=columns_phrase(voice, pair.parent, shown, many and voice.chance(0.6)), be="are" if many or len(shown) > 1 else "is")
    forms = ["What [be] the [cols] of the [n] [noun] [who] [verb] [x] [things]?", "$IMP the [cols] of the [n] [noun] [who] [verb] [x] [things]", "$IMP the [cols] of the [n] [noun] with [x] [things]", "What [be] the [cols] of the [n] [noun] with [x] [things]?", "[cols] of the [n] [noun] with [x] [things]"]
    if shown == voice.names.label(pair.parent):
        forms += ["Which [n] [noun] [verb] [x] [things]?"] * 4 + ["$IMP the [n] [noun] with [x] [things]", "[n] [noun] with [x] [things]", "$IMP the [n] [noun] [who] [verb] [x] [things]", "(Who|Which [noun]) [verb] [x] [things]?" if voice.person(pair.parent) and not many and not verb.startswith("was") else "Which [n] [noun] [verb] [x] [things]?"]
        forms += ["top [n] [noun] by number of [things]", "$IMP the top [n] [noun] by number of [things]"] * 2 if many and down else []
    text = voice.say(forms, **slots)
    if with_count:
        text = text.rstrip("?.") + voice.rng.choice([", and how many", " and how many are there", ", with the number of them", " and the number of them"]) + ("?" if text.endswith("?") else "")
    return query, text


def best_group(voice):
    """The group with the highest or lowest aggregate of a measure."""
    down = voice.chance(0.72)
    fn = voice.rng.choices(["avg", "sum", "max", "min"], [48, 42, 5, 5])[0]
    if voice.chance(0.45):
        table = grouped_table(voice, True)
        src = voice.base(table)
        column, g = group_column(voice, table)
        items, group, rows = [Col(src, column.name)], [Col(src, column.name)], voice.ents(table)
    else:
        pair = make_pair(voice)
        table, src, items, g, rows = pair.child, pair.child_src, pair.label(), voice.noun(pair.parent), voice.ents(pair.child)
        group = pair.group(items)
    measured = voice.choose(voice.names.by_role(table, "measure"))
    figure = Agg(fn, Col(src, measured.name))
    count = 1 if voice.chance(0.82) else voice.rng.choice([2, 3, 3, 5])
    query = Query(items + ([figure] if voice.chance(0.15) else []), voice.srcs, voice.joins, group=group, order=[(figure, down)], limit=count)
    shows = len(query.items) > len(items)
    word = voice.rng.choice(["highest", "largest", "greatest"] if down else ["lowest", "smallest"])
    f = {"avg": "$AVG", "sum": "(total|combined|overall|total)", "max": "maximum", "min": "minimum"}[fn]
    n = NUMBER_WORDS[count] if voice.chance(0.5) else count
    slots = dict(g=g, gs=plural(g), rows=rows, a=voice.attr(table, measured), w=word, n=n)
    if count > 1:
        forms = [f"Which [n] [gs] have the [w] {f} [a]( of [rows]|)?", f"$IMP the [n] [gs] with the [w] {f} [a] (of|for) [rows]", f"{'top' if down else 'bottom'} [n] [gs] by {f} [a]( of [rows]|)", f"$IMP the {'top' if down else 'bottom'} [n] [gs] by {f} [a] of (their |)[rows]"]
    else:
        forms = [f"Which [g] has the [w] {f} [a]( of [rows]| of (its |all |)[rows]|)?", f"Which [g] has the [w] {f} [a] of [rows]?", f"$IMP the [g] with the [w] {f} [a] (of|for|across) (its |the |)[rows]", f"What is the [g] with the [w] {f} [a] of [rows]?", f"[g] with the [w] {f} [a] (of [rows]|)", f"For which [g] is the {f} [a] of (the |)[rows] the [w]?", f"$IMP the [g] whose [rows] have the [w] {f} [a]"]
    text = voice.say(forms, **slots)
    if shows:
        text = text.rstrip("?.") + voice.rng.choice([", and what is it", " and what is the value", ", with the value"]) + ("?" if text.endswith("?") else "")
    return query, text


def of_extreme(voice):
    """Something of the row that is related to the extreme one: `the owner of the heaviest animal`."""
    pairs = [(t, c, p) for t in voice.schema.tables for c, p in voice.parents(t) if p is not t]
    table, ref, parent = voice.choose(pairs)
    column = voice.choose(voice.names.by_role(table, "measure", "date", "timestamp", "year"))
    src = voice.base(table)
    psrc = voice.parent(src, ref)
    down = voice.chance(0.68)
    chosen = voice.label(parent) if voice.chance(0.7) else shown_columns(voice, parent, 1)
    query = Query([Col(psrc, c.name) for c in chosen], voice.srcs, voice.joins, order=[(Col(src, column.name), down)], limit=1)
    adjectives, behind, _ = extreme_words(voice, table, column, down)
    noun = voice.noun(table)
    what = f"{voice.rng.choice(adjectives)} {noun}" if adjectives and voice.chance(0.7) else f"{noun} {voice.rng.choice(behind)}"
    role = voice.role_noun(table, ref)
    slots = dict(role=role, what=what, cols=columns_phrase(voice, parent, chosen, False))
    forms = ["$IMP the [cols] of the [role] of the [what]", "What is the [cols] of the [role] of the [what]?", "[cols] of the [role] of the [what]", "$IMP the [cols] of the [role] (that has|with|having) the [what]".replace("that has", "who has" if voice.person(parent) else "that has")]
    if chosen == voice.names.label(parent):
        forms += ["Which [role] has the [what]?", f"{'Who' if voice.person(parent) else 'What'} is the [role] of the [what]?", "$IMP the [role] of the [what]", "[role] of the [what]"]
    return query, voice.say(forms, **slots)


def per_group_extreme(voice):
    """The top row of each group: DISTINCT ON."""
    table = voice.choose([t for t in voice.schema.tables if voice.names.has_name(t) and voice.names.by_role(t, "measure") and voice.names.by_role(t, "category")])
    src = voice.base(table)
    group, column = voice.choose(voice.names.by_role(table, "category")), voice.choose(voice.names.by_role(table, "measure"))
    down = voice.chance(0.7)
    col = Col(src, group.name)
    query = Query([col] + label_items(voice, src), voice.srcs, voice.joins, order=[(col, False), (Col(src, column.name), down)], distinct_on=[col])
    adjectives, behind, _ = extreme_words(voice, table, column, down)
    noun = voice.noun(table)
    what = f"{voice.rng.choice(adjectives)} {noun}" if adjectives and voice.chance(0.7) else f"{noun} {voice.rng.choice(behind)}"
    return query, voice.say(
        """
        For each [g], (show|find|give|list) the [what]
        (What|Which) is the [what] (of|for|in) each [g]?
        $IMP the [what] (per|for each|of each|by) [g]
        [what] (per|for each|by) [g]
        """, g=voice.attr(table, group), what=what)


__all__ = ["WORDS", "Skip"]
