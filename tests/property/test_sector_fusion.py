"""Two grades made one, whatever the numbers: never falling in either, never below what the rule holds it to."""

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.grading.sector_reasons import sector_reason
from engine.grading.sector_rules import PLACES, read_sectors
from engine.grading.sectors import apply_sectors, join_sectors
from tests import policies

AS_OF = date(2024, 6, 30)
LETTERS = "ABCD"
COMMON = settings(max_examples=80, deadline=None)
GRADE = st.sampled_from(LETTERS)
PEOPLE = st.lists(st.tuples(st.sampled_from([*LETTERS, "U"]), GRADE, st.none() | st.integers(0, 1000)), min_size=1)


def rising(draw, n, *, least=0, most=100, is_strict=False):
    numbers = st.lists(st.integers(least, most), min_size=n, max_size=n, unique=is_strict)
    return sorted(draw(numbers))


@st.composite
def sums(draw):
    return {
        "sector_points": draw(st.integers(1, 200)),
        "credit_points": dict(zip(LETTERS, rising(draw, 4), strict=True)),
        "highest": dict(zip("ABC", rising(draw, 3, most=300, is_strict=True), strict=True)),
        "never_milder_than": sorted(draw(st.sets(st.sampled_from(["credit", "sector"])))),
    }


@st.composite
def tables(draw):
    """A table that rises in both: every cell is the largest of its neighbours below and a step."""
    places = np.zeros((4, 4), dtype=int)
    for a in range(4):
        for b in range(4):
            least = max(places[a - 1, b] if a else 0, places[a, b - 1] if b else 0)
            places[a, b] = draw(st.integers(least, 3))
    return {a: {b: LETTERS[places[i, j]] for j, b in enumerate(LETTERS)} for i, a in enumerate(LETTERS)}


JOINS = st.just("riskier") | tables() | sums()


def rule(join):
    entry = {"code": "s", "scheme": "s", "grades": {x: x for x in LETTERS}, "join": join, "reference": "law"}
    return read_sectors(policies.book(grading__sectors=[entry]), on=AS_OF)


def join(people, how):
    """Join (credit, sector's grade, points in thousandths of the scheme) of a list of firms."""
    names = [f"e{i:03}" for i in range(len(people))]
    own = pd.DataFrame({"entity_id": names, "grade": [p[0] for p in people]})
    sector = pd.DataFrame({"entity_id": names, "scheme": "s", "external_grade": [p[1] for p in people]})
    sector["risk_position"] = [np.nan if p[2] is None else p[2] / 1000 for p in people]
    return own, join_sectors(own, sector, rules=rule(how))


def places(column):
    return column.map(PLACES).to_numpy()


@given(PEOPLE, JOINS)
@COMMON
def test_of_two_grades_that_rise_the_joint_one_never_falls(people, how):
    _, before = join(people, how)

    worse_credit = [(_next(c), s, p) for c, s, p in people]
    worse_sector = [(c, _next(s), None if p is None else min(1000, p + 90)) for c, s, p in people]
    for later in (worse_credit, worse_sector):
        _, after = join(later, how)
        assert (places(after["joint_grade"]) >= places(before["joint_grade"])).all()


@given(PEOPLE)
@COMMON
def test_the_riskier_of_two_is_neither_milder_nor_riskier_than_the_worse_of_them(people):
    _, joins = join(people, "riskier")
    own = joins["credit_grade"].map(PLACES).fillna(-1).to_numpy()

    assert (places(joins["joint_grade"]) == np.maximum(own, places(joins["sector_grade"]))).all()


@given(PEOPLE, sums())
@COMMON
def test_a_sum_is_never_milder_than_the_grades_its_rule_names(people, how):
    _, joins = join(people, how)
    joint = places(joins["joint_grade"])

    for name in how["never_milder_than"]:
        own = joins[f"{name}_grade"].map(PLACES).fillna(-1).to_numpy()
        assert (joint >= own).all()
    added = joins[joins["join"] == "sum"]
    assert np.allclose(added["sector_points"] + added["credit_points"], added["points"], atol=1e-6)
    assert (added["points"] <= added["most_points"] + 1e-6).all()
    # points say no less than nothing: without credit risk the sum is the sector's own
    assert (added["credit_points"] >= 0).all()


@given(PEOPLE, JOINS)
@COMMON
def test_whose_grade_changed_is_told_why_and_nobody_else_is_touched(people, how):
    own, joins = join(people, how)
    found = apply_sectors(own, joins)
    changed = found["grade"] != own["grade"]

    assert (found["override_code"].notna() == changed).all()
    for row in joins.to_dict("records"):
        said = str(sector_reason(row))
        assert f"grade {row['sector_grade']}" in said and str(row["joint_grade"]) in said


def _next(grade):
    return grade if grade in "UD" else LETTERS[LETTERS.index(grade) + 1]
