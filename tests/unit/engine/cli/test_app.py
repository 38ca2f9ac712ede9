"""A misused command line gets one clear sentence and exit status 2."""

import json

import pytest

from engine.cli import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "there is no command nonsense"),
        (["dmeo"], "there is no command dmeo, perhaps demo was meant"),
        (["policy", "chekc"], "there is no command policy chekc, perhaps policy check was meant"),
        (["policy", "qqq", "--json"], "there is no command policy qqq"),
        (["--nonsense"], "there is no option --nonsense"),
        (["--lang", "fr", "demo"], "'fr' is not usable"),
        (["grade"], "--as-of is missing"),
    ],
)
def test_misuse_is_one_sentence_with_status_2(words, said, capsys, monkeypatch):
    monkeypatch.setenv("XINHENG_LANG", "en")

    with pytest.raises(SystemExit) as left:
        main(words)

    printed = capsys.readouterr().err
    assert left.value.code == 2
    assert said in printed
    assert "Traceback" not in printed
    assert printed.count("\n") == 1


def test_sentences_are_chinese_by_default(capsys, monkeypatch):
    monkeypatch.delenv("XINHENG_LANG", raising=False)

    with pytest.raises(SystemExit):
        main(["nonsense"])

    assert "没有命令 nonsense" in capsys.readouterr().err


def test_json_error_is_one_object_on_stdout(capsys, monkeypatch):
    monkeypatch.setenv("XINHENG_LANG", "en")

    with pytest.raises(SystemExit):
        main(["nonsense", "--json"])

    answer = json.loads(capsys.readouterr().out)
    assert answer["error"]["code"] == "usage.command"
