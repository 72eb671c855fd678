"""Derives the engine's table of related words from the files of WordNet 3.0 (Debian package `wordnet-base`).

    python3 training/wordnet.py --wordnet /usr/share/wordnet --out src/engine/lexicon/data/wordnet.tsv

Kept are words and terms of two words in common use, in the senses that are common for them; how common a word or a sense is, is
told by the package itself: by the sense counts of `cntlist.rev` and by how often a word stands in the definitions.
The output depends on the input only, so that the checked-in table can be made again.
"""

import argparse
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

PARTS = {"noun": "n", "verb": "v", "adj": "a"}
PART_OF_KEY = {"1": "n", "2": "v", "3": "a", "5": "a"}

# How often a word must be met (tags of senses, occurrences in definitions) to be in common use.
SEEN_IN_DEFINITIONS = 4
# A rare word of one sense only is let in, as a synonym and nothing else, when its synset has a word as common as this.
COMMON_COMPANY = 12
# Senses of one word that are looked at, and how large their share of the first sense's count must be.
SENSES = 3
SENSE_SHARE = 0.1
# A further sense is as good as the first from this share on.
MAIN_SHARE = 0.5
# A part of speech that makes less than this of a word's uses gives weak relations only.
PART_SHARE = 0.2
# More general terms than these tell nothing.
EMPTY_TERMS = frozenset(
    "entity abstraction object thing whole artifact artefact unit matter attribute relation act action activity state event group "
    "grouping being causal agent cause something happening phenomenon way mode manner condition status "
    "property cognition psychological feature communication measure quantity amount content part portion piece".split()
)
# Words that stand for nothing in a schema, and acronyms that are spelt as one of them.
FUNCTION_WORDS = frozenset(
    "a an the this that these those each every all any some both either of in by from with to for on at into about over under "
    "between during since until before after per via who whom whose what which where when how why is are was were be been do does "
    "did has have had can could will would may might must and or but nor then so if not no i me my we us our you your he him his "
    "she her it its they them their there here one as up out off us in it or so at be go do am pm".split()
)
# Usage labels (synsets that `;u` points to) whose words are left out.
UNWELCOME_LABELS = frozenset(
    "disparagement ethnic_slur obscenity vulgarism dirty_word archaism argot slang cant baby_talk".split()
)
UNWELCOME_GLOSS = re.compile(r"ethnic slur|offensive|obscene|vulgar|derogatory|disparaging|\barchaic\b")

RELATIONS = {"syn": 0, "attr": 1, "fam": 2, "near": 3, "kind": 4}


@dataclass
class Synset:
    """A meaning: its words in order, its pointers (symbol, part, offset, source word, target word) and its definition."""

    key: tuple
    words: list
    pointers: list
    gloss: str
    proper: bool = False
    unwelcome: bool = False


@dataclass
class Sense:
    """A word in one meaning: whether it is the word's main meaning, and whether the word is in common use by itself."""

    word: str
    main: bool
    usual: bool


@dataclass
class Database:
    """What was read of WordNet."""

    synsets: dict = field(default_factory=dict)
    orders: dict = field(default_factory=dict)
    tags: Counter = field(default_factory=Counter)
    uses: Counter = field(default_factory=Counter)


def plain(word):
    """A term as the engine writes it: lower case, blanks, no marker of the adjective's place."""
    return re.sub(r"\((a|p|ip)\)$", "", word).replace("_", " ").replace("-", " ").lower()


def read_synset(part, line):
    """A line of a data file."""
    fields, gloss = line.split(" | ", 1)
    fields = fields.split()
    count = int(fields[3], 16)
    words = [fields[4 + 2 * at] for at in range(count)]
    at = 4 + 2 * count
    pointers = []
    for start in range(at + 1, at + 1 + 4 * int(fields[at]), 4):
        symbol, offset, target, ends = fields[start : start + 4]
        pointers.append((symbol, target.replace("s", "a"), offset, int(ends[:2], 16), int(ends[2:], 16)))
    return Synset((part, fields[0]), words, pointers, gloss.strip())


def data_lines(path):
    """The lines of a WordNet file below its licence."""
    with path.open(encoding="latin-1") as lines:
        return [line for line in lines if not line.startswith("  ")]


def read(folder):
    """Everything that is needed of the package's files."""
    database = Database()
    for name, part in PARTS.items():
        for line in data_lines(folder / f"data.{name}"):
            synset = read_synset(part, line)
            database.synsets[synset.key] = synset
            words = re.findall(r"[a-z]+", synset.gloss.lower())
            database.uses.update(words)
            database.uses.update(f"{a} {b}" for a, b in zip(words, words[1:]))
        for line in data_lines(folder / f"index.{name}"):
            fields = line.split()
            database.orders[part, fields[0]] = fields[-int(fields[2]) :]
    for line in data_lines(folder / "cntlist.rev"):
        key, number, count = line.split()
        lemma, rest = key.split("%")
        if rest[0] in PART_OF_KEY:
            database.tags[PART_OF_KEY[rest[0]], lemma, int(number)] += int(count)
    for synset in database.synsets.values():
        mark(synset, database)
    return database


def mark(synset, database):
    """Says whether a synset names a single thing (a person, a town), and whether its words are unwelcome."""
    synset.proper = any(symbol == "@i" for symbol, *_ in synset.pointers)
    labels = [database.synsets[part, offset] for symbol, part, offset, *_ in synset.pointers if symbol == ";u"]
    labelled = any(word.lower() in UNWELCOME_LABELS for label in labels for word in label.words)
    synset.unwelcome = labelled or UNWELCOME_GLOSS.search(synset.gloss.split(";")[0]) is not None


def well_formed(written):
    """Whether a term can be a word or two of a question: lower case or an acronym, letters only."""
    term = plain(written)
    if not re.fullmatch(r"[a-z]{2,}( [a-z]{2,})?", term) or term in FUNCTION_WORDS:
        return False
    return all(word.islower() or (word.isupper() and len(word) <= 4) for word in re.split("[_-]", written.split("(")[0]))


class Vocabulary:
    """Which words are in common use, and in which senses."""

    def __init__(self, database):
        self.database = database
        self.tagged = Counter()
        for (_, lemma, _), count in database.tags.items():
            self.tagged[lemma] += count

    def frequency(self, lemma):
        """How often a lemma is met; plurals in definitions count."""
        term = lemma.replace("_", " ").replace("-", " ")
        seen = self.database.uses[term] + self.database.uses[term + "s"]
        return self.tagged[lemma] + (seen if seen >= SEEN_IN_DEFINITIONS else 0)

    def common(self, synset):
        """The words of a synset that are in common use, each with how much it is meant by the word."""
        if synset.proper or synset.unwelcome:
            return []
        lemmas = [word for word in synset.words if well_formed(word)]
        keys = {word: re.sub(r"\((a|p|ip)\)$", "", word).lower() for word in lemmas}
        company = max((self.frequency(key) for key in keys.values()), default=0)
        senses = []
        for written, lemma in keys.items():
            rank = self.rank(synset, lemma)
            alone = len(self.database.orders.get((synset.key[0], lemma), ())) == 1
            usual = self.frequency(lemma) > 0
            if rank is not None and (usual or (alone and company >= COMMON_COMPANY)):
                senses.append(Sense(plain(written), rank, usual))
        return senses

    def rank(self, synset, lemma):
        """True for a main sense of the lemma, False for another common one, None for a rare one."""
        part = synset.key[0]
        order = self.database.orders.get((part, lemma))
        if order is None:
            return None
        number = order.index(synset.key[1]) + 1
        first, count = self.database.tags[part, lemma, 1], self.database.tags[part, lemma, number]
        if number > SENSES or (number > 1 and (count == 0 or count < SENSE_SHARE * first)):
            return None
        whole = self.tagged[lemma]
        in_part = sum(self.database.tags[part, lemma, at + 1] for at in range(len(order)))
        usual_part = whole == 0 or in_part >= PART_SHARE * whole
        return usual_part and (number == 1 or count >= MAIN_SHARE * first)


class Relations:
    """Pairs of terms with their strongest relation; "attr" and "kind" have a direction, the rest is kept in order of the alphabet."""

    def __init__(self):
        self.pairs = {}

    def add(self, relation, a, b, strong):
        """Notes that a and b hang together."""
        if a == b or {a, b} & EMPTY_TERMS and relation == "kind":
            return
        if relation not in ("attr", "kind") and b < a:
            a, b = b, a
        rank = (not strong, RELATIONS[relation])
        for pair in ((a, b), (b, a)):
            if pair in self.pairs and self.pairs[pair] <= rank:
                return
            self.pairs.pop(pair, None)
        self.pairs[a, b] = rank

    def rows(self):
        """The lines of the table: relation, head, terms; a "?" behind a relation says that it is weak."""
        names = {number: name for name, number in RELATIONS.items()}
        rows = defaultdict(list)
        for (a, b), (weak, relation) in self.pairs.items():
            rows[a, relation, weak].append(b)
        for (head, relation, weak), terms in sorted(rows.items()):
            yield f"{names[relation]}{'?' if weak else ''}\t{head}\t{','.join(sorted(terms))}"


def relate(database):
    """All relations between common words."""
    vocabulary = Vocabulary(database)
    members = {key: vocabulary.common(synset) for key, synset in database.synsets.items()}
    relations = Relations()
    for key, synset in database.synsets.items():
        add_synonyms(relations, members[key])
        for pointer in synset.pointers:
            add_pointer(relations, database, members, synset, pointer)
    return relations


def add_synonyms(relations, senses):
    """The words of one synset."""
    for at, a in enumerate(senses):
        for b in senses[at + 1 :]:
            relations.add("syn", a.word, b.word, a.main and b.main)


def add_pointer(relations, database, members, synset, pointer):
    """What a pointer says of the words at its ends."""
    symbol, part, offset, source, target = pointer
    other = database.synsets.get((part, offset))
    if other is None:
        return
    here, there = members[synset.key], members[other.key]
    if symbol == "=" and synset.key[0] == "n":
        cross(relations, "attr", here, there)
        for satellite in satellites(other, database):
            cross(relations, "attr", here, members[satellite], weak=True)
    elif symbol in ("+", "\\", "<") and source and target:
        ends = plain(synset.words[source - 1]), plain(other.words[target - 1])
        cross(relations, "fam", [s for s in here if s.word == ends[0]], [s for s in there if s.word == ends[1]])
    elif symbol == "&":
        cross(relations, "near", here, there)
    elif symbol == "@" and synset.key[0] == "n":
        cross(relations, "kind", [s for s in there if s.main], here)


def satellites(head, database):
    """The adjectives that are similar to a head adjective."""
    return [(part, offset) for symbol, part, offset, *_ in head.pointers if symbol == "&" and (part, offset) in database.synsets]


def cross(relations, relation, heads, others, weak=False):
    """Each word of one end with each of the other; rare words are none's kind and no attribute's."""
    for a in heads:
        for b in others:
            if a.usual and b.usual:
                relations.add(relation, a.word, b.word, a.main and b.main and not weak)


HEAD = """\
# Related words, derived from WordNet 3.0 by training/wordnet.py (licence: NOTICE.wordnet): relation, head, terms with commas between them.
# syn: the same meaning. attr: an attribute and the adjectives that speak of it. fam: one family. near: adjectives of similar meaning.
# kind: a general word and special ones. "?" behind a relation: only in a less common meaning of one of the two.
"""


def main():
    """Writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"), help="folder with the files of WordNet")
    parser.add_argument("--out", type=Path, default=Path("src/engine/lexicon/data/wordnet.tsv"))
    arguments = parser.parse_args()
    rows = list(relate(read(arguments.wordnet)).rows())
    arguments.out.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="ascii")


if __name__ == "__main__":
    main()
