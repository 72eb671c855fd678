"""How people name the tables and columns of a schema: nouns, roles of columns, labels of rows."""

import re

from . import lexicon
from .english import plural, singular_word

PREFIXES = {"tbl", "t", "tb", "dim", "fact", "tab", "mst", "ref", "lu", "lkp", "app", "sys", "x", "stg"}
UNIT_WORDS = {
    "kg": "kg", "km": "km", "min": "minutes", "mins": "minutes", "minutes": "minutes", "ms": "milliseconds", "sqm": "square metres", "m": "metres",
    "cm": "cm", "eur": "euros", "usd": "dollars", "pct": "percent", "percent": "percent", "hours": "hours", "hrs": "hours", "sec": "seconds", "mm": "mm",
    "seconds": "seconds", "days": "days", "g": "grams", "mb": "MB", "gb": "GB", "ha": "hectares", "km2": "square kilometres", "l": "litres",
    "kw": "kW", "kwh": "kWh", "mw": "MW", "c": "degrees", "kmh": "km/h", "mph": "mph", "ml": "ml", "ft": "feet", "lbs": "pounds", "miles": "miles",
    "money": "", "nm": "nautical miles", "tons": "tons", "t": "tons", "litres": "litres", "liters": "liters", "kcal": "kcal", "mg": "mg", "hz": "Hz", "meters": "meters", "metres": "metres",
}
PLACE_WORDS = {"city", "country", "town", "state", "region", "location", "county", "district", "province", "continent", "village", "place", "area"}
KIND_WORDS = {"species", "type", "kind", "genre", "breed", "category", "class", "style", "cuisine", "family", "group", "sort"}
STATE_WORDS = {"status", "size", "color", "colour", "priority", "level", "gender", "sex", "condition", "severity", "difficulty", "fuel", "material"}
TIME_UNITS = {"hours", "hrs", "days", "minutes", "mins", "seconds", "percent", "miles", "min", "tons"}
WHOLE_WORDS = {"cat", "pub", "ship", "med", "lot", "job", "cap", "pop", "board", "wing", "part", "plan"}
PREPOSITIONS = {"at", "by", "on", "since", "until", "from", "to", "for", "in", "per", "of", "with", "through"}
SPANS = set("duration delay length runtime time wait running distance lasting lateness warranty playtime lead notice turnaround walk detour".split())
VERB_NOUNS = {"starts": "start", "departs": "departure", "arrives": "arrival", "ends": "end", "expires": "expiry", "opens": "opening", "begins": "start", "closes": "closing"}
SHORT_WORDS = set("id no at on is by of has qty age fee tax zip url due net sum max min dob day sex van car bus pay job war end per".split())
COUNT_HEADS = set("""passengers berths pages goals seats rooms beds employees students members points copies votes floors bedrooms bathrooms stars
employees visitors wins losses laps children credits tickets items players stops doors inhabitants guests likes views downloads days hours minutes
lanes screens stories episodes seasons tracks calories servings attendees spectators kills medals strikes units pieces""".split())
NAME_LIKE = ("name", "title", "label", "caption", "headline")
NOT_MEASURED = {"number", "no", "code", "id", "zip", "postcode", "phone", "latitude", "longitude", "year"}


def pieces(name, vocabulary):
    """The parts of an identifier: at underscores, and squeezed words cut where the vocabulary allows."""
    out = []
    for part in name.split("_"):
        out += squeezed(part, vocabulary) if len(part) > 6 and singular_word(part) not in vocabulary and part not in vocabulary else [part]
    return [p for p in out if p]


def squeezed(word, vocabulary):
    """Cuts a squeezed word into known words, fewest pieces first; [word] where that fails."""
    best = {0: []}
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 14), end):
            part = word[start:end]
            known = part in vocabulary or singular_word(part) in vocabulary
            known = known and (len(part) > 3 or part in SHORT_WORDS)
            if start in best and known and (end not in best or len(best[start]) + 1 < len(best[end])):
                best[end] = best[start] + [part]
    return best.get(len(word), [word])


def expanded(parts, whole=()):
    """Abbreviations written out, except words that the schema uses as such."""
    table = lexicon.abbreviations()
    out = []
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        bare = re.fullmatch(r"([a-z]+)(\d+)", part)
        part = bare.group(1) if bare and bare.group(1) in table else part
        if part in whole or part in ("ship", "cat", "st", "int", "pub", "pr", "ln") and not last or part in ("min", "max") and last and len(parts) == 1:
            out.append(part)
        elif part in ("cat", "ship", "pub", "temp", "cap", "lib", "auth", "pop") and last and i == 0:
            out.append(part)
        elif part in ("min", "max") and last:
            out.append("minutes" if part == "min" else "maximum")
        elif part == "no" and not last:
            out.append("number" if parts[i + 1] == "of" else "no")
        elif part == "no":
            out.append("number")
        else:
            out += table.get(part, part).split()
        if bare and out and bare.group(1) in table:
            out.append(bare.group(2))
    return out


class TableName:
    """The words of a table's name."""

    def __init__(self, table, vocabulary, taken, prefix=""):
        parts = pieces(table.name, vocabulary)
        while len(parts) > 1 and (parts[0] in PREFIXES or parts[0] == prefix):
            parts = parts[1:]
        if len(parts) > 1 and parts[-1] in ("tbl", "table", "tab", "mst", "master", "dim", "hdr", "t"):
            parts = parts[:-1]
        self.parts = parts[:-1] + [singular_word(parts[-1])]
        words = ["temporary" if w == "temperature" and p == "temp" else w for w, p in zip(expanded(parts, taken), parts)] if "temp" in parts else expanded(parts, taken)
        words[-1] = singular_word(words[-1])
        if words[-1] == "person" and len(words) > 1 and words[0] == "people":
            words = ["person"]
        if len(words) > 1 and words[-1].endswith(("ed", "paid", "sold", "held")) and singular_word(words[0]) != words[0]:
            words[0] = singular_word(words[0])
        elif len(words) == 1 and words[0].endswith("ed") and words[0] not in ("bed", "seed", "shed", "feed", "breed"):
            words = words + ["record"]
        self.noun = " ".join(words)
        self.head = words[-1]
        self.person = self.head in lexicon.persons() or self.noun in lexicon.persons()
        self.words = words


def without_owner(parts, table_name):
    """The parts without the table's own words in front."""
    size = len(table_name.parts)
    if len(parts) > size and [singular_word(p) for p in parts[:size]] == table_name.parts:
        return parts[size:]
    if len(parts) > 1 and (singular_word(parts[0]) == table_name.parts[-1] or size == 1 and singular_word(parts[0]) == table_name.head):
        return parts[1:]
    return list(parts)


class ColumnName:
    """The words and the role of a column."""

    def __init__(self, column, table_name, vocabulary, taken):
        parts = pieces(column.name, vocabulary)
        lead = re.match(r"(is|has)(?!sued|olated|hed)([a-z]{3,})$", column.name)
        if column.type == "bool" and lead and len(parts) == 1:
            parts = [lead.group(1), lead.group(2)]
        short = without_owner(parts, table_name)
        self.unit = ""
        if column.type in ("int", "numeric"):
            if len(short) > 1 and short[-1] in UNIT_WORDS and short[-2] != "per" and (short[-1] not in TIME_UNITS or short[-2] in SPANS):
                self.unit = UNIT_WORDS[short.pop()]
                if short[-1] == "in":
                    short.pop()
                parts = parts[: len(parts) - 1]
            elif column.unit and column.unit not in ("money",):
                self.unit = UNIT_WORDS.get(column.unit, column.unit)
        if parts and parts[-1] == "in":
            parts.pop()
        self.money = column.unit == "money"
        self.column = column
        self.words = expanded(short, taken)
        self.long_words = expanded(parts, taken)
        if column.type not in ("int", "numeric"):
            self.words = ["temporary" if w == "temperature" and "temp" in short else w for w in self.words]
        if column.type in ("date", "timestamp") and len(self.words) > 1 and self.words[-1] in ("on", "at"):
            self.words = self.words[:-1]
            self.long_words = self.long_words[:-1]
            self.words = [VERB_NOUNS.get(w, w) for w in self.words]
        if column.type in ("int", "numeric") and self.words[-1] in ("paid", "due", "spent", "earned", "owed") and len(self.words) == 1:
            self.words = ["amount"] + self.words
        self.stem = self.words[0]
        self.dangling = len(self.words) > 1 and self.words[-1] in PREPOSITIONS
        self.role = self.find_role(column)
        self.head = self.words[-1]
        if self.role == "fk" and len(self.words) > 1 and self.head in ("id", "code", "number", "key"):
            self.target = " ".join(self.words[:-1])
        else:
            self.target = " ".join(self.words) if self.words != ["id"] else ""
        if self.target.split()[-1:] and self.target.split()[-1] in PREPOSITIONS:
            self.target = ""

    def find_role(self, column):
        """What the column is good for in a query."""
        values = {v.lower() for v in column.values or []}
        if column.is_key:
            return "key"
        if column.ref:
            return "fk"
        if column.type in ("bool", "date", "timestamp"):
            return column.type
        if column.type in ("text[]", "jsonb"):
            return "nested"
        if values and values <= {"y", "n", "yes", "no", "t", "f", "true", "false", "j"}:
            return "flag"
        if column.type in ("int", "numeric"):
            if column.values and column.type == "int" and values <= {"0", "1"}:
                return "flag"
            if column.type == "int" and (column.low or 0) >= 1300 and (column.high or 9999) <= 2100 and (
                {"year", "founded", "since", "born", "built", "opened", "established", "vintage"} & set(self.long_words) or (column.low or 0) >= 1800
            ):
                return "year"
            if self.words[-1] in NOT_MEASURED or column.unique:
                return "code"
            return "measure"
        if column.is_label:
            return "label"
        if column.type == "enum" or column.values or column.generator in ("city", "country", "color", "company"):
            return "category"
        return "text"

    @property
    def counted(self):
        """Whether the column counts things: its last word is a plural (`berths`, `copies`)."""
        last = self.words[-1]
        return self.role == "measure" and not self.money and (last in COUNT_HEADS or last.endswith("s") and singular_word(last) != last and last not in ("sales", "calories", "earnings"))

    @property
    def noun(self):
        """The column's own words."""
        return " ".join(self.words)


def common_prefix(schema):
    """A short first piece that all tables share (`rs_song`, `rs_play`), or ''."""
    firsts = {t.name.split("_")[0] if "_" in t.name else "" for t in schema.tables}
    return firsts.pop() if len(firsts) == 1 and len(schema.tables) > 2 else ""


class Names:
    """Names of everything in a schema."""

    def __init__(self, schema, words=()):
        self.schema = schema
        vocabulary = set(lexicon.vocabulary()) | set(words)
        for part in sorted({singular_word(p) for t in schema.tables for p in t.name.split("_") if len(p) > 3}):
            if len(squeezed(part, vocabulary - {part})) == 1:
                vocabulary.add(part)
        taken = {singular_word(p) for t in schema.tables for p in t.name.split("_")}
        taken = {p for p in taken if p not in lexicon.abbreviations() or p in WHOLE_WORDS}
        prefix = common_prefix(schema)
        self.tables = {t.name: TableName(t, vocabulary, taken, prefix) for t in schema.tables}
        self.columns = {}
        for table in schema.tables:
            for column in table.columns:
                self.columns[table.name, column.name] = ColumnName(column, self.tables[table.name], vocabulary, taken)

    def of(self, table, column):
        """The ColumnName of a column (object or name)."""
        return self.columns[table.name, column if isinstance(column, str) else column.name]

    def by_role(self, table, *roles):
        """Columns of a table in these roles."""
        return [c for c in table.columns if self.of(table, c).role in roles]

    def label(self, table):
        """The columns that name a row to a reader: a marked one, first and last name, a name-like one; else the key; else none."""
        marked = [c for c in table.columns if c.is_label]
        if marked:
            return marked[:1]
        first = next((c for c in table.columns if self.of(table, c).noun in ("first name", "forename", "given name")), None)
        last = next((c for c in table.columns if self.of(table, c).noun in ("last name", "surname", "family name")), None)
        if first and last:
            return [first, last]
        for c in table.columns:
            if c.type == "text" and not c.ref and self.of(table, c).noun in NAME_LIKE + ("full name", "display name"):
                return [c]
        return [table.key] if table.key and not table.key.ref else []

    def has_name(self, table):
        """Whether rows of the table have a readable name (not only a key)."""
        label = self.label(table)
        return bool(label) and not label[0].is_key

    def is_junction(self, table):
        """Whether the table ties two others together and has hardly anything of its own."""
        refs = [c for c in table.columns if c.ref]
        own = [c for c in table.columns if not c.ref and not c.is_key]
        tied = bool(table.pair_key) and set(table.pair_key) <= {c.name for c in refs} or table.key is None or len(own) <= 1 and self.ties(table)
        return len(refs) == 2 and refs[0].ref != refs[1].ref and not any(c.is_label for c in own) and tied

    def ties(self, table):
        """Whether the table's name says that it ties (an enrollment, a casting)."""
        name = self.tables[table.name]
        return name.head in lexicon.relation_verbs() or name.noun.replace(" ", "_") in lexicon.relation_verbs()




def common_words(schemas):
    """Words that stand alone between underscores in any schema: squeezed names are cut by them."""
    found = set()
    for schema in schemas:
        for table in schema.tables:
            for name in [table.name] + [c.name for c in table.columns]:
                found |= {p for p in name.split("_") if "_" in name and len(p) > 3 and p.isalpha()}
    return found | {singular_word(w) for w in found}
