"""Asks the questions over one schema through the SQL functions, as a role that may read just that schema, and judges the answers."""

import importlib.util
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from .cluster import EXTENSION_SCHEMA, reading_role
from .faults import faults_of
from .kinds import kinds_of

CANDIDATES = 5
# Milliseconds for an answer to be found; more than any should take.
ASKING_TIMEOUT = 30_000
JUDGING_TIMEOUT, JUDGING_ROWS = 10_000, 200_000
REFUSALS = {"22023": "not certain enough", "42704": "unknown words", "0A000": "outside any query", "22008": "no such day",
            "42501": "nothing readable", "54000": "too expensive"}


@dataclass(frozen=True)
class Batch:
    """Questions over one schema, and the connections to ask and to judge them on."""

    questions: tuple
    asking: str
    judging: str
    score: Path


@dataclass
class Asked:
    """What the functions said to a question."""

    milliseconds: float
    refusal: str | None
    sql: str | None
    candidates: list = field(default_factory=list)

    @property
    def confidence(self):
        """That of the reading that is answered with."""
        fitting = [confidence for text, confidence in self.candidates if text == self.sql]
        return fitting[0] if fitting else self.candidates[0][1] if self.candidates else None


class Asker:
    """A session of somebody who asks."""

    def __init__(self, dsn, schema):
        self.dsn, self.schema = dsn, schema
        self.connection = self._connect()

    def _connect(self):
        connection = psycopg.connect(self.dsn, autocommit=True)
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(reading_role(self.schema))))
        connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(self.schema)))
        connection.execute(f"SET statement_timeout = {ASKING_TIMEOUT}")
        connection.execute("SET nl_query.cache = off")
        return connection

    def ask(self, text):
        """Asks once as anybody would, then for the best readings whatever their confidence."""
        self._set("RESET nl_query.min_confidence")
        start = time.perf_counter()
        answer, refusal = self._answer(text)
        milliseconds = 1000 * (time.perf_counter() - start)
        self._set("SET nl_query.min_confidence = 0")
        best = answer or self._answer(text)[0]
        return Asked(milliseconds, refusal, best, self._candidates(text) if best else [])

    def _answer(self, text):
        """(SQL, None) or (None, why not)."""
        try:
            row = self.connection.execute(f"SELECT {EXTENSION_SCHEMA}.nl_sql(%s)", [text]).fetchone()
            return row[0], None
        except psycopg.Error as error:
            lost = self.connection.closed
            if lost:
                self.connection = self._connect()
            return None, "connection lost" if lost else REFUSALS.get(error.sqlstate, f"SQLSTATE {error.sqlstate}")

    def _candidates(self, text):
        query = f"SELECT sql, confidence FROM {EXTENSION_SCHEMA}.nl_candidates(%s, {CANDIDATES}) ORDER BY rank"
        try:
            return self.connection.execute(query, [text]).fetchall()
        except psycopg.Error:
            if self.connection.closed:
                self.connection = self._connect()
            return []

    def _set(self, statement):
        self.connection.execute(statement)


def load_score(path):
    """The module that the answers are judged with."""
    specification = importlib.util.spec_from_file_location("score", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def remembering(runner):
    """A runner that runs a statement once: the gold is compared with several readings."""
    known, run = {}, runner.run

    def run_once(schema, statement):
        key = (schema, statement)
        if key not in known:
            known[key] = run(schema, statement)
        return known[key]

    runner.run, runner.forget = run_once, known.clear
    return runner


def answer_batch(batch):
    """The judged answers to a batch, one dictionary a question."""
    score = load_score(batch.score)
    runner = remembering(score.Runner(batch.judging, JUDGING_TIMEOUT, JUDGING_ROWS))
    asker = Asker(batch.asking, batch.questions[0].schema)
    # The first question of a session reads the catalog.
    asker.ask(batch.questions[0].text)
    found = []
    for question in batch.questions:
        asked = asker.ask(question.text)
        found.append({**_about(question), **_said(asked), **_judged(score, runner, question, asked)})
        runner.forget()
    asker.connection.close()
    return found


def _about(question):
    record = question.record
    kinds = kinds_of(question.gold) if question.gold else []
    return {"set": question.set, "id": question.id, "fold": question.fold, "database": question.database, "schema": question.schema,
            "question": question.text, "gold": question.gold, "hardness": record.get("hardness"), "group": record.get("group"),
            "gold_rows": record.get("gold_rows"), "kinds": kinds}


def _said(asked):
    return {"sql": asked.sql, "confidence": asked.confidence, "refusal": asked.refusal, "milliseconds": round(asked.milliseconds, 3)}


def _judged(score, runner, question, asked):
    """How the answer compares with the gold, by the rules of `score.py`; `place` is that of the first right reading, 0 for none."""
    if question.gold is None:
        return {"verdict": None, "right": False, "place": 0, "faults": []}
    verdict, _ = score.judge(question.record, {"sql": asked.sql}, runner)
    right = verdict == "correct"
    place = 1 if right else _place(score, runner, question, asked)
    faults = [] if right or verdict == "correct_ties" or not asked.sql else faults_of(question.gold, asked.sql)
    return {"verdict": verdict, "right": right, "place": place, "faults": faults}


def _place(score, runner, question, asked):
    for place, (text, _) in enumerate(asked.candidates, 1):
        if text != asked.sql and score.judge(question.record, {"sql": text}, runner)[0] == "correct":
            return place
    return 0
