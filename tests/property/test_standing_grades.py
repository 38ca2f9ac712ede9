"""What stands above the score, whatever the numbers: bands, grades of sectors, grades by persons, statutes."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.grading.hysteresis import read_hysteresis
from engine.grading.reviewed import ReviewedOverride
from engine.pipeline.assessment import Standing, grade_by
from engine.vocabulary import RISK_GRADES, Grade
from tests import policies

AS_OF = date(2024, 6, 30)
BOOK = policies.shipped()
PLACES = {grade.value: place for place, grade in enumerate(RISK_GRADES)}
SCORES = st.lists(st.integers(0, 60), min_size=5, max_size=60)
NO_LISTINGS = pd.DataFrame(
    {"entity_id": [], "listing_id": [], "list_type": [], "occurred_on": pd.Series([], dtype="object")}
)
COMMON = settings(max_examples=60, deadline=None)


def entities(n):
    return pd.DataFrame({"entity_id": [f"e{i:03}" for i in range(n)], "population": "enterprise"})


def graded(scores, *, listed=(), on=AS_OF, **standing):
    table = entities(len(scores))
    deciding = table.assign(as_of=on, model="scorecard", score=np.asarray(scores, dtype=float), coverage_ratio=1.0)
    listings = NO_LISTINGS
    if listed:
        names = [f"e{i:03}" for i in sorted(listed)]
        listings = pd.DataFrame({"entity_id": names, "listing_id": names})
        listings = listings.assign(list_type="serious_violation", occurred_on=date(2024, 1, 1))
    return grade_by(deciding, table, listings, book=BOOK, as_of=on, standing=Standing(**standing))


def override(i, grade, *, begins=AS_OF, days=90):
    return ReviewedOverride(
        f"o{i}", f"e{i:03}", grade, "not_on_record", "n", begins, begins + timedelta(days=days), known_on=begins
    )


@given(SCORES, SCORES, st.sets(st.integers(0, 4)), st.sampled_from(RISK_GRADES))
@COMMON
def test_neither_a_band_nor_a_person_skips_a_statute(before, now, listed, grade):
    now = (now * 12)[: max(len(before), 5)]
    held = graded(before)
    found = graded(
        now, listed=listed, previous=held.grades, overrides=[override(i, grade) for i in range(5)]
    ).grades.set_index("entity_id")

    for i in listed:
        assert found.loc[f"e{i:03}", "grade"] == "D"
        assert found.loc[f"e{i:03}", "override_code"] == "serious_violation_listing"


@given(SCORES, st.sampled_from(RISK_GRADES), st.integers(1, 120))
@COMMON
def test_an_override_ends_on_its_day(scores, grade, days):
    held = override(0, grade, days=days)
    plain = graded(scores).grades["grade"].iloc[0]

    def on(day):
        return graded(scores, on=day, overrides=[held]).grades["grade"].iloc[0]

    assert on(AS_OF - timedelta(days=1)) == plain
    assert on(AS_OF) == grade
    assert on(held.until - timedelta(days=1)) == grade
    assert on(held.until) == plain


@given(SCORES, SCORES, st.randoms(use_true_random=False))
@COMMON
def test_the_order_of_rows_changes_nothing(before, now, shuffler):
    now = (now * 12)[: len(before)]
    previous = graded(before).grades
    overrides = [override(1, Grade.C), override(2, Grade.A)]
    sectors = pd.DataFrame({"entity_id": ["e003"], "scheme": "食品安全风险分级", "external_grade": "D"})
    expected = graded(now, previous=previous, overrides=overrides, sector_grades=sectors).grades
    order = list(range(len(now)))
    shuffler.shuffle(order)

    table = entities(len(now)).iloc[order].reset_index(drop=True)
    deciding = table.assign(as_of=AS_OF, model="scorecard", score=[float(now[i]) for i in order], coverage_ratio=1.0)
    standing = Standing(
        previous=previous.sample(frac=1, random_state=1), overrides=overrides[::-1], sector_grades=sectors
    )
    found = grade_by(deciding, table, NO_LISTINGS, book=BOOK, as_of=AS_OF, standing=standing).grades

    by_id = found.sort_values("entity_id", ignore_index=True)
    assert by_id["grade"].tolist() == expected["grade"].tolist()
    assert by_id["override_code"].fillna("").tolist() == expected["override_code"].fillna("").tolist()


@given(SCORES, SCORES)
@COMMON
def test_a_held_grade_lies_between_the_one_before_and_the_cuts(before, now):
    now = (now * 12)[: len(before)]
    was = graded(before).grades["settled_grade"].map(PLACES).to_numpy()
    found = graded(now, previous=graded(before).grades)
    cut = found.grades["score_grade"].map(PLACES).to_numpy()
    held = found.grades["settled_grade"].map(PLACES).to_numpy()

    assert ((np.minimum(was, cut) <= held) & (held <= np.maximum(was, cut))).all()
    # whoever was held lies within the band of a limit
    band = read_hysteresis(BOOK, on=AS_OF).of("enterprise")
    limits = found.limits[["highest_a", "highest_b", "highest_c"]].to_numpy()[0]
    near = np.abs(np.asarray(now, dtype=float)[:, None] - limits).min(axis=1)
    assert (near[held != cut] <= max(band.worse_points, band.better_points)).all()


@given(SCORES)
@COMMON
def test_the_same_scores_again_move_nobody(scores):
    held = graded(scores)

    assert graded(scores, previous=held.grades).grades["grade"].tolist() == held.grades["grade"].tolist()
