"""The page of models in every state: nothing yet, the scorecard alone, a model that decides, challenged, taken back.

What it shows is compared with what the command prints.
"""

import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.governance.deciding import card_bytes
from engine.access.rights import Role
from engine.access.scope import scope_of
from engine.api.accounts import add_account
from engine.api.desk import Desk
from engine.api.grading.champion_history import deciding_now
from engine.api.policies.amendment import approve_policy, draft_policy
from engine.grading.champions import CHAMPION
from engine.i18n import translator
from engine.parameters import DatedValue, Parameter
from engine.store.workspaces.workspace import Workspace
from models.fitting.training import store_model
from tests.e2e.demo_city import xinheng
from tests.governed_world import (
    ANALYST,
    LEADER,
    PLAIN,
    POPULATION,
    TODAY,
    at,
    governed,
    promote,
    write_backtest,
    write_months,
)
from tests.model_world import fitted
from tests.small_sources import take_in, write_lines
from tests.unit.dashboards.test_hold_draw import Page, press
from tests.unit.dashboards.test_pages import KEPT, words_of
from tests.unit.engine.api.policies.test_check import HEADER, ITEMS

ZH = translator("zh_CN")
PEOPLE = {"ana": Role.ANALYST, "leo": Role.LEADER, "aud": Role.AUDITOR, "dist": Role.ANALYST}
OWN = re.compile(
    r"monthly-\S+|backtest-\S+|enterprise|individual_business|fictional|Zhang San|Li Si|LightGBM|Brier|AUC|Siddiqi|"
    r"Feldman|reports/\S+|policy \w+|reason|models \w+|from|docx|DOCX|MD\b|P-\d+|promote|decree\S*|backtest|seen|"
    r"run monthly|population"
)


@pytest.fixture(scope="module")
def model():
    return fitted(n=1200, population=POPULATION, known_by=date(2024, 12, 31))


def people(workspace: Workspace) -> None:
    for name, role in PEOPLE.items():
        scope = scope_of(districts=["330602"]) if name == "dist" else scope_of()
        add_account(workspace, name, name=name.title(), role=role, scope=scope, actor=LEADER, clock=lambda: at(TODAY))


def filled(path: Path, model: object, **changes: object) -> Path:
    """A workspace where the model won its backtest, decides since April by policy, and has a challenger."""
    workspace = governed(path)
    people(workspace)
    lines = ITEMS.format(cap="0.5").splitlines()
    take_in(workspace, write_lines(path.parent / "items" / "items.csv", HEADER.strip(), *lines))
    run = write_backtest(workspace)
    digest = store_model(workspace, model)  # type: ignore[arg-type]
    promote(workspace, digest=digest, run=run, on=date(2026, 2, 12))
    value = {"default": "scorecard", "populations": {POPULATION: f"challenger@{digest}"}}
    drafted = draft_policy(
        workspace,
        {CHAMPION: Parameter(CHAMPION, "model", {date(2026, 4, 1): DatedValue(value, "decree 9")})},
        profile="default",
        reason=run,
        actor=ANALYST,
        clock=lambda: at(date(2026, 2, 15)),
    )
    approve_policy(workspace, drafted.draft_id, actor=LEADER, clock=lambda: at(date(2026, 2, 16)))
    write_backtest(workspace, populations=(POPULATION, PLAIN), gain=-0.004, on=date(2026, 6, 1), **changes)  # type: ignore[arg-type]
    write_months(workspace)
    workspace.close()
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, model: object) -> Path:
    return filled(tmp_path_factory.mktemp("governed") / "workspace", model)


def part(page: Page, name: str, person: str = "ana", **asked: str) -> AppTest:
    return page.opened("governance", person, day=TODAY, part_of_models=name, **asked)


def tables(app: AppTest) -> list[pd.DataFrame]:
    return [each.value for each in [*app.table, *app.dataframe]]


def table_with(app: AppTest, head: str) -> pd.DataFrame:
    return next(each for each in tables(app) if head in each.columns)


def test_nothing_yet_is_said_and_the_default_model_stands_in_the_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = governed(tmp_path / "workspace")
    people(workspace)
    workspace.close()
    page = Page(tmp_path / "workspace", monkeypatch)

    for name in ("model", "parity", "stability"):
        assert "没有模型在起作用" in part(page, name).info[0].value
    history = table_with(part(page, "back"), ZH("State"))
    assert history[[ZH("Population"), ZH("Model"), ZH("State")]].to_numpy().tolist() == [["其他全部", "积分卡", "现行"]]
    assert ZH("No monthly run was made yet.") in part(page, "runs").info[0].value


def test_where_the_scorecard_decides_it_says_so_and_shows_its_challenger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = governed(tmp_path / "workspace")
    people(workspace)
    write_months(workspace, is_old=True)
    workspace.close()
    page = Page(tmp_path / "workspace", monkeypatch)
    alone = part(page, "model", governed=POPULATION)
    moved = part(page, "stability", governed=POPULATION)

    assert "此处没有学习模型定级" in alone.info[0].value
    assert ZH("No backtest judged this population yet.") in alone.info[1].value
    assert "首次运行没有可比的上一次" in words_of(moved)

    workspace = Workspace(tmp_path / "workspace")
    run = write_backtest(workspace)
    workspace.close()
    challenged = part(page, "model", governed=POPULATION)
    assert "符合晋升规则" in challenged.success[0].value
    assert any(f"xinheng promote {run} --population {POPULATION}" == each.value for each in challenged.code)


def test_a_promoted_model_that_no_policy_names_says_how_it_would_decide(
    tmp_path: Path, model: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = governed(tmp_path / "workspace")
    people(workspace)
    run = write_backtest(workspace, is_old=True)
    promote(workspace, digest=store_model(workspace, model), run=run, on=date(2026, 2, 12))  # type: ignore[arg-type]
    workspace.close()
    page = Page(tmp_path / "workspace", monkeypatch)
    app = part(page, "model", governed=POPULATION)

    assert "政策未指定该模型" in words_of(app)
    assert any(f"reports/{run}-champion.yaml" in each.value for each in app.code)
    # an older program stored neither verdict nor chances nor groups
    assert "旧版程序" in words_of(app)
    assert "未存储分组对比结果" in words_of(part(page, "parity", governed=POPULATION))


def test_the_page_shows_row_by_row_what_the_command_prints(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(folder, monkeypatch)
    said = xinheng(folder, "models", "show", "--population", POPULATION, day=TODAY)
    own = said["populations"][POPULATION]
    champion, challenger = own["champion"], own["challenger"]
    app = part(page, "model", governed=POPULATION)
    cards = {card.label: (card.value, card.delta) for card in list(app.metric)[:4]}

    (judged,) = (row for row in champion["compared"] if row["is_judged"])
    assert cards["平均 AUC"] == (
        f"{judged['auc']:.3f}",
        f"{judged['auc_low']:.3f} – {judged['auc_high']:.3f} · n=2,400",
    )
    chances = champion["chances"]
    assert cards["Brier 得分"][0] == f"{chances['brier_value']:.4f}"
    assert cards["实际与预期之比"][0] == f"{chances['observed_to_expected_value']:.2f}"
    shown = [each for each in tables(app) if ZH("Gain") in each.columns]
    for table, evidence in zip(shown, (champion, challenger), strict=True):
        rivals = [row for row in evidence["compared"] if not row["is_judged"]]
        assert list(table[ZH("Gain")])[1:] == [f"{row['gain']:+.3f}" for row in rivals]
        assert list(table[ZH("Limits, days resampled")])[1:] == [
            f"{row['gain_days_low']:+.3f} – {row['gain_days_high']:+.3f}" for row in rivals
        ]
    assert challenger["verdict"]["objections"][0] in words_of(app)

    groups = table_with(part(page, "parity", governed=POPULATION), ZH("Over that of the reference"))
    wanted = [row for row in champion["parity"] if row["grouping"] == "district_code"]
    wanted.sort(key=lambda row: (not row["is_reference"], -row["n"]))
    assert list(groups[ZH("Group")]) == [row["group"] for row in wanted]
    assert list(groups[ZH("Over that of the reference")])[1:] == [f"{row['to_reference']:.2f}×" for row in wanted[1:]]
    assert list(groups[ZH("Verdict")]).count("✗ 不通过") == 1

    moved = part(page, "stability", governed=POPULATION)
    score = [row for row in said["stability"]["scores"] if row["population"] == POPULATION]
    assert list(table_with(moved, ZH("Remark"))[ZH("Stability index")]) == [f"{row['psi']:.4f}" for row in score]
    features = [row for row in said["stability"]["features"] if row["population"] == POPULATION]
    last = [row for row in features if row["run_id"] == features[-1]["run_id"]]
    assert sorted(table_with(moved, ZH("Feature"))[ZH("Stability index")]) == sorted(
        f"{row['psi']:.4f}" for row in last
    )
    changed = part(page, "stability", governed=POPULATION, movement="changed")
    rows = [row for row in said["stability"]["changed"] if row["population"] == POPULATION]
    assert list(table_with(changed, ZH("Grade changed"))[ZH("Grade changed")]) == [
        f"{row['changed']:,}" for row in rows
    ]
    signed = table_with(part(page, "runs"), ZH("Step"))
    assert list(signed[ZH("Subject")]) == [row["subject"] for row in said["sign_offs"]]

    history = table_with(part(page, "back", governed=POPULATION), ZH("State"))
    assert list(history[ZH("Since")]) == [row["since"] for row in said["champions"]]


@pytest.mark.parametrize("name", ["model", "parity", "stability", "back", "runs"])
def test_a_part_is_in_one_language_and_its_choice_in_the_link(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Page(folder, monkeypatch)
    asked = {} if name == "runs" else {"governed": POPULATION}
    chinese, english = (part(page, name, lang=language, **asked) for language in ("zh", "en"))

    assert re.findall(r"[A-Za-z]{3,}", OWN.sub("", KEPT.sub("", words_of(chinese)))) == []
    assert re.findall(r"[\u4e00-\u9fff]+", KEPT.sub("", words_of(english))) == []
    assert chinese.query_params["part_of_models"] in (name, [name])


def test_somebody_with_a_district_is_told_why_there_is_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Page(folder, monkeypatch).opened("governance", "dist", day=TODAY)

    assert "全部区县" in app.info[-1].value and not app.table


def test_the_card_on_the_page_is_that_of_the_command_to_the_byte(
    folder: Path, tmp_path: Path, model: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.of(folder, "ana", clock=lambda: at(TODAY))

    class Seen:
        def __init__(self) -> None:
            self.desk, self.translate = desk, translator("zh_CN")

    for form in ("md", "docx"):
        target = tmp_path / f"card.{form}"
        xinheng(folder, "models", "card", POPULATION, "--form", form, "--out", str(target), day=TODAY)
        assert target.read_bytes() == card_bytes(Seen(), population=POPULATION, form=form)  # type: ignore[arg-type]
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert model.digest in text  # type: ignore[attr-defined]
    for fact in ("2024-12-31", "decree 9", "Li Si (fictional)", "0.710 (0.690 – 0.730)", "✗ 不通过", "0.0931"):
        assert fact in text
    plain = tmp_path / "plain.md"
    xinheng(folder, "models", "card", PLAIN, "--out", str(plain), day=TODAY)
    told = plain.read_text(encoding="utf-8")
    assert "积分卡" in told and "0.0931" not in told
    # an amendment for others alone changes nothing since when it decides
    assert "自 2019-01-01 起" in told
    # the points of this kind of object alone, since the day policy gives
    assert (
        "scorecard.light" in told
        and "scorecard.general" not in told
        and TODAY.isoformat() not in told.rpartition("##")[0]
    )


def test_the_way_back_is_drafted_by_one_and_approved_by_another_on_the_page(
    tmp_path: Path, model: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = filled(tmp_path / "workspace", model)
    page = Page(folder, monkeypatch)
    watched = part(page, "back", "aud", governed=POPULATION)
    assert "无操作权限" in words_of(watched) and not watched.text_input

    app = part(page, "back", governed=POPULATION)
    command = next(each.value for each in app.code if "models return" in each.value)
    assert command == f"xinheng models return {POPULATION} --from 2026-07-01 --reason …"
    next(each for each in app.text_input if each.label == ZH("Why")).set_value("漂移明显")
    app = press(app, "录入恢复草案")
    assert not app.error, [each.value for each in app.error]
    changes = table_with(app, ZH("Stands"))
    assert changes[[ZH("Population"), ZH("Draft")]].to_numpy().tolist() == [["企业", "积分卡"]]

    assert _deciding(folder, date(2026, 7, 1)) == "challenger"
    leader = part(page, "back", "leo", governed=POPULATION)
    leader = press(leader, "批准")
    assert not leader.error, [each.value for each in leader.error]
    assert _deciding(folder, date(2026, 6, 30)) == "challenger"
    assert _deciding(folder, date(2026, 7, 1)) == "scorecard"
    history = table_with(part(page, "back", governed=POPULATION), ZH("State"))
    assert list(history[ZH("State")])[-1] == ZH("approved, not begun")


def _deciding(folder: Path, on: date) -> str:
    workspace = Workspace(folder)
    try:
        return deciding_now(workspace, POPULATION, profile="default", on=on).model
    finally:
        workspace.close()
