"""``xinheng doctor`` names every check and its JSON form is what other programs read."""

import json

import pytest

from engine.cli import main


def test_doctor_json_lists_named_checks(tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["doctor", "--json", "--workspace", str(tmp_path / "none")])

    answer = json.loads(capsys.readouterr().out)
    assert left.value.code == 0
    assert answer["ok"] is True
    assert {"python", "duckdb.compatible", "hash.sm3", "workspace"} <= {check["name"] for check in answer["checks"]}
    assert all(check["detail"] for check in answer["checks"])


def test_doctor_says_what_is_missing(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("engine.api.installation.NEEDED", ("a-library-that-is-not-there",))
    monkeypatch.setenv("XINHENG_LANG", "en")

    with pytest.raises(SystemExit) as left:
        main(["doctor", "--workspace", str(tmp_path)])

    assert left.value.code == 1
    assert "a-library-that-is-not-there is not installed" in capsys.readouterr().out
