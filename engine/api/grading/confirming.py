"""Grade D is a proposal until a named person confirms it: no decision of weight by program alone.

Whoever started the run, or proposed the override that makes a firm D, is not that person: two look at it.
Source: 个人信息保护法 art. 24 (automated decisions), art. 55 (impact assessment); DOMAIN section 7.
"""

from collections.abc import Sequence

import pandas as pd

from engine.api.grading.monthly_records import finished_of, grade_run_of, manifest_of
from engine.api.scoring.override_book import booked_overrides
from engine.errors import MonthlyRunError
from engine.grading.reviewed import REVIEWED_PREFIX
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock
from engine.scorecard.reasons import sentence
from engine.store.ledgers.ledger import Entry
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import Grade

DECIDED = "grade.decided"
UNNAMED = frozenset({"", "local operator"})
"""Actors that stand for a machine, not for a person."""


def high_risk_grades(workspace: Workspace, run_id: str) -> pd.DataFrame:
    """Return the grades D of a monthly run, corrected ones in their place, with what a person decided.

    Returns
    -------
    DataFrame, key entity_id, sorted by it: population, score, score_grade, override_code, override_reference, model,
    status (proposed, confirmed, rejected), decided_by, reason (null while proposed).
    """
    manifest_of(workspace, run_id)
    rows = workspace.warehouse.read("grades", run_id=grade_run_of(workspace, run_id))
    columns = ["entity_id", "population", "score", "score_grade", "override_code", "override_reference", "model"]
    table = pd.DataFrame(rows.filter(rows.grade == Grade.D.value).select(*columns).execute())
    decided = {entry.particulars["entity_id"]: entry for entry in _decisions(workspace, run_id)}
    held = [decided.get(name) for name in table["entity_id"]]
    return table.assign(
        status=["proposed" if e is None else e.particulars["status"] for e in held],
        decided_by=pd.Series([None if e is None else e.actor for e in held], dtype="object"),
        reason=pd.Series([None if e is None else e.reason for e in held], dtype="object"),
    ).sort_values("entity_id", ignore_index=True)


def confirm_grades(
    workspace: Workspace,
    run_id: str,
    entity_ids: Sequence[str],
    *,
    is_confirmed: bool,
    reason: str,
    actor: Actor,
    clock: Clock,
) -> int:
    """Confirm or reject proposed grades D, all or none, and return how many.

    Raises
    ------
    MonthlyRunError
        An entity has no grade D in the run or was decided already, no reason is given, the actor names no person,
        started the run, or proposed the override that makes the entity D.
    """
    if actor.name in UNNAMED:
        _refuse(run_id, Message(N_("a machine cannot confirm a grade D")), N_("name the person with XINHENG_ACTOR"))
    if not reason.strip():
        _refuse(run_id, Message(N_("no reason is given")), N_("say what was looked at; it stays on record"))
    if actor.name == manifest_of(workspace, run_id).starter:
        problem = Message(N_("{actor} started it and would confirm its grades D"), {"actor": actor.name})
        _refuse(run_id, problem, N_("have a second person look at them"))
    held = high_risk_grades(workspace, run_id).set_index("entity_id")
    status = held["status"]
    own = {
        each.override.entity_id
        for each in booked_overrides(workspace).values()
        if each.proposed_by == actor.name and each.override.grade is Grade.D and each.override.known_on is not None
    }
    by_persons = held.index[held["override_code"].fillna("").str.startswith(REVIEWED_PREFIX)]
    for name in entity_ids:
        if name not in status.index:
            problem = Message(N_("{entity_id} has no grade D in it"), {"entity_id": name})
            _refuse(run_id, problem, N_("check the identifier"))
        if status[name] != "proposed":
            problem = Message(N_("the grade of {entity_id} was decided already"), {"entity_id": name})
            _refuse(run_id, problem, N_("a new decision follows from an objection"))
        if name in own and name in by_persons:
            problem = Message(N_("{actor} proposed grade D for {entity_id}"), {"actor": actor.name, "entity_id": name})
            _refuse(run_id, problem, N_("have a second person look at it"))
    with workspace.decisions.writing() as connection:
        for name in entity_ids:
            workspace.ledger.append(
                DECIDED,
                subject=run_id,
                content={"entity_id": name, "status": "confirmed" if is_confirmed else "rejected"},
                reason=reason,
                actor=actor,
                at=clock(),
                idempotency_key=f"{run_id}:decided:{name}",
                connection=connection,
            )
    return len(entity_ids)


def leading_reasons(workspace: Workspace, run_id: str, *, entity_ids: tuple[str, ...], most: int = 2) -> pd.DataFrame:
    """Return what weighs most in the scores of some entities, as the run, or the correction of a grade, stored it.

    Parameters
    ----------
    entity_ids : few; the reasons of all of a run are many.
    most : at most so many per entity.

    Returns
    -------
    DataFrame, key (entity_id, rank): feature, points, sentence (message). Cost: one filtered scan of the run's reasons.
    """
    done = finished_of(workspace, run_id)
    complete = grade_run_of(workspace, run_id)
    run = complete if done is None or complete != done["runs"]["grade"] else done["runs"]["score"]
    table = workspace.warehouse.read("reasons", run_id=run)
    grades = workspace.warehouse.read("grades", run_id=complete)
    own = table.filter(table.entity_id.isin(list(entity_ids)))
    deciding = grades.filter(grades.entity_id.isin(list(entity_ids))).select("entity_id", "model")
    rows = pd.DataFrame(own.inner_join(deciding, ["entity_id", "model"]).order_by("entity_id", "rank").execute())
    rows = rows.groupby("entity_id", sort=True).head(most).reset_index(drop=True)
    said = [sentence(template, params) for template, params in zip(rows["template"], rows["params"], strict=True)]
    rows = rows.assign(sentence=pd.Series(said, dtype="object", index=rows.index))
    return rows[["entity_id", "rank", "feature", "points", "sentence"]]


def _decisions(workspace: Workspace, run_id: str) -> list[Entry]:
    return workspace.ledger.entries(action=DECIDED, subject=run_id)


def _refuse(run_id: str, problem: Message, remedy: str) -> None:
    raise MonthlyRunError(run=run_id, problem=problem, remedy=Message(remedy))
