"""Review and publication of results; published results become rows of table ``inspections``."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pandas as pd

from engine.api.plans.book import rows_on
from engine.api.repeated_calls import earlier_call
from engine.api.results.entry import entered_cells, keep_step, load_rows, result_steps
from engine.api.results.grounds import known_facts, officer_departments
from engine.errors import ResultRefusedError, UsageError
from engine.messages import N_, Message
from engine.outcomes.entry import Entry, Refusal, judge
from engine.outcomes.publication import inspection_row
from engine.outcomes.review import CITY_PLAN, Standing, State, require_publishable, require_step
from engine.pipeline.ports import Actor, Clock
from engine.store.ledgers.ledger import digest_of
from engine.store.workspaces.workspace import Workspace


def submit(
    workspace: Workspace,
    keys: Sequence[str],
    *,
    draw_id: str = "",
    department: str = "",
    actor: Actor,
    clock: Clock,
    idempotency_key: str | None = None,
) -> tuple[str, ...]:
    """Hand results in for review; without keys all that the department entered (of a draw). Returns their keys.

    Raises
    ------
    ResultRefusedError
        A result may not be submitted; none is then.
    """
    return _step(
        workspace, keys, State.SUBMITTED, draw_id, department, actor=actor, clock=clock, idempotency_key=idempotency_key
    )


def send_back(
    workspace: Workspace,
    keys: Sequence[str],
    *,
    reason: str,
    department: str = "",
    actor: Actor,
    clock: Clock,
    idempotency_key: str | None = None,
) -> tuple[str, ...]:
    """Return results to who entered them, with the reason; a published one that is wrong, too.

    Raises
    ------
    ResultRefusedError
    """
    if not keys:
        raise UsageError(what=Message(N_("result")), value="", remedy=Message(N_("name the results to return")))
    return _step(
        workspace, keys, State.RETURNED, "", department, reason=reason, actor=actor, clock=clock,
        idempotency_key=idempotency_key,
    )  # fmt: skip


def publish(
    workspace: Workspace,
    keys: Sequence[str],
    *,
    draw_id: str = "",
    department: str = "",
    penalties: Sequence[str] = (),
    actor: Actor,
    clock: Clock,
    idempotency_key: str | None = None,
) -> tuple[str, ...]:
    """Publish submitted results as inspections; without keys all of the department (of a draw).

    Parameters
    ----------
    penalties : penalties to be made public with them; a warning alone is refused.

    Raises
    ------
    ResultRefusedError
        Something may not be published; nothing is then.
    """
    on = clock().date()
    _require_penalties(workspace, penalties, on=on)
    return _step(
        workspace, keys, State.PUBLISHED, draw_id, department, actor=actor, clock=clock, idempotency_key=idempotency_key
    )


def acting_department(workspace: Workspace, given: str, *, actor: Actor, on: date) -> str:
    """Return the department somebody acts for: an officer's own by the register, else the one named.

    Raises
    ------
    ResultRefusedError
        An officer names another department.
    UsageError
        Nobody on the register, and none is named.
    """
    own = officer_departments(workspace, on=on).get(actor.name)
    if own and given and own != given:
        problem = Message(
            N_("{actor} belongs to {own}, not to {other}"), {"actor": actor.name, "own": own, "other": given}
        )
        raise ResultRefusedError(subject=given, problem=problem, reference=CITY_PLAN)
    if not (own or given):
        raise UsageError(what="--department", value="", remedy=Message(N_("name the department you act for")))
    return own or given


def _step(
    workspace: Workspace,
    keys: Sequence[str],
    to: State,
    draw_id: str,
    department: str,
    *,
    reason: str = "",
    actor: Actor,
    clock: Clock,
    idempotency_key: str | None,
) -> tuple[str, ...]:
    own = acting_department(workspace, department, actor=actor, on=clock().date())
    said = [to.value, list(keys), draw_id, own, reason]
    if held := earlier_call(workspace, idempotency_key, said):
        return tuple(one[0] for one in held.particulars["results"])
    with workspace.drawing():
        standing = result_steps(workspace)
        before = State.ENTERED if to is State.SUBMITTED else State.SUBMITTED
        waiting = (
            key
            for key, one in standing.items()
            if one.state is before and one.department == own and draw_id in ("", one.draw_id)
        )
        chosen = [
            require_step(standing, key, to=to, actor=actor.name, department=own, reason=reason)
            for key in dict.fromkeys(keys or waiting)
        ]
        if to is State.PUBLISHED and chosen:
            _make_public(workspace, chosen, actor=actor, clock=clock)
        if chosen:
            results = [(one.key, one.department, one.draw_id) for one in chosen]
            keep_step(
                workspace, to, results, actor=actor, clock=clock, reason=reason, call=digest_of(said),
                idempotency_key=idempotency_key,
            )  # fmt: skip
    return tuple(one.key for one in chosen)


def _make_public(workspace: Workspace, chosen: Sequence[Standing], *, actor: Actor, clock: Clock) -> None:
    on = clock().date()
    cells = entered_cells(workspace, on=on)
    verdicts: list[Entry] = []
    for wordings in sorted({one.wordings for one in chosen}):
        own = [one for one in chosen if one.wordings == wordings]
        rows = [cells[one.result_id] for one in own]
        facts = known_facts(workspace, visits=(row["visit_id"] for row in rows), today=on, wordings=wordings)
        for standing, verdict in zip(own, judge(rows, replace(facts, states={})), strict=True):
            if isinstance(verdict, Refusal):
                raise ResultRefusedError(subject=standing.key, problem=verdict.sentence, reference=verdict.reference)
            verdicts.append(verdict)
    _require_later_day(workspace, chosen, on=on)
    public = [inspection_row(one, published_on=on) for one in verdicts]
    load_rows(workspace, pd.DataFrame(public), table="inspections", actor=actor, clock=clock)


def _require_later_day(workspace: Workspace, chosen: Sequence[Standing], *, on: date) -> None:
    again = [one.key for one in chosen if one.n > 1]
    if not again:
        return
    history = workspace.warehouse.history("inspections")
    same = history.filter(history.inspection_id.isin(again), history.known_at >= on).select("inspection_id").execute()
    if len(same):
        problem = Message(N_("it was published today already; the corrected version can follow tomorrow"))
        raise ResultRefusedError(
            subject=same["inspection_id"].iloc[0],
            problem=problem,
            reference=Message(N_("contract {table}"), {"table": "inspections"}),
        )


def _require_penalties(workspace: Workspace, penalties: Sequence[str], *, on: date) -> None:
    if not penalties:
        return
    rows = rows_on(workspace, "penalties", on=on).set_index("penalty_id")["severity"].to_dict()
    for penalty in penalties:
        if penalty not in rows:
            raise UsageError(what="--penalty", value=penalty, remedy=Message(N_("name a penalty on record")))
        require_publishable(penalty, str(rows[penalty]))
