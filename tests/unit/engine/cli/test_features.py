"""``xinheng features list``: the published list on the command line."""

import json
from pathlib import Path

import pandas as pd
import pytest

from engine.cli.app import main
from engine.features.registry import FEATURES


def called(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(words)
    return int(left.value.code or 0)


def test_every_feature_is_listed_with_its_reason_and_basis(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("features", "list", "--json", "--lang", "zh") == 0

    listed = json.loads(capsys.readouterr().out)["features"]
    assert [feature["name"] for feature in listed] == [feature.name for feature in FEATURES]
    assert all(feature[name] for feature in listed for name in ("source", "aggregate", "unit", "rationale", "basis"))
    assert "个月" in listed[0]["title"]


def test_the_list_goes_to_a_file_that_a_spreadsheet_reads(tmp_path: Path) -> None:
    assert called("features", "list", "--csv", str(tmp_path / "features.csv")) == 0

    table = pd.read_csv(tmp_path / "features.csv", keep_default_na=False)
    assert len(table) == len(FEATURES)
    assert set(table["direction"]) == {-1, 0, 1}
