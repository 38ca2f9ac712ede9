import json

import pytest

from engine.cli import main


def call(words, capsys, monkeypatch):
    monkeypatch.setenv("XINHENG_LANG", "en")
    with pytest.raises(SystemExit) as left:
        main(words)
    printed = capsys.readouterr()
    return left.value.code, printed.out, printed.err


def test_a_described_method_is_judged_as_one_json_object(capsys, monkeypatch):
    status, out, _ = call(["audit-draw", "--skip-sampling", "2999:1000", "--json"], capsys, monkeypatch)

    assert status == 0
    assert (json.loads(out)["n_samples"], json.loads(out)["n_never"]) == (2, 999)


def test_outcomes_are_read_from_files_and_said_in_sentences(tmp_path, capsys, monkeypatch):
    listed, outcomes = tmp_path / "list.csv", tmp_path / "outcomes.csv"
    listed.write_text("object_id\n" + "\n".join(f"r{n}" for n in range(90)), encoding="utf-8-sig")
    outcomes.write_text("draw,object_id\n" + "\n".join(f"1,r{n}" for n in range(0, 60, 2)))

    status, out, _ = call(["audit-draw", "--list", str(listed), "--outcomes", str(outcomes)], capsys, monkeypatch)

    assert status == 0
    assert "60 rows never drawn" in out
    assert "never that it was fair" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["audit-draw"], "is needed"),
        (["audit-draw", "--skip-sampling", "many"], "ROWS:WANTED"),
        (["audit-draw", "--skip-sampling", "5:9"], "from 1 to below"),
        (["publish", "--as-of", "2026-01-01"], "--out is missing"),
    ],
)
def test_misuse_is_one_sentence_with_status_2(words, said, capsys, monkeypatch):
    status, _, err = call(words, capsys, monkeypatch)

    assert status == 2
    assert said in err


def test_a_file_without_the_column_is_refused_by_name(tmp_path, capsys, monkeypatch):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("firm\nx\n")

    status, _, err = call(["audit-draw", "--list", str(wrong), "--outcomes", str(wrong)], capsys, monkeypatch)

    assert status == 2
    assert "object_id" in err
