"""What may be done with a warning, step by step, and how often each rule was right.

Steps: raised → assigned → acknowledged → closed as confirmed (属实) or false (误报); a snooze moves the due date once,
with a reason. Closed is final: the same rule may warn of the same subject again from the next run on. Precision of a
rule = confirmed / closed, with the exact interval of Clopper and Pearson (Biometrika 26 (1934) 404).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

import pandas as pd
from scipy.stats import beta

from engine.errors import WarningRefusedError
from engine.messages import N_, Message


class Step(StrEnum):
    """A step of a warning's disposal."""

    ASSIGN = "assigned"
    ACKNOWLEDGE = "acknowledged"
    SNOOZE = "snoozed"
    CLOSE = "closed"


class Outcome(StrEnum):
    """What the check of a warning showed."""

    CONFIRMED = "confirmed"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class WarningState:
    """Where one warning stands.

    Parameters
    ----------
    state : raised, assigned, acknowledged or closed.
    assignee : who disposes of it. due_on : last day. outcome : of a closed one. is_snoozed : whether it was put off.
    """

    warning_id: str
    due_on: date
    state: str = "raised"
    assignee: str | None = None
    outcome: str | None = None
    is_snoozed: bool = False


@dataclass(frozen=True, slots=True)
class RetirementRule:
    """From when on people are asked to give a rule up or make it stricter.

    Parameters
    ----------
    least_closed : closed warnings from which the precision of a rule may be judged.
    least_precision : 0..1; a rule whose interval lies wholly below it is noisy.
    """

    least_closed: int
    least_precision: float


_ALLOWED: Mapping[str, frozenset[str]] = {
    Step.ASSIGN: frozenset({"raised", "assigned", "acknowledged"}),
    Step.ACKNOWLEDGE: frozenset({"assigned"}),
    Step.SNOOZE: frozenset({"assigned", "acknowledged"}),
    Step.CLOSE: frozenset({"assigned", "acknowledged"}),
}


def advance(
    held: WarningState,
    step: Step,
    *,
    by: str,
    reason: str = "",
    assignee: str | None = None,
    until: date | None = None,
    outcome: Outcome | None = None,
) -> WarningState:
    """Return the warning after a step.

    Raises
    ------
    WarningRefusedError
        The step does not follow, is another person's, or lacks its reason, outcome or later date.
    """
    if held.state not in _ALLOWED[step]:
        _refuse(held, N_("it is {state}, so it cannot be {step}"), state=held.state, step=str(step))
    if step is not Step.ASSIGN and by != held.assignee:
        _refuse(held, N_("it is assigned to {assignee}, not to {by}"), assignee=held.assignee, by=by)
    if step is Step.ASSIGN:
        if not (assignee or "").strip():
            _refuse(held, N_("name who disposes of it"))
        return replace(held, state="assigned", assignee=assignee)
    if step is Step.ACKNOWLEDGE:
        return replace(held, state="acknowledged")
    if not reason.strip():
        _refuse(held, N_("say why; it stays on record"))
    if step is Step.SNOOZE:
        if held.is_snoozed or until is None or until <= held.due_on:
            _refuse(held, N_("it may be put off once, to a day after {due_on}"), due_on=held.due_on.isoformat())
        return replace(held, due_on=until or held.due_on, is_snoozed=True)
    if outcome is None:
        _refuse(held, N_("say whether it was confirmed or false"))
    return replace(held, state="closed", outcome=str(outcome))


def _refuse(held: WarningState, text: str, **params: object) -> None:
    raise WarningRefusedError(warning=held.warning_id, problem=Message(text, params))


def precision(closed: pd.DataFrame, *, level: float, least: int) -> pd.DataFrame:
    """Return per rule how many warnings were closed, confirmed, and the precision with its interval.

    Parameters
    ----------
    closed : one row per closed warning; rule_code, outcome.
    level : coverage of the interval, 0..1.
    least : closed warnings from which the figure may be called reliable (``is_enough``).

    Returns
    -------
    DataFrame, key rule_code: n, n_confirmed, precision, low, high, is_enough.
    """
    rows = []
    tail = (1 - level) / 2
    for code, part in closed.groupby("rule_code", sort=True):
        n, k = len(part), int((part["outcome"] == Outcome.CONFIRMED).sum())
        low = float(beta.ppf(tail, k, n - k + 1)) if k else 0.0
        high = float(beta.ppf(1 - tail, k + 1, n - k)) if k < n else 1.0
        rows.append((str(code), n, k, k / n, low, high, n >= least))
    return pd.DataFrame(rows, columns=["rule_code", "n", "n_confirmed", "precision", "low", "high", "is_enough"])


def is_noisy(precisions: pd.DataFrame, rule: RetirementRule) -> pd.Series:
    """Return for rows of :func:`precision` whether the rule is noisy: enough closed, and surely too rarely right."""
    return (precisions["n"] >= rule.least_closed) & (precisions["high"] < rule.least_precision)


def open_again(raised: pd.DataFrame, *, still_open: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Return the warnings without those whose (rule, subject) is open from before: one warning at a time."""
    held = set(still_open)
    keys = zip(raised["rule_code"], raised["subject"], strict=True)
    is_new = pd.Series([key not in held for key in keys], index=raised.index, dtype="bool")
    return raised[is_new].reset_index(drop=True)
