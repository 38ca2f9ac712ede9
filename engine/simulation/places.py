"""The six districts and counties of Shaoxing and the functional area Binhai, with the codes they replaced.

Codes: GB/T 2260; Binhai has none and carries the local pseudo-code ``3306ZB``. Shares of entities are chosen.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from engine.simulation.layout import contract_table

CITY_CODE = "330600"
_REORGANISED_ON = np.datetime64("2013-11-08")
_CODES_SINCE = np.datetime64("1983-07-27")
_BINHAI_SINCE = np.datetime64("2010-07-01")


@dataclass(frozen=True, slots=True)
class District:
    """One area: its code, name, one-character short form in document numbers, and share of entities."""

    code: str
    name: str
    short: str
    share: float
    registers_as: str
    """Area code of its registration authority inside credit codes (letters outside the alphabet cannot occur)."""
    formerly: str = ""


DISTRICTS = (
    District("330602", "越城区", "越", 0.23, "330602"),
    District("330603", "柯桥区", "柯", 0.21, "330603", "330621"),
    District("330604", "上虞区", "虞", 0.15, "330604", "330682"),
    District("330624", "新昌县", "新", 0.08, "330624"),
    District("330681", "诸暨市", "诸", 0.18, "330681"),
    District("330683", "嵊州市", "嵊", 0.10, "330683"),
    District("3306ZB", "滨海新城", "滨", 0.05, "330600"),
)
SHARES = np.array([place.share for place in DISTRICTS])

_NAME_PREFIXES = {"新昌县": "新昌县", "诸暨市": "诸暨市", "嵊州市": "嵊州市", "滨海新城": "绍兴滨海新城"}
NAME_PREFIXES = tuple(_NAME_PREFIXES.get(place.name, f"绍兴市{place.name}") for place in DISTRICTS)
"""How names of firms begin in each district."""


def districts_table() -> pa.Table:
    """Return the contract table ``districts``: the city, its seven areas, and two codes given up in 2013."""
    former = {"330621": "绍兴县", "330682": "上虞市"}
    rows: list[tuple[str, str, str, str | None, np.datetime64]] = [(CITY_CODE, "绍兴市", "330000", None, _CODES_SINCE)]
    for place in DISTRICTS:
        if place.formerly:
            rows.append((place.formerly, former[place.formerly], CITY_CODE, place.code, _CODES_SINCE))
        since = _BINHAI_SINCE if place.code == "3306ZB" else _REORGANISED_ON if place.formerly else _CODES_SINCE
        rows.append((place.code, place.name, CITY_CODE, None, since))
    code, name, parent, successor, since_column = zip(*rows, strict=True)
    known = [_REORGANISED_ON if follows else begins for follows, begins in zip(successor, since_column, strict=True)]
    return contract_table(
        "districts",
        {
            "district_code": list(code),
            "name": list(name),
            "parent_code": list(parent),
            "successor_code": pa.array(successor, pa.string()),
            "occurred_on": np.array(since_column),
            "known_at": np.array(known),
        },
    )
