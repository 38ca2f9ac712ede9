"""The what-if page: the null trial is null, a moved ratio counts as the command line counts it, a link repeats."""

import json
import re
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.queries import FUTURES, SEED
from engine.access.rights import Role
from engine.access.scope import scope_of
from engine.api.accounts import add_account
from engine.api.marts.what_if import build_what_if
from engine.api.policies.drafts import drafts
from engine.api.policies.laboratory import Occasion, prepare
from engine.api.policies.simulation import ratio_draft
from engine.api.reading.measures import opened as reading
from engine.cli import main
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import ItemClass
from tests.small_workspace import ACTOR, AS_OF, NOW, measurements
from tests.unit.engine.cli.test_laboratory import workspace_with

APP = Path(__file__).parents[3] / "dashboards" / "app.py"
MOVED, RAISED = "ratio_key_A", "ratio_key_D"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    opened = workspace_with(tmp_path_factory.mktemp("what-if"))
    run = {"kind": "measure", "as_of": AS_OF, "manifest": {}, "actor": ACTOR, "at": NOW}
    opened.warehouse.write_run({"measurements": measurements()}, **run)
    build_what_if(opened, as_of=AS_OF, profile="default", actor=ACTOR, clock=lambda: NOW)
    opened.close()
    return Path(opened.path)


def opened(workspace: Path, monkeypatch: pytest.MonkeyPatch, **asked: str) -> AppTest:
    monkeypatch.setenv("XINHENG_WORKSPACE", str(workspace))
    monkeypatch.setenv("XINHENG_ACCESS", "local")
    app = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in asked.items():
        app.query_params[name] = value
    return app.run().switch_page("views/what_if.py").run()


def cards(app: AppTest) -> dict[str, tuple[str, str]]:
    return {card.label: (card.value, card.delta) for card in app.metric}


def test_ratios_that_nobody_moved_change_exactly_nothing(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(workspace, monkeypatch)

    assert not app.exception
    assert not app.error
    assert {change for _, change in cards(app).values()} == {
        "与现行比例相比 0 (0 – 0)",
        "与现行比例相比 0 (0 – 0) 个百分点",
    }
    assert any("各项比例均与现行比例相同" in each.value for each in app.caption)


def test_a_moved_ratio_shows_what_the_printed_command_prints(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = opened(workspace, monkeypatch)
    before = cards(app)["发现问题数"][0]
    app.number_input(key=RAISED).set_value(90.0).run()
    shown = cards(app)["发现问题数"]
    printed = next(each.value for each in app.code if "--draft trial.yaml" in each.value)
    draft = tmp_path / "trial.yaml"
    draft.write_text(_draft_text(workspace), encoding="utf-8")

    call = printed.replace("trial.yaml", str(draft)).split()[1:]
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main([*call, "--workspace", str(workspace), "--json"])

    hits = json.loads(capsys.readouterr().out)["hits"]
    assert shown[0] == f"{round(hits['p50']):,}" != before
    assert app.query_params[RAISED] in ("90", ["90"])
    assert f"--draws {FUTURES} --seed {SEED}" in printed


def _draft_text(workspace: Path) -> str:
    """Return the draft with key items of grade D at nine in ten."""
    with reading(workspace) as held:
        bench = prepare(held, profile="default", occasion=Occasion.of_year(AS_OF))
    held_ratios = bench.policy.classes[ItemClass.KEY]
    moved = replace(held_ratios, by_grade={**held_ratios.by_grade, "D": Fraction(9, 10)})
    policy = replace(bench.policy, classes={**bench.policy.classes, ItemClass.KEY: moved})
    return ratio_draft(bench, policy, valid_from=AS_OF, reference="test")


def test_a_link_repeats_the_trial_and_the_button_takes_it_back(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(workspace, monkeypatch, **{MOVED: "3"})
    assert app.number_input(key=MOVED).value == 3.0

    next(button for button in app.button if "现行比例" in button.label).click().run()

    assert app.number_input(key=MOVED).value == 2.0
    assert MOVED not in app.query_params


def test_a_ratio_beyond_its_limits_and_one_that_is_no_number_are_told(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(workspace, monkeypatch, lang="en", **{RAISED: "700", MOVED: "much"})
    told = [each.value for each in app.info if "the link asks for" in each.value]

    assert len(told) == 2
    assert "'much'" in told[0]
    assert "'700'" in told[1]
    assert "'100' is shown" in told[1]
    assert app.query_params[RAISED] in ("100", ["100"])
    assert MOVED not in app.query_params


def test_a_frame_that_was_not_prepared_is_offered_and_a_stale_one_is_named(
    tmp_path: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(workspace, tmp_path / "workspace")
    shutil.rmtree(folder / "tables" / "what_if_frames")
    held = Workspace(folder)
    with held.decisions.writing() as connection:
        connection.exec_driver_sql("DELETE FROM files WHERE table_name = 'what_if_frames'")
    held.close()
    st.cache_data.clear()
    app = opened(folder, monkeypatch)
    assert not app.metric
    assert "xinheng marts build" in app.code[-1].value

    _press(app, "立即准备")
    assert app.success
    assert cards(app)
    assert "抽样框统计之后" not in app.warning[0].value

    held = Workspace(folder)
    held.ledger.append("load.reversed", subject="x", content={}, actor=ACTOR, at=NOW)
    held.close()
    stale = opened(folder, monkeypatch)
    assert "抽样框统计之后" in stale.warning[0].value
    assert cards(stale) == cards(app)


def test_ratios_that_fall_as_risk_rises_are_refused_in_words(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(workspace, monkeypatch, **{MOVED: "100"})

    assert app.error
    assert not app.metric


def test_no_english_stands_in_the_chinese_page(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(workspace, monkeypatch)
    said = [each.value for each in [*app.title, *app.subheader, *app.markdown]] + [each.label for each in app.metric]

    assert re.findall(r"[A-Za-z]{3,}", "\n".join(said)) == []


def test_winners_and_losers_add_up_and_nothing_moves_nobody(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    null = opened(workspace, monkeypatch)
    moved = opened(workspace, monkeypatch, **{RAISED: "90", "groups": "size"})

    def changes(app: AppTest) -> list[float]:
        table = next(each.value for each in app.table if "变化" in each.value.columns)
        return [float(text.replace(",", "")) for text in table["变化"]]

    assert not moved.exception
    assert {abs(value) for value in changes(null)} == {0.0}
    assert max(changes(moved)) > 0


def test_the_best_within_a_capacity_shows_the_curve_and_stays_in_the_link(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(workspace, monkeypatch)
    next(button for button in app.button if button.label == "寻找最优比例").click()
    app.run()

    assert not app.exception
    assert not app.error, [each.value for each in app.error]
    assert app.query_params["capacity"] and app.query_params["best"] == "1"
    again = opened(workspace, monkeypatch, capacity=app.query_params["capacity"], best="1")
    found = [[each.value for each in shown.markdown if "项次以内" in each.value] for shown in (app, again)]
    assert found[0] == found[1] != []


def test_the_slider_stands_in_the_link_and_nothing_is_searched_until_asked(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(workspace, monkeypatch, within="days", days="60", best="1")
    assert any("60 人日以内" in each.value for each in app.markdown)
    assert any("--person-days 60" in each.value for each in app.code)

    moved = app.slider(key="slider_days").set_value(61).run()

    assert not moved.exception
    assert moved.query_params["days"] == "61"
    assert "best" not in moved.query_params
    assert not any("人日以内" in each.value for each in moved.markdown)


def test_a_ratio_beyond_what_the_policy_leaves_is_refused_and_tries_nothing(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(workspace, monkeypatch, **{MOVED: "0.1"})

    assert [each.value for each in app.error] == [
        "A 类：0.1% 低于年度抽查比例下限 0.2%（设计取值：任何主体都有被抽中的可能，各级均可度量：A 级也不低于 0.2%）。 "
        "仍按现行比例推演。"
    ]
    assert {change for _, change in cards(app).values()} == {
        "与现行比例相比 0 (0 – 0)",
        "与现行比例相比 0 (0 – 0) 个百分点",
    }
    locked = next(each.value for each in app.table if "上限依据" in each.value)
    assert len(locked) == len([each for each in app.number_input if str(each.key).startswith("ratio_")])
    assert any("Price law" in str(cell) for cell in locked["上限依据"]) or set(locked["上限"]) == {"100%"}


def test_a_draft_is_entered_by_one_and_approved_by_another(
    tmp_path: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(workspace, tmp_path / "workspace")
    held = Workspace(folder)
    for name, role in (("ana", Role.ANALYST), ("lea", Role.LEADER)):
        options = {"name": name, "role": role, "scope": scope_of(), "actor": ACTOR}
        add_account(held, name, clock=lambda: NOW, **options)
    held.close()

    app = opened(folder, monkeypatch, **{RAISED: "90", "as": "ana"})
    assert not [button for button in app.button if button.label == "批准"]
    for label, said in (("依据文件", "Doc 1"), ("理由", "more of D")):
        next(each for each in app.text_input if each.label == label).set_value(said)
    _press(app, "录入为草案")
    assert not app.error, [each.value for each in app.error]

    other = opened(folder, monkeypatch, **{"as": "lea"})
    changed = next(each.value for each in other.table if "参数" in each.value)
    assert changed[["参数", "现行值", "草案"]].to_numpy().tolist() == [["重点检查事项年度抽查比例", "60%", "90%"]]
    next(each for each in other.text_input if each.label == "理由或文件").set_value("Doc 2")
    _press(other, "批准")

    assert not other.error, [each.value for each in other.error]
    held = Workspace(folder)
    found = drafts(held)
    held.close()
    assert list(found["status"]) == ["approved"]
    assert (found["drafted_by"].iloc[0], found["closed_by"].iloc[0]) == ("ana", "lea")


def _press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception
