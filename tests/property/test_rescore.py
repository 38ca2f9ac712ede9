"""A contested grade computed again: the same records give the same grade, and a correction moves it only its own way.

One month of 24 firms. Of the first four three penalties or findings fall away afterwards, one a day; of the next four
one that had been missed comes in a day; the others are left as they were. A look costs seconds, so each is kept.
"""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.api.grading.monthly import run_monthly
from engine.api.grading.reproducing import reproduce
from engine.api.grading.rescoring import rescore
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import RISK_GRADES
from tests.small_sources import take_in, write_lines
from tests.unit.engine.api.grading.test_overrides import ANALYST, at
from tests.unit.engine.api.grading.test_warnings import HEADER, INSPECTIONS
from tests.unit.engine.api.reading.test_record import PENALTIES, REPAIRS

N, EACH, ALL = 4, 3, 24
RUN_ON, CORRECTED_FROM = date(2021, 6, 1), date(2021, 7, 1)
PLACES = {grade.value: place for place, grade in enumerate(RISK_GRADES)}
RELIEVED, BURDENED, UNTOUCHED = (0, 1), (N, N + 1), (2 * N,)
"""Firms that are looked at: of those relieved or burdened one by its findings, one by its penalties."""
LOOKS = (-1, 1, EACH - 1)
"""Days of a look, from the first correction on."""
PAIRS = st.sampled_from([(LOOKS[0], LOOKS[1]), (LOOKS[0], LOOKS[2]), (LOOKS[1], LOOKS[2])])
COMMON = settings(max_examples=20, deadline=None)


def penalty(n, i, *, severity="ordinary", known):
    day = date(2020, 9, 1) + timedelta(days=40 * i)
    return f"p{n}-{i},reg:{n},罚{n}-{i},unlicensed,fine,{severity},{day},{known or day}"


def check(n, i, result, *, known=None):
    day = date(2020, 8, 1) + timedelta(days=60 * i)
    return f"i{n}-{i},i{n}-{i},reg:{n},X,M,scheduled,{result},{day},{known or day}"


def repair(n, i, *, known):
    return f"r{n}-{i},reg:{n},penalties,p{n}-{i},revoked,2021-05-01,{known}"


def before():
    """Of those to be relieved every second begins with findings, every other with penalties; the others are clean."""
    severities = ("minor", "ordinary", "serious")
    penalties = [penalty(n, i, severity=severities[(n + i) % 3], known=None) for n in range(N) for i in range(EACH)]
    results = ("no_problem", "corrected", "refused", "pending")
    checks = [
        check(n, i, results[1 + (n + i) % 3 if n < N and n % 2 == 0 else 0]) for n in range(ALL) for i in range(EACH)
    ]
    return penalties, checks


def after():
    """Corrections, one firm's record a day; all of them about what had happened before the run."""
    penalties, checks, repairs = [], [], []
    for i in range(EACH):
        known = CORRECTED_FROM + timedelta(days=i)
        for n in range(N):
            if n % 2:
                repairs.append(repair(n, i, known=known))
            else:
                checks.append(check(n, i, "no_problem", known=known))
        for n in range(N, 2 * N):
            if n % 2:
                penalties.append(penalty(n, 5 + i, severity="serious", known=known))
            else:
                checks.append(check(n, i, "refused", known=known))
    return penalties, checks, repairs


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rescore")
    workspace = Workspace(folder / "ws")
    firms = [f"reg:{n},甲{n},enterprise,enterprise,H62,330602,路{n}号,active,2019-01-01,2019-01-02" for n in range(ALL)]
    penalties, checks = before()
    take_in(
        workspace,
        write_lines(folder / "a" / "entities.csv", HEADER, *firms),
        write_lines(folder / "a" / "penalties.csv", PENALTIES, *penalties),
        write_lines(folder / "a" / "inspections.csv", INSPECTIONS, *checks, check(0, 12, "no_problem")),
    )
    done = run_monthly(workspace, as_of=RUN_ON, profile="default", actor=ANALYST, clock=at(RUN_ON))
    held = workspace.warehouse.read("grades", run_id=done.runs["grade"]).execute()
    penalties, checks, repairs = after()
    take_in(
        workspace,
        write_lines(folder / "b" / "penalties.csv", PENALTIES, *penalties),
        write_lines(folder / "b" / "inspections.csv", INSPECTIONS, *checks),
        write_lines(folder / "b" / "repairs.csv", REPAIRS, *repairs),
    )
    looks = {}

    def look(n, day):
        """Return the firm's grade as it is seen so many days after the first correction, looked up once."""
        if (n, day) not in looks:
            known_by = CORRECTED_FROM + timedelta(days=day)
            looks[n, day] = rescore(workspace, done.run_id, f"reg:{n}", known_by=known_by)
        return looks[n, day]

    yield workspace, done, held, look
    workspace.close()


@pytest.mark.parametrize("n", [RELIEVED[0], BURDENED[1], *UNTOUCHED])
def test_before_any_correction_and_without_one_the_grade_comes_out_again(month, n):
    workspace, done, _, look = month
    day = LOOKS[-1] if n in UNTOUCHED else LOOKS[0]
    found = look(n, day)

    assert not found.is_changed and found.features == {}


def test_asked_twice_it_is_the_same(month):
    workspace, done, _, look = month
    first = look(RELIEVED[0], LOOKS[1])
    again = rescore(workspace, done.run_id, f"reg:{RELIEVED[0]}", known_by=first.known_by)

    assert again.after == first.after and again.features == first.features


@given(st.sampled_from(RELIEVED), PAIRS)
@COMMON
def test_a_record_that_falls_away_never_makes_a_grade_riskier(month, n, days):
    look = month[-1]
    earlier, later = (look(n, day) for day in days)

    assert PLACES[later.after["grade"]] <= PLACES[earlier.after["grade"]] <= PLACES[earlier.before["grade"]]
    assert later.after["score"] <= earlier.after["score"] <= earlier.before["score"]


@given(st.sampled_from(BURDENED), PAIRS)
@COMMON
def test_a_record_that_had_been_missed_never_makes_a_grade_milder(month, n, days):
    look = month[-1]
    earlier, later = (look(n, day) for day in days)

    assert PLACES[later.after["grade"]] >= PLACES[earlier.after["grade"]] >= PLACES[earlier.before["grade"]]
    assert later.after["score"] >= earlier.after["score"] >= earlier.before["score"]


def test_corrections_do_move_grades_and_looking_leaves_the_run_as_it_was(month):
    workspace, done, held, look = month
    moved = [look(n, LOOKS[-1]) for n in (*RELIEVED, *BURDENED)]

    ways = [PLACES[each.after["grade"]] - PLACES[each.before["grade"]] for each in moved]
    assert max(ways[:2]) < 0 < min(ways[2:])
    now = workspace.warehouse.read("grades", run_id=done.runs["grade"]).execute()
    assert now.equals(held)
    assert workspace.warehouse.run_ids_of("grades") == [done.runs["grade"]]
    assert reproduce(workspace, done.run_id).ok
