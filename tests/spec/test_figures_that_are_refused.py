"""What the commands will not say, in the words an official reads: what it is about, and what to do instead."""

import pytest

from engine.cli import main
from tests.unit.engine.cli.test_laboratory import workspace_with
from tests.unit.engine.cli.test_measure import workspace as measured  # noqa: F401 - a fixture
from tests.unit.engine.cli.test_policy_evaluate import workspace as evaluated  # noqa: F401 - a fixture


def told(capsys, workspace, *words):
    """Exit status, and what was said on either stream, in Chinese."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main([*words, "--workspace", str(workspace.path), "--lang", "zh"])
    said = capsys.readouterr()
    return left.value.code, " ".join((said.out + said.err).split())


def test_a_model_is_not_judged_on_the_draw_it_learned_from(evaluated, capsys):  # noqa: F811
    status, said = told(capsys, evaluated, "policy", "evaluate", "--as-of", "2026-01-01", "--model", "late")

    assert status == 15
    assert "late" in said
    assert "2026-001" in said


@pytest.mark.parametrize("words", [("policy", "evaluate"), ("policy", "simulate"), ("policy", "optimise")])
def test_checks_on_another_ground_than_the_draw_say_nothing_of_everybody(tmp_path, capsys, words):
    scheduled = workspace_with(tmp_path, mode="scheduled")
    status, said = told(capsys, scheduled, *words, "--as-of", "2026-01-01")

    assert status == 15
    assert "scheduled" in said


def test_winter_is_not_compared_with_summer(measured, capsys):  # noqa: F811
    status, said = told(capsys, measured, "measure", "--draws", "2026-001", "--against", "2025-002")

    assert status == 15
    assert "季" in said


def test_a_rate_on_too_few_is_not_given_nor_what_would_give_it_away(measured, capsys):  # noqa: F811
    status, said = told(capsys, measured, "measure", "--draws", "2023-001", "--by", "district")

    assert status == 0
    assert said.count("不予给出") >= 2
    assert "d3" in said


def test_what_one_team_found_alone_is_not_called_the_conduct_of_firms(measured, capsys):  # noqa: F811
    status, said = told(capsys, measured, "measure", "--draws", "2024-001", "--by", "district")

    assert status == 0
    assert "此处的检查全部由一个检查组完成：检查习惯与经营行为无法区分" in said
