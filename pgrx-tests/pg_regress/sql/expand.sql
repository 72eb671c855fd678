-- A question is a table: what a literal question becomes, as psql shows it.
SET client_min_messages = warning;
CREATE ROLE regress_asker;
CREATE SCHEMA regress_expand AUTHORIZATION regress_asker;
SET ROLE regress_asker;
SET search_path = regress_expand, public;
CREATE TABLE planets (id int PRIMARY KEY, name text NOT NULL, kind text NOT NULL, moons int NOT NULL);
INSERT INTO planets VALUES (1, 'Mercury', 'rock', 0), (2, 'Venus', 'rock', 0), (3, 'Earth', 'rock', 1), (4, 'Mars', 'rock', 2),
    (5, 'Jupiter', 'gas', 95), (6, 'Saturn', 'gas', 146), (7, 'Uranus', 'ice', 28), (8, 'Neptune', 'ice', 16);
ANALYZE planets;

-- columns of the answer
SELECT * FROM nl_query('how many planets are there');
SELECT nl_query('how many planets');
SELECT * FROM nl_query('top 2 planets by moons') \gdesc
EXPLAIN (COSTS OFF) SELECT * FROM nl_query('how many planets');
WITH planets AS (SELECT 'not this one' AS x) SELECT x, n.* FROM planets, nl_query('how many planets') AS n;

-- a view keeps plain SQL
CREATE VIEW per_kind AS SELECT * FROM nl_query('how many planets per kind');
SELECT pg_get_viewdef('per_kind'::regclass) ~ 'GROUP BY' AS sql, pg_get_viewdef('per_kind'::regclass) ~ 'nl_query\(' AS call;
SELECT * FROM per_kind ORDER BY kind;
SELECT nl_create_view('regress_expand."Per kind"', 'how many planets per kind');
SELECT pg_get_viewdef('"Per kind"'::regclass) ~ 'GROUP BY' AS sql;
SELECT regexp_replace(obj_description('"Per kind"'::regclass), '\d{4}-\d\d-\d\d', 'DAY');
SELECT nl_create_view('"Per kind"', 'how many planets');
SELECT nl_create_view('"Per kind"', 'how many planets per kind', replace => true);

-- names and types that are wanted
SELECT kind, n + 0.5 AS more FROM nl_record('how many planets per kind') AS t (kind varchar(4), n numeric) WHERE n > 2 ORDER BY n;
SELECT * FROM nl_record('how many planets per kind') AS t (kind date, n int);
\echo :LAST_ERROR_SQLSTATE

-- who names the json value gets it
SELECT q ->> 'count' AS count FROM nl_query('how many planets') AS q;
SELECT nl_query('how many planets') AS answer;
SELECT * FROM nl_query('how many planets') WITH ORDINALITY;
PREPARE asked (text) AS SELECT * FROM nl_query($1);
EXECUTE asked('how many planets');
SET nl_query.expand = off;
SELECT * FROM nl_query('how many planets');
RESET nl_query.expand;

-- errors point at the question
SELECT name, (SELECT count(*) FROM nl_query('what is the weather')) FROM planets;
SELECT * FROM nl_query('how many planets') UNION ALL SELECT * FROM nl_query('how many planets per kind');
SELECT kind FROM nl_query('how many planets per kind');

RESET ROLE;
DROP SCHEMA regress_expand CASCADE;
DROP ROLE regress_asker;
