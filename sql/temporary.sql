-- The session's own temporary tables and views as text: equal texts mean that a question reads them alike. NULL where there are none.
SELECT pg_catalog.string_agg(described.line, E'\n' ORDER BY described.line)
FROM (SELECT pg_catalog.concat_ws(' ', c.relname, c.relkind,
                 (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull), ',' ORDER BY a.attnum)
                  FROM pg_catalog.pg_attribute AS a
                  WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped),
                 (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', k.contype, k.conkey::pg_catalog.text, k.confkey::pg_catalog.text, f.relname), ',' ORDER BY k.contype, k.conkey)
                  FROM pg_catalog.pg_constraint AS k
                  LEFT JOIN pg_catalog.pg_class AS f ON f.oid OPERATOR(pg_catalog.=) k.confrelid
                  WHERE k.conrelid OPERATOR(pg_catalog.=) c.oid),
                 (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', d.objsubid, d.description), ',' ORDER BY d.objsubid)
                  FROM pg_catalog.pg_description AS d
                  WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objoid OPERATOR(pg_catalog.=) c.oid)) AS line
      FROM pg_catalog.pg_class AS c
      WHERE c.relnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()
        AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,v,p,f}'::pg_catalog."char"[])) AS described
