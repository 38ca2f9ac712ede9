"""Does joint punishment work: re-offence within twelve months after a measure, beside like firms without one.

Read from inspections, listings of measures applied and the register; an association, labelled so wherever it is shown.
"""

from datetime import date

import numpy as np
import pandas as pd

from engine.api.punishment.book import case_rows
from engine.errors import UndefinedEstimateError
from engine.estimation.outcome import REACHED, Outcome, classify_outcomes
from engine.estimation.recurrence import Recurrence, recurrence
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import SelectionMode
from engine.windows import is_known

INTERVAL_LEVEL = "estimation.interval_level"
COVARIATES = ("n_earlier", "n_checks", "is_penalised", "population_code")
LABEL = N_("An association, no proof of cause: like firms were compared, and what nobody recorded may still differ.")
_LOOKBACK = pd.Timedelta(days=730)
_DRAWN = (SelectionMode.RANDOM.value, SelectionMode.FILTERED_DRAW.value)
_GONE = ("closed", "revoked", "cancelled")
_MOST = 2


def punishment_effect(workspace: Workspace, *, book: PolicyBook, as_of: date) -> Recurrence:
    """Return how often random checks find a violation in the twelve months after a measure, beside like firms without.

    Only rows of draws speak, each with the inverse of its inclusion probability. Like firms share the quarter of the
    finding, the days since it, earlier findings and checks of 24 months (none, one, more), a penalty in that time, and
    the kind of object.

    Raises
    ------
    UndefinedEstimateError
        No measure was applied, or too little was checked to compare.
    """
    checks = _checks(workspace, as_of=as_of)
    findings = findings_with_measures(workspace, checks, as_of=as_of)
    if findings["measured_on"].isna().all():
        raise UndefinedEstimateError(
            measure=Message(N_("the effect of measures")), reason=Message(N_("no measure followed a finding yet"))
        )
    drawn = checks[checks["selection_mode"].isin(_DRAWN) & checks["inclusion_probability"].notna()]
    level = float(book.value(INTERVAL_LEVEL, on=as_of))
    return recurrence(findings, drawn, covariates=COVARIATES, last_day=pd.Timestamp(as_of), level=level)


def findings_with_measures(workspace: Workspace, checks: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """Return one row per (entity, day) with a violation: what was known then, and the measure that followed it.

    Parameters
    ----------
    checks : every check that reached somebody; entity_id, occurred_on, is_adverse.
    """
    worst = checks.groupby(["entity_id", "occurred_on"])["is_adverse"].max().reset_index()
    days = pd.DataFrame(worst).sort_values(["entity_id", "occurred_on"], ignore_index=True)
    days["n_checks"] = _before(days, days).clip(upper=_MOST)
    found = days[days["is_adverse"]].reset_index(drop=True)
    found["n_earlier"] = _before(found, found).clip(upper=_MOST)
    penalties = _rows(workspace, "penalties", ["entity_id", "occurred_on"], as_of=as_of)
    found["is_penalised"] = (_before(found, penalties) > 0).astype(int)
    entities = _rows(workspace, "entities", ["entity_id", "population", "status", "known_at"], as_of=as_of)
    kinds = {name: at for at, name in enumerate(sorted(entities["population"].dropna().unique()))}
    code_of = dict(zip(entities["entity_id"], entities["population"].map(kinds), strict=True))
    found["population_code"] = [code_of.get(name, -1) for name in found["entity_id"]]
    left = entities[entities["status"].isin(_GONE)]
    gone = dict(zip(left["entity_id"], pd.to_datetime(left["known_at"]), strict=True))
    found["gone_on"] = pd.Series(
        [gone.get(name) for name in found["entity_id"]], index=found.index, dtype="datetime64[ns]"
    )
    measured = _applied(workspace, as_of=as_of)
    found = found.rename(columns={"occurred_on": "found_on"}).sort_values("found_on", ignore_index=True)
    joined = pd.merge_asof(
        found, measured, left_on="found_on", right_on="measured_on", by="entity_id", direction="forward",
        allow_exact_matches=False,
    )  # fmt: skip
    next_on = joined.sort_values(["entity_id", "found_on"]).groupby("entity_id")["found_on"].shift(-1)
    is_own = joined["measured_on"].lt(next_on.reindex(joined.index)) | next_on.reindex(joined.index).isna()
    return joined.assign(measured_on=joined["measured_on"].where(is_own))


def _applied(workspace: Workspace, *, as_of: date) -> pd.DataFrame:
    rows = case_rows(workspace, on=as_of)
    rows = rows[rows["event"] == "applied"]
    found = pd.DataFrame({"entity_id": rows["entity_id"], "measured_on": _days(rows["occurred_on"])})
    return found.drop_duplicates().sort_values("measured_on", ignore_index=True)


def _checks(workspace: Workspace, *, as_of: date) -> pd.DataFrame:
    columns = ["entity_id", "occurred_on", "result_codes", "selection_mode", "inclusion_probability"]
    rows = _rows(workspace, "inspections", columns, as_of=as_of)
    outcome = classify_outcomes(rows["result_codes"])
    rows = rows.assign(is_adverse=outcome == Outcome.VIOLATION)[outcome.isin(REACHED)]
    return rows.drop(columns="result_codes").reset_index(drop=True)


def _rows(workspace: Workspace, table: str, columns: list[str], *, as_of: date) -> pd.DataFrame:
    history = workspace.warehouse.history(table)
    rows = pd.DataFrame(history.filter(is_known(history, on=as_of)).select(*columns).execute())
    return rows.assign(occurred_on=_days(rows["occurred_on"])) if "occurred_on" in rows else rows


def _days(values: pd.Series) -> pd.Series:
    return pd.to_datetime(values).astype("datetime64[ns]")


def _before(rows: pd.DataFrame, events: pd.DataFrame) -> pd.Series:
    """How many events of its entity lie in the 24 months before the day of each row, the day itself not counted."""
    names = pd.Index(pd.unique(pd.concat([rows["entity_id"], events["entity_id"]])))
    day = np.timedelta64(1, "D")
    span = 200_000
    keys = np.sort(names.get_indexer(events["entity_id"]) * span + _number(events["occurred_on"], day))
    own = names.get_indexer(rows["entity_id"]) * span
    on = _number(rows["occurred_on"], day)
    n = np.searchsorted(keys, own + on) - np.searchsorted(keys, own + on - int(_LOOKBACK / day))
    return pd.Series(n, index=rows.index)


def _number(days: pd.Series, day: np.timedelta64) -> np.ndarray:
    return np.asarray((days.to_numpy() - np.datetime64("1900-01-01", "ns")) // day, dtype=np.int64)
