"""psycopg 3: types, client- and server-side cursors, prepared statements, parameters, COPY. argv: connection string."""
import sys

import psycopg

QUESTION = "SELECT * FROM nl_query('how many animals per species')"
SPECIES = [("Giraffe", 1), ("Lion", 2)]

with psycopg.connect(sys.argv[1]) as connection:
    with connection.cursor() as cursor:
        cursor.execute(QUESTION)
        assert [(column.name, column.type_code) for column in cursor.description] == [("species", 25), ("count", 20)]
        assert sorted(cursor.fetchall()) == SPECIES

    with connection.cursor(name="on_the_server") as cursor:
        cursor.itersize = 1
        cursor.execute(QUESTION)
        assert sorted(cursor) == SPECIES

    with connection.cursor(name="that_scrolls", scrollable=True) as cursor:
        cursor.execute(QUESTION)
        first = cursor.fetchone()
        cursor.scroll(0, mode="absolute")
        assert cursor.fetchone() == first

    for _ in range(8):
        assert sorted(connection.execute(QUESTION, prepare=True).fetchall()) == SPECIES
    assert connection.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%nl_query(%%'").fetchone()[0] >= 1

    rows = connection.execute(
        "SELECT a.name, n.* FROM animals a, nl_query('how many animals') AS n WHERE a.species = %s AND a.weight_kg > %s", ("Lion", 150)
    ).fetchall()
    assert rows == [("Simba", 3)], rows

    # The question as a parameter: json.
    assert connection.execute("SELECT * FROM nl_query(%s)", ("how many animals",)).fetchone() == ({"count": 3},)

    with connection.cursor().copy(f"COPY ({QUESTION}) TO STDOUT") as copy:
        copy.set_types(["text", "int8"])
        assert sorted(copy.rows()) == SPECIES

    with connection.cursor(binary=True) as cursor:
        assert sorted(cursor.execute(QUESTION).fetchall()) == SPECIES

    try:
        with connection.transaction():
            connection.execute("SELECT * FROM nl_query('what is the weather')")
    except psycopg.errors.FeatureNotSupported as error:
        assert error.diag.statement_position == "15", error.diag.statement_position
    else:
        raise AssertionError("answered")
    assert sorted(connection.execute(QUESTION).fetchall()) == SPECIES

print("psycopg: ok")
