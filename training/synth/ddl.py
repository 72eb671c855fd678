"""SQL that creates and fills the schemas."""

import json

RESERVED = set(
    """all analyse analyze and any array as asc asymmetric authorization between binary both case cast check collate collation column
concurrently constraint create cross current_date current_time current_timestamp current_user default deferrable desc distinct do else end
except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral leading
left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
returning right select session_user similar some symmetric table tablesample then to trailing true union unique user using variadic
verbose when where window with""".split()
)


def ident(name):
    """A quoted identifier where PostgreSQL needs quotes."""
    return f'"{name}"' if name in RESERVED or not name.replace("_", "a").isalnum() or name[0].isdigit() or name != name.lower() else name


def literal(value):
    """An SQL literal of a Python value."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, list):
        return "ARRAY[" + ", ".join(literal(v) for v in value) + "]::text[]"
    if isinstance(value, dict):
        return literal(json.dumps(value))
    return "'" + str(value).replace("'", "''") + "'"


def sql_type(schema, table, column):
    """The PostgreSQL type of a column."""
    if column.ref:
        return sql_type(schema, schema.table(column.ref), schema.table(column.ref).key)
    if column.type == "enum":
        return f"{ident(schema.name)}.{ident(table.name + '_' + column.name)}"
    return {"int": "integer", "bool": "boolean"}.get(column.type, column.type)


def create_table(schema, table):
    """CREATE TYPE and CREATE TABLE statements of one table."""
    out, lines = [], []
    for column in table.columns:
        if column.type == "enum":
            labels = ", ".join(literal(v) for v in column.values)
            out.append(f"CREATE TYPE {sql_type(schema, table, column)} AS ENUM ({labels});")
        tail = " PRIMARY KEY" if column.is_key and not table.pair_key else " UNIQUE" if column.unique else ""
        lines.append(f"  {ident(column.name)} {sql_type(schema, table, column)}{tail}")
    if table.pair_key:
        lines.append(f"  PRIMARY KEY ({', '.join(map(ident, table.pair_key))})")
    out.append(f"CREATE TABLE {ident(schema.name)}.{ident(table.name)} (\n" + ",\n".join(lines) + "\n);")
    return out


def fill_table(schema, table, rows):
    """One INSERT of all rows."""
    if not rows:
        return []
    names = ", ".join(ident(c.name) for c in table.columns)
    lines = ["(" + ", ".join(literal(row[c.name]) for c in table.columns) + ")" for row in rows]
    return [f"INSERT INTO {ident(schema.name)}.{ident(table.name)} ({names}) VALUES\n" + ",\n".join(lines) + ";"]


def after(schema):
    """Foreign keys and comments."""
    out = [f"COMMENT ON SCHEMA {ident(schema.name)} IS {literal(schema.comment)};"] if schema.comment else []
    for table in schema.tables:
        full = f"{ident(schema.name)}.{ident(table.name)}"
        if table.comment:
            out.append(f"COMMENT ON TABLE {full} IS {literal(table.comment)};")
        for column in table.columns:
            if column.comment:
                out.append(f"COMMENT ON COLUMN {full}.{ident(column.name)} IS {literal(column.comment)};")
            if column.ref and column.declared:
                target = f"{ident(schema.name)}.{ident(column.ref)}"
                out.append(f"ALTER TABLE {full} ADD FOREIGN KEY ({ident(column.name)}) REFERENCES {target};")
    return out


def script(schema, rows, order):
    """The whole script of a schema."""
    out = [f"CREATE SCHEMA {ident(schema.name)};"]
    for table in order:
        out += create_table(schema, table)
        out += fill_table(schema, table, rows[table.name]["rows"])
    return "\n".join(out + after(schema)) + "\n"
