"""What pages read about draws: commitments, certificates and who carries how many visits; never names with handles.

A draw stands in ``draws/<draw_id>/`` of the workspace; what was committed and certified is read from there, since that
is what the public can recompute. Strata and teams come from the result tables of the run that drew.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from engine.api.reading.measures import Place, opened
from engine.api.workspace import Workspace
from engine.draw.committing.commitment import commitment_digest
from engine.draw.protocol.encoding import suite_named
from engine.draw.publishing.bundle import CERTIFICATE, COMMITMENT
from engine.errors import StoreError, TableMissingError
from engine.messages import N_, Message, Translate
from engine.store.draws.folders import PUBLIC

SIMULATION = "simulation"


class DrawState(StrEnum):
    """How far a draw has come."""

    COMMITTED = "committed"
    DRAWN = "drawn"
    SEALED = "sealed"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class EntropyValue:
    """One public event of the seed; value and time are empty before the draw."""

    source: str
    event: str
    value: str
    drawn_at: str


@dataclass(frozen=True, slots=True)
class DrawRecord:
    """One draw as commitment and certificate state it.

    Parameters
    ----------
    draw_id : str. sequence : int, number among the draws of this body.
    state : committed, drawn, sealed (drawn, content withheld until its release) or void.
    is_simulated : whether clock and entropy were simulated.
    committed_at, issued_at : RFC 3339; ``issued_at`` is empty before the draw.
    bundle : folder of the public bundle.
    suite : hash suite. frame_root, commit_digest, seed, certificate_digest : hex, empty while unknown; the
        commitment digest is computed from the record, not copied.
    entropy : public events in the committed order.
    reason : why it was voided, else empty.
    n_frame, n_objects, n_visits, n_checks : objects in the frame, objects drawn, visits, item checks.
    """

    draw_id: str
    sequence: int
    state: DrawState
    is_simulated: bool
    committed_at: str
    issued_at: str
    bundle: Path
    suite: str
    frame_root: str
    commit_digest: str
    seed: str
    certificate_digest: str
    entropy: tuple[EntropyValue, ...]
    reason: str
    n_frame: int
    n_objects: int
    n_visits: int
    n_checks: int

    @property
    def certificate(self) -> Path:
        """The authoritative certificate; there is none before the draw."""
        return self.bundle / CERTIFICATE


def draws(place: Place) -> tuple[DrawRecord, ...]:
    """Return the draws of a workspace, the latest first. Cost: the commitments and certificates not read before.

    Raises
    ------
    WorkspaceMissingError
        There is no workspace.
    StoreError
        A record of a draw cannot be read.
    """
    with opened(place) as workspace:
        folders = sorted(each.parent for each in (workspace.path / PUBLIC).glob(f"[!.]*/{COMMITMENT}"))
        found = [_record(folder, _stamps(folder), workspace.path) for folder in folders]
    return tuple(sorted(found, key=lambda draw: (draw.committed_at, draw.sequence, draw.draw_id), reverse=True))


def certificate_record(place: Place, *, draw_id: str) -> dict[str, Any]:
    """Return the certificate of a draw as JSON.

    Raises
    ------
    StoreError
        The draw has no certificate (it was not run, or there is no such draw).
    """
    with opened(place) as workspace:
        certificate = workspace.path / PUBLIC / draw_id / CERTIFICATE
        if not certificate.is_file():
            raise StoreError(
                workspace=workspace.path,
                problem=Message(N_("draw {draw_id} has no certificate"), {"draw_id": draw_id}),
                remedy=Message(N_("check the name, or run 'xinheng draw run' first")),
            )
        return _json(certificate, workspace.path)


def _stamps(folder: Path) -> tuple[tuple[int, int], ...]:
    """Size and time of what a draw is told from, in nanoseconds; a certificate may be missing."""
    found = [path.stat() for path in (folder / COMMITMENT, folder / CERTIFICATE) if path.is_file()]
    return tuple((each.st_size, each.st_mtime_ns) for each in found)


@lru_cache(maxsize=1024)
def _record(folder: Path, stamps: tuple[tuple[int, int], ...], workspace: Path) -> DrawRecord:
    """Read a draw once as long as its files have the same stamps: a certificate names every object that is visited."""
    commitment = _json(folder / COMMITMENT, workspace)
    certificate = _json(folder / CERTIFICATE, workspace) if len(stamps) > 1 else {}
    used = {event["id"]: event for event in certificate.get("entropy_used", ())}
    visits = certificate.get("visits", {})
    state = _STATE_OF_KIND[certificate.get("kind")] if certificate else DrawState.COMMITTED
    return DrawRecord(
        draw_id=commitment["draw"],
        sequence=commitment["seq"],
        state=state,
        is_simulated=commitment["class"] == SIMULATION,
        committed_at=commitment["committed_at"],
        issued_at=certificate.get("issued_at", ""),
        bundle=folder,
        suite=commitment["hash"],
        frame_root=commitment["frame_root"],
        commit_digest=commitment_digest(commitment, suite=suite_named(commitment["hash"])).hex(),
        seed=certificate.get("seed", ""),
        certificate_digest=certificate.get("certificate_digest", ""),
        entropy=tuple(_entropy_value(planned, used) for planned in commitment["entropy"]),
        reason=certificate.get("reason", ""),
        n_frame=commitment["N"],
        n_objects=len(visits),
        n_visits=len(visits),
        n_checks=sum(cell["n"] for cell in certificate.get("result", {}).values()),
    )


_STATE_OF_KIND = {"draw": DrawState.DRAWN, "void": DrawState.VOID, None: DrawState.SEALED}


def _entropy_value(planned: Mapping[str, Any], used: Mapping[str, Any]) -> EntropyValue:
    event = used.get(planned["id"])
    if event is None:
        return EntropyValue(planned["id"], planned["event"], value="", drawn_at="")
    return EntropyValue(planned["id"], event["event"], event["value"], event["evidence"]["drawn_at"])


def _json(path: Path, workspace: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise StoreError(
            workspace=workspace,
            problem=Message(N_("the record {name} cannot be read"), {"name": path.relative_to(workspace)}),
            remedy=Message(N_("restore the folder of this draw from its publication")),
        ) from error


def cells(place: Place, *, draw_id: str) -> pd.DataFrame:
    """Return one row per item and stratum of a draw; empty when the workspace holds no strata of it.

    Returns
    -------
    DataFrame sorted by item, grade and district: ``item_code``, ``item_name``, ``stratum``, ``district_code``,
    ``grade`` (several joined by ``;`` where small cells were merged), ``n_units``, ``n_drawn``,
    ``design_probability``, ``inclusion_probability`` (0..1).
    """
    with opened(place) as workspace:
        rows = _rows(workspace, "strata", draw_id=draw_id)
        if rows.empty:
            return rows.assign(item_name=[])
        names = item_names(workspace)
    named = rows.assign(item_name=[names.get(code, code) for code in rows["item_code"]])
    return named.sort_values(["item_code", "grade", "district_code", "stratum"], ignore_index=True)


def item_names(workspace: Workspace) -> Mapping[str, str]:
    """Return the latest known name of each item."""
    items = workspace.warehouse.table("items").select("item_code", "name", "known_at")
    table = items.to_pyarrow().to_pandas().sort_values("known_at", kind="stable")
    return {str(code): str(name) for code, name in zip(table["item_code"], table["name"], strict=True)}


def team_loads(place: Place, *, draw_id: str) -> pd.DataFrame:
    """Return how many inspectors carry how many visits: ``visits`` (1, 2, … without gaps), ``inspectors``;
    empty without teams.

    Cost: one group-by over the teams of one draw.
    """
    with opened(place) as workspace:
        teams = _rows(workspace, "teams", draw_id=draw_id)
    if teams.empty:
        return pd.DataFrame({"visits": [], "inspectors": []})
    per_inspector = teams.groupby("inspector_code")["visit_id"].nunique()
    sizes = per_inspector.value_counts().reindex(range(1, int(per_inspector.max()) + 1), fill_value=0)
    return pd.DataFrame({"visits": sizes.index.to_numpy(), "inspectors": sizes.to_numpy()})


def _rows(workspace: Workspace, table: str, *, draw_id: str) -> pd.DataFrame:
    """Return the rows of one draw from the latest run that wrote any."""
    rows = pd.DataFrame()
    for run in reversed(workspace.warehouse.runs(kind="draw")):
        try:
            stored = workspace.warehouse.read(table, run_id=run.run_id)
        except TableMissingError:
            continue
        rows = stored.filter(stored["draw_id"] == draw_id).to_pyarrow().to_pandas()
        if len(rows):
            break
    return rows


def simulated(workspace: Workspace, translate: Translate, *, draw_id: str = "") -> str:
    """Return the notice that documents carry where a draw they rest on was simulated, empty where none was.

    Parameters
    ----------
    draw_id : of the document, empty = every draw of the workspace.
    """
    own = [draw for draw in draws(workspace.path) if draw_id in ("", draw.draw_id) and draw.is_simulated]
    return translate(N_("SIMULATED: the draws behind this document decide nothing about anybody.")) if own else ""
