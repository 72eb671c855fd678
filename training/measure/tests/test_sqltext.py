"""The light reading of SQL, kinds of query, and the faults that are found by it."""

import unittest

from training.measure import sqltext
from training.measure.faults import faults_of
from training.measure.kinds import kinds_of


class Reading(unittest.TestCase):
    def test_tokens(self):
        found = sqltext.tokens("""SELECT "Odd ""Name" FROM t WHERE a <> 'it''s' -- why\n AND b >= 1.5""")
        self.assertIn(sqltext.Token("name", 'odd "name'), found)
        self.assertIn(sqltext.Token("text", "it's"), found)
        self.assertIn(sqltext.Token("number", "1.5"), found)
        self.assertNotIn("why", [token.text for token in found])

    def test_from_inside_a_call_begins_no_clause(self):
        query = sqltext.read("SELECT extract(year FROM born), a IS DISTINCT FROM b FROM pets WHERE x = 1")
        self.assertEqual(sqltext.tables(query), ["pets"])
        self.assertEqual(sqltext.columns(query.top.clause("where")), ["x"])

    def test_window_and_within_group_begin_no_clause(self):
        query = sqltext.read("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a), rank() OVER (PARTITION BY b ORDER BY c) FROM t")
        self.assertEqual(set(query.top.clauses), {"select", "from"})

    def test_tables_with_aliases_schemas_and_joins(self):
        query = sqltext.read("SELECT 1 FROM s.a x JOIN b AS y ON x.i = y.i, c LEFT JOIN (SELECT * FROM d) z USING (i) JOIN e ON true")
        self.assertEqual(sorted(sqltext.tables(query)), ["a", "b", "c", "d", "e"])

    def test_columns_leave_out_tables_calls_and_labels(self):
        found = sqltext.tokens("t.a, lower(b) AS label, count(*), c::text_type")
        self.assertEqual(sqltext.columns(found), ["a", "b", "c"])

    def test_selects_of_a_set_operation(self):
        query = sqltext.read("SELECT a FROM t WHERE b IN (SELECT c FROM u) UNION SELECT d FROM v ORDER BY 1")
        self.assertEqual((len(query.selects), query.branches), (3, 1))

    def test_broken_sql_is_read_as_far_as_it_goes(self):
        sqltext.read(") SELECT ( FROM 'x")
        self.assertEqual(kinds_of(""), ["one table", "plain list"])


class Kinds(unittest.TestCase):
    def test_kinds(self):
        self.assertEqual(kinds_of("SELECT a FROM t"), ["one table", "plain list"])
        self.assertEqual(kinds_of("SELECT a, count(*) FROM t GROUP BY a HAVING count(*) > 1"), ["one table", "aggregate", "group", "having"])
        found = kinds_of("SELECT t.a FROM t JOIN u ON t.i = u.i WHERE u.b = 1 OR u.b = 2 ORDER BY t.c DESC LIMIT 1")
        self.assertEqual(found, ["two tables", "filter", "several conditions", "superlative (order and limit)"])
        self.assertIn("sub-query", kinds_of("SELECT a FROM t WHERE b > (SELECT avg(b) FROM t)"))
        self.assertIn("set operation", kinds_of("SELECT a FROM t EXCEPT SELECT a FROM u"))
        self.assertNotIn("sub-query", kinds_of("SELECT a FROM t EXCEPT SELECT a FROM u"))
        self.assertNotIn("several conditions", kinds_of("SELECT a FROM t WHERE b BETWEEN 1 AND 2"))


class Faults(unittest.TestCase):
    def check(self, gold, predicted, *faults):
        self.assertEqual(faults_of(gold, predicted), list(faults))

    def test_style_is_no_fault(self):
        self.check("SELECT T1.a FROM t AS T1 JOIN u AS T2 ON T1.i = T2.i WHERE T2.b = '5'",
                   "SELECT x.a\nFROM t x\nJOIN u y ON y.i = x.i\nWHERE y.b = 5", "same parts, put together otherwise")
        self.check("SELECT a FROM t WHERE i NOT IN (SELECT i FROM u)",
                   "SELECT a FROM t x WHERE NOT EXISTS (SELECT 1 FROM u y WHERE y.i = x.i)", "same parts, put together otherwise")
        self.check("SELECT a FROM t WHERE b = 1 OR b = 2", "SELECT a FROM t WHERE b IN (1, 2)", "same parts, put together otherwise")
        self.check("SELECT a FROM t ORDER BY b LIMIT 1", "SELECT a FROM t WHERE b IS NOT NULL ORDER BY b LIMIT 1",
                   "same parts, put together otherwise")

    def test_output(self):
        self.check("SELECT a FROM t", "SELECT b FROM t", "another output column")
        self.check("SELECT a, b FROM t", "SELECT a FROM t", "output column missing")
        self.check("SELECT sum(a) FROM t", "SELECT avg(a) FROM t", "another aggregate")
        self.check("SELECT a FROM t", "SELECT DISTINCT a FROM t", "DISTINCT too many")
        self.check("SELECT avg(a) FROM t", "SELECT round(avg(a), 2) AS average FROM t", "rounded")

    def test_filters(self):
        self.check("SELECT a FROM t WHERE b = 1 AND c = 2", "SELECT a FROM t WHERE b = 1", "filter missing")
        self.check("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE c = 1", "filter on another column")
        self.check("SELECT a FROM t WHERE b > 1", "SELECT a FROM t WHERE b < 1", "another comparison")
        self.check("SELECT a FROM t WHERE b = 'x'", "SELECT a FROM t WHERE b = 'y'", "another value")
        self.check("SELECT a FROM t WHERE b BETWEEN 1 AND 2", "SELECT a FROM t WHERE b BETWEEN 1 AND 3", "another value")

    def test_joins_and_groups(self):
        self.check("SELECT a FROM t JOIN u ON t.i = u.i", "SELECT a FROM t", "table missing")
        self.check("SELECT a FROM t JOIN u ON t.i = u.i", "SELECT a FROM t JOIN v ON t.i = v.i", "another table")
        self.check("SELECT count(*) FROM t GROUP BY a", "SELECT count(*) FROM t", "group missing")
        self.check("SELECT a FROM t GROUP BY a HAVING count(*) > 1", "SELECT a FROM t GROUP BY a", "having missing", "filter missing")

    def test_order_and_nesting(self):
        self.check("SELECT a FROM t ORDER BY b DESC LIMIT 1", "SELECT a FROM t ORDER BY b LIMIT 1", "another order direction")
        self.check("SELECT a FROM t ORDER BY b LIMIT 1", "SELECT a FROM t ORDER BY c LIMIT 3", "another order key", "another limit")
        self.check("SELECT a FROM t ORDER BY b LIMIT 1", "SELECT a FROM t", "order missing", "limit missing")
        self.check("SELECT a FROM t INTERSECT SELECT a FROM t", "SELECT a FROM t", "set operation missing")
        faults = faults_of("SELECT a FROM t WHERE b > (SELECT avg(b) FROM t)", "SELECT a FROM t")
        self.assertEqual(faults[0], "sub-query missing")


if __name__ == "__main__":
    unittest.main()
