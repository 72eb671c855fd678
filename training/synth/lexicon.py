"""The word tables of synth/data, read once."""

import functools
import pathlib

DATA = pathlib.Path(__file__).with_name("data")


def lines(name):
    """Lines of a data file without comments."""
    return [x for x in (DATA / name).read_text(encoding="utf-8").splitlines() if x.strip() and not x.startswith("#")]


@functools.cache
def synonyms():
    """word -> other words for it."""
    table = {}
    for line in lines("synonyms.txt"):
        word, _, others = line.partition(":")
        table.setdefault(word.strip(), []).extend(o.strip() for o in others.split(","))
    return table


@functools.cache
def abbreviations():
    """abbreviation -> words."""
    return {a.strip(): b.strip() for a, _, b in (line.partition(":") for line in lines("abbreviations.txt"))}


@functools.cache
def persons():
    """Nouns of people."""
    return set(" ".join(lines("persons.txt")).split())


def cells(line):
    """The cells of a line, each a list of alternatives."""
    return [[a.strip() for a in cell.split(",") if a.strip()] for cell in line.split("|")]


def keyed(name):
    """word of the first cell -> the other cells."""
    table = {}
    for line in lines(name):
        first, *rest = cells(line)
        for word in " ".join(first).split():
            table.setdefault(word, rest)
    return table


@functools.cache
def adjectives():
    """head word -> [more, less, most, least, plural verbs, singular verbs]."""
    return keyed("adjectives.txt")


@functools.cache
def date_verbs():
    """stem -> [participles, what persons did, early superlatives, late superlatives]."""
    return keyed("dateverbs.txt")


@functools.cache
def relation_verbs():
    """noun of the table between -> [active past, passive, active present]."""
    return keyed("relverbs.txt")


@functools.cache
def child_verbs():
    """child noun -> [active past, participle, present]."""
    return keyed("childverbs.txt")


@functools.cache
def vocabulary():
    """Words that squeezed names are cut into."""
    words = set(synonyms()) | set(abbreviations()) | persons() | set(adjectives()) | set(date_verbs())
    words |= set(
        """first last middle name full id code number date at on by is has type kind of year month day time start end total unit per
        price created updated active family contact ship bill home away street line postal zip supplier net gross sub max min avg plan
        monthly yearly weekly daily fee support request solved satisfaction item count level group currency percent rate tax paid
        citizenship authorship ownership partnership playlist template cardholder policyholder chargeback boathouse bookmark regatta recurring
        technical issuing decline marital sewing portion planned served useful disposed deceased verified heart reading sleep burned calories
        excluded offered comic appearance wave surge deck meters followed abuse metro replacement project cancel onboarded redeemed won benefit
        employer archived hull tutoring session unlocked protected pressure change value menu small deep repost race plan charge
        billing shipping email web url key status reason notes birth hire due label extra employee order detail details""".split()
    )
    return {w for w in words if w.isalpha()}
