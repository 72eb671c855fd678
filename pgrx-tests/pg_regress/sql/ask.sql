-- Asking: every function's shape, on a table that a child could read.
-- json everywhere; expand.sql has the other form
SET nl_query.expand = off;
SET client_min_messages = warning;
CREATE ROLE regress_asker;
CREATE SCHEMA regress_ask AUTHORIZATION regress_asker;
SET ROLE regress_asker;
SET search_path = regress_ask, public;
CREATE TABLE planets (id int PRIMARY KEY, name text NOT NULL, moons int, rings boolean);
INSERT INTO planets VALUES (1, 'Mercury', 0, false), (2, 'Venus', 0, false), (3, 'Earth', 1, false), (4, 'Mars', 2, false),
    (5, 'Jupiter', 95, true), (6, 'Saturn', 146, true), (7, 'Uranus', 28, true), (8, 'Neptune', 16, true);
ANALYZE planets;

-- rows are json objects with their keys in column order
SELECT * FROM nl_query('how many planets are there');
SELECT nl_query('how many planets');
SELECT count(*) AS rows, count(q ->> 'name') AS names FROM nl_query('list all planets') AS q;
SELECT q ->> 'name' AS name FROM nl_query('planets with more than 90 moons') AS q ORDER BY 1;
SELECT nl_sql('How many planets?') = nl_sql('how many planets') AS same_sql;

-- the answer is a SELECT that runs by hand
SELECT nl_sql('how many planets') \gexec

-- readings, best first
SELECT rank, engine, confidence BETWEEN 0 AND 1 AS probability, sql <> '' AS sql, paraphrase <> '' AS paraphrase
FROM nl_candidates('how many planets') WHERE rank = 1;
SELECT count(*) FROM nl_candidates('how many planets', 1);
SELECT count(*) <= 5 AS five_at_most, bool_and(confidence <= before) IS NOT FALSE AS best_first
FROM (SELECT confidence, lag(confidence) OVER (ORDER BY rank) AS before FROM nl_candidates('planets with moons')) AS c;

-- nl_explain, in lines and as one object
SELECT line FROM nl_explain('how many planets') AS line WHERE line ~ '^(SQL:|Words:)$';
SELECT regexp_replace(line, ':.*', ':') AS start FROM nl_explain('how many planets') AS line WHERE line ~ '^[A-Z][a-z ]*: ';
SELECT j ->> 'engine' AS engine, j ->> 'cache' AS cache, j ->> 'left_out' AS left_out, j ->> 'sql' = nl_sql('how many planets') AS sql
FROM (SELECT nl_explain('how many planets', format => 'json')::json AS j) AS e;
SELECT key FROM json_each((SELECT nl_explain('how many planets', 'JSON')::json)) ORDER BY key COLLATE "C";

-- NULL in, nothing out
SELECT nl_sql(NULL) IS NULL AS is_null;
SELECT count(*) FROM nl_query(NULL);
SELECT count(*) FROM nl_explain(NULL);
SELECT count(*) FROM nl_candidates(NULL);

-- a function call like any other: parameters, joins, aggregates, prepared statements
PREPARE asked(text) AS SELECT q FROM nl_query($1) AS q;
EXECUTE asked('how many planets');
EXECUTE asked('number of planets');
SELECT question, nl_query(question) FROM (VALUES ('how many planets')) AS v (question);

-- nothing is written: a read-only transaction will do, and no transaction id is taken
BEGIN READ ONLY;
SELECT nl_query('how many planets');
COMMIT;
BEGIN;
SELECT nl_query('how many planets');
SELECT nl_sql('list all planets') IS NOT NULL AS answered;
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_transaction_id;
SHOW transaction_read_only;
COMMIT;

-- max_rows cuts, and says so
SET nl_query.max_rows = 3;
SET client_min_messages = notice;
SELECT count(*) FROM nl_query('list all planets');
SET client_min_messages = warning;

RESET ROLE;
DROP SCHEMA regress_ask CASCADE;
DROP ROLE regress_asker;
