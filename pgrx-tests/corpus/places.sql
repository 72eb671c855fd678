--- target list
SELECT {any}
--- beside a column
SELECT id, {any} FROM countries
--- where
SELECT id FROM countries WHERE {bool}
--- where, compared
SELECT id FROM countries WHERE ({any})::text = 'x'
--- behind a condition that is false
SELECT id FROM countries WHERE false AND ({any})::text IS NULL
--- an arm of CASE that is never taken
SELECT CASE WHEN id > 0 THEN 'a' ELSE ({any})::text END FROM countries
--- COALESCE
SELECT coalesce(name, ({any})::text) FROM countries
--- FROM
SELECT * FROM CAST({any} AS text) AS t(x)
--- ROWS FROM
SELECT * FROM ROWS FROM (generate_series(1, 2), CAST(({any})::text AS text)) AS t(a, b)
--- lateral
SELECT * FROM countries c, LATERAL (SELECT {any}, c.id) AS t
--- join condition
SELECT c.id FROM countries c JOIN customers k ON ({any})::text = k.name
--- left join condition
SELECT c.id FROM countries c LEFT JOIN customers k ON k.country_id = c.id AND ({any})::text IS NOT NULL
--- group by
SELECT count(*) FROM countries GROUP BY ({any})::text
--- grouping sets
SELECT count(*) FROM countries GROUP BY GROUPING SETS ((), (({any})::text))
--- having
SELECT region FROM countries GROUP BY region HAVING ({any})::text IS NULL
--- order by
SELECT id FROM countries ORDER BY ({any})::text
--- distinct on
SELECT DISTINCT ON (({any})::text) id FROM countries
--- limit
SELECT id FROM countries LIMIT length(({any})::text)
--- offset
SELECT id FROM countries OFFSET length(({any})::text)
--- exists
SELECT 1 WHERE EXISTS (SELECT {any})
--- scalar subquery
SELECT (SELECT ({any})::text)
--- IN
SELECT id FROM countries WHERE name IN (SELECT ({any})::text)
--- ARRAY of a subquery
SELECT ARRAY(SELECT ({any})::text)
--- ARRAY
SELECT ARRAY[({any})::text]
--- ROW
SELECT ROW(1, {any})
--- CTE
WITH t AS (SELECT ({any})::text AS x) SELECT * FROM t
--- CTE that nobody reads
WITH t AS (SELECT ({any})::text AS x) SELECT 1
--- materialised CTE
WITH t AS MATERIALIZED (SELECT ({any})::text AS x) SELECT count(*) FROM t
--- recursive CTE
WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + length(({any})::text) FROM t WHERE x < 3) SELECT * FROM t
--- VALUES
VALUES (1, ({any})::text)
--- VALUES in FROM
SELECT * FROM (VALUES (({any})::text)) AS t(x)
--- UNION
SELECT name FROM countries UNION ALL SELECT ({any})::text
--- EXCEPT
SELECT name FROM countries EXCEPT SELECT ({any})::text
--- argument
SELECT upper(({any})::text)
--- deep argument
SELECT length(concat('a', lower(trim(({any})::text))))
--- aggregate
SELECT count(({any})::text) FROM countries
--- aggregate filter
SELECT count(*) FILTER (WHERE ({any})::text IS NULL) FROM countries
--- aggregate order
SELECT array_agg(name ORDER BY ({any})::text) FROM countries
--- aggregate distinct
SELECT count(DISTINCT ({any})::text) FROM countries
--- ordered set
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY ({any})::text) FROM countries
--- hypothetical set
SELECT rank(({any})::text) WITHIN GROUP (ORDER BY name) FROM countries
--- window partition
SELECT rank() OVER (PARTITION BY ({any})::text ORDER BY id) FROM countries
--- window order
SELECT rank() OVER (ORDER BY ({any})::text) FROM countries
--- named window
SELECT sum(id) OVER w FROM countries WINDOW w AS (PARTITION BY ({any})::text)
--- window frame
SELECT sum(id) OVER (ORDER BY id ROWS length(({any})::text) PRECEDING) FROM countries
--- window argument
SELECT lag(name, 1, ({any})::text) OVER (ORDER BY id) FROM countries
--- table sample
SELECT id FROM countries TABLESAMPLE bernoulli (length(({any})::text))
--- repeatable sample
SELECT id FROM countries TABLESAMPLE system (10) REPEATABLE (length(({any})::text))
--- NULLIF
SELECT nullif(name, ({any})::text) FROM countries
--- GREATEST
SELECT greatest(name, ({any})::text) FROM countries
--- IS DISTINCT FROM
SELECT id FROM countries WHERE name IS DISTINCT FROM ({any})::text
--- BETWEEN
SELECT id FROM countries WHERE name BETWEEN ({any})::text AND 'z'
--- LIKE
SELECT id FROM countries WHERE name LIKE ({any})::text
--- = ANY of an array
SELECT id FROM countries WHERE name = ANY (ARRAY[({any})::text])
--- row comparison
SELECT id FROM countries WHERE (name, region) > (({any})::text, 'a')
--- subscript
SELECT tags[length(({any})::text)] FROM customers
--- slice
SELECT tags[1:length(({any})::text)] FROM customers
--- named argument
SELECT make_interval(days => length(({any})::text))
--- variadic
SELECT concat_ws(',', VARIADIC ARRAY[({any})::text])
--- collate
SELECT id FROM countries ORDER BY ({any})::text COLLATE "C"
--- AT TIME ZONE
SELECT now() AT TIME ZONE ({any})::text
--- XMLELEMENT
SELECT xmlelement(name x, ({any})::text)
--- XMLTABLE
SELECT * FROM XMLTABLE('/a' PASSING xmlelement(name a, ({any})::text) COLUMNS b text PATH '.')
--- JSON
SELECT jsonb_build_object('a', ({any})::text)
--- JSON path argument
SELECT jsonb_path_query(profile, '$.age', jsonb_build_object('x', ({any})::text)) FROM customers
--- set operation in a subquery
SELECT * FROM (SELECT name FROM countries INTERSECT SELECT ({any})::text) t
--- a set in the target list
SELECT generate_series(1, length(({any})::text))
--- unnest
SELECT * FROM unnest(ARRAY[({any})::text])
--- string function's start
SELECT substring(name FROM length(({any})::text)) FROM countries
--- EXTRACT
SELECT extract(year FROM date '2024-01-01' + length(({any})::text))
