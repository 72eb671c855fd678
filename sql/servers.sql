-- Language models are foreign servers, so that PostgreSQL says who may make, alter and use one, and pg_dump carries them. The wrapper
-- has no handler: there are no foreign tables. Only superusers may create servers until somebody is granted USAGE on the wrapper.
CREATE FOREIGN DATA WRAPPER nl_query NO HANDLER VALIDATOR nl_query_fdw_validator;
COMMENT ON FOREIGN DATA WRAPPER nl_query IS 'language models that questions may go to: each one a foreign server';
COMMENT ON FUNCTION nl_query_fdw_validator(text[], oid) IS 'checks the options of servers and user mappings of the foreign-data wrapper nl_query';
