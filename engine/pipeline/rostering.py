"""Who can be matched in a draw: officers and experts, what is left of their caps, their leave and their last visits.

Everything that the match may look at is fixed here before the commitment; the match itself only reads the roster.
Source: docs/spec/draw-protocol.md §6; leave and rotation are data and policy of the agency (``draw.team``).
"""

from collections.abc import Mapping
from datetime import date

import ibis
import numpy as np
import pandas as pd

from engine.draw.populations.roster import EXPERT_DEPARTMENT, LARGEST_LOAD
from engine.vocabulary import JOINER

ACTIVE = "active"
EXPERT_SCHEME = "expert:"
"""What stands before an expert's code in the roster, so that it cannot meet an officer's."""
NEVER_EXPIRES = pd.Timestamp(2200, 1, 1)
_COLUMNS = ["inspector_code", "department_code", "district_code", "specialities", "certificate_expires_on"]
_COLUMNS += ["cap", "prior_load", "weight", "is_leader_qualified"]


def roster_table(
    inspectors: pd.DataFrame,
    *,
    experts: pd.DataFrame,
    leaves: pd.DataFrame,
    visits_made: Mapping[str, int],
    first: date,
    last: date,
) -> pd.DataFrame:
    """Return the officers and experts who can be matched, with caps, prior loads and weights.

    Parameters
    ----------
    inspectors : as known on the day, key inspector_code; contract columns.
    experts : likewise, key expert_code; they stand in department ``expert`` under ``expert:<code>``.
    leaves : inspector_code (or expert_code), occurred_on, ended_on.
    visits_made : visits of this year by code; the yearly caps run down by them and they are the prior load.
    first, last : days between which the visits of the draw take place.

    Returns
    -------
    DataFrame, key inspector_code, sorted by it; who has left is not in it. ``cap`` = ⌊what is left of the yearly cap ·
    share of the days present⌋, so that whoever is away throughout has 0.
    """
    officers = inspectors[inspectors["status"] == ACTIVE]
    weights = officers["load_weight"] if "load_weight" in officers.columns else pd.Series(1, index=officers.index)
    known = officers.assign(code=officers["inspector_code"], weight=weights.astype("Int64").fillna(1).astype(int))
    invited = experts[experts["status"] == ACTIVE]
    joining = invited.assign(
        code=invited["expert_code"],
        inspector_code=EXPERT_SCHEME + invited["expert_code"].astype(str),
        department_code=EXPERT_DEPARTMENT,
        certificate_expires_on=pd.to_datetime(invited["qualification_expires_on"]).fillna(NEVER_EXPIRES),
        yearly_cap=invited["yearly_cap"].astype("Int64").fillna(LARGEST_LOAD),
        weight=1,
        is_leader_qualified=False,
    )
    people = pd.concat([part for part in (known, joining) if len(part)] or [known], ignore_index=True)
    made = people["code"].map(visits_made).fillna(0).astype(int)
    left = (people["yearly_cap"].astype(int) - made).clip(lower=0)
    away, days = days_away(leaves, first=first, last=last), (last - first).days + 1
    present = days - people["code"].map(away).fillna(0).astype(int)
    table = people.assign(prior_load=made, cap=left * present // days)
    return table[_COLUMNS].sort_values("inspector_code", ignore_index=True)


def days_away(leaves: pd.DataFrame, *, first: date, last: date) -> dict[str, int]:
    """Return the days from ``first`` to ``last`` on which each person is away, days of several leaves counted once.

    Cost: O(leaves + people x days).
    """
    n_days = (last - first).days + 1
    starts = (pd.to_datetime(leaves["occurred_on"]) - pd.Timestamp(first)).dt.days.clip(lower=0)
    ends = (pd.to_datetime(leaves["ended_on"]) - pd.Timestamp(first)).dt.days.clip(upper=n_days - 1)
    absent: dict[str, np.ndarray] = {}
    for code, start, end in zip(leaves["inspector_code"], starts, ends, strict=True):
        absent.setdefault(str(code), np.zeros(n_days, dtype=bool))[int(start) : max(int(end) + 1, 0)] = True
    return {code: int(days.sum()) for code, days in absent.items()}


def attendance(inspections: ibis.Table, visits: ibis.Table) -> ibis.Table:
    """Return who was on which visit: entity_id, visit_id, occurred_on, inspector_code, each row once.

    Parameters
    ----------
    inspections : entity_id, visit_id, occurred_on, inspector_code (the leader, may be null).
    visits : entity_id, visit_id, occurred_on, inspector_codes (all officers, joined by ``;``).
    """
    columns = ("entity_id", "visit_id", "occurred_on", "inspector_code")
    led = inspections.filter(inspections.inspector_code.notnull()).select(*columns)
    members = visits.inspector_codes.split(JOINER).unnest()
    came = visits.select("entity_id", "visit_id", "occurred_on", inspector_code=members).select(*columns)
    return led.union(came, distinct=True)


def rotation_pairs(attended: ibis.Table, *, last: int) -> ibis.Table:
    """Return (inspector_code, object_id) of everybody who was on one of an object's last visits.

    Parameters
    ----------
    attended : result of :func:`attendance`.
    last : how many of the latest visits count; 0 = nobody rotates. Visits of one day are told apart by their id.
    """
    window = ibis.window(
        group_by=attended.entity_id, order_by=[ibis.desc(attended.occurred_on), ibis.desc(attended.visit_id)]
    )
    # rank 0 is the latest visit; all officers of a visit share its rank
    ranked = attended.mutate(nth=ibis.dense_rank().over(window))
    kept = ranked.filter(ranked.nth < last)
    return kept.select("inspector_code", object_id=kept.entity_id).distinct()
