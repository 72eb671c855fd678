"""Command: python -m training.synth.check --dsn DSN --questions FILE: runs every query, reports failures and empty answers by kind."""

import argparse
import collections
import json


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(prog="training.synth.check", description=__doc__)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--questions", required=True)
    parser.add_argument("--show", type=int, default=10, help="how many failures to print")
    return parser.parse_args()


def main():
    """Runs the queries one after the other, read only."""
    import psycopg

    args = arguments()
    total, empty, failed = collections.Counter(), collections.Counter(), []
    with psycopg.connect(args.dsn, autocommit=True) as connection, open(args.questions, encoding="utf-8") as lines:
        connection.execute("SET default_transaction_read_only = on")
        connection.execute("SET statement_timeout = '10s'")
        for line in lines:
            item = json.loads(line)
            connection.execute(f'SET search_path = "{item["db"]}"')
            total[item["kind"]] += 1
            try:
                rows = connection.execute(item["gold_sql_pg"]).fetchall()
            except psycopg.Error as fault:
                failed.append((item, str(fault)))
                continue
            empty[item["kind"]] += not rows or all(v is None for row in rows for v in row) or rows == [(0,)]
    count = sum(total.values())
    for item, fault in failed[: args.show]:
        print(item["db"], item["gold_sql_pg"], fault)
    for kind, number in total.most_common():
        print(f"{kind:22} {number:6} {100 * number / count:5.1f} %   without rows {100 * empty[kind] / number:5.1f} %")
    print(f"{count} queries, {len(failed)} failed, {100 * (1 - sum(empty.values()) / count):.1f} % give rows")


if __name__ == "__main__":
    main()
