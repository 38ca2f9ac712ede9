"""Drawn rows for tests of the measurement: districts, grades and items with known rates, teams, and who was not met."""

import numpy as np
import pandas as pd

GRADES = {"A": (120, 0.25, 0.05), "D": (20, 1.0, 0.4)}
"""Units, ratio and rate of violations per grade, in every district and item."""
ITEMS = {"F01": "SCJG", "F02": "YJ"}


def drawn_rows(*, draw_id="2026-001", month="2026-02", districts=("d1", "d2"), seed=1, rates=None, teams=6, scale=1):
    """Return (results, strata) of one draw as ``measured_rows`` takes them; every 25th drawn row is unreachable.

    ``rates`` multiplies the rate of a district, ``scale`` the units of every grade.
    """
    rng = np.random.default_rng(seed)
    rows, sizes = [], []
    for district in districts:
        for item, department in ITEMS.items():
            for grade, (units, ratio, rate) in GRADES.items():
                units *= scale
                n = int(units * ratio)
                stratum = f"{district}{item}{grade}"
                sizes.append((draw_id, item, stratum, units, n, grade))
                factor = (rates or {}).get(district, 1.0)
                part = pd.DataFrame({"entity_id": [f"reg:{district}{grade}{at:03d}" for at in range(n)]})
                found = rng.random(n) < rate * factor
                part["result_codes"] = np.where(found, "corrected", "no_problem")
                rows.append(
                    part.assign(
                        item_code=item,
                        stratum=stratum,
                        grade=grade,
                        district_code=district,
                        department_code=department,
                        item_class="key",
                        sector="H",
                        inclusion_probability=n / units,
                        inspector_code=[f"{district}-{at % teams}" for at in range(n)],
                    )
                )
    results = pd.concat(rows, ignore_index=True).assign(
        draw_id=draw_id, selection_mode="random", population="enterprise", occurred_on=pd.Timestamp(f"{month}-10")
    )
    results.loc[results.index % 25 == 24, "result_codes"] = "unreachable"
    strata = pd.DataFrame(sizes, columns=["draw_id", "item_code", "stratum", "n_units", "n_drawn", "grade"])
    return results, strata
