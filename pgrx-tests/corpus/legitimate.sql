--- a constant
SELECT 1
--- a trailing semicolon
SELECT 1;
--- comments
/* hello */ SELECT 1 -- there
--- all of a table
SELECT * FROM countries
--- TABLE
TABLE countries
--- VALUES
VALUES (1, 'a'), (2, 'b')
--- quoted names
SELECT "Some Column", "select" FROM "Odd Name"
--- a qualified name
SELECT year, amount FROM sales.targets
--- a view
SELECT name, revenue FROM revenue ORDER BY revenue DESC LIMIT 5
--- a materialised view
SELECT month, total FROM monthly ORDER BY month
--- a partitioned table
SELECT date_trunc('month', at) AS month, count(*) FROM events GROUP BY 1 ORDER BY 1
--- a partition
SELECT count(*) FROM events_2023
--- row security
SELECT body FROM notes
--- columns one by one where not all are open
SELECT id, open FROM half_secret
--- columns that are not private
SELECT id, public_text FROM labelled
--- a partition beside a private one
SELECT id FROM labelled_parts WHERE id < 5
--- joins
SELECT c.name, count(*) FROM customers c JOIN orders o ON o.customer_id = c.id LEFT JOIN countries l ON l.id = c.country_id GROUP BY c.id, c.name
--- natural and USING joins
SELECT order_id, sum(price * quantity) FROM items JOIN (SELECT id AS order_id FROM orders) o USING (order_id) GROUP BY order_id
--- full join
SELECT c.name, k.name FROM countries c FULL JOIN customers k ON k.country_id = c.id
--- self join
SELECT e.name, m.name AS manager FROM employees e LEFT JOIN employees m ON m.id = e.manager_id
--- lateral
SELECT c.name, o.total FROM customers c CROSS JOIN LATERAL (SELECT total FROM orders o WHERE o.customer_id = c.id ORDER BY total DESC LIMIT 2) o
--- semi join
SELECT name FROM customers c WHERE EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.total > 1000)
--- anti join
SELECT name FROM customers WHERE id NOT IN (SELECT customer_id FROM orders WHERE customer_id IS NOT NULL)
--- median
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) FROM orders
--- several percentiles
SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY total), mode() WITHIN GROUP (ORDER BY note) FROM orders
--- percentile of time
SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY placed) FROM orders
--- hypothetical rank
SELECT rank(500) WITHIN GROUP (ORDER BY total) FROM orders
--- windows
SELECT name, salary, rank() OVER (ORDER BY salary DESC), salary - lag(salary) OVER w, sum(salary) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM employees WINDOW w AS (ORDER BY hired)
--- more windows
SELECT id, ntile(4) OVER (ORDER BY total), first_value(id) OVER (PARTITION BY customer_id ORDER BY placed), percent_rank() OVER (ORDER BY total), cume_dist() OVER (ORDER BY total), nth_value(id, 2) OVER (ORDER BY id), row_number() OVER () FROM orders
--- window range over time
SELECT placed, sum(total) OVER (ORDER BY placed RANGE BETWEEN interval '7 days' PRECEDING AND CURRENT ROW) FROM orders
--- grouping sets
SELECT region, name, count(*), grouping(region, name) FROM countries GROUP BY GROUPING SETS ((region), (name), ())
--- rollup and cube
SELECT product, quantity, sum(price) FROM items GROUP BY ROLLUP (product, quantity) UNION ALL SELECT product, quantity, sum(price) FROM items GROUP BY CUBE (product, quantity)
--- filter
SELECT count(*) FILTER (WHERE total > 100) AS large, count(*) FROM orders
--- distinct on
SELECT DISTINCT ON (customer_id) customer_id, total FROM orders ORDER BY customer_id, placed DESC
--- having
SELECT customer_id FROM orders GROUP BY customer_id HAVING sum(total) > 1000 AND count(DISTINCT id) > 2
--- fetch first with ties
SELECT name FROM employees ORDER BY salary FETCH FIRST 3 ROWS WITH TIES
--- set operations
(SELECT name FROM countries EXCEPT SELECT name FROM customers) UNION (SELECT region FROM countries INTERSECT SELECT 'north') ORDER BY 1
--- a CTE
WITH best AS (SELECT customer_id, sum(total) AS revenue FROM orders GROUP BY 1) SELECT c.name, b.revenue FROM best b JOIN customers c ON c.id = b.customer_id ORDER BY 2 DESC LIMIT 10
--- a tree, bounded by its data
WITH RECURSIVE chain AS (SELECT id, name, manager_id, 1 AS depth FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, e.manager_id, c.depth + 1 FROM employees e JOIN chain c ON e.manager_id = c.id) SELECT * FROM chain ORDER BY depth
--- a path in a tree
WITH RECURSIVE chain AS (SELECT id, name AS path FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, c.path || ' > ' || e.name FROM employees e JOIN chain c ON e.manager_id = c.id) SELECT path FROM chain
--- recursion with a condition
WITH RECURSIVE days(d) AS (SELECT date '2024-01-01' UNION ALL SELECT d + 1 FROM days WHERE d < '2024-01-31') SELECT d, count(o.id) FROM days LEFT JOIN orders o ON o.placed::date = d GROUP BY d
--- recursion under a LIMIT
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n LIMIT 10
--- recursion with cycle detection
WITH RECURSIVE chain(id, manager_id) AS (SELECT id, manager_id FROM employees WHERE id = 30 UNION SELECT e.id, e.manager_id FROM employees e JOIN chain c ON e.id = c.manager_id) CYCLE id SET looped USING path SELECT id FROM chain
--- a series of months
SELECT m::date, coalesce(sum(o.total), 0) FROM generate_series('2024-01-01'::timestamptz, '2024-12-01', '1 month') m LEFT JOIN orders o ON date_trunc('month', o.placed) = m GROUP BY 1 ORDER BY 1
--- dates
SELECT extract(year FROM placed), date_part('month', placed), to_char(placed, 'YYYY-MM'), placed AT TIME ZONE 'UTC', age(now(), placed), current_date - 7, localtimestamp, make_date(2024, 1, 1) FROM orders WHERE placed >= now() - interval '100 years'
--- this month
SELECT count(*) FROM orders WHERE placed >= date_trunc('month', current_date) AND placed < date_trunc('month', current_date) + interval '1 month'
--- clock and chance
SELECT clock_timestamp(), random() < 2, gen_random_uuid() IS NOT NULL, statement_timestamp(), timeofday() IS NOT NULL
--- a random sample of rows
SELECT name FROM customers ORDER BY random() LIMIT 3
--- table samples
SELECT count(*) FROM orders TABLESAMPLE SYSTEM (50) REPEATABLE (1)
--- bernoulli sample
SELECT count(*) FROM orders TABLESAMPLE BERNOULLI (10)
--- texts
SELECT upper(name), lower(name), initcap(name), length(name), substring(name FROM 1 FOR 3), left(name, 2), split_part(name, ' ', 2), name ILIKE '%1%', name ~* '^cust', regexp_replace(name, '[0-9]+', '#', 'g'), concat_ws(', ', name, mail), trim(both ' ' from name), position('o' in name), overlay(name placing 'x' from 1), translate(name, 'abc', 'xyz'), md5(name), lpad(id::text, 6, '0'), reverse(name), format('%s has %s', name, id), quote_literal(name), repeat('-', 20) FROM customers
--- a bar chart
SELECT feeling, repeat('#', count(*)::int) FROM customers GROUP BY feeling ORDER BY feeling
--- a bar chart with a limit
SELECT region, repeat('*', least(count(*), 50)::int) FROM countries GROUP BY region
--- unicode
SELECT name FROM countries WHERE name = 'Österreich' OR name LIKE '日本%' OR name = U&'\00d6sterreich'
--- escapes
SELECT E'tab\there', $$dollar 'quoted'$$, $x$ $$ $x$, B'101', X'1F'
--- numbers
SELECT round(avg(total), 2), ceil(max(total)), floor(min(total)), stddev(total), variance(total), corr(total, id), regr_slope(total, id), sum(total) / nullif(count(*), 0), abs(-1), mod(7, 3), power(2, 10), sqrt(16), ln(10), greatest(1, 2), least(1, 2), width_bucket(5, 1, 10, 5), sign(-3), trunc(1.55, 1), total::int FROM orders GROUP BY total
--- arrays
SELECT unnest(tags), array_length(tags, 1), tags[1], 'a' = ANY (tags), array_to_string(tags, ','), tags || ARRAY['c'], cardinality(tags) FROM customers
--- aggregates to arrays and text
SELECT customer_id, array_agg(id ORDER BY placed), string_agg(note, '; ' ORDER BY id), json_agg(total), jsonb_object_agg(id, total), bool_and(total > 0), every(total > 0), bit_or(id) FROM orders GROUP BY customer_id
--- json
SELECT profile->>'age', profile#>>'{langs,0}', profile @> '{"age": 5}', profile ? 'age', jsonb_array_elements_text(profile->'langs'), jsonb_typeof(profile), jsonb_path_query_first(profile, '$.langs[0]'), to_jsonb(id), row_to_json(c) FROM customers c
--- json in FROM
SELECT c.id, x.* FROM customers c, jsonb_to_record(c.profile) AS x(age int, langs jsonb)
--- json built
SELECT jsonb_build_object('name', name, 'orders', (SELECT jsonb_agg(o.id) FROM orders o WHERE o.customer_id = c.id)) FROM customers c
--- text search
SELECT id, ts_rank(document, q), ts_headline('english', note, q) FROM orders, websearch_to_tsquery('english', 'order') q WHERE document @@ q ORDER BY 2 DESC LIMIT 5
--- text search by hand
SELECT count(*) FROM orders WHERE to_tsvector('english', note) @@ plainto_tsquery('english', 'note') OR document @@ to_tsquery('order & number')
--- ranges
SELECT id FROM orders WHERE during @> timestamptz '2024-01-01 12:00+00' AND NOT isempty(during) AND lower(during) < upper(during)
--- enums
SELECT feeling, count(*) FROM customers WHERE feeling > 'low' GROUP BY feeling
--- enum functions
SELECT enum_range(NULL::mood), feeling::text FROM customers LIMIT 1
--- domains
SELECT mail, 'a@b'::email, split_part(mail, '@', 2) FROM customers
--- XML
SELECT xmlelement(name c, xmlattributes(id AS id), name), xpath('/a/text()', '<a>x</a>') FROM countries
--- bytes, networks, geometry
SELECT encode('abc'::bytea, 'hex'), inet '10.0.0.1' << inet '10.0.0.0/8', point(1, 2) <-> point(3, 4), circle '((0,0),1)' @> point(0, 0)
--- CASE and NULL
SELECT CASE WHEN total > 500 THEN 'large' WHEN total > 100 THEN 'middle' ELSE 'small' END AS size, count(*), coalesce(sum(total), 0), nullif(min(note), '') FROM orders GROUP BY 1
--- conditions
SELECT * FROM orders WHERE (total BETWEEN 10 AND 100 OR note IS NULL) AND id IN (1, 2, 3) AND customer_id IS NOT NULL AND note IS DISTINCT FROM 'x' AND total = ANY (ARRAY[1.5, 3.0]) AND (id, customer_id) > (0, 0) AND note SIMILAR TO 'note [0-9]+'
--- casts
SELECT '42'::int, CAST('2024-01-01' AS date), total::text, 'true'::boolean, '{1,2}'::int[], '1 day'::interval, 'countries'::text, 3::numeric(10, 2), 'x'::varchar(10) FROM orders LIMIT 1
--- duplicate names
SELECT c.name, k.name, 1 AS name FROM countries c JOIN customers k ON k.country_id = c.id
--- no columns
SELECT FROM countries
--- a function of a superuser in SQL
SELECT taxed(total) FROM orders LIMIT 3
--- a function of a superuser in PL/pgSQL
SELECT name, order_count(id) FROM customers LIMIT 3
--- a set-returning function of a superuser
SELECT count(*) FROM big_orders(100)
--- an aggregate of a superuser
SELECT product_of(quantity), joined(product ORDER BY product) FROM items WHERE order_id < 4
--- user and database
SELECT current_user, session_user, current_database(), current_schema, version() IS NOT NULL
--- a setting of the application
SELECT current_setting('app.owner', true)
--- types
SELECT pg_typeof(total), pg_column_size(note) FROM orders LIMIT 1
--- has privilege
SELECT has_table_privilege('orders', 'SELECT')
--- a sequence's state
SELECT last_value FROM counter
--- a keyword for a name
SELECT 'delete; drop table countries' AS "update", 'pg_read_file(''x'')' AS "grant"
--- a long list
SELECT name FROM countries WHERE id IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
--- deep brackets
SELECT ((((((((((((((((((((1))))))))))))))))))))
--- growth month over month
WITH m AS (SELECT date_trunc('month', placed) AS month, sum(total) AS total FROM orders GROUP BY 1) SELECT month, total, round(100.0 * (total - lag(total) OVER (ORDER BY month)) / nullif(lag(total) OVER (ORDER BY month), 0), 1) AS percent FROM m ORDER BY month
--- share of the whole
SELECT region, count(*), round(100.0 * count(*) / sum(count(*)) OVER (), 1) FROM countries GROUP BY region
--- top product of each region
SELECT * FROM (SELECT l.region, i.product, sum(i.quantity) AS sold, row_number() OVER (PARTITION BY l.region ORDER BY sum(i.quantity) DESC) AS place FROM items i JOIN orders o ON o.id = i.order_id JOIN customers c ON c.id = o.customer_id JOIN countries l ON l.id = c.country_id GROUP BY 1, 2) t WHERE place = 1
--- pivot by filter
SELECT extract(year FROM placed) AS year, sum(total) FILTER (WHERE extract(quarter FROM placed) = 1) AS q1, sum(total) FILTER (WHERE extract(quarter FROM placed) = 2) AS q2 FROM orders GROUP BY 1
--- rows from several functions
SELECT * FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) WITH ORDINALITY AS t(n, x, o)
--- collation
SELECT name FROM countries ORDER BY name COLLATE "C" DESC NULLS LAST
