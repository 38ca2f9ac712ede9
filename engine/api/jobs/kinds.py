"""The kinds of long work that can be asked for at a desk: what each takes, does and gives back."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from engine.access.rights import Action
from engine.api.draws.order import DrawOrder
from engine.draw.entropy.sources import EntropyValue
from engine.errors import UsageError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock, Progress
from engine.store.ledgers.ledger import canonical
from engine.store.workspaces.workspace import Workspace

PROFILE = "default"


@dataclass(frozen=True, slots=True)
class Call:
    """Who has the work done, by which clock, where progress goes, and the signing key handed over for it, if any."""

    actor: Actor
    clock: Clock
    progress: Progress
    key: bytes | None = None


Work = Callable[[Workspace, Mapping[str, str], Call], Mapping[str, Any]]


def _marts(workspace: Workspace, asked: Mapping[str, str], call: Call) -> Mapping[str, Any]:
    from engine.api.marts.building import build_marts

    made = build_marts(workspace, actor=call.actor, clock=call.clock, progress=call.progress)
    if made is None:
        return {}
    return {"run_id": made.run_id, "n_scopes": len(made.scopes), "n_rows": made.n_rows}


def _what_if(workspace: Workspace, asked: Mapping[str, str], call: Call) -> Mapping[str, Any]:
    from engine.api.marts.what_if import build_what_if

    made = build_what_if(
        workspace,
        as_of=date.fromisoformat(asked["as_of"]),
        profile=PROFILE,
        actor=call.actor,
        clock=call.clock,
        progress=call.progress,
    )
    return {} if made is None else {"run_id": made}


def _league(workspace: Workspace, asked: Mapping[str, str], call: Call) -> Mapping[str, Any]:
    from engine.api.marts.league import build_league

    made = build_league(
        workspace,
        as_of=call.clock().date(),
        profile=PROFILE,
        actor=call.actor,
        clock=call.clock,
        progress=call.progress,
    )
    return {} if made is None else {"run_id": made}


def _verify(workspace: Workspace, asked: Mapping[str, str], call: Call) -> Mapping[str, Any]:
    from engine.api.draws.verification import verify
    from engine.api.reading.draws import draws

    bundle = next((each.bundle for each in draws(workspace) if each.draw_id == asked["draw_id"]), None)
    if bundle is None:
        raise UsageError(what="draw", value=asked["draw_id"], remedy=Message(N_("there is no such draw")))
    call.progress(Message(N_("recomputing draw {draw_id}"), {"draw_id": asked["draw_id"]}))
    found = verify(bundle, expect_commit=asked.get("expect_commit") or None, expect_entropy=None)
    return {"ok": found.ok, "failed": [check.name for check in found.checks if check.state.value == "failed"]}


def order_asked(*, draw_id: str, as_of: date, lines: tuple[str, ...], events: Mapping[str, str]) -> dict[str, str]:
    """Return what is asked of ``commit_draw`` besides times, which follow from the events, and its seed."""
    return {
        "draw_id": draw_id,
        "as_of": as_of.isoformat(),
        "lines": canonical(list(lines)),
        "events": canonical([[source, number] for source, number in events.items()]),
    }


def _order(asked: Mapping[str, str]) -> DrawOrder:
    events = dict(json.loads(asked["events"]))
    return DrawOrder(
        draw_id=asked["draw_id"],
        as_of=date.fromisoformat(asked["as_of"]),
        lines=tuple(json.loads(asked["lines"])),
        events=events,
        not_before=datetime.fromisoformat(asked["not_before"]),
        deadlines=dict.fromkeys(events, datetime.fromisoformat(asked["deadline"])),
    )


def _commit(workspace: Workspace, asked: Mapping[str, str], call: Call) -> Mapping[str, Any]:
    from engine.api.committing.commitment import commit_draw
    from engine.api.draws.signing import taken_key

    made = commit_draw(
        workspace,
        _order(asked),
        profile=PROFILE,
        actor=call.actor,
        clock=call.clock,
        simulation_seed=_seed(asked),
        key=taken_key(call.key),
        progress=call.progress,
    )
    return {"draw_id": made.draw_id, "commit_digest": made.commit_digest}


def _preview(workspace: Workspace, asked: Mapping[str, str], call: Call) -> Mapping[str, Any]:
    """Work out what would be committed now; nothing is written."""
    from engine.api.committing.rehearsal import preview_draw

    seen = preview_draw(
        workspace,
        _order(asked),
        profile=PROFILE,
        at=call.clock(),
        simulation_seed=_seed(asked),
        progress=call.progress,
    )
    return seen.told()


def _seed(asked: Mapping[str, str]) -> int | None:
    return int(asked["seed"]) if asked.get("seed") else None


def values_asked(values: tuple[EntropyValue, ...]) -> str:
    """Return the values of public events as a job's question holds them."""
    return canonical([asdict(value) for value in values])


def _run(workspace: Workspace, asked: Mapping[str, str], call: Call) -> Mapping[str, Any]:
    from engine.api.draws.running import run_draw
    from engine.api.draws.signing import taken_key

    made = run_draw(
        workspace,
        asked["draw_id"],
        values=[EntropyValue(**value) for value in json.loads(asked["values"])],
        actor=call.actor,
        clock=call.clock,
        key=taken_key(call.key),
        progress=call.progress,
    )
    return {"draw_id": made.draw_id, "visits": made.visits, "checks": made.checks}


def _monthly(workspace: Workspace, asked: Mapping[str, str], call: Call) -> Mapping[str, Any]:
    """The month, and after it the tables of the pages, so that nobody waits for them."""
    from engine.api.grading.monthly import run_monthly
    from engine.api.marts.building import build_marts

    ran = run_monthly(
        workspace,
        as_of=date.fromisoformat(asked["as_of"]),
        profile=PROFILE,
        actor=call.actor,
        clock=call.clock,
        progress=call.progress,
    )
    build_marts(workspace, actor=call.actor, clock=call.clock, progress=call.progress)
    return {"run_id": ran.run_id, "as_of": ran.as_of.isoformat()}


def _measure(workspace: Workspace, asked: Mapping[str, str], call: Call) -> Mapping[str, Any]:
    """Measure the draws that used the newest grades, and make the pages' tables of it."""
    from engine.api.marts.building import build_marts
    from engine.api.policies.check import read_policies
    from engine.api.results.draw import draws_of_newest_grades, measure

    draws = draws_of_newest_grades(workspace)
    call.progress(Message(N_("Measure what was found")))
    book = read_policies(PROFILE, workspace=workspace)
    made = measure(workspace, draw_ids=draws, book=book, actor=call.actor, clock=call.clock)
    build_marts(workspace, actor=call.actor, clock=call.clock, progress=call.progress)
    rates = made[made["measure"] == "base_rate"]
    return {"draws": ", ".join(draws), "n": int(rates["n"].sum()), "hits": int(rates["hits"].sum())}


def _rescore(workspace: Workspace, asked: Mapping[str, str], call: Call) -> Mapping[str, Any]:
    """Compute a grade again from the records as they stand today; nothing is written."""
    from engine.api.grading.rescoring import rescore

    call.progress(Message(N_("read the records as they stand today")))
    return rescore(workspace, asked["run_id"], asked["entity_id"], known_by=call.clock().date()).told()


def _keep_rescore(workspace: Workspace, asked: Mapping[str, str], call: Call) -> Mapping[str, Any]:
    """Keep the corrected grade that an upheld objection asks for."""
    from engine.api.grading.rescoring import keep_rescore

    call.progress(Message(N_("read the records as they stand today")))
    kept = keep_rescore(
        workspace,
        asked["objection_id"],
        entity_id=asked["entity_id"],
        reason=asked["reason"],
        actor=call.actor,
        clock=call.clock,
    )
    return kept.told()


KINDS: Mapping[str, tuple[Work, Action, str]] = {
    "marts": (_marts, Action.RUN_JOB, N_("Make the tables of the pages ready")),
    "what_if": (_what_if, Action.TRY_RATIOS, N_("Prepare the frame of the next draw")),
    "league": (_league, Action.RUN_JOB, N_("Count departments and districts anew")),
    "verify_draw": (_verify, Action.SEE_DRAWS, N_("Recompute a draw from its bundle")),
    "commit_draw": (_commit, Action.COMMIT_DRAW, N_("Freeze a frame and commit")),
    "preview_draw": (_preview, Action.COMMIT_DRAW, N_("Work out a draw before it is committed")),
    "run_draw": (_run, Action.RUN_DRAW, N_("Draw objects and teams")),
    "monthly": (_monthly, Action.RUN_JOB, N_("Run the month")),
    "measure": (_measure, Action.RUN_JOB, N_("Measure the results of the draws")),
    "rescore": (_rescore, Action.SEE_ENTITIES, N_("Compute a contested grade again")),
    "keep_rescore": (_keep_rescore, Action.DECIDE_OBJECTION, N_("Keep a corrected grade")),
}
"""What can be asked: the work, the right it takes, what people call it."""
ABOUT: Mapping[str, str] = {"rescore": "entity_id", "keep_rescore": "entity_id"}
"""Kinds of work about one object, and where in the question it stands: it must be in sight of whoever asks."""
KEYED = frozenset({"commit_draw", "run_draw"})
"""Kinds that may need a signing key, which no record keeps."""
WHOLE = frozenset({"preview_draw"})
"""Kinds whose result counts every district: for whoever sees everything."""
