import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from engine.i18n import translator
from engine.messages import Message
from engine.publicity.feeds import atom_feed, json_feed
from engine.publicity.layout import CHINESE, ENGLISH, Edition, page, table
from engine.publicity.pages import (
    PublicDraw,
    PublicPlan,
    draw_page,
    draws_page,
    objection_page,
    plans_page,
    script_json,
)
from engine.publicity.search import build_index, results_page

ZH = Edition(CHINESE, translator("zh_CN"), is_demo=False)
EN = Edition(ENGLISH, translator("en"), is_demo=False)
DRAW = PublicDraw(
    draw_id="2026-001",
    plan="2026-annual",
    plan_digest="a" * 64,
    state="drawn",
    suite="sm3",
    committed_at="2026-03-02T09:00:00+08:00",
    issued_at="2026-03-04T09:00:00+08:00",
    commit_digest="b" * 64,
    certificate_digest="c" * 64,
    seed="d" * 64,
    reason="",
    release="",
    events=(("fc3d", "2026055", "407"),),
    n_frame=1000,
    n_visits=50,
    n_checks=80,
    items=(("I1", 1000, 40), ("I2", 500, 40)),
    files=("commitment.json", "frame/000000.bin", "frame/000001.bin"),
    withheld=(),
)
PLAN = PublicPlan(
    plan_id="2026-annual",
    edition=1,
    digest="e" * 64,
    published_at="2026-02-01T09:00:00+08:00",
    approval="联席会议 2026-1",
    lines=(
        {
            "items": ["I1"],
            "objects": "全部企业",
            "ratio": "1/20",
            "window": ["2026-03-01", "2026-06-30"],
            "initiator": "市场监管局",
            "participants": ["消防"],
            "draws": 2,
        },
    ),
    path="plans/2026-annual/edition-1.json",
)
NOBODY = build_index(pd.DataFrame({"name": [], "uscc": []}, dtype="string"))


def search_page(edition):
    return results_page(edition, NOBODY, clean_months=24, adverse_months=60)


def test_text_of_tables_cannot_become_markup():
    rows = pd.DataFrame({"name": ["<script>x</script>"]})

    assert "<script>" not in table(rows, headings={"name": "N"}, caption="C")
    assert "</script" not in script_json(["</script><!--"])
    assert "<!" not in script_json(["<!--"])
    assert json.loads(script_json(["</script><!--"])) == ["</script><!--"]


def test_a_demonstration_says_so_on_every_page_and_a_real_site_does_not():
    demo = Edition(CHINESE, translator("zh_CN"), is_demo=True)

    assert 'class="banner"' in page(demo, "index.html", title="t", body="b")
    assert 'class="banner"' not in page(ZH, "index.html", title="t", body="b")


@pytest.mark.parametrize("edition", [ZH, EN], ids=["zh", "en"])
def test_pages_name_no_other_site(edition):
    for text in (search_page(edition), draws_page(edition, [DRAW]), objection_page(edition)):
        assert "://" not in text


def test_links_lead_up_from_the_depth_of_the_page():
    chinese, english = (draw_page(edition, DRAW, names={}) for edition in (ZH, EN))

    assert 'href="../index.html"' in chinese
    assert 'href="../draws/2026-001/commitment.json"' in chinese
    assert 'href="../en/draws/2026-001.html"' in chinese
    assert 'href="../../draws/2026-001/commitment.json"' in english
    assert 'href="../../draws/2026-001.html"' in english


def test_nothing_published_yet_is_said_in_words():
    assert "尚未" in plans_page(ZH, [], names={})
    assert "尚未" in draws_page(ZH, [])


def test_a_plan_shows_its_lines_in_words_with_its_digest_and_file():
    text = plans_page(ZH, [], plans=[PLAN], names={"I1": "登记检查"})

    for shown in ("登记检查", "全部企业", "1/20", "市场监管局", "e" * 64, 'href="plans/2026-annual/edition-1.json"'):
        assert shown in text


def test_a_withheld_draw_says_why_and_what_can_still_be_checked():
    kept = Message(
        "the smallest group that can be told apart has {n} object(s), {least} are asked", {"n": 1, "least": 20}
    )
    text = draw_page(ZH, replace(DRAW, withheld=(kept,)), names={})

    assert "可辨认的最小群体只有 1 户" in text
    assert "每个对象可核对自己那一行" in text


def test_feeds_are_well_formed_and_stable():
    atom = atom_feed(ZH, [DRAW], updated="2026-06-30T00:00:00+08:00")

    assert atom == atom_feed(ZH, [DRAW], updated="2026-06-30T00:00:00+08:00")
    assert re.findall(r"<id>urn:uuid:[0-9a-f-]{36}</id>", atom) != []
    assert json.loads(json_feed(ZH, [DRAW]))["items"][0]["url"] == "draws/2026-001.html"


def test_each_language_has_feeds_with_entries_of_their_own():
    chinese, english = (json.loads(json_feed(edition, [DRAW])) for edition in (ZH, EN))

    assert (chinese["language"], english["language"]) == ("zh-CN", "en")
    assert english["items"][0]["title"].startswith("Draw 2026-001")
    assert "抽取 2026-001" in chinese["items"][0]["title"]
    assert chinese["items"][0]["id"] != english["items"][0]["id"]
    assert 'xml:lang="en"' in atom_feed(EN, [DRAW], updated="2026-06-30T00:00:00+08:00")


def test_no_english_words_stand_in_the_chinese_pages():
    allowed = {"English", "JSON", "CSV", "XLSX", "Atom", "frame", "commitment", "json", "bin", "fc3d", "sm3", "annual"}
    pages = (
        plans_page(ZH, [DRAW], plans=[PLAN], names={"I1": "甲"}),
        draws_page(ZH, [DRAW]),
        objection_page(ZH),
        draw_page(ZH, DRAW, names={"I1": "甲"}),
    )
    for text in (*pages, search_page(ZH)):
        shown = re.sub(r"<script>.*?</script>|<style>.*?</style>|<code>.*?</code>|<[^>]+>", " ", text, flags=re.DOTALL)
        assert {word for word in re.findall(r"[A-Za-z][A-Za-z0-9]{2,}", shown)} <= allowed
