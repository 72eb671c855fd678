"""Questions that a schema cannot answer.

Most are made by the same grammar as the answerable ones: the schema gets a column or a table of another domain (a ghost), and only
questions whose query needs the ghost are kept. Some are phrased by hand (`near`). The rest is outside of what a query can do.
"""

import copy

from . import lexicon, near
from .dsl import Schema, Table
from .english import plural, say
from .generate import KINDS, attempt, finish, good
from .naming import Names
from .tree import sql
from .voice import Skip, Voice

GENERIC = set(
    """id name number no code date type kind time title status description notes note year day value amount total count is has of on at the
    first last full start end created updated label key reference state comment remark data info level group list price cost item""".split()
)

OUTSIDE = {
    "forecast": """
        How many [nouns] will (there be|we have) (next year|in five years|by the end of the decade|next month)?
        (Predict|Forecast|Estimate) the (number of [nouns]|[attr] of the [nouns]) for (next year|the coming quarter|2035)
        What will the average [attr] of [nouns] be (next year|in two years|next season)?
        Which [noun] will have the highest [attr] (next year|in the future)?
        Will the number of [nouns] (grow|fall|double) (next year|soon)?
        (expected|projected) [attr] of [nouns] next (year|month|quarter)
        Give me a forecast (of|for) the [attr] of all [nouns]
        How likely is it that [article_noun] (leaves|fails|is lost) (next year|tomorrow)?
    """,
    "why": """
        Why (do|did) (so many|so few|some) [nouns] have a (high|low) [attr]?
        Why is the [attr] of (some|the|most) [nouns] so (high|low|different)?
        What (explains|causes|is the reason for) the (drop|rise|change) in [attr] (of [nouns]|)?
        Why are there (so few|so many|no new) [nouns]?
        Explain why the number of [nouns] (fell|rose|changed)
        What is the reason that [nouns] (differ|vary) in [attr]?
    """,
    "opinion": """
        Which [noun] is the (nicest|friendliest|most beautiful|most interesting|best looking|most trustworthy|coolest)?
        Do you (like|prefer|trust) (the |these |our |)[nouns]?
        Which [noun] (should I|should we|would you) (choose|pick|recommend|take|trust)?
        (What do you think|What is your opinion) (of|about) (the |our |)[nouns]?
        Should we (get|have|add|keep) more [nouns]?
        Is it a good idea to have so many [nouns]?
        Recommend me a good [noun]
        Which [nouns] are (overrated|underrated|boring|fun)?
        How can we improve the [attr] of our [nouns]?
        What would be a fair [attr] for [article_noun]?
    """,
    "change": """
        (Delete|Remove|Erase|Drop) (all |the |)[nouns] (without|with) [article_attr]
        (Delete|Remove|Drop) the [noun] called (Smith|Alpha|Test|Rossi)
        (Add|Insert|Create|Enter) a new [noun] (named|called) (Test|Morgan|Delta|Sample)
        (Set|Change|Update) the [attr] of (all|the first|every) [noun] to (0|10|unknown|100)
        (Increase|Raise|Reduce|Lower) the [attr] of (all|every) [noun] by (5|10|20) percent
        Rename the [noun] (Test|Alpha) to (Beta|Omega)
        (Merge|Archive|Restore|Duplicate) the (old|two last|oldest) [nouns]
        (Truncate|Empty|Clear) the table of [nouns]
        Please (register|book|enter) a [noun] for (me|tomorrow|Monday)
        (Send|Forward|Mail) an email to (all |the |)[nouns]
        Create a (table|view|index) for [nouns]
        Grant (everyone|the interns) access to the [nouns]
    """,
    "chat": """
        (Hello|Hi|Hey|Good morning|Good evening)(!|, how are you?| there|, how is it going?)
        (Thank you|Thanks)( very much|, that was helpful|!|)
        (Who|What) are you?
        What can you do( for me|)?
        (Tell me|Do you know) a (good |)(joke|story|riddle)
        What is the (weather|temperature outside|time) (today|tomorrow|now|in this town)?
        What is the (capital|currency|national dish) of (France|Peru|Norway|Kenya)?
        How (tall|high) is (Mount Everest|the Eiffel Tower)?
        Who (won|will win) the (World Cup|last election|championship)?
        (Write|Compose) (a poem|an essay|a letter|a song) about [nouns]
        Translate "[nouns]" into (French|German|Latin|Spanish)
        How do I (install|restart|update|uninstall) (the printer|this program|my phone)?
        What does the word "[noun]" mean?
        (What is the meaning of life|Is there life on Mars)?
        (Are you|Is this) (a robot|a human|artificial)?
        (Sing|Play) me a song
        (Remind|Wake) me (tomorrow|at six|next week)( to call my mother|)
        (lorem ipsum|asdf qwer|test test|bla bla bla)
        How do you spell "[noun]"?
        What (should I|can I) (cook|eat|wear|watch) (tonight|today|this evening)?
        (Summarize|Summarise) the (news|book I am reading|last meeting)
        Draw (me |)a picture of [article_noun]
        What is (17 times 23|the square root of 1521|12 factorial)?
        I am (bored|tired|hungry|lost)
        Where did I (put|leave) my (keys|glasses|umbrella)?
    """,
    "unknown_word": """
        (Which|How many) [nouns] are (left-handed|haunted|colour-blind|vegetarian on Sundays|waterproof|superstitious|made of marble|allergic to nuts|twins|afraid of heights|radioactive|inflatable)?
        $IMP (all |the |)(left-handed|haunted|waterproof|superstitious|nocturnal|bilingual|radioactive|edible|inflatable|gluten-free) [nouns]
        How many (left-handed|haunted|waterproof|superstitious|bilingual|radioactive|edible|magnetic) [nouns] are there?
        Which [nouns] (like chocolate|believe in ghosts|can swim|snore|play chess|have a tattoo|wear glasses|own a yacht|speak Klingon|glow in the dark|smell of roses)?
        $IMP [nouns] that (like chocolate|snore|have a tattoo|wear glasses|own a yacht|are fond of jazz|glow in the dark)
        What is the (shoe size|blood type|star sign|favourite dish|nickname of the cousin|maiden name|IQ|eye colour|horoscope|karma) of (each|every|the oldest) [noun]?
        Average (shoe size|IQ|number of freckles|screen time|commute|carbon footprint|sleep per night) of [nouns]
        Which [noun] has the (largest shoe size|highest IQ|most siblings|longest commute|biggest carbon footprint|most tattoos)?
        How many [nouns] per (star sign|blood type|shoe size|hair colour|zodiac sign)?
        [nouns] by (star sign|blood type|hair colour|shoe size)
    """,
}


def stems(words):
    """Words cut to a short stem for comparison."""
    return {w.lower()[:5] for w in words if len(w) > 2}


def known_words(names):
    """Stems of all words of a schema's names and comments, with their synonyms."""
    words = set()
    for table in names.schema.tables:
        words |= set(names.tables[table.name].words) | set(table.comment.lower().split()) | set(table.name.split("_"))
        for column in table.columns:
            words |= set(names.of(table, column).long_words) | set(column.comment.lower().split()) | set(column.name.split("_"))
    for word in list(words):
        for other in lexicon.synonyms().get(word, ()):
            words |= set(other.split())
        for line in lexicon.adjectives().get(word, [])[:4]:
            words |= set(" ".join(line).split())
    return stems(words)


def foreign(words, known):
    """Whether the words' head and all their telling parts, with their synonyms, are unknown to the schema."""
    telling = [w for w in words if w not in GENERIC]
    if not telling or words[-1] in GENERIC:
        return False
    wide = set(telling)
    for word in telling + [" ".join(words)]:
        wide |= {w for other in lexicon.synonyms().get(word, ()) for w in other.split()}
    return not stems(wide) & known


class Ghost:
    """A schema with something in it that is not there."""

    def __init__(self, rng, world, other):
        self.schema, self.names, self.filled = world
        self.other_schema, self.other_names, self.other_rows = other
        self.rng = rng
        self.known = known_words(self.names)

    def column(self):
        """Adds a foreign column to a table; the name of the column, or Skip."""
        donors = [(t, c) for t in self.other_schema.tables for c in t.columns if self.other_names.of(t, c).role in ("category", "measure", "date", "timestamp", "year", "bool", "text", "flag")]
        donors = [(t, c) for t, c in donors if not self.other_names.of(t, c).dangling and c.generator not in ("city", "country") and foreign(self.other_names.of(t, c).words, self.known)]
        tables = [t for t in self.schema.tables if self.names.label(t) and not self.names.is_junction(t) and len(self.filled[t.name]["rows"]) > 3]
        if not donors or not tables:
            raise Skip
        donor, column = self.rng.choice(donors)
        target = self.rng.choice(tables)
        column = copy.copy(column)
        column.is_label = False
        values = [r[column.name] for r in self.other_rows[donor.name]["rows"]]
        schema, rows = self.copied()
        if schema.table(target.name).column(column.name):
            raise Skip
        schema.table(target.name).columns.append(column)
        rows[target.name] = {**rows[target.name], "rows": [{**r, column.name: values[i % len(values)]} for i, r in enumerate(rows[target.name]["rows"])]}
        return schema, rows, column.name, " ".join(self.other_names.of(donor, column.name).words), [column]

    def copied(self):
        """A copy of the schema whose tables can be extended."""
        tables = [Table(t.name, t.comment, list(t.columns), t.pair_key) for t in self.schema.tables]
        return Schema(self.schema.name, self.schema.comment, tables), dict(self.filled)

    def table(self):
        """Adds a foreign table, at times with a reference to one of the schema's; its name, or Skip."""
        donors = [t for t in self.other_schema.tables if not self.other_names.is_junction(t) and self.other_names.label(t) and foreign(self.other_names.tables[t.name].words, self.known)]
        if not donors:
            raise Skip
        donor = self.rng.choice(donors)
        schema, rows = self.copied()
        if schema.table(donor.name):
            raise Skip
        columns = [copy.copy(c) for c in donor.columns if not c.ref]
        ghost = Table(donor.name, donor.comment, columns)
        filled = [dict(r) for r in self.other_rows[donor.name]["rows"]]
        parents = [t for t in self.schema.tables if t.key and self.names.has_name(t)]
        if parents and self.rng.random() < 0.6:
            parent = self.rng.choice(parents)
            link = copy.copy(next(iter(columns)))
            link.name, link.type, link.ref, link.is_key, link.is_label, link.nulls, link.comment = self.names.tables[parent.name].noun.replace(" ", "_") + "_id", "ref", parent.name, False, False, 0, ""
            columns.append(link)
            keys = rows[parent.name]["keys"]
            for row in filled:
                row[link.name] = self.rng.choice(keys)
        schema.tables.append(ghost)
        rows[ghost.name] = {"rows": filled, "keys": [r[ghost.key.name] for r in filled] if ghost.key else []}
        return schema, rows, ghost.name, self.other_names.tables[donor.name].noun, [ghost]


def ghostly(rng, worlds, words, kind):
    """One question that needs a ghost, or None."""
    world = rng.choice(worlds)
    ghost = Ghost(rng, world, rng.choice([w for w in worlds if w is not world]))
    try:
        schema, rows, name, missing, parts = ghost.column() if kind == "attribute" else ghost.table()
    except Skip:
        return None
    names = Names(schema, words)
    from .ddl import ident

    for _ in range(25):
        maker = rng.choices(KINDS, [k[2] for k in KINDS])[0]
        if maker[0] in ("self_reference", "two_roles", "same_as"):
            continue
        try:
            found = attempt(Voice(rng, schema, names, rows), maker[1], False)
        except (StopIteration, KeyError):
            continue
        if found and good(found[1]) and f"{ident(name)} " in sql(found[0]).replace(")", " ").replace(",", " ").replace(".", " ") + " ":
            return {"db": schema.name, "question": finish(rng, found[1]), "missing": missing}
    return None


def outside(rng, worlds):
    """One question that no query answers."""
    schema, names, _ = rng.choice(worlds)
    kind = rng.choices(list(OUTSIDE), [18, 14, 16, 22, 12, 18])[0]
    table = rng.choice([t for t in schema.tables if names.label(t) and not names.is_junction(t)] or schema.tables)
    measured = names.by_role(table, "measure")
    if not measured and kind in ("forecast", "why", "change", "opinion"):
        return None
    measured = measured or table.columns
    noun, attr = names.tables[table.name].noun, names.of(table, rng.choice(measured)).noun
    if rng.random() < 0.2:
        noun = rng.choice(lexicon.synonyms().get(noun, [noun]))
    from .english import article

    text = say(rng, OUTSIDE[kind], noun=noun, nouns=plural(noun), attr=attr, article_noun=article(noun), article_attr=article(attr))
    if kind == "unknown_word" and set(text.lower().split()) & {"vegetarian", "edible", "waterproof", "bilingual"} and known_words(names) & stems(["vegetarian", "edible", "waterproof", "bilingual"]):
        return None
    return {"db": schema.name, "question": finish(rng, text), "missing": kind}


def lacking(rng, worlds):
    """One question of what people have in mind and the schema has not, or None."""
    world = rng.choice(worlds)
    try:
        text, kind = near.question(rng, world, known_words(world[1]), GENERIC)
    except StopIteration:
        return None
    return {"db": world[0].name, "question": finish(rng, text), "missing": kind}


def made(rng, worlds, words):
    """One unanswerable question, or None where the dice do not make one."""
    dice = rng.random()
    if dice < 0.30:
        return ghostly(rng, worlds, words, "attribute")
    if dice < 0.45:
        return ghostly(rng, worlds, words, "entity")
    return lacking(rng, worlds) if dice < 0.75 else outside(rng, worlds)


def questions(rng, worlds, count, words=()):
    """The wanted number of unanswerable questions without repeats."""
    seen, out, tries = set(), [], 0
    while len(out) < count and tries < count * 30:
        tries += 1
        one = made(rng, worlds, words)
        if one is None or (one["db"], one["question"].lower()) in seen:
            continue
        seen.add((one["db"], one["question"].lower()))
        out.append(one)
    return out
