"""Winners and losers of a policy: whom it visits more and whom less, by district, size and sector.

A page prepares :func:`burden_groups` once with its bench and asks :func:`burden_change` for every ratio that is moved.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.api.committing.framing import register_on
from engine.api.policies.laboratory import Bench
from engine.errors import TableMissingError
from engine.laboratory.burden import Groups, group_objects, visits_of_groups
from engine.laboratory.experiment import Experiment
from engine.pipeline.domain_measurement import sector_of
from engine.ratios.policy import RatioPolicy
from engine.registers.sizes import UNKNOWN, size_of
from engine.store.workspaces.workspace import Workspace

SAME_SHARE = 0.01
"""Change of a group's visits, as a share of those before, below which it counts as the same."""
KINDS = ("district", "size", "sector")


@dataclass(frozen=True, slots=True, eq=False)
class BurdenGroups:
    """The frame's objects by district, size and sector, ready for any policy.

    Parameters
    ----------
    kinds : by kind of group. before : expected visits of the policy to compare with, by kind. names : what people
        call districts.
    """

    kinds: Mapping[str, Groups]
    before: Mapping[str, np.ndarray]
    names: Mapping[str, str]


def burden_groups(
    workspace: Workspace, bench: Bench, experiment: Experiment, *, before: RatioPolicy | None = None
) -> BurdenGroups:
    """Return the frame's objects in groups, with the visits that a policy gives them (the bench's own when None).

    Objects that the register of the day does not hold are in group ``""``.
    """
    columns = ["entity_id", "district_code", "entity_type", "industry_code", "registered_capital_fen"]
    try:
        register = register_on(workspace, on=bench.occasion.as_of).reindex(columns=columns)
    except TableMissingError:
        register = pd.DataFrame(columns=columns)
    held = register.drop_duplicates("entity_id").set_index("entity_id").reindex(bench.frame.objects)
    values = {
        "district": held["district_code"].astype(object).fillna(UNKNOWN),
        "size": size_of(held["entity_type"], held["registered_capital_fen"]),
        "sector": sector_of(held["industry_code"]),
    }
    kinds = {}
    for kind, column in values.items():
        code, names = pd.factorize(column.to_numpy(dtype=object), sort=True)
        kinds[kind] = group_objects(experiment, code, tuple(map(str, names)))
    return compared_with(bench, experiment, kinds, before=before)


def compared_with(
    bench: Bench, experiment: Experiment, kinds: Mapping[str, Groups], *, before: RatioPolicy | None = None
) -> BurdenGroups:
    """Return groups with the visits that a policy (the bench's own when None) gives them."""
    ratios = bench.frame.ratios_under(bench.policy if before is None else before)
    visits = {kind: visits_of_groups(experiment, groups, ratios) for kind, groups in kinds.items()}
    return BurdenGroups(kinds, visits, bench.names)


def burden_change(
    bench: Bench, experiment: Experiment, groups: BurdenGroups, *, policy: RatioPolicy | None = None
) -> pd.DataFrame:
    """Return whom ``policy`` (the bench's own when None) visits more or less than the one the groups were made with.

    Returns
    -------
    DataFrame, key (by, group), sorted by change within each kind, the greatest first: name (of a district, else null),
    firms, visits_before, visits_after (expected visits of the draw), change, per_firm_before, per_firm_after,
    ratio (after over before, null where nobody was visited), verdict (more, less, same: within 1 %).

    Notes
    -----
    Expected figures without spread: the ratios decide who is visited, luck only which ones.
    """
    ratios = bench.frame.ratios_under(bench.policy if policy is None else policy)
    parts = []
    for kind, held in groups.kinds.items():
        before, after = groups.before[kind], visits_of_groups(experiment, held, ratios)
        firms = held.firms
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(before > 0, after / before, np.nan)
        moved = np.abs(after - before) > SAME_SHARE * np.maximum(before, 1e-9)
        part = pd.DataFrame(
            {
                "by": kind,
                "group": held.names,
                "name": [groups.names.get(name) if kind == "district" else None for name in held.names],
                "firms": firms,
                "visits_before": before,
                "visits_after": after,
                "change": after - before,
                "per_firm_before": before / firms,
                "per_firm_after": after / firms,
                "ratio": ratio,
                "verdict": np.where(~moved, "same", np.where(after > before, "more", "less")),
            }
        )
        parts.append(part.sort_values(["change", "group"], ascending=[False, True], kind="stable"))
    return pd.concat(parts, ignore_index=True)
