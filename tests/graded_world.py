"""Two districts after two monthly runs: firms that moved, grades D, overrides, an objection, samples to check."""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from engine.access.rights import Role
from engine.access.scope import scope_of
from engine.api.accounts import add_account
from engine.api.follow_up.objection_desk import ObjectionDesk
from engine.api.grading.monthly import run_monthly, sign_off
from engine.api.grading.overrides import GradeProposal, propose_override, review_override
from engine.errors import ShareMovementError
from engine.pipeline.ports import Actor, Clock
from engine.store.documents import load_policies
from engine.store.workspaces.workspace import Workspace
from tests.e2e.demo_city import made_once
from tests.small_sources import take_in, write_lines
from tests.two_districts import HERE, SECRET, THERE

ENTITIES = "entity_id,name,entity_type,population,industry_code,district_code,address,status,occurred_on,known_at"
INSPECTIONS = (
    "inspection_id,visit_id,entity_id,item_code,department_code,selection_mode,result_codes,occurred_on,known_at"
)
BOOK = load_policies()
STARTER, ANALYST, LEADER = (
    Actor("starter", "analyst"), Actor("analyst@all", "analyst"), Actor("leader@all", "leader"),
)  # fmt: skip
FIRST, SECOND, NOW = date(2021, 3, 1), date(2021, 4, 1), date(2021, 4, 12)
N = 40
CONTESTED, SET, SET_THERE = "reg:4", "reg:12", "reg:30"
ROWS = {"all": None, "near": HERE}


@dataclass(frozen=True, slots=True)
class GradedWorld:
    """The workspace's folder, its two runs, the objection to a grade of the second, :data:`SET`'s override."""

    folder: Path
    first: str
    second: str
    objection: str
    override: str


def graded_once(factory: pytest.TempPathFactory) -> GradedWorld:
    """Return the world that the tests of one process share; whoever writes into it copies its folder."""

    def make(folder: Path) -> None:
        said = asdict(write_graded(folder))
        (folder / "world.json").write_text(json.dumps(said | {"folder": str(said["folder"])}), encoding="utf-8")

    said = json.loads((made_once(factory, "graded-world", make) / "world.json").read_text(encoding="utf-8"))
    return GradedWorld(**{**said, "folder": Path(said["folder"])})


def at(day: date) -> Clock:
    """Return a clock that stands at nine in the morning in China."""
    return lambda: datetime(day.year, day.month, day.day, 9, tzinfo=timezone(timedelta(hours=8)))


def firm(n: int) -> str:
    """Return one line of entities.csv; the upper half of the firms lies in the other district."""
    district, name = (HERE, f"此区企业{n}") if n < N // 2 else (THERE, f"{SECRET}{n}")
    return f"reg:{n},{name},enterprise,enterprise,H62,{district},路{n}号,active,2020-01-01,2020-01-02"


def checks(kind: str, day: date, adverse: dict[int, str]) -> list[str]:
    """Return one visit to every firm on a day; ``adverse`` names what was found where."""
    return [f"{kind}{n},{kind}{n},reg:{n},X,M,scheduled,{adverse.get(n, 'no_problem')},{day},{day}" for n in range(N)]


def mended(path: Path) -> Path:
    """Return the file that corrects the contested firm's record, known on the tenth of April."""
    line = f"j4,j4,{CONTESTED},X,M,scheduled,no_problem,2021-03-10,2021-04-10"
    return write_lines(path / "mended" / "inspections.csv", INSPECTIONS, line)


def write_graded(path: Path) -> GradedWorld:
    """Write the workspace below ``path``; the clock stands at the twelfth of April 2021."""
    workspace = Workspace(path / "workspace")
    rows = checks("i", date(2021, 2, 1), dict.fromkeys((1, 2, 3, 21, 22), "refused"))
    rows += checks("j", date(2021, 3, 10), dict.fromkeys((4, 5, 23, 24, 25), "refused"))
    rows += checks("k", date(2021, 9, 1), {})
    take_in(
        workspace,
        write_lines(path / "entities.csv", ENTITIES, *(firm(n) for n in range(N))),
        write_lines(path / "inspections.csv", INSPECTIONS, *rows),
    )
    for name, district in ROWS.items():
        for role in Role:
            called = f"{role.value}@{name}"
            scope = scope_of(districts=[district] if district else [])
            add_account(workspace, called, name=called, role=role, scope=scope, actor=LEADER, clock=at(FIRST))
    first = _run(workspace, FIRST)
    names = []
    for entity in (SET, SET_THERE):
        proposal = GradeProposal(entity, "D", "crime_transfer", date(2021, 5, 1), None, "文1")
        said = {"reason": "file seen", "book": BOOK, "actor": ANALYST, "clock": at(FIRST)}
        names.append(propose_override(workspace, proposal, **said))
        review_override(workspace, names[-1], is_approved=True, reason="right", actor=LEADER, clock=at(FIRST))
    second = _run(workspace, SECOND)
    clerk = ObjectionDesk(workspace, book=BOOK, department="M", actor=ANALYST, clock=at(date(2021, 4, 6)))
    objection = clerk.register(f"grades:{second}:{CONTESTED}", reason="never refused a check")
    workspace.close()
    return GradedWorld(workspace.path, first, second, objection, names[0])


def _run(workspace: Workspace, day: date) -> str:
    try:
        return run_monthly(workspace, as_of=day, profile="default", actor=STARTER, clock=at(day)).run_id
    except ShareMovementError:  # forty firms: a few moves are many shares
        held = workspace.ledger.entries(action="monthly.held")[-1].subject
        sign_off(workspace, held, reason="few firms", actor=LEADER, clock=at(day))
        return run_monthly(workspace, as_of=day, profile="default", actor=STARTER, clock=at(day)).run_id
