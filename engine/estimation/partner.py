"""Which stratum stands in for one that has too few draws to speak for itself.

A stratum without a draw is estimated together with its partner; one with a single draw borrows the partner's spread.
The partner is fixed by the committed frame alone (its stated ``merge_into``, else the order of the codes), never by
results. Source: docs/spec/estimators.md §4; Cochran, Sampling Techniques, 3rd ed. (1977), §5A.12.
"""

import numpy as np
import pandas as pd

from engine.errors import UndefinedEstimateError
from engine.estimation.variance import Codes
from engine.messages import N_, Message


def partners(table: pd.DataFrame, *, needs: pd.Series) -> Codes:
    """Return a group code per stratum: a position in ``table``, its own or shared with the partner it needs.

    Parameters
    ----------
    table : strata sorted by draw, item and code; ``n_units``, ``n_drawn``, optional ``merge_into`` and ``grade``.
    needs : Series of bool, index of ``table``; strata that need a partner with n_drawn > 0.

    Raises
    ------
    UndefinedEstimateError
        A stratum needs a partner and its draw and item hold no other with a draw.
    """
    group = np.arange(len(table))
    paired = np.zeros(len(table), dtype=bool)
    wanting = needs.to_numpy()
    has_draw = table["n_drawn"].to_numpy() > 0
    cell = table.groupby(["draw_id", "item_code"], sort=False).ngroup().to_numpy()
    for members in np.split(np.arange(len(table)), np.flatnonzero(np.diff(cell)) + 1):
        held = members[has_draw[members]]
        for at in members[wanting[members]]:
            if not paired[at]:
                partner = _partner(table, int(at), candidates=held[held != at])
                group[group == group[at]] = group[partner]
                paired[[at, partner]] = True
    return group


def _partner(table: pd.DataFrame, at: int, *, candidates: Codes) -> int:
    """The committed partner, else the next stratum of the same grade, else the next of the same draw and item."""
    stated = table["merge_into"].iloc[at] if "merge_into" in table else None
    if pd.notna(stated):
        candidates = candidates[(table["stratum"].iloc[candidates] == stated).to_numpy()]
    elif "grade" in table:
        same = candidates[(table["grade"].iloc[candidates] == table["grade"].iloc[at]).to_numpy()]
        candidates = same if same.size else candidates
    if candidates.size == 0:
        key = table[["draw_id", "item_code", "stratum"]].iloc[at].tolist()
        drawn, units = table["n_drawn"].iloc[at], table["n_units"].iloc[at]
        raise UndefinedEstimateError(
            measure=f"the spread of stratum {key}",
            reason=Message(
                N_("{drawn} of its {units} units were drawn and no partner stratum has a draw"),
                {"drawn": f"{drawn:.0f}", "units": f"{units:.0f}"},
            ),
        )
    later = candidates[candidates > at]
    return int(later[0] if later.size else candidates[-1])
