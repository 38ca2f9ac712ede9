from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from engine.errors import PolicyInconsistentError
from engine.kpis.registry import BY_CODE, KPIS
from engine.kpis.values import GROUPINGS, kpi_values, scorecard
from tests.kpi_world import AS_OF, facts

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def by_code(table):
    return table.set_index("kpi")


def all_values(**changed):
    return by_code(kpi_values(facts(**changed), first=FIRST, last=LAST))


def test_figures_by_hand():
    found = all_values()

    shown = {code: (found.loc[code, "numerator"], found.loc[code, "denominator"]) for code in found.index}
    assert shown["completion"] == (3, 5)  # four are public, one of them before its window ended; one is unstaffed
    assert shown["published_in_time"] == (3, 5)  # four are public, one of them late; one waits and is late
    assert shown["disposal"] == (1, 2)
    assert shown["put_right_in_time"] == (1, 2)  # the third is not due yet
    assert shown["closure"] == (1, 2)  # the firm that was not found waits still
    assert shown["reached"] == (3, 4)
    assert shown["joint_visits"] == (1, 3)
    assert shown["visits_per_firm"] == (3, 2)
    assert found.loc["visits_most", "value"] == pytest.approx(1.95)  # two visits at one firm, one at the other
    assert shown["joint_tasks"] == shown["credit_rules"] == (1, 2)
    assert shown["coverage"] == (5, 40)  # six objects were drawn, one of them no enterprise
    assert shown["items_covered"] == (2, 3)
    assert shown["mobile_entry"] == (1, 2)  # of the others nobody here knows how they were entered
    assert shown["best_visited"] == (3, 4)  # visits v1, v2, v3 and v6 were made; v4 was not, v5 had no team
    assert shown["queries_met"] == (1, 4) and found.loc["blocked", "value"] == 2500
    assert shown["objections_settled"] == (1, 2)  # the third is not due yet
    assert found.loc["visits_saved", "value"] == 2
    assert found.loc["days_per_step", "value"] == 3
    assert shown["released_in_time"] == (1, 2)


def test_what_is_due_later_is_in_no_denominator_and_what_is_late_stays_in_one():
    earlier = kpi_values(facts(as_of=pd.Timestamp("2026-04-01")), first=FIRST, last=LAST)

    assert by_code(earlier).loc["put_right_in_time", "denominator"] == 1
    assert all_values().loc["published_in_time", "denominator"] > all_values().loc["published_in_time", "numerator"]


@pytest.mark.parametrize("by", list(GROUPINGS))
def test_parts_add_up_to_the_whole(by):
    whole = all_values()
    parts = kpi_values(facts(), first=FIRST, last=LAST, by=by).groupby("kpi")[["numerator", "denominator"]].sum()

    for kpi in KPIS:
        if kpi.code not in parts.index:  # nothing of it happened, so there is no group
            assert not whole.loc[kpi.code, "n"]
            continue
        if kpi.kind.value not in ("median", "high", "estimate"):
            assert parts.loc[kpi.code, "numerator"] == whole.loc[kpi.code, "numerator"], kpi.code
        if kpi.kind.value in ("share", "mean"):
            assert parts.loc[kpi.code, "denominator"] == whole.loc[kpi.code, "denominator"], kpi.code


def test_months_add_up_to_the_year():
    year = all_values()
    months = [
        by_code(
            kpi_values(
                facts(), first=date(2026, m, 1), last=date(2026, m, 28 if m == 2 else 30 if m in (4, 6, 9, 11) else 31)
            )
        )
        for m in range(1, 13)
    ]

    for code in ("completion", "published_in_time", "random_checks", "visits_saved", "punished"):
        assert sum(month.loc[code, "numerator"] for month in months) == year.loc[code, "numerator"]


def test_a_share_without_rows_has_no_value_and_meets_no_target():
    found = kpi_values(facts(), first=date(2020, 1, 1), last=date(2020, 1, 31), targets={"completion": 1.0})

    assert found["value"].dropna().eq(0).all()  # totals, and shares of what there is anyway
    assert found["meets_target"].isna().all()


def test_only_samples_carry_an_interval():
    found = all_values()

    assert 0 < found.loc["reached", "low"] < 3 / 4 < found.loc["reached", "high"] < 1
    assert found.loc["completion", ["low", "high"]].isna().all()


def test_estimates_are_handed_in_and_never_counted():
    estimates = pd.DataFrame(
        [("hit_rate", "M", "", 0.2, 40, 0.1, 0.33), ("hit_rate", "F", "", None, 6, 0.0, 0.5)],
        columns=["kpi", "department_code", "district_code", "value", "n", "low", "high"],
    )
    by = kpi_values(facts(), first=FIRST, last=LAST, by="department", estimates=estimates)
    own = by[by["kpi"] == "hit_rate"].set_index("department_code")

    assert own.loc["M", ["value", "n", "low", "high"]].tolist() == [0.2, 40, 0.1, 0.33]
    assert pd.isna(own.loc["F", "value"]) and own["denominator"].isna().all()
    assert pd.isna(all_values().loc["hit_rate", "value"]) and all_values().loc["hit_rate", "n"] == 0


def test_coverage_counts_from_january_and_each_firm_once_a_year():
    march = by_code(kpi_values(facts(), first=date(2026, 3, 1), last=date(2026, 3, 31)))
    november = by_code(kpi_values(facts(), first=date(2026, 11, 1), last=date(2026, 11, 30)))
    next_year = by_code(kpi_values(facts(), first=date(2027, 1, 1), last=date(2027, 1, 31)))

    assert march.loc["coverage", ["numerator", "denominator"]].tolist() == [4, 40]
    assert november.loc["coverage", "numerator"] == 5 and next_year.loc["coverage", "numerator"] == 0
    assert march.loc["items_covered", ["numerator", "denominator"]].tolist() == [2, 3]


def test_few_visits_do_not_give_a_class_away():
    found = kpi_values(facts(), first=FIRST, last=LAST, by="district", least=4)
    own = found[found["kpi"] == "best_visited"].set_index("district_code")

    assert own["n"].to_dict() == {"330602": 3, "330603": 1} and own[["value", "numerator"]].isna().all(axis=None)


def test_points_are_shares_of_targets_reached():
    values = kpi_values(
        facts(), first=FIRST, last=LAST, targets={"completion": 1.0, "joint_visits": 0.2, "fed_back": 1.0}
    )
    card = scorecard(values, points={"completion": 10, "joint_visits": 5, "fed_back": 5}, policy="kpi.points").iloc[0]

    # 3 of 5 checks: six of ten; one joint visit in three is more than a fifth: all five; nothing was met in business
    assert (card["points"], card["out_of"], card["n_kpis"]) == (pytest.approx(11.0), 15.0, 2)


@pytest.mark.parametrize("code", ["punished", "visits_saved", "applied", "visits_per_firm"])
def test_volume_earns_no_points(code):
    values = kpi_values(facts(), first=FIRST, last=LAST, targets={})

    with pytest.raises(PolicyInconsistentError, match="54"):
        scorecard(values, points={code: 10}, policy="kpi.points")


def test_points_for_an_unknown_figure_are_refused():
    with pytest.raises(PolicyInconsistentError):
        scorecard(kpi_values(facts(), first=FIRST, last=LAST), points={"fines": 1}, policy="kpi.points")


def test_every_figure_is_declared_once_and_whole():
    assert len(BY_CODE) == len(KPIS)
    for kpi in KPIS:
        assert all((kpi.reference, kpi.unit, str(kpi.title), str(kpi.numerator), str(kpi.maturity), str(kpi.source)))


def test_late_results_never_raise_timeliness():
    base = all_values()
    results = facts().results
    later = results.assign(published_on=results["published_on"] + pd.Timedelta(days=60))

    assert all_values(results=later).loc["published_in_time", "value"] <= base.loc["published_in_time", "value"]
    assert AS_OF.year == 2026


def test_rows_are_made_once_for_every_grouping_and_anew_for_other_facts():
    made = []
    kpi = replace(BY_CODE["completion"], rows=lambda held: made.append(held) or BY_CODE["completion"].rows(held))
    held = facts()
    for by in ("all", "department", "district"):
        kpi_values(held, first=FIRST, last=LAST, by=by, kpis=[kpi])
    assert len(made) == 1

    kept = by_code(kpi_values(held, first=FIRST, last=LAST, kpis=[kpi])).loc["completion", "n"]
    fewer = replace(held, checks=held.checks.iloc[:1])
    assert by_code(kpi_values(fewer, first=FIRST, last=LAST, kpis=[kpi])).loc["completion", "n"] < kept
