"""Four draws in four quarters: after the third another model decides and other ratios hold; the last is not finished.

Two districts, one item, every grade; between the draws directed visits. Written through the store's own functions.
"""

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from engine.access.scope import Scope, scope_of
from engine.api.marts.trend import build_trend
from engine.api.policies.amendment import approve_policy, draft_policy
from engine.api.records.intake import ingest
from engine.api.results.draw import measure
from engine.parameters import DatedValue, Parameter
from engine.pipeline.ports import Actor
from engine.store.documents import load_policies
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.workspace import Workspace

HERE, THERE = "330602", "330603"
ITEM, POPULATION = "F01", "enterprise"
SIZES = {"A": (600, 0.1, 0.02), "B": (200, 0.2, 0.08), "C": (80, 0.5, 0.3), "D": (6, 1.0, 0.5)}
"""Objects of a district, ratio, share in violation; of grade D there are too few for a firm rate."""
DRAWS = {
    "2025-001": (date(2025, 8, 5), date(2025, 6, 30)),
    "2025-002": (date(2025, 11, 10), date(2025, 9, 30)),
    "2026-001": (date(2026, 2, 10), date(2025, 12, 31)),
    "2026-002": (date(2026, 5, 12), date(2026, 4, 30)),
}
"""Day of the draw, day of the grades it used."""
LAST = "2026-002"
SWITCHED_ON = date(2026, 4, 1)
MODEL_REFERENCE, RATIO_REFERENCE = "会议纪要〔2026〕3号", "抽查比例通知〔2026〕8号"
KNOWN_ON = date(2026, 6, 2)
ANALYST, LEADER = Actor("Sun (fictional)", "analyst"), Actor("Qian (fictional)", "leader")


@dataclass(frozen=True, slots=True)
class Drawn:
    """The rows of one draw with their results (null = not done), and its strata."""

    rows: pd.DataFrame
    strata: pd.DataFrame


def at(day: date):
    """Return a clock that stands at nine in the morning."""
    return lambda: datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def objects() -> pd.DataFrame:
    """Return every object with district and grade."""
    parts = [
        pd.DataFrame({"entity_id": [f"reg:{district}{grade}{k:03d}" for k in range(size)]}).assign(
            district_code=district, grade=grade
        )
        for district in (HERE, THERE)
        for grade, (size, _, _) in SIZES.items()
    ]
    return pd.concat(parts, ignore_index=True)


def drawn(draw_id: str, *, seed: int) -> Drawn:
    """Return one draw; of the last one the first third of the results is in."""
    rng = np.random.default_rng(seed)
    day, _ = DRAWS[draw_id]
    rows, sizes = [], []
    for (district, grade), own in objects().groupby(["district_code", "grade"]):
        size, ratio, rate = SIZES[grade]
        chosen = own.iloc[np.sort(rng.permutation(size)[: int(size * ratio)])]
        stratum = f"{district}{grade}"
        found = rng.random(len(chosen)) < rate
        rows.append(
            chosen.assign(
                stratum=stratum,
                inclusion_probability=len(chosen) / size,
                result_codes=np.where(found, "corrected", "no_problem"),
            )
        )
        sizes.append((draw_id, ITEM, stratum, size, len(chosen), grade))
    table = pd.concat(rows, ignore_index=True).assign(draw_id=draw_id, item_code=ITEM, occurred_on=day)
    if draw_id == LAST:
        table["result_codes"] = table["result_codes"].where(table.index % 3 == 0, None)
    return Drawn(table, pd.DataFrame(sizes, columns=["draw_id", "item_code", "stratum", "n_units", "n_drawn", "grade"]))


def all_drawn() -> dict[str, Drawn]:
    """Return the draws by name, in the order they took place."""
    return {draw_id: drawn(draw_id, seed=seed) for seed, draw_id in enumerate(DRAWS)}


def write_trend(path: Path) -> Workspace:
    """Write the workspace below ``path`` and return it, without any table of a page."""
    workspace = Workspace(path / "workspace")
    sources = [_source(path, "entities", _register()), _source(path, "items", _items())]
    draws = all_drawn()
    sources += [_source(path, "inspections", _inspections(draws))]
    ingest(workspace, sources, actor=ANALYST, clock=at(date(2026, 6, 1)))
    _amend(workspace)
    for draw_id, own in draws.items():
        day, as_of = DRAWS[draw_id]
        _write(workspace, {"grades": _grades(as_of)}, "grade", as_of, day, {"profile": "default"})
        kept = ["draw_id", "entity_id", "item_code", "stratum", "grade", "district_code", "inclusion_probability"]
        selections = own.rows[kept].assign(is_drawn=True, selection_order=1)
        selections = selections.assign(design_probability=selections["inclusion_probability"])
        _write(workspace, {"selections": selections, "strata": own.strata}, "draw", as_of, day, {"draw_id": draw_id})
    return workspace


def _write(workspace: Workspace, tables, kind, as_of, day, manifest):
    workspace.warehouse.write_run(tables, kind=kind, as_of=as_of, manifest=manifest, actor=ANALYST, at=at(day)())


def _amend(workspace: Workspace) -> None:
    """Another model and other ratios from :data:`SWITCHED_ON` on, drafted by one person and approved by another."""
    held = load_policies()
    ratios = held.value("ratios.general", on=SWITCHED_ON)
    changed = {
        "grading.champion": ({"default": "woe_scorecard", "populations": {}}, MODEL_REFERENCE),
        "ratios.general": ({**ratios, "C": "15/100"}, RATIO_REFERENCE),
    }
    parameters = {
        name: Parameter(name, held.parameter(name).unit, {SWITCHED_ON: DatedValue(value, reference)})
        for name, (value, reference) in changed.items()
    }
    drafted = draft_policy(
        workspace, parameters, profile="default", reason="r", actor=ANALYST, clock=at(date(2026, 3, 1))
    )
    approve_policy(workspace, drafted.draft_id, actor=LEADER, clock=at(date(2026, 3, 2)))


def _source(path: Path, table: str, rows: pd.DataFrame) -> Path:
    file = path / "sources" / f"{table}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    rows.to_csv(file, index=False, encoding="utf-8")
    return file


def _register() -> pd.DataFrame:
    return objects()[["entity_id", "district_code"]].assign(
        name="虚构企业", entity_type="enterprise", population=POPULATION, industry_code="H62", status="active",
        occurred_on=date(2015, 1, 1), known_at=date(2015, 1, 2),
    )  # fmt: skip


def _items() -> pd.DataFrame:
    row = {
        "item_code": ITEM, "name": "F01 check", "department_code": "SCJG", "item_class": "key", "ratio_cap": None,
        "basis": "fictional law", "body": "x", "content": "x", "method": "x", "edition": "2025",
        "applies_to_types": "enterprise", "occurred_on": date(2020, 1, 1), "known_at": date(2020, 1, 1),
    }  # fmt: skip
    return pd.DataFrame([row])


def _inspections(draws: dict[str, Drawn]) -> pd.DataFrame:
    parts = []
    for draw_id, own in draws.items():
        done = own.rows[own.rows["result_codes"].notna()]
        name = done["entity_id"].radd(f"{draw_id}-")
        given = {"selection_mode": "random", "design_probability": done["inclusion_probability"]}
        parts.append(done.assign(inspection_id=name, visit_id=name, **given))
    visited = objects().iloc[::15]
    for month in ("2025-10", "2026-03", "2026-05"):
        name = visited["entity_id"].radd(f"{month}-")
        codes = np.where(np.arange(len(visited)) % 3 == 0, "corrected", "no_problem")
        directed = visited.assign(inspection_id=name, visit_id=name, selection_mode="directed", result_codes=codes)
        parts.append(directed.assign(occurred_on=date.fromisoformat(f"{month}-20"), item_code=ITEM))
    table = pd.concat(parts, ignore_index=True).drop(columns=["grade", "district_code"])
    return table.assign(department_code="SCJG", known_at=table["occurred_on"])


def _grades(as_of: date) -> pd.DataFrame:
    model = "woe_scorecard" if as_of >= SWITCHED_ON else "scorecard"
    letters = objects()[["entity_id", "grade"]]
    return letters.assign(as_of=as_of, population=POPULATION, model=model, score=100.0, score_grade=letters["grade"])


@cache
def _built() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="trend-world-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    workspace = write_trend(folder)
    book = policies_of(workspace, "default")
    measure(workspace, draw_ids=[LAST], book=book, actor=ANALYST, clock=at(KNOWN_ON))
    build_trend(
        workspace, scopes=[Scope(), scope_of(districts=[HERE])], profile="default", actor=ANALYST, clock=at(KNOWN_ON)
    )
    workspace.close()
    return folder / "workspace"


def built_trend() -> Path:
    """Return the workspace, measured and with its periods stored, made once; whoever writes copies it."""
    return _built()
