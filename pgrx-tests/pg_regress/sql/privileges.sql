-- A role asks about what it may SELECT, column by column, and hears of nothing else.
-- json everywhere; expand.sql has the other form
SET nl_query.expand = off;
SET client_min_messages = warning;
CREATE ROLE regress_owner;
CREATE ROLE regress_guest;
CREATE ROLE regress_group;
CREATE SCHEMA regress_shop AUTHORIZATION regress_owner;
CREATE SCHEMA regress_vault AUTHORIZATION regress_owner;
SET ROLE regress_owner;
SET search_path = regress_shop, public;
CREATE TABLE customers (id int PRIMARY KEY, name text, salary int);
CREATE TABLE invoices (id int PRIMARY KEY, customer_id int REFERENCES customers, amount numeric);
CREATE TABLE regress_vault.passwords (id int PRIMARY KEY, secret text);
INSERT INTO customers VALUES (1, 'Ada', 100), (2, 'Bob', 200);
INSERT INTO invoices VALUES (1, 1, 10), (2, 1, 20);
INSERT INTO regress_vault.passwords VALUES (1, 'hunter2');
GRANT USAGE ON SCHEMA regress_shop TO regress_guest;
GRANT SELECT (id, name) ON customers TO regress_guest;
ANALYZE customers, invoices, regress_vault.passwords;
SELECT nl_query('how many customers');

SET ROLE regress_guest;
SELECT q ->> 'name' AS name FROM nl_query('names of customers') AS q ORDER BY 1;
-- a column, a table, a schema out of sight: as if they did not exist
\set VERBOSITY terse
SELECT nl_query('average salary of customers');
\set VERBOSITY default
SELECT nl_query('how many invoices');
SELECT nl_query('how many passwords');
SELECT count(*) FROM nl_candidates('names of customers', 20) WHERE sql ~* 'salary|invoices|passwords';
-- a value that only the hidden table has is not found
SELECT nl_query('who has hunter2');

-- granted: seen at once
RESET ROLE;
GRANT SELECT ON regress_shop.invoices TO regress_guest;
SET ROLE regress_guest;
SELECT nl_query('how many invoices');
-- revoked: gone at once
RESET ROLE;
REVOKE SELECT ON regress_shop.invoices FROM regress_guest;
SET ROLE regress_guest;
SELECT nl_query('how many invoices');
-- through a membership
RESET ROLE;
GRANT SELECT ON regress_shop.invoices TO regress_group;
GRANT regress_group TO regress_guest;
SET ROLE regress_guest;
SELECT nl_query('how many invoices');
RESET ROLE;
REVOKE regress_group FROM regress_guest;
SET ROLE regress_guest;
SELECT nl_query('how many invoices');

-- rows: policies hold in answers
RESET ROLE;
ALTER TABLE regress_shop.customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON regress_shop.customers TO regress_guest USING (name = 'Ada');
SET ROLE regress_guest;
SELECT nl_query('how many customers');

-- who may do what with the functions
RESET ROLE;
SELECT p.proname, p.provolatile, p.proparallel, p.proisstrict, p.prosecdef, has_function_privilege('regress_guest', p.oid, 'EXECUTE') AS guest
FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'nl_query' ORDER BY p.proname COLLATE "C";
-- everything that the extension owns has a comment
SELECT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'nl_query'
WHERE d.deptype = 'e' AND d.classid IN ('pg_proc'::regclass, 'pg_class'::regclass) AND obj_description(d.objid, d.classid::regclass::name) IS NULL;
SET ROLE regress_guest;
SELECT pg_stat_nl_query_reset();
\echo :LAST_ERROR_SQLSTATE
-- statistics of others: their refusals are not shown
SELECT count(*) FROM pg_stat_nl_query_refusals WHERE role IS DISTINCT FROM 'regress_guest';

-- answers as a pinned role
RESET ROLE;
GRANT regress_guest TO regress_owner;
SET nl_query.run_as = 'regress_guest';
SET ROLE regress_owner;
SELECT nl_query('how many customers');
\set VERBOSITY terse
SELECT nl_query('average salary of customers');
\set VERBOSITY default
SELECT current_user;
RESET ROLE;
SET nl_query.run_as = 'regress_group';
SET ROLE regress_guest;
SELECT nl_query('how many customers');
\echo :LAST_ERROR_SQLSTATE

RESET ROLE;
RESET nl_query.run_as;
DROP SCHEMA regress_shop, regress_vault CASCADE;
DROP ROLE regress_owner, regress_guest, regress_group;
