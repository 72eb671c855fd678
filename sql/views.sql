CREATE VIEW pg_stat_nl_query_info AS
SELECT calls, answers, errors, embedded, model, rows, refusals, dealloc, memory, stats_reset
FROM @extschema@.pg_stat_nl_query_info();

CREATE VIEW pg_stat_nl_query_timing AS
SELECT stage, count, total_ms, mean_ms, p50_ms, p95_ms, p99_ms, max_ms
FROM @extschema@.pg_stat_nl_query_timing();

CREATE VIEW pg_stat_nl_query_refusals AS
SELECT f.userid, r.rolname AS role, f.reason, f.count, f.last_refused
FROM @extschema@.pg_stat_nl_query_refusals() AS f
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) f.userid;
