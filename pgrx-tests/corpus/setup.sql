-- What the statements of the corpus speak of. Run as a superuser; the statements run as guard_reader.
CREATE ROLE guard_reader LOGIN;
CREATE ROLE guard_writer;
GRANT CREATE, USAGE ON SCHEMA public TO guard_writer;
GRANT USAGE ON SCHEMA public TO guard_reader;

CREATE TYPE mood AS ENUM ('low', 'fine', 'great');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE TABLE countries (id int PRIMARY KEY, name text NOT NULL, region text);
CREATE TABLE customers (
    id int PRIMARY KEY, name text NOT NULL, mail email, country_id int REFERENCES countries, feeling mood,
    tags text[], profile jsonb, joined date);
CREATE TABLE orders (
    id int PRIMARY KEY, customer_id int REFERENCES customers, placed timestamptz NOT NULL, total numeric(12, 2), note text,
    during tstzrange, document tsvector);
CREATE TABLE items (order_id int REFERENCES orders, line int, product text, price numeric(10, 2), quantity int, PRIMARY KEY (order_id, line));
CREATE TABLE employees (id int PRIMARY KEY, name text, manager_id int REFERENCES employees, salary numeric, hired date);
CREATE TABLE events (id bigint, at timestamptz NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2023 PARTITION OF events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE "Odd Name" ("Some Column" int, "select" text);
INSERT INTO countries SELECT g, 'country ' || g, CASE g % 2 WHEN 0 THEN 'north' ELSE 'south' END FROM generate_series(1, 10) g;
INSERT INTO customers SELECT g, 'customer ' || g, 'c' || g || '@example.org', g % 10 + 1, (ARRAY['low', 'fine', 'great'])[g % 3 + 1]::mood,
    ARRAY['a', 'b'], jsonb_build_object('age', g, 'langs', jsonb_build_array('en', 'it')), date '2023-01-01' + g FROM generate_series(1, 100) g;
INSERT INTO orders SELECT g, g % 100 + 1, timestamptz '2024-01-01 12:00+00' + g * interval '3 hours', g * 1.5, 'note ' || g,
    tstzrange('2024-01-01', '2024-01-02'), to_tsvector('english', 'order number ' || g) FROM generate_series(1, 1000) g;
INSERT INTO items SELECT g, l, 'product ' || (g + l) % 20, 1.25 * l, l FROM generate_series(1, 1000) g, generate_series(1, 2) l;
INSERT INTO employees SELECT g, 'employee ' || g, nullif(g / 3, 0), 1000 + g, date '2020-01-01' + g FROM generate_series(1, 30) g;
INSERT INTO events SELECT g, timestamptz '2023-06-01' + g * interval '1 day', 'kind ' || g % 3 FROM generate_series(1, 300) g;
INSERT INTO "Odd Name" VALUES (1, 'x');
CREATE VIEW revenue AS SELECT c.id, c.name, sum(o.total) AS revenue FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id;
CREATE MATERIALIZED VIEW monthly AS SELECT date_trunc('month', placed) AS month, sum(total) AS total FROM orders GROUP BY 1;
CREATE SCHEMA sales;
GRANT USAGE ON SCHEMA sales TO guard_reader;
CREATE TABLE sales.targets (year int, amount numeric);
INSERT INTO sales.targets VALUES (2024, 1000000);
GRANT SELECT ON ALL TABLES IN SCHEMA public, sales TO guard_reader;

-- Row security that reads a setting, as applications do.
CREATE TABLE notes (id int, owner text, body text);
INSERT INTO notes VALUES (1, 'me', 'mine'), (2, 'you', 'yours');
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes USING (owner = current_setting('app.owner', true));
GRANT SELECT ON notes TO guard_reader;

-- Functions that may be believed: a superuser's.
CREATE FUNCTION taxed(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 1.22';
CREATE FUNCTION order_count(int) RETURNS bigint LANGUAGE plpgsql STABLE AS
    'BEGIN RETURN (SELECT count(*) FROM orders WHERE customer_id = $1); END';
CREATE FUNCTION big_orders(numeric) RETURNS SETOF orders LANGUAGE sql STABLE AS 'SELECT * FROM orders WHERE total > $1';
CREATE AGGREGATE product_of(numeric) (SFUNC = numeric_mul, STYPE = numeric, INITCOND = '1');
CREATE FUNCTION join_step(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT coalesce($1 || '-', '') || $2$$;
CREATE AGGREGATE joined(text) (SFUNC = join_step, STYPE = text);

-- What must not be read.
CREATE TABLE secrets (id int, password text);
INSERT INTO secrets VALUES (1, 'hunter2');
CREATE TABLE half_secret (id int, open text, closed text);
INSERT INTO half_secret VALUES (1, 'open', 'closed');
GRANT SELECT (id, open) ON half_secret TO guard_reader;
CREATE TABLE labelled (id int, private_text text, public_text text);
CREATE TABLE labelled_whole (id int);
CREATE SCHEMA labelled_schema;
CREATE TABLE labelled_schema.inside (id int);
CREATE VIEW labelled_view AS SELECT id, private_text AS renamed FROM labelled;
CREATE FUNCTION labelled_function(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
GRANT USAGE ON SCHEMA labelled_schema TO guard_reader;
GRANT SELECT ON labelled, labelled_whole, labelled_schema.inside, labelled_view TO guard_reader;
CREATE TABLE labelled_parts (id int, hidden text) PARTITION BY RANGE (id);
CREATE TABLE labelled_parts_low PARTITION OF labelled_parts FOR VALUES FROM (0) TO (10);
CREATE TABLE labelled_parts_high PARTITION OF labelled_parts FOR VALUES FROM (10) TO (20);
GRANT SELECT ON labelled_parts, labelled_parts_low, labelled_parts_high TO guard_reader;
SECURITY LABEL FOR nl_query ON COLUMN labelled_parts.hidden IS 'private';
SECURITY LABEL FOR nl_query ON TABLE labelled_parts_high IS 'private';
SECURITY LABEL FOR nl_query ON COLUMN labelled.private_text IS 'private';
SECURITY LABEL FOR nl_query ON TABLE labelled_whole IS 'private';
SECURITY LABEL FOR nl_query ON SCHEMA labelled_schema IS 'private';
SECURITY LABEL FOR nl_query ON FUNCTION labelled_function(int) IS 'private';

-- Traps laid by a superuser by mistake, or before an upgrade.
CREATE VIEW trap_view AS SELECT id, pg_read_file('PG_VERSION') AS version FROM countries;
CREATE VIEW trap_view_lock AS SELECT id FROM countries FOR UPDATE;
CREATE VIEW trap_view_catalog AS SELECT relname FROM pg_class;
CREATE VIEW trap_view_password AS SELECT usename, passwd FROM pg_shadow;
CREATE VIEW trap_view_deep AS SELECT * FROM trap_view;
CREATE FUNCTION trap_sql(int) RETURNS text LANGUAGE sql STABLE AS $$SELECT pg_sleep($1)::text$$;
CREATE FUNCTION trap_plpgsql(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM pg_advisory_lock($1); RETURN 1; END$$;
CREATE FUNCTION trap_default(int, boolean DEFAULT pg_try_advisory_lock(3)) RETURNS int LANGUAGE sql STABLE AS 'SELECT $1';
CREATE FUNCTION trap_atomic(int) RETURNS text LANGUAGE sql STABLE BEGIN ATOMIC SELECT pg_sleep($1)::text; END;
CREATE FUNCTION trap_volatile(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION trap_definer(int) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT count(*) FROM secrets';
CREATE FUNCTION renamed_read(text) RETURNS text LANGUAGE internal STABLE AS 'pg_read_file_all';
CREATE SEQUENCE counter;
CREATE TABLE trap_policy (id int);
ALTER TABLE trap_policy ENABLE ROW LEVEL SECURITY;
CREATE POLICY trap ON trap_policy USING (pg_try_advisory_lock(id));
GRANT SELECT ON trap_view, trap_view_lock, trap_view_catalog, trap_view_password, trap_view_deep, trap_policy, counter TO guard_reader;
GRANT USAGE ON SEQUENCE counter TO guard_reader;
CREATE FOREIGN DATA WRAPPER guard_nowhere;
CREATE SERVER guard_server FOREIGN DATA WRAPPER guard_nowhere;
CREATE FOREIGN TABLE foreign_orders (id int) SERVER guard_server;
GRANT SELECT ON foreign_orders TO guard_reader;

-- Traps laid by another role: functions that say they are harmless.
SET ROLE guard_writer;
CREATE FUNCTION liar(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM pg_notify('liar', 'x'); RETURN $1; END$$;
CREATE FUNCTION liar_check(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM pg_notify('liar', 'x'); RETURN true; END$$;
CREATE FUNCTION liar_set() RETURNS SETOF int LANGUAGE sql STABLE AS 'SELECT 1';
CREATE FUNCTION liar_cast(int) RETURNS mood LANGUAGE sql STABLE AS $$SELECT 'fine'::mood$$;
CREATE FUNCTION liar_equal(int, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = text, FUNCTION = liar_equal);
CREATE AGGREGATE liar_sum(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE FUNCTION liar_step(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE AGGREGATE liar_step_sum(int) (SFUNC = liar_step, STYPE = int, INITCOND = '0');
CREATE DOMAIN liar_domain AS text CHECK (liar_check(VALUE));
CREATE DOMAIN liar_domain_deep AS liar_domain;
CREATE TYPE liar_row AS (a liar_domain);
RESET ROLE;
CREATE TABLE liar_types (id int, value liar_domain, many liar_domain[]);
GRANT SELECT ON liar_types TO guard_reader;
ANALYZE;
