"""A small scorecard that tests can work out by hand."""

from datetime import date

from engine.parameters import PolicyBook
from engine.scorecard.tree import Scorecard, read_scorecard
from tests import policies

NAME = "scorecard.small"
AS_OF = date(2024, 6, 30)
COUNT = [{"from": 0, "share": 0}, {"from": 1, "share": 0.5}, {"from": 3, "share": 1}]


def leaf(code: str, **more: object) -> dict[str, object]:
    """Return an indicator that counts something."""
    return {"code": code, "label": code.title(), "feature": code + "_count", "bins": COUNT, "nulls": "unknown"} | more


TREE = {
    "judgements": [[1, 3], ["1/3", 1]],
    "children": [
        {
            "code": "conduct",
            "label": "Conduct",
            "judgements": [[1, 2], ["1/2", 1]],
            "children": [leaf("penalties", age_feature="penalties_age"), leaf("findings")],
        },
        {
            "code": "basis",
            "label": "Basis",
            "children": [
                leaf(
                    "capital",
                    bins=[{"from": 0, "share": 1}, {"from": 100_00, "share": 0.5}, {"from": 1000_00, "share": 0}],
                    nulls=0.2,
                    divisor=100,
                )
            ],
        },
    ],
}
"""500 points penalties (ageing), 250 findings, 250 capital."""


def small_book(**replaced: object) -> PolicyBook:
    """Return a book that holds the small scorecard."""
    return policies.book(**{"scorecard__small": TREE} | replaced)


def small() -> Scorecard:
    """Return the small scorecard."""
    return read_scorecard(small_book(), name=NAME, on=AS_OF)
