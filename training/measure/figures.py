"""The arithmetic of the report. A judged answer is a pair: confidence, and whether it was right."""


def share(part, whole):
    """A part of a whole; none of nothing."""
    return part / whole if whole else None


def percentile(values, percent):
    """The nearest-rank percentile; none of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, min(len(ordered), int(rank)) - 1)]


def reliability(pairs, bins=10):
    """Bins of equal width over confidence: from, to, number, mean confidence, share that was right. Empty bins are left out."""
    held = [[] for _ in range(bins)]
    for confidence, right in pairs:
        held[max(0, min(bins - 1, int(confidence * bins)))].append((confidence, right))
    return [
        {"from": place / bins, "to": (place + 1) / bins, "answers": len(inside),
         "confidence": sum(confidence for confidence, _ in inside) / len(inside), "right": sum(right for _, right in inside) / len(inside)}
        for place, inside in enumerate(held) if inside
    ]


def calibration_error(table):
    """Expected calibration error: how far confidence and success lie apart, averaged over the answers of a reliability table."""
    answers = sum(row["answers"] for row in table)
    if not answers:
        return None
    return sum(row["answers"] * abs(row["confidence"] - row["right"]) for row in table) / answers


def operating_points(pairs):
    """(threshold, answered, right) for each threshold that the confidences allow, the strictest first."""
    points, right, ordered = [], 0, sorted(pairs, reverse=True)
    for place, (confidence, good) in enumerate(ordered):
        right += bool(good)
        # Answers of one confidence are answered or refused together.
        if place + 1 == len(ordered) or ordered[place + 1][0] != confidence:
            points.append((confidence, place + 1, right))
    return points


def coverage_at(pairs, questions, precision):
    """The largest share of the questions that is answered with at least this precision: coverage, threshold, precision."""
    good = [point for point in operating_points(pairs) if point[2] / point[1] >= precision]
    if not good or not questions:
        return {"coverage": 0.0, "threshold": None, "precision": None}
    threshold, answered, right = good[-1]
    return {"coverage": answered / questions, "threshold": threshold, "precision": right / answered}


def risk_coverage(pairs, questions, thresholds):
    """For each threshold: share answered, share of the answers that is wrong, share of all questions answered rightly."""
    rows = []
    for threshold in thresholds:
        kept = [right for confidence, right in pairs if confidence >= threshold]
        rows.append({"threshold": threshold, "coverage": share(len(kept), questions),
                     "risk": share(len(kept) - sum(kept), len(kept)), "right": share(sum(kept), questions)})
    return rows
