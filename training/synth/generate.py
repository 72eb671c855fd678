"""Draws kinds of query by their frequency, finishes the text (case, punctuation, slips) and drops repeats."""

import re

from . import counting, grouping, listing, nesting, ranking, sets
from .english import typo
from .tree import Query, SetQuery, Truth, sql
from .voice import Skip, Voice

KINDS = [
    ("columns", listing.columns, 13.0),
    ("rows", listing.rows, 11.0),
    ("one_row", listing.one_row, 3.5),
    ("everything", listing.everything, 1.3),
    ("distinct", listing.distinct, 4.5),
    ("join_columns", listing.join_columns, 3.5),
    ("join_other", listing.join_other, 4.5),
    ("far_columns", listing.far_columns, 3.0),
    ("ordered", listing.ordered, 6.0),
    ("self_reference", listing.self_reference, 0.7),
    ("two_roles", listing.two_roles, 0.7),
    ("count_rows", counting.count_rows, 10.0),
    ("count_distinct", counting.count_distinct, 2.5),
    ("aggregate", counting.aggregate, 7.5),
    ("count_and_aggregate", counting.count_and_aggregate, 0.7),
    ("spread", counting.spread, 0.4),
    ("share", counting.share, 0.5),
    ("arithmetic", counting.arithmetic, 0.4),
    ("count_per_value", grouping.count_per_value, 4.0),
    ("agg_per_value", grouping.agg_per_value, 3.5),
    ("count_per_row", grouping.count_per_row, 3.5),
    ("agg_per_row", grouping.agg_per_row, 2.5),
    ("count_per_far_value", grouping.count_per_far_value, 1.4),
    ("having_count_value", grouping.having_count_value, 2.2),
    ("having_count_row", grouping.having_count_row, 3.2),
    ("having_agg", grouping.having_agg, 1.2),
    ("superlative", ranking.superlative, 7.0),
    ("nested_extreme", ranking.nested_extreme, 0.5),
    ("most_common", ranking.most_common, 3.8),
    ("most_related", ranking.most_related, 4.5),
    ("best_group", ranking.best_group, 1.8),
    ("of_extreme", ranking.of_extreme, 1.6),
    ("per_group_extreme", ranking.per_group_extreme, 0.3),
    ("versus_average", nesting.versus_average, 2.6),
    ("versus_extreme", nesting.versus_extreme, 1.0),
    ("without", nesting.without, 4.0),
    ("having_some", nesting.having_some, 1.2),
    ("same_as", nesting.same_as, 0.6),
    ("value_pair", sets.value_pair, 2.6),
    ("row_pair", sets.row_pair, 3.6),
    ("label_except", sets.label_except, 1.3),
]


def finish(rng, text):
    """Sentence case, a full stop or none; now and then lower case, no punctuation or a slip."""
    text = re.sub(r"\b(a|an) (the|a|an|its|their) ", r"\2 ", text).strip()
    text = text[0].upper() + text[1:] if rng.random() < 0.9 else text
    if not text.endswith(("?", ".")):
        asks = re.match(r"(?i)(can|could|do|what|which|who|how|when|where|in which|for which|whose)\b", text)
        text += ("?" if rng.random() < 0.9 else "") if asks else rng.choice([".", ".", ""])
    dice = rng.random()
    if dice < 0.05:
        text = text.lower()
    if dice > 0.95:
        text = typo(rng, text)
    if 0.05 < dice < 0.10:
        text = text.rstrip("?.")
    return text


def attempt(voice, make, distinct):
    """One pair, or None where the schema lacks what the kind needs."""
    voice.fanout = False
    try:
        query, text = make(voice)
    except Skip:
        return None
    if voice.fanout and distinct and isinstance(query, Query) and not any(hasattr(i, "fn") for i in query.items) and not query.group:
        query.distinct = True
    return query, text


def pair(rng, worlds, distinct):
    """One pair: the kind is drawn first, then schemas until one has what the kind needs; None when none has."""
    kind, make, _ = rng.choices(KINDS, [k[2] for k in KINDS])[0]
    for _ in range(60):
        schema, names, filled = rng.choice(worlds)
        found = attempt(Voice(rng, schema, names, filled), make, distinct)
        if found and good(found[1]):
            return {"db": schema.name, "question": finish(rng, found[1]), "gold_sql_pg": sql(found[0]), "kind": kind}
    return None


def good(text):
    """Whether the text has no leftovers of the templates and is not too long."""
    return not re.search(r"[\[\]<>|()]|\$[A-Z]", text) and len(text.split()) <= 45


def pairs(rng, worlds, count, distinct=False):
    """The wanted number of pairs without repeats."""
    seen, out, tries = set(), [], 0
    while len(out) < count and tries < count * 20:
        tries += 1
        made = pair(rng, worlds, distinct)
        if made is None or (made["db"], made["question"].lower()) in seen:
            continue
        seen.add((made["db"], made["question"].lower()))
        out.append({"id": f"synth_{len(out):06d}", **made})
    return out


__all__ = ["SetQuery", "Truth"]
