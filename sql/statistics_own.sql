-- Statistics that the current role may see: through pg_stats, which asks for the privilege on every column.
own_statistics AS MATERIALIZED (
    SELECT r.oid, s.attname, s.n_distinct, s.null_frac, s.most_common_vals, s.histogram_bounds
    FROM pg_catalog.pg_stats AS s
    JOIN relations AS r
      ON r.nspname OPERATOR(pg_catalog.=) s.schemaname AND r.relname OPERATOR(pg_catalog.=) s.tablename
     AND s.inherited OPERATOR(pg_catalog.=) (r.relkind OPERATOR(pg_catalog.=) 'p')
),
seen_statistics AS MATERIALIZED (
    SELECT c.oid, c.attnum, s.n_distinct, s.null_frac, s.most_common_vals, s.histogram_bounds
    FROM own_statistics AS s
    JOIN columns AS c ON c.oid OPERATOR(pg_catalog.=) s.oid AND c.attname OPERATOR(pg_catalog.=) s.attname
),
