-- What questions are read against: kinds of relations and types, odd names, and every change at once.
-- json everywhere; expand.sql has the other form
SET nl_query.expand = off;
SET client_min_messages = warning;
CREATE ROLE regress_asker;
CREATE SCHEMA regress_catalog AUTHORIZATION regress_asker;
CREATE SCHEMA "regress Catalog Two" AUTHORIZATION regress_asker;
SET ROLE regress_asker;
SET search_path = regress_catalog, public;

-- views, materialised views, partitions, temporary tables
CREATE TABLE trees (id int PRIMARY KEY, species text, height numeric);
INSERT INTO trees VALUES (1, 'oak', 20.5), (2, 'elm', 12), (3, 'oak', 8);
CREATE VIEW oaks AS SELECT id, height FROM trees WHERE species = 'oak';
CREATE MATERIALIZED VIEW forests AS SELECT species, count(*) AS number FROM trees GROUP BY species;
CREATE TABLE sightings (id int, seen date) PARTITION BY RANGE (seen);
CREATE TABLE sightings_old PARTITION OF sightings FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE sightings_new PARTITION OF sightings FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
INSERT INTO sightings VALUES (1, '2020-05-01'), (2, '2021-05-01'), (3, '2021-06-01');
CREATE TEMPORARY TABLE mushrooms (id int);
INSERT INTO mushrooms VALUES (1), (2);
ANALYZE trees, forests, sightings, mushrooms;
SELECT nl_query('how many oaks');
SELECT nl_query('how many forests');
SELECT nl_query('how many sightings');
SELECT nl_query('how many mushrooms');

-- names that need quotes, reserved words, letters beyond ASCII, another schema
CREATE TABLE "regress Catalog Two"."Größen Table" ("Select" int PRIMARY KEY, "größe" text, "Order ""No""" int);
INSERT INTO "regress Catalog Two"."Größen Table" VALUES (1, 'XL', 7);
CREATE TABLE "user" (id int PRIMARY KEY, "group" text);
INSERT INTO "user" VALUES (1, 'a'), (2, 'b');
SELECT nl_query('how many größen table');
SELECT nl_query('how many users');

-- domains and enums
CREATE TYPE mood AS ENUM ('happy', 'sad', 'it''s complicated');
CREATE DOMAIN percentage AS numeric CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE pupils (id int PRIMARY KEY, feeling mood, mark percentage, tags text[]);
INSERT INTO pupils VALUES (1, 'happy', 90, '{a}'), (2, 'sad', 50, '{b}'), (3, 'happy', 70, NULL);
ANALYZE pupils;
SELECT nl_query('how many happy pupils');
SELECT round((q ->> (SELECT k FROM json_object_keys(q) AS k))::numeric) AS average FROM nl_query('average mark of pupils') AS q;

-- a comment gives a column another name, at once, and no longer than it stands
SELECT count(*) FROM nl_candidates('average girth of trees') WHERE sql ~ 'avg' AND confidence >= 0.5;
COMMENT ON COLUMN trees.height IS 'girth in metres';
SELECT round((nl_query('average girth of trees') ->> 'average_height')::numeric, 1) AS average;
BEGIN;
COMMENT ON COLUMN trees.height IS NULL;
SELECT nl_query('how many trees');
ROLLBACK;
SELECT round((nl_query('average girth of trees') ->> 'average_height')::numeric, 1) AS average;
BEGIN;
SAVEPOINT before;
COMMENT ON COLUMN trees.height IS 'price in euros';
SELECT nl_query('how many trees');
ROLLBACK TO before;
SELECT round((nl_query('average girth of trees') ->> 'average_height')::numeric, 1) AS average;
COMMIT;
COMMENT ON COLUMN trees.height IS NULL;
SELECT count(*) FROM nl_candidates('average girth of trees') WHERE sql ~ 'avg' AND confidence >= 0.5;

-- DDL of this transaction is seen, and unseen after a rollback, also to a savepoint
BEGIN;
CREATE TABLE bushes (id int);
INSERT INTO bushes VALUES (1);
SELECT nl_query('how many bushes');
SAVEPOINT before;
ALTER TABLE bushes RENAME TO shrubs;
SELECT nl_query('how many shrubs');
ROLLBACK TO before;
SELECT nl_query('how many bushes');
ROLLBACK;
SELECT nl_query('how many bushes');
ALTER TABLE trees RENAME TO timbers;
SELECT nl_query('how many timbers');
ALTER TABLE timbers ADD COLUMN wood_hardness int DEFAULT 5;
SELECT round((nl_query('average wood hardness of timbers') ->> 'average_wood_hardness')::numeric) AS average;
DROP TABLE timbers CASCADE;
SELECT nl_query('how many timbers');

-- a table in front of another on the search_path
CREATE TABLE "regress Catalog Two"."user" (id int PRIMARY KEY, "group" text);
SET search_path = "regress Catalog Two", regress_catalog, public;
SELECT nl_query('how many users');
SET search_path = regress_catalog, public;
SELECT nl_query('how many users');

-- operators of a hostile schema in front of pg_catalog are not called
CREATE FUNCTION never(name, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'captured'; END $$;
CREATE OPERATOR = (LEFTARG = name, RIGHTARG = text, FUNCTION = never);
CREATE OPERATOR <> (LEFTARG = name, RIGHTARG = text, FUNCTION = never);
CREATE FUNCTION never(oid, oid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'captured'; END $$;
CREATE OPERATOR = (LEFTARG = oid, RIGHTARG = oid, FUNCTION = never);
CREATE FUNCTION never("char", "char") RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'captured'; END $$;
CREATE OPERATOR = (LEFTARG = "char", RIGHTARG = "char", FUNCTION = never);
SET search_path = regress_catalog, pg_catalog, public;
SELECT nl_query('how many pupils');
SET search_path = regress_catalog, public;

-- labelled private: gone from questions
RESET ROLE;
SECURITY LABEL FOR nl_query ON TABLE regress_catalog.pupils IS 'private';
SET ROLE regress_asker;
SELECT nl_query('how many pupils');
RESET ROLE;
SECURITY LABEL FOR nl_query ON TABLE regress_catalog.pupils IS NULL;
SET ROLE regress_asker;
SELECT nl_query('how many pupils');

RESET ROLE;
-- a materialised view without data is not there until it is refreshed
CREATE MATERIALIZED VIEW nurseries AS SELECT generate_series(1, 4) AS seedling WITH NO DATA;
GRANT SELECT ON nurseries TO regress_asker;
SET ROLE regress_asker;
SELECT nl_query('how many nurseries');
RESET ROLE;
REFRESH MATERIALIZED VIEW nurseries;
SET ROLE regress_asker;
SELECT nl_query('how many nurseries');

RESET ROLE;
DROP TABLE mushrooms;
DROP SCHEMA regress_catalog, "regress Catalog Two" CASCADE;
DROP ROLE regress_asker;
