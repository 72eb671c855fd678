\echo Use "CREATE EXTENSION nl_query" to load this file. \quit
-- Questions and identifiers are UTF-8 texts inside the library; a database with another encoding would need every one converted.
DO LANGUAGE plpgsql $$
BEGIN
    IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'feature_not_supported',
            MESSAGE = 'nl_query needs a database with encoding UTF8, not ' OPERATOR(pg_catalog.||) pg_catalog.getdatabaseencoding(),
            HINT = 'Create a database with ENCODING ''UTF8'' and TEMPLATE template0.';
    END IF;
END
$$;
