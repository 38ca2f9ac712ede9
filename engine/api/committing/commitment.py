"""Committing to a draw: frame, ratios, roster and rule are frozen before the public events take place."""

import pandas as pd

from engine.api.committing.preparation import prepare_draw, unit_table
from engine.api.committing.warnings import commitment_warnings
from engine.api.draws.life import step
from engine.api.draws.order import COMMITTED, CommittedDraw, DrawOrder
from engine.api.draws.origin import require_uncommitted
from engine.api.draws.signing import Signer, append_signature, make_signature
from engine.api.plans.drawing import Mandate
from engine.api.scoring.assessment import said
from engine.draw.committing.signatures import COMMITMENT
from engine.draw.protocol.encoding import canonical_json
from engine.pipeline.drawing import frame_table
from engine.pipeline.framing import Framed
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.registers.plan_lines import ratio_text
from engine.store.draws.folders import DrawFolder, PrivateDraw
from engine.store.workspaces.workspace import Workspace


def commit_draw(
    workspace: Workspace,
    order: DrawOrder,
    *,
    profile: str,
    actor: Actor,
    clock: Clock,
    simulation_seed: int | None = None,
    key: bytes | None = None,
    progress: Progress = silent,
) -> CommittedDraw:
    """Freeze the frame of a draw and publish its commitment under the first signature; a second person signs it next.

    Parameters
    ----------
    profile : policy profile whose ratios apply.
    simulation_seed : None for a real draw; a seed makes a simulated one, marked as such everywhere.
    key : private signing key of the acting person; None only for a simulated draw.

    Raises
    ------
    TableMissingError
        Nothing was graded as of ``order.as_of``.
    StoreError
        A draw of this name is committed already.
    PlanError
        The lines are not published, do not fit together or have been used up.
    DrawError
        Policy, frame or terms do not allow the draw, or it stands outside the plan without a published reason; nothing
        is written.
    QualityGateError
        A source that the grades rest on is red and nobody took responsibility.
    """
    with step(workspace, "commit", draw_id=order.draw_id, actor=actor, clock=clock):
        require_uncommitted(DrawFolder(workspace.path, draw_id=order.draw_id))
        signer = Signer(actor, key, clock())
        return _commit(workspace, order, signer, profile=profile, simulation_seed=simulation_seed, progress=progress)


def _commit(
    workspace: Workspace,
    order: DrawOrder,
    signer: Signer,
    *,
    profile: str,
    simulation_seed: int | None,
    progress: Progress,
) -> CommittedDraw:
    ledger = workspace.ledger
    at, seed = signer.at, simulation_seed
    ready = prepare_draw(workspace, order, profile=profile, at=at, simulation_seed=seed, progress=progress)
    terms, frame, tables, commitment = ready.terms, ready.frame, ready.tables, ready.commitment
    mandate, cut, book, framed = terms.mandate, terms.frame, terms.book, terms.frame.framed
    warnings = commitment_warnings(workspace, commitment, frame.rows, book=book, on=order.as_of, at=at)
    private = PrivateDraw(
        key=terms.key,
        frame=frame_table(framed),
        roster=tables.people,
        recusals=tables.recusals,
        rotations=tables.rotations,
        cells=_cells(framed),
        units=unit_table(framed, mandate),
        settings={
            "as_of": order.as_of.isoformat(),
            "profile": profile,
            "seed": simulation_seed,
            "blind": _blind_shares(mandate),
        },
    )
    digest = commitment.digest.hex()
    signature = make_signature(ledger, commitment, private, over=COMMITMENT, digest=digest, signer=signer)
    folder = DrawFolder(workspace.path, draw_id=order.draw_id)
    folder.stage(canonical_json(commitment.record), private, plan=canonical_json(ready.carried))
    content = {
        "commit_digest": digest,
        "plan": mandate.plan,
        "plan_digest": commitment.record["plan_digest"],
        "year": mandate.year,
        "lines": sorted(mandate.numbers),
        "items": list(mandate.items),
        "rulebook": ready.carried["rulebook"],
        **said(book),
    }
    with workspace.decisions.writing() as connection:
        ledger.append(
            COMMITTED,
            subject=order.draw_id,
            actor=signer.actor,
            at=signer.at,
            idempotency_key=f"{COMMITTED}:{order.draw_id}",
            content=content,
            connection=connection,
        )
        append_signature(ledger, order.draw_id, signature, signer=signer, connection=connection)
    folder.finish()
    return CommittedDraw(
        draw_id=order.draw_id,
        commit_digest=digest,
        folder=str(folder.public),
        objects=frame.rows.size,
        rows=len(framed.strata.frame),
        plan=mandate.plan,
        plan_digest=str(commitment.record["plan_digest"]),
        numbers=mandate.numbers,
        reconciliation=cut.reconciliation(),
        registry=cut.witness.record(),
        notes=(
            *framed.allocation.notes,
            *cut.witness.notes,
            *(cut.witness.faults if terms.is_simulated else ()),
            *warnings,
        ),
    )


def _blind_shares(mandate: Mandate) -> dict[str, str]:
    if mandate.planned is None:
        return {}
    return {item: ratio_text(line.blind_share) for item, line in mandate.planned.line_of.items() if line.blind_share}


def _cells(framed: Framed) -> pd.DataFrame:
    table = framed.allocation.table
    return table[["item_code", "stratum", "district_code", "grade", "item_class", "is_due", "is_control"]].copy()
