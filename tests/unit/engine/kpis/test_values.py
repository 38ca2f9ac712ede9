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
    assert shown["hit_rate"] == (1, 3)
    assert shown["reached"] == (3, 4)
    assert shown["joint_visits"] == (1, 3)
    assert shown["visits_per_firm"] == (3, 2)
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
        if kpi.kind.value != "median":
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

    for code in ("completion", "published_in_time", "hit_rate", "visits_saved", "punished"):
        assert sum(month.loc[code, "numerator"] for month in months) == year.loc[code, "numerator"]


def test_a_share_without_rows_has_no_value_and_meets_no_target():
    found = kpi_values(facts(), first=date(2020, 1, 1), last=date(2020, 1, 31), targets={"completion": 1.0})

    assert found["value"].dropna().eq(0).all()  # totals alone have a value
    assert found["meets_target"].isna().all()


def test_only_samples_carry_an_interval():
    found = all_values()

    assert 0 < found.loc["hit_rate", "low"] < 1 / 3 < found.loc["hit_rate", "high"] < 1
    assert found.loc["completion", ["low", "high"]].isna().all()


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


def test_more_findings_never_lower_the_hit_rate_and_late_results_never_raise_timeliness():
    base = all_values()
    results = facts().results
    worse = results.assign(outcome="violation")
    later = results.assign(published_on=results["published_on"] + pd.Timedelta(days=60))

    assert all_values(results=worse).loc["hit_rate", "value"] >= base.loc["hit_rate", "value"]
    assert all_values(results=later).loc["published_in_time", "value"] <= base.loc["published_in_time", "value"]
    assert AS_OF.year == 2026
