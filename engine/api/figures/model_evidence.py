"""What a backtest stored of one population, as somebody reads it who decides on a model: nothing is computed anew.

Means over the windows with what the judged model gains over every other score in pairs, what its chances were worth,
the rule's verdict when the backtest ran, and groups of firms beside a reference group under dated limits.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from engine.api.figures.score_lift import BACKTEST, kept_backtest
from engine.api.grading.champion_history import OTHERS, Deciding, champion_history, deciding_now
from engine.api.grading.model_governance import REFUSED
from engine.api.scoring.learned import Promotion, promotions
from engine.errors import TableMissingError
from engine.grading.model_limits import ParityLimits, Standing, read_parity_limits
from engine.messages import N_, Message, Translate, revived
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.warehouse import Run
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import SCORE_NAMES

PARITY_COLUMNS = (
    "grouping", "group", "n", "findings", "expected", "observed_to_expected", "low", "high", "is_reference",
    "to_reference", "reference_low", "reference_high", "miss_rate", "miss_low", "miss_high", "is_apart",
    "is_missed_apart",
)  # fmt: skip
COMPARED_COLUMNS = (
    "score", "is_judged", "is_best_other", "auc", "auc_low", "auc_high", "precision", "precision_low", "precision_high",
    "gain", "gain_low", "gain_high", "gain_days_low", "gain_days_high", "precision_gain", "precision_gain_low",
    "precision_gain_high",
)  # fmt: skip
RESAMPLED = {"entity_id": N_("firms"), "occurred_on": N_("days")}
"""What intervals resample, in words."""
AS_TOLD = "{told}"
EXPLAINING = ("inspector_only", "model_with_inspector", "model_inspector_adjusted")
"""Scores that stand in a backtest to say what inspectors explain; nobody could order visits by them."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rule of promotion said when the backtest ran.

    Parameters
    ----------
    champion : name of the score that decided then. is_passed : whether nothing stood against the judged model.
    objections : what did.
    """

    champion: str
    is_passed: bool
    objections: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One population in one backtest.

    Parameters
    ----------
    run_id, population : which. model : name of the judged score. ran_at : RFC 3339. actor : who ran it.
    windows : rows of :func:`engine.api.figures.score_lift.kept_backtest`.
    compared : :data:`COMPARED_COLUMNS`, the judged model first, then by rising gain.
    chances : n, n_entities, findings, expected, observed_to_expected, brier, base_brier, slope with limits; None where
        an older program ran it.
    parity : :data:`PARITY_COLUMNS` with ``standing``; None likewise, or where no grouping tells firms apart.
    limits : those that judge parity. verdict : None likewise.
    standing : digest of the stored model that was judged beside it as the one that decided, empty without.
    mature_on, last_known : days by which every result of the last window is known, and on which the records ended.
    test_digest, times_scored : which test rows, and how often they had been looked at (0 = not stored).
    leaks : columns that were not known in time. basis : which rows were learned from, catalogue key.
    caveats : catalogue keys of what stands beside any figure of these records.
    """

    run_id: str
    population: str
    model: str
    ran_at: str
    actor: str
    windows: pd.DataFrame
    compared: pd.DataFrame
    chances: Mapping[str, Any] | None
    parity: pd.DataFrame | None
    limits: ParityLimits
    verdict: Verdict | None
    standing: str
    mature_on: date
    last_known: date
    test_digest: str
    times_scored: int
    leaks: tuple[str, ...]
    basis: str
    caveats: tuple[str, ...]

    @property
    def own(self) -> Mapping[str, Any]:
        """The row of the judged model."""
        return {str(name): value for name, value in self.compared[self.compared["is_judged"]].iloc[0].items()}


@dataclass(frozen=True, slots=True)
class Contest:
    """Who decides a population, and who would: what a person reads who lets one of them.

    Parameters
    ----------
    now : who decides on the day. champion : the backtest that the deciding model won, None for the scorecard and where
        it is not there. challenger : the newest other backtest of the population, None without. waiting : the last
        promotion, where policy does not let that model decide, neither now nor later.
    """

    now: Deciding
    champion: Evidence | None
    challenger: Evidence | None
    waiting: Promotion | None


def contest(workspace: Workspace, *, population: str, profile: str, on: date) -> Contest:
    """Return champion and challenger of a population on a day."""
    now = deciding_now(workspace, population, profile=profile, on=on)
    asked = {"population": population, "profile": profile, "on": on}
    newest = [run for run in backtests_of(workspace, population) if run != now.promotion][:1]
    champion = evidence(workspace, run_id=now.promotion, **asked) if now.promotion else None  # type: ignore[arg-type]
    challenger = evidence(workspace, run_id=newest[0], **asked) if newest else None  # type: ignore[arg-type]
    own = [each for each in promotions(workspace) if each.population == population]
    deciding = {each.digest for each in champion_history(workspace, profile=profile) if each.population == population}
    waiting = own[-1] if own and own[-1].digest not in deciding else None
    return Contest(now, champion, challenger, waiting)


def model_populations(workspace: Workspace, *, profile: str) -> tuple[str, ...]:
    """Return the populations for which somebody may let a model decide: graded, judged or named by policy; sorted."""
    runs = workspace.require().warehouse.runs(kind=BACKTEST)
    judged = {str(name) for run in runs for name in json.loads(run.manifest).get("test_sets", {})}
    named = {each.population for each in champion_history(workspace, profile=profile)} - {OTHERS}
    try:
        shares = workspace.warehouse.read("grade_shares").select("population").distinct().execute()["population"]
    except TableMissingError:
        shares = pd.Series(dtype=str)
    return tuple(sorted({*judged, *named, *map(str, shares)}))


def backtests_of(workspace: Workspace, population: str) -> tuple[str, ...]:
    """Return the backtest runs that judged a population, the newest first. Cost: their manifests."""
    runs = workspace.require().warehouse.runs(kind=BACKTEST)
    return tuple(run.run_id for run in reversed(runs) if population in json.loads(run.manifest).get("test_sets", {}))


def evidence(workspace: Workspace, *, population: str, run_id: str, profile: str, on: date) -> Evidence | None:
    """Return what a backtest stored of a population; None where it did not judge it, or is not there.

    Parameters
    ----------
    on : day whose limits judge parity.
    """
    kept = kept_backtest(workspace, population=population, run_id=run_id)
    run = next((run for run in workspace.warehouse.runs(kind=BACKTEST) if run.run_id == run_id), None)
    if kept is None or run is None:
        return None
    said = json.loads(run.manifest)
    limits = read_parity_limits(policies_of(workspace, profile), on=on)
    gains = _own(workspace, "backtest_gains", run, population)
    chances = _own(workspace, "backtest_chances", run, population)
    model = str(said["model"])
    return Evidence(
        run_id=run_id,
        population=population,
        model=model,
        ran_at=run.ran_at,
        actor=run.actor,
        windows=kept.windows,
        compared=_compared(gains, model=model),
        chances=None if chances.empty else {str(name): value for name, value in chances.iloc[0].items()},
        parity=_parity(_own(workspace, "backtest_parity", run, population), limits),
        limits=limits,
        verdict=_verdict(_own(workspace, "backtest_verdicts", run, population)),
        standing=str(said.get("standing", {}).get(population, "")),
        mature_on=date.fromisoformat(said["mature_on"]),
        last_known=date.fromisoformat(said["last_known"]),
        test_digest=str(said["test_sets"][population]),
        times_scored=int(said.get("times_scored", {}).get(population, 0)),
        leaks=tuple(said["leaks"].get(population, ())),
        basis=str(said.get("bases", {}).get(population, "")),
        caveats=tuple(said.get("caveats", ())),
    )


def as_json(found: Evidence, translate: Translate) -> dict[str, Any]:
    """Return the evidence as a command prints it; objections in the language of ``translate``."""
    told = {name: getattr(found, name) for name in _PLAIN}
    verdict = found.verdict
    return {
        **told,
        "mature_on": found.mature_on.isoformat(),
        "last_known": found.last_known.isoformat(),
        "compared": found.compared.to_dict("records"),
        "windows": found.windows.to_dict("records"),
        "chances": None if found.chances is None else dict(found.chances),
        "parity": None if found.parity is None else found.parity.to_dict("records"),
        "verdict": None
        if verdict is None
        else {
            "champion": verdict.champion,
            "is_passed": verdict.is_passed,
            "objections": [each.render(translate) for each in verdict.objections],
        },
    }


_PLAIN = ("run_id", "population", "model", "ran_at", "actor", "standing", "test_digest", "times_scored", "basis")


def _own(workspace: Workspace, table: str, run: Run, population: str) -> pd.DataFrame:
    try:
        rows = workspace.warehouse.read(table, run_id=run.run_id)
    except TableMissingError:
        return pd.DataFrame()
    return pd.DataFrame(rows.filter(rows["population"] == population).execute())


def _compared(gains: pd.DataFrame, *, model: str) -> pd.DataFrame:
    """One row per score from rows by measure and by what was resampled."""
    rows = []
    for score, own in gains.groupby("score", sort=False):
        if score in EXPLAINING:
            continue
        by = {(row["measure"], row["resampled_by"]): row for row in own.to_dict("records")}
        area, days = by["auc", "entity_id"], by.get(("auc", "occurred_on"), {})
        top = by.get(("precision_at_10", "entity_id"), {})
        rows.append(
            {
                "score": score,
                "is_judged": score == model,
                "is_best_other": bool(area["is_best_other"]),
                **{f"auc{end}": area[f"mean_{name}"] for end, name in _ENDS},
                **{f"precision{end}": top.get(f"mean_{name}") for end, name in _ENDS},
                **{f"gain{end}": area[f"gain_{name}"] for end, name in _ENDS},
                "gain_days_low": days.get("gain_low"),
                "gain_days_high": days.get("gain_high"),
                **{f"precision_gain{end}": top.get(f"gain_{name}") for end, name in _ENDS},
            }
        )
    table = pd.DataFrame(rows, columns=list(COMPARED_COLUMNS))
    return table.sort_values(["is_judged", "gain"], ascending=[False, True], kind="stable", ignore_index=True)


_ENDS = (("", "value"), ("_low", "low"), ("_high", "high"))


def _parity(rows: pd.DataFrame, limits: ParityLimits) -> pd.DataFrame | None:
    if rows.empty or "to_reference" not in rows:
        return None
    standing = [
        Standing.PASS
        if row["is_reference"]
        else limits.verdict(
            float(row["to_reference"]),
            float(row["reference_low"]),
            float(row["reference_high"]),
            is_missed_apart=bool(row["is_missed_apart"]),
        )
        for row in rows.to_dict("records")
    ]
    return rows[list(PARITY_COLUMNS)].assign(standing=[str(each) for each in standing])


def refusals(workspace: Workspace) -> tuple[tuple[str, str, Message], ...]:
    """Return why promotions were refused: backtest run, population, sentence; the newest refusal first."""
    return tuple(
        (entry.subject, str(population), objection(each))
        for entry in reversed(workspace.require().ledger.entries(action=REFUSED))
        for population, held in entry.particulars.items()
        for each in held
    )


def _verdict(rows: pd.DataFrame) -> Verdict | None:
    if rows.empty:
        return None
    row = rows.iloc[0]
    told = json.loads(row["objections"])
    return Verdict(str(row["champion"]), bool(row["is_passed"]), tuple(objection(each) for each in told))


def objection(told: Mapping[str, Any] | str) -> Message:
    """Return a stored objection as a sentence in which scores are called as people call them."""
    if isinstance(told, str):  # kept by a program that stored the sentence itself
        return Message(AS_TOLD, {"told": told})
    message = revived(told["template"], told["params"])
    score = message.params.get("score")
    named = {"score": Message(SCORE_NAMES[str(score)])} if score in SCORE_NAMES else {}
    by = {"by": Message(RESAMPLED[str(message.params["by"])])} if message.params.get("by") in RESAMPLED else {}
    return Message(message.template, {**message.params, **named, **by})
