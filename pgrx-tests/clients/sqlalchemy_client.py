"""SQLAlchemy: text, its wrapping of a subquery with named columns and LIMIT, reflection of a view. argv: URL."""
import sys

import sqlalchemy as sa

engine = sa.create_engine(sys.argv[1])
QUESTION = "SELECT * FROM nl_query('how many animals per species')"
SPECIES = [("Giraffe", 1), ("Lion", 2)]

with engine.begin() as connection:
    result = connection.execute(sa.text(QUESTION))
    assert list(result.keys()) == ["species", "count"]
    assert sorted(map(tuple, result)) == SPECIES

    streamed = connection.execution_options(stream_results=True, yield_per=1).execute(sa.text(QUESTION))
    assert sorted(map(tuple, streamed)) == SPECIES

    wrapped = sa.select(sa.literal_column("*")).select_from(sa.text(f"({QUESTION}) AS virtual_table")).limit(1)
    assert len(connection.execute(wrapped).fetchall()) == 1

    connection.execute(sa.text("SELECT nl_create_view('per_species', 'how many animals per species')"))

# Columns that are named come from a view, or from a column definition list.
metadata = sa.MetaData()
view = sa.Table("per_species", metadata, autoload_with=engine)
assert [(column.name, str(column.type)) for column in view.columns] == [("species", "TEXT"), ("count", "BIGINT")]
assert "per_species" in sa.inspect(engine).get_view_names()
record = (
    sa.text("SELECT * FROM nl_record('how many animals per species') AS t (species text, count bigint)")
    .columns(species=sa.Text, count=sa.BigInteger)
    .subquery("virtual_table")
)
with engine.connect() as connection:
    for source in (view, record):
        total = sa.func.sum(source.c.count).label("total")
        chart = sa.select(source.c.species, total).group_by(source.c.species).order_by(total.desc()).limit(1)
        assert [(row[0], int(row[1])) for row in connection.execute(chart)] == [("Lion", 2)]

print("SQLAlchemy: ok")
