"""What is wrong with a wrong answer: differences between its SQL and a person's, by clause. Names no column, table or value."""

from collections import Counter

from . import sqltext

COMPARISONS = frozenset("= <> != < > <= >= like ilike between in exists is".split())
SYNONYMS = {"!=": "<>", "ilike": "like"}


def faults_of(gold, predicted):
    """The faults of a predicted statement that gives other rows than the gold, the gravest first."""
    left, right = sqltext.read(gold), sqltext.read(predicted)
    steps = (_set_operations, _nesting, _tables, _grouping, _output, _filters, _order)
    found = [fault for step in steps for fault in step(left, right)]
    return found or ["same parts, put together otherwise"]


def _set_operations(gold, predicted):
    left, right = Counter(gold.set_operations), Counter(predicted.set_operations)
    return _differ(left, right, "set operation missing", "set operation too many", "another set operation")


def _nesting(gold, predicted):
    left, right = (len(query.selects) - query.branches for query in (gold, predicted))
    return ["sub-query missing"] if left > right else ["sub-query too many"] if left < right else []


def _tables(gold, predicted):
    left, right = (Counter(set(sqltext.tables(query))) for query in (gold, predicted))
    return _differ(left, right, "table missing", "table too many", "another table")


def _grouping(gold, predicted):
    found = _presence(gold, predicted, "group", "group")
    if not found and _named(gold.tokens("group")) != _named(predicted.tokens("group")):
        found = ["grouped by other columns"]
    return found + _presence(gold, predicted, "having", "having")


def _output(gold, predicted):
    left, right = gold.top.clause("select"), predicted.top.clause("select")
    found = []
    lengths = len(sqltext.split(left)), len(sqltext.split(right))
    if lengths[0] != lengths[1]:
        found.append("output column missing" if lengths[0] > lengths[1] else "output column too many")
    found += _differ(Counter(sqltext.aggregates(left)), Counter(sqltext.aggregates(right)),
                     "aggregate missing", "aggregate too many", "another aggregate")
    if lengths[0] == lengths[1] and _named(left) != _named(right):
        found.append("another output column")
    if _has_distinct(left) != _has_distinct(right):
        found.append("DISTINCT missing" if _has_distinct(left) else "DISTINCT too many")
    if _rounds(right) and not _rounds(left):
        found.append("rounded")
    return found


def _filters(gold, predicted):
    left, right = (_conditions(query) for query in (gold, predicted))
    if len(left) != len(right):
        return ["filter missing" if len(left) > len(right) else "filter too many"]
    found = []
    for place, fault in enumerate(("filter on another column", "another comparison", "another value")):
        if Counter(condition[place] for condition in left) != Counter(condition[place] for condition in right):
            found.append(fault)
    return found


def _order(gold, predicted):
    found = _presence(gold, predicted, "order", "order")
    if not found and "order" in gold.top.clauses and "order" in predicted.top.clauses:
        left, right = gold.top.clause("order"), predicted.top.clause("order")
        if _named(left) != _named(right) or sqltext.aggregates(left) != sqltext.aggregates(right):
            found.append("another order key")
        if _descending(left) != _descending(right):
            found.append("another order direction")
    found += _presence(gold, predicted, "limit", "limit")
    if not any(fault.startswith("limit") for fault in found) and _texts(gold, "limit") != _texts(predicted, "limit"):
        found.append("another limit")
    return found


def _conditions(query):
    """(column, comparison, value) of each condition in WHERE and HAVING; those that only join two columns are left out."""
    found = []
    for select in query.selects:
        sorted_by = set(sqltext.columns(select.clause("order")))
        for part in _split_conditions(select.clause("where")) + _split_conditions(select.clause("having")):
            # A row without the value that rows are sorted by is left out as a matter of style.
            found += [each for each in _condition(part) if not (each[1] == "not is" and each[0] in sorted_by)]
    return found


def _split_conditions(tokens):
    """Conditions between AND and OR at any depth; the AND of BETWEEN is none."""
    parts, between = [[]], False
    for token in tokens:
        if token.kind == "word" and token.text == "between":
            between = True
        if token.kind == "word" and token.text in ("and", "or") and not between:
            parts.append([])
            continue
        if token.kind == "word" and token.text == "and":
            between = False
        parts[-1].append(token)
    return [part for part in parts if part]


def _condition(tokens):
    """A condition; none where it only joins, and one for each value of a list."""
    signs = [token.text for token in tokens if token.kind in ("sign", "word") and token.text in COMPARISONS]
    comparison = [SYNONYMS.get(sign, sign) for sign in signs]
    values = [_value(token) for token in tokens if token.kind in ("text", "number")]
    names = sqltext.columns(tokens)
    if not comparison or len(names) == 2 and not values and comparison[0] == "=":
        return []
    negation = "not " if any(token.text == "not" for token in tokens) else ""
    if comparison[0] in ("in", "exists") and not values:
        return [("", negation + "exists", "")]
    subject = " ".join(sorted(names) + sqltext.aggregates(tokens))
    if comparison[0] == "in":
        return [(subject, "<>" if negation else "=", value) for value in values]
    return [(subject, negation + comparison[0], " ".join(sorted(values)))]


def _value(token):
    """A value as it is compared: 5 and '5' and '5.0' are one, wildcards and case do not count."""
    text = token.text.strip("%").lower()
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def _differ(left, right, missing, extra, other):
    """Which of three words describes how one multiset differs from another."""
    lacks, has = left - right, right - left
    if lacks and has:
        return [other]
    return [missing] if lacks else [extra] if has else []


def _presence(gold, predicted, clause, name):
    left, right = (any(clause in select.clauses for select in query.selects) for query in (gold, predicted))
    return [] if left == right else [f"{name} missing" if left else f"{name} too many"]


def _named(tokens):
    return Counter(sqltext.columns(tokens))


def _has_distinct(tokens):
    return any(token.text == "distinct" for token in tokens)


def _rounds(tokens):
    return any(token.text == "round" for token in tokens)


def _descending(tokens):
    return [any(token.text == "desc" for token in part) for part in sqltext.split(tokens)]


def _texts(query, clause):
    return [token.text for token in query.tokens(clause)]
