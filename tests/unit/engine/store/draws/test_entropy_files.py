"""Values of public events from a file: texts to the letter, and a file of another form is refused in words."""

import json

import pytest

from engine.draw.entropy.sources import EntropyValue
from engine.errors import SourceNotFoundError, UsageError
from engine.store.draws.entropy_files import read_event_values

AT = "2026-03-04T21:30:00+08:00"
CSV = f"source,event,value,drawn_at,reference\nfc3d,2026054,007,{AT},公报第54期\npl5,26054,90210,{AT},\n"


def test_leading_zeros_stay_and_the_file_stands_as_reference(tmp_path):
    path = tmp_path / "bulletin.csv"
    path.write_text("\ufeff" + CSV, encoding="utf-8")

    assert read_event_values(path) == [
        EntropyValue("fc3d", "2026054", "007", AT, "公报第54期"),
        EntropyValue("pl5", "26054", "90210", AT, "bulletin.csv"),
    ]


def test_json_says_the_same(tmp_path):
    path = tmp_path / "bulletin.json"
    path.write_text(json.dumps([{"source": "fc3d", "event": "2026054", "value": "007", "drawn_at": AT}]))

    assert read_event_values(path) == [EntropyValue("fc3d", "2026054", "007", AT, "bulletin.json")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[1]",
        "[{",
        '[{"source": "fc3d", "event": "1", "value": 7, "drawn_at": "x"}]',
        "source,event,value\nfc3d,1,007\n",
        CSV.replace("reference", "note"),
        CSV.replace("007", " "),
    ],
)
def test_a_file_of_another_form_is_refused(text, tmp_path):
    path = tmp_path / "bulletin.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError, match="drawn_at"):
        read_event_values(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SourceNotFoundError):
        read_event_values(tmp_path / "none.csv")
