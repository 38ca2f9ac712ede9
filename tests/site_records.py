"""Contract tables of a site, with things planted that must never be public, and the scan that looks for them."""

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from engine.api.site.publication import publish
from engine.api.workspace import open_workspace
from engine.pipeline.ports import Actor
from engine.publicity.masking import private_numbers
from engine.store.documents import load_policies

AS_OF = date(2026, 7, 2)
ACTOR = Actor("Zhang San (fictional)", "draw_officer")
NOW = datetime(2026, 7, 3, 9, tzinfo=UTC)
PLANTED = ("330602198001013338", "13800138000", "6222021234567890123", "4711.0815", "ZF-PLANTED", "暗巷9号", "等级D级")
"""Identity, phone and card numbers, a score, an officer, a home address and a class."""


TRADES = ("百货店", "餐饮店", "五金店", "旅馆", "诊所")


class Records:
    """Contract tables as the warehouse gives them, with things planted that must stay private."""

    def __init__(self, n_firms: int) -> None:
        numbers = range(n_firms)
        ids = [f"uscc:9133060233{n:07d}X" for n in numbers]
        entities = pd.DataFrame(
            {
                "entity_id": ids,
                "uscc": [one.removeprefix("uscc:") for one in ids],
                "name": [f"虚构商店{n:04d}{TRADES[n % 5]}" for n in numbers],
                "district_code": "330602",
                "address": PLANTED[5],
                "occurred_on": pd.Timestamp("2020-01-01"),
            }
        )
        entities.loc[3, "name"] = f"虚构商店0003（{PLANTED[1]}）"
        entities.loc[4, "name"] = f"虚构商店0004 {PLANTED[0]}"
        entities.loc[5, "name"] = f"虚构商店0005 {PLANTED[2]}"
        inspections = pd.DataFrame(
            {
                "entity_id": ids,
                "item_code": "I1",
                "department_code": "D1",
                "selection_mode": "random",
                "draw_id": "2026-001",
                "stratum": "s-4",
                "result_codes": ["corrected" if n % 3 == 0 else "no_problem" for n in numbers],
                "severity_score": float(PLANTED[3]),
                "inspector_code": PLANTED[4],
                "remark": PLANTED[6],
                "grade": PLANTED[6],
                "occurred_on": pd.Timestamp("2026-04-01"),
                "known_at": pd.Timestamp("2026-04-02"),
            }
        )
        items = dict.fromkeys(("ratio_cap", "basis", "body", "content", "method", "edition"), "")
        self.tables = {
            "entities": entities,
            "inspections": inspections,
            "items": pd.DataFrame(
                [{"item_code": "I1", "name": "登记检查", "department_code": "D1", "item_class": "general", **items}]
            ),
            "departments": pd.DataFrame([{"department_code": "D1", "name": "市场监管局"}]),
            "districts": pd.DataFrame([{"district_code": "330602", "name": "越城区"}]),
        }

    def current(self, workspace, name, *, as_of, columns=(), modes=()):
        return self.tables[name]


def written(workspace: Path, out: Path, *, n_firms: int = 700, **asked) -> Path:
    """Publish the records beside the draws of a workspace; ``asked`` replaces single settings."""
    opened = open_workspace(workspace, create=False)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("engine.api.site.publication.current_version", Records(n_firms).current)
            settings = {"as_of": AS_OF, "is_demo": True, "book": load_policies(), "actor": ACTOR, "at": NOW} | asked
            publish(opened, out, **settings)
    finally:
        opened.close()
    return out


def planted_in(site: Path) -> tuple[int, list[tuple[str, str]]]:
    """Return how many files were read, and (path, what was found) of everything that must not be public."""
    n_read, found = 0, []
    for path in sorted(site.rglob("*")):
        if not path.is_file():
            continue
        n_read += 1
        content, name = path.read_bytes(), path.relative_to(site).as_posix()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                content = b"".join(parts.read(part) for part in parts.namelist())
        found += [(name, one) for one in PLANTED if one.encode() in content]
        if path.suffix in (".csv", ".html", ".js"):
            found += [(name, number) for number in private_numbers(content.decode())]
    return n_read, found
