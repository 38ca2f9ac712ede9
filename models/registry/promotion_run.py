"""Promotions over a workspace: the rule on a backtest run's figures, the office, the draft that lets it decide."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd

from engine.api.grading.champion_history import champion_parameter
from engine.api.scoring.learned import promotion_of, promotions
from engine.api.workspace import Workspace
from engine.errors import PromotionRefusedError, TableMissingError
from engine.grading.champions import CHAMPION, PINNED, read_champions
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.assessment import SCORECARD_MODEL
from engine.pipeline.ports import Actor
from engine.store.documents import write_parameters
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.warehouse import Run
from engine.vocabulary import whole_population
from models.fitting.training import load_model
from models.judging.backtest_summary import GAINS_TABLE
from models.judging.promotion import Verdict, judge_promotion, objections_told
from models.judging.window_fits import GENERAL, STANDING
from models.learners.learned import MODEL_NAME
from models.registry.index import register, registered_digest
from models.stored.artifact import FittedModel

KIND = "backtest"


def standing_digests(workspace: Workspace, *, book: PolicyBook, names: Sequence[str], on: date) -> dict[str, str]:
    """Return the digest of the stored model that decides each population on a day; none where the scorecard does."""
    champions, held = read_champions(book, on=on), promotions(workspace)
    found = {
        name: promotion_of(held, champions, population=name) for name in names if champions.of(name) != SCORECARD_MODEL
    }
    return {name: promotion.digest for name, promotion in found.items() if promotion is not None}


def standing_models(workspace: Workspace, digests: Mapping[str, str], *, before: date) -> dict[str, FittedModel]:
    """Return those of the stored models that learned only from results known before a day, by population."""
    held = {name: load_model(workspace, digest=digest) for name, digest in digests.items()}
    return {name: model for name, model in held.items() if date.fromisoformat(model.card.window.known_by) < before}


def run_verdicts(
    workspace: Workspace,
    gains: pd.DataFrame,
    manifest: Mapping[str, Any],
    *,
    names: Sequence[str],
    book: PolicyBook,
    on: date,
) -> list[Verdict]:
    """Apply the rule to populations of a backtest run, against what decides on a day.

    Parameters
    ----------
    gains : table ``backtest_gains`` of the run. manifest : what it started from, as stored.
    """
    champions = read_champions(book, on=on)
    deciding = standing_digests(workspace, book=book, names=names, on=on)
    judged = manifest.get("standing", {})
    verdicts = []
    for name in names:
        digest = deciding.get(name)
        is_judged = digest is not None and judged.get(name) == digest
        also = [GENERAL] if whole_population(name) != name else []
        verdicts.append(
            judge_promotion(
                gains,
                population=name,
                champion=STANDING if is_judged else champions.of(name),
                challenger=manifest.get("model", MODEL_NAME),
                leaks=manifest["leaks"].get(name, []),
                last_day=date.fromisoformat(manifest["last_known"]),
                mature_on=date.fromisoformat(manifest["mature_on"]),
                also=also,
                unjudged=None if is_judged else digest,
            )
        )
    return verdicts


def promote_run(
    workspace: Workspace, *, run_id: str, populations: Sequence[str] | None, actor: Actor, at: datetime
) -> dict[str, Any]:
    """Promote the challengers that a backtest run earned their place, all asked for or none.

    Parameters
    ----------
    run_id : run of kind ``backtest``.
    populations : None = all of the run.

    Returns
    -------
    ``{run_id, promoted: [{population, digest, policy}], draft}``; ``policy`` is the entry of ``grading.champion`` that
    lets the model decide the class, ``draft`` a file with it and all that stands, for ``xinheng policy draft``.

    Raises
    ------
    TableMissingError
        There is no such run, or no challenger was trained.
    PromotionRefusedError
        A population's figures do not carry it; every objection is named, the refusal is on record.
    """
    run = _backtest_run(workspace, run_id)
    manifest = json.loads(run.manifest)
    gains = workspace.warehouse.read(GAINS_TABLE, run_id=run_id).execute()
    names = list(populations) if populations else sorted(manifest["test_sets"])
    book = policies_of(workspace, manifest["profile"])
    verdicts = run_verdicts(workspace, gains, manifest, names=names, book=book, on=max(run.as_of, at.date()))
    refused = [verdict for verdict in verdicts if not verdict.is_passed]
    if refused:
        content = {verdict.population: objections_told(verdict) for verdict in refused}
        workspace.ledger.append("model.promotion_refused", subject=run_id, content=content, actor=actor, at=at)
        raise PromotionRefusedError(run=run_id, objections=_joined(refused))
    models = [_trained(workspace, name, model=manifest.get("model", MODEL_NAME)) for name in names]
    promoted = []
    named = {name: f"{model.card.name}{PINNED}{model.digest}" for name, model in zip(names, models, strict=True)}
    for name, model in zip(names, models, strict=True):
        register(workspace, model, alias="champion")
        promoted.append(
            {"population": name, "digest": model.digest, "policy": f"populations: {{{name}: {named[name]}}}"}
        )
    workspace.ledger.append("model.promoted", subject=run_id, content={"promoted": promoted}, actor=actor, at=at)
    draft = workspace.path / "reports" / f"{run_id}-champion.yaml"
    draft.parent.mkdir(parents=True, exist_ok=True)
    value = champion_parameter(book, named, reference=run_id, today=at.date())
    write_parameters(draft, {CHAMPION: value})
    return {"run_id": run_id, "promoted": promoted, "draft": str(draft)}


def _backtest_run(workspace: Workspace, run_id: str) -> Run:
    for run in workspace.warehouse.runs(kind=KIND):
        if run.run_id == run_id:
            return run
    raise TableMissingError(
        table=Message(N_("backtest {run}"), {"run": run_id}), remedy=Message(N_("run xinheng backtest first"))
    )


def _trained(workspace: Workspace, population: str, *, model: str) -> FittedModel:
    digest = registered_digest(workspace, name=f"{model}-{population}", alias="challenger")
    if digest is None:
        raise TableMissingError(
            table=Message(N_("trained model of {population}"), {"population": population}),
            remedy=Message(N_("run xinheng train first")),
        )
    return load_model(workspace, digest=digest)


def _joined(verdicts: Sequence[Verdict]) -> Message:
    """All objections as one sentence, each after the population it speaks of."""
    parts = [
        Message(N_("{population}: {objection}"), {"population": verdict.population, "objection": objection})
        for verdict in verdicts
        for objection in verdict.objections
    ]
    joined = parts[0]
    for part in parts[1:]:
        joined = Message(N_("{first}; {second}"), {"first": joined, "second": part})
    return joined
