"""Why a firm has the grade that its sector's grade and its credit-risk grade make together, in sentences."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from engine.grading.sector_rules import Join
from engine.messages import N_, Message

_HOW = {
    Join.RISKIER: N_("of the two the riskier stands, {joint}"),
    Join.TABLE: N_("the table of both gives {joint}"),
    Join.ALONE: N_("there is no credit-risk grade, so the sector's stands, {joint}"),
}


def sector_reason(row: Mapping[Any, Any]) -> Message:
    """Return one row of :func:`engine.grading.sectors.join_sectors` as a sentence: both grades, points, result.

    Parameters
    ----------
    row : its columns; ``graded_on`` and ``external_grade_id`` may be null.
    """
    said = {
        "scheme": row["scheme"],
        "word": row["external_grade"],
        "record": _or_dash(row["external_grade_id"]),
        "day": _or_dash(row["graded_on"]),
        "sector": row["sector_grade"],
        "credit": row["credit_grade"],
        "how": _how(row),
    }
    text = N_(
        "{scheme} says {word} (grade {sector}; record {record} of {day}), the credit-risk grade is {credit}: {how}"
    )
    if not row["is_deciding"]:
        text = N_(
            "{scheme} says {word} (grade {sector}; record {record} of {day}), the credit-risk grade is {credit}: "
            "{how}; another sector's result decides"
        )
    return Message(text, said)


def _how(row: Mapping[Any, Any]) -> Message:
    if Join(row["join"]) is not Join.SUM:
        return Message(_HOW[Join(row["join"])], {"joint": row["joint_grade"]})
    said = {
        "own": _number(row["sector_points"]),
        "given": _number(row["credit_points"]),
        "points": _number(row["points"]),
        "most": _number(row["most_points"]),
        "cut": row["sum_grade"],
        "joint": row["joint_grade"],
    }
    if row["sum_grade"] == row["joint_grade"]:
        return Message(
            N_("{own} points of the sector + {given} of the grade = {points} of {most}, that is {joint}"), said
        )
    return Message(
        N_(
            "{own} points of the sector + {given} of the grade = {points} of {most}, that is {cut}; "
            "policy lets it be no milder than {joint}"
        ),
        said,
    )


def _number(value: object) -> str:
    return f"{float(str(value)):.6f}".rstrip("0").rstrip(".")


def _or_dash(value: Any) -> str:
    if pd.isna(value):
        return "–"
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)
