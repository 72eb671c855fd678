-- Marks of what no invalidation callback tells of: comments and private labels of this database's relations. Equal texts mean that
-- none was added, changed or removed. Catalog rows are never updated in place here, so xmin tells every change.
SELECT pg_catalog.concat_ws(' ',
    (SELECT pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(d.xmin::pg_catalog.text::pg_catalog.int8 OPERATOR(pg_catalog.*) 31
                OPERATOR(pg_catalog.+) d.objoid::pg_catalog.int8))
     FROM pg_catalog.pg_description AS d
     WHERE d.objoid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
       AND d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass),
    (SELECT pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(l.xmin::pg_catalog.text::pg_catalog.int8 OPERATOR(pg_catalog.*) 31
                OPERATOR(pg_catalog.+) l.objoid::pg_catalog.int8))
     FROM pg_catalog.pg_seclabel AS l
     WHERE l.provider OPERATOR(pg_catalog.=) 'nl_query')) AS marks
