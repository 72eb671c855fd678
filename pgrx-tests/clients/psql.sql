-- psql's own commands over a question.
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\echo gdesc
SELECT * FROM nl_query('how many animals per species') \gdesc
\echo gexec
SELECT format('SELECT %L', t) FROM (SELECT * FROM nl_query('how many animals')) AS t \gexec
\echo crosstabview
\pset tuples_only off
SELECT * FROM nl_query('how many animals per species'), nl_query('how many animals') AS n (all_animals) \crosstabview 1 3 2
\pset tuples_only on
\echo gset
SELECT * FROM nl_query('how many animals') \gset answer_
\echo :answer_count
\echo bind
SELECT nl_query('how many animals') \g
