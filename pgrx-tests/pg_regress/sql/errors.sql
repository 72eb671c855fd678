-- What cannot be answered: SQLSTATE, message, DETAIL and HINT.
-- json everywhere; expand.sql has the other form
SET nl_query.expand = off;
SET client_min_messages = warning;
CREATE ROLE regress_asker;
CREATE SCHEMA regress_errors AUTHORIZATION regress_asker;
SET ROLE regress_asker;
SET search_path = regress_errors, public;

-- nothing to ask about
SELECT nl_sql('how many planets');
\echo :LAST_ERROR_SQLSTATE

CREATE TABLE planets (id int PRIMARY KEY, name text NOT NULL, moons int);
INSERT INTO planets VALUES (1, 'Mercury', 0), (3, 'Earth', 1);
ANALYZE planets;

-- no question
SELECT nl_sql('');
\echo :LAST_ERROR_SQLSTATE
SELECT nl_query(E' \t\n ');
\echo :LAST_ERROR_SQLSTATE
SELECT nl_explain('?!');
\echo :LAST_ERROR_SQLSTATE

-- too long
SELECT nl_sql(repeat('planets ', 131072));
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM nl_query(repeat('ä', 2001));
\echo :LAST_ERROR_SQLSTATE

-- a NUL never gets as far as the question
SELECT nl_sql(E'how many\x00planets');
\echo :LAST_ERROR_SQLSTATE

-- nothing known, and nothing that a query can tell
SELECT nl_sql('how many unicorns');
\echo :LAST_ERROR_SQLSTATE
SELECT nl_sql('what is the weather');
\echo :LAST_ERROR_SQLSTATE
SELECT nl_sql('delete all planets');
\echo :LAST_ERROR_SQLSTATE

-- arguments
SELECT nl_explain('how many planets', 'yaml');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM nl_candidates('how many planets', 0);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM nl_candidates('how many planets', -1);
\echo :LAST_ERROR_SQLSTATE

-- no model server yet
SET nl_query.engine = 'model';
SELECT nl_sql('how many planets');
\echo :LAST_ERROR_SQLSTATE
RESET nl_query.engine;

-- not certain enough: the closest reading is shown, not run
SET nl_query.min_confidence = 1;
\set VERBOSITY terse
SELECT nl_sql('how many planets');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
-- nl_explain explains that too
SELECT line FROM nl_explain('how many planets') AS line WHERE line LIKE 'No answer:%';
SELECT nl_explain('how many planets', 'json')::json -> 'error' ->> 'class' AS class;
RESET nl_query.min_confidence;

-- an error does not end the session, nor what comes after it in a subtransaction
DO $$
BEGIN
    PERFORM nl_query('how many unicorns');
EXCEPTION WHEN undefined_object THEN
    RAISE WARNING 'caught: %', SQLERRM;
END
$$;
SELECT nl_query('how many planets');

-- errors of other statements keep what PostgreSQL says of them
CREATE TABLE planets (id int);
ALTER TABLE planets ADD CONSTRAINT few CHECK (id < 2);
\echo :LAST_ERROR_SQLSTATE

RESET ROLE;
DROP SCHEMA regress_errors CASCADE;
DROP ROLE regress_asker;
