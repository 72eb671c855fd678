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
SELECT question, engine, calls, hits, errors, rows, total_ms >= max_ms AS total, mean_ms <= max_ms AS mean, tokens_in, tokens_out,
       queryid IS NULL AS no_queryid, first_asked <= last_asked AS asked
FROM pg_stat_nl_query WHERE role = 'regress_asker' AND datname = current_database() ORDER BY question;
-- what was remembered: the engine was asked three times
SELECT tier, hits, misses, invalidations, refused FROM pg_stat_nl_query_cache WHERE tier IN ('statement', 'negative') AND level = 'local' ORDER BY tier;
SELECT tier, entries > 0 AS entries, bytes BETWEEN 1 AND limit_bytes AS bytes FROM pg_stat_nl_query_cache WHERE level = 'shared' ORDER BY tier;
SELECT nl_sql('what is the weather');
SELECT hits, misses, hit_ratio FROM pg_stat_nl_query_cache WHERE tier = 'negative' AND level = 'local';
-- nobody sees what others ask, unless they may see all statistics
RESET ROLE;
CREATE ROLE regress_other;
SET ROLE regress_other;
SELECT count(*) FILTER (WHERE question = '<insufficient privilege>') = count(*) AS hidden, count(questionid), count(queryid)
FROM pg_stat_nl_query WHERE role = 'regress_asker';
SELECT nl_cache_clear();
RESET ROLE;
GRANT pg_read_all_stats TO regress_other;
SET ROLE regress_other;
SELECT count(*) FROM pg_stat_nl_query WHERE role = 'regress_asker' AND question LIKE '%planets%';
RESET ROLE;
DROP ROLE regress_other;
SET ROLE regress_asker;
-- warming answers one's own questions again
RESET ROLE;
SELECT nl_cache_clear() > 0 AS cleared;
SET ROLE regress_asker;
SELECT nl_cache_warm();
SELECT nl_explain('how many planets', 'json')::json ->> 'cache' AS cache;
SET nl_query.cache = off;
SELECT nl_explain('how many planets', 'json')::json ->> 'cache' AS cache;
RESET nl_query.cache;
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
SELECT count(*) FROM pg_stat_nl_query;
SELECT sum(hits + misses + evictions) FROM pg_stat_nl_query_cache;
DROP SCHEMA regress_stats CASCADE;
DROP ROLE regress_asker;
