"""Questions much like those that have an answer, of what a schema lacks: a property, a deed, a state, something owned, a place that rows have
nothing to do with. The words are those of `data/wanting.txt`; none is asked of a schema that knows it, or knows what hangs together with it.
"""

import re

from . import lexicon
from .english import article, plural, say

NEAR = {
    "property": (
        36,
        """
        What (is|was) the [thing] of (each|every|the) [noun]?
        (What is the|) [thing] of [row](?|)
        What is [row]'s [thing]?
        $IMP the [thing] of (each|every|all) [nouns]
        $IMP (all |the |)[nouns] (with|and) their [thing]
        [thing] of (the|our|all) [nouns]
        [nouns]' [thing]
        [nouns] by [thing]
        How many [nouns] (are there |)per [thing]?
        (number of [nouns]|average [attr]) (by|for each|per) [thing]
        (average|highest|lowest) [thing] (by|per|of each) [noun]
        Which [noun] has the (highest|lowest|best|worst) [thing]?
        $IMP [nouns] sorted by [thing]
        What [thing] (did|does) (each|every) [noun] (get|have)?
        [nouns] without [article_thing]
        """,
    ),
    "role": (
        14,
        """
        Who [deed] [row]?
        Who is the [role] of [row]?
        (What is the |)(name|phone number|address) of the [role] of [row](?|)
        Which [role] (worked on|is responsible for) (the |)most [nouns]?
        [nouns] by the [role] (of|behind) [row]
        $IMP (all |the |)[nouns] and (their|the) [role]
        """,
    ),
    "deed": (
        16,
        """
        Which [nouns] (were|have been) [suffered]?
        Which [nouns] were [suffered] in [place]?
        (How many|Which) [nouns] were [suffered] (last month|this year|in the 1980s|twice)?
        $IMP [nouns] [suffered] (in [place]|by hand|abroad|on Sundays)
        """,
    ),
    "people did": (
        10,
        """
        Which [nouns] [did]?
        How many [nouns] [did]( last year|)?
        $IMP (all |the |)[nouns] who [did]
        [nouns] that [did](| twice| last month)
        """,
    ),
    "state": (
        12,
        """
        Which [nouns] are [state]?
        How many [nouns] are [state]?
        How many of (our|the) [nouns] are [state]?
        $IMP (all |the |)[nouns] that are [state]
        Are (all|any) [nouns] [state]?
        """,
    ),
    "owned": (
        12,
        """
        How many [objects] does (each|every) [noun] have?
        How many [objects] (do the [nouns]|do our [nouns]) have?
        Which [nouns] have [article_object]?
        [nouns] (with|without) [article_object]
        number of [objects] (per|for each|by) [noun]
        $IMP the [objects] (of|at) each [noun]
        Which [noun] has the most [objects]?
        List the [objects] of [row]
        How many [nouns] have [article_object]?
        """,
    ),
}


def wanting():
    """kind -> [(phrase, words that hang together with it)]."""
    kinds = {}
    for line in lexicon.lines("wanting.txt"):
        kind, _, phrases = line.partition(":")
        found = re.findall(r"\s*([^,(]+?)\s*(?:\(([^)]*)\))?(?:,|$)", phrases)
        kinds[kind] = [(phrase, " ".join([phrase, ties.replace(",", " ")]).lower().split()) for phrase, ties in found]
    return kinds


def stems(words):
    """Words cut short enough that forms of one word are the same."""
    return {word[:5] for word in words if len(word) > 2}


def asked(rng, kind, known, generic):
    """A phrase of which the schema knows nothing, or StopIteration."""
    phrases = [phrase for phrase, words in wanting()[kind] if not stems(set(words) - generic or words) & known]
    if not phrases:
        raise StopIteration
    return rng.choice(phrases)


def reach(schema, table, hops):
    """Names of the tables within so many references of one, either way."""
    near = {table.name}
    for _ in range(hops):
        refs = {(t.name, c.ref) for t in schema.tables for c in t.columns if c.ref}
        near |= {a for a, b in refs if b in near} | {b for a, b in refs if a in near}
    return near


def place(rng, world, table):
    """A stored name of a place that rows of the table have nothing to do with, or one of anywhere."""
    schema, _, filled = world
    near = reach(schema, table, 1)
    far = [(t, c) for t in schema.tables if t.name not in near for c in t.columns if c.generator in ("city", "country")]
    if not far:
        return rng.choice(["London", "Norway", "Springfield", "1987"])
    other, column = rng.choice(far)
    values = [row[column.name] for row in filled[other.name]["rows"] if row[column.name]]
    return rng.choice(values or ["London"])


def question(rng, world, known, generic):
    """(question, kind) over one schema, of what it lacks; StopIteration where the dice ask for what it has."""
    schema, names, filled = world
    tables = [t for t in schema.tables if names.has_name(t) and not names.is_junction(t) and filled[t.name]["rows"]]
    kind = rng.choices(list(NEAR), [share for share, _ in NEAR.values()])[0]
    people = kind == "people did"
    tables = [t for t in tables if not people or names.tables[t.name].person]
    if not tables:
        raise StopIteration
    table = rng.choice(tables)
    name = names.tables[table.name]
    row = rng.choice(filled[table.name]["rows"])
    noun = rng.choice([name.noun] * 4 + lexicon.synonyms().get(name.noun, [name.noun]))
    measures = names.by_role(table, "measure")
    slots = {"noun": noun, "nouns": plural(noun), "row": " ".join(str(row[c.name]) for c in names.label(table))}
    slots["attr"] = names.of(table, rng.choice(measures)).noun if measures else "number of rows"
    pick = lambda kind: asked(rng, kind, known, generic)
    if kind == "property":
        slots["thing"] = pick("of people" if name.person else "of things")
        slots["article_thing"] = article(slots["thing"])
    elif kind == "role":
        slots["deed"], slots["role"] = pick("deeds"), pick("roles")
    elif kind == "deed":
        slots["suffered"], slots["place"] = pick("suffered"), place(rng, world, table)
    elif kind == "people did":
        slots["did"] = pick("people did")
    elif kind == "state":
        slots["state"] = pick("states")
    else:
        thing = pick("owned")
        slots["objects"], slots["article_object"] = plural(thing), article(thing)
    return say(rng, NEAR[kind][1], **slots), kind
