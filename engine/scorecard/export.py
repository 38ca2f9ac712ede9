"""A scorecard for other programs: a readable document, and a query that gives the same points.

``document`` is plain JSON that holds everything the score needs; ``score_from_document`` applies it to one record with
nothing but arithmetic and is the second, independent reading of the formula. ``scorecard_sql`` writes one SELECT in
standard SQL (tested in DuckDB), summing in the same order so that even the last digit agrees.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from engine.scorecard.points import POINTS_PREFIX, SCORE_DECIMALS, SCORE_SCALE
from engine.scorecard.tree import TOTAL_POINTS, Indicator, Scorecard

_FORM = "xinheng-scorecard/1"


def document(scorecard: Scorecard) -> str:
    """Return the scorecard as readable JSON, keys in a fixed order, no floats beyond two decimals of points."""
    content = {
        "form": _FORM,
        "name": scorecard.name,
        "valid_on": scorecard.valid_on.isoformat(),
        "reference": scorecard.reference,
        "total_points": TOTAL_POINTS,
        "score_decimals": SCORE_DECIMALS,
        "decay": [{"until_days": s.until_days, "factor": s.factor} for s in scorecard.decay],
        "consistency_ratios": {code: round(ratio, 4) for code, ratio in scorecard.consistency_ratios.items()},
        "indicators": [_indicator_entry(indicator) for indicator in scorecard.indicators],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def score_from_document(content: Mapping[str, Any], record: Mapping[str, float | None]) -> tuple[float | None, float]:
    """Return score and coverage ratio of one record by the document alone.

    Parameters
    ----------
    content : the parsed JSON of :func:`document`.
    record : feature values by name; None when empty.

    Returns
    -------
    (score, coverage_ratio); the score is None when no indicator is known.
    """
    earned = known = 0.0
    for entry in content["indicators"]:
        value = record[entry["feature"]]
        if value is None and entry["null_share"] is None:
            continue
        share = entry["null_share"] if value is None else [b["share"] for b in entry["bins"] if b["from"] <= value][-1]
        age = record[entry["age_feature"]] if entry["age_feature"] else None
        earned += entry["points"] * share * _factor(content["decay"], age)
        known += entry["points"]
    scale = 10.0 ** content["score_decimals"]
    known = _half_up(known, scale)
    if not known:
        return None, 0.0
    return _half_up(earned * (content["total_points"] / known), scale), known / content["total_points"]


def _half_up(value: float, scale: float) -> float:
    return math.floor(value * scale + 0.5) / scale


def scorecard_sql(scorecard: Scorecard, *, table: str) -> str:
    """Return one SELECT: entity_id, as_of, score, coverage_ratio and ``points_<code>`` (before the rescaling).

    Parameters
    ----------
    scorecard : what to write down.
    table : str, name of the feature table in the other program.
    """
    codes = [POINTS_PREFIX + indicator.code for indicator in scorecard.indicators]
    points = ",\n".join(
        f"    {_points_case(i, scorecard)} AS {_quoted(POINTS_PREFIX + i.code)}" for i in scorecard.indicators
    )
    earned = " + ".join(f"coalesce({_quoted(code)}, 0)" for code in codes)
    known = " + ".join(
        f"CASE WHEN {_quoted(code)} IS NULL THEN 0 ELSE {_literal(i.points)} END"
        for code, i in zip(codes, scorecard.indicators, strict=True)
    )
    total, listed = _literal(TOTAL_POINTS), ", ".join(_quoted(code) for code in codes)
    return (
        f"WITH pointed AS (\n  SELECT entity_id, as_of,\n{points}\n  FROM {_quoted(table)}\n),\n"
        f"summed AS (\n  SELECT *,\n  {earned} AS earned,\n"
        f"  {_half_up_sql(known)} AS known\n  FROM pointed\n)\n"
        f"SELECT entity_id, as_of,\n  {_half_up_sql(f'earned * ({total} / nullif(known, 0))')} AS score,\n"
        f"  known / {total} AS coverage_ratio,\n  {listed}\nFROM summed\n"
    )


def _half_up_sql(value: str) -> str:
    """Return the rounding of the points in SQL's own words: ``round`` treats halves as each database likes."""
    return f"floor(({value}) * {_literal(SCORE_SCALE)} + {_literal(0.5)}) / {_literal(SCORE_SCALE)}"


def _indicator_entry(indicator: Indicator) -> dict[str, object]:
    bins = zip(indicator.bins.lower_limits, indicator.bins.shares, strict=True)
    return {
        "code": indicator.code,
        "label": indicator.label,
        "path": list(indicator.path),
        "feature": indicator.feature,
        "age_feature": indicator.age_feature,
        "points": indicator.points,
        "null_share": indicator.bins.null_share,
        "bins": [{"from": lower, "share": share} for lower, share in bins],
    }


def _factor(steps: list[Mapping[str, float]], age: float | None) -> float:
    if age is None:
        return 1.0
    return next((step["factor"] for step in steps if age <= step["until_days"]), 0.0)


def _points_case(indicator: Indicator, scorecard: Scorecard) -> str:
    column = _quoted(indicator.feature)
    null_share = indicator.bins.null_share
    cases = [f"WHEN {column} IS NULL THEN {'NULL' if null_share is None else _literal(null_share)}"]
    bins = zip(indicator.bins.lower_limits, indicator.bins.shares, strict=True)
    cases += [f"WHEN {column} >= {_literal(lower)} THEN {_literal(share)}" for lower, share in reversed(list(bins))]
    text = f"{_literal(indicator.points)} * CASE {' '.join(cases)} END"
    if indicator.age_feature is None:
        return text
    age = _quoted(indicator.age_feature)
    steps = " ".join(f"WHEN {age} <= {s.until_days} THEN {_literal(s.factor)}" for s in scorecard.decay)
    return f"({text}) * CASE WHEN {age} IS NULL THEN {_literal(1)} {steps} ELSE {_literal(0)} END"


def _literal(number: float) -> str:
    """An approximate numeric literal: standard SQL reads 4e-1 as a double, 0.4 as a decimal."""
    text = repr(float(number))
    return text if "e" in text else text + "e0"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
