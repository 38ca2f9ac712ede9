"""Why an entity has its score, in sentences that add up to it, and what would change it.

The reasons of a row are its indicators by points, largest first (ties: the earlier indicator in the tree), then one
line for all the others together, so that the points of the lines add up to the score. A sentence is stored as a
template of the translation catalogue with its values; :func:`sentence` makes a message of it again.
"""

import json
from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.errors import UsageError
from engine.messages import N_, Message
from engine.scorecard.points import decay_factors, numbers, points_column, require_features
from engine.scorecard.tree import Indicator, Scorecard

REST = "other_indicators"
"""Stands in column ``feature`` for the line that holds all remaining indicators."""

PLAIN = N_("{label}: {value} adds {points} of at most {maximum} points.")
CHANGEABLE = N_("{label}: {value} adds {points} of at most {maximum} points. {change}")
AGEING = N_("{label}: {value} adds {points} of at most {maximum} points. {change} {ageing}")
EMPTY = N_("{label}: nothing on record; policy counts this as {points} of at most {maximum} points.")
OTHERS = N_("All other indicators together add {points} points.")
BELOW = N_("Below {threshold} it would add {lower} points.")
FROM = N_("From {threshold} on it would add {lower} points.")
FADES = N_("Without new conduct it falls to {later} points on {day}.")

_COLUMNS = ("value", "position", "points", "maximum", "factor", "age", "as_of")
_LEAST = 1e-6


def reasons(
    features: pd.DataFrame, points: pd.DataFrame, scorecard: Scorecard, *, model: str, top: int
) -> pd.DataFrame:
    """Return the reasons of every row, at most ``top`` indicators and one line for the rest.

    Parameters
    ----------
    features : the table that was scored.
    points : what :func:`engine.scorecard.points.score_points` returned for it, rows in the same order.
    scorecard : the same scorecard.
    model : str, name under which the scores are stored.
    top : int >= 1.

    Returns
    -------
    DataFrame, key (entity_id, as_of, model, rank), sorted by the rows' order and rank from 1: feature (or
    ``other_indicators``), value (null for the rest), points (> 0; they add up to the score within 1e-6), template,
    params (JSON text). An entity with score 0 or none has no rows.

    Raises
    ------
    FeatureSetMismatchError, UsageError
    """
    require_features(features, scorecard)
    if top < 1:
        raise UsageError(
            what=Message(N_("number of reasons")), value=top, remedy=Message(N_("ask for at least one reason"))
        )
    matrix = np.nan_to_num(points[[points_column(i) for i in scorecard.indicators]].to_numpy(dtype=np.float64))
    order = np.argsort(-matrix, axis=1, kind="stable")[:, :top]
    best = np.take_along_axis(matrix, order, axis=1)
    rest = points["score"].to_numpy(dtype=np.float64) - best.sum(axis=1)
    row, place = np.nonzero(best > _LEAST)
    lines = [
        _indicator_lines(features, points, scorecard, indicator=i, rows=row[chosen], ranks=place[chosen] + 1)
        for i in range(len(scorecard.indicators))
        if (chosen := order[row, place] == i).any()
    ]
    lines.append(_rest_lines(rest, n_named=(best > _LEAST).sum(axis=1)))
    result = pd.concat([line for line in lines if len(line)] or lines, ignore_index=True)
    result = result.sort_values(["row", "rank"], kind="stable", ignore_index=True)
    position = result.pop("row").to_numpy(dtype=np.int64)
    result.insert(0, "entity_id", points["entity_id"].to_numpy()[position])
    result.insert(1, "as_of", points["as_of"].to_numpy()[position])
    result.insert(2, "model", model)
    return result


def sentence(template: str, params: str) -> Message:
    """Return the message that a stored reason stands for.

    Parameters
    ----------
    template, params : columns of the table that :func:`reasons` returns.
    """
    return Message(template, {name: _revived(value) for name, value in json.loads(params).items()})


def _revived(value: object) -> object:
    if isinstance(value, dict):
        template = value["template"]
        return Message(template, {name: _revived(inner) for name, inner in value["params"].items()})
    return value


def _indicator_lines(
    features: pd.DataFrame,
    points: pd.DataFrame,
    scorecard: Scorecard,
    *,
    indicator: int,
    rows: npt.NDArray[np.int64],
    ranks: npt.NDArray[np.int64],
) -> pd.DataFrame:
    item = scorecard.indicators[indicator]
    value = numbers(features[item.feature].iloc[rows])
    age = np.full(len(rows), np.nan)
    if item.age_feature is not None:
        age = numbers(features[item.age_feature].iloc[rows])
    earned = points[points_column(item)].to_numpy(dtype=np.float64)[rows]
    facts = pd.DataFrame(
        {
            "value": value,
            "position": item.bins.positions(value, indicator=item.code, policy=scorecard.name),
            "points": earned.round(2),
            "maximum": (item.points / points["coverage_ratio"].to_numpy(dtype=np.float64)[rows]).round(2),
            "factor": decay_factors(age, steps=scorecard.decay),
            "age": age,
            "as_of": points["as_of"].to_numpy()[rows],
        }
    )
    # equal facts make equal sentences: write each sentence once
    group = facts.groupby(list(_COLUMNS), dropna=False, sort=False).ngroup().to_numpy()
    distinct = facts.iloc[np.unique(group, return_index=True)[1]]
    texts = [_text(item, scorecard, {str(k): v for k, v in f.items()}) for f in distinct.to_dict(orient="records")]
    return pd.DataFrame(
        {
            "row": rows,
            "rank": ranks,
            "feature": item.feature,
            "value": value,
            "points": earned,
            "template": np.array([template for template, _ in texts], dtype=object)[group],
            "params": np.array([params for _, params in texts], dtype=object)[group],
        }
    )


def _rest_lines(rest: npt.NDArray[np.float64], *, n_named: npt.NDArray[np.int64]) -> pd.DataFrame:
    rows = np.flatnonzero(rest > _LEAST)
    return pd.DataFrame(
        {
            "row": rows,
            "rank": n_named[rows] + 1,
            "feature": REST,
            "value": np.nan,
            "points": rest[rows],
            "template": OTHERS,
            "params": [json.dumps({"points": _shown(round(float(p), 2))}) for p in rest[rows]],
        }
    )


def _text(item: Indicator, scorecard: Scorecard, fact: Mapping[str, object]) -> tuple[str, str]:
    """Template and JSON params of one sentence."""
    params: dict[str, object] = {
        "label": _stored(Message(item.label)),
        "points": _shown(float(str(fact["points"]))),
        "maximum": _shown(float(str(fact["maximum"]))),
    }
    position = int(str(fact["position"]))
    if position < 0:
        return EMPTY, _json(params)
    params["value"] = _shown(float(str(fact["value"])), divisor=item.divisor)
    change = _change(item, position=position, full=float(str(fact["maximum"])) * float(str(fact["factor"])))
    if change is None:
        return PLAIN, _json(params)
    params["change"] = _stored(change)
    ageing = _ageing(item, scorecard, fact)
    if ageing is None:
        return CHANGEABLE, _json(params)
    params["ageing"] = _stored(ageing)
    return AGEING, _json(params)


def _change(item: Indicator, *, position: int, full: float) -> Message | None:
    """The nearest value that adds fewer points, and how many; None in the best bin."""
    shares, limits = item.bins.shares, item.bins.lower_limits
    step = -1 if item.bins.rises else 1
    better = position + step
    while 0 <= better < len(shares) and shares[better] == shares[position]:
        better += step
    if not 0 <= better < len(shares):
        return None
    threshold = limits[better + 1] if item.bins.rises else limits[better]
    params = {"threshold": _shown(threshold, divisor=item.divisor), "lower": _shown(round(full * shares[better], 2))}
    return Message(BELOW if item.bins.rises else FROM, params)


def _ageing(item: Indicator, scorecard: Scorecard, fact: Mapping[str, object]) -> Message | None:
    """When the conduct's next decay step comes; None where points do not decay."""
    age, factor = float(str(fact["age"])), float(str(fact["factor"]))
    if item.age_feature is None or np.isnan(age) or factor == 0:
        return None
    factors = [step.factor for step in scorecard.decay] + [0.0]
    index = next(i for i, step in enumerate(scorecard.decay) if age <= step.until_days)
    day = _day(fact["as_of"]) + timedelta(days=scorecard.decay[index].until_days + 1 - int(age))
    later = float(str(fact["points"])) * factors[index + 1] / factor
    return Message(FADES, {"later": _shown(round(later, 2)), "day": day.isoformat()})


def _day(value: object) -> date:
    return pd.Timestamp(str(value)).date()


def _shown(value: float, *, divisor: float = 1.0) -> float | int:
    shown = round(value / divisor, 4)
    return int(shown) if shown == int(shown) else shown


def _stored(message: Message) -> dict[str, object]:
    return {"template": message.template, "params": dict(message.params)}


def _json(params: Mapping[str, object]) -> str:
    return json.dumps(params, ensure_ascii=False, sort_keys=True)
