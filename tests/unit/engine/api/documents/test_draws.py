"""The publicity sheet, the archive list and the papers of the conference hold what the frames hold and nothing else."""

import hashlib
import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from engine.api.decision_words import action_words, clock_words
from engine.api.documents import conference as conference_documents
from engine.api.documents import draws as draw_documents
from engine.errors import UsageError
from engine.i18n import translator
from engine.outcomes.deadlines import clocks
from engine.store.documents import load_policies
from engine.vocabulary import ResultCode

ZH = translator("zh_CN")
TERMS = {"as_of": date(2026, 6, 30), "translate": ZH, "language": "zh_CN"}


def entry(sequence, action, *, subject="", at="2026-05-04T09:00:00+08:00", results=()):
    return SimpleNamespace(
        sequence=sequence, action=action, subject=subject, entered_at=at, actor="Li", reason="",
        digest=f"{sequence:064d}",
        particulars={"results": list(results)},
    )  # fmt: skip


def workspace(*entries):
    return SimpleNamespace(ledger=SimpleNamespace(entries=lambda: list(entries)))


def test_every_result_has_its_official_words():
    assert set(draw_documents.RESULT_WORDS) == {code.value for code in ResultCode}


def test_a_sheet_has_one_line_per_object_and_nothing_beside_the_name_but_what_was_found(monkeypatch):
    day = date(2026, 5, 4)
    checks = [
        ("e1", "甲公司", "no_problem", None, False),
        ("e1", "甲公司", "corrected;unreachable", None, False),
        ("e2", "乙公司", "no_problem", date(2026, 5, 20), True),
        ("e3", "乙公司", "no_problem", None, False),
    ]
    columns = ["entity_id", "name", "result_codes", "corrected_on", "is_disputed"]
    other = {"item": "公示信息", "department": "市监", "occurred_on": day, "public_on": day}
    found = pd.DataFrame(checks, columns=columns).assign(**other)
    monkeypatch.setattr(draw_documents, "public_results", lambda *_, **__: found)
    monkeypatch.setattr(draw_documents, "simulated", lambda *_, **__: "")

    (part,) = draw_documents.publicity(workspace(), "D1", **TERMS).parts

    words = "；".join(ZH(draw_documents.RESULT_WORDS[code]) for code in ("corrected", "unreachable"))
    fine = ZH(draw_documents.RESULT_WORDS["no_problem"])
    assert part.rows == [
        ["甲公司", words],
        ["乙公司", f"{fine}（有异议，核查中）（2026-05-20 更正）"],
        ["乙公司", fine],
    ]


def test_a_draw_without_public_results_has_no_sheet(monkeypatch):
    monkeypatch.setattr(draw_documents, "public_results", lambda *_, **__: pd.DataFrame())
    with pytest.raises(UsageError, match="D1"):
        draw_documents.publicity(workspace(), "D1", **TERMS)


def test_an_archive_lists_the_entries_of_a_draw_and_of_its_results_up_to_the_day():
    held = workspace(
        entry(1, "draw.certified", subject="D1"), entry(2, "result.published", results=[["k", "SW", "D1"]]),
        entry(3, "result.published", results=[["k", "SW", "D2"]]), entry(4, "draw.certified", subject="D2"),
        entry(5, "draw.signed", subject="D1", at="2026-07-01T09:00:00+08:00"),
    )  # fmt: skip
    assert draw_documents.draw_entries(held, "D1", as_of=TERMS["as_of"])["sequence"].tolist() == [1, 2]


def test_files_are_listed_with_their_digests(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.json").write_bytes(b"{}")
    held = draw_documents.file_digests(tmp_path).to_numpy().tolist()
    assert held == [["a/one.json", 2, hashlib.sha256(b"{}").hexdigest()]]


def test_the_conference_reads_decisions_one_by_one_and_counts_daily_work():
    held = workspace(
        entry(1, "plan.step"), entry(2, "result.entered"), entry(3, "result.entered"),
        entry(4, "plan.step", at="2026-04-30T09:00:00+08:00"),
    )  # fmt: skip
    assert conference_documents.decisions(held, "2026-05")["sequence"].tolist() == [1]
    assert conference_documents.daily_work(held, "2026-05").to_numpy().tolist() == [["result.entered", 2]]


def test_entries_and_clocks_are_said_in_words():
    assert action_words("result.published", ZH) == "检查结果：已公示"
    assert action_words("objection.corrected", ZH) == "异议：决定更正"
    assert action_words("a.new_thing", ZH) == "a.new_thing"
    named = {clock for clock in clocks(load_policies()) if clock_words(clock, ZH) == clock}
    assert named == {"deadlines.objection_longest"}  # no clock of its own: the inbox shows it under the objection's


def test_every_action_that_the_program_writes_has_words():
    pattern = re.compile(r'"((?:result|draw|plan|kpi|policy|task|site|quality|monthly|warning|load|model)\.[a-z_]+)"')
    files = [path for folder in ("engine/api", "models") for path in Path(folder).rglob("*.py")]
    written = {name for path in files for name in pattern.findall(path.read_text(encoding="utf-8"))}
    policies = set(load_policies().parameters)

    unnamed = {name for name in written - policies if action_words(name, ZH) == name}
    assert unnamed == {"plan.sealed", "plan.window"}  # a tag of digests and a clock
