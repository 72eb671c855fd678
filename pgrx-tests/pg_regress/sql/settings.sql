-- Every setting: default, range, and who may set it.
-- json everywhere; expand.sql has the other form
SET nl_query.expand = off;
SELECT name, setting, unit, context, vartype, min_val, max_val FROM pg_settings WHERE name LIKE 'nl\_query.%' ORDER BY name COLLATE "C";
SELECT count(*) AS without_description FROM pg_settings WHERE name LIKE 'nl\_query.%' AND coalesce(short_desc, '') = '';

CREATE ROLE regress_asker;
SET ROLE regress_asker;
-- taste is everybody's
SET nl_query.engine = 'embedded';
SET nl_query.min_confidence = 0.25;
SET nl_query.expand = off;
SET nl_query.max_rows = 10;
SET nl_query.probe = off;
-- what protects the server is not
SET nl_query.execution_timeout = '1h';
SET nl_query.max_plan_cost = 0;
SET nl_query.max_plan_rows = 0;
SET nl_query.allow_catalogs = on;
SET nl_query.allow_foreign_tables = on;
SET nl_query.trusted_function_owners = 'regress_asker';
SET nl_query.run_as = 'postgres';
SET nl_query.servers = 'elsewhere';
SET nl_query.max_question_length = 100000;
SET nl_query.max_relations = 100000;
SET nl_query.probe_rows = 1000000;
SET nl_query.probe_timeout = 60000;
SET nl_query.disclose = 'values';
SET nl_query.disclosed_values = 100;
SET nl_query.log_prompts = on;
SET nl_query.verify_results = on;
RESET ROLE;

-- out of range, not a value, not a setting
SET nl_query.engine = 'oracle';
SET nl_query.disclose = 'everything';
SET nl_query.samples = 10;
SET nl_query.min_confidence = 1.5;
SET nl_query.max_rows = -1;
SET nl_query.max_relations = 1;
SET nl_query.no_such_setting = 1;

-- units
SET nl_query.execution_timeout = '2min';
SHOW nl_query.execution_timeout;
SET nl_query.probe_timeout = '0.25s';
SHOW nl_query.probe_timeout;
RESET nl_query.execution_timeout;
RESET nl_query.probe_timeout;

-- a DBA's limit holds for a role
SET client_min_messages = warning;
CREATE SCHEMA regress_settings AUTHORIZATION regress_asker;
SET nl_query.max_question_length = 20;
SET nl_query.max_plan_rows = 10;
SET ROLE regress_asker;
RESET nl_query.min_confidence;
SET search_path = regress_settings, public;
CREATE TABLE stars AS SELECT g AS id, 'star ' || g AS name FROM generate_series(1, 1000) AS g;
ANALYZE stars;
SELECT nl_query('list all stars');
\echo :LAST_ERROR_SQLSTATE
SELECT nl_query('list all the stars that there are');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
RESET nl_query.max_question_length;
RESET nl_query.max_plan_rows;

-- no more relations than the setting says; the rest is said to be left out
SET nl_query.max_relations = 10;
SET ROLE regress_asker;
SET search_path = regress_settings;
DO $$ BEGIN FOR i IN 1..12 LOOP EXECUTE format('CREATE TABLE comets_%s (id int)', i); END LOOP; END $$;
SELECT line FROM public.nl_explain('how many stars') AS line WHERE line LIKE 'Left out:%';
SELECT public.nl_query('how many unicorns');
RESET ROLE;
RESET nl_query.max_relations;

DROP SCHEMA regress_settings CASCADE;
DROP ROLE regress_asker;
