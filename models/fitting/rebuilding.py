"""Building features again from the records that were known on a day, as if nothing had been loaded since."""

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from engine.api.scoring.featuring import KEY, FeatureBuilder
from engine.api.workspace import Workspace, open_workspace
from engine.parameters import PolicyBook

SAMPLED_DATES = 4


class KnownBy:
    """A warehouse as it was read on a day: what became known later is not there.

    Parameters
    ----------
    workspace : opened for this alone, since the connection holds tables of its own.
    day : last day of knowledge.
    """

    def __init__(self, workspace: Workspace, *, day: date) -> None:
        self._warehouse = workspace.warehouse
        self._day = day

    def history(self, name: str) -> ibis.Table:
        """Return the versions known by the day; none of them superseded by a later one."""
        versions = self._warehouse.history(name)
        day = ibis.literal(self._day)
        return versions.filter(versions.known_at <= day).mutate(
            superseded_at=(versions.superseded_at <= day).ifelse(versions.superseded_at, None)
        )

    def hold(self, name: str, rows: ibis.Table | pd.DataFrame) -> ibis.Table:
        """Keep rows under ``name``, as the warehouse does."""
        return self._warehouse.hold(name, rows)

    def execute_sql(self, sql: str) -> pd.DataFrame:
        """Run a statement over held tables, as the warehouse does."""
        return self._warehouse.execute_sql(sql)

    def execute_arrow(self, sql: str) -> pa.Table:
        """Run a statement over held tables, as the warehouse does."""
        return self._warehouse.execute_arrow(sql)


def rebuild_sample(
    workspace: Workspace,
    features: pd.DataFrame,
    *,
    book: PolicyBook,
    on: date,
    dates: int = SAMPLED_DATES,
) -> pd.DataFrame:
    """Build the rows of a few dates again from records known by then.

    Parameters
    ----------
    features : key (entity_id, as_of); dates spread evenly over its range are taken, whole.
    on : day whose dated numbers shaped ``features``.

    Returns
    -------
    Feature table of the rows of those dates. Cost: one feature build per date.
    """
    days = sorted(features["as_of"].unique())
    picked = [days[int(place)] for place in np.unique(np.linspace(0, len(days) - 1, min(dates, len(days))).astype(int))]
    parts = []
    for day in picked:
        spine = features.loc[features["as_of"] == day, list(KEY)]
        known_day = pd.Timestamp(day).date()
        own = open_workspace(workspace.path, create=False)
        try:
            builder = FeatureBuilder(KnownBy(own, day=known_day), book=book)  # type: ignore[arg-type]
            parts.append(builder.build(spine, on=on))
        finally:
            own.close()
    return pd.concat(parts, ignore_index=True)
