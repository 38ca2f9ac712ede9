"""What intake promises for any rows: no guessed values, versions judged as a plain loop would, order is nothing."""

import re
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.contracts.schema import LogicalType
from engine.contracts.sql import converted, literal
from engine.contracts.versions import judged_rows
from engine.store.documents import load_contracts
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import COMPLAINT_HEADER, complaint, rows, take_in, write_lines

CONNECTION = duckdb.connect()
NUMBERS = st.one_of(
    st.integers(-(10**12), 10**12).map(str),
    st.text(alphabet="0123456789.+-eE_ x", max_size=8),
    st.sampled_from(["12.0", "12.5", "1_000", "0x10", "nan", "inf", "1e3", "٣", "", "-0", "+7"]),
)


def convert(text, to):
    return CONNECTION.execute(f"SELECT {converted(literal(text), to)}").fetchone()[0]


@given(NUMBERS)
@settings(max_examples=200, deadline=None)
def test_whole_numbers_are_taken_as_written_or_not_at_all(text):
    form = re.fullmatch(r"([+-]?[0-9]+)(\.0+)?", text)

    assert convert(text, LogicalType.INTEGER) == (int(form[1]) if form else None)


@given(NUMBERS)
@example("+-0")
@settings(max_examples=200, deadline=None)
def test_numbers_are_finite_or_nothing(text):
    found = convert(text, LogicalType.NUMBER)

    assert found is None or found == float(text)
    assert not ("_" in text and found is not None)


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
@settings(max_examples=50, deadline=None)
def test_dates_are_read_as_written(day):
    assert convert(day.isoformat(), LogicalType.DATE) == day


ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.sampled_from(["a", "b", None])), max_size=8)


def judged_plainly(new, stored):
    """Return row number → verdict by the rule in words, in a loop."""
    verdicts = {}
    for at, (key, known, content) in enumerate(new):
        same_version = [c for k, d, c in new if (k, d) == (key, known)]
        held = [c for k, d, c in stored if (k, d) == (key, known)]
        if len(set(same_version)) > 1 or (held and content not in held):
            verdicts[at] = "contradictory"
        elif held or any((k, d) == (key, known) for k, d, _ in new[:at]):
            verdicts[at] = "duplicate"
        else:
            verdicts[at] = "new"
    return verdicts


@given(ROWS, st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.sampled_from(["a", None])), max_size=4))
@settings(max_examples=60, deadline=None)
def test_versions_are_judged_as_a_plain_loop_would(new, stored):
    contract = load_contracts()["districts"]
    stored = [row for at, row in enumerate(stored) if row[:2] not in [other[:2] for other in stored[:at]]]

    def relation(lines):
        parts = [
            f"SELECT {at}::BIGINT AS row_id, '{key}' AS district_code, {literal(content)}::VARCHAR AS name, "
            f"NULL::VARCHAR AS parent_code, NULL::VARCHAR AS successor_code, DATE '2020-01-01' AS occurred_on, "
            f"DATE '2020-01-0{known + 1}' AS known_at"
            for at, (key, known, content) in enumerate(lines)
        ]
        empty = relation([(0, 0, "a")]) + " WHERE FALSE" if not parts else ""
        return " UNION ALL ".join(parts) or empty

    sql = judged_rows(contract, rows=relation(new), stored=relation(stored))

    assert dict(CONNECTION.execute(sql).fetchall()) == judged_plainly(new, stored)


VERSIONS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 30)), min_size=1, max_size=8, unique=True)


@given(VERSIONS, st.randoms(use_true_random=False))
@settings(max_examples=6, deadline=None)
def test_loading_order_changes_nothing_that_is_read(versions, shuffle):
    lines = [
        complaint(n, true="true" if days % 2 else "false", known_at=str(date(2021, 3, 1) + timedelta(days=days)))
        for n, days in versions
    ]
    read = []
    for _ in range(2):
        shuffle.shuffle(lines)
        with TemporaryDirectory() as folder:
            workspace = Workspace(Path(folder) / "ws")
            for at in range(0, len(lines), 3):
                path = write_lines(
                    workspace.path.parent / f"complaints-{at}.csv", COMPLAINT_HEADER, *lines[at : at + 3]
                )
                take_in(workspace, path)
            read.append(rows(workspace, "complaints"))
            workspace.close()

    assert read[0] == read[1]
