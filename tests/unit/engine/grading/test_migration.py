"""Who moved and why; too much movement needs a signature."""

from datetime import date

import pandas as pd

from engine.grading.migration import CAUSE_NAMES, Cause, migration_matrix, moves, share_movements


def _grades(rows, *, as_of=date(2024, 6, 30), model="scorecard"):
    table = pd.DataFrame(rows, columns=["entity_id", "grade", "score", "override_code"])
    return table.assign(as_of=as_of, population="city", model=model, score_grade=table["grade"])


def _shares(**counts):
    rows = [(f"{grade}{i}", grade, 1.0, None) for grade, n in counts.items() for i in range(n)]
    return _grades(rows)


def test_causes():
    before = _grades(
        [
            ("cut", "A", 5.0, None),
            ("fed", "A", 1.0, None),
            ("gone", "A", 1.0, None),
            ("joined", "A", 1.0, None),
            ("listed", "A", 1.0, None),
            ("removed", "D", 1.0, "serious"),
            ("reviewed", "C", 1.0, None),
            ("scored", "A", 1.0, None),
            ("still", "B", 3.0, None),
            ("until", "B", 1.0, "reviewed.not_on_record"),
        ]
    )
    now = _grades(
        [
            ("cut", "B", 5.0, None),
            ("fed", "C", 8.0, None),
            ("joined", "D", 1.0, "sector.food"),
            ("listed", "D", 1.0, "serious"),
            ("new", "C", 7.0, None),
            ("removed", "A", 1.0, None),
            ("reviewed", "B", 1.0, "reviewed.not_on_record"),
            ("scored", "C", 8.0, None),
            ("still", "B", 4.0, None),
            ("until", "A", 1.0, None),
        ]
    )

    found = moves(before, now, with_news={"fed", "listed", "still"}).set_index("entity_id")

    assert found["cause"].to_dict() == {
        "cut": Cause.CUT_MOVED,
        "fed": Cause.NEW_RECORDS,
        "gone": Cause.LEFT,
        "joined": Cause.SECTOR_BEGAN,
        "listed": Cause.STATUTE_BEGAN,
        "new": Cause.NEWCOMER,
        "removed": Cause.STATUTE_ENDED,
        "reviewed": Cause.REVIEWED_BEGAN,
        "scored": Cause.SCORE_MOVED,
        "still": Cause.NONE,
        "until": Cause.REVIEWED_ENDED,
    }
    assert found.loc["gone", ["population", "from_grade", "to_grade"]].tolist() == ["city", "A", "-"]
    assert found.loc["new", ["population", "from_grade", "to_grade"]].tolist() == ["city", "-", "C"]


def test_every_cause_has_words():
    assert set(CAUSE_NAMES) == set(Cause)


def test_who_was_held_is_told_apart_from_who_did_not_move():
    before = _grades([("e", "B", 3.0, None), ("f", "B", 3.0, None)]).assign(settled_grade="B")
    now = _grades([("e", "B", 2.0, None), ("f", "B", 3.0, None)]).assign(settled_grade="B")
    now.loc[0, "score_grade"] = "A"

    assert moves(before, now)["cause"].tolist() == [Cause.HYSTERESIS, Cause.NONE]


def test_a_statute_in_force_before_and_after_is_no_cause():
    before = _grades([("e", "C", 3.0, "abnormal")]).assign(settled_grade="A")
    now = _grades([("e", "D", 9.0, "abnormal")]).assign(settled_grade="D")

    assert moves(before, now)["cause"].tolist() == [Cause.SCORE_MOVED]


def test_another_model_is_its_own_cause():
    found = moves(_grades([("e", "A", 1.0, None)]), _grades([("e", "B", 9.0, None)], model="lightgbm"))

    assert found["cause"].tolist() == [Cause.MODEL_CHANGED]


def test_matrix_counts_and_shares_of_where_they_came_from():
    before = _grades([("a", "A", 1.0, None), ("b", "A", 1.0, None), ("c", "B", 2.0, None)])
    now = _grades([("a", "A", 1.0, None), ("b", "C", 9.0, None), ("c", "B", 2.0, None)])

    matrix = migration_matrix(moves(before, now))

    assert matrix[["from_grade", "to_grade", "n", "share"]].to_numpy().tolist() == [
        ["A", "A", 1, 0.5],
        ["A", "C", 1, 0.5],
        ["B", "B", 1, 1.0],
    ]


def test_movement_of_exactly_the_limit_is_allowed():
    # .75 - .50 is exactly .25 as a float, .8 - .7 a hair above .1
    assert share_movements(_shares(A=75, B=25), _shares(A=50, B=50), limit=0.25) == ()
    assert share_movements(_shares(A=80, B=20), _shares(A=70, B=30), limit=0.1) == ()


def test_movement_beyond_the_limit_is_named():
    found = share_movements(_shares(A=60, B=25, C=10, D=5), _shares(A=54, B=30, C=11, D=5), limit=0.05)

    assert [str(movement.message) for movement in found] == ["city: grade A moved from 60.0% to 54.0% (limit 5 points)"]


def test_unclassified_and_new_populations_do_not_count_as_movement():
    before = pd.concat([_shares(A=50, B=50), _shares(U=50).assign(population="city")])
    now = pd.concat([_shares(A=50, B=50), _shares(D=9).assign(population="new")])

    assert share_movements(before, now, limit=0.01) == ()
