"""Tests of the synthesiser's parts that can break: the schema language, English forms, SQL rendering, rows, whole runs."""

import random
import unittest

from training.synth import ddl, dsl, english, near, rows
from training.synth.generate import KINDS, finish, good, pairs
from training.synth.naming import Names
from training.synth.tree import Agg, Bool, Cmp, Col, In, Lit, Query, SetQuery, Src, sql
from training.synth.unanswerable import questions

SCHEMAS = """
schema shop | a small shop
table customers | people who buy
  id pk
  full_name text @fullname name
  city text @city
  joined_on date 2015..2024
  is_active bool
table tbl_product
  product_id pk
  product_name text @product name
  category text {Tools, Toys, Garden}
  price numeric 5..90 money
  weight_kg numeric 0.5..20 kg null 10%
table orders
  order_no pk
  customer_id -> customers
  ordered_at timestamp 2022..2024
  total numeric 5..900 money
  status enum {open, sent, paid}
table order_items
  order_no -> orders
  product_id -> tbl_product
  quantity int 1..9
  key (order_no, product_id)

schema school
table teachers
  id pk
  first_name text @firstname
  last_name text @lastname
  boss_id -> teachers
  salary int 2000..6000 money
table courses
  id pk
  title text @title name
  teacher_id ~> teachers
  level text {beginner, advanced}
  hours int 5..60
table students
  id pk
  name text @fullname name
  birth_year int 1990..2010
  country text @country
table enrollments
  student_id -> students
  course_id -> courses
  grade int 1..6
  key (student_id, course_id)
"""


def worlds(seed=1):
    """The schemas above with names and rows."""
    return [(s, Names(s), rows.fill(random.Random(f"{seed}/{s.name}"), s)) for s in dsl.parse(SCHEMAS)]


class Language(unittest.TestCase):
    """The schema language."""

    def test_a_column_line_is_read(self):
        column = dsl.parse("schema s\ntable t\n  fee numeric 20..900 money null 5% | what it costs")[0].tables[0].columns[0]
        self.assertEqual((column.type, column.low, column.high, column.unit, column.nulls, column.comment), ("numeric", 20, 900, "money", 0.05, "what it costs"))

    def test_references_and_pair_keys(self):
        table = dsl.parse(SCHEMAS)[0].table("order_items")
        self.assertEqual([c.ref for c in table.columns], ["orders", "tbl_product", None])
        self.assertEqual(table.pair_key, ("order_no", "product_id"))

    def test_an_unknown_target_is_refused(self):
        with self.assertRaises(dsl.DslError):
            dsl.check(dsl.parse("schema s\ntable t\n  id pk\n  x_id -> nowhere")[0])

    def test_an_unknown_type_is_refused(self):
        with self.assertRaises(dsl.DslError):
            dsl.parse("schema s\ntable t\n  x money 1..2")


class English(unittest.TestCase):
    """Morphology and templates."""

    def test_plurals(self):
        for one, many in (("city", "cities"), ("box", "boxes"), ("date of birth", "dates of birth"), ("person", "people"), ("hotel served", "hotels served"), ("status", "statuses")):
            self.assertEqual(english.plural(one), many)

    def test_singulars(self):
        for many, one in (("cities", "city"), ("classes", "class"), ("buses", "bus"), ("operas", "opera"), ("movies", "movie"), ("status", "status")):
            self.assertEqual(english.singular_word(many), one)

    def test_articles(self):
        self.assertEqual([english.article(w) for w in ("hour", "unit", "age", "cat")], ["an hour", "a unit", "an age", "a cat"])

    def test_nested_alternatives_are_resolved(self):
        seen = {english.say(random.Random(i), ["(a|b (c|d)) [x]"], x="(kept|as is)") for i in range(40)}
        self.assertEqual(seen, {"a (kept|as is)", "b c (kept|as is)", "b d (kept|as is)"})

    def test_number_marks(self):
        self.assertEqual([english.agreed("that <have/has> 5", m) for m in (True, False)], ["that have 5", "that has 5"])


class Naming(unittest.TestCase):
    """Words and roles."""

    def setUp(self):
        self.names = Names(dsl.parse(SCHEMAS)[0])

    def of(self, table, column):
        return self.names.of(self.names.schema.table(table), column)

    def test_prefixes_and_units_are_dropped(self):
        self.assertEqual(self.names.tables["tbl_product"].noun, "product")
        self.assertEqual((self.of("tbl_product", "weight_kg").noun, self.of("tbl_product", "weight_kg").unit), ("weight", "kg"))

    def test_roles(self):
        roles = [self.of(t, c).role for t, c in (("customers", "city"), ("orders", "total"), ("orders", "ordered_at"), ("customers", "is_active"), ("orders", "customer_id"))]
        self.assertEqual(roles, ["category", "measure", "timestamp", "bool", "fk"])

    def test_a_junction_is_recognised(self):
        self.assertTrue(self.names.is_junction(self.names.schema.table("order_items")))
        self.assertFalse(self.names.is_junction(self.names.schema.table("orders")))

    def test_squeezed_names_are_cut(self):
        schema = dsl.parse("schema s\ntable customers\n  customerid pk\n  customername text @company name\n  phonenumber text @phone")[0]
        names = Names(schema)
        self.assertEqual(names.of(schema.tables[0], "phonenumber").noun, "phone number")
        self.assertEqual(names.of(schema.tables[0], "customername").noun, "name")


class Rendering(unittest.TestCase):
    """SQL from trees."""

    def setUp(self):
        self.shop = dsl.parse(SCHEMAS)[0]
        self.orders, self.customers = Src(self.shop.table("orders")), Src(self.shop.table("customers"))

    def test_one_table_needs_no_alias(self):
        query = Query([Agg("count")], [self.orders], where=Cmp(">", Col(self.orders, "total"), Lit(5)))
        self.assertEqual(sql(query), "SELECT count(*) FROM orders WHERE total > 5")

    def test_joins_have_aliases(self):
        join = (Col(self.customers, "id"), Col(self.orders, "customer_id"))
        query = Query([Col(self.customers, "city"), Agg("count")], [self.customers, self.orders], [join], group=[Col(self.customers, "city")])
        self.assertEqual(sql(query), "SELECT t1.city, count(*) FROM customers AS t1 JOIN orders AS t2 ON t1.id = t2.customer_id GROUP BY t1.city")

    def test_or_within_and_is_put_in_parentheses(self):
        a, b, c = (Cmp("=", Col(self.orders, "total"), Lit(n)) for n in (1, 2, 3))
        query = Query([Agg("count")], [self.orders], where=Bool("and", [a, Bool("or", [b, c])]))
        self.assertTrue(sql(query).endswith("WHERE total = 1 AND (total = 2 OR total = 3)"))

    def test_nested_and_combined(self):
        inner = Query([Col(self.orders, "customer_id")], [self.orders])
        left = Query([Col(self.customers, "city")], [self.customers], where=In(Col(self.customers, "id"), inner, True))
        text = sql(SetQuery("EXCEPT", left, Query([Col(self.customers, "city")], [self.customers])))
        self.assertEqual(text, "SELECT city FROM customers WHERE id NOT IN (SELECT customer_id FROM orders) EXCEPT SELECT city FROM customers")

    def test_quotes_and_reserved_words(self):
        self.assertEqual((ddl.ident("order"), ddl.ident("orders"), ddl.literal("O'Neil")), ('"order"', "orders", "'O''Neil'"))


class Rows(unittest.TestCase):
    """Generated rows."""

    def test_references_point_to_rows_and_some_rows_stay_alone(self):
        for schema, _, filled in worlds():
            for table in schema.tables:
                self.assertGreater(len(filled[table.name]["rows"]), 2)
                for column in (c for c in table.columns if c.ref):
                    used = {r[column.name] for r in filled[table.name]["rows"]} - {None}
                    self.assertLess(used, set(filled[column.ref]["keys"]))

    def test_the_same_seed_gives_the_same_rows(self):
        self.assertEqual([w[2] for w in worlds()], [w[2] for w in worlds()])


class Pairs(unittest.TestCase):
    """Whole runs."""

    @classmethod
    def setUpClass(cls):
        cls.made = pairs(random.Random(3), worlds(), 900)

    def test_the_run_repeats(self):
        self.assertEqual(self.made[:200], pairs(random.Random(3), worlds(), 900)[:200])

    def test_questions_are_clean(self):
        for item in self.made:
            self.assertNotRegex(item["question"], r"[\[\]<|]|\bNone\b|  | ,", item)

    def test_most_kinds_occur(self):
        self.assertGreater(len({item["kind"] for item in self.made}), len(KINDS) * 0.8)

    def test_every_group_is_complete(self):
        for item in self.made:
            if " GROUP BY " in item["gold_sql_pg"] and "FROM (" not in item["gold_sql_pg"]:
                self.assertRegex(item["gold_sql_pg"], r"count\(|sum\(|avg\(|min\(|max\(")

    def test_leftovers_are_seen(self):
        self.assertFalse(good("list [rows]"))
        self.assertFalse(good("show $IMP x"))
        self.assertTrue(good("costs more than $50"))

    def test_punctuation(self):
        self.assertRegex(finish(random.Random(1), "how many cats are there?"), r"(?i)^how many")


class Unanswerable(unittest.TestCase):
    """Questions without an answer."""

    def test_they_are_made(self):
        made = questions(random.Random(5), worlds(), 60)
        self.assertEqual(len(made), 60)
        self.assertTrue(all(item["missing"] for item in made))

    def test_nothing_is_lacking_that_the_schema_has(self):
        phrases = lambda known: {near.asked(random.Random(seed), "of people", known, set()) for seed in range(300)}
        self.assertLessEqual({"salary", "birthday", "gender"}, phrases(set()))
        self.assertEqual(phrases(near.stems(["wage", "birth", "sex"])) & {"salary", "birthday", "date of birth", "gender"}, set())

    def test_places_are_of_other_rows(self):
        world = worlds()[0]
        place = lambda table: {near.place(random.Random(seed), world, world[0].table(table)) for seed in range(50)}
        cities = {row["city"] for row in world[2]["customers"]["rows"]}
        self.assertLessEqual(place("tbl_product"), cities)
        self.assertFalse(place("orders") & cities - {"London"})


if __name__ == "__main__":
    unittest.main()
