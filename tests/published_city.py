"""A city whose site is really published, with the truth about its classes kept beside it, for attacks on that site.

Classes stay the same for three years, the worst case. Every year has a draw for one item that applies to all, and a
joint draw for items that apply by line of business; both take the last year's draws as real bundles. Names tell line
and district, as names of firms do.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.api.site.publication import publish
from engine.api.workspace import open_workspace
from engine.draw.committing.commitment import ItemTerms
from engine.draw.matching.rule import ItemNeed, MatchRule
from engine.draw.publishing.bundle import bundle_files
from engine.pipeline.ports import Actor
from engine.simulation.stream import stream
from engine.store.documents import load_policies
from tests.draw_cases import make_case
from tests.small_workspace import write_measured

AS_OF = date(2026, 12, 31)
YEARS = (2024, 2025, 2026)
CLASSES = "ABCD"
DISTRICTS = {
    "330602": "越城区",
    "330603": "柯桥区",
    "330604": "上虞区",
    "330681": "诸暨市",
    "330683": "嵊州市",
    "330624": "新昌县",
}
DISTRICT_SHARES = (0.3, 0.22, 0.18, 0.14, 0.1, 0.06)
LINES = {
    "百货": (0.32, ()),
    "餐饮": (0.2, ("food",)),
    "五金": (0.14, ("quality",)),
    "服装": (0.12, ("quality",)),
    "药房": (0.06, ("drug", "food")),
    "旅馆": (0.05, ("fire",)),
    "培训": (0.04, ("school", "fire")),
    "化工": (0.03, ("chemical", "quality", "fire")),
    "影院": (0.02, ("fire", "food")),
    "电梯": (0.01, ("special", "quality")),
    "诊所": (0.007, ("drug", "fire")),
    "游乐": (0.003, ("special", "fire", "food")),
}
"""Line of business → share of firms, and the items that apply to it beside the one that applies to all."""
RISK = {"化工": 1.6, "餐饮": 1.3, "游乐": 1.5, "培训": 0.7, "百货": 0.9}
"""How much likelier than elsewhere the classes C and D are."""
BASE = np.array([0.62, 0.25, 0.095, 0.035])
SINGLE_RATIOS = dict(zip(CLASSES, map(Fraction, ("1/100", "1/50", "1/10", "3/10")), strict=True))
JOINT_RATIOS = dict(zip(CLASSES, map(Fraction, ("1/50", "1/25", "1/5", "3/5")), strict=True))
HIT_RATES = np.array([0.03, 0.07, 0.14, 0.31])
ALL_ITEM = "register"
ACTOR, NOW = Actor("Zhang San (fictional)", "draw_officer"), datetime(2027, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """A published city.

    Parameters
    ----------
    site : folder of the site.
    truth : entity_id, uscc, name, district_code, line, grade.
    inspections : every check, with draw, item and day, as the agency holds them.
    workspace : folder of the workspace, with the true bundles.
    """

    site: Path
    truth: pd.DataFrame
    inspections: pd.DataFrame
    workspace: Path


def register(n_firms: int, *, seed: int) -> pd.DataFrame:
    """Return the firms with their classes."""
    generator = stream(seed, "published city")
    lines = generator.choice(list(LINES), size=n_firms, p=[share for share, _ in LINES.values()])
    codes = generator.choice(list(DISTRICTS), size=n_firms, p=DISTRICT_SHARES)
    factor = np.array([RISK.get(line, 1.0) for line in lines])[:, None]
    odds = BASE * np.where(np.arange(4) >= 2, factor, 1.0)
    limits = np.cumsum(odds / odds.sum(axis=1, keepdims=True), axis=1)
    grades = (generator.random(n_firms)[:, None] > limits[:, :3]).sum(axis=1)
    numbers = np.arange(n_firms)
    uscc = [f"91{code}{number:09d}X" for code, number in zip(codes, numbers, strict=True)]
    names = [
        f"{DISTRICTS[code]}虚构{number:06d}{line}店" for code, number, line in zip(codes, numbers, lines, strict=True)
    ]
    return pd.DataFrame(
        {
            "entity_id": [f"uscc:{code}" for code in uscc],
            "uscc": uscc,
            "name": names,
            "district_code": codes,
            "line": lines,
            "grade": np.array(list(CLASSES))[grades],
        }
    )


def frame_rows(firms: pd.DataFrame, items: tuple[str, ...], *, mark: str) -> pd.DataFrame:
    """Return object, item and stratum; the codes of strata say nothing and are apart for every draw."""
    generator = stream(len(firms), f"strata {mark}")
    cells = [(item, code, grade) for item in items for code in DISTRICTS for grade in CLASSES]
    opaque = dict(zip(cells, [f"s{n:010x}" for n in generator.integers(2**40, size=len(cells))], strict=True))
    parts = []
    for item in items:
        applies = firms["line"].map(lambda line, item=item: item == ALL_ITEM or item in LINES[line][1])
        own = firms[applies]
        keys = zip(own["district_code"], own["grade"], strict=True)
        strata = [opaque[item, code, grade] for code, grade in keys]
        parts.append(pd.DataFrame({"object_id": own["entity_id"], "item_code": item, "stratum": strata}))
    return pd.concat(parts, ignore_index=True)


def drawn_checks(firms: pd.DataFrame, items: tuple[str, ...], ratios: dict[str, Fraction], generator) -> pd.DataFrame:
    """Return entity and item of one past draw: joint tickets, simple random samples within strata."""
    ticket = pd.Series(generator.random(len(firms)), index=firms["entity_id"])
    rows = frame_rows(firms, items, mark="past").merge(
        firms[["entity_id", "grade"]], left_on="object_id", right_on="entity_id"
    )
    rows = rows.assign(ticket=rows["entity_id"].map(ticket)).sort_values("ticket")
    place = rows.groupby(["item_code", "stratum"]).cumcount()
    size = rows.groupby(["item_code", "stratum"])["entity_id"].transform("size")
    wanted = size * rows["grade"].map({grade: float(ratio) for grade, ratio in ratios.items()})
    return rows.loc[place < np.ceil(wanted), ["entity_id", "item_code"]]


def real_draw(workspace: Path, firms: pd.DataFrame, items: tuple[str, ...], ratios, *, draw_id: str) -> pd.DataFrame:
    """Hold one draw, write its bundle into the workspace and return entity and item of what was drawn."""
    rows = frame_rows(firms, items, mark=draw_id)
    by_object = firms.set_index("entity_id")
    cells = rows.drop_duplicates(["item_code", "stratum"])
    terms: dict[str, dict[str, Fraction]] = {item: {} for item in items}
    districts = {}
    for object_id, item, stratum in cells.itertuples(index=False):
        terms[item][stratum] = ratios[by_object.at[object_id, "grade"]]
        districts[stratum] = (by_object.at[object_id, "district_code"],)
    officers = pd.DataFrame(
        {
            "inspector_code": [f"I{n:04d}" for n in range(240)],
            "department_code": "market",
            "district_code": [list(DISTRICTS)[n % 6] for n in range(240)],
            "specialities": "",
            "certificate_expires_on": "2029-01-01",
            "cap": 100_000,
            "prior_load": 0,
            "is_leader_qualified": True,
        }
    )
    rule = MatchRule(
        items={item: ItemNeed("market") for item in items},
        departments={"market": 2},
        initiators=("market",),
        certificate_valid_on="2026-12-31",
        officer_districts=districts,
    )
    case = make_case(
        simulated=True,
        rows=rows,
        officers=officers,
        changes={
            "items": {item: ItemTerms("joint", "ceil", terms[item]) for item in items},
            "rule": rule,
            "merges": [],
            "reserves": {},
            "draw_id": draw_id,
        },
    )
    for file in bundle_files(case.commitment, case.certificate, frame=case.frame.hashed, roster=case.roster.officers):
        target = workspace / "draws" / draw_id / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
    ids = dict(
        zip([case.frame.rows.handle(n).hex() for n in range(case.frame.rows.size)], case.frame.object_ids, strict=True)
    )
    found = [(ids[handle], item) for handle, own in case.certificate.record["visits"].items() for item in own]
    return pd.DataFrame(found, columns=["entity_id", "item_code"])


def published_city(folder: Path, *, n_firms: int, seed: int) -> City:
    """Draw three years, publish, and return the site with the truth."""
    firms = register(n_firms, seed=seed)
    joint = tuple(sorted({item for _, own in LINES.values() for item in own}))
    workspace = folder / "workspace"
    write_measured(workspace, AS_OF)
    generator, checks = stream(seed, "past draws"), []
    for year in YEARS:
        for name, items, ratios in (("single", (ALL_ITEM,), SINGLE_RATIOS), ("joint", joint, JOINT_RATIOS)):
            if year == YEARS[-1]:
                found = real_draw(workspace, firms, items, ratios, draw_id=f"{year}-{name}")
            else:
                found = drawn_checks(firms, items, ratios, generator)
            checks.append(found.assign(draw_id=f"{year}-{name}", occurred_on=pd.Timestamp(year, 6, 1)))
    inspections = pd.concat(checks, ignore_index=True)
    grade = inspections["entity_id"].map(firms.set_index("entity_id")["grade"]).map(CLASSES.index)
    is_hit = generator.random(len(inspections)) < HIT_RATES[grade]
    inspections = inspections.assign(
        selection_mode="random",
        result_codes=np.where(is_hit, "corrected", "no_problem"),
        known_at=inspections["occurred_on"],
    )
    site = folder / "site"
    _publish(workspace, site, firms, inspections, items=(ALL_ITEM, *joint))
    return City(site, firms, inspections, workspace)


def _publish(workspace: Path, site: Path, firms: pd.DataFrame, inspections: pd.DataFrame, *, items) -> None:
    texts = dict.fromkeys(("ratio_cap", "basis", "body", "content", "method", "edition"), "")
    listed = [{"item_code": one, "name": one, "department_code": "D1", "item_class": "key", **texts} for one in items]
    tables = {
        "inspections": inspections,
        "entities": firms,
        "items": pd.DataFrame(listed),
        "departments": pd.DataFrame([{"department_code": "D1", "name": "市场监管局"}]),
        "districts": pd.DataFrame({"district_code": list(DISTRICTS), "name": list(DISTRICTS.values())}),
    }
    opened = open_workspace(workspace, create=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.api.site.publication.current_version", lambda opened, name, **asked: tables[name])
        publish(opened, site, as_of=AS_OF, is_demo=True, book=load_policies(), actor=ACTOR, at=NOW)
    opened.close()
