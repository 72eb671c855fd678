"""Measures how often the embedded engine is right: builds, starts a cluster of its own, asks, judges, writes the report.

Without --weights the checkout is measured as it is, in one pass. With --weights DIR, fold0.bin to fold4.bin in it are built in one after
the other (NL_QUERY_WEIGHTS), and each database is asked of the build that has not seen it (`training/folds.py`).
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import platform
import signal
import sys
import time
from datetime import date
from pathlib import Path

from training.folds import FOLDS

from . import page, sets
from .ask import Batch, answer_batch
from .cluster import ASKER, CHECKOUT, JUDGE, Build, Cluster, checked
from .summary import summarise

OUT = CHECKOUT / "target" / "accuracy"
# Seconds between two lines of progress.
PROGRESS_EVERY = 10


def main():
    options = read_options()
    # A termination leaves through the `with` blocks as well, so that nothing stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    start = time.monotonic()
    questions = sets.read_sets(options.eval, options.only, options.limit)
    OUT.mkdir(parents=True, exist_ok=True)
    build = Build(options.pg_config)
    answers = ask_all(options, build, questions)
    run = describe(options, build, time.monotonic() - start)
    write_results(options, answers, run)


def read_options():
    """The command line."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m training.measure", description=__doc__, formatter_class=raw)
    folder = os.environ.get("NL_QUERY_EVAL", CHECKOUT.parent / "shared" / "eval")
    parser.add_argument("--eval", type=Path, default=Path(folder),
                        help="the folder with the data and score.py (default: NL_QUERY_EVAL, or ../shared/eval)")
    parser.add_argument("--weights", type=Path, help="a folder with fold0.bin to fold4.bin")
    parser.add_argument("--folds", type=lambda text: [int(fold) for fold in text.split(",")], default=list(range(FOLDS)),
                        help="with --weights: ask of these folds only, with commas")
    parser.add_argument("--limit", type=int, help="ask this many questions of each set")
    parser.add_argument("--only", type=names_of_sets, default=list(sets.TITLES),
                        help="sets to ask, with commas: " + ",".join(sets.TITLES))
    parser.add_argument("--jobs", type=int, default=2, help="sessions that ask at once (default: 2)")
    parser.add_argument("--report", type=Path,
                        help="the page to write (default: docs/accuracy.md; target/accuracy/sample.md with --limit or --only)")
    parser.add_argument("--pg-config", default=os.environ.get("PG_CONFIG", "pg_config"), help="the server to build for")
    options = parser.parse_args()
    for name in ("eval", "weights", "report"):
        value = getattr(options, name)
        setattr(options, name, value.resolve() if value else None)
    if not (options.eval / "score.py").exists():
        parser.error(f"there is no score.py in {options.eval}: NL_QUERY_EVAL names the folder with the data")
    missing = [path.name for path in weight_files(options) if path and not path.exists()]
    if missing:
        parser.error(f"{', '.join(missing)} missing in {options.weights}")
    return options


def names_of_sets(text):
    """The sets that a list names."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in sets.TITLES]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"no set is called {', '.join(unknown) or text!r}")
    return names


def weight_files(options):
    """The weights of each pass; none stands for the checkout's."""
    return [options.weights / f"fold{fold}.bin" for fold in options.folds] if options.weights else [None]


def ask_all(options, build, questions):
    """The judged answers to all questions, each by the build that it is for."""
    passes = weight_files(options)
    say("building")
    libraries = {digest(build.install(passes[0]))}
    answers = []
    with Cluster(build) as cluster:
        prepare(cluster, options, questions)
        for fold, weights in zip(options.folds, passes):
            if weights is not passes[0]:
                say(f"building with {weights.name}")
                library = digest(build.install(weights))
                if library in libraries:
                    raise SystemExit("two folds gave the same library: the build does not take the weights, or two files are the same")
                libraries.add(library)
                cluster.restart()
            for name, held in questions.items():
                wanted = [question for question in held if weights is None or question.fold == fold]
                label = name if weights is None else f"fold {fold}, {name}"
                answers += ask_set(label, batches(cluster, wanted, options), len(wanted), options.jobs)
    return answers


def prepare(cluster, options, questions):
    """Loads what the questions are about."""
    cluster.create_roles()
    for database, dump in sets.dumps(options.eval, [question for held in questions.values() for question in held]).items():
        say(f"loading {database}")
        cluster.load(database, dump)


def batches(cluster, questions, options):
    """The questions by schema, the schema with the most first."""
    by_schema = {}
    for question in questions:
        by_schema.setdefault((question.database, question.schema), []).append(question)
    ordered = sorted(by_schema.items(), key=lambda item: -len(item[1]))
    score = options.eval / "score.py"
    return [Batch(tuple(held), cluster.dsn(database, ASKER), cluster.dsn(database, JUDGE), score) for (database, _), held in ordered]


def ask_set(label, work, total, jobs):
    """The answers to some batches, in the order of the questions' names; says how it goes."""
    answers, start, said = [], time.monotonic(), time.monotonic()
    if not work:
        return answers
    # Spawned: an inherited handler of SIGTERM would raise in the middle of the pool's own clearing up.
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for found in pool.imap_unordered(answer_batch, work):
            answers += found
            if time.monotonic() - said > PROGRESS_EVERY or len(answers) == total:
                said = time.monotonic()
                say(progress(label, answers, total, said - start))
    return sorted(answers, key=lambda answer: answer["id"])


def progress(label, answers, total, seconds):
    """One line on how far a set is."""
    judged = [answer["right"] for answer in answers if answer["gold"]]
    figure = f"{100 * sum(judged) / len(judged):.1f} % right" if judged else f"{sum(bool(a['refusal']) for a in answers)} refused"
    return f"{label}: {len(answers)} of {total}, {figure}, {seconds:.0f} s"


def say(text):
    """A line of progress."""
    print(text, file=sys.stderr, flush=True)


def digest(path):
    """What tells one library from another."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def describe(options, build, seconds):
    """When, where and how a run was made."""
    return {"date": date.today().isoformat(), "minutes": max(1, round(seconds / 60)), "machine": machine(), "jobs": options.jobs,
            "server": checked([build.private, "--version"]), "revision": revision(), "command": command(options),
            "limit": options.limit, "folds": options.folds, "weights": bool(options.weights)}


def machine():
    """The processor and memory of this machine."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf8").splitlines() if info.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} × {models[0] if models else platform.machine()}, {memory:.0f} GiB, load {load:.1f}"


def revision():
    """The commit that was measured, where this is a checkout of git."""
    try:
        changed = checked(["git", "status", "--porcelain", "--", "src", "sql", "Cargo.lock"])
        return checked(["git", "rev-parse", "--short", "HEAD"]) + (" with changes" if changed else "")
    except (SystemExit, OSError):
        return "unknown"


def command(options):
    """The command that makes the same page again, without this machine's paths."""
    words = [f"--weights {options.weights.name}"] if options.weights else []
    words += [f"--folds {','.join(map(str, options.folds))}"] if len(options.folds) < FOLDS else []
    words += [f"--limit {options.limit}"] if options.limit else []
    words += [f"--only {','.join(options.only)}"] if len(options.only) < len(sets.TITLES) else []
    words += [f"--jobs {options.jobs}"] if options.jobs != 2 else []
    return "make accuracy" + (f" ARGS='{' '.join(words)}'" if words else "")


def write_results(options, answers, run):
    """The page, the figures and each answer. A sample does not replace the page of the whole."""
    partial = options.limit or len(options.only) < len(sets.TITLES)
    target = options.report or (OUT / "sample.md" if partial else CHECKOUT / "docs" / "accuracy.md")
    stem = "sample" if partial else "accuracy"
    summary = summarise(answers)
    target.write_text(page.write(summary, run), encoding="utf8")
    (OUT / f"{stem}.json").write_text(json.dumps({"run": run, **summary}, indent=1), encoding="utf8")
    with open(OUT / f"{stem}-answers.jsonl", "w", encoding="utf8") as file:
        file.writelines(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers)
    say(f"written: {target}, {OUT / stem}.json, {OUT / stem}-answers.jsonl")


if __name__ == "__main__":
    main()
