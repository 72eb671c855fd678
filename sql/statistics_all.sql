-- Statistics of everything, from what pg_stats shows: asking for the privilege on every column takes longer than all the rest.
seen_statistics AS MATERIALIZED (
    SELECT r.oid, s.staattnum AS attnum, s.stadistinct AS n_distinct, s.stanullfrac AS null_frac,
           CASE WHEN s.stakind1 OPERATOR(pg_catalog.=) 1::pg_catalog.int2 THEN s.stavalues1
                WHEN s.stakind2 OPERATOR(pg_catalog.=) 1::pg_catalog.int2 THEN s.stavalues2
                WHEN s.stakind3 OPERATOR(pg_catalog.=) 1::pg_catalog.int2 THEN s.stavalues3
                WHEN s.stakind4 OPERATOR(pg_catalog.=) 1::pg_catalog.int2 THEN s.stavalues4
                WHEN s.stakind5 OPERATOR(pg_catalog.=) 1::pg_catalog.int2 THEN s.stavalues5 END AS most_common_vals,
           CASE WHEN s.stakind1 OPERATOR(pg_catalog.=) 2::pg_catalog.int2 THEN s.stavalues1
                WHEN s.stakind2 OPERATOR(pg_catalog.=) 2::pg_catalog.int2 THEN s.stavalues2
                WHEN s.stakind3 OPERATOR(pg_catalog.=) 2::pg_catalog.int2 THEN s.stavalues3
                WHEN s.stakind4 OPERATOR(pg_catalog.=) 2::pg_catalog.int2 THEN s.stavalues4
                WHEN s.stakind5 OPERATOR(pg_catalog.=) 2::pg_catalog.int2 THEN s.stavalues5 END AS histogram_bounds
    FROM pg_catalog.pg_statistic AS s
    JOIN relations AS r
      ON r.oid OPERATOR(pg_catalog.=) s.starelid AND s.stainherit OPERATOR(pg_catalog.=) (r.relkind OPERATOR(pg_catalog.=) 'p')
),
