--- text | denied_function
pg_read_file('PG_VERSION')
--- text | denied_function
pg_catalog.pg_read_file('PG_VERSION', 0, 10)
--- text | denied_function
"pg_read_file"('/etc/passwd')
--- text | denied_function
set_config('search_path', 'x', false)
--- text | denied_function
current_query()
--- text | denied_function
pg_sleep(0.01)::text
--- text | denied_function
pg_notify('a', 'b')::text
--- text | denied_function
query_to_xml('select 1', true, true, '')::text
--- text | denied_function
pg_current_wal_lsn()::text
--- text | denied_function
pg_export_snapshot()
--- text | denied_function
pg_current_xact_id()::text
--- text | denied_function
lo_get(1)::text
--- text | denied_function
encode(pg_read_binary_file('PG_VERSION'), 'hex')
--- text | denied_function
pg_stat_file('PG_VERSION')::text
--- text | volatile_function
ts_rewrite('a'::tsquery, 'select ''a''::tsquery, ''b''::tsquery')::text
--- bool | denied_function
pg_try_advisory_lock(1)
--- bool | denied_function
pg_try_advisory_xact_lock(1)
--- bool | denied_function
pg_terminate_backend(1)
--- bool | denied_function
pg_cancel_backend(pg_backend_pid())
--- bool | denied_function
pg_reload_conf()
--- bool | denied_function
(pg_advisory_lock(7) IS NULL)
--- bool | denied_function
(pg_stat_reset() IS NULL)
--- bool | untrusted_owner
liar_check('x')
--- bool | untrusted_owner
(1 === 'x')
--- int | denied_function
nextval('counter')::int
--- int | denied_function
lo_create(0)::int
--- int | denied_function
lo_creat(-1)::int
--- int | denied_function
pg_import_system_collations('pg_catalog')
--- int | denied_function
txid_current()::int
--- int | denied_function
setval('counter', 5)::int
--- int | denied_function
(pg_logical_emit_message(false, 'a', 'b') IS NULL)::int
--- int | denied_function
gin_clean_pending_list('counter')::int
--- int | untrusted_owner
liar(1)
--- int | volatile_function
trap_volatile(1)
--- int | security_definer
trap_definer(1)::int
--- int | denied_function
length(trap_sql(1))
--- int | denied_function
trap_plpgsql(1)
--- int | untrusted_language
length(renamed_read('PG_VERSION'))
--- int | denied_function
trap_default(1)
--- int | denied_function
length(trap_atomic(1))
--- int | private
labelled_function(1)
