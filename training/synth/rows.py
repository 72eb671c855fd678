"""Rows for a schema: plausible, consistent values; references point to rows, some rows stay unreferenced."""

import datetime

from . import pools


def pick(rng, items):
    """One item, the first ones more often, so that categories repeat unevenly."""
    return items[min(int(rng.expovariate(2.2 / len(items))), len(items) - 1)]


def product_name(rng):
    """A product's name."""
    return f"{rng.choice(pools.PRODUCT_A)} {rng.choice(pools.PRODUCT_B)}"


def title(rng):
    """A title of a work."""
    form = rng.choice(["The {} {}", "{} {}", "{} {}s", "A {} {}", "{} {} of " + rng.choice(pools.CITY)])
    return form.format(rng.choice(pools.TITLE_A), rng.choice(pools.TITLE_B)).replace("ss", "s")


def text_value(rng, kind):
    """A text by generator name."""
    first, last = rng.choice(pools.FIRST), rng.choice(pools.LAST)
    makers = {
        "fullname": lambda: f"{first} {last}",
        "firstname": lambda: first,
        "lastname": lambda: last,
        "city": lambda: pick(rng, pools.CITY),
        "country": lambda: pick(rng, pools.COUNTRY),
        "company": lambda: f"{rng.choice(pools.COMPANY_A)} {rng.choice(pools.COMPANY_B)}",
        "product": lambda: product_name(rng),
        "email": lambda: f"{first.lower()}.{last.lower()}@{rng.choice(pools.DOMAIN)}",
        "phone": lambda: f"+{rng.randint(1, 99)} {rng.randint(100, 999)} {rng.randint(1000, 9999)}",
        "street": lambda: f"{rng.choice(pools.STREET)} {rng.choice(pools.STREET_KIND)}",
        "address": lambda: f"{rng.randint(1, 240)} {rng.choice(pools.STREET)} {rng.choice(pools.STREET_KIND)}",
        "title": lambda: title(rng),
        "word": lambda: rng.choice(pools.WORD),
        "sentence": lambda: f"{rng.choice(pools.SENTENCE_C)} {rng.choice(pools.SENTENCE_A)} {rng.choice(pools.SENTENCE_B)}",
        "code": lambda: "".join(rng.choice("ABCDEFGHKLMNPRSTVWX") for _ in range(2)) + f"-{rng.randint(100, 999)}",
        "url": lambda: f"https://{rng.choice(pools.WORD)}.{rng.choice(pools.DOMAIN)}/{rng.choice(pools.WORD)}",
        "color": lambda: pick(rng, pools.COLOR),
        "petname": lambda: rng.choice(pools.PET),
        "username": lambda: f"{first.lower()}{rng.randint(1, 99)}",
        "ip": lambda: ".".join(str(rng.randint(1, 254)) for _ in range(4)),
    }
    return makers.get(kind, makers["word"])()


def number(rng, column):
    """A number of the column's range, bunched in round steps so that values repeat a little."""
    low = 0 if column.low is None else column.low
    high = max(low, 1000 if column.high is None else column.high)
    if column.type == "int":
        return rng.randint(int(low), int(high))
    value = rng.uniform(low, high)
    return round(value, 2 if column.unit == "money" else 1) if high - low > 3 else round(value, 2)


def moment(rng, column):
    """A date or timestamp of the column's years as ISO text."""
    low, high = int(column.low or 2015), int(column.high or column.low or 2024)
    day = datetime.date(low, 1, 1) + datetime.timedelta(days=rng.randrange(365 * (high - low + 1)))
    if column.type == "date":
        return day.isoformat()
    return f"{day.isoformat()} {rng.randint(7, 21):02d}:{rng.choice((0, 5, 10, 15, 20, 30, 40, 45, 50)):02d}:00"


def value(rng, column):
    """A value for a column that is neither key nor reference."""
    if column.type == "text[]":
        pool = column.values or pools.WORD
        return sorted(rng.sample(pool, min(len(pool), rng.randint(1, 3))))
    if column.type == "jsonb":
        return {key: rng.choice(pools.WORD + [True, 3, 12]) for key in column.values or ["note"]}
    if column.values:
        chosen = pick(rng, column.values)
        return int(chosen) if column.type == "int" else float(chosen) if column.type == "numeric" else chosen
    if column.type in ("int", "numeric"):
        return number(rng, column)
    if column.type in ("date", "timestamp"):
        return moment(rng, column)
    if column.type == "bool":
        return rng.random() < 0.6
    return text_value(rng, column.generator or ("fullname" if column.is_label else "word"))


def key_value(rng, column, index):
    """A primary key: a code for text keys, a running number otherwise."""
    if column.type == "text":
        if column.values:
            return column.values[index] if index < len(column.values) else None
        return text_value(rng, column.generator or "code")
    return int(column.low or 1) + index


def row_count(rng, table):
    """How many rows a table gets: lookup tables few, tables with references more."""
    refs = sum(1 for c in table.columns if c.ref)
    listed = next((c for c in table.columns if c.values and (c.is_label or c.is_key or c.unique)), None)
    if listed and not refs:
        return len(listed.values)
    return rng.randint(15, 30) if not refs else rng.randint(25, 60)


def in_order(schema):
    """Tables, the referenced before the referencing where that is possible."""
    done, order = set(), []
    while len(order) < len(schema.tables):
        ready = [t for t in schema.tables if t.name not in done and all(c.ref in done or c.ref in (None, t.name) for c in t.columns)]
        table = ready[0] if ready else next(t for t in schema.tables if t.name not in done)
        done.add(table.name)
        order.append(table)
    return order


def reference(rng, column, table, rows, index):
    """A key of the referenced table; the last sixth of it stays unreferenced."""
    own = column.ref == table.name
    if rng.random() < (column.nulls or (0.25 if own else 0.0)) or own and index == 0:
        return None
    keys = rows[column.ref]["keys"]
    usable = keys[: index if own else max(1, len(keys) * 5 // 6)]
    return pick(rng, usable) if usable else None


def fresh(rng, column, used, index):
    """A value not used yet where the column needs or deserves it, or None when the pool is exhausted."""
    for _ in range(30):
        found = key_value(rng, column, index) if column.is_key else value(rng, column)
        if not isinstance(found, (list, dict)) and found not in used:
            break
    else:
        if column.is_key or column.unique:
            return None
    if not isinstance(found, (list, dict)):
        used.add(found)
    return found


def fill_row(rng, table, rows, index, used):
    """One row, or None where no unused key could be found."""
    row = {}
    for column in table.columns:
        distinct = column.is_key or column.unique or column.is_label and not column.values
        if column.ref:
            row[column.name] = reference(rng, column, table, rows, index)
            if column.is_key and (row[column.name] is None or row[column.name] in used[column.name]):
                return None
            used[column.name].add(row[column.name])
        elif column.nulls and not column.is_key and rng.random() < column.nulls:
            row[column.name] = None
        elif distinct:
            row[column.name] = fresh(rng, column, used[column.name], index)
            if row[column.name] is None and (column.is_key or column.unique):
                return None
        else:
            row[column.name] = value(rng, column)
    pair_start_end(row)
    return row


def pair_start_end(row):
    """Keeps an end at or after its start."""
    for start, end in (("start", "end"), ("opened", "closed"), ("from", "to"), ("hired", "left"), ("min", "max"), ("departure", "arrival")):
        for name in row:
            if start in name:
                other = name.replace(start, end)
                low, high = row[name], row.get(other)
                if other != name and low is not None and high is not None and type(low) is type(high) and low > high:
                    row[name], row[other] = high, low


def fill(rng, schema):
    """Rows of all tables: {table: {"rows": [...], "keys": [...]}}."""
    rows = {t.name: {"rows": [], "keys": []} for t in schema.tables}
    for table in in_order(schema):
        used, pairs = {c.name: set() for c in table.columns}, set()
        key = table.key
        for index in range(row_count(rng, table)):
            row = fill_row(rng, table, rows, index, used)
            pair = tuple(row[n] for n in table.pair_key) if row else ()
            if row is None or pair and (pair in pairs or None in pair):
                continue
            pairs.add(pair)
            rows[table.name]["rows"].append(row)
            if key:
                rows[table.name]["keys"].append(row[key.name])
    return rows
