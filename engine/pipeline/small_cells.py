"""What becomes of a domain whose rate rests on too few: withheld together with what would give it away, or widened.

Policy ``estimation.small_cells`` decides. Withheld: neither rate nor findings are given, the interval stays; when one
domain alone is withheld, everybody's figure less the others would give it, so the domain with the fewest reached rows
beside it is withheld too. Widened: the rate is given with an interval that knows of no more rows than the smallest
count the domain rests on: the limits of Clopper and Pearson on the smaller of reached rows and effective sample, joined
to the interval of the design. Source: docs/spec/estimators.md §6.
"""

from enum import StrEnum

import numpy as np
import pandas as pd

from engine.errors import PolicyInconsistentError
from engine.estimation.intervals import clopper_pearson
from engine.messages import N_, Message

SHOWN, MARKED, WITHHELD, WIDENED = "shown", "marked", "withheld", "widened"
_FIGURES = ("rate", "findings")


class SmallCellRule(StrEnum):
    """What policy wants of small domains."""

    WITHHELD = "withheld"
    WIDENED = "widened"


def small_cell_rule(value: object) -> SmallCellRule:
    """Return the rule that a policy value names.

    Raises
    ------
    PolicyInconsistentError
        It names none.
    """
    known = [rule.value for rule in SmallCellRule]
    if value not in known:
        problem = Message(N_("{value} is none of {known}"), {"value": str(value), "known": ", ".join(known)})
        raise PolicyInconsistentError(name="estimation.small_cells", problem=problem)
    return SmallCellRule(str(value))


def treat_small(table: pd.DataFrame, *, everything: str, rule: SmallCellRule, level: float) -> pd.DataFrame:
    """Return the figures with small domains withheld or widened.

    Parameters
    ----------
    table : domain, n, effective_n, rate, findings, low, high, status (``withheld`` = too small), notes.
    everything : the domain that stands for all together. level : coverage of the intervals.

    Returns
    -------
    The table; status ``withheld`` or ``widened``, ``rate`` and ``findings`` null where withheld.
    """
    if rule is SmallCellRule.WIDENED:
        return _widened(table, level=level)
    closed = _with_company(table, everything=everything)
    kept = closed["status"] != WITHHELD
    return closed.assign(**{name: closed[name].astype(float).where(kept) for name in _FIGURES})


def _with_company(table: pd.DataFrame, *, everything: str) -> pd.DataFrame:
    """Withhold a second domain where only one of the reached ones is."""
    parts = table[(table["domain"] != everything) & (table["n"] > 0)]
    small, others = parts[parts["status"] == WITHHELD], parts[parts["status"] != WITHHELD]
    whole = table.loc[table["domain"] == everything, "status"]
    if len(small) != 1 or others.empty or (whole == WITHHELD).any():
        return table
    place = others.sort_values(["n", "domain"], kind="stable").index[0]
    text = N_("withheld: with it, what was found in {domain} could be computed from the figure of all")
    notes = list(table["notes"])
    at = table.index.get_loc(place)
    notes[at] = (*notes[at], Message(text, {"domain": str(small["domain"].iloc[0])}))
    status = table["status"].mask(table.index == place, WITHHELD)
    return table.assign(status=status, notes=pd.Series(notes, index=table.index, dtype=object))


def _widened(table: pd.DataFrame, *, level: float) -> pd.DataFrame:
    small = (table["status"] == WITHHELD).to_numpy()
    rate = table["rate"].fillna(0.0).to_numpy(dtype=float)
    rows = np.minimum(table["n"].to_numpy(dtype=float), table["effective_n"].fillna(0.0).to_numpy(dtype=float))
    limits = clopper_pearson(rate * rows, rows, confidence=level)
    text = N_("widened: {n} reached units; the interval rests on {rows} of them")
    notes = [
        (*said, Message(text, {"n": int(n), "rows": f"{count:.0f}"})) if is_small else said
        for said, n, count, is_small in zip(table["notes"], table["n"], rows, small, strict=True)
    ]
    return table.assign(
        low=np.where(small, np.fmin(table["low"], limits.low), table["low"]),
        high=np.where(small, np.fmax(table["high"], limits.high), table["high"]),
        status=table["status"].mask(small, WIDENED),
        notes=pd.Series(notes, index=table.index, dtype=object),
    )
