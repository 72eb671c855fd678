"""Makes the weights of the trained parser and its judge, from the data to the files that ship, in one go.

    python -m training --eval ../shared/eval [--work target/training] [--small] [--jobs 2] [--only-from STEP]

The steps, in order; each leaves files in --work, and --only-from takes up an earlier run there:

    data        a scratch cluster with the benchmark data and the synthesised schemas; what the engine sees of each schema
    prepare     questions with gold SQL become examples, some of them said of other schemas as well
    train       two networks on all databases, and one for each fold of them, which it does not see (two at a time, 25 to 80 minutes each on a core)
    export      the networks as files of weights: one for each fold, and those that ship together
    candidates  what each network writes for the databases that it has not seen, and which of it is right by execution
    rank        the judge of candidates, on those
    ship        weights.bin and forest.json into src/engine/parser, the report into docs/training.md

--small takes a few hundred questions and a hundred steps: it proves that everything runs, its weights are worth nothing, and nothing
is shipped. Seeds are fixed; the same machine, versions and data give the same weights.
"""

import argparse
import json
import os
import pathlib
import platform
import random
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from training.folds import FOLDS, fold_of
from training.measure.cluster import JUDGE, Cluster, checked
from training.samples import DATABASES

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
PARSER = CHECKOUT / "src" / "engine" / "parser"
STEPS = ("data", "prepare", "train", "export", "candidates", "rank", "ship")
# The networks that see all databases: their seed, and how many steps fewer than `--longest` they learn.
WHOLE = {"all": (FOLDS, 0), "again": (12, 1500)}
# The networks that ship, the one that is asked first at the front: three are 8 MB, and the slowest questions ask all of them. With two of
# folds in place of the second the slowest take a quarter longer, and as many are right of 46 questions over a schema that none knows and of
# 183 over the sample databases.
SHIPPED = ("all", "again", "fold0")
SPIDER, WIKISQL, SYNTH = "spider_train", "wikisql_train", "synth"


class Server:
    """The programs of an installed server; what `Cluster` needs to know."""

    def __init__(self, pg_config):
        self.pg_config = pg_config

    def directory(self, option):
        """A directory of the server."""
        return checked([self.pg_config, option])


class Run:
    """One run: its options, places and the notes for its report."""

    def __init__(self, options):
        self.options = options
        self.work = options.work.resolve()
        self.eval = options.eval.resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        self.log = self.work / "report.txt"
        self.programs = self.work / "cargo" / "release" / "examples"

    def say(self, text):
        """A line on the terminal and in the report."""
        print(text, flush=True)
        with self.log.open("a") as log:
            log.write(text + "\n")

    def python(self, module, *words, wait=True):
        """Runs a module of this folder; its output goes to the report."""
        command = [sys.executable, "-m", module, *map(str, words)]
        process = subprocess.Popen(command, cwd=CHECKOUT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return self.ended(process, module) if wait else process

    def ended(self, process, name):
        """Waits for a process; its output, or the end of everything where it failed."""
        output, _ = process.communicate()
        self.say(f"-- {name}\n{output.strip()}")
        if process.returncode:
            raise SystemExit(f"{name} failed")
        return output

    def build(self, *examples):
        """Builds tools of the engine, with the weights that are there."""
        words = [word for name in examples for word in ("--example", name)]
        environment = {**os.environ, "CARGO_TARGET_DIR": str(self.work / "cargo")}
        subprocess.run(["cargo", "build", "--release", "-p", "nl_query_engine", *words], cwd=CHECKOUT, env=environment, check=True)

    def questions(self, name):
        """The file of a set's questions, cut where the run is small."""
        path = {
            "spider": self.eval / SPIDER / "questions.jsonl",
            "syn": self.eval / SPIDER / "questions_syn.jsonl",
            "wikisql": self.eval / WIKISQL / "questions.jsonl",
            "synth": self.work / SYNTH / "questions.jsonl",
            "swap": self.work / "swap.jsonl",
        }[name]
        if not self.options.small or name in ("synth", "swap"):
            return path
        folder = self.work / "small" / path.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        for file in {path, path.parent / "questions.jsonl"}:
            lines = file.read_text().splitlines()
            (folder / file.name).write_text("\n".join(lines[:: max(1, len(lines) // 300)]) + "\n")
        return folder / path.name

    def catalogs(self, name):
        """The folder of a set's catalogs."""
        folders = {"spider": SPIDER, "syn": SPIDER, "crossed": SPIDER, "wikisql": WIKISQL, "dropped": "dropped"}
        return self.work / "catalogs" / folders.get(name, SYNTH)


SETS = ("spider", "syn", "wikisql", "synth", "swap")


def with_cluster(run, do):
    """Runs something beside a scratch cluster that has all the data."""
    with Cluster(Server(run.options.pg_config), settings=()) as cluster:
        with cluster.connect("postgres") as connection:
            connection.execute(f"CREATE ROLE {JUDGE} LOGIN")
            connection.execute(f"GRANT pg_read_all_data TO {JUDGE}")
        for database, dump in ((SPIDER, run.eval / SPIDER / "schemas.sql.zst"), (WIKISQL, run.eval / WIKISQL / "schemas.sql.zst")):
            cluster.fill(database, dump)
        cluster.fill(SYNTH, run.work / SYNTH / "schemas.sql")
        for database in DATABASES:
            cluster.fill(database, run.eval / "samples" / f"{database}.sql.zst")
        do(cluster)


def data(run):
    """Synthesises pairs, loads everything, writes what the engine sees."""
    pairs = 1500 if run.options.small else 40000
    run.python("training.synth", "--out", run.work / SYNTH, "--pairs", pairs, "--unanswerable", pairs // 8)

    def dump(cluster):
        for database in (SPIDER, WIKISQL, SYNTH):
            run.python("training.catalogs", "--dsn", cluster.dsn(database, JUDGE), "--out", run.work / "catalogs" / database)
        for database in DATABASES:
            words = ("--dsn", cluster.dsn(database, JUDGE), "--schemas", "public", "--as", database)
            run.python("training.catalogs", *words, "--out", run.work / "catalogs" / "samples")

    with_cluster(run, dump)


def prepare(run):
    """Examples of all sets, and before them the questions that are said of other schemas."""
    run.build("features")
    program = run.programs / "features"
    words = ("--questions", run.questions("spider"), "--catalogs", run.catalogs("spider"), "--onto", run.catalogs("synth"))
    run.python("training.swap", "--features", program, *words, "--out", run.questions("swap"), "--pairs", 500 if run.options.small else 20000)
    words = [word for name in SETS for word in ("--set", name, run.questions(name), run.catalogs(name))]
    run.python("training.prepare", "--features", program, "--out", run.work / "examples", *words)


def train(run):
    """The networks, so many at a time; those that see all databases learn longest."""
    small, options = run.options.small, run.options
    waiting = [(name, -1, seed, 100 if small else options.longest - fewer) for name, (seed, fewer) in WHOLE.items()]
    waiting += [(f"fold{fold}", fold, fold, 100 if small else options.steps) for fold in range(FOLDS)]
    running = []
    while waiting or running:
        while waiting and len(running) < run.options.jobs:
            name, fold, seed, length = waiting.pop(0)
            words = ("--data", run.work / "examples", "--fold", fold, "--seed", seed, "--steps", length, "--out", run.work / f"{name}.pt")
            running.append((name, run.python("training.train", *words, wait=False)))
        name, process = running.pop(0)
        run.ended(process, f"training of {name}")


def export(run):
    """Weights of each fold, and those that ship: networks that have seen all databases, and one of a fold."""
    networks = {name: run.work / f"{name}.pt" for name in (*WHOLE, *(f"fold{fold}" for fold in range(FOLDS)))}
    for fold in range(FOLDS):
        run.python("training.export", "--data", run.work / "examples", "--out", run.work / f"fold{fold}.bin", networks[f"fold{fold}"])
    ship = [networks[name] for name in SHIPPED]
    run.python("training.export", "--data", run.work / "examples", "--out", run.work / "weights.bin", *ship)


def strangers(run):
    """Questions put to a database that they are not about, of the same fold, or to their own without something that they name; and
    synthesised ones, with and without an answer."""
    source = random.Random(7)
    spider = [json.loads(line) for line in run.questions("spider").read_text().splitlines()]
    homes = {}
    for one in spider:
        homes.setdefault(fold_of(one["db"]), set()).add(one["db"])
    crossed = []
    for one in source.sample(spider, len(spider) // 4):
        others = sorted(homes[fold_of(one["db"])] - {one["db"]})
        if others:
            crossed.append({"id": "crossed " + one["id"], "db": source.choice(others), "question": one["question"]})
    lost = [json.loads(line) for line in (run.work / SYNTH / "unanswerable.jsonl").read_text().splitlines()]
    lost = [{"id": f"lost {at}", "db": one["db"], "question": one["question"]} for at, one in enumerate(lost)][:3000]
    pairs = [json.loads(line) for line in run.questions("synth").read_text().splitlines()]
    pairs = source.sample(pairs, min(2500, len(pairs)))
    for name, rows in (("crossed", crossed), ("lost", lost), ("pairs", pairs)):
        (run.work / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("--questions", run.questions("spider"), "--catalogs", run.catalogs("spider"), "--onto", run.catalogs("dropped"))
    run.python("training.dropped", "--features", run.programs / "features", *words, "--out", run.work / "dropped.jsonl")


def candidates(run):
    """What the networks write for what they have not seen, with labels."""
    run.build("candidates", "features")
    strangers(run)
    ours = {name: run.questions(name) for name in ("spider", "syn", "wikisql")}
    ours |= {name: run.work / f"{name}.jsonl" for name in ("crossed", "dropped")}
    synthesised = {name: run.work / f"{name}.jsonl" for name in ("lost", "pairs")}

    def label(cluster):
        # The largest first, so that no core is left with it at the end.
        sets = [(name, questions, fold) for name, questions in ours.items() for fold in range(FOLDS)]
        sets += [(name, questions, None) for name, questions in synthesised.items()]
        with ThreadPoolExecutor(run.options.jobs) as pool:
            for done in [pool.submit(labelled, run, cluster, *one) for one in sets]:
                done.result()
        words = ("--program", run.programs / "candidates", "--catalogs", run.work / "catalogs" / "samples")
        words += ("--questions", CHECKOUT / "pgrx-tests" / "questions", "--score", run.eval / "score.py")
        run.python("training.samples", *words, "--dsn", cluster.dsn("postgres", JUDGE), "--out", run.work / "samples.0.jsonl")

    with_cluster(run, label)


def labelled(run, cluster, name, questions, fold):
    """The candidates of one set: of the questions that the fold's network has not seen, or, without a fold, of all, by the first."""
    stem = run.work / f"{name}.{fold or 0}"
    catalogs = run.catalogs(name)
    # Something is dropped in the catalog only.
    database = SPIDER if name == "dropped" else catalogs.name
    words = ("--program", run.programs / "candidates", "--weights", run.work / f"fold{fold or 0}.bin")
    words += ("--fold", -1 if fold is None else fold, "--questions", questions, "--catalogs", catalogs)
    run.python("training.candidates", *words, "--out", f"{stem}.candidates.jsonl")
    gold = questions.parent / "questions.jsonl" if name == "syn" else questions
    words = ("--score", run.eval / "score.py", "--questions", gold, "--candidates", f"{stem}.candidates.jsonl")
    run.python("training.labels", *words, "--dsn", cluster.dsn(database, JUDGE), "--out", f"{stem}.jsonl")


def rank(run):
    """The judge, over all folds."""
    files = sorted(path for path in run.work.glob("*.[0-9].jsonl"))
    # Few questions stand for the schemas that people have, and few for what people ask in vain: they weigh more.
    times = [word for name, times in (("samples", 8), ("lost", 5), ("dropped", 2)) for word in ("--times", name, times)]
    run.python("training.rank", "--out", run.work / "forest.json", *times, *files)


def ship(run):
    """Puts the files where the engine takes them from."""
    if run.options.small:
        run.say("a small run ships nothing")
        return
    shutil.copy(run.work / "weights.bin", PARSER / "weights.bin")
    shutil.copy(run.work / "forest.json", PARSER / "forest.json")
    made = f"Made on {date.today()}, {platform.machine()}, {os.cpu_count()} cores, by `make weights`."
    report = run.log.read_text()
    (CHECKOUT / "docs" / "training.md").write_text(f"# How the weights that ship were made\n\n{made}\n\n```text\n{report}```\n")


def main():
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", type=pathlib.Path, default=os.environ.get("NL_QUERY_EVAL", CHECKOUT.parent / "shared" / "eval"))
    parser.add_argument("--work", type=pathlib.Path, default=CHECKOUT / "target" / "training")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--jobs", type=int, default=2, help="networks trained, and sets of candidates made, at once, each on one core")
    parser.add_argument("--steps", type=int, default=6500, help="steps of training of the network of a fold")
    parser.add_argument("--longest", type=int, default=7000, help="steps of training of the first network that sees all databases")
    parser.add_argument("--only-from", choices=STEPS, default=STEPS[0])
    parser.add_argument("--pg-config", default=os.environ.get("PG_CONFIG", "pg_config"))
    options = parser.parse_args()
    options.eval = pathlib.Path(options.eval)
    run = Run(options)
    for name in STEPS[STEPS.index(options.only_from) :]:
        begun = time.time()
        globals()[name](run)
        run.say(f"== {name}: {time.time() - begun:.0f} s")


if __name__ == "__main__":
    main()
