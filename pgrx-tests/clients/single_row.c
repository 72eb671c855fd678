/* libpq in single-row mode: the answer's columns are known with the first row, and rows come one at a time. argv: connection string. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(PGconn *connection, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, PQerrorMessage(connection));
    exit(1);
}

int main(int argc, char **argv)
{
    PGconn *connection = PQconnectdb(argc > 1 ? argv[1] : "");
    PGresult *result;
    int rows = 0, finished = 0;

    if (PQstatus(connection) != CONNECTION_OK)
        fail(connection, "connecting");
    if (!PQsendQuery(connection, "SELECT * FROM nl_query('how many animals per species')") || !PQsetSingleRowMode(connection))
        fail(connection, "sending");
    while ((result = PQgetResult(connection)) != NULL) {
        if (PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
            rows += PQntuples(result);
            if (PQntuples(result) != 1 || PQnfields(result) != 2 || strcmp(PQfname(result, 0), "species") != 0 ||
                PQftype(result, 0) != 25 || strcmp(PQfname(result, 1), "count") != 0 || PQftype(result, 1) != 20)
                fail(connection, "a row with other columns");
        } else if (PQresultStatus(result) == PGRES_TUPLES_OK)
            finished = 1;
        else
            fail(connection, "result");
        PQclear(result);
    }
    if (rows != 2 || !finished)
        fail(connection, "number of rows");
    PQfinish(connection);
    puts("libpq: ok");
    return 0;
}
