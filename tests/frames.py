"""Small frames of a draw for tests."""

import pandas as pd


def frame(cells):
    """Return a frame from {(item, district, grade): n}; items that begin with k are key items."""
    rows = [
        (f"uscc:{district}{grade}{i:04}", item, "key" if item.startswith("k") else "general", district, grade)
        for (item, district, grade), n in cells.items()
        for i in range(n)
    ]
    return pd.DataFrame(rows, columns=["entity_id", "item_code", "item_class", "district_code", "grade"])


def item_list(**caps):
    """Return an item list from item=cap (None for key items); every item belongs to department ``dep``."""
    return pd.DataFrame(
        {
            "item_code": list(caps),
            "item_class": ["key" if code.startswith("k") else "general" for code in caps],
            "ratio_cap": pd.Series(list(caps.values()), dtype=object),
            "basis": "law of items",
            "department_code": "dep",
        }
    )
