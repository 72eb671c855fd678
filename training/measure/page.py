"""The report as a page of Markdown."""

from training.folds import FOLDS

from .sets import TITLES
from .summary import PRECISION

FAULTS_SHOWN = 25


def write(summary, run):
    """The page for the figures of a run; `run` says when, where and how it was made."""
    parts = [_head(run), _sets(summary, run), _accuracy(summary), _hardness(summary), _kinds(summary), _folds(summary, run),
             _coverage(summary), _calibration(summary), _refusals(summary), _unanswerable(summary), _latency(summary, run),
             _faults(summary)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _percent(share):
    return "" if share is None else f"{100 * share:.1f}"


def _milliseconds(value):
    return "" if value is None else f"{value:.1f}"


def _table(head, rows):
    """A table; all columns but the first are numbers."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _section(title, *paragraphs):
    return "\n\n".join([f"## {title}", *paragraphs])


def _head(run):
    sample = f"\n\n**A sample: {run['limit']} questions of each set.**" if run["limit"] else ""
    return f"""# How often the embedded engine is right

This page is written by `make accuracy`. The questions are asked through `nl_sql` and `nl_candidates`, on a cluster made for it, with the
extension of this checkout, by a role that may read the schema in question and nothing else, with default settings but for
`nl_query.cache = off`. An answer is right when its rows are those of the SQL that a person wrote: as a multiset, in order where that SQL
orders them, with as many columns, in any order; `score.py` beside the data judges. Where nothing else is said, the best reading is
judged whatever its confidence (`nl_query.min_confidence = 0`), and a question without a reading counts as wrong.

The benchmark data are not part of this project: `NL_QUERY_EVAL` names the folder that holds them. A part of them that nothing here was
developed with is kept sealed and is not measured by this page.

Measured on {run['date']}, in {run['minutes']} min, revision {run['revision']}: {run['machine']}; {run['server']}.

    {run['command']}{sample}"""


def _sets(summary, run):
    rows = [[f"{name}: {TITLES[name]}", held["questions"], held["schemas"]] for name, held in summary["asked"].items()]
    if run["weights"]:
        held_out = """Held out: databases, in five folds by the CRC-32 of their names. Each question was answered by a build whose weights
were learned without the databases of its fold. The benchmark has databases of the same kind as Chinook and Pagila; these two were
asked of the weights that have seen the fewest of them. The judge of candidates is the one that ships: it was trained on such answers to
these questions; its figures with databases left out in turn are in docs/training.md, about two points lower."""
        if len(run["folds"]) < FOLDS:
            held_out += f"\n\nAsked this time: the databases of the folds {', '.join(map(str, run['folds']))} only."
    else:
        held_out = """Held out: nothing. The checkout as it is answered everything in one pass; whatever it was developed with or learned
from may have been these questions. `--weights` measures with weights that have not seen the databases they are asked about."""
    return _section("What was asked", _table(["set", "questions", "schemas"], rows), held_out)


def _accuracy(summary):
    rows = [[name, held["questions"], _percent(held["right"]), _percent(held["right_or_tie"]), _percent(held["right_where_rows"]),
             _percent(held["right_among_first"]), _percent(held["without_reading"])] for name, held in summary["accuracy"].items()]
    head = ["set", "questions", "right, %", "right or another choice among ties, %", "right where the gold has rows, %",
            "right among the first five readings, %", "no reading, %"]
    return _section("Right answers", _table(head, rows)) if rows else ""


def _by(summary, key, title):
    names = list(summary["accuracy"])
    held = [name for name in names if any(name in cells for cells in summary[key].values())]
    if not held:
        return ""
    head = [title] + [cell for name in held for cell in (f"{name}: questions", "right, %")]
    rows = []
    for value, cells in summary[key].items():
        row = [value]
        for name in held:
            cell = cells.get(name)
            row += [cell["questions"], _percent(cell["right"])] if cell else ["", ""]
        rows.append(row)
    return _table(head, rows)


def _hardness(summary):
    table = _by(summary, "hardness", "hardness")
    return _section("By hardness", "As Spider's authors grade the SQL.", table) if table else ""


def _kinds(summary):
    table = _by(summary, "kinds", "kind")
    return _section("By kind of query", "Told from the SQL that a person wrote; a query is of several kinds.", table) if table else ""


def _folds(summary, run):
    return _section("By fold", _by(summary, "folds", "fold")) if run["weights"] else ""


def _coverage(summary):
    if not summary["confidence"]:
        return ""
    first = []
    for name, held in summary["confidence"].items():
        point = held["coverage_at_precision"]
        threshold = "none" if point["threshold"] is None else f"{point['threshold']:.2f}"
        first.append([name, _percent(point["coverage"]), threshold, _percent(point["precision"])])
    names = list(summary["confidence"])
    head = ["least confidence"] + [cell for name in names for cell in (f"{name}: answered, %", "of these wrong, %")]
    rows = []
    for place, row in enumerate(summary["confidence"][names[0]]["risk_coverage"]):
        cells = [summary["confidence"][name]["risk_coverage"][place] for name in names]
        rows.append([f"{row['threshold']:g}"] + [text for cell in cells for text in (_percent(cell["coverage"]), _percent(cell["risk"]))])
    return _section(
        "Confidence: how much is answered at which risk",
        f"The largest share of the questions that can be answered with at least {100 * PRECISION:.0f} % of the answers right:",
        _table(["set", "answered, %", "at confidence", "right, %"], first),
        "What `nl_query.min_confidence` would do:", _table(head, rows))


def _calibration(summary):
    if not summary["confidence"]:
        return ""
    parts = []
    for name, held in summary["confidence"].items():
        rows = [[f"{row['from']:.1f} to {row['to']:.1f}", row["answers"], _percent(row["confidence"]), _percent(row["right"])]
                for row in held["reliability"]]
        error = held["calibration_error"]
        parts += [f"{name}: expected calibration error {'-' if error is None else f'{error:.3f}'}",
                  _table(["confidence", "answers", "mean confidence, %", "right, %"], rows)]
    return _section("Calibration", "A confidence of 0.8 should be right eight times in ten.", *parts)


def _refusals(summary):
    if not summary["refusals"]:
        return ""
    keys = ("answered_right", "answered_wrong", "refused_wrong", "refused_right")
    rows = []
    for name, held in summary["refusals"].items():
        questions = sum(held[key] for key in keys)
        rows.append([name, *(f"{held[key]} ({_percent(held[key] / questions)} %)" for key in keys)])
    head = ["set", "answered, right", "answered, wrong", "refused, best reading wrong or none", "refused, best reading right"]
    return _section("What the default setting refuses", _table(head, rows), _reasons(summary["refusals"]))


def _reasons(refusals):
    rows = {}
    for name, held in refusals.items():
        for reason, count in held["reasons"].items():
            rows.setdefault(reason, {})[name] = count
    if not rows:
        return "Nothing was refused."
    lines = [[reason, *(cells.get(name, 0) for name in refusals)] for reason, cells in rows.items()]
    return _table(["reason of refusal", *refusals], lines)


def _unanswerable(summary):
    groups = summary["unanswerable"]["groups"]
    if not groups:
        return ""
    rows = [[group, held["questions"], held["refused"], _percent(held["refused"] / held["questions"])]
            for group, held in groups.items()]
    total, refused = sum(held["questions"] for held in groups.values()), sum(held["refused"] for held in groups.values())
    rows.append(["all", total, refused, _percent(refused / total)])
    reasons = [[reason, count] for reason, count in summary["unanswerable"]["reasons"].items()]
    answered = [[f"{row['threshold']:g}", _percent(row["coverage"])] for row in summary["unanswerable"]["risk_coverage"]]
    return _section("Questions that cannot be answered", "At the default setting; every answer to them is wrong.",
                    _table(["what is wrong with them", "questions", "refused", "refused, %"], rows), _table(["reason", "refused"], reasons),
                    "With other settings of `nl_query.min_confidence`:", _table(["least confidence", "answered all the same, %"], answered))


def _latency(summary, run):
    rows = [[name, *(_milliseconds(held[key]) for key in ("p50", "p99", "longest"))] for name, held in summary["latency"].items()]
    how = f"""At the client, in ms, nothing remembered, the catalog warm; refusals included. Asked, and judged, by {run['jobs']} sessions
at once."""
    return _section("Time of `nl_sql`", how, _table(["set", "p50", "p99", "longest"], rows))


def _faults(summary):
    parts = ["""By comparing the clauses of a wrong answer's SQL with the person's. An answer may have several faults; "alone" counts those
that have no other."""]
    for name, held in summary["faults"].items():
        rows = [[fault, counts["answers"], _percent(counts["answers"] / held["wrong"]), counts["alone"]]
                for fault, counts in list(held["faults"].items())[:FAULTS_SHOWN]]
        parts += [f"{name}: {held['wrong']} wrong answers" + _broken(held["did_not_run"]),
                  _table(["fault", "answers", "of the wrong, %", "alone"], rows)]
    return _section("What is wrong with wrong answers", *parts) if summary["faults"] else ""


def _broken(counts):
    names = {"exec_error": "did not run", "timeout": "took longer than ten seconds", "gold_error": "have a gold that did not run"}
    return "".join(f", {count} {names[verdict]}" for verdict, count in counts.items())
