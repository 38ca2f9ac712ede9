"""A workspace of two districts and two departments, for tests of who sees what."""

from datetime import date
from pathlib import Path

import pandas as pd

from engine.access.rights import Role
from engine.access.scope import scope_of
from engine.api.accounts import add_account
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import ACTOR, COMPLAINT_HEADER, ENTITY_HEADER, NOW, take_in, write_lines

HERE, THERE = "330602", "330604"
DAY = date(2026, 6, 30)
SECRET = "彼区企业"
"""Part of the name of every object of the other district."""


def object_line(n: int, district: str, name: str) -> str:
    """Return one line of entities.csv."""
    return f"reg:{n},{name},enterprise,enterprise,H62,{district},active,2020-01-01,2020-01-02"


def write_two_districts(path: Path) -> None:
    """Write objects 1 and 2 of one district, 3 and 4 of the other, with complaints, results of runs and accounts."""
    workspace = Workspace(path)
    objects = [object_line(n, HERE, f"此区企业{n}") for n in (1, 2)]
    objects += [object_line(n, THERE, f"{SECRET}{n}") for n in (3, 4)]
    complaints = [f"c{n},reg:{n},hygiene,,2021-03-01,2021-03-01" for n in (1, 2, 3, 4)]
    take_in(
        workspace,
        write_lines(path.parent / "entities.csv", ENTITY_HEADER, *objects),
        write_lines(path.parent / "complaints.csv", COMPLAINT_HEADER, *complaints),
    )
    ids = [f"reg:{n}" for n in (1, 2, 3, 4)]
    tables = {
        "grades": pd.DataFrame(
            {
                "entity_id": ids,
                "as_of": DAY,
                "population": "enterprise",
                "grade": ["A", "B", "C", "D"],
                "model": "scorecard",
                "score": 1.0,
                "score_grade": ["A", "B", "C", "D"],
            }
        ),
        "strata": pd.DataFrame({"stratum": ["s1", "s2", "s3"], "district_code": [HERE, THERE, f"{HERE};{THERE}"]}),
        "by_department": pd.DataFrame({"department_code": ["market", "fire"], "n": [1, 2]}),
        "city_figures": pd.DataFrame({"measure": ["lift"], "value": [1.7]}),
        "scoped_figures": pd.DataFrame({"scope": ["*", f"d:{HERE}", f"d:{THERE}"], "value": [1.0, 2.0, 3.0]}),
    }
    workspace.warehouse.write_run(tables, kind="score", as_of=DAY, manifest={}, actor=ACTOR, at=NOW)
    for n in (1, 3):
        content = {"entity_id": f"reg:{n}", "status": "confirmed"}
        workspace.ledger.append("grade.decided", subject="run", content=content, actor=ACTOR, at=NOW)
    for name, district in (("here", HERE), ("there", THERE), ("whole", None)):
        scope = scope_of(districts=[district] if district else [])
        for role in (Role.ANALYST, Role.INSPECTOR, Role.LEADER):
            add_account(
                workspace,
                f"{role.value}@{name}",
                name=f"{role.value} of {name}",
                role=role,
                scope=scope,
                actor=ACTOR,
                clock=lambda: NOW,
            )
    workspace.close()
