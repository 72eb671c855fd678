"""Kinds of query, told from the SQL that a person wrote for a question. A query is of several kinds at once."""

from . import sqltext

ORDER = ("one table", "two tables", "three tables or more", "filter", "several conditions", "LIKE", "aggregate", "several aggregates",
         "DISTINCT", "group", "having", "order without limit", "superlative (order and limit)", "sub-query", "set operation", "plain list")


def kinds_of(sql):
    """The kinds of a query, in the order of `ORDER`."""
    query = sqltext.read(sql)
    top = query.top
    found = _tables(query) | _conditions(query) | _shape(query, top)
    if not found & {"filter", "aggregate", "group", "order without limit", "superlative (order and limit)", "sub-query", "set operation"}:
        found.add("plain list")
    return [kind for kind in ORDER if kind in found]


def _tables(query):
    count = len(set(sqltext.tables(query)))
    return {"one table" if count <= 1 else "two tables" if count == 2 else "three tables or more"}


def _conditions(query):
    where = query.tokens("where")
    words = [token.text for token in where if token.kind == "word"]
    found = set()
    if where:
        found.add("filter")
    if words.count("and") - words.count("between") + words.count("or") > 0:
        found.add("several conditions")
    if "like" in words or "ilike" in words:
        found.add("LIKE")
    return found


def _shape(query, top):
    found = set()
    aggregates = sqltext.aggregates(query.tokens("select"))
    if aggregates:
        found.add("aggregate")
    if len(sqltext.aggregates(top.clause("select"))) > 1:
        found.add("several aggregates")
    if any(token.text == "distinct" for token in query.tokens("select")):
        found.add("DISTINCT")
    if any("group" in select.clauses for select in query.selects):
        found.add("group")
    if any("having" in select.clauses for select in query.selects):
        found.add("having")
    for select in query.selects:
        if "order" in select.clauses:
            limited = "limit" in select.clauses or "fetch" in select.clauses
            found.add("superlative (order and limit)" if limited else "order without limit")
    if len(query.selects) > 1 + query.branches:
        found.add("sub-query")
    if query.set_operations:
        found.add("set operation")
    return found
