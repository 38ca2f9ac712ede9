"""A scorecard read from dated policy: a tree of judgements whose leaves are indicators with bin tables.

Each node compares its children pairwise; the weight of an indicator is the product down the tree, its points are
1000 x weight, given to two decimals by largest remainder so that they sum to exactly 1000. That makes the published
table the table that is applied, and keeps the last digits of an eigenvector out of a firm's score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.scorecard.ahp import ConsistencyRule, consistency_rule, judgement_weights
from engine.scorecard.bins import BinTable, bin_table

TOTAL_POINTS = 1000
_POINT_PARTS = 100
_LEAF_KEYS = frozenset({"code", "label", "feature", "age_feature", "bins", "nulls", "divisor"})
_NODE_KEYS = frozenset({"code", "label", "judgements", "children"})


@dataclass(frozen=True, slots=True)
class Indicator:
    """One leaf of the tree.

    Parameters
    ----------
    code : str, unique in the scorecard; also names the column ``points_<code>``.
    label : str, English; key of the translation catalogue.
    path : codes of the levels above it, first level first.
    feature : str, the feature it reads.
    points : float, most it can add, two decimals.
    bins : shares by value.
    age_feature : feature giving the age of the conduct in days, or None where points do not decay.
    divisor : float, people see value / divisor (100 turns fen into yuan).
    """

    code: str
    label: str
    path: tuple[str, ...]
    feature: str
    points: float
    bins: BinTable
    age_feature: str | None
    divisor: float


@dataclass(frozen=True, slots=True)
class DecayStep:
    """Conduct not older than ``until_days`` counts ``factor`` of its points."""

    until_days: int
    factor: float


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Everything needed to score a feature row.

    Parameters
    ----------
    name : str, the policy it was read from.
    valid_on : date for which it was read.
    reference : str, what the policy value rests on.
    indicators : in tree order; points sum to 1000.
    decay : steps by rising age; older conduct counts 0.
    consistency_ratios : CR by node code, for the record.
    """

    name: str
    valid_on: date
    reference: str
    indicators: tuple[Indicator, ...]
    decay: tuple[DecayStep, ...]
    consistency_ratios: Mapping[str, float]

    @property
    def features(self) -> tuple[str, ...]:
        """Names of all features it reads, without repeats, in tree order."""
        names = [n for i in self.indicators for n in (i.feature, i.age_feature) if n is not None]
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class _Leaf:
    path: tuple[str, ...]
    weight: float
    entry: Mapping[str, Any]


def read_scorecard(book: PolicyBook, *, name: str, on: date) -> Scorecard:
    """Return the scorecard that policy ``name`` defines on a day.

    Parameters
    ----------
    book : also gives ``scorecard.consistency`` and ``scorecard.decay`` of that day.
    name : str, e.g. ``scorecard.general``.
    on : date, usually ``as_of``.

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError
    PolicyInconsistentError
        Judgements contradict each other, a bin table is not total and monotone, a code occurs twice, keys are wrong.
    """
    dated = book.dated(name, on=on)
    rule = consistency_rule(book.value("scorecard.consistency", on=on), name="scorecard.consistency")
    ratios: dict[str, float] = {}
    leaves = _leaves({"code": name, **dated.value}, above=(), weight=1.0, rule=rule, ratios=ratios)
    points = _round_points([leaf.weight for leaf in leaves])
    indicators = tuple(_indicator(leaf, points=p, name=name) for leaf, p in zip(leaves, points, strict=True))
    codes = [i.code for i in indicators]
    if len(set(codes)) != len(codes):
        text = N_("an indicator code occurs twice among {codes}")
        raise PolicyInconsistentError(name=name, problem=Message(text, {"codes": ", ".join(sorted(codes))}))
    decay = read_decay(book.value("scorecard.decay", on=on), name="scorecard.decay")
    return Scorecard(name, on, dated.reference, indicators, decay, ratios)


def read_decay(value: Sequence[Mapping[str, Any]], *, name: str) -> tuple[DecayStep, ...]:
    """Read decay steps ``[{until_days, factor}, ...]``: ages rise, factors in 0..1 never rise.

    Raises
    ------
    PolicyInconsistentError
    """
    try:
        steps = tuple(DecayStep(int(step["until_days"]), float(step["factor"])) for step in value)
    except (KeyError, TypeError, ValueError):
        text = N_("every step needs 'until_days' and 'factor'")
        raise PolicyInconsistentError(name=name, problem=Message(text)) from None
    if not steps or not all(0 <= step.factor <= 1 for step in steps):
        raise PolicyInconsistentError(name=name, problem=Message(N_("it needs steps with factors in 0..1")))
    if any(a.until_days >= b.until_days or a.factor < b.factor for a, b in pairwise(steps)):
        raise PolicyInconsistentError(name=name, problem=Message(N_("ages must rise and factors must not rise")))
    return steps


def _leaves(
    node: Mapping[str, Any],
    *,
    above: tuple[str, ...],
    weight: float,
    rule: ConsistencyRule,
    ratios: dict[str, float],
) -> list[_Leaf]:
    code = str(node.get("code", ""))
    where = " / ".join((*above, code))
    children = node.get("children")
    allowed = _LEAF_KEYS if children is None else _NODE_KEYS
    if not code or not set(node) <= allowed:
        text = N_("the keys {found} must include 'code' and be among {allowed}")
        listed = {"found": ", ".join(sorted(node)), "allowed": ", ".join(sorted(allowed))}
        raise PolicyInconsistentError(name=where, problem=Message(text, listed))
    if children is None:
        return [_Leaf(above[1:], weight, node)]
    judgements = node.get("judgements") or ([[1]] if len(children) == 1 else [])
    if len(judgements) != len(children):
        raise PolicyInconsistentError(name=where, problem=Message(N_("it needs one row of judgements per child")))
    weights = judgement_weights(judgements, rule=rule, name=where)
    ratios[where] = weights.consistency_ratio
    found: list[_Leaf] = []
    for child, share in zip(children, weights.shares, strict=True):
        found += _leaves(child, above=(*above, code), weight=weight * share, rule=rule, ratios=ratios)
    return found


def _indicator(leaf: _Leaf, *, points: float, name: str) -> Indicator:
    entry, where = leaf.entry, f"{name}: {leaf.entry['code']}"
    if not entry.get("feature") or not entry.get("label"):
        raise PolicyInconsistentError(name=where, problem=Message(N_("an indicator needs 'label' and 'feature'")))
    divisor = float(entry.get("divisor", 1))
    if divisor <= 0:
        raise PolicyInconsistentError(name=where, problem=Message(N_("'divisor' must be above 0")))
    bins = bin_table(entry.get("bins", ()), nulls=entry.get("nulls"), name=where)
    age = entry.get("age_feature")
    return Indicator(entry["code"], entry["label"], leaf.path, entry["feature"], points, bins, age, divisor)


def _round_points(weights: Sequence[float]) -> list[float]:
    """Hundredths of a point by largest remainder; equal remainders: the earlier indicator."""
    exact = [weight * TOTAL_POINTS * _POINT_PARTS for weight in weights]
    # nine decimals: equal weights must have equal remainders although an eigenvector's last digits differ
    exact = [round(value, 9) for value in exact]
    parts = [int(value) for value in exact]
    short = TOTAL_POINTS * _POINT_PARTS - sum(parts)
    by_remainder = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[:short]:
        parts[i] += 1
    return [part / _POINT_PARTS for part in parts]
