"""The sixteen departments of the joint conference, at city level and in every district.

Items and inspectors carry the department's city code; the district organ (``SCJG-330602``) signs penalties and
listings.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from engine.simulation.layout import contract_table
from engine.simulation.places import DISTRICTS

_CONFERENCE_ON = np.datetime64("2019-06-01")


@dataclass(frozen=True, slots=True)
class Department:
    """One department.

    Parameters
    ----------
    code, name : the city-level organ.
    body : its name without the city, used for district organs.
    short : its form in document numbers.
    role : lead, initiator or participant.
    share : of all inspectors.
    specialities : of its inspectors, at least one.
    """

    code: str
    name: str
    body: str
    short: str
    role: str
    share: float
    specialities: tuple[str, ...]


DEPARTMENTS = (
    Department(
        "SCJG", "绍兴市市场监督管理局", "市场监督管理局", "市监", "lead", 0.34,
        ("信用监管", "食品安全", "特种设备", "产品质量", "价格广告", "药品医疗器械"),
    ),
    Department("FGW", "绍兴市发展和改革委员会", "发展和改革局", "发改", "participant", 0.02, ("粮食流通",)),
    Department("JYJ", "绍兴市教育局", "教育体育局", "教", "initiator", 0.04, ("民办教育",)),
    Department("GAJ", "绍兴市公安局", "公安局", "公", "initiator", 0.06, ("治安管理",)),
    Department("RSJ", "绍兴市人力资源和社会保障局", "人力资源和社会保障局", "人社监", "initiator", 0.06, ("劳动保障",)),
    Department("STHJ", "绍兴市生态环境局", "生态环境局", "环", "initiator", 0.07, ("污染防治", "危险废物")),
    Department("ZJJ", "绍兴市住房和城乡建设局", "住房和城乡建设局", "建", "initiator", 0.05, ("工程质量", "房产市场")),
    Department("JTJ", "绍兴市交通运输局", "交通运输局", "交", "initiator", 0.05, ("道路运输",)),
    Department("NYNC", "绍兴市农业农村局", "农业农村局", "农", "initiator", 0.05, ("农业投入品", "农产品质量")),
    Department("SWJ", "绍兴市商务局", "商务局", "商务", "participant", 0.03, ("商贸流通",)),
    Department("WGLY", "绍兴市文化广电旅游局", "文化广电旅游局", "文旅", "initiator", 0.04, ("文化市场", "旅游市场")),
    Department("WJW", "绍兴市卫生健康委员会", "卫生健康局", "卫", "initiator", 0.06, ("公共卫生", "医疗执业")),
    Department("YJJ", "绍兴市应急管理局", "应急管理局", "应急", "initiator", 0.05, ("工贸安全", "危化安全")),
    Department("HG", "绍兴海关", "海关监管科", "关", "participant", 0.02, ("进出口监管",)),
    Department("SW", "国家税务总局绍兴市税务局", "税务局", "税", "participant", 0.04, ("发票管理",)),
    Department("TJJ", "绍兴市统计局", "统计局", "统", "participant", 0.02, ("统计执法",)),
)  # fmt: skip
DEPARTMENT_CODES = tuple(department.code for department in DEPARTMENTS)

ORGAN_CODES = tuple(f"{department.code}-{place.code}" for department in DEPARTMENTS for place in DISTRICTS)
"""District organs, department by department."""

DOCUMENT_PREFIXES = tuple(f"绍{place.short}{department.short}罚决" for department in DEPARTMENTS for place in DISTRICTS)
"""Beginning of decision numbers, in the order of ``ORGAN_CODES``."""


def _district_name(department: Department, place_name: str) -> str:
    match department.code:
        case "SW":
            return f"国家税务总局{place_name}税务局"
        case "HG":
            return f"绍兴海关驻{place_name}监管科"
        case _:
            return f"{place_name}{department.body}"


def departments_table() -> pa.Table:
    """Return the contract table ``departments``: sixteen city departments and their district organs."""
    rows: list[tuple[str, str, str, str, str | None]] = [
        (department.code, department.name, department.role, "city", None) for department in DEPARTMENTS
    ]
    rows += [
        (f"{department.code}-{place.code}", _district_name(department, place.name), department.role, "district",
         department.code)
        for department in DEPARTMENTS
        for place in DISTRICTS
    ]  # fmt: skip
    code, name, role, level, parent = zip(*rows, strict=True)
    since = np.full(len(rows), _CONFERENCE_ON)
    return contract_table(
        "departments",
        {
            "department_code": list(code),
            "name": list(name),
            "role": list(role),
            "level": list(level),
            "parent_code": pa.array(parent, pa.string()),
            "occurred_on": pa.array(since),
            "known_at": pa.array(since),
        },
    )
