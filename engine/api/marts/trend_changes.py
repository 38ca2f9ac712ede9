"""What changed between the grades that draws rested on: the model that decides, the grading, the ratios.

A model is read from the grades themselves, so that a switch stands where it took effect; a policy from its dated
values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import pandas as pd

from engine.api.scoring.learned import PROMOTED
from engine.errors import ParameterNotInForceError, TableMissingError
from engine.grading.champions import CHAMPION, read_champions
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.assessment import SCORECARD_MODEL
from engine.store.workspaces.workspace import Workspace

MODEL, GRADING, RATIO = "model", "grading", "ratio"
COLUMNS = ("kind", "population", "name", "before", "after", "on", "reference", "from_as_of", "to_as_of")
NOT_GRADING = (CHAMPION, "grading.share_movement", "grading.override_grounds")
"""Of the policies of grading: the one that shows as its model, and those that grade nobody."""
_KINDS = {"grading.": GRADING, "scorecard.": GRADING, "ratios.": RATIO}


@dataclass(frozen=True, slots=True)
class Graded:
    """The newest grades of one day: the run that wrote them and when it ran."""

    as_of: date
    run_id: str
    ran_at: str


def graded_days(workspace: Workspace) -> list[Graded]:
    """Return every day that has grades, oldest first.

    Raises
    ------
    TableMissingError
        Nothing was graded.
    """
    warehouse = workspace.warehouse
    wrote = set(warehouse.run_ids_of("grades"))
    newest = {run.as_of: run for run in warehouse.runs() if run.run_id in wrote}
    if not newest:
        raise TableMissingError(table="grades", remedy=Message(N_("grade the objects first")))
    return [Graded(day, newest[day].run_id, newest[day].ran_at) for day in sorted(newest)]


def grading_of(workspace: Workspace, entity_ids: pd.Series, *, as_of: date) -> pd.DataFrame:
    """Return ``population`` and ``grade`` of the objects in the newest grades of a day, index ``entity_id``."""
    rows = workspace.warehouse.read("grades", as_of=as_of).select("entity_id", "population", "grade").execute()
    return pd.DataFrame(rows[rows["entity_id"].isin(set(entity_ids))]).set_index("entity_id")


def switches(workspace: Workspace, graded: Sequence[Graded], *, book: PolicyBook) -> pd.DataFrame:
    """Return what changed between the grades of the days on which draws rest, in the order of the days.

    Returns
    -------
    DataFrame, :data:`COLUMNS`: kind ``model`` (name of the population's model ``before`` and ``after``, with its digest
    where it was learned), ``grading`` or ``ratio`` (``name`` of the dated policy); ``on`` the day it holds from;
    ``population`` empty where it holds for all.
    """
    drawn = {run.as_of for run in workspace.warehouse.runs(kind="draw")}
    days = [each for each in graded if each.as_of in drawn]
    models = {each.as_of: _models(workspace, each, book=book) for each in days}
    rows: list[dict[str, object]] = []
    for before, after in pairwise(days):
        span = {"from_as_of": before.as_of, "to_as_of": after.as_of}
        own = [*_model_rows(models, before, after, book=book), *_policy_rows(before, after, book=book)]
        rows += [{**row, **span} for row in sorted(own, key=lambda row: (row["on"], row["kind"], row["name"]))]
    return pd.DataFrame(rows, columns=[*COLUMNS])


def _models(workspace: Workspace, graded: Graded, *, book: PolicyBook) -> dict[str, str]:
    """The model that decided in each population, a learned one with the digest that policy names or was promoted."""
    table = workspace.warehouse.read("grades", run_id=graded.run_id)
    rows = table.filter(table.model.notnull()).select("population", "model").distinct().execute()
    named = rows.sort_values("model").groupby("population")["model"].agg(" + ".join)
    promoted = {
        str(row["population"]): str(row["digest"])
        for entry in workspace.ledger.entries(action=PROMOTED)
        if entry.entered_at <= graded.ran_at
        for row in entry.particulars["promoted"]
    }
    champions = read_champions(book, on=graded.as_of)
    found = {}
    for population, name in named.items():
        digest = champions.digest_of(str(population)) or promoted.get(str(population), "")
        found[str(population)] = name if name == SCORECARD_MODEL else f"{name} {digest[:12]}".strip()
    return found


def _model_rows(
    models: dict[date, dict[str, str]], before: Graded, after: Graded, *, book: PolicyBook
) -> list[dict[str, object]]:
    old, new = models[before.as_of], models[after.as_of]
    rows = []
    for population in sorted({*old, *new}):
        was, now = old.get(population), new.get(population)
        if was is None or now is None or was == now:
            continue
        on, reference = _decided(population, before, after, book=book)
        rows.append(
            {"kind": MODEL, "population": population, "name": CHAMPION, "before": was, "after": now, "on": on,
             "reference": reference}
        )  # fmt: skip
    return rows


def _decided(population: str, before: Graded, after: Graded, *, book: PolicyBook) -> tuple[date, str]:
    """Day and reference of the policy that let another model decide; the day of the first grades where none did."""
    for day in sorted(book.parameter(CHAMPION).values):
        if before.as_of < day <= after.as_of:
            held = read_champions(book, on=day)
            try:
                was = read_champions(book, on=before.as_of).named(population)
            except ParameterNotInForceError:
                was = ""
            if held.named(population) != was:
                return day, held.reference
    return after.as_of, ""


def _policy_rows(before: Graded, after: Graded, *, book: PolicyBook) -> list[dict[str, object]]:
    return [
        {"kind": kind, "population": "", "name": name, "before": "", "after": "", "on": day,
         "reference": dated.reference}
        for name, parameter in sorted(book.parameters.items())
        for beginning, kind in _KINDS.items()
        if name.startswith(beginning) and name not in NOT_GRADING
        for day, dated in sorted(parameter.values.items())
        if before.as_of < day <= after.as_of
    ]  # fmt: skip
