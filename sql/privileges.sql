-- Who may do what after CREATE EXTENSION. Asking runs as the caller and shows what the caller may read anyway: everybody may.
GRANT EXECUTE ON FUNCTION nl_query(text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION nl_record(text) TO PUBLIC;
-- Creating a view needs CREATE on its schema, as CREATE VIEW does.
GRANT EXECUTE ON FUNCTION nl_create_view(text, text, bool) TO PUBLIC;
GRANT EXECUTE ON FUNCTION nl_prompt(text, text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION nl_sql(text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION nl_explain(text, text) TO PUBLIC;
-- What was submitted is shown to the role that did, and to nobody else. Asking a model needs USAGE on its server in any case.
GRANT EXECUTE ON FUNCTION nl_submit(text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION nl_status(bigint) TO PUBLIC;
GRANT EXECUTE ON FUNCTION nl_fetch(bigint) TO PUBLIC;
GRANT EXECUTE ON FUNCTION nl_cancel(bigint) TO PUBLIC;
GRANT EXECUTE ON FUNCTION nl_sql_batch(text[]) TO PUBLIC;
GRANT EXECUTE ON FUNCTION nl_candidates(text, int) TO PUBLIC;
GRANT EXECUTE ON FUNCTION nl_prove(text) TO PUBLIC;
-- Warming asks one's own questions again. Clearing costs everybody: the owner decides who may.
GRANT EXECUTE ON FUNCTION nl_cache_warm() TO PUBLIC;
REVOKE EXECUTE ON FUNCTION nl_cache_clear() FROM PUBLIC;
-- Refusals and questions of other roles, also those under way, are shown to members of pg_read_all_stats; all else is numbers.
GRANT EXECUTE ON FUNCTION pg_stat_nl_query() TO PUBLIC;
GRANT EXECUTE ON FUNCTION pg_stat_nl_query_cache() TO PUBLIC;
GRANT EXECUTE ON FUNCTION pg_stat_nl_query_info() TO PUBLIC;
GRANT EXECUTE ON FUNCTION pg_stat_nl_query_timing() TO PUBLIC;
GRANT EXECUTE ON FUNCTION pg_stat_nl_query_refusals() TO PUBLIC;
GRANT EXECUTE ON FUNCTION pg_stat_nl_query_servers() TO PUBLIC;
GRANT EXECUTE ON FUNCTION pg_stat_progress_nl_query() TO PUBLIC;
GRANT EXECUTE ON FUNCTION pg_stat_nl_query_workers() TO PUBLIC;
GRANT SELECT ON pg_stat_nl_query TO PUBLIC;
GRANT SELECT ON pg_stat_nl_query_cache TO PUBLIC;
GRANT SELECT ON pg_stat_nl_query_info TO PUBLIC;
GRANT SELECT ON pg_stat_nl_query_timing TO PUBLIC;
GRANT SELECT ON pg_stat_nl_query_refusals TO PUBLIC;
GRANT SELECT ON pg_stat_nl_query_servers TO PUBLIC;
GRANT SELECT ON pg_stat_progress_nl_query TO PUBLIC;
GRANT SELECT ON pg_stat_nl_query_workers TO PUBLIC;
-- Setting statistics back destroys what others look at: the owner decides who may.
REVOKE EXECUTE ON FUNCTION pg_stat_nl_query_reset() FROM PUBLIC;
-- Called by PostgreSQL, which asks for no privilege. Who may create servers is a matter of USAGE on the wrapper, who may ask them of USAGE
-- on the server: nobody has either but superusers and owners.
REVOKE EXECUTE ON FUNCTION nl_query_fdw_validator(text[], oid) FROM PUBLIC;
