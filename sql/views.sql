CREATE VIEW pg_stat_nl_query AS
SELECT f.userid, r.rolname AS role, f.dbid, d.datname, f.questionid, f.question, f.engine, f.calls, f.hits, f.errors, f.rows,
       f.total_ms, f.mean_ms, f.max_ms, f.cache_ms, f.catalog_ms, f.engine_ms, f.probe_ms, f.queue_ms, f.provider_ms, f.prove_ms, f.run_ms,
       f.tokens_in, f.tokens_out, f.queryid, f.first_asked, f.last_asked
FROM @extschema@.pg_stat_nl_query() AS f
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) f.userid
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) f.dbid;

CREATE VIEW pg_stat_nl_query_cache AS
SELECT tier, level, entries, bytes, limit_bytes, hits, misses, evictions, invalidations, refused, hit_ratio
FROM @extschema@.pg_stat_nl_query_cache();

CREATE VIEW pg_stat_nl_query_info AS
SELECT calls, answers, errors, embedded, model, rows, hits, refusals, dealloc, memory, stats_reset
FROM @extschema@.pg_stat_nl_query_info();

CREATE VIEW pg_stat_nl_query_timing AS
SELECT stage, count, total_ms, mean_ms, p50_ms, p95_ms, p99_ms, max_ms
FROM @extschema@.pg_stat_nl_query_timing();

CREATE VIEW pg_stat_nl_query_refusals AS
SELECT f.userid, r.rolname AS role, f.reason, f.count, f.last_refused
FROM @extschema@.pg_stat_nl_query_refusals() AS f
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) f.userid;

-- Names of servers of other databases are in those databases only.
CREATE VIEW pg_stat_nl_query_servers AS
SELECT f.dbid, d.datname, f.serverid, s.srvname AS server, f.requests, f.answers, f.coalesced, f.retries,
       f.failures, f.unavailable, f.throttled, f.misconfigured, f.rejected, f.failures_by_class,
       f.breaker, f.breaker_open_until, f.cooldown_until, f.in_flight, f.queued, f.tokens_in, f.tokens_out, f.bytes_out,
       f.mean_ms, f.p50_ms, f.p95_ms, f.p99_ms, f.max_ms,
       f.last_error, f.last_error_status, f.last_error_code, f.last_error_at
FROM @extschema@.pg_stat_nl_query_servers() AS f
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) f.dbid
LEFT JOIN pg_catalog.pg_foreign_server AS s
       ON s.oid OPERATOR(pg_catalog.=) f.serverid AND d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database();

CREATE VIEW pg_stat_progress_nl_query AS
SELECT f.pid, f.datid, d.datname, f.usesysid, r.rolname AS usename, f.stage, f.attempt, f.elapsed_ms
FROM @extschema@.pg_stat_progress_nl_query() AS f
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) f.datid
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) f.usesysid;

CREATE VIEW pg_stat_nl_query_workers AS
SELECT worker, pid, state, in_flight, capacity, completed, threads, panics, started, last_activity
FROM @extschema@.pg_stat_nl_query_workers();
