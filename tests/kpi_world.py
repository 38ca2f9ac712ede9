"""A handful of facts, small enough to count by hand, for tests of figures."""

from dataclasses import replace

import pandas as pd

from engine.kpis.declaration import Facts

AS_OF = pd.Timestamp("2026-12-31")
D1, D2 = "330602", "330603"
UNREACHABLE = "unreachable"


def frame(columns, *rows):
    """Rows as a frame; text of the form YYYY-MM-DD becomes a day."""
    table = pd.DataFrame(list(rows), columns=columns.split())
    for name in table.columns:
        if name.endswith("_on") or name in ("on", "window_end"):
            table[name] = pd.to_datetime(table[name])
    return table


def facts(**changed):
    """The facts, some tables replaced."""
    place = "department_code district_code"
    held = Facts(
        as_of=AS_OF,
        checks=frame(
            f"draw_id visit_id entity_id item_code {place} mode state drawn_on window_end grade is_enterprise",
            ("d", "v1", "e1", "i1", "M", D1, "random", "published", "2026-03-02", "2026-06-30", "A", True),
            ("d", "v1", "e1", "i2", "F", D1, "random", "published", "2026-03-02", "2026-06-30", "A", True),
            ("d", "v2", "e2", "i1", "M", D2, "random", "published", "2026-03-02", "2026-06-30", "C", True),
            ("d", "v3", "e3", "i1", "M", D1, "random", "no_result", "2026-03-02", "2026-06-30", "A", False),
            ("d", "v4", "e4", "i1", "M", D1, "random", "not_visited", "2026-03-02", "2026-06-30", "B", True),
            ("d", "v5", "e5", "i1", "M", D1, "random", "unstaffed", "2026-03-02", "2026-06-30", "D", True),
            ("d", "v6", "e6", "i1", "M", D1, "random", "published", "2026-11-02", "2027-02-28", "A", True),
        ),
        tasks=frame(
            f"draw_id {place} drawn_on n_departments is_graded is_off_site",
            ("d", "M", "", "2026-03-02", 2, True, False),
            ("e", "F", "", "2026-05-02", 1, False, True),
        ),
        results=frame(
            f"inspection_id visit_id entity_id item_code {place} draw_id selection_mode occurred_on published_on "
            "due_on outcome has_disposal is_followed channel is_off_site",
            (
                "r1",
                "v1",
                "e1",
                "i1",
                "M",
                D1,
                "d",
                "random",
                "2026-03-10",
                "2026-03-20",
                "2026-04-08",
                "violation",
                True,
                True,
                "mobile",
                False,
            ),
            (
                "r2",
                "v1",
                "e1",
                "i2",
                "F",
                D1,
                "d",
                "random",
                "2026-03-10",
                "2026-03-20",
                "2026-04-08",
                "clean",
                False,
                False,
                None,
                False,
            ),
            (
                "r3",
                "v2",
                "e2",
                "i1",
                "M",
                D2,
                "d",
                "random",
                "2026-03-11",
                "2026-05-20",
                "2026-04-09",
                "unreachable",
                False,
                False,
                "desktop",
                False,
            ),
            (
                "r6",
                "v6",
                "e6",
                "i1",
                "M",
                D1,
                "d",
                "random",
                "2026-11-10",
                "2026-11-20",
                "2026-12-08",
                "clean",
                False,
                False,
                None,
                False,
            ),
        ),
        pending=frame(f"visit_id item_code {place} due_on", ("v3", "i1", "M", D1, "2026-04-10")),
        visits=frame(
            f"visit_id entity_id {place} occurred_on n_departments n_items is_on_site",
            ("v1", "e1", "M", D1, "2026-03-10", 2, 2, True),
            ("v2", "e2", "M", D2, "2026-03-11", 1, 1, True),
            ("v3", "e1", "M", D1, "2026-03-12", 1, 2, True),
        ),
        orders=frame(
            f"rectification_id {place} ordered_on due_on closed_on",
            ("o1", "M", D1, "2026-03-12", "2026-03-31", "2026-03-30"),
            ("o2", "M", D1, "2026-03-12", "2026-04-30", "2026-05-15"),
            ("o3", "F", D2, "2026-12-20", "2027-01-15", None),
        ),
        referrals=frame(
            f"referral_id {place} sent_on received_on due_on", ("f1", "F", D1, "2026-03-20", "2026-03-22", "2026-03-27")
        ),
        cases=frame(
            f"punishment_id {place} measure_id triggered_on hit_on is_hit is_applied is_fed_back release_due_on "
            "release_pushed_on is_repaired is_ended",
            ("p1", "F", D1, "X1", "2026-04-01", None, False, False, False, "2026-08-03", "2026-08-03", True, True),
            ("p2", "F", D2, "X1", "2026-04-01", None, False, False, False, "2026-08-03", "2026-08-10", False, True),
            ("p3", "F", D2, "X1", "2026-04-02", None, False, False, False, None, None, False, False),
        ),
        steps=frame(
            f"punishment_id {place} step on days amount_fen",
            ("p1", "F", D1, "triggered", "2026-04-01", None, None),
            ("p1", "F", D1, "pushed", "2026-04-03", 2.0, None),
            ("p2", "F", D2, "pushed", "2026-04-05", 4.0, None),
            ("p2", "F", D2, "applied", "2026-04-09", None, 250_000),
        ),
        warnings=frame(f"warning_id {place} due_on closed_on", ("w1", "", D1, "2026-05-01", "2026-04-20")),
        objections=frame(
            f"objection_id {place} due_on settled_on",
            ("o1", "M", D1, "2026-03-20", "2026-03-18"),
            ("o2", "M", D1, "2026-04-20", None),
            ("o3", "M", D1, "2027-01-04", None),
        ),
        queries=frame(f"business_no {place} on n_entities n_met", ("B1", "F", "", "2026-05-01", 4, 1)),
        items=frame(f"item_code {place}", ("i1", "M", ""), ("i2", "F", ""), ("i3", "F", "")),
        register=frame(f"{place} n_active", ("", D1, 30), ("", D2, 10)),
    )
    return replace(held, **changed)
