"""English morphology and the little template language that phrasings are written in.

A template holds alternatives in parentheses, `(list|show me) the [cols]( please|)`, nested as needed, and slots in brackets.
"""

import re

IRREGULAR = {
    "person": "people", "child": "children", "man": "men", "woman": "women", "foot": "feet", "mouse": "mice", "goose": "geese",
    "staff": "staff", "series": "series", "species": "species", "aircraft": "aircraft", "fish": "fish", "sheep": "sheep",
    "equipment": "equipment", "criterion": "criteria", "analysis": "analyses", "diagnosis": "diagnoses", "thesis": "theses",
    "half": "halves", "life": "lives", "knife": "knives", "wife": "wives", "leaf": "leaves", "shelf": "shelves", "loaf": "loaves",
    "datum": "data", "medium": "media", "stadium": "stadiums", "crew": "crews", "news": "news", "software": "software",
    "salesman": "salesmen", "craft": "crafts", "hero": "heroes", "potato": "potatoes", "tomato": "tomatoes", "echo": "echoes",
    "people": "people", "sportsman": "sportsmen", "clergyman": "clergymen", "horseman": "horsemen", "goods": "goods",
    "personnel": "personnel", "inventory": "inventories", "stock": "stock", "feedback": "feedback", "barracks": "barracks",
    "chassis": "chassis", "headquarters": "headquarters", "quiz": "quizzes", "bus": "buses", "gas": "gases", "virus": "viruses",
    "atlas": "atlases", "canvas": "canvases", "christmas": "christmases", "texas": "texas", "status": "statuses", "campus": "campuses", "bonus": "bonuses", "census": "censuses", "genus": "genera", "wolf": "wolves",
}
SINGULAR = {plural: single for single, plural in IRREGULAR.items()}
UNCOUNTED = set(
    """money weather rain information stock luggage baggage work cash mail postage music traffic software hardware equipment staff
    feedback news data rainfall precipitation humidity attendance capacity""".split()
)
NUMBER_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()


def plural(phrase):
    """The plural of a noun phrase: its head is the last word, or the word before ' of ', ' in ' and the like."""
    found = re.match(r"(.+?)( (?:of|in|on|for|at|from|with|under|above|to) .+)$", phrase)
    if found:
        return plural(found.group(1)) + found.group(2)
    before, _, word = phrase.rpartition(" ")
    if before and " " not in before and word.endswith(("ed", "paid", "sold", "held")) and word not in ("bed", "seed", "feed", "breed"):
        return plural_word(before) + " " + word
    return (before + " " if before else "") + plural_word(word)


def plural_word(word):
    """The plural of one word."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word in SINGULAR or not word.isalpha() or singular_word(word) != word and word != "lens":
        return word
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    if re.search(r"(s|x|z|ch|sh)$", word):
        return word + "es"
    return word + "s"


def singular_word(word):
    """The singular of one word."""
    if word in IRREGULAR:
        return word
    if word in SINGULAR:
        return SINGULAR[word]
    if word.endswith("ies") and len(word) > 4 and word not in ("movies", "cookies", "ties", "pies", "calories", "selfies", "series", "zombies"):
        return word[:-3] + "y"
    if re.search(r"(sses|xes|zes|ches|shes)$", word) and not word.endswith(("sizes", "prizes", "caches", "axes", "aches", "niches")):
        return word[:-2]
    if re.search(r"[cdgjnt]oes$", word) and word not in ("canoes", "toes"):
        return word[:-2]
    if word.endswith("s") and not re.search(r"(ss|us|is|[^aeiou]ias)$", word) and len(word) > 3:
        return word[:-1]
    return word


def article(noun):
    """a or an before the noun."""
    silent = re.match(r"(hour|honest|honou?r|heir)", noun)
    loud = re.match(r"(uni|use|euro|one|ur[aeiou]|uti)", noun)
    return ("an " if (noun[:1].lower() in "aeiou" and not loud) or silent else "a ") + noun


def possessive(noun):
    """noun's or nouns'."""
    return noun + ("'" if noun.endswith("s") else "'s")


def listing(parts):
    """a, b and c."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def split_bars(text):
    """Splits at top-level bars."""
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char in "([") - (char in ")]")
        if char == "|" and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return parts + [text[start:]]


def alternatives(rng, text):
    """Resolves the parentheses of a template by chance."""
    out, i = [], 0
    while i < len(text):
        if text[i] != "(":
            out.append(text[i])
            i += 1
            continue
        depth, j = 1, i + 1
        while depth:
            depth += (text[j] == "(") - (text[j] == ")")
            j += 1
        out.append(alternatives(rng, rng.choice(split_bars(text[i + 1 : j - 1]))))
        i = j
    return "".join(out)


MACROS = {
    "$IMP": "(List|List|Show|Show|Show me|Show me|Give|Give me|Give me|Find|Find|Return|Display|Get|Get me|Tell me|I want|I need|I would like to see|I'd like|"
    "Can you (show me|list|give me|find)|Could you (show|list|tell me)|Please (list|show|show me|give me|find)|Let me see|Print|Provide|Retrieve|Report|Fetch|Look up|Output|Select)",
    "$ALL": "(all |all the |the |the | | )",
    "$EACH": "(each|each|every|each and every|each|any given|each single)",
    "$WITH": "(with|and|together with|along with|as well as)",
    "$TELL": "(Can you tell me |Could you tell me |Do you know |Tell me |I'd like to know |I want to know |Please tell me )",
    "$CALC": "(Calculate|Compute|Find|Give|Give me|Show|Return|Tell me|What is|What's|What is|What was|Get|Determine|Work out|Report|I need)",
    "$AVG": "(average|average|average|mean|avg)",
    "$MAX": "(maximum|highest|largest|max|greatest|biggest)",
    "$MIN": "(minimum|lowest|smallest|min|lowest)",
    "$SUM": "(total|total|total|sum of the|combined|overall|sum of all)",
    "$COUNT": "(How many [n]|How many [n]|number of [n]|count of [n])",
    "$DESC": "(in descending order|in descending order|descending|from high to low|from highest to lowest|largest first|highest first|in decreasing order|starting with the highest)",
    "$ASC": "(in ascending order|ascending|from low to high|from lowest to highest|smallest first|lowest first|in increasing order|starting with the lowest)",
}


def say(rng, templates, **slots):
    """One phrasing from templates (a list or a text with one per line), slots filled."""
    lines = templates.splitlines() if isinstance(templates, str) else templates
    templates = [t.strip() for t in lines if t.strip()]
    chosen = re.sub(r"\$[A-Z]+", lambda m: MACROS[m.group(0)], rng.choice(templates))
    chosen = alternatives(rng, chosen)
    text = re.sub(r"\[(\w+)\]", lambda m: str(slots[m.group(1)]), chosen)
    return tidy(text)


def tidy(text):
    """Single blanks, none before punctuation."""
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r" ([,.?!])", r"\1", text)


TYPO_KINDS = ("swap", "drop", "double")


def typo(rng, text):
    """One slip of the keyboard in a longer lower-case word."""
    spots = [m for m in re.finditer(r"\b[a-z]{5,}\b", text)]
    if not spots:
        return text
    spot = rng.choice(spots)
    word, at = spot.group(0), rng.randrange(1, len(spot.group(0)) - 2)
    kind = rng.choice(TYPO_KINDS)
    if kind == "swap":
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif kind == "drop":
        word = word[:at] + word[at + 1 :]
    else:
        word = word[:at] + word[at] + word[at:]
    return text[: spot.start()] + word + text[spot.end() :]


def agreed(text, many):
    """Resolves marks `<plural/singular>` by number."""
    return re.sub(r"<([^/<>]*)/([^<>]*)>", lambda m: m.group(1 if many else 2), text)
