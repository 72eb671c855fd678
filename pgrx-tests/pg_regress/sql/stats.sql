-- Counting: exact, by stage and by refusal, and set back.
-- json everywhere; expand.sql has the other form
SET nl_query.expand = off;
SET client_min_messages = warning;
SELECT pg_stat_nl_query_reset();
CREATE ROLE regress_asker;
CREATE SCHEMA regress_stats AUTHORIZATION regress_asker;
SET ROLE regress_asker;
SET search_path = regress_stats, public;
CREATE TABLE planets (id int PRIMARY KEY, name text);
INSERT INTO planets VALUES (1, 'Mercury'), (3, 'Earth');
ANALYZE planets;
SELECT count(*) FROM generate_series(1, 10) AS g, LATERAL nl_query('list all planets' || repeat('?', g)) AS q;
SELECT nl_sql('how many planets') IS NOT NULL AS answered;
SELECT nl_sql('what is the weather');
SELECT calls, answers, errors, embedded, model, rows, refusals, dealloc, memory > 0 AS memory, stats_reset <= now() AS was_reset
FROM pg_stat_nl_query_info;
SELECT stage, count, total_ms >= max_ms AS total, p50_ms <= p95_ms AND p95_ms <= p99_ms AND p99_ms <= max_ms AS ordered
FROM pg_stat_nl_query_timing WHERE stage <> 'probe';
-- a refusal of the guard
RESET ROLE;
SET nl_query.max_plan_rows = 1;
SET ROLE regress_asker;
SELECT nl_query('list all planets');
SELECT role, reason, count, last_refused <= clock_timestamp() AS last FROM pg_stat_nl_query_refusals;
RESET ROLE;
RESET nl_query.max_plan_rows;
SELECT pg_stat_nl_query_reset();
SELECT calls, answers, errors, rows, refusals FROM pg_stat_nl_query_info;
SELECT sum(count) FROM pg_stat_nl_query_timing;
SELECT count(*) FROM pg_stat_nl_query_refusals;
DROP SCHEMA regress_stats CASCADE;
DROP ROLE regress_asker;
