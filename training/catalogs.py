"""Reads from a database what the engine would see of it: the catalog as the extension's own query gives it, and the values.

    python -m training.catalogs --dsn "host=... dbname=spider_train" --out DIR [--schemas a,b]

Writes DIR/NAME.catalog.json and DIR/NAME.values.json for each schema, read with the search_path on that schema alone.
"""

import argparse
import json
import pathlib

import psycopg
from psycopg import sql

SQL = pathlib.Path(__file__).resolve().parent.parent / "sql"

# As many distinct values of a column as a probe of the data could meet in the small databases of training.
MOST_VALUES = 5000
LONGEST_VALUE = 80


def catalog_query():
    """The extension's catalog query, as an ordinary role asks it."""
    text = "WITH RECURSIVE\n" + (SQL / "statistics_own.sql").read_text() + (SQL / "catalog.sql").read_text()
    return text.replace("$1", "2000::integer").replace("$2", "false").replace("$3", "false")


def schemas(connection):
    """Schemas that hold relations, in order."""
    rows = connection.execute(
        "SELECT nspname FROM pg_namespace n WHERE nspname !~ '^(pg_|information_schema)'"
        " AND EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'v', 'p')) ORDER BY 1"
    )
    return [name for (name,) in rows]


def values(connection, schema):
    """{relation: {column: [value, ...]}} of the text columns of a schema."""
    found = {}
    columns = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s"
        " AND data_type IN ('text', 'character varying', 'character') ORDER BY 1, ordinal_position",
        [schema],
    ).fetchall()
    for table, column in columns:
        query = sql.SQL("SELECT DISTINCT {c}::text FROM {s}.{t} WHERE length({c}) BETWEEN 1 AND {l} ORDER BY 1 LIMIT {m}").format(
            l=sql.Literal(LONGEST_VALUE), m=sql.Literal(MOST_VALUES), c=sql.Identifier(column), s=sql.Identifier(schema), t=sql.Identifier(table)
        )
        rows = connection.execute(query).fetchall()
        found.setdefault(table, {})[column] = [value for (value,) in rows]
    return found


def dump(connection, schema, out, name):
    """Writes the two files of one schema."""
    connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(schema)))
    (whole,) = connection.execute(catalog_query(), prepare=False).fetchone()
    if not isinstance(whole, str):
        whole = json.dumps(whole)
    (out / f"{name}.catalog.json").write_text(whole)
    (out / f"{name}.values.json").write_text(json.dumps(values(connection, schema)))


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--schemas")
    parser.add_argument("--as", dest="name", help="the name of the files, where one schema is read")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with psycopg.connect(args.dsn, autocommit=True) as connection:
        chosen = args.schemas.split(",") if args.schemas else schemas(connection)
        for schema in chosen:
            dump(connection, schema, args.out, args.name or schema)
    print(f"{len(chosen)} schemas")


if __name__ == "__main__":
    main()
