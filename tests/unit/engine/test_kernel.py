"""Messages, errors, windows, dated parameters and table shapes."""

import inspect
import pickle
from datetime import date

import pandas as pd
import pytest

from engine import errors
from engine.errors import (
    ContractError,
    LabelWindowOpenError,
    ParameterNotInForceError,
    ParameterUnknownError,
    PolicyInconsistentError,
    SchemaMismatchError,
    SupervisionError,
    UsageError,
)
from engine.messages import Message
from engine.parameters import DatedValue, Parameter, PolicyBook
from engine.vocabulary import ADVERSE_RESULTS, NOT_ASSESSABLE_RESULTS, ResultCode, TableShape
from engine.windows import LabelWindow, add_months, parse_date

FAMILIES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, SupervisionError)]


def ratio(values, ends_on=None):
    return Parameter("ratios.general", "share", {d: DatedValue(v, "notice") for d, v in values.items()}, ends_on)


def test_message_renders_nested_messages_in_the_chosen_language():
    inner = Message("fill them")
    chinese = {"{n} gaps; {remedy}": "{n} 处空缺；{remedy}", "fill them": "请补全"}

    sentence = Message("{n} gaps; {remedy}", {"n": 3, "remedy": inner}).render(chinese.__getitem__)

    assert sentence == "3 处空缺；请补全"


def test_every_error_family_has_its_exit_status_and_unique_code():
    allowed = {1, 2, 10, 11, 12, 13, 14, 15, 20}

    assert {kind.exit_status for kind in FAMILIES} <= allowed
    assert len({kind.code for kind in FAMILIES}) == len(FAMILIES)


def test_errors_survive_a_worker_boundary():
    error = ParameterNotInForceError(name="x", on=date(2018, 1, 1), first=date(2019, 1, 1), last="-")

    again = pickle.loads(pickle.dumps(error))

    assert str(again) == str(error)
    assert again.params == error.params


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2024, 8, 31), -6, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 12, 15), 1, date(2025, 1, 15)),
        (date(2024, 1, 15), -1, date(2023, 12, 15)),
        (date(2024, 5, 5), 0, date(2024, 5, 5)),
    ],
)
def test_months_are_calendar_months_clipped_to_the_last_day(day, months, expected):
    assert add_months(day, months) == expected


def test_label_window_is_closed_only_when_results_are_known():
    window = LabelWindow(months=12, result_lag_days=30)

    window.require_closed(date(2024, 1, 1), known_until=date(2025, 1, 31))
    with pytest.raises(LabelWindowOpenError, match="2025-01-31"):
        window.require_closed(date(2024, 1, 1), known_until=date(2025, 1, 30))


@pytest.mark.parametrize(("months", "lag"), [(0, 0), (-1, 0), (1, -1)])
def test_label_window_refuses_empty_windows(months, lag):
    with pytest.raises(UsageError):
        LabelWindow(months=months, result_lag_days=lag)


def test_dates_are_written_one_way():
    assert parse_date("2026-01-01", what="--as-of") == date(2026, 1, 1)
    with pytest.raises(UsageError, match="--as-of: '1/2/2026'"):
        parse_date("1/2/2026", what="--as-of")


def test_parameter_changes_on_its_day():
    parameter = ratio({date(2025, 1, 1): "1/50", date(2026, 7, 1): "1/100"})

    assert parameter.on(date(2026, 6, 30)).value == "1/50"
    assert parameter.on(date(2026, 7, 1)).value == "1/100"


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2027, 1, 1)])
def test_parameter_outside_its_dates_is_an_error(day):
    parameter = ratio({date(2025, 1, 1): "1/50"}, ends_on=date(2026, 12, 31))

    with pytest.raises(ParameterNotInForceError):
        parameter.on(day)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Parameter("x", "", {date(2025, 1, 1): DatedValue(1, "r")}),
        lambda: Parameter("x", "share", {}),
        lambda: Parameter("x", "share", {date(2025, 1, 1): DatedValue(1, "")}),
        lambda: ratio({date(2025, 1, 1): 1}, ends_on=date(2024, 1, 1)),
    ],
)
def test_parameter_without_unit_reference_or_sense_is_refused(build):
    with pytest.raises(PolicyInconsistentError):
        build()


def test_policy_book_names_what_it_does_not_know():
    book = PolicyBook("default", {"ratios.general": ratio({date(2025, 1, 1): 1})}, "00")

    assert book.value("ratios.general", on=date(2025, 2, 1)) == 1
    with pytest.raises(ParameterUnknownError, match=r"ratios\.other"):
        book.value("ratios.other", on=date(2025, 2, 1))


def test_results_are_adverse_not_assessable_or_clean():
    assert frozenset(ResultCode) == ADVERSE_RESULTS | NOT_ASSESSABLE_RESULTS | {ResultCode.NO_PROBLEM}
    assert not ADVERSE_RESULTS & NOT_ASSESSABLE_RESULTS
    assert ResultCode.UNREACHABLE in ADVERSE_RESULTS


def test_table_shape_accepts_what_fits_and_names_what_does_not():
    shape = TableShape("grades", ("entity_id",), {"grade": "A..D"})
    good = pd.DataFrame({"entity_id": ["a", "b"], "grade": ["A", "B"]})

    assert shape.check(good) is good
    with pytest.raises(SchemaMismatchError, match="grade"):
        shape.check(good[["entity_id"]])
    with pytest.raises(ContractError, match="empty"):
        shape.check(good.assign(entity_id=["a", None]))
    with pytest.raises(ContractError, match="more than once"):
        shape.check(good.assign(entity_id=["a", "a"]))
