"""The double-publicity layouts (双公示) through the shipped mappings: what a delivered row becomes."""

from datetime import date

import pytest

from engine.api.records.quarantine import quarantined_rows
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import counts, rows, take_in, write_lines

CODE = "91330602MA0000015K"
ORGAN = "11330600098643214C"
PENALTY = {
    "CF_XDR_MC": "绍兴虚构甲有限公司",
    "CF_XDR_LB": "法人及非法人组织",
    "CF_XDR_SHXYM": CODE,
    "CF_XDR_GSZC": "",
    "CF_XDR_ZZJG": "",
    "CF_XDR_SWDJ": "",
    "CF_XDR_SYDW": "",
    "CF_XDR_SHZZ": "",
    "CF_FRDB": "王某",
    "CF_WSH": "绍市监罚〔2024〕1号",
    "CF_WFXW": "无照经营",
    "CF_SY": "事实",
    "CF_YJ": "依据",
    "CF_CFLB": "罚款;没收违法所得",
    "CF_NR": "罚款1.14万元，没收违法所得500.5元",
    "CF_NR_FK": "1.140000",
    "CF_NR_WFFF": "0.050050",
    "CF_NR_ZKDX": "",
    "CF_JDRQ": "2024/03/01",
    "CF_YXQ": "2099/12/31",
    "CF_GSJZQ": "2025年3月1日",
    "CF_CFJG": "绍兴市市场监督管理局",
    "CF_CFJGDM": ORGAN,
    "CF_SJLY": "x",
    "CF_SJLYDM": ORGAN,
    "BZ": "",
}
OLD_PENALTY = {
    "CF_XDR_MC": "绍兴虚构甲有限公司",
    "CF_XDR_SHXYM": CODE,
    "CF_XDR_ZDM": "",
    "CF_XDR_GSDJ": "",
    "CF_XDR_SWDJ": "",
    "CF_WSH": "绍市监罚〔2016〕1号",
    "CF_CFMC": "无照经营案",
    "CF_CFLB1": "罚款",
    "CF_CFLB2": "",
    "CF_SY": "事实",
    "CF_YJ": "依据",
    "CF_JG": "罚款人民币20000元",
    "CF_JDRQ": "2016-03-01",
    "CF_XZJG": "绍兴市市场监督管理局",
    "CF_ZT": "正常",
    "DFBM": "330600",
    "SJC": "2016-05-02 10:00:00",
    "BZ": "",
}
LICENCE = {
    "XK_XDR_MC": "绍兴虚构甲有限公司",
    "XK_XDR_LB": "02",
    "XK_XDR_SHXYM": CODE,
    "XK_XDR_GSZC": "",
    "XK_XDR_ZZJG": "",
    "XK_XDR_SWDJ": "",
    "XK_XDR_SYDW": "",
    "XK_XDR_SHZZ": "",
    "XK_XKWS": "准予许可决定书",
    "XK_WSH": "JY1330602",
    "XK_XKLB": "核准",
    "XK_XKZS": "食品经营许可证",
    "XK_XKBH": "JY1330602001",
    "XK_NR": "热食类食品制售",
    "XK_JDRQ": "20240301",
    "XK_YXQZ": "20240301",
    "XK_YXQZI": "20290228",
    "XK_XKJG": "绍兴市市场监督管理局",
    "XK_XKJGDM": ORGAN,
    "XK_ZT": "有效",
    "XK_LYDW": "x",
    "XK_LYDWDM": ORGAN,
    "BZ": "",
}
OLD_LICENCE = {
    "XK_XMMC": "食品经营许可",
    "XK_WSH": "JY2",
    "XK_SPLB": "普通",
    "XK_NR": "零售",
    "XK_XDR_MC": "绍兴虚构甲有限公司",
    "XK_XDR_SHXYM": "",
    "XK_XDR_ZDM": "",
    "XK_XDR_GSDJ": "330602000012345",
    "XK_XDR_SWDJ": "",
    "XK_JDRQ": "2016-03-01",
    "XK_JZQ": "2021-02-28",
    "XK_XZJG": "绍兴市市场监督管理局",
    "XK_ZT": "注销",
    "DFBM": "330600",
    "SJC": "2016-05-02",
    "BZ": "",
}


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    yield workspace
    workspace.close()


def taken(workspace, folder, mapping, *deliveries):
    header = ",".join(deliveries[0])
    lines = [",".join(delivery.values()) for delivery in deliveries]
    source = write_lines(folder / "双公示.csv", header, *lines, encoding="gb18030")
    return counts(take_in(workspace, source, mapping=f"dual_publicity_{mapping}"))


def test_a_penalty_of_the_layout_in_use(tmp_path, workspace):
    assert taken(workspace, tmp_path, "penalties", PENALTY) == {"penalties": (1, 1, 0, 0)}

    (row,) = rows(workspace, "penalties")
    assert row["entity_id"] == f"uscc:{CODE}"
    assert (row["fine_fen"], row["confiscated_fen"]) == (1_140_000, 50_050)
    assert (row["occurred_on"], row["publicity_end_on"]) == (date(2024, 3, 1), date(2025, 3, 1))
    assert row["known_at"] == date(2024, 3, 12)
    assert (row["severity"], row["organ_code"]) == ("ordinary", ORGAN)


@pytest.mark.parametrize(
    ("kinds", "severity"),
    [
        ("警告", "none"),
        ("通报批评", "minor"),
        ("警告;通报批评", "minor"),
        ("警告;罚款", "ordinary"),
        ("罚款;吊销许可证件", "serious"),
        ("责令停产停业", "serious"),
    ],
)
def test_the_level_follows_from_the_kind_of_penalty(tmp_path, workspace, kinds, severity):
    taken(workspace, tmp_path, "penalties", {**PENALTY, "CF_CFLB": kinds})

    assert rows(workspace, "penalties")[0]["severity"] == severity


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"CF_NR_FK": "11400"}, "another unit"),  # yuan where 万元 is asked
        ({"CF_NR_FK": "1.1400001"}, "whole number"),  # less than a fen
        ({"CF_NR_FK": "壹万"}, "whole number"),
        ({"CF_GSJZQ": "长期"}, "date"),
        ({"CF_JDRQ": "2024-02-30"}, "date"),
        ({"CF_XDR_SHXYM": ""}, "entity_id"),
    ],
)
def test_what_cannot_be_right_waits_and_says_why(tmp_path, workspace, changed, check):
    assert taken(workspace, tmp_path, "penalties", {**PENALTY, **changed}) == {"penalties": (1, 0, 1, 0)}

    (row,) = quarantined_rows(workspace)
    assert any(check in reason.render() for reason in row.reasons)


def test_natural_persons_are_no_rows_and_missing_optional_columns_are_empty(tmp_path, workspace):
    person = {**PENALTY, "CF_XDR_LB": "自然人", "CF_XDR_SHXYM": ""}
    short = [{k: v for k, v in each.items() if k not in ("CF_XDR_SYDW", "CF_GSJZQ")} for each in (PENALTY, person)]

    assert taken(workspace, tmp_path, "penalties", *short) == {"penalties": (1, 1, 0, 0)}
    assert rows(workspace, "penalties")[0]["publicity_end_on"] is None


def test_a_penalty_before_2018_gives_its_fine_in_words_and_its_revocation(tmp_path, workspace):
    revoked = {
        **OLD_PENALTY,
        "CF_WSH": "2号",
        "CF_ZT": "撤销",
        "CF_JG": "罚款2万元，没收违法所得300元",
        "CF_CFLB2": "没收违法所得",
    }

    loads = taken(workspace, tmp_path, "penalties_legacy", OLD_PENALTY, revoked)

    assert loads == {"penalties": (2, 2, 0, 0), "repairs": (1, 1, 0, 0)}
    held = {row["doc_no"]: row for row in rows(workspace, "penalties")}
    assert [held[no]["fine_fen"] for no in (OLD_PENALTY["CF_WSH"], "2号")] == [2_000_000, 2_000_000]
    assert held["2号"]["confiscated_fen"] == 30_000
    assert held["2号"]["categories"] == "罚款;没收违法所得"
    (repair,) = rows(workspace, "repairs")
    assert (repair["decision"], repair["target_id"]) == ("revoked", held["2号"]["penalty_id"])
    assert repair["occurred_on"] == date(2016, 5, 2)


def test_a_licence_of_the_layout_in_use(tmp_path, workspace):
    person = {**LICENCE, "XK_XDR_LB": "01"}

    assert taken(workspace, tmp_path, "licences", LICENCE, person) == {"licences": (1, 1, 0, 0)}

    (row,) = rows(workspace, "licences")
    assert (row["licence_type"], row["status"], row["valid_until"]) == ("approval", "valid", date(2029, 2, 28))


def test_a_licence_before_2018_is_known_by_its_registration_number(tmp_path, workspace):
    assert taken(workspace, tmp_path, "licences_legacy", OLD_LICENCE) == {"licences": (1, 1, 0, 0)}

    (row,) = rows(workspace, "licences")
    assert (row["entity_id"], row["status"], row["valid_until"]) == (
        "reg:330602000012345",
        "cancelled",
        date(2021, 2, 28),
    )


def test_a_kind_nobody_named_waits(tmp_path, workspace):
    assert taken(workspace, tmp_path, "licences", {**LICENCE, "XK_XKLB": "07"}) == {"licences": (1, 0, 1, 0)}
