"""The pages in a real browser over the demonstration, as every role, in both languages.

Every page opens without error, shows the figure that the command line prints, gives away what it shows, and has an
address that shows the same; nothing asks the outside. ``XINHENG_SCREENSHOTS=FOLDER`` keeps a picture of every page;
``XINHENG_WORKSPACE`` takes that workspace instead of a small one made here.
"""

import csv
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pandas as pd
import pytest

from dashboards import words
from dashboards.pages import SECTIONS, PageEntry
from engine.access.rights import Role, read_rights
from engine.i18n import chosen_language, translator
from engine.store.documents import load_policies
from tests.e2e.browsing import CHROMIUM, HEIGHT, PHONE, WIDTH, Visit, chromium, new_visit, served
from tests.e2e.demo_city import DAY, made_once, xinheng
from tests.e2e.lived_city import DRAW, TODAY, lived_city
from tests.e2e.page_figures import Figures

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine: install it to try the pages", allow_module_level=True)
pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")

ENTRIES = {entry.name: entry for _section, held in SECTIONS for entry in held}
EXPECTED_WARNINGS = re.compile(r"模拟抽取|SIMULATED|不确定性大|Large uncertainty")
"""What pages warn of over the demonstration, and should."""
SAME = re.compile(
    r"\b[0-9a-f]{16}-\S+|\bs[0-9a-f]{10}\b|\bMD\d{4}-\S+|xinheng [^\n]*|语言 Language|English|as_of=\S*|https?://\S+|\b[0-9a-f]{8,}\b|\w+@city\b|"
    r"(?:load|monthly|backtest|measure|assess)-[\w-]+|\buscc:\w+|\breg:\w+|"
    r"XLSX|CSV|JSON|DOCX|PDF|Parquet|PARQUET|YAML|YML|UTF-8|GB18030|SHA-256|sha256|\(sim\)|\bSM3\b|P10|P50|P90|LightGBM|Brier|AUC|MOVER|Spiegelhalter|"
    r"\b[A-Z]{2,4}\d{2}\b|\b2026-[A-Z]+-\d\S*|"
    r"Upload|Drag and drop[^\n]*|per file|Press Enter to \w+|Choose options?|No options to select|yyyy|"
    r"\b(?:leader|analyst|draw_officer|inspector|auditor|admin)\b"
)
"""Commands, codes, names of methods and formats, names of accounts, and what Streamlit itself draws."""
FOLDED = ("punishment", "lift", "grades", "league")
"""Pages whose key figures stand in tables that are folded away."""
CRUMB = re.compile(r"[A-Za-z]{3,}")


def of_role(role: Role) -> list[PageEntry]:
    rights = read_rights(load_policies(), on=date.fromisoformat(DAY)).of(role)
    return [entry for entry in ENTRIES.values() if entry.needs in rights]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "workspace"
    shutil.copytree(made_once(tmp_path_factory, "lived-city", lived_city) / "workspace", path)
    return path


@pytest.fixture(scope="module")
def address(workspace: Path) -> Iterator[str]:
    with served(workspace, workspace.parent, day=TODAY) as started:
        yield started.address


@pytest.fixture(scope="module")
def figures(workspace: Path) -> Figures:
    return Figures(workspace, day=TODAY, draw=DRAW)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as started:
        yield started


@pytest.fixture
def visit(browser: "Browser", address: str) -> Iterator[Visit]:
    made = new_visit(browser, address)
    yield made
    made.tab.context.close()
    assert made.outside == [], "a request left the machine"
    assert made.complaints == []


def lines(text: str) -> str:
    """The text without its empty lines: a card is its name and, in the next line, its figure."""
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())


def shown_by_hand(name: str, visit: Visit, figures: Figures, language: str) -> None:
    """Go to the part of a page that holds its key figure, as a person does, where it is not the first one."""
    translate = translator(chosen_language(language))
    main = visit.tab.get_by_test_id("stMain")
    if name == "results":
        main.get_by_test_id("stButtonGroup").get_by_text(translate("Due"), exact=True).click()
        main.get_by_text(translate("Not public yet")).first.wait_for()
    elif name == "governance":
        main.get_by_test_id("stButtonGroup").get_by_text(translate("Stability"), exact=True).click()
        main.get_by_text(translate("What the score reads")).first.wait_for()
        main.get_by_text(translate("Show as a table")).first.click()
    elif name in FOLDED:
        for folded in main.get_by_text(translate("Show as a table")).all():
            folded.click()
    elif name == "record":
        visit.fill(translate("Name, code or pinyin, at least two characters"), figures.entity)
        main.get_by_text(translate("Everything known")).first.wait_for()
    visit.settle()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_its_pages_and_each_shows_what_the_command_line_says(
    role: Role, language: str, visit: Visit, address: str, figures: Figures
) -> None:
    translate = translator(chosen_language(language))
    pages = of_role(role)
    visit.open(f"{address}/?as={role.value}@city&lang={language}", title=translate(pages[0].title))
    offered = visit.tab.get_by_test_id("stSidebarNavLink").all_inner_texts()
    assert offered == [translate(entry.title) for entry in pages]

    wrong: list[str] = []
    for entry in pages:
        visit.turn(translate(entry.title))
        shown_by_hand(entry.name, visit, figures, language)
        wrong += [f"{entry.name}: {text}" for text in troubles(visit)]
        wanted = figures.of(entry.name, language)
        assert wanted, f"nothing to compare on {entry.name}"
        said = said_with(wanted, visit)
        wrong += [f"{entry.name} does not show {text!r}, which a command prints" for text in wanted if text not in said]
        if language == "zh":
            wrong += [f"{entry.name} holds English: {word}" for word in set(CRUMB.findall(SAME.sub("", said)))]
        if role is Role.AUDITOR:
            assert visit.tab.evaluate("document.documentElement.scrollWidth") <= WIDTH
            visit.picture(f"{entry.name.replace('_', '-')}-{language}")
            on_a_phone(visit, entry.name, language)
    assert not wrong, "\n".join(wrong)

    closed = next((entry for entry in ENTRIES.values() if entry not in pages), None)
    if closed is not None:
        visit.tab.goto(f"{address}/{closed.name.replace('_', '-')}?as={role.value}@city&lang={language}")
        visit.tab.get_by_test_id("stAlertContentError").first.wait_for()
        assert translate("your role has no right to do this") in visit.words()
        assert visit.tab.get_by_role("heading", level=1).count() == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_part_of_a_record_shows_row_by_row_what_the_commands_say(
    language: str, visit: Visit, address: str, figures: Figures
) -> None:
    translate = translator(chosen_language(language))
    wrong: list[str] = []
    for part, wanted in figures.record_parts(translate).items():
        asked = f"search={figures.entity}&entity={figures.entity}&part_of_record={part}"
        visit.open(f"{address}/record?as=auditor@city&lang={language}&{asked}", title=translate("Credit record"))
        visit.wait_for_drawn()
        said = said_with(wanted, visit)
        wrong += [f"{part} does not show {text!r}, which a command prints" for text in wanted if text not in said]
        wrong += [f"{part}: {text}" for text in troubles(visit)]
        if language == "zh":
            wrong += [f"{part} holds English: {word}" for word in set(CRUMB.findall(SAME.sub("", said)))]
        visit.picture(f"record-{part}-{language}")
        on_a_phone(visit, f"record-{part}", language)
    assert not wrong, "\n".join(wrong)


def troubles(visit: Visit) -> list[str]:
    """What a page complains of, besides what it should."""
    warned = visit.tab.get_by_test_id("stAlertContentWarning").all_inner_texts()
    return [
        *visit.tab.get_by_test_id("stException").all_inner_texts(),
        *visit.tab.get_by_test_id("stAlertContentError").all_inner_texts(),
        *(text for text in warned if not EXPECTED_WARNINGS.search(text)),
    ]


def said_with(wanted: list[str], visit: Visit) -> str:
    """Return the words of a page; cells of long tables are drawn a moment after the page stands."""
    for _ in range(20):
        said = lines(visit.words())
        if all(text in said for text in wanted):
            return said
        visit.tab.wait_for_timeout(100)
    return lines(visit.words())


def on_a_phone(visit: Visit, name: str, language: str) -> None:
    """Look at the page that stands on a screen as narrow as a phone's: nothing runs out of it sideways."""
    visit.tab.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    visit.settle()
    assert visit.tab.evaluate("document.documentElement.scrollWidth") <= PHONE[0], name
    visit.picture(f"{name.replace('_', '-')}-{language}-phone", width=PHONE[0])
    visit.tab.set_viewport_size({"width": WIDTH, "height": HEIGHT})


PARTS = {
    "results": ("part_of_results=review", "part_of_results=due"),
    "record": tuple(f"search={{entity}}&part_of_record={part}" for part in ("why", "changes", "known", "course")),
    "grades": ("part_of_grades=month", "part_of_grades=overrides", "part_of_grades=high_risk"),
    "lift": ("cut_enterprise_A=50",),
    "warnings": ("warnings=open", "warnings=closed"),
    "audit": ("part=reads", "part=decisions"),
    "hit_rate": ("others=1",),
    "what_if": ("ratio_key_D=70&groups=size",),
    "league": ("by=department",),
    "governance": ("part_of_models=back", "part_of_models=runs"),
}
"""Views of the pages that have several; others have one."""
MENUS_AT_ONCE = 3
"""Menus of three files whose files are taken in one visit: Chromium asks its user before the eleventh."""


def test_files_open_and_hold_what_the_screen_shows(visit: Visit, address: str, figures: Figures) -> None:
    unseen: list[str] = []
    silent = []
    for entry in of_role(Role.AUDITOR):
        page, n_sheets = entry.name.replace("_", "-"), 0
        for asked in PARTS.get(entry.name, ("",)):
            told = asked.format(entity=figures.entity)
            open_anew = partial(_unfolded, visit, f"{address}/{page}?as=auditor@city&lang=zh&{told}", entry.title)
            open_anew()
            cards = [list(map(_cell, card)) for card in visit.cards()]
            shown = [[list(map(_cell, row)) for row in table] for table in visit.tables()]
            drawn = [[list(map(_cell, row)) for row in table] for table in visit.drawn_tables()]
            for name, sheets in _taken_sheets(visit, open_anew):
                for sheet in sheets:
                    n_sheets += 1
                    is_cards = bool(cards) and [row[: len(cards[0])] for row in sheet[1:]] == cards
                    if sheet not in shown and not is_cards and not any(_begins(sheet, table) for table in drawn):
                        unseen.append(f"{entry.name} {told} {name}: {sheet[:2]}")
        if not n_sheets:
            silent.append(entry.name)
    assert not unseen, "a file holds what the screen does not show:\n" + "\n".join(unseen)
    assert silent == [], "a page gives nothing away"


def _unfolded(visit: Visit, link: str, title: str) -> None:
    visit.open(link, title=translator("zh_CN")(title))
    visit.unfold()
    visit.wait_for_drawn()


def _taken_sheets(visit: Visit, open_anew: Callable[[], None]) -> Iterator[tuple[str, list[list[list[str]]]]]:
    """Take every workbook with the CSV and JSON beside it, hold them against one another, and return the sheets."""
    buttons = visit.tab.get_by_test_id("stMain").get_by_test_id("stDownloadButton")
    names = [text.strip() for text in buttons.all_inner_texts()]
    menus = [at for at, name in enumerate(names) if "XLSX" in name and "CSV" in "".join(names[at + 1 : at + 2])]
    for n, at in enumerate(menus):
        if n and n % MENUS_AT_ONCE == 0:
            open_anew()
        book, text, data = (visit.taken(buttons.nth(at + step)) for step in range(3))
        read = pd.read_excel(io.BytesIO(book), sheet_name=None, dtype=str, keep_default_na=False, engine="calamine")
        sheets = [[list(each.columns), *each.map(_cell).to_numpy().tolist()] for each in read.values()]
        listed = [[list(map(_cell, row.values())) for row in rows] for rows in json.loads(data).values()]
        assert listed == [sheet[1:] for sheet in sheets]
        plain = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
        assert [[_cell(cell.removeprefix("'")) for cell in line] for line in plain] == sheets[0]
        yield ", ".join(read), sheets


def _begins(sheet: list[list[str]], table: list[list[str]]) -> bool:
    """Whether a table that is drawn, of which only what is in sight has cells, is the beginning of a sheet."""
    wide = len(table[0])
    return len(table) > 1 and [row[:wide] for row in sheet[: len(table)]] == table


def _cell(value: object) -> str:
    """A cell as text: counts without their separators, marks of markdown left out, nothing for a missing one."""
    text = "" if value is None else re.sub(r":\w+\[(.*?)\]", r"\1", str(value)).strip()
    return re.sub(r"(?<=\d),(?=\d{3})", "", text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_league_of_departments_is_the_command_s(
    language: str, visit: Visit, address: str, figures: Figures
) -> None:
    translate = translator(chosen_language(language))
    link = f"{address}/league?as=auditor@city&lang={language}&by=department"
    visit.open(link, title=translate("Departments and districts"))
    visit.unfold()
    wanted = figures.league("department", translate)
    said = said_with(wanted, visit)

    assert len(wanted) > 2
    assert [text for text in wanted if text not in said] == []


def test_the_strata_that_a_page_gives_away_are_those_of_the_certificate(
    visit: Visit, address: str, figures: Figures
) -> None:
    visit.open(f"{address}/draw?as=auditor@city&lang=zh", title="抽取与凭证")
    buttons = visit.tab.get_by_test_id("stMain").get_by_test_id("stDownloadButton")
    strata = json.loads(visit.taken(buttons.filter(has_text="JSON").nth(1)))["strata"]
    said = figures.ask("draw", "certificate", DRAW)
    certified = {
        cell.partition("|")[2]: (
            words.count(counts["N"]),
            words.count(counts["n"]),
            *(words.share(float(Fraction(said["pi"][cell][kind])), digits=2) for kind in ("inclusion", "design")),
        )
        for cell, counts in said["result"].items()
    }

    given = {row["层"]: (row["N"], row["n"], row["实际抽取比例"], row["方案比例"]) for row in strata}
    assert given == certified


def test_a_link_shows_a_colleague_the_very_same(
    visit: Visit, address: str, browser: "Browser", figures: Figures
) -> None:
    translate = translator("zh_CN")
    colleague = new_visit(browser, address)
    for entry in of_role(Role.AUDITOR):
        title, page = translate(entry.title), entry.name.replace("_", "-")
        for asked in PARTS.get(entry.name, ("",))[-1:]:
            told = asked.format(entity=figures.entity)
            visit.open(f"{address}/{page}?as=auditor@city&lang=zh&{told}", title=title)
            visit.tab.get_by_test_id("stMain").get_by_role("button", name="链接").click()
            link = visit.tab.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text().strip()
            visit.tab.keyboard.press("Escape")
            visit.settle()
            colleague.open(link, title=title)
            for _ in range(20):  # cells of long tables are drawn a moment after the page stands
                if colleague.words() == visit.words():
                    break
                visit.tab.wait_for_timeout(250)
            assert colleague.words() == visit.words(), entry.name
            assert f"/{page}?" in link
            assert all(each in unquote(link) for each in told.split("&"))
    assert colleague.outside == []
    colleague.tab.context.close()


def test_language_and_population_stay_when_the_page_changes(visit: Visit, address: str) -> None:
    visit.open(f"{address}/?lang=zh&as=auditor@city&population=individual_business", title="简报")
    visit.tab.get_by_text("English", exact=True).click()
    visit.stand("Briefing")
    visit.turn("Hit rate by grade")

    visit.tab.wait_for_url("**/hit-rate?*lang=en*population=individual_business*")


def test_every_choice_is_within_reach_of_the_keyboard(visit: Visit, address: str) -> None:
    visit.open(f"{address}/hit-rate?as=auditor@city&lang=zh", title="分级命中率")
    met = set()
    for _ in range(60):
        visit.tab.keyboard.press("Tab")
        said = visit.tab.evaluate("document.activeElement.innerText || document.activeElement.ariaLabel || ''")
        met.add(str(said).strip().partition("\n")[0])
    assert {"链接", "口径", "工作簿（XLSX）", "简报", "审计", "中文", "对象类别"} <= met


def test_the_bulletin_comes_in_house_format(visit: Visit, address: str, figures: Figures) -> None:
    visit.open(f"{address}/briefing?as=leader@city&lang=zh", title="简报")
    buttons = visit.tab.get_by_test_id("stMain").get_by_test_id("stDownloadButton")
    paper = visit.taken(buttons.filter(has_text="通报（DOCX）"))
    with zipfile.ZipFile(io.BytesIO(paper)) as held:
        said = re.sub(r"<[^>]+>", "", held.read("word/document.xml").decode())
    book = pd.read_excel(
        io.BytesIO(visit.taken(buttons.filter(has_text="通报表格"))), sheet_name=None, dtype=str, engine="calamine"
    )

    year = str(TODAY.year)
    completed = next(row for row in figures.ask("kpi", "show", year)["values"] if row["kpi"] == "completion")
    assert year in said
    assert words.count(float(completed["denominator"])) in said
    assert len(book) > 1
    assert visit.taken(buttons.filter(has_text="通报（PDF）")).startswith(b"%PDF")


def test_recomputing_a_draw_shows_every_check(visit: Visit, address: str) -> None:
    visit.open(f"{address}/draw?as=auditor@city&lang=zh", title="抽取与凭证")

    visit.tab.get_by_role("button", name="立即重算本次抽取").click()
    visit.tab.get_by_text("frame.root").first.wait_for()
    visit.settle()

    assert "✗" not in visit.words()
    assert "✓" in visit.words()
    visit.picture("draw-recomputed-zh")


def test_files_dragged_onto_the_page_are_taken_in_with_their_mapping(
    visit: Visit, address: str, tmp_path: Path
) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guide" / "mapping.md").read_text(encoding="utf-8")
    source, mapping = tmp_path / "visits.csv", tmp_path / "my_city.yaml"
    for path, kind in ((source, "csv"), (mapping, "yaml")):
        path.write_text(re.findall(rf"```{kind}\n(.*?)```", guide, re.DOTALL)[0], encoding="utf-8")
    visit.open(f"{address}/quality?as=analyst@city&lang=zh", title="数据质量")
    for label, path in (("原始文件", source), ("自有映射文件", mapping)):
        field = visit.tab.get_by_test_id("stFileUploader").filter(has_text=label)
        field.locator("input[type=file]").set_input_files(path)
        visit.tab.get_by_text(path.name).first.wait_for()
    visit.tab.get_by_role("button", name="接收", exact=True).click()

    visit.tab.get_by_text("检查结果：报送 5 行，接收 3，待处理 2，重复 0").first.wait_for()


def test_grades_are_decided_by_hand_each_step_by_another_person(visit: Visit, address: str, workspace: Path) -> None:
    month = xinheng(workspace, "run", "grades", day=TODAY)["run_id"]
    by_score = xinheng(workspace, "run", "confirm", month, day=TODAY)["grades"]
    firm = max((row for row in by_score if not row["override_code"]), key=lambda row: row["score"])["entity_id"]

    _open_part(visit, address, "leader", "high_risk", state_of_d="all")
    visit.picture("grades-high-risk-zh")
    visit.tick(firm)
    visit.tab.get_by_label("理由").fill("已核对档案")
    visit.press("确认 D 类", then="已确认 1 户 D 类。")
    held = {row["entity_id"]: row for row in xinheng(workspace, "run", "confirm", month, day=TODAY)["grades"]}
    assert (held[firm]["status"], held[firm]["decided_by"]) == ("confirmed", "leader")

    _open_part(visit, address, "analyst", "overrides", override_search=firm)
    visit.tab.get_by_role("combobox", name="拟认定类别").click()
    visit.tab.get_by_role("option", name="C ▲").click()
    visit.tab.get_by_role("combobox", name="依据").click()
    visit.tab.get_by_role("option", name="尚未入档的事实").click()
    visit.tab.get_by_label("文书编号").fill("监〔2026〕1号")
    visit.tab.get_by_label("理由").fill("现场已整改")
    visit.press("提出", then="待第二人批准。")
    name = f"grade-{firm}-1"
    _open_part(visit, address, "leader", "overrides")
    visit.tab.get_by_label("理由").fill("同意")
    visit.press("执行", then=f"认定 {name}：批准。")
    booked = {row["override_id"]: row for row in xinheng(workspace, "override", "list", day=TODAY)["overrides"]}
    assert (booked[name]["state"], booked[name]["grade"]) == ("in_force", "C")
    visit.picture("grades-overrides-zh")

    visit.tab.set_viewport_size({"width": PHONE[0], "height": HEIGHT})
    _open_part(visit, address, "inspector", "checks")
    assert visit.tab.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    audited = xinheng(workspace, "warnings", "audit", "--run", month, day=TODAY)["audits"]
    visit.tick(audited[0]["entity_id"])
    visit.tab.get_by_label("核查内容").fill("证照与场所")
    visit.press("录入", then="已记录 1 项核查。")
    visit.tab.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    found = xinheng(workspace, "warnings", "detection", day=TODAY)["missed"]
    _open_part(visit, address, "leader", "checks")
    assert words.share_interval(found["low"], found["high"]) in visit.words()

    visit.open(f"{address}/objections?as=inspector@city&lang=zh&target=grades:{month}:{firm}", title="异议")
    visit.tab.get_by_label("异议内容").fill("投诉并非针对本店")
    visit.tab.get_by_label("登记部门").fill("SCJG")
    visit.press("登记", then="已登记。")
    visit.open(f"{address}/objections?as=leader@city&lang=zh", title="异议")
    visit.choose("异议", "投诉并非针对本店")
    visit.tab.get_by_role("combobox", name="办理部门").click()
    visit.tab.get_by_role("option", name="SCJG").click()
    visit.press("执行", then="受理并标注。")
    _open_part(visit, address, "inspector", "contested")
    visit.tab.get_by_role("button", name="按今日记录重新计算").click()
    visit.tab.get_by_text("已重新计算：D → D。").first.wait_for()  # by a process of its own
    visit.settle()
    assert "评分所用特征均无变化" in visit.words()
    visit.picture("grades-contested-zh")


def test_on_a_phone_one_tap_chooses_a_row_and_the_next_one_sends_it(browser: "Browser", address: str) -> None:
    phone = new_visit(browser, address, has_touch=True)
    phone.tab.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    phone.open(f"{address}/results?as=inspector@city&lang=zh&part_of_results=review", title="检查结果")
    send = phone.tab.get_by_role("button", name="提交", exact=True)
    send.tap()
    phone.tab.get_by_text("尚未选择，请至少勾选一项。").wait_for()
    phone.settle()
    phone.tick("-SCJG02-")
    send.tap()

    phone.tab.get_by_text("已提交 1 条结果。").wait_for()
    phone.settle()
    assert phone.tab.get_by_role("checkbox").count() == 0
    phone.tab.context.close()


def _open_part(visit: Visit, address: str, role: str, part: str, **asked: str) -> None:
    more = "".join(f"&{name}={value}" for name, value in asked.items())
    visit.open(f"{address}/grades?as={role}@city&lang=zh&part_of_grades={part}{more}", title="等级管理")
