"""A city that has worked for some weeks after the demonstration, by the product's own commands alone.

A draw outside the plan with results in every state, an objection, joint punishment under way, warnings disposed of, a
frozen month, two persons' amendment of which model decides: so that no page has nothing to show.
"""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from engine.api.draws.logged import latest_runs
from engine.api.workspace import open_workspace
from tests.e2e.demo_city import DAY, demo_city, xinheng

FIRST_DRAW, DRAW = "2026-001", "2026-002"
REASON_ON, COMMITTED_ON, DRAWN_ON = date(2026, 8, 10), date(2026, 8, 11), date(2026, 8, 14)
VISITED_ON, ENTERED_ON, REVIEWED_ON = date(2026, 8, 18), date(2026, 8, 19), date(2026, 8, 20)
OBJECTED_ON, LATER, TODAY = date(2026, 8, 24), date(2026, 8, 26), date(2026, 9, 24)
ANNA, BAO, CHEN = "安宁:draw_officer", "包青:draw_officer", "陈明:leader"
LI, WANG, ZHAO, MA = "李平:inspector", "王远:draw_officer", "赵立:leader", "马实:analyst"
LEAD = "SCJG"
CHAMPION = """id: grading.champion
unit: model whose score decides the class
values:
  2026-10-01:
    reference: 市信用监管会议纪要〔2026〕7号
    value: {default: scorecard, populations: {}}
"""


def lived_city(folder: Path) -> Path:
    """Make the workspace in ``folder`` and return it."""
    path = demo_city(folder)
    item, _owner = most_drawn(path, department_code=LEAD)
    _draw(path, item)
    scans, rows = _scanned(path, folder, item)
    xinheng(path, "ingest", str(scans), actor=WANG, day=VISITED_ON)
    results = folder / "results.csv"
    pd.DataFrame(rows[:2]).to_csv(results, index=False, encoding="utf-8")
    entered = xinheng(path, "results", "enter", str(results), actor=LI, day=ENTERED_ON)["entered"]
    own = ("--department", LEAD)
    xinheng(path, "results", "submit", entered[0], *own, actor=LI, day=ENTERED_ON)
    xinheng(path, "results", "publish", entered[0], *own, actor=WANG, day=REVIEWED_ON)
    filed = ("objection", "register", entered[0], *own, "--why", "当日已整改，照片为证", "--evidence", "照片3")
    number = xinheng(path, *filed, actor=LI, day=OBJECTED_ON)["objections"][0]
    xinheng(path, "objection", "accept", number, *own, actor=ZHAO, day=OBJECTED_ON)
    _punish(path)
    _warned(path)
    _amended(path, folder)
    xinheng(path, "kpi", "freeze", "2026-07", actor=CHEN, day=LATER)
    xinheng(path, "marts", "build", actor=ANNA, day=TODAY)
    return path


def most_drawn(path: Path, **of: str) -> tuple[str, str]:
    """Return code and department of the item that most rows of the demonstration's draw were drawn for.

    Parameters
    ----------
    of : columns of the items or of the register with their values, e.g. ``department_code`` or ``population``.
    """
    held = open_workspace(path, create=False)
    (run,) = latest_runs(held.warehouse, draw_ids=[FIRST_DRAW]).values()
    drawn = held.warehouse.read("selections", run_id=run).execute()
    for table, key in (("items", "item_code"), ("entities", "entity_id")):
        rows = held.warehouse.table(table).execute().drop_duplicates(key)
        wanted = [name for name in (key, "department_code", "item_class", "population") if name in rows]
        drawn = drawn.merge(rows[wanted], on=key, how="inner")
    held.close()
    for name, value in of.items():
        drawn = drawn[drawn[name] == value]
    counts = drawn.loc[drawn["is_drawn"], "item_code"].value_counts()
    code = min(counts[counts == counts.max()].index)  # of equal ones the same each time
    return code, str(drawn.loc[drawn["item_code"] == code, "department_code"].iloc[0])


def _draw(path: Path, item: str) -> None:
    """Hold a simulated draw outside the plan, as three people do."""
    published = ("plan", "outside", DRAW, "--item", item, "--reason", "投诉集中", "--document", "会议纪要6号")
    xinheng(path, *published, actor=ANNA, day=REASON_ON)
    committed = ("draw", "commit", DRAW, "--as-of", DAY, "--item", item, "--simulation", "5")
    xinheng(path, *committed, actor=ANNA, day=COMMITTED_ON)
    xinheng(path, "draw", "sign", DRAW, actor=CHEN, day=COMMITTED_ON)
    xinheng(path, "draw", "run", DRAW, actor=BAO, day=DRAWN_ON)
    xinheng(path, "draw", "sign", DRAW, actor=CHEN, day=DRAWN_ON)


def scan_rows(path: Path, draw: str, *, n: int, day: date, population: str = "") -> list[dict[str, Any]]:
    """Return rows of the contract table ``visits`` for the first ``n`` visits of a draw that have a team.

    ``population`` takes only visits to objects of that one.
    """
    held = open_workspace(path, create=False)
    run = latest_runs(held.warehouse, draw_ids=[draw])[draw]
    selected = held.warehouse.read("selections", run_id=run).execute()
    teams = held.warehouse.read("teams", run_id=run).execute()
    items = held.warehouse.table("items").select("item_code", "department_code").distinct().execute()
    register = held.warehouse.table("entities").select("entity_id", "population").distinct().execute()
    held.close()
    if population:
        of_it = register.loc[register["population"] == population, "entity_id"]
        selected = selected[selected["entity_id"].isin(of_it)]
    owner = dict(zip(items["item_code"], items["department_code"], strict=True))
    officers = teams.groupby("visit_id")["inspector_code"].agg(list)
    drawn = selected[selected["is_drawn"] & selected["visit_id"].isin(officers.index)]
    rows = []
    for visit, of_visit in list(drawn.groupby("visit_id"))[:n]:
        codes = sorted(of_visit["item_code"])
        rows.append(
            {
                "visit_id": visit,
                "entity_id": of_visit["entity_id"].iloc[0],
                "task_id": None,
                "exemption": None,
                "notice_no": "n",
                "department_codes": ";".join(sorted({owner[code] for code in codes})),
                "inspector_codes": ";".join(officers[visit]),
                "expert_codes": None,
                "item_codes": ";".join(codes),
                "entered_at": "09:00",
                "left_at": "10:00",
                "channel": "scan",
                "rating": 5,
                "complaint": None,
                "occurred_on": day,
                "known_at": day,
            }  # fmt: skip
        )
    return rows


def _scanned(path: Path, folder: Path, item: str) -> tuple[Path, list[dict[str, str]]]:
    """Write what the devices of the departments hand in, and what two inspectors found."""
    rows = scan_rows(path, DRAW, n=3, day=VISITED_ON)
    scans = folder / "visits.csv"
    pd.DataFrame(rows).to_csv(scans, index=False, encoding="utf-8")
    ways = (("发现问题已责令改正", "order_to_correct"), ("未发现问题", ""))
    return scans, [
        {
            "visit_id": row["visit_id"], "entity_id": row["entity_id"], "item_code": item, "department_code": LEAD,
            "result_wordings": wording, "disposal": disposal, "evidence": "照片1;笔录2", "third_party": "",
            "third_party_conclusion": "", "inspector_code": row["inspector_codes"].split(";")[0], "channel": "mobile",
            "rectify_by": "", "note": "", "occurred_on": VISITED_ON.isoformat(),
        }
        for row, (wording, disposal) in zip(rows, ways, strict=False)
    ]  # fmt: skip


def _punish(path: Path) -> None:
    """Open the cases that the lists ask for and take some of them further."""
    own = ("--department", LEAD)
    xinheng(path, "punishment", "trigger", *own, actor=LI, day=REASON_ON)
    xinheng(path, "punishment", "check", *own, actor=WANG, day=COMMITTED_ON)
    xinheng(path, "punishment", "push", *own, actor=LI, day=DRAWN_ON)
    waiting = xinheng(path, "punishment", "stalls", day=VISITED_ON)["rows"]
    departments = sorted({row["department"] for row in waiting})
    first = ("--department", departments[0])
    xinheng(path, "punishment", "receive", *first, actor=ZHAO, day=VISITED_ON)
    firms = sorted({row["entity_id"] for row in waiting if row["department"] == departments[0]})[:8]
    met = xinheng(path, "punishment", "query", *firms, "--business", "招2026-9", *first, actor=ZHAO, day=ENTERED_ON)
    names = [row["punishment_id"] for row in met["rows"]]
    taken, declined = names[: len(names) // 2], names[len(names) // 2 : -3]  # some are never answered
    xinheng(path, "punishment", "apply", *taken, *first, actor=ZHAO, day=REVIEWED_ON)
    xinheng(
        path, "punishment", "decline", *declined, "--reason", "不在该项业务范围", *first, actor=ZHAO, day=OBJECTED_ON
    )
    xinheng(path, "punishment", "feedback", *taken, *first, actor=ZHAO, day=LATER)


def _warned(path: Path) -> None:
    """Give a warning to somebody and close it, and another one too."""
    waiting = xinheng(path, "warnings", "list", "--state", "open", day=LATER)["warnings"]
    for one, outcome in zip(waiting[:2], ("confirmed", "false"), strict=False):
        name = one["warning_id"]
        xinheng(path, "warnings", "assign", name, "--to", "李平", actor=CHEN, day=LATER)
        xinheng(path, "warnings", "acknowledge", name, actor=LI, day=LATER)
        xinheng(path, "warnings", "close", name, "--as", outcome, "--reason", "已核查", actor=LI, day=LATER)


def _amended(path: Path, folder: Path) -> None:
    """Let two persons put on record which model decides from October on."""
    draft = folder / "champion.yaml"
    draft.write_text(CHAMPION, encoding="utf-8")
    made = xinheng(path, "policy", "draft", str(draft), "--reason", "会议决定", actor=MA, day=LATER)
    xinheng(path, "policy", "approve", made["draft_id"], "--reason", "同意", actor=CHEN, day=LATER)
