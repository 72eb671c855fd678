"""Conditions on a table's rows: the SQL and the ways to say it.

A Cond carries its tree and phrases: `pre` stands before the noun (`active`), `post` behind it (`with a weight above 5 kg`), `vp` is a
verb phrase with marks for the number (`<weigh/weighs> more than 5 kg`), `head` replaces the noun (`cats`).
"""

import datetime
from dataclasses import dataclass, field

from . import lexicon
from .english import NUMBER_WORDS, article, plural
from .naming import COUNT_HEADS, KIND_WORDS, PLACE_WORDS, STATE_WORDS
from .tree import Between, Bool, Cmp, Col, IsNull, Lit, Truth
from .voice import Skip

MONTHS = "January February March April May June July August September October November December".split()


@dataclass
class Cond:
    """A condition: its tree and its phrases."""

    tree: object
    pre: list = field(default_factory=list)
    post: list = field(default_factory=list)
    vp: list = field(default_factory=list)
    head: list = field(default_factory=list)
    column: object = None


# ---- values in words


def quoted(voice, text):
    """A value as people write it: bare mostly, at times in quotes or in lower case."""
    text = str(text)
    if set(text) & set("()[]|<>{}\""):
        raise Skip
    dice = voice.rng.random()
    if dice < 0.62:
        return text
    if dice < 0.84:
        return f'"{text}"'
    if dice < 0.93:
        return f"'{text}'"
    return text.lower()


def number(voice, value, name):
    """A number with its unit, digits or words."""
    value = int(value) if float(value).is_integer() else value
    text = str(value)
    if isinstance(value, int) and 0 < value <= 12 and voice.chance(0.35):
        text = NUMBER_WORDS[value]
    elif isinstance(value, int) and value >= 1000 and voice.chance(0.25):
        text = f"{value:,}"
    if name.money:
        return voice.rng.choice([text, text, "$" + text, text + " dollars"]) if text[0].isdigit() else text + " dollars"
    if name.unit and name.unit not in name.words and voice.chance(0.5):
        return f"{text}%" if name.unit == "percent" and text[0].isdigit() else f"{text} {name.unit}"
    return text


def day_words(voice, iso):
    """A day in one of the usual notations."""
    day = datetime.date.fromisoformat(iso[:10])
    month = MONTHS[day.month - 1]
    return voice.rng.choice([iso[:10], iso[:10], f"{month} {day.day}, {day.year}", f"{day.day} {month} {day.year}", f"{day.day} {month[:3]} {day.year}"])


def near(voice, values, column):
    """A round bound near the middle of values, so that both sides have rows."""
    ordered = sorted(values)
    pivot = ordered[int(len(ordered) * voice.rng.uniform(0.15, 0.85))]
    if pivot in (0, 1) or abs(pivot) < 10 or voice.chance(0.3):
        return pivot
    step = 10 ** max(0, len(str(int(abs(pivot)))) - 2)
    rounded = int(round(pivot / step) * step)
    inside = any(v > rounded for v in ordered) and any(v < rounded for v in ordered)
    return rounded if inside and not (column.type == "int" and rounded == 0) else pivot


# ---- texts


def text_cond(voice, src, column, value=None):
    """column = value for a text column."""
    value = voice.row[src].get(column.name) if value is None else value
    if not isinstance(value, (str, int, float)) or value == "":
        raise Skip
    table, name = src.table, voice.names.of(src.table, column)
    tree = Cmp("=", Col(src, column.name), Lit(value))
    cond = Cond(tree, column=column)
    shown, attr = quoted(voice, value), voice.attr(table, column)
    bare = shown if shown[0] not in "\"'" else str(value)
    if name.dangling:
        return dangling_phrases(cond, name, shown)
    generic_text(voice, cond, attr, shown)
    kind = name.head
    if name.role == "category" and kind in PLACE_WORDS:
        place_phrases(voice, cond, table, name, bare)
    elif name.role == "category" and (kind in KIND_WORDS or kind in STATE_WORDS) and len(name.words) <= 2:
        kind_phrases(voice, cond, table, name, str(value), attr)
    elif name.role == "category" and voice.chance(0.25) and len(str(value)) > 2:
        cond.pre += [bare]
    elif kind in ("name", "title") or name.role == "label":
        name_phrases(voice, cond, table, column, name, shown)
    return cond


PARTICIPLES = ("sold", "built", "made", "bought", "sent", "led", "held", "paid", "run")


def dangling_phrases(cond, name, shown):
    """A name that ends in a preposition stands before its value: `sold by Anna`."""
    cond.post = [f"{name.noun} {shown}"]
    done = name.words[0].endswith(("ed", "en")) or name.words[0] in PARTICIPLES
    cond.vp = [f"<are/is> {name.noun} {shown}" if done else f"<have/has> {shown} as {name.noun}"]
    return cond


def generic_text(voice, cond, attr, shown):
    """Phrases that fit any text column."""
    pick = voice.rng.sample(
        [
            f"with {attr} {shown}", f"with the {attr} {shown}", f"whose {attr} is {shown}", f"having {attr} {shown}", f"where the {attr} is {shown}",
            f"with {shown} as (the|their) {attr}", f"whose {attr} (equals|is equal to) {shown}", f"for which the {attr} is {shown}",
            f"{attr} {shown}", f"where {attr} is {shown}", f"with {attr} = {shown}", f"with {article(attr)} {shown}",
        ],
        5,
    )
    cond.post += pick
    cond.vp += [f"<have/has> the {attr} {shown}", f"<have/has> {shown} as {attr}", f"<have/has> {attr} {shown}"]


def place_phrases(voice, cond, table, name, shown):
    """in Boston, living in Boston, from Boston, Boston owners."""
    modifier = name.words[0] if len(name.words) > 1 else ""
    others = [c for c in table.columns if c is not name.column and voice.names.of(table, c).head == name.head]
    if modifier in ("birth", "born", "origin", "home") or (not modifier and not others):
        cond.post, cond.vp = cond.post[:2], cond.vp[:1]
    if modifier in ("birth", "born"):
        cond.post += [f"born in {shown}"] * 3
        cond.vp += [f"<were/was> born in {shown}"] * 3
    elif modifier in ("destination", "arrival", "to"):
        cond.post += [f"going to {shown}", f"to {shown}", f"bound for {shown}"]
    elif modifier in ("origin", "departure", "sender", "from", "source"):
        cond.post += [f"from {shown}", f"coming from {shown}"]
    elif others and modifier != "home":
        return
    elif voice.person(table):
        cond.post += [f"in {shown}", f"from {shown}", f"living in {shown}", f"based in {shown}", f"who live in {shown}", f"residing in {shown}"]
        cond.vp += [f"<live/lives> in {shown}", f"<come/comes> from {shown}", f"<are/is> from {shown}", f"<are/is> based in {shown}", f"<reside/resides> in {shown}"]
        cond.pre += [shown]
    else:
        cond.post += [f"in {shown}", f"in {shown}", f"located in {shown}", f"from {shown}", f"situated in {shown}"]
        cond.vp += [f"<are/is> in {shown}", f"<are/is> located in {shown}", f"<are/is> situated in {shown}", f"<come/comes> from {shown}"]
        cond.pre += [shown]


def kind_phrases(voice, cond, table, name, value, attr):
    """cats; jazz albums; cancelled orders; of type X."""
    single = len(value.split()) <= 2 and value.replace(" ", "").replace("-", "").isalpha() and len(value) > 2
    lowered = value if value.isupper() else value.lower()
    cond.post += [f"of {attr} {value}", f"of the {attr} {value}", f"of the {value} {attr}", f'in the {value} {attr}' if name.head in ("category", "genre", "class", "group", "family") else f"of {attr} {value}"]
    if single:
        cond.pre += [lowered] * 2
        if name.head in STATE_WORDS:
            cond.vp += [f"<are/is> {lowered}"] * 3
    if name.head in ("species", "breed") and single and not voice.person(table):
        cond.head += [lowered]


def name_phrases(voice, cond, table, column, name, shown):
    """named X, called X, with the last name X."""
    if name.role == "label" and name.noun in ("name", "full name") or name.noun == f"{voice.names.tables[table.name].noun} name":
        cond.post = [f"named {shown}", f"called {shown}", f"with the name {shown}", f"whose name is {shown}"]
        cond.vp = [f"<are/is> named {shown}", f"<are/is> called {shown}"]
    elif name.head == "title":
        cond.post = [f"titled {shown}", f"entitled {shown}", f"called {shown}", f"with the title {shown}", f"whose title is {shown}"]
        cond.vp = [f"<are/is> titled {shown}", f"<are/is> called {shown}"]


def other_text(voice, src, column):
    """column <> value."""
    cond = text_cond(voice, src, column, other_value(voice, src, column))
    value, attr, name = cond.tree.right.value, voice.attr(src.table, column), voice.names.of(src.table, column)
    shown = quoted(voice, value)
    new = Cond(Cmp("<>", cond.tree.left, cond.tree.right), column=column)
    new.post = [
        f"whose {attr} is not {shown}", f"with {article(attr)} other than {shown}", f"whose {attr} is different from {shown}",
        f"where the {attr} is not {shown}", f"whose {attr} (isn't|differs from|does not equal) {shown}",
    ]
    new.vp = [f"<do/does> not have the {attr} {shown}", f"<do/does> not have {shown} as {attr}", f"<have/has> {article(attr)} other than {shown}"]
    if any(v.startswith("<are/is> in") for v in cond.vp):
        new.post += [f"not in {shown}", f"outside {shown}", f"outside of {shown}"]
        new.vp += [f"<are/is> not in {shown}", f"<are/is> not located in {shown}"]
    if any(v.startswith("<live/lives>") for v in cond.vp):
        new.post += [f"not from {shown}", f"outside {shown}"]
        new.vp += [f"<do/does> not live in {shown}", f"<are/is> not from {shown}", "<don't/doesn't> live in " + shown]
    if name.head in STATE_WORDS and cond.pre:
        new.vp += [f"<are/is> not {cond.pre[0]}", f"<aren't/isn't> {cond.pre[0]}"]
    return new


def other_value(voice, src, column):
    """A value of the column that differs from the example row's."""
    here = voice.row[src].get(column.name)
    return voice.choose(sorted({r[column.name] for r in voice.rows[src.table.name]["rows"]} - {here, None}, key=str))


def like_cond(voice, src, column):
    """column contains, starts with, ends with a piece of a value."""
    value = voice.row[src].get(column.name)
    if not isinstance(value, str) or len(value) < 4 or set(value) & set("()[]|<>{}\"%_"):
        raise Skip
    attr, kind = voice.attr(src.table, column), voice.rng.choice(["in", "in", "start", "end"])
    words = value.split()
    if kind == "in":
        piece = voice.rng.choice([w for w in words if len(w) > 2] or [value[1:4]])
        forms = [f'whose {attr} contains "{piece}"', f'with "{piece}" in (the|their) {attr}', f"whose {attr} includes the word {piece}", f"with {attr} containing '{piece}'",
                 f'whose {attr} has "{piece}" in it', f'with the word "{piece}" in the {attr}', f'having "{piece}" in their {attr}', f'whose {attr} contains the (word|text|substring|string) "{piece}"']
        verbs, pattern = [f'<have/has> "{piece}" in <their/its> {attr}'], f"%{piece}%"
    elif kind == "start":
        piece = voice.rng.choice([value[0], value[:2], words[0]])
        forms = [f'whose {attr} starts with "{piece}"', f"whose {attr} begins with {piece}", f"with {article(attr)} starting with '{piece}'", f'with {article(attr)} that begins with "{piece}"',
                 f'whose {attr} starts with the letter{"s" if len(piece) > 1 else ""} {piece}', f"with {attr} beginning with {piece}"]
        verbs, pattern = [f'<have/has> {article(attr)} starting with "{piece}"', f"<have/has> {article(attr)} that starts with {piece}"], f"{piece}%"
    else:
        piece = voice.rng.choice([value[-1], value[-2:], words[-1]])
        forms = [f'whose {attr} ends with "{piece}"', f"whose {attr} ends in {piece}", f"with {article(attr)} ending in '{piece}'", f'with {article(attr)} that ends with "{piece}"']
        verbs, pattern = [f'<have/has> {article(attr)} ending with "{piece}"', f"<have/has> {article(attr)} that ends in {piece}"], f"%{piece}"
    return Cond(Cmp("ILIKE", Col(src, column.name), Lit(pattern)), post=forms, vp=verbs, column=column)


# ---- numbers

OPERATORS = {
    ">": ["more than", "over", "above", "greater than", "higher than", "exceeding", "larger than", "in excess of", "bigger than"],
    "<": ["less than", "under", "below", "lower than", "smaller than", "fewer than"],
    ">=": ["at least", "no less than", "not less than", "a minimum of", "greater than or equal to", "# or more", "# or above"],
    "<=": ["at most", "no more than", "not more than", "up to", "a maximum of", "less than or equal to", "# or less", "# or below"],
    "=": ["", "", "exactly", "equal to"],
    "<>": ["other than", "not equal to", "different from"],
}


def bound(voice, op, shown, short=False):
    """`more than 5`; short leaves out what cannot stand before a counted noun."""
    forms = OPERATORS[op]
    if short:
        forms = [f for f in forms if f in ("more than", "over", "less than", "under", "fewer than", "at least", "no less than", "at most", "no more than", "up to", "exactly", "", "# or more", "# or less")] or forms[:1]
    form = voice.rng.choice(forms)
    return form.replace("#", shown) if "#" in form else f"{form} {shown}".strip()


def measure_op(voice, column):
    """An operator in the frequencies of a real workload."""
    weights = {">": 40, "<": 22, ">=": 12, "<=": 8, "=": 12 if column.type == "int" else 4, "<>": 3}
    return voice.rng.choices(list(weights), list(weights.values()))[0]


def column_values(voice, src, column):
    """The values that a column has."""
    found = [r[column.name] for r in voice.rows[src.table.name]["rows"] if r[column.name] is not None]
    if len(found) < 3:
        raise Skip
    return found


def measure_cond(voice, src, column):
    """column op number."""
    if voice.chance(0.1):
        return between_cond(voice, src, column)
    name, op = voice.names.of(src.table, column), measure_op(voice, column)
    values = column_values(voice, src, column)
    value = voice.row[src][column.name] if op in ("=", "<>") else near(voice, values, column)
    if value is None:
        raise Skip
    if op == ">" and value >= max(values) or op == "<" and value <= min(values):
        op = ">=" if op == ">" else "<="
    shown = number(voice, value, name)
    cond = Cond(Cmp(op, Col(src, column.name), Lit(value)), column=column)
    measure_phrases(voice, cond, src.table, column, name, op, shown)
    return cond


def measure_phrases(voice, cond, table, column, name, op, shown):
    """Phrases of a comparison with a number."""
    attr, text, of_text = voice.attr(table, column), bound(voice, op, shown), bound(voice, op, shown, short=True)
    if name.counted and attr.endswith(name.head):
        attr = attr.removeprefix("number of ")
        text = bound(voice, op, shown.split()[0] if " " in shown and not shown.startswith("$") else shown, short=True)
        if op == "<>":
            cond.post += [f"whose number of {attr} is not {shown}", f"whose number of {attr} (differs from|is different from|is other than) {shown}"]
            cond.vp += [f"<do/does> not have (exactly |){shown} {attr}"]
            return
        cond.post += [f"with {text} {attr}"] * 4 + [f"having {text} {attr}", f"whose number of {attr} is {bound(voice, op, shown)}", f"whose {attr} are {bound(voice, op, shown)}"]
        cond.vp += [f"<have/has> {text} {attr}"] * 4
        return
    if op == "<>":
        cond.post += [f"whose {attr} is not {shown}", f"with {article(attr)} (other than|different from) {shown}", f"where the {attr} is not {shown}", f"whose {attr} does not equal {shown}"]
        cond.vp += [f"<do/does> not have {article(attr)} of {shown}"]
        return
    is_text = text.replace("exceeding", "above").replace("in excess of", "over")
    cond.post += [f"with {article(attr)} of {of_text}", f"whose {attr} is {is_text}", f"having {article(attr)} of {of_text}", f"where the {attr} is {is_text}", f"with {attr} {text}", f"with {article(attr)} {text}"]
    cond.post += [f"whose {attr} exceeds {shown}", f"with {article(attr)} that exceeds {shown}"] if op == ">" else []
    if voice.chance(0.3):
        cond.post += [f"{attr} {text}", f"with {attr} {op} {shown}" if op == "=" else f"with {attr} {of_text}"]
    cond.vp += [f"<have/has> {article(attr)} of {of_text}", f"<have/has> {article(attr)} {text}" if op in (">", "<") else f"<have/has> {article(attr)} of {of_text}"]
    adjective_phrases(voice, cond, name, op, shown, text)


def adjective_phrases(voice, cond, name, op, shown, text):
    """heavier than 5 kg; that weigh more than 5 kg."""
    entry = lexicon.adjectives().get(name.head)
    if not entry or len(name.words) > 2:
        return
    more, less, _, _, verbs, singles = entry
    if op in "<>" and len(name.words) == 1 or op in "<>" and name.head == "duration":
        for word in more if op == ">" else less:
            cond.post += [f"{word} than {shown}"] * 2
            cond.vp += [f"<are/is> {word} than {shown}"] * 2
    for many, one in zip(verbs, singles):
        if op != "=" or not text.startswith("of"):
            simple = bound(voice, op, shown, short=True)
            cond.vp += [f"<{many}/{one}> {simple}"] * 2


def between_cond(voice, src, column):
    """column BETWEEN low AND high."""
    name, values = voice.names.of(src.table, column), sorted(column_values(voice, src, column))
    low, high = near(voice, values[: len(values) // 2 + 1], column), near(voice, values[len(values) // 2 :], column)
    if low >= high:
        raise Skip
    a, b, attr = number(voice, low, name).split()[0], number(voice, high, name), voice.attr(src.table, column)
    text = voice.rng.choice([f"between {a} and {b}", f"between {a} and {b}", f"from {a} to {b}", f"in the range {a} to {b}", f"in the range between {a} and {b}", f"in the range from {a} to {b}"])
    cond = Cond(Between(Col(src, column.name), Lit(low), Lit(high)), column=column)
    cond.post = [f"with {article(attr)} {text}", f"whose {attr} is {text}", f"having {article(attr)} {text}", f"with {attr} {text}", f"where the {attr} is {text}", f"whose {attr} lies {text}"]
    cond.vp = [f"<have/has> {article(attr)} {text}"]
    entry = lexicon.adjectives().get(name.head)
    for many, one in zip(*entry[4:6]) if entry and len(name.words) == 1 else ():
        cond.vp += [f"<{many}/{one}> between {a} and {b}"] * 2
    return cond


# ---- dates and years


def date_words(voice, table, column, name):
    """What to put before `in 2012`: post forms and verb forms."""
    entry, attr, person = None, voice.attr(table, column), voice.person(table)
    for word in name.words:
        entry = entry or lexicon.date_verbs().get(word)
    post, verb = [f"with {article(attr)}", f"whose {attr} is"], [f"<have/has> {article(attr)}"]
    if entry and not (name.words[0] in ("last", "next", "first", "medical")):
        done, did = entry[0], entry[1]
        post += [d for d in done] * 3
        verb += [f"<were/was> {d}" for d in done] * 2 + [d for d in did] * 3
    elif name.noun in ("date", "day", "time"):
        post += ["dated", "from"] if not person else []
        verb += ["<are/is> dated"] if not person else []
    return post, verb


def year_bounds(src, column, low, high):
    """The half-open range of years as a tree; None for an open end."""
    col = Col(src, column.name)
    parts = [Cmp(">=", col, Lit(f"{low}-01-01"))] if low else []
    parts += [Cmp("<", col, Lit(f"{high}-01-01"))] if high else []
    return Bool("and", parts) if len(parts) == 2 else parts[0]


def date_cond(voice, src, column):
    """A date column against a year, a month, a day or a range of years."""
    value = voice.row[src].get(column.name)
    if not isinstance(value, str):
        raise Skip
    years = sorted(int(v[:4]) for v in column_values(voice, src, column))
    year, dice, col = int(value[:4]), voice.rng.random(), Col(src, column.name)
    pivot = voice.rng.choice(years)
    if dice < 0.34:
        tree, text = year_bounds(src, column, year, year + 1), voice.rng.choice([f"in {year}", f"in {year}", f"in the year {year}", f"during {year}"])
    elif dice < 0.48:
        pivot = max(pivot, years[0] + 1)
        tree, text = year_bounds(src, column, None, pivot), voice.rng.choice([f"before {pivot}", f"prior to {pivot}", f"earlier than {pivot}", f"before the year {pivot}"])
    elif dice < 0.62:
        pivot = min(pivot, years[-1] - 1)
        tree, text = year_bounds(src, column, pivot + 1, None), voice.rng.choice([f"after {pivot}", f"later than {pivot}", f"after the year {pivot}"])
    elif dice < 0.72:
        tree, text = year_bounds(src, column, pivot, None), voice.rng.choice([f"since {pivot}", f"in {pivot} or later", f"from {pivot} on", f"in or after {pivot}"])
    elif dice < 0.8:
        low, high = sorted((pivot, year))
        if low == high:
            raise Skip
        tree, text = year_bounds(src, column, low, high + 1), voice.rng.choice([f"between {low} and {high}", f"from {low} to {high}", f"in the years {low} to {high}"])
    elif dice < 0.86:
        tree, text = month_tree(col, value), f"in {MONTHS[int(value[5:7]) - 1]} {year}"
    else:
        tree, text = day_cond(voice, col, column, value)
    name = voice.names.of(src.table, column)
    if name.dangling and not text.startswith(("in ", "on ")):
        raise Skip
    post, verb = date_words(voice, src.table, column, name)
    cond = Cond(tree, post=[f"{p} {text}" for p in post], vp=[f"{v} {text}" for v in verb], column=column)
    if text == f"in {year}" and len(voice.names.by_role(src.table, "date", "timestamp", "year")) == 1:
        cond.pre = [str(year)]
        cond.post += [f"from {year}"] if not voice.person(src.table) else []
    return cond


def month_tree(col, value):
    """The half-open range of a month."""
    year, month = int(value[:4]), int(value[5:7])
    after = f"{year + month // 12}-{month % 12 + 1:02d}-01"
    return Bool("and", [Cmp(">=", col, Lit(f"{year}-{month:02d}-01")), Cmp("<", col, Lit(after))])


def day_cond(voice, col, column, value):
    """Before, after, on a day."""
    shown, kind = day_words(voice, value), voice.rng.choice(["before", "after", "on"])
    day = value[:10]
    if kind == "before":
        return Cmp("<", col, Lit(day)), f"before {shown}"
    following = (datetime.date.fromisoformat(day) + datetime.timedelta(days=1)).isoformat()
    if kind == "after":
        return (Cmp(">", col, Lit(day)) if column.type == "date" else Cmp(">=", col, Lit(following))), f"after {shown}"
    if column.type == "date":
        return Cmp("=", col, Lit(day)), f"on {shown}"
    return Bool("and", [Cmp(">=", col, Lit(day)), Cmp("<", col, Lit(following))]), f"on {shown}"


def year_cond(voice, src, column):
    """A whole-number year column."""
    years = sorted(column_values(voice, src, column))
    value = voice.row[src].get(column.name)
    if value is None:
        raise Skip
    pivot, dice, col = voice.rng.choice(years), voice.rng.random(), Col(src, column.name)
    if dice < 0.34:
        tree, text = Cmp("=", col, Lit(value)), voice.rng.choice([f"in {value}", f"in the year {value}"])
    elif dice < 0.54:
        pivot = max(pivot, years[0] + 1)
        tree, text = Cmp("<", col, Lit(pivot)), voice.rng.choice([f"before {pivot}", f"prior to {pivot}", f"earlier than {pivot}"])
    elif dice < 0.74:
        pivot = min(pivot, years[-1] - 1)
        tree, text = Cmp(">", col, Lit(pivot)), voice.rng.choice([f"after {pivot}", f"later than {pivot}"])
    elif dice < 0.88:
        tree, text = Cmp(">=", col, Lit(pivot)), voice.rng.choice([f"since {pivot}", f"in {pivot} or later", f"in or after {pivot}"])
    else:
        low, high = sorted((pivot, value))
        if low == high:
            raise Skip
        tree, text = Between(col, Lit(low), Lit(high)), voice.rng.choice([f"between {low} and {high}", f"from {low} to {high}"])
    name, attr = voice.names.of(src.table, column), voice.attr(src.table, column)
    if name.dangling:
        if not text.startswith("in ") or " or " in text:
            raise Skip
        return Cond(tree, post=[f"{name.noun} {value}"], column=column)
    post, verb = year_words(voice, src.table, column, name, attr)
    post += [f"with {article(attr)}"] if not text.startswith("in ") else []
    return Cond(tree, post=[f"{p} {text}" for p in post], vp=[f"{v} {text}" for v in verb], column=column)


def year_words(voice, table, column, name, attr):
    """built (in 2012), whose birth year is (before 1980)."""
    if name.noun == "year":
        return ["dated"], ["<are/is> dated"]
    return date_words(voice, table, column, name)


# ---- truth and absence


TRUTH_VERBS = {
    "carries": "carry", "supports": "support", "owns": "own", "reads": "read", "serves": "serve", "accepts": "accept", "includes": "include", "speaks": "speak",
    "requires": "require", "offers": "offer", "contains": "contain", "sells": "sell", "wears": "wear", "wants": "want", "takes": "take", "works": "work", "swims": "swim",
    "needs": "need", "allows": "allow",
}
TRUTH_THINGS = set("""gift newsletter elevator balcony sauna warranty floodlights scholarship complication overtime encore allergen electricity tsunami borehole parking
heating training catering insurance wifi discount guarantee pension bonus garden pool lift aerobatics esim priority""".split())
TRUTH_PEOPLE = ("smoker", "apprentice", "headliner", "superhost", "flyer", "member", "visitor", "volunteer", "seller", "owner", "stop", "lot", "building", "company", "charity", "record", "best", "route")
TRUTH_STATES = ("open", "sold", "paid", "taught", "killed", "full", "black", "fair", "frost", "no", "withdrawn", "sworn", "at", "in", "on", "under", "out", "over", "from", "online")
UNDONE = ("insured", "vaccinated", "paid", "verified", "signed", "sold", "published", "solved", "covered", "married", "certified", "licensed", "available", "employed")
NOT_COUNTED = ("parking", "insurance", "wifi", "heating", "electricity", "overtime", "catering", "training")


def with_thing(rest):
    """A yes/no column that names something one has: with it, without it."""
    thing = rest if rest.endswith("s") or rest in NOT_COUNTED else article(rest)
    return [], [], f"<have/has> {thing}", f"<do/does> not have {thing}", f"with {thing}", f"without {thing}"


def truth_parts(voice, table, name):
    """(before-noun form, its negation, verb phrase, its negation, with-phrase, without-phrase) of a yes/no column."""
    words = list(name.words)
    if words[-1] in ("flag", "flg", "ind", "indicator", "yn") and len(words) > 1:
        words = words[:-1]
    lead = words[0] if words[0] in ("is", "has", "was", "can", "had", "are", "have") and len(words) > 1 else ""
    rest = " ".join(words[1:] if lead else words)
    if lead in ("has", "have", "had"):
        return with_thing(rest)
    if lead == "can":
        return [], [], f"can {rest}", f"cannot {rest}", "", ""
    if words[0] in TRUTH_VERBS:
        verb, tail = TRUTH_VERBS[words[0]], " ".join(words[1:])
        tail = article(tail) if len(words) == 2 and not tail.endswith("s") and words[0] == "owns" else tail
        return [], [], f"<{verb}/{words[0]}> {tail}", f"<do/does> not {verb} {tail}", "", ""
    if rest.split()[-1] in TRUTH_PEOPLE and not lead:
        return [], [], f"<are {plural(rest)}/is {article(rest)}>", f"<are not {plural(rest)}/is not {article(rest)}>", "", ""
    if " " in rest:
        if lead or words[0].endswith("ed") or words[0] in TRUTH_STATES or rest.endswith(("ed", "only", "online")):
            return [], [], f"<are/is> {rest}", f"<are/is> not {rest}", "", ""
        return with_thing(rest)
    if rest in TRUTH_THINGS and not lead:
        return with_thing(rest)
    negation = ["inactive"] if rest == "active" else ["un" + rest] if rest in UNDONE else [f"not {rest}", f"non-{rest}"]
    return [rest], negation, f"<are/is> {rest}", f"<are/is> not {rest}", "", ""


def truth_cond(voice, src, column):
    """A boolean or a Y/N column."""
    name, value = voice.names.of(src.table, column), voice.row[src].get(column.name)
    if value is None:
        raise Skip
    yes = value if isinstance(value, bool) else str(value).lower() in ("y", "yes", "t", "true", "1", "j")
    tree = Truth(Col(src, column.name), not yes) if column.type == "bool" else Cmp("=", Col(src, column.name), Lit(value))
    pre, no_pre, verb, no_verb, with_it, without = truth_parts(voice, src.table, name)
    cond = Cond(tree, column=column)
    cond.pre = (pre if yes else no_pre)[:]
    cond.vp = [verb if yes else no_verb] * 2
    if not yes:
        cond.vp += [no_verb.replace("<do/does> not", "<don't/doesn't>").replace("<are/is> not", "<aren't/isn't>")]
    if with_it:
        cond.post = [with_it if yes else without] * 2
    return cond


def null_cond(voice, src, column):
    """column IS [NOT] NULL."""
    if column.nulls <= 0:
        raise Skip
    name, attr, table = voice.names.of(src.table, column), voice.attr(src.table, column), src.table
    absent = voice.chance(0.6)
    if name.role == "fk":
        attr = voice.role_noun(table, column)
    cond, thing = Cond(IsNull(Col(src, column.name), not absent), column=column), attr if attr.endswith("s") else article(attr)
    entry = lexicon.date_verbs().get(name.words[0]) if name.role in ("date", "timestamp") else None
    if absent:
        cond.post = [f"without {thing}", f"with no {attr}", f"without any {attr}", f"lacking {thing}", f"whose {attr} is (missing|unknown|not known|not recorded|empty|not given|not filled in)", f"with (a missing|an unknown|no known) {attr}"]
        cond.vp = [f"<have/has> no {attr}", f"<do/does> not have {thing}", f"<lack/lacks> {thing}", f"<don't/doesn't> have any {attr}"]
    else:
        cond.post = [f"with {thing}", f"with (a known|a recorded|a given|some) {attr}", f"having {thing}", f"whose {attr} is (known|recorded|given|not empty|filled in)"]
        cond.vp = [f"<have/has> {thing}", f"<do/does> have {thing}"]
    if entry and entry[0]:
        done = entry[0][0]
        cond.vp += [f"<have/has> not been {done} yet", f"<are/is> not yet {done}", f"<have/has> not been {done}"] if absent else [f"<have/has> been {done}", f"<have/has> already been {done}"]
        cond.post += [f"not yet {done}"] if absent else [f"already {done}"]
    return cond


# ---- choice


def candidates(voice, src, used=()):
    """(weight, maker, column) of all filters that a source offers."""
    out = []
    for column in src.table.columns:
        role = voice.names.of(src.table, column).role
        if column.name in used:
            continue
        if role in ("category", "label", "text", "key", "code"):
            weight = {"category": 10, "label": 4, "text": 1.5, "key": 0.6, "code": 1}[role]
            if column.generator != "sentence" and column.generator not in ("url", "ip", "email", "phone"):
                out.append((weight, text_cond, column))
                if role == "category":
                    out.append((1.2, other_text, column))
            if column.type == "text" and role in ("label", "text", "category") and column.generator not in ("url", "ip"):
                out.append((1.3 if role != "category" else 0.5, like_cond, column))
        elif role == "measure":
            out.append((5, measure_cond, column))
        elif role in ("date", "timestamp"):
            out.append((4.5, date_cond, column))
        elif role == "year":
            out.append((5, year_cond, column))
        elif role in ("bool", "flag"):
            out.append((4.5, truth_cond, column))
        if column.nulls > 0:
            out.append((2.2, null_cond, column))
    return out


def any_cond(voice, src, used=()):
    """A condition on the source, drawn by weight."""
    options = candidates(voice, src, used)
    for _ in range(6):
        if not options:
            raise Skip
        _, maker, column = voice.rng.choices(options, [o[0] for o in options])[0]
        try:
            return maker(voice, src, column)
        except Skip:
            options = [o for o in options if o[2] is not column]
    raise Skip


def either(voice, src):
    """column = a OR column = b, or two different conditions joined by or."""
    columns = voice.names.by_role(src.table, "category")
    if columns and voice.chance(0.7):
        column = voice.rng.choice(columns)
        one = text_cond(voice, src, column)
        two = text_cond(voice, src, column, other_value(voice, src, column))
        a, b, attr = str(one.tree.right.value), str(two.tree.right.value), voice.attr(src.table, column)
        tree = Bool("or", [one.tree, two.tree])
        cond = Cond(tree, column=column)
        cond.post = [f"whose {attr} is {a} or {b}", f"whose {attr} is either {a} or {b}", f"with {attr} {a} or {b}", f"with the {attr} {a} or {b}", f'with {attr} "{a}" or "{b}"', f"whose {attr} is one of {a} and {b}"]
        cond.vp = [f"<have/has> the {attr} {a} or {b}"]
        if any(v.startswith(("<live/lives>", "<are/is> in")) for v in one.vp):
            cond.post += [f"in {a} or {b}", f"in either {a} or {b}", f"from {a} or {b}"] * 2
            cond.vp += [f"<are/is> in {a} or {b}" if not voice.person(src.table) else f"<live/lives> in {a} or {b}"]
        if one.pre and two.pre:
            cond.pre = [f"{one.pre[0]} or {two.pre[0]}"]
        return cond
    one = any_cond(voice, src)
    two = any_cond(voice, src, used=(one.column.name,))
    if not one.vp or not two.vp:
        raise Skip
    joined = [f"{one.vp[0]} or {v}" for v in two.vp] + [f"either {one.vp[-1]} or {two.vp[-1]}"]
    return Cond(Bool("or", [one.tree, two.tree]), vp=joined, column=one.column)


def some_conds(voice, src, most=2):
    """No, one or two conditions in the frequencies of a real workload."""
    if voice.chance(0.11):
        return [either(voice, src)]
    conds = [any_cond(voice, src)]
    if most > 1 and voice.chance(0.17):
        conds.append(any_cond(voice, src, used=(conds[0].column.name,)))
    return conds


__all__ = ["Cond", "plural", "any_cond", "either", "some_conds", "text_cond", "number", "bound", "quoted"]
