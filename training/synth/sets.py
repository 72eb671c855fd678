"""Questions that combine two sets: both, but not, either."""

from .english import article, plural
from .filters import any_cond, quoted, text_cond
from .grouping import related
from .listing import names_itself
from .phrases import agent_verbs, noun_phrase, through_words
from .tree import Col, Query, SetQuery, Src
from .voice import Skip


def value_pair(voice):
    """Values of one column whose rows occur with two different conditions: `cities with both ... and ...`."""
    table = voice.choose([t for t in voice.schema.tables if voice.names.by_role(t, "category") and len(voice.names.by_role(t, "measure", "year", "category")) > 1])
    src = voice.base(table)
    column = voice.choose(voice.names.by_role(table, "category"))
    other = Src(table)
    groups = [r for r in voice.rows[table.name]["rows"] if r is not voice.row[src] and r[column.name] == voice.row[src][column.name]]
    voice.row[other] = voice.choose(groups)
    one = any_cond(voice, src, used=(column.name,))
    two = any_cond(voice, other, used=(column.name,))
    if getattr(two.tree, "op", "") == "<>" or getattr(one.tree, "op", "") == "<>":
        raise Skip
    if one.column is not two.column and voice.chance(0.7):
        raise Skip
    if str(one.tree) == str(two.tree) or one.column is two.column and repr(one.tree.__class__) == repr(two.tree.__class__) and getattr(one.tree, "op", 1) == getattr(two.tree, "op", 2) and getattr(one.tree, "op", "") not in ("=",):
        raise Skip
    if one.column is two.column and getattr(one.tree, "right", 0) == getattr(two.tree, "right", 1):
        raise Skip
    a, b = noun_phrase(voice, table, [one]), noun_phrase(voice, table, [two])
    left = Query([Col(src, column.name)], [src], [], one.tree)
    right = Query([Col(other, column.name)], [other], [], two.tree)
    attr = voice.attr(table, column)
    slots = dict(a=a, b=b, g=attr, gs=plural(attr))
    dice = voice.rng.random()
    if dice < 0.62:
        return SetQuery("INTERSECT", left, right), voice.say(
            """
            Which [gs] have both [a] and [b]?
            $IMP (the |all |)[gs] (that have|having|with|shared by|of) both [a] and [b]
            What are the [gs] (that have|with|shared by|of) both [a] and [b]?
            Which [gs] have [a] as well as [b]?
            $IMP [gs] (that occur|occurring|found) both for [a] and for [b]
            [gs] with both [a] and [b]
            For which [gs] are there [a] and also [b]?
            """, **slots)
    if dice < 0.85:
        return SetQuery("EXCEPT", left, right), voice.say(
            """
            Which [gs] have [a] but (no|not any) [b]?
            $IMP (the |all |)[gs] (that have|with|of) [a] but (no|not of|without) [b]
            What are the [gs] of [a] but not of [b]?
            [gs] with [a] but no [b]
            $IMP [gs] (that occur|found) for [a] but not for [b]
            """.replace("(no|not of|without) [b]", "no [b]"), **slots)
    return SetQuery("UNION", left, right), voice.say(
        """
        Which [gs] have [a] or [b]?
        $IMP (the |all |)[gs] (of|that have|with) either [a] or [b]
        What are the [gs] of [a] or of [b]?
        [gs] of either [a] or [b]
        """, **slots)


def row_pair(voice):
    """Rows related to two different things: `students who took both Databases and Algebra`."""
    parent, child, column = voice.choose(related(voice))
    rows = voice.rows[child.name]["rows"]
    by_key = {}
    for row in rows:
        by_key.setdefault(row[column.name], []).append(row)
    by_key.pop(None, None)
    keys = [k for k, v in by_key.items() if len(v) > 1]
    key = voice.choose(keys)
    first, second = voice.rng.sample(by_key[key], 2)
    parts = []
    junction = voice.names.is_junction(child)
    back = next((c for c in child.columns if c.ref and c is not column), None) if junction else None
    if junction and (back is None or back.ref == parent.name or not voice.names.has_name(voice.schema.table(back.ref))):
        raise Skip
    target = voice.choose([c for c in (voice.label(voice.schema.table(back.ref)) if junction else voice.names.by_role(child, "category"))])
    for row in (first, second):
        src, csrc = Src(parent), Src(child)
        voice.row[csrc] = row
        srcs, joins, at = [src, csrc], [(Col(src, parent.key.name), Col(csrc, column.name))], csrc
        if junction:
            other = voice.schema.table(back.ref)
            at = Src(other)
            voice.row[at] = next((r for r in voice.rows[other.name]["rows"] if r[other.key.name] == row[back.name]), None)
            if voice.row[at] is None:
                raise Skip
            srcs, joins = srcs + [at], joins + [(Col(csrc, back.name), Col(at, other.key.name))]
        parts.append((src, srcs, joins, at, text_cond(voice, at, target)))
    v1, v2 = (p[4].tree.right.value for p in parts)
    if v1 == v2:
        raise Skip
    queries = [Query([Col(src, c.name) for c in voice.label(parent)], srcs, joins, cond.tree) for src, srcs, joins, _, cond in parts]
    slots = dict(gs=voice.ents(parent), who=voice.who(parent), names=plural(voice.label_noun(parent)))
    if junction:
        verbs = through_words(voice, queries[0].srcs[0], child, voice.schema.table(back.ref))
        from .phrases import flat

        slots["verb"] = flat(voice, voice.rng.choice(verbs), True)
        slots["a"], slots["b"] = quoted(voice, v1), quoted(voice, v2)
        noun = voice.noun(voice.schema.table(back.ref))
        if voice.chance(0.3) or slots["verb"] == "have":
            slots["a"], slots["b"] = f"the {noun} {v1}", f"the {noun} {v2}"
    else:
        found = agent_verbs(voice, child, parent)
        slots["verb"] = voice.rng.choice(found[0]) if found and voice.chance(0.5) else "have"
        slots["a"], slots["b"] = (article(noun_phrase(voice, child, [p[4]], False)) if voice.chance(0.5) else noun_phrase(voice, child, [p[4]]) for p in parts)
    dice = voice.rng.random()
    if dice < 0.55:
        return SetQuery("INTERSECT", *queries), voice.say(
            """
            Which [gs] [verb] both [a] and [b]?
            $IMP (the |all |)[gs] [who] [verb] both [a] and [b]
            $IMP the [names] of (the |all |)[gs] [who] [verb] both [a] and [b]
            What are the [names] of [gs] [who] [verb] both [a] and [b]?
            [gs] [who] [verb] both [a] and [b]
            Which [gs] [verb] [a] as well as [b]?
            $IMP the [names] of [gs] [who] [verb] [a] and also [b]
            $IMP the [names] of [gs] [who] [verb] not only [a] but also [b]
            """, **slots)
    if dice < 0.82:
        return SetQuery("EXCEPT", *queries), voice.say(
            """
            Which [gs] [verb] [a] but not [b]?
            $IMP (the |all |)[gs] [who] [verb] [a] but not [b]
            $IMP the [names] of (the |all |)[gs] [who] [verb] [a] but not [b]
            What are the [names] of [gs] [who] [verb] [a] but not [b]?
            [gs] [who] [verb] [a] but not [b]
            $IMP the [names] of [gs] [who] [verb] [a], without those [who] [verb] [b]
            """, **slots)
    return SetQuery("UNION", *queries), voice.say(
        """
        Which [gs] [verb] either [a] or [b]?
        $IMP (the |all |)[gs] [who] [verb] [a] or [b]
        $IMP the [names] of (the |all |)[gs] [who] [verb] either [a] or [b]
        What are the [names] of [gs] [who] [verb] [a] or [b]?
        """, **slots)


def label_except(voice):
    """Rows of a table with one condition but not another, by EXCEPT over the label."""
    table = voice.choose([t for t in voice.schema.tables if voice.names.has_name(t) and not voice.names.is_junction(t)])
    src = voice.base(table)
    one = any_cond(voice, src)
    other = Src(table)
    voice.row[other] = voice.rng.choice(voice.rows[table.name]["rows"])
    two = any_cond(voice, other, used=(one.column.name,))
    if not two.vp or not one.vp or names_itself(voice, table, [one, two]):
        raise Skip
    from .phrases import verb_phrase

    left = Query([Col(src, c.name) for c in voice.label(table)], [src], [], one.tree)
    right = Query([Col(other, c.name) for c in voice.label(table)], [other], [], two.tree)
    slots = dict(rows=noun_phrase(voice, table, [one]), verb=verb_phrase(voice, two, True), names=plural(voice.label_noun(table)), other=noun_phrase(voice, table, [two]), one=verb_phrase(voice, one, True), nouns=voice.ents(table), who=voice.who(table))
    if voice.chance(0.3):
        return SetQuery("UNION", left, right), voice.say("$IMP [nouns] [who] [one] or [who] [verb]\nWhich [nouns] either [one] or [verb]?\n$IMP the [names] of [nouns] [who] either [one] or [verb]", **slots)
    return SetQuery("EXCEPT", left, right), voice.say("$IMP $ALL[rows], except those [who] [verb]\n$IMP the [names] of $ALL[rows] except (for |)the ones [who] [verb]\nWhich [rows] are there, leaving out those [who] [verb]?\n$IMP $ALL[rows] but not [other]\n[rows] without the ones [who] [verb]", **slots)
