"""Questions with a query inside: comparison with an average or extreme, rows without or with related rows."""

from . import lexicon
from .english import article, plural
from .filters import any_cond, some_conds, text_cond
from .listing import label_items, names_itself, shown_columns, subject_table, where
from .phrases import agent_verbs, columns_phrase, flat, noun_phrase, through_words
from .tree import Agg, Cmp, Col, In, Query, Src, Sub, conj
from .voice import Skip


def versus_average(voice):
    """Rows above or below the average of a measure."""
    table = voice.choose([t for t in voice.schema.tables if voice.names.by_role(t, "measure") and voice.names.label(t)])
    src, inner = voice.base(table), Src(table)
    column = voice.choose(voice.names.by_role(table, "measure"))
    above = voice.chance(0.68)
    tree = Cmp(">" if above else "<", Col(src, column.name), Sub(Query([Agg("avg", Col(inner, column.name))], [inner])))
    extra = some_conds(voice, src, 1) if voice.chance(0.15) else []
    if any(c.column is column for c in extra):
        raise Skip
    name, attr = voice.names.of(table, column), voice.attr(table, column)
    more = ["higher", "greater", "larger", "bigger"] if above else ["lower", "smaller"]
    side = ["above", "over"] if above else ["below", "under"]
    posts = [f"whose {attr} is {voice.rng.choice(more)} than (the |)average", f"with {article(attr)} {voice.rng.choice(more)} than the average( {attr}|)", f"with {side[0]}-average {attr}", f"whose {attr} is {voice.rng.choice(side)} (the |)average",
             f"with {article(attr)} {voice.rng.choice(side)} the average( of all [nouns]|)", f"whose {attr} {'exceeds' if above else 'is less than'} the average( {attr}| of all [nouns]|)", f"that have {article(attr)} {'more' if above else 'less'} than average".replace("more than", "greater than").replace("less than", "lower than")]
    entry = lexicon.adjectives().get(name.head)
    if entry and len(name.words) == 1:
        word = voice.rng.choice(entry[0] if above else entry[1])
        posts += [f"that are {word} than (the |)average( [noun]|)", f"{word} than (the |)average( [noun]|)", f"{word} than the average of all [nouns]"] * 2
        posts += [f"that {v} {'more' if above else 'less'} than (the |)average( [noun]|)" for v in entry[4] if v not in ("last", "take", "run for")]
    tail = voice.say(posts, nouns=voice.ents(table), noun=voice.noun(table)).replace("that ", "who " if voice.person(table) and voice.chance(0.5) else "that ")
    return finish(voice, src, [tree] + [c.tree for c in extra], with_tail(voice, table, extra, tail), table)


def with_tail(voice, table, conds, tail):
    """A noun phrase and one more phrase behind it, tied by `and` where another one stands there."""
    rows = noun_phrase(voice, table, conds)
    return rows + (" and " if conds and not rows.endswith(voice.ents(table)) else " ") + tail


def finish(voice, src, trees, rows, table, extra_count=0.22):
    """Count, label or columns of the rows that a phrase describes."""
    if voice.chance(extra_count):
        query = Query([Agg("count")], voice.srcs, voice.joins, conj(*trees))
        return query, voice.say("How many [rows] are there?\nHow many [rows] do we have?\n(Count|Find|What is) the number of [rows]\nCount the [rows]\nnumber of [rows]\nHow many [rows] exist?", rows=rows)
    named = voice.names.has_name(table)
    chosen = voice.label(table) if named and voice.chance(0.75) else shown_columns(voice, table, voice.rng.choice([1, 2, 2]))
    query = Query([Col(src, c.name) for c in chosen], voice.srcs, voice.joins, conj(*trees))
    forms = ["$IMP the [cols] of $ALL[rows]", "What are the [cols] of $ALL[rows]?", "$IMP the [cols] for $ALL[rows]", "[cols] of [rows]"]
    if chosen == voice.names.label(table):
        forms += ["$IMP $ALL[rows]", "Which [rows] are there?", "$IMP (all |)[rows]", "[rows]", "Who are the [rows]?" if voice.person(table) else "What are the [rows]?"]
    return query, voice.say(forms, rows=rows, cols=columns_phrase(voice, table, chosen, voice.chance(0.6)))


def versus_extreme(voice):
    """Rows that beat all, or any, rows with a condition."""
    table = voice.choose([t for t in voice.schema.tables if voice.names.by_role(t, "measure") and voice.names.by_role(t, "category") and voice.names.label(t)])
    src, inner = voice.base(table), Src(table)
    column = voice.choose(voice.names.by_role(table, "measure"))
    category = voice.choose(voice.names.by_role(table, "category"))
    voice.row[inner] = voice.rng.choice(voice.rows[table.name]["rows"])
    cond = text_cond(voice, inner, category)
    above, every = voice.chance(0.65), voice.chance(0.5)
    fn = {(True, True): "max", (True, False): "min", (False, True): "min", (False, False): "max"}[above, every]
    sub = Query([Agg(fn, Col(inner, column.name))], [inner], [], cond.tree)
    tree = Cmp(">" if above else "<", Col(src, column.name), Sub(sub))
    name, attr = voice.names.of(table, column), voice.attr(table, column)
    entry = lexicon.adjectives().get(name.head)
    word = "higher" if above else "lower"
    others = noun_phrase(voice, table, [cond]) if every else noun_phrase(voice, table, [cond], False)
    those = voice.rng.choice([f"all {others}", f"any of the {others}", f"every one of the {others}", f"the {'highest' if above else 'lowest'} {attr} of {others}"]) if every else voice.rng.choice([f"some {others}", f"at least one {others}"])
    posts = [f"whose {attr} is {word} than (that of |)[those]", f"with {article(attr)} {word} than (that of |)[those]", f"that have a {word} {attr} than [those]"]
    if every and those.startswith("the "):
        posts = [f"whose {attr} is {word} than [those]", f"with {article(attr)} {word} than [those]"]
    if entry and len(name.words) == 1 and not those.startswith("the "):
        posts += [f"that are {voice.rng.choice(entry[0] if above else entry[1])} than [those]"] * 2
    return finish(voice, src, [tree], f"{voice.ents(table)} {voice.say(posts, those=those)}", table)


def absence_words(voice, table, child, column):
    """Phrases for having no row in a child table: (post phrases, verb phrases)."""
    if voice.names.is_junction(child):
        back = next(c for c in child.columns if c.ref and c is not column)
        other = voice.schema.table(back.ref)
        if other is table:
            raise Skip
        things, noun = voice.ents(other), voice.noun(other)
        verbs = through_words(voice, Src(table), child, other)
    else:
        things, noun = voice.ents(child), voice.noun(child)
        found = agent_verbs(voice, child, table)
        verbs = list(found[1]) if found else []
        same = [c for c in child.columns if c.ref == column.ref]
        if len(same) > 1:
            raise Skip
        verbs = [f"!{v}" for v in verbs]
    return things, noun, verbs


def without(voice):
    """Rows that no row of another table refers to."""
    pairs = [(t, ch, c) for t in voice.schema.tables if t.key and voice.names.label(t) for ch, c in voice.children(t) if ch is not t and not voice.names.is_junction(t)]
    table, child, column = voice.choose(pairs)
    src, inner = voice.base(table), Src(child)
    things, noun, verbs = absence_words(voice, table, child, column)
    conds, tree = [], None
    if voice.chance(0.22):
        voice.row[inner] = voice.rng.choice(voice.rows[child.name]["rows"])
        conds = [any_cond(voice, inner)] if not voice.names.is_junction(child) else []
        if conds:
            things, noun = noun_phrase(voice, child, conds), noun_phrase(voice, child, conds, False)
    from .tree import IsNull

    guard = IsNull(Col(inner, column.name), True) if column.nulls else None
    sub = Query([Col(inner, column.name)], [inner], [], conj(*[c.tree for c in conds], guard))
    tree = In(Col(src, table.key.name), sub, True)
    posts = [f"without (any |){things}", f"with no {things}", f"that (do not|don't) have any {things}", f"that have no {things}", f"that have never had {article(noun)}" if not conds else f"that have no {things}", f"without {article(noun)}", f"that don't have {article(noun)}", f"that lack {things}"]
    for verb in verbs:
        if verb.startswith("!"):
            posts += [f"that (have not|have never|haven't) {verb[1:]} (any |){things}", f"that have never {verb[1:]} {article(noun)}"]
        elif verb.startswith("<were/was>"):
            posts += [f"that were (not|never) {verb.split(' ', 1)[1]} any {things}", f"that have (not|never) been {verb.split(' ', 1)[1]} {article(noun)}"]
        elif not verb.startswith("<"):
            posts += [f"that never {verb} {article(noun)}", f"that never {verb} any {things}"]
    own = some_conds(voice, src, 1) if voice.chance(0.15) else []
    if names_itself(voice, table, own):
        raise Skip
    tail = voice.say(posts)
    if voice.person(table):
        tail = tail.replace("that ", voice.rng.choice(["who ", "who ", "that "]), 1) if tail.startswith("that ") else tail
    rows = with_tail(voice, table, own, tail)
    query, text = finish(voice, src, [tree] + [c.tree for c in own], rows, table)
    if tail.startswith(("who ", "that ")) and not own and isinstance(query.items[0], Col) and [i.name for i in query.items] == [c.name for c in voice.names.label(table)] and voice.chance(0.45):
        text = f"Which {voice.ents(table)} {tail.split(' ', 1)[1]}?"
    return query, text


def having_some(voice):
    """Rows that are referred to, by a subquery or counted distinctly."""
    pairs = [(t, ch, c) for t in voice.schema.tables if t.key and voice.names.has_name(t) for ch, c in voice.children(t) if ch is not t]
    table, child, column = voice.choose(pairs)
    things, noun, verbs = absence_words(voice, table, child, column)
    posts = [f"with {things}", f"that have (any |some |){things}", f"with at least one {noun}", f"that have {article(noun)}", f"having {things}", f"that have at least one {noun}"]
    for verb in verbs:
        if verb.startswith("!"):
            posts += [f"that have {verb[1:]} (any |some |){things}", f"that (have |){verb[1:]} at least one {noun}".replace("(have |)", "have ")]
        elif not verb.startswith("<"):
            posts += [f"that {verb} (some |any |){things}", f"that {verb} at least one {noun}"]
    tail = voice.say(posts)
    tail = tail.replace("that ", "who ", 1) if voice.person(table) and tail.startswith("that ") else tail
    src = voice.base(table)
    inner = Src(child)
    if voice.chance(0.35):
        col = Col(inner, column.name)
        query = Query([Agg("count", col, True)], [inner])
        return query, voice.say("How many [rows] are there?\nHow many [rows] do we have?\n(Count|Find|What is) the number of [rows]\nCount the [rows]\nnumber of [rows]", rows=f"{voice.ents(table)} {tail}")
    tree = In(Col(src, table.key.name), Query([Col(inner, column.name)], [inner]))
    return finish(voice, src, [tree], f"{voice.ents(table)} {tail}", table, 0.0)


def same_as(voice):
    """Rows that share a value with a named row."""
    table = subject_table(voice)
    src, inner = voice.base(table), Src(table)
    category = voice.choose(voice.names.by_role(table, "category", "year"))
    label = voice.label(table)
    if len(label) != 1:
        raise Skip
    voice.row[inner] = voice.rng.choice(voice.rows[table.name]["rows"])
    value = voice.row[inner][label[0].name]
    if sum(r[label[0].name] == value for r in voice.rows[table.name]["rows"]) != 1 or set(str(value)) & set("()[]|<>\""):
        raise Skip
    from .tree import Lit

    sub = Query([Col(inner, category.name)], [inner], [], Cmp("=", Col(inner, label[0].name), Lit(value)))
    query = Query(label_items(voice, src), voice.srcs, voice.joins, Cmp("=", Col(src, category.name), Sub(sub)))
    return query, voice.say(
        """
        Which [nouns] have the same [a] as [v]?
        $IMP (the |all |)[nouns] with the same [a] as [v]
        $IMP the [names] of [nouns] (that have|with|having) the same [a] as [v]
        What are the [names] of the [nouns] whose [a] is the same as that of [v]?
        Which [nouns] share (the|their) [a] with [v]?
        [nouns] with the same [a] as [v]
        """, nouns=voice.ents(table), a=voice.attr(table, category), v=value, names=plural(voice.label_noun(table)))


__all__ = ["flat", "where"]
