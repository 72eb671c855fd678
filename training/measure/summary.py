"""From judged answers to the figures of the report: one dictionary, written as JSON and as a page."""

from collections import Counter

from . import figures, kinds

THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
PRECISION = 0.95
HARDNESS = ("easy", "medium", "hard", "extra")


def summarise(answers):
    """All figures, by set."""
    names = dict.fromkeys(answer["set"] for answer in answers)
    by_set = {name: [answer for answer in answers if answer["set"] == name] for name in names}
    answerable = {name: held for name, held in by_set.items() if held[0]["gold"]}
    return {
        "asked": {name: _asked(held) for name, held in by_set.items()},
        "accuracy": {name: _accuracy(held) for name, held in answerable.items()},
        "hardness": _by(answerable, HARDNESS, lambda answer: [answer["hardness"]]),
        "kinds": _by(answerable, kinds.ORDER, lambda answer: answer["kinds"]),
        "folds": _by(answerable, range(5), lambda answer: [answer["fold"]]),
        "confidence": {name: _confidence(held) for name, held in answerable.items()},
        "refusals": {name: _refusals(held) for name, held in answerable.items()},
        "unanswerable": _unanswerable(by_set.get("unanswerable", [])),
        "latency": {name: _latency(held) for name, held in by_set.items()},
        "faults": {name: _faults(held) for name, held in answerable.items()},
    }


def _asked(held):
    return {"questions": len(held), "schemas": len({(answer["database"], answer["schema"]) for answer in held})}


def _right(held):
    return figures.share(sum(answer["right"] for answer in held), len(held))


def _accuracy(held):
    verdicts = Counter(answer["verdict"] for answer in held)
    return {
        "questions": len(held),
        "right": _right(held),
        "right_or_tie": figures.share(verdicts["correct"] + verdicts["correct_ties"], len(held)),
        "right_where_rows": _right([answer for answer in held if answer["gold_rows"] != 0]),
        "right_among_first": figures.share(sum(answer["place"] > 0 for answer in held), len(held)),
        "without_reading": figures.share(sum(not answer["sql"] for answer in held), len(held)),
        "verdicts": dict(verdicts.most_common()),
    }


def _by(by_set, values, values_of):
    """For each value and set: how many questions, and the share that was answered rightly. Values that do not occur are left out."""
    table = {}
    for value in values:
        cells = {}
        for name, held in by_set.items():
            inside = [answer for answer in held if value in values_of(answer)]
            if inside:
                cells[name] = {"questions": len(inside), "right": _right(inside)}
        if cells:
            table[str(value)] = cells
    return table


def _confidence(held):
    pairs = [(answer["confidence"], answer["right"]) for answer in held if answer["confidence"] is not None]
    table = figures.reliability(pairs)
    return {
        "coverage_at_precision": figures.coverage_at(pairs, len(held), PRECISION),
        "risk_coverage": figures.risk_coverage(pairs, len(held), THRESHOLDS),
        "reliability": table,
        "calibration_error": figures.calibration_error(table),
    }


def _refusals(held):
    """What the default setting does: refused although, or because, the best reading is right, or wrong."""
    refused = [answer for answer in held if answer["refusal"]]
    answered = [answer for answer in held if not answer["refusal"]]
    return {
        "answered_right": sum(answer["right"] for answer in answered),
        "answered_wrong": sum(not answer["right"] for answer in answered),
        "refused_right": sum(answer["right"] for answer in refused),
        "refused_wrong": sum(not answer["right"] for answer in refused),
        "reasons": dict(Counter(answer["refusal"] for answer in refused).most_common()),
    }


def _unanswerable(held):
    groups = {}
    for answer in held:
        group = groups.setdefault(answer["group"], {"questions": 0, "refused": 0})
        group["questions"] += 1
        group["refused"] += bool(answer["refusal"])
    pairs = [(answer["confidence"], False) for answer in held if answer["confidence"] is not None]
    return {"groups": groups, "risk_coverage": figures.risk_coverage(pairs, len(held), THRESHOLDS),
            "reasons": dict(Counter(answer["refusal"] for answer in held if answer["refusal"]).most_common())}


def _latency(held):
    times = [answer["milliseconds"] for answer in held]
    return {"p50": figures.percentile(times, 50), "p99": figures.percentile(times, 99), "longest": max(times, default=None)}


def _faults(held):
    """How many wrong answers have a fault, and how many have only that one."""
    wrong = [answer for answer in held if not answer["right"] and answer["verdict"] != "correct_ties"]
    named = [answer["faults"] or ["no reading"] for answer in wrong]
    counts = Counter(fault for faults in named for fault in faults)
    alone = Counter(faults[0] for faults in named if len(faults) == 1)
    broken = Counter(answer["verdict"] for answer in wrong if answer["verdict"] in ("exec_error", "timeout", "gold_error"))
    faults = {fault: {"answers": count, "alone": alone[fault]} for fault, count in counts.most_common()}
    return {"wrong": len(wrong), "faults": faults, "did_not_run": dict(broken)}
