-- The one catalog query: what may be asked about in this database, as one json object. Behind WITH RECURSIVE and one of the two files
-- statistics_own.sql and statistics_all.sql, which both define seen_statistics: a role that may not read pg_statistic may not name it.
--
--   $1 integer  how many relations at most; those on the search_path come first, then by schema and name
--   $2 boolean  true: everything but temporary relations, whoever may read it, for the snapshot that the cluster shares and that is
--               shown to each role by what it may SELECT; false: what the current role may SELECT, its temporary relations included
--   $3 boolean  true: its temporary relations only, for a session that sees the rest in the shared snapshot
--
-- Reads catalogs only, takes no lock on the relations it describes, assigns no transaction id. Every name and operator is
-- written with its schema, because the search_path belongs to whoever asks; IN, LIKE, BETWEEN and CASE x WHEN would look
-- their operators up on it and are not used. To run it by hand in psql: PREPARE it with (integer, boolean, boolean).
private AS MATERIALIZED (
    SELECT l.classoid, l.objoid, l.objsubid
    FROM pg_catalog.pg_seclabel AS l
    WHERE l.provider OPERATOR(pg_catalog.=) 'nl_query' AND l.label OPERATOR(pg_catalog.=) 'private'
),
schemas AS MATERIALIZED (
    SELECT n.oid, n.nspname
    FROM pg_catalog.pg_namespace AS n
    WHERE (NOT $2 AND n.oid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()
           OR NOT $3 AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema' AND n.nspname OPERATOR(pg_catalog.!~) '^pg_')
      AND ($2 OR pg_catalog.has_schema_privilege(n.oid, 'USAGE'))
      AND NOT EXISTS (SELECT FROM private AS p
                      WHERE p.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
                        AND p.objoid OPERATOR(pg_catalog.=) n.oid)
),
-- Partitions are left out (their parent stands for them), and what belongs to an extension.
candidates AS MATERIALIZED (
    SELECT c.oid, n.oid AS namespace, n.nspname, c.relname, c.relkind, c.reltuples, c.relrowsecurity,
           NOT $2 AND pg_catalog.pg_table_is_visible(c.oid) AS visible,
           $2 OR pg_catalog.has_table_privilege(c.oid, 'SELECT') AS whole
    FROM pg_catalog.pg_class AS c
    JOIN schemas AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,v,m,p,f}'::pg_catalog."char"[])
      AND NOT c.relispartition
      -- A materialised view without data cannot be read; once it is refreshed, a message about it brings it in.
      AND c.relispopulated
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                      WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
                        AND d.objid OPERATOR(pg_catalog.=) c.oid
                        AND d.deptype OPERATOR(pg_catalog.=) 'e')
      AND NOT EXISTS (SELECT FROM private AS p
                      WHERE p.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
                        AND p.objoid OPERATOR(pg_catalog.=) c.oid AND p.objsubid OPERATOR(pg_catalog.=) 0)
),
readable AS MATERIALIZED (
    SELECT c.* FROM candidates AS c
    WHERE c.whole OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
),
relations AS MATERIALIZED (
    SELECT r.* FROM readable AS r
    ORDER BY r.visible DESC, r.nspname, r.relname
    LIMIT $1
),
partition_tree AS (
    SELECT r.oid AS root, i.inhrelid AS member
    FROM relations AS r
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent OPERATOR(pg_catalog.=) r.oid
    WHERE r.relkind OPERATOR(pg_catalog.=) 'p'
    UNION ALL
    SELECT t.root, i.inhrelid
    FROM partition_tree AS t
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent OPERATOR(pg_catalog.=) t.member
),
-- Negative where no partition was ever analysed. Scans of partitions are scans of their parent.
partition_rows AS (
    SELECT t.root, CASE WHEN pg_catalog.max(c.reltuples) OPERATOR(pg_catalog.<) 0 THEN -1
                        ELSE pg_catalog.sum(c.reltuples) FILTER (WHERE c.reltuples OPERATOR(pg_catalog.>) 0) END AS reltuples,
           pg_catalog.sum(pg_catalog.pg_stat_get_numscans(c.oid)) AS scans
    FROM partition_tree AS t
    JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) t.member
    WHERE c.relkind OPERATOR(pg_catalog.<>) 'p'
    GROUP BY t.root
),
columns AS MATERIALIZED (
    SELECT r.oid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull
    FROM relations AS r
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) r.oid
    WHERE a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
      AND (r.whole OR pg_catalog.has_column_privilege(r.oid, a.attnum, 'SELECT'))
      AND NOT EXISTS (SELECT FROM private AS p
                      WHERE p.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
                        AND p.objoid OPERATOR(pg_catalog.=) r.oid
                        AND p.objsubid OPERATOR(pg_catalog.=) a.attnum::pg_catalog.int4)
),
-- Domains are looked through, also domains over domains.
type_chain AS (
    SELECT u.atttypid AS origin, u.atttypid AS type
    FROM (SELECT DISTINCT c.atttypid FROM columns AS c) AS u
    UNION ALL
    SELECT w.origin, t.typbasetype
    FROM type_chain AS w
    JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) w.type
    WHERE t.typtype OPERATOR(pg_catalog.=) 'd'
),
types AS MATERIALIZED (
    SELECT w.origin, t.oid, t.typcategory, t.typtype, t.typelem,
           CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'e' THEN t.oid ELSE t.typelem END AS enum,
           CASE
               WHEN t.typtype OPERATOR(pg_catalog.=) 'e' THEN 'enum'
               WHEN t.typtype OPERATOR(pg_catalog.=) ANY ('{r,m}'::pg_catalog."char"[]) THEN 'range'
               WHEN t.typcategory OPERATOR(pg_catalog.=) 'A' THEN 'array'
               WHEN t.oid OPERATOR(pg_catalog.=) ANY ('{json,jsonb}'::pg_catalog.regtype[]::pg_catalog.oid[]) THEN 'json'
               WHEN t.oid OPERATOR(pg_catalog.=) 'pg_catalog.uuid'::pg_catalog.regtype THEN 'uuid'
               WHEN t.oid OPERATOR(pg_catalog.=) 'pg_catalog.bytea'::pg_catalog.regtype THEN 'binary'
               WHEN t.oid OPERATOR(pg_catalog.=) 'pg_catalog.date'::pg_catalog.regtype THEN 'date'
               WHEN t.oid OPERATOR(pg_catalog.=) ANY ('{1083,1266}'::pg_catalog.oid[]) THEN 'time'
               WHEN t.oid OPERATOR(pg_catalog.=) 'pg_catalog.timestamp'::pg_catalog.regtype THEN 'timestamp'
               WHEN t.oid OPERATOR(pg_catalog.=) 'pg_catalog.timestamptz'::pg_catalog.regtype THEN 'timestamp_tz'
               WHEN t.typcategory OPERATOR(pg_catalog.=) 'T' THEN 'interval'
               WHEN t.typcategory OPERATOR(pg_catalog.=) 'B' THEN 'boolean'
               WHEN t.typcategory OPERATOR(pg_catalog.=) 'S' THEN 'text'
               -- Category N holds the object identifier types too (oid, regclass, …): names of things, not numbers.
               WHEN t.oid OPERATOR(pg_catalog.=) ANY ('{20,21,23,700,701,790,1700}'::pg_catalog.oid[]) THEN 'number'
               WHEN t.typcategory OPERATOR(pg_catalog.=) 'N' AND t.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid THEN 'number'
               ELSE 'other'
           END AS kind,
           t.oid OPERATOR(pg_catalog.=) ANY ('{700,701,790,1700}'::pg_catalog.oid[]) AS fractional
    FROM type_chain AS w
    JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) w.type
    WHERE t.typtype OPERATOR(pg_catalog.<>) 'd'
),
-- An enum with thousands of labels is a table in disguise: the first 200 are kept.
labels AS (
    SELECT e.enumtypid, pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder) AS labels
    FROM (SELECT e.enumtypid, e.enumlabel, e.enumsortorder,
                 pg_catalog.row_number() OVER (PARTITION BY e.enumtypid ORDER BY e.enumsortorder) AS place
          FROM pg_catalog.pg_enum AS e
          WHERE e.enumtypid OPERATOR(pg_catalog.=) ANY (SELECT t.enum FROM types AS t)) AS e
    WHERE e.place OPERATOR(pg_catalog.<=) 200
    GROUP BY e.enumtypid
),
-- Values come as array literals, which the reader takes apart, because an array of json costs four times as much. Texts keep their
-- common values and, where the histogram's sample says much about the column, that sample; numbers and calendar types their
-- least and greatest bound, whose literals hold no comma (money's do). A partitioned table's statistics are those of the whole tree.
statistics AS (
    SELECT s.*, CASE WHEN s.n_distinct OPERATOR(pg_catalog.>=) 0 THEN s.n_distinct
                     ELSE pg_catalog.abs(s.n_distinct) OPERATOR(pg_catalog.*) r.reltuples END AS values
    FROM seen_statistics AS s
    JOIN relations AS r ON r.oid OPERATOR(pg_catalog.=) s.oid
),
described_columns AS (
    SELECT c.oid, c.attnum, c.attname, c.atttypid, c.attnotnull,
           pg_catalog.format_type(c.atttypid, c.atttypmod) AS type_name,
           pg_catalog."left"(d.description, 1000) AS comment,
           s.n_distinct, s.null_frac,
           -- Of numbers only a handful is worth knowing: 0 and 1 are no and yes.
           CASE WHEN t.kind OPERATOR(pg_catalog.=) 'text'
                  OR (t.kind OPERATOR(pg_catalog.=) 'number' AND s.values OPERATOR(pg_catalog.<=) 20
                      AND t.oid OPERATOR(pg_catalog.<>) 'pg_catalog.money'::pg_catalog.regtype) THEN
                s.most_common_vals::pg_catalog.text END AS common_values,
           CASE WHEN t.kind OPERATOR(pg_catalog.=) 'text' THEN
                CASE WHEN s.values OPERATOR(pg_catalog.<=) 2000 THEN s.histogram_bounds::pg_catalog.text END
                WHEN t.kind OPERATOR(pg_catalog.=) ANY ('{number,date,timestamp,timestamp_tz}'::pg_catalog.text[])
                 AND t.oid OPERATOR(pg_catalog.<>) 'pg_catalog.money'::pg_catalog.regtype THEN
                (SELECT pg_catalog.split_part(b.bounds, ',', 1) OPERATOR(pg_catalog.||) ',' OPERATOR(pg_catalog.||)
                        pg_catalog.split_part(b.bounds, ',', -1)
                 FROM (SELECT s.histogram_bounds::pg_catalog.text AS bounds OFFSET 0) AS b
                 WHERE b.bounds IS NOT NULL) END AS bounds
    FROM columns AS c
    JOIN types AS t ON t.origin OPERATOR(pg_catalog.=) c.atttypid
    LEFT JOIN pg_catalog.pg_description AS d
           ON d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
          AND d.objoid OPERATOR(pg_catalog.=) c.oid AND d.objsubid OPERATOR(pg_catalog.=) c.attnum::pg_catalog.int4
    LEFT JOIN statistics AS s
           ON s.oid OPERATOR(pg_catalog.=) c.oid AND s.attnum OPERATOR(pg_catalog.=) c.attnum
    ORDER BY c.oid, c.attnum
),
-- An array a property and relation: an object a column costs three times as much to write.
column_rows AS (
    SELECT c.oid, pg_catalog.json_build_object(
               'number', pg_catalog.array_agg(c.attnum), 'name', pg_catalog.array_agg(c.attname),
               'type_name', pg_catalog.array_agg(c.type_name), 'type', pg_catalog.array_agg(c.atttypid::pg_catalog.int8),
               'not_null', pg_catalog.array_agg(c.attnotnull),
               'comment', CASE WHEN pg_catalog.count(c.comment) OPERATOR(pg_catalog.>) 0 THEN pg_catalog.array_agg(c.comment) END,
               'stats', CASE WHEN pg_catalog.count(c.n_distinct) OPERATOR(pg_catalog.>) 0 THEN pg_catalog.json_build_object(
                   'n_distinct', pg_catalog.array_agg(c.n_distinct), 'null_frac', pg_catalog.array_agg(c.null_frac),
                   'common_values', pg_catalog.array_agg(c.common_values), 'bounds', pg_catalog.array_agg(c.bounds)) END) AS columns
    FROM described_columns AS c
    GROUP BY c.oid
),
-- Unique keys that hold for every row, primary keys first; and which columns an index finds by their value, for probing.
indexes AS (
    SELECT i.indrelid,
           pg_catalog.json_agg(pg_catalog.to_json((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts OPERATOR(pg_catalog.-) 1]) ORDER BY i.indexrelid)
               FILTER (WHERE i.indisprimary) AS primary_key,
           pg_catalog.json_agg(pg_catalog.to_json((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts OPERATOR(pg_catalog.-) 1]) ORDER BY i.indexrelid)
               FILTER (WHERE i.indisunique AND NOT i.indisprimary AND i.indexprs IS NULL) AS unique_keys,
           pg_catalog.json_agg(i.indkey[0]) FILTER (WHERE i.indkey[0] OPERATOR(pg_catalog.>) 0) AS leading,
           pg_catalog.sum(pg_catalog.pg_stat_get_numscans(i.indexrelid)) AS scans
    FROM relations AS r
    JOIN pg_catalog.pg_index AS i ON i.indrelid OPERATOR(pg_catalog.=) r.oid
    JOIN pg_catalog.pg_class AS x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
    JOIN pg_catalog.pg_am AS m ON m.oid OPERATOR(pg_catalog.=) x.relam
    WHERE i.indisvalid AND i.indpred IS NULL
      AND m.amname OPERATOR(pg_catalog.=) ANY ('{btree,hash}'::pg_catalog.name[])
    GROUP BY i.indrelid
)
SELECT pg_catalog.json_build_object(
    'total', (SELECT pg_catalog.count(*) FROM readable),
    'relations', (
        SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                   'oid', r.oid::pg_catalog.int8, 'schema', r.nspname, 'name', r.relname, 'kind', r.relkind, 'visible', r.visible,
                   'namespace', r.namespace::pg_catalog.int8, 'row_security', r.relrowsecurity,
                   'comment', pg_catalog."left"(d.description, 1000),
                   'rows', COALESCE(p.reltuples, r.reltuples),
                   'scans', (COALESCE(p.scans, pg_catalog.pg_stat_get_numscans(r.oid)::pg_catalog.numeric)
                             OPERATOR(pg_catalog.+) COALESCE(i.scans, 0::pg_catalog.numeric))::pg_catalog.int8,
                   'columns', c.columns, 'primary_key', i.primary_key, 'unique_keys', i.unique_keys, 'leading', i.leading)
               ORDER BY r.visible DESC, r.nspname, r.relname)
        FROM relations AS r
        JOIN column_rows AS c ON c.oid OPERATOR(pg_catalog.=) r.oid
        LEFT JOIN partition_rows AS p ON p.root OPERATOR(pg_catalog.=) r.oid
        LEFT JOIN indexes AS i ON i.indrelid OPERATOR(pg_catalog.=) r.oid
        LEFT JOIN pg_catalog.pg_description AS d
               ON d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
              AND d.objoid OPERATOR(pg_catalog.=) r.oid AND d.objsubid OPERATOR(pg_catalog.=) 0),
    'types', (
        SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                   'oid', t.origin::pg_catalog.int8, 'kind', t.kind, 'fractional', t.fractional, 'labels', l.labels))
        FROM types AS t
        LEFT JOIN labels AS l ON l.enumtypid OPERATOR(pg_catalog.=) t.enum),
    -- One end may lie outside of what may be seen: the reader drops such keys.
    'foreign_keys', (
        SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                   'from', k.conrelid::pg_catalog.int8, 'from_columns', k.conkey, 'to', k.confrelid::pg_catalog.int8, 'to_columns', k.confkey)
               ORDER BY k.conrelid, k.conkey, k.oid)
        FROM pg_catalog.pg_constraint AS k
        JOIN relations AS r ON r.oid OPERATOR(pg_catalog.=) k.conrelid
        WHERE k.contype OPERATOR(pg_catalog.=) 'f' AND k.conparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid)
)::pg_catalog.text AS catalog
