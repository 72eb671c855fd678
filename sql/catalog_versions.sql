-- Versions of everything that an answer depends on and that sends invalidation messages, as text, for a standby: equal texts mean that
-- nothing was added, changed or removed. ANALYZE and VACUUM write pg_class in place and leave xmin alone, so they do not show.
SELECT pg_catalog.concat_ws(' ',
    (SELECT pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(c.xmin::pg_catalog.text::pg_catalog.int8 OPERATOR(pg_catalog.*) 31
                OPERATOR(pg_catalog.+) c.oid::pg_catalog.int8))
     FROM pg_catalog.pg_class AS c
     WHERE c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
       AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,v,m,p,f,i}'::pg_catalog."char"[])),
    (SELECT pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(a.xmin::pg_catalog.text::pg_catalog.int8 OPERATOR(pg_catalog.*) 31
                OPERATOR(pg_catalog.+) a.attrelid::pg_catalog.int8 OPERATOR(pg_catalog.*) 7 OPERATOR(pg_catalog.+) a.attnum::pg_catalog.int8))
     FROM pg_catalog.pg_attribute AS a
     JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
     WHERE a.attrelid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND a.attnum OPERATOR(pg_catalog.>) 0
       AND c.relpersistence OPERATOR(pg_catalog.<>) 't' AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,v,m,p,f}'::pg_catalog."char"[])),
    (SELECT pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(v.xmin::pg_catalog.text::pg_catalog.int8 OPERATOR(pg_catalog.*) 31
                OPERATOR(pg_catalog.+) v.oid::pg_catalog.int8))
     FROM (SELECT k.xmin, k.oid FROM pg_catalog.pg_constraint AS k WHERE k.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
           UNION ALL SELECT n.xmin, n.oid FROM pg_catalog.pg_namespace AS n WHERE n.nspname OPERATOR(pg_catalog.!~) '^pg_(toast_)?temp_'
           UNION ALL SELECT p.xmin, p.oid FROM pg_catalog.pg_proc AS p WHERE p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
           UNION ALL SELECT o.xmin, o.oid FROM pg_catalog.pg_operator AS o WHERE o.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
           UNION ALL SELECT t.xmin, t.oid FROM pg_catalog.pg_cast AS t WHERE t.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
           UNION ALL SELECT e.xmin, e.oid FROM pg_catalog.pg_enum AS e
           UNION ALL SELECT y.xmin, y.oid FROM pg_catalog.pg_policy AS y
           UNION ALL SELECT d.xmin, d.oid FROM pg_catalog.pg_type AS d
                     WHERE d.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND d.typtype OPERATOR(pg_catalog.=) ANY ('{d,e}'::pg_catalog."char"[])
           UNION ALL SELECT m.xmin, m.member FROM pg_catalog.pg_auth_members AS m
           UNION ALL SELECT s.xmin, s.setrole FROM pg_catalog.pg_db_role_setting AS s) AS v),
    -- Roles without their passwords, which nobody but a superuser may read.
    (SELECT pg_catalog.md5(pg_catalog.string_agg(pg_catalog.concat_ws(',', r.oid, r.rolname, r.rolsuper, r.rolinherit, r.rolbypassrls), ' ' ORDER BY r.oid))
     FROM pg_catalog.pg_roles AS r)) AS versions
