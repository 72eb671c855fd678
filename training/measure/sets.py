"""The sets of questions, and where each question is asked. The data of the benchmarks stay outside the checkout."""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path

from training.folds import fold_of

from . import sqltext

HERE = Path(__file__).resolve().parent
SAMPLES = ("chinook", "northwind", "pagila")
# The benchmark has databases of the same kind as two of the samples: those are answered by the weights that have seen fewest of them.
SAMPLE_FOLDS = {"chinook": 3, "pagila": 1, "northwind": fold_of("northwind")}

TITLES = {
    "spider": "Spider 1.0, training part",
    "syn": "the same in other words (Spider-Syn)",
    "wikisql": "WikiSQL, a part of its training part",
    "own": "everyday questions over Chinook, Northwind and Pagila, written for this project",
    "unanswerable": "questions over the same three that cannot be answered, written for this project",
}


@dataclass(frozen=True)
class Question:
    """A question, where it is asked, and what `score.py` needs to judge an answer; no gold where no query answers it."""

    set: str
    id: str
    database: str
    schema: str
    fold: int
    text: str
    record: dict

    @property
    def gold(self):
        """The SQL that a person wrote."""
        golds = self.record.get("gold_sqls_pg") or [self.record.get("gold_sql_pg")]
        return golds[0]


def read_sets(folder, names, limit=None):
    """The questions of these sets by set; with a limit, that many of each, the same ones each time."""
    readers = {"spider": _spider, "syn": _syn, "wikisql": _wikisql, "own": _own, "unanswerable": _unanswerable}
    return {name: _sample(readers[name](folder), limit) for name in readers if name in names}


def dumps(folder, questions):
    """The databases that these questions need, with the files they are loaded from."""
    needed = dict.fromkeys(question.database for question in questions)
    samples = folder / "samples"
    return {name: samples / f"{name}.sql.zst" if name in SAMPLES else folder / name / "schemas.sql.zst" for name in needed}


def _sample(questions, limit):
    if limit is None or len(questions) <= limit:
        return questions
    chosen = sorted(questions, key=lambda question: (zlib.crc32(question.id.encode()), question.id))[:limit]
    return sorted(chosen, key=lambda question: question.id)


def _lines(path):
    with open(path, encoding="utf8") as file:
        return [json.loads(line) for line in file if line.strip()]


def _benchmark(name, database, record, text=None):
    text = text or record["question"]
    return Question(name, record["id"], database, record["db"], fold_of(record["db"]), text, record)


def _spider(folder):
    return [_benchmark("spider", "spider_train", record) for record in _lines(folder / "spider_train" / "questions.jsonl")]


def _syn(folder):
    records = {record["id"]: record for record in _lines(folder / "spider_train" / "questions.jsonl")}
    others = _lines(folder / "spider_train" / "questions_syn.jsonl")
    return [_benchmark("syn", "spider_train", records[other["id"]], other["question_syn"]) for other in others if other["id"] in records]


def _wikisql(folder):
    return [_benchmark("wikisql", "wikisql_train", record) for record in _lines(folder / "wikisql_train" / "questions.jsonl")]


def _own(_folder):
    return [_sample_question("own", number, row) for number, (_, row) in enumerate(tab_separated(HERE / "own.tsv"))]


def _unanswerable(_folder):
    rows = tab_separated(HERE / "unanswerable.tsv")
    return [_sample_question("unanswerable", number, row, group) for number, (group, row) in enumerate(rows)]


def _sample_question(name, number, row, group=None):
    database, text, *golds = row
    record = {"id": f"{name}_{number:03}", "db": "public", "question": text}
    if golds:
        record |= {"gold_sqls_pg": golds, "order_matters": "order" in sqltext.read(golds[0]).top.clauses}
    if group:
        record["group"] = group
    return Question(name, record["id"], database, "public", SAMPLE_FOLDS[database], text, record)


def tab_separated(path):
    """The lines of a file as (the comment above, fields)."""
    group, rows = "", []
    for line in path.read_text(encoding="utf8").splitlines():
        if line.startswith("#"):
            group = line[1:].strip()
        elif line.strip():
            rows.append((group, line.split("\t")))
    return rows
