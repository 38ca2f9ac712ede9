"""A small workspace with registers, an item list and grades, in which plans are made and drawn; no history."""

import atexit
import shutil
import tempfile
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.api.committing.commitment import commit_draw
from engine.api.draws.order import CommittedDraw, DrawOrder, RunDraw
from engine.api.draws.running import run_draw
from engine.api.draws.signing import sign_draw
from engine.api.plans.approval import PublishedEdition, approve, consolidate, publish
from engine.api.plans.submission import decide, open_proposals, schedule_plan, submit
from engine.api.records.intake import ingest
from engine.api.workspace import Workspace, open_workspace
from engine.pipeline.ports import Actor
from engine.store.documents import load_policies

CHINA = timezone(timedelta(hours=8))
AS_OF = date(2025, 12, 31)
PLAN = "2026-330600"
ANNA, BAO, CHEN, DING = (Actor(name, "draw_officer") for name in ("Anna", "Bao", "Chen", "Ding"))
DISTRICTS = ("330602", "330603", "3306ZB")
GRADES = ("A", "B", "C", "D", "U")


def at(day: date, hour: int = 9):
    """Return a clock that stands."""
    return lambda: datetime(day.year, day.month, day.day, hour, tzinfo=CHINA)


def line(line_id: str = "L1", **changes: object) -> dict[str, object]:
    """Return a lawful open line for the catering item of the lead department."""
    row: dict[str, object] = {
        "line_id": line_id,
        "plan_year": 2026,
        "authority_code": "330600",
        "item_codes": "K1",
        "objects": "餐饮服务单位",
        "ratio": "1/2",
        "window_start": date(2026, 3, 1),
        "window_end": date(2026, 11, 30),
        "initiating_department": "SCJG",
        "participating_departments": "SCJG",
        "draw_type": "open",
        "ratio_basis": "graded",
        "check_method": "onsite_check",
        "is_off_site": False,
        "draws_per_year": 1,
        "entity_types": None,
        "industries": None,
        "tags": None,
        "districts": None,
        "grades": None,
        "ticket_group": None,
        "person_days": None,
        "control_unit": None,
        "control_share": None,
        "control_ratio": None,
        "blind_share": None,
        "merged_from": None,
        "occurred_on": date(2026, 1, 20),
        "known_at": date(2026, 1, 20),
    }
    return {**row, **changes}


def _items() -> pd.DataFrame:
    def item(
        code: str, department: str, item_class: str, cap: float | None, industries: str | None
    ) -> dict[str, object]:
        return {
            "item_code": code,
            "name": f"{code} 检查",
            "department_code": department,
            "item_class": item_class,
            "ratio_cap": cap,
            "basis": "fictional law",
            "body": "x",
            "content": "x",
            "method": "实地核查",
            "edition": "2026",
            "applies_to_types": "enterprise;individual_business",
            "applies_to_industries": industries,
            "specialities": None,
            "occurred_on": date(2025, 1, 1),
            "known_at": date(2024, 12, 20),
        }

    return pd.DataFrame(
        [
            item("K1", "SCJG", "key", None, "H62"),
            item("K2", "WJW", "key", None, "H62"),
            item("G1", "SCJG", "general", 0.2, None),
            item("G2", "SW", "general", 0.2, None),
        ]
    )


def entities(n: int = 600) -> pd.DataFrame:
    """Return a register: a third of the objects are caterers, three districts, some closed, some tagged."""
    at_row = np.arange(n)
    return pd.DataFrame(
        {
            "entity_id": [f"reg:{k:06d}" for k in at_row],
            "name": [f"虚构企业{k}" for k in at_row],
            "entity_type": np.where(at_row % 4 == 0, "individual_business", "enterprise"),
            "population": np.where(at_row % 4 == 0, "individual_business", "enterprise"),
            "industry_code": np.where(at_row % 3 == 0, "H62", "F51"),
            "district_code": [DISTRICTS[k % 3 if k % 7 else 0] for k in at_row],
            "status": np.where(at_row % 50 == 49, "closed", "active"),
            "tags": np.where(at_row % 10 == 0, "校园周边", None),
            "occurred_on": date(2015, 1, 1),
            "known_at": date(2015, 1, 2),
        }
    )


def grades(register: pd.DataFrame) -> pd.DataFrame:
    """Return a grade for each object; every 37th was decided by law (a listing)."""
    n = len(register)
    letters = np.array(["A"] * 12 + ["B"] * 5 + ["C"] * 2 + ["D"])[np.arange(n) % 20]
    decided = np.arange(n) % 37 == 0
    return pd.DataFrame(
        {
            "entity_id": register["entity_id"],
            "as_of": AS_OF,
            "population": register["population"],
            "grade": np.where(decided, "D", letters),
            "model": "scorecard",
            "score": 100.0,
            "score_grade": letters,
            "override_code": pd.Series(np.where(decided, "serious_violation", None), dtype="string"),
            "override_reference": pd.Series(np.where(decided, "fictional listing", None), dtype="string"),
        }
    )


def registry_counts(register: pd.DataFrame, *, wrong_by: int = 0) -> pd.DataFrame:
    """Return the registry's own count of active objects, every count wrong by so many."""
    active = register[register["status"] == "active"]
    found = active.groupby(["district_code", "entity_type"]).size().rename("n_units").reset_index()
    return found.assign(
        count_id=lambda t: t["district_code"] + t["entity_type"],
        n_units=lambda t: t["n_units"] + wrong_by,
        statuses="active",
        source="登记机关",
        source_ref=None,
        occurred_on=date(2025, 12, 20),
        known_at=date(2025, 12, 22),
    )


def _registers(register: pd.DataFrame) -> dict[str, pd.DataFrame]:
    day = {"occurred_on": date(2019, 1, 1), "known_at": date(2019, 1, 1)}
    departments = pd.DataFrame(
        {
            "department_code": ["SCJG", "WJW", "SW"],
            "name": ["市监", "卫健", "税务"],
            "role": ["lead", "initiator", "participant"],
            "level": "city",
            "parent_code": None,
            **day,
        }
    )
    districts = pd.DataFrame(
        {
            "district_code": ["330600", *DISTRICTS],
            "name": ["市", "甲", "乙", "丙"],
            "parent_code": ["330000", *["330600"] * 3],
            "successor_code": None,
            **day,
        }
    )
    n = 90
    inspectors = pd.DataFrame(
        {
            "inspector_code": [f"p{k:03d}" for k in range(n)],
            "name": "虚构",
            "department_code": [("SCJG", "WJW", "SW")[k % 3] for k in range(n)],
            "district_code": [DISTRICTS[k // 3 % 3] for k in range(n)],
            "specialities": "综合",
            "certificate_no": [f"c{k}" for k in range(n)],
            "certificate_expires_on": date(2030, 1, 1),
            "yearly_cap": 200,
            "is_leader_qualified": True,
            "status": "active",
            **day,
        }
    )
    return {
        "entities": register,
        "items": _items(),
        "departments": departments,
        "districts": districts,
        "inspectors": inspectors,
    }


def write(folder: Path, table: str, rows: pd.DataFrame, *, name: str = "1") -> Path:
    """Write rows as a source file and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{table}-{name}.parquet"
    pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), path)
    return path


def make(folder: Path, *, register: pd.DataFrame | None = None, counts: pd.DataFrame | None = None) -> Workspace:
    """Return a workspace with registers, counts and grades, without plan lines; the usual one is made once."""
    if register is None and counts is None:
        shutil.copytree(_usual() / "workspace", folder / "workspace")
        return open_workspace(folder / "workspace", create=False)
    return _make(folder, entities() if register is None else register, counts)


@cache
def _usual() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="plan-world-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _make(folder, entities(), None).close()
    return folder


def _make(folder: Path, rows: pd.DataFrame, counts: pd.DataFrame | None) -> Workspace:
    workspace = open_workspace(folder / "workspace", create=True)
    tables = _registers(rows) | {"registry_counts": registry_counts(rows) if counts is None else counts}
    paths = [write(folder / "sources", table, content) for table, content in tables.items()]
    ingest(workspace, paths, actor=ANNA, clock=at(AS_OF))
    workspace.warehouse.write_run(
        {"grades": grades(rows)}, kind="grade", as_of=AS_OF, manifest={"profile": "default"}, actor=ANNA, at=at(AS_OF)()
    )
    return workspace


def hand_in(workspace: Workspace, *rows: dict[str, object], day: date = date(2026, 1, 21), name: str = "1"):
    """Submit plan lines from a file and return the submission."""
    path = write(workspace.path.parent / "plans", "plans", pd.DataFrame(rows), name=name)
    return submit(workspace, [path], book=load_policies(), actor=ANNA, clock=at(day))


def carry_through(
    workspace: Workspace,
    *rows: dict[str, object],
    plan: str = PLAN,
    seed: int | None = 7,
    event: tuple[str, str] | None = None,
) -> PublishedEdition:
    """Take lines from submission to publication, accepting every merge."""
    book = load_policies()
    hand_in(workspace, *rows, name=plan)
    settle(workspace, plan)
    schedule_plan(workspace, plan, book=book, actor=BAO, clock=at(date(2026, 2, 2)))
    consolidate(workspace, plan, book=book, actor=BAO, clock=at(date(2026, 2, 2)))
    approve(workspace, plan, document="fictional No. 1", actor=CHEN, clock=at(date(2026, 2, 3)))
    return publish(
        workspace, plan, book=book, actor=DING, clock=at(date(2026, 2, 4)), simulation_seed=seed, control_event=event
    )


def settle(workspace: Workspace, plan: str = PLAN) -> None:
    """Accept every proposal that waits."""
    book, clock = load_policies(), at(date(2026, 2, 1))
    while waiting := open_proposals(workspace, plan, book=book, on=date(2026, 2, 1)):
        decide(workspace, plan, waiting[0].proposal_id, is_accepted=True, reason="", book=book, actor=BAO, clock=clock)


def order(draw_id: str, *lines: str, day: date = date(2026, 3, 2), **changes: object) -> DrawOrder:
    """Return a simulated order on a day."""
    now = at(day)()
    terms: dict[str, object] = {
        "draw_id": draw_id,
        "as_of": AS_OF,
        "lines": lines,
        "events": {"sim": "1"},
        "not_before": now + timedelta(hours=25),
        "deadlines": {"sim": now + timedelta(days=3)},
    }
    return DrawOrder(**{**terms, **changes})  # type: ignore[arg-type]


def commit(
    workspace: Workspace, draw_id: str, *lines: str, day: date = date(2026, 3, 2), seed: int = 11, **changes: object
) -> CommittedDraw:
    """Commit a simulated draw of lines."""
    wanted = order(draw_id, *lines, day=day, **changes)
    return commit_draw(workspace, wanted, profile="default", actor=ANNA, clock=at(day), simulation_seed=seed)


def draw(
    workspace: Workspace, draw_id: str, *lines: str, day: date = date(2026, 3, 2), seed: int = 11, **changes: object
) -> RunDraw:
    """Commit and run a simulated draw of lines."""
    commit(workspace, draw_id, *lines, day=day, seed=seed, **changes)
    return signed_and_run(workspace, draw_id, day=day)


def signed_and_run(workspace: Workspace, draw_id: str, *, day: date = date(2026, 3, 2)) -> RunDraw:
    """Let a second person sign and run a committed draw, and the first sign its certificate."""
    sign_draw(workspace, draw_id, actor=BAO, clock=at(day))
    later = at(day + timedelta(days=3))
    drawn = run_draw(workspace, draw_id, values=[], actor=BAO, clock=later)
    sign_draw(workspace, draw_id, actor=ANNA, clock=later)
    return drawn
