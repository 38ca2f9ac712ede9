"""Logged draws become cells; planned ratios follow the caps; other grounds than the draw are refused."""

from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from engine.errors import SelectionModeError
from engine.estimation.logged import logged_frame
from engine.estimation.policy_result import Estimator, EvaluationLimits
from engine.estimation.policy_value import policy_contrast, policy_value
from engine.laboratory.experiment import set_up
from engine.laboratory.optimum import optimise
from engine.laboratory.prices import shadow_prices
from engine.laboratory.problem import LimitKind
from engine.laboratory.simulation import simulate
from engine.messages import Message
from engine.pipeline.best_ratios import Wishes, best_ratio_question
from engine.pipeline.expected_visits import with_expected_visits
from engine.pipeline.framing import allocate
from engine.pipeline.laboratory import Terms, drawn_this_year, laboratory_frame, planned_ratios, with_findings
from engine.ratios.capacity import Capacity, CapacityLimit
from engine.ratios.policy import read_ratio_policy
from engine.ratios.quota import DrawOfYear
from engine.ratios.strata import neighbour_order
from tests import policies

POLICY = read_ratio_policy(policies.shipped(), on=date(2026, 1, 1))
LIMITS = EvaluationLimits(max_missing_share=0.05, max_weight=20, min_effective_n=100, min_findings=20)
ITEMS = pd.DataFrame(
    {
        "item_code": ["g1", "k1"],
        "item_class": ["general", "key"],
        "department_code": ["X", "Y"],
        "ratio_cap": ["0.05", None],
        "basis": ["law g", "law k"],
    }
)


def selections(size=100, drawn=50):
    """Return the frame of one draw: two items, four grades, one district, half of every stratum drawn."""
    rows = [
        (f"o{grade}{at}", item, grade, at < drawn) for item in ("g1", "k1") for grade in "ABCD" for at in range(size)
    ]
    table = pd.DataFrame(rows, columns=["entity_id", "item_code", "grade", "is_drawn"])
    share = drawn / size
    return table.assign(
        draw_id="2026-001",
        stratum=table["grade"],
        district_code="d1",
        design_probability=share,
        inclusion_probability=share,
    )


def results(frame, mode="random"):
    drawn = frame[frame["is_drawn"]]
    found = np.arange(len(drawn)) % 5 == 0
    codes = np.where(found, "corrected", "no_problem")
    return drawn[["entity_id", "item_code"]].assign(selection_mode=mode, result_codes=codes)


EFFORTS = {"g1": Fraction(1, 2), "k1": Fraction(1, 2)}


def terms(items=ITEMS, *, draw=DrawOfYear(1, 1), done=None, capacity=None, minimum_cell=5):  # noqa: B008 - frozen
    efforts = {code: Fraction(1, 2) for code in items["item_code"]}
    nearest = neighbour_order({})
    return Terms(items, efforts, minimum_cell, nearest, POLICY.rounding, draw, done, capacity)


def framed(logged, **options):
    """The frame of the logged draw itself, to be drawn again."""
    classes = ITEMS.set_index("item_code")["item_class"]
    latest = logged[logged["draw_id"] == logged["draw_id"].iloc[-1]]
    eligible = latest[["entity_id", "item_code", "district_code", "grade"]]
    eligible = eligible.assign(item_class=eligible["item_code"].map(classes))
    return laboratory_frame(eligible, logged, terms(), source=Message("test"), **options)


def test_cells_count_what_random_rows_showed():
    logged = with_findings(selections(), results(selections()))

    cells = framed(logged).cells

    assert len(cells) == 8
    assert set(cells["n_units"]) == {100}
    assert set(cells["n_observed"]) == {50}
    assert cells["n_findings"].sum() == 80
    assert set(cells["effort"]) == {0.5}
    assert cells.set_index("item_code")["rounding"].to_dict() == {"g1": "cum", "k1": "ceil"}


@pytest.mark.parametrize("mode", ["scheduled", "directed"])
def test_rows_of_another_ground_are_refused_by_name(mode):
    with pytest.raises(SelectionModeError, match=mode):
        with_findings(selections(), results(selections(), mode=mode))


def test_an_unreachable_firm_is_no_finding_and_no_missing_result():
    found = results(selections())
    found.loc[found.index[0], "result_codes"] = "unreachable"
    found.loc[found.index[1], "result_codes"] = None

    adverse = with_findings(selections(), found)["adverse"]

    assert adverse.iloc[0] is np.False_ or not adverse.iloc[0]
    assert adverse.iloc[1] is pd.NA


def test_planned_ratios_scale_a_general_item_to_its_cap():
    logged = with_findings(selections(), results(selections()))
    frame = framed(logged)
    cells = frame.cells

    ratios = frame.ratios.of(POLICY)

    assert ratios.tolist() == pytest.approx(planned_ratios(cells, POLICY, ITEMS).tolist())

    general = (cells["item_code"] == "g1").to_numpy()
    assert (ratios * cells["n_units"])[general].sum() == pytest.approx(20)
    assert ratios[~general].tolist() == [0.02, 0.04, 0.2, 0.6]


@pytest.mark.parametrize("estimator", [Estimator.HT, Estimator.HAJEK])
def test_the_logged_policy_would_have_found_what_it_found(estimator):
    logged = with_findings(selections(), results(selections()))
    frame = logged_frame(logged.assign(alternative_probability=0.5))

    assert policy_value(frame, estimator=estimator, limits=LIMITS).value == pytest.approx(80)
    assert policy_contrast(frame, estimator=estimator, limits=LIMITS).value == 0


def test_the_best_ratios_keep_floor_cap_order_and_capacity():
    logged = with_findings(selections(), results(selections()))
    frame = framed(logged)
    experiment = set_up(frame.cells, frame.memberships, draws=20, generator=np.random.default_rng(0))
    limits = (CapacityLimit("Y", None, Fraction(40), "notice"),)
    wishes = Wishes(checks=None, person_days=limits, total_cv=0.5, class_a_cv=None, by_item=True)

    question = best_ratio_question(experiment, POLICY, ITEMS, wishes=wishes)
    best = optimise(question.problem)

    held = dict(zip(question.names, best.ratios, strict=True))
    assert min(held.values()) >= 0.002 - 1e-12
    assert sum(held[("g1", grade)] * 100 for grade in "ABCD") <= 20 * (1 + 1e-9)
    assert sum(held[("k1", grade)] * 50 for grade in "ABCD") <= 40 * (1 + 1e-9)
    for item in ("g1", "k1"):
        ratios = [held[(item, grade)] for grade in "ABCD"]
        assert all(mild <= risky + 1e-9 for mild, risky in zip(ratios, ratios[1:], strict=False))
    assert {limit.kind for limit in question.problem.linear} == {LimitKind.ORDER, LimitKind.CAP, LimitKind.CAPACITY}


def register(seed=5):
    """Eligible rows of two items, three districts and five grades: small cells, some rows due by law."""
    rng = np.random.default_rng(seed)
    rows = []
    for item in ("g1", "k1"):
        for district in ("d1", "d2", "d3"):
            for grade, size in zip("ABCDU", rng.integers(1, [400, 120, 40, 8, 20]), strict=True):
                rows += [(f"{district}{grade}{at}", item, district, grade) for at in range(size)]
    table = pd.DataFrame(rows, columns=["entity_id", "item_code", "district_code", "grade"])
    classes = ITEMS.set_index("item_code")["item_class"]
    due = (table["item_code"] == "k1") & (rng.random(len(table)) < 0.05)
    return table.assign(item_class=table["item_code"].map(classes), is_due=due)


@pytest.mark.parametrize("draw", [DrawOfYear(1, 1), DrawOfYear(2, 4)])
@pytest.mark.parametrize("days", [None, 12])
def test_a_simulated_draw_gives_every_row_the_ratio_that_a_draw_commits_to(draw, days):
    rows, limits = register(), (CapacityLimit("Y", "d2", Fraction(days or 1), "notice"),)
    capacity = None if days is None else Capacity(limits, EFFORTS)
    done = None
    if draw.number > 1:
        cells = rows[~rows["is_due"]].groupby(["item_code", "district_code", "grade"]).size().reset_index()
        done = cells.iloc[::3].assign(n_drawn=2, n_excluded=1)
    book, on = policies.shipped(), date(2026, 1, 1)
    committed = allocate(rows, ITEMS, book=book, on=on, key=b"secret", draw=draw, done=done, capacity=capacity)
    logged = with_findings(selections(), results(selections()))
    asked = terms(draw=draw, done=done, capacity=capacity)

    frame = laboratory_frame(rows, logged, asked, source=Message("test"))

    by_stratum = committed.allocation.table.set_index(["item_code", "stratum"])["ratio"].astype(float)
    placed = committed.strata.frame.merge(by_stratum.rename("committed").reset_index(), on=["item_code", "stratum"])
    key = ["item_code", "district_code", "grade", "is_due"]
    simulated = placed.merge(frame.cells.assign(simulated=frame.ratios.of(POLICY))[[*key, "simulated"]], on=key)
    np.testing.assert_allclose(simulated["simulated"], simulated["committed"], atol=1.01e-6)
    assert (frame.cells["n_units"] < 5).any()  # some cells are merged
    assert simulated.loc[simulated["is_due"], "simulated"].eq(1.0).all()


def test_merged_strata_are_rounded_up_once():
    """Three A units of a key item join seven in the next district: ten at 2 % make one check, not two."""
    rows = [(f"o{d}{at}", "k1", d, "A") for d, n in (("d1", 3), ("d2", 7)) for at in range(n)]
    table = pd.DataFrame(rows, columns=["entity_id", "item_code", "district_code", "grade"]).assign(item_class="key")
    logged = with_findings(selections(), results(selections()))
    frame = laboratory_frame(table, logged, terms(), source=Message("test"))
    experiment = set_up(frame.cells, frame.memberships, draws=20, generator=np.random.default_rng(0))

    result = simulate(experiment, frame.ratios.of(POLICY))

    assert result.checks == pytest.approx(1.0)
    assert result.burden["A"] == pytest.approx(0.1)


def test_rates_are_learned_by_the_grade_at_the_draw_and_known_units_count_where_they_stand_now():
    logged = with_findings(selections(), results(selections()))
    classes = ITEMS.set_index("item_code")["item_class"]
    regraded = logged[["entity_id", "item_code", "district_code", "grade"]].assign(grade="D")
    eligible = regraded.assign(item_class=regraded["item_code"].map(classes))

    frame = laboratory_frame(eligible, logged, terms(), source=Message("test"))

    cells = frame.cells.set_index("item_code")
    assert cells["grade"].tolist() == ["D", "D"]
    assert cells["n_observed"].tolist() == [200, 200]  # all four old grades stand in D now
    assert cells["n_evidence"].tolist() == [50, 50]  # but only those drawn as D show what D is like


def test_results_of_another_year_teach_rates_but_no_longer_stand():
    logged = with_findings(selections(), results(selections()))

    cells = framed(logged, standing=[]).cells

    assert cells["n_observed"].sum() == cells["n_findings"].sum() == 0
    assert cells["n_evidence"].sum() == 400


def test_what_this_years_draws_took_is_counted_with_those_who_left_the_frame():
    logged = with_findings(selections(), results(selections()))
    still_there = logged[~((logged["grade"] == "A") & logged["is_drawn"])]

    done = drawn_this_year(logged, ["2026-001"], still_there)

    by_grade = done.groupby("grade")[["n_drawn", "n_excluded"]].sum()
    assert by_grade["n_drawn"].tolist() == [100] * 4
    assert by_grade["n_excluded"].tolist() == [100, 0, 0, 0]
    assert drawn_this_year(logged, [], still_there) is None


def test_most_visits_per_firm_bind_the_greatest_ratio_of_its_items():
    logged = with_findings(selections(), results(selections()))
    frame = framed(logged)
    experiment = set_up(frame.cells, frame.memberships, draws=20, generator=np.random.default_rng(0))
    wishes = Wishes(checks=None, person_days=(), total_cv=None, class_a_cv=None, by_item=True, visits={"B": 0.03})

    question = best_ratio_question(experiment, POLICY, ITEMS, wishes=wishes)
    best = optimise(question.problem)
    visits = simulate(experiment, question.ratios_of_cells(best.ratios)).burden

    assert max(best.ratios[question.names.index((item, "B"))] for item in ("g1", "k1")) == pytest.approx(0.03)
    assert visits["B"] <= 0.05  # whole checks: a stratum's are rounded up
    said = [str(sentence) for sentence in shadow_prices(question.problem, best)]
    assert any(sentence.startswith("one more visit to a firm of grade B finds") for sentence in said)


def test_a_limit_on_visits_holds_for_what_a_draw_is_expected_to_visit():
    most = 0.05
    logged = with_findings(selections(), results(selections()))
    frame = framed(logged)
    cells = frame.cells.assign(rounding="cum")
    experiment = set_up(cells, frame.memberships, draws=20, generator=np.random.default_rng(0))
    wishes = Wishes(checks=None, person_days=(), total_cv=None, class_a_cv=None, by_item=True, visits={"B": most})
    question = best_ratio_question(experiment, POLICY, ITEMS, wishes=wishes)
    loose = optimise(question.problem)

    held = with_expected_visits(experiment, question, loose)
    before, after = (
        simulate(experiment, question.ratios_of_cells(each.ratios)).burden["B"] for each in (loose, held.best)
    )

    assert before > most * 1.001  # the least possible keeps the limit, a draw does not
    assert after == pytest.approx(most, rel=0.01)
    assert after <= most * 1.0011
    assert "visits expected" in str(held.notes[0])


def test_a_limit_on_visits_that_small_strata_break_is_said():
    logged = with_findings(selections(), results(selections()))
    frame = framed(logged)
    experiment = set_up(frame.cells, frame.memberships, draws=20, generator=np.random.default_rng(0))
    wishes = Wishes(checks=None, person_days=(), total_cv=None, class_a_cv=None, by_item=True, visits={"B": 0.03})
    question = best_ratio_question(experiment, POLICY, ITEMS, wishes=wishes)

    held = with_expected_visits(experiment, question, optimise(question.problem))

    assert "more than the" in str(held.notes[0])


def test_what_law_makes_due_is_drawn_whatever_the_ratios_and_counts_against_the_limits():
    rows = register()
    logged = with_findings(selections(), results(selections()))
    frame = laboratory_frame(rows, logged, terms(), source=Message("test"))
    experiment = set_up(frame.cells, frame.memberships, draws=20, generator=np.random.default_rng(0))
    n_due = int(rows["is_due"].sum())
    wishes = Wishes(checks=n_due + 30.0, person_days=(), total_cv=None, class_a_cv=None, by_item=False)

    question = best_ratio_question(experiment, POLICY, ITEMS, wishes=wishes)
    best = optimise(question.problem)

    ratios = question.ratios_of_cells(best.ratios)
    assert (ratios[frame.cells["is_due"].to_numpy()] == 1.0).all()
    assert question.due_checks == n_due
    assert ratios @ frame.cells["n_units"] == pytest.approx(n_due + 30.0)


def due_bench():
    """A frame of which a part is due, learned from a draw that knew the same cells."""
    rows = register()
    found = results(selections())
    logged = with_findings(selections(), found)
    frame = laboratory_frame(rows, logged, terms(), source=Message("test"))
    return rows, logged, frame, set_up(frame.cells, frame.memberships, draws=20, generator=np.random.default_rng(0))


def test_a_result_teaches_once_where_law_splits_a_cell():
    _, logged, frame, _ = due_bench()

    split = frame.cells.groupby(["item_code", "district_code", "grade"]).agg(
        parts=("n_units", "size"), evidence=("n_evidence", "sum")
    )
    logged_there = logged[logged["adverse"].notna()].groupby(["item_code", "district_code", "grade"]).size()
    wanted = logged_there.reindex(split.index, fill_value=0)
    assert (split["parts"] > 1).any()
    assert split["evidence"].tolist() == wanted.tolist()


def test_what_is_due_uses_up_its_districts_person_days():
    rows, _, frame, experiment = due_bench()
    n_due = int((rows["is_due"] & (rows["district_code"] == "d1")).sum())
    limits = (CapacityLimit("Y", "d1", Fraction(n_due, 2) + 4, "notice"),)
    wishes = Wishes(checks=None, person_days=limits, total_cv=None, class_a_cv=None, by_item=True)

    question = best_ratio_question(experiment, POLICY, ITEMS, wishes=wishes)
    ratios = question.ratios_of_cells(optimise(question.problem).ratios)

    own = (frame.cells["item_code"] == "k1") & (frame.cells["district_code"] == "d1")
    assert n_due > 0
    assert (ratios * frame.cells["n_units"])[own].sum() == pytest.approx(n_due + 8)


def test_visits_that_law_makes_due_count_against_the_most_visits_of_a_grade():
    rows, _, frame, experiment = due_bench()
    firms = rows.loc[rows["grade"] == "A", "entity_id"].nunique()
    due = rows.loc[(rows["grade"] == "A") & rows["is_due"], "entity_id"].nunique()
    most = (due + 10) / firms
    wishes = Wishes(checks=None, person_days=(), total_cv=None, class_a_cv=None, by_item=False, visits={"A": most})

    question = best_ratio_question(experiment, POLICY, ITEMS, wishes=wishes)
    ratios = question.ratios_of_cells(optimise(question.problem).ratios)
    profiles = experiment.profiles
    chance = np.maximum.reduceat(ratios[profiles.cells], profiles.starts)
    in_a = profiles.grade == experiment.grades.index("A")

    assert due > 0
    assert (chance * profiles.n_objects)[in_a].sum() == pytest.approx(due + 10)
