"""The commands of registers, quality, contracts, erasure: JSON for programs, Chinese tables, clear mistakes."""

import json

import pytest

from engine.cli import main
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import COMPLAINT_HEADER, complaint, take_in, write_lines

HEADER = (
    "entity_id,uscc,reg_no,name,entity_type,population,industry_code,district_code,status,tags,occurred_on,known_at"
)
INSPECTORS = (
    "inspector_code,name,department_code,district_code,specialities,certificate_no,certificate_expires_on,yearly_cap,"
    "is_leader_qualified,status,occurred_on,known_at"
)
DEPARTMENTS = "department_code,name,role,level,parent_code,occurred_on,known_at"
EXPERTS = "expert_code,name,organisation,specialities,district_code,status,occurred_on,known_at"
ITEMS = (
    "item_code,name,department_code,item_class,ratio_cap,basis,body,content,method,edition,applies_to_types,"
    "occurred_on,known_at"
)
CODE = "91330602MA0000015K"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registers")
    workspace = Workspace(folder / "ws")
    firm = "enterprise,enterprise,H62,330602,active"
    take_in(
        workspace,
        write_lines(folder / "entities.csv", HEADER,
                    f"uscc:{CODE},{CODE},1,甲,{firm},food;chain,2020-01-01,2020-01-02",
                    f"reg:1,,1,甲,{firm},food,2020-01-01,2020-01-02",
                    "prod:1,,,锅炉,product,product,C34,330602,active,,2020-01-01,2020-01-02"),
        write_lines(folder / "complaints.csv", COMPLAINT_HEADER, complaint(1), complaint(2)),
        write_lines(folder / "departments.csv", DEPARTMENTS, "M,市场监管局,lead,city,,2019-01-01,2019-01-01",
                    "M-1,越城,participant,district,M,2019-01-01,2019-01-01"),
        write_lines(folder / "inspectors.csv", INSPECTORS,
                    "I1,n,M,330602,,c1,2020-12-31,10,true,active,2019-01-01,2019-01-01",
                    "I2,n,M,330602,,c2,2040-12-31,10,true,active,2019-01-01,2019-01-01"),
        write_lines(folder / "experts.csv", EXPERTS, "E1,n,lab,fire,330602,active,2019-01-01,2019-01-01"),
        write_lines(folder / "items.csv", ITEMS,
                    "X1,a,M,general,0.1,law,m,c,on site,2020,enterprise,2020-01-01,2020-01-01"),
    )  # fmt: skip
    workspace.close()
    return folder


@pytest.fixture
def call(path, capsys, monkeypatch):
    monkeypatch.setenv("XINHENG_ACTOR", "Zhao (fictional):analyst")

    def run(*words, status=None, where=True):
        capsys.readouterr()
        given = [*words, *(("--workspace", str(path / "ws")) if where else ())]
        if status is None:
            with pytest.raises(SystemExit) as left:
                main(given)
            assert not left.value.code, capsys.readouterr().err
        else:
            with pytest.raises(SystemExit) as left:
                main(given)
            assert left.value.code == status
        shown = capsys.readouterr()
        return json.loads(shown.out) if "--json" in words and status is None else shown.out + shown.err

    return run


def test_registers_answer_in_json(call):
    tree = call("registers", "departments", "--json")
    library = call("registers", "objects", "--tag", "food", "--json")
    products = call("registers", "objects", "--type", "product", "--json")
    people = call("registers", "inspectors", "--on", "2026-01-01", "--json")
    experts = call("registers", "experts", "--json")
    stale = call("registers", "stale", "--on", "2026-01-01", "--json")

    assert [(row["department_code"], row["depth"]) for row in tree["departments"]] == [("M", 0), ("M-1", 1)]
    assert library["counts"] == [{"entity_type": "enterprise", "status": "active", "n": 2}]
    assert library["tags"] == [{"tag": "food", "n": 2}, {"tag": "chain", "n": 1}]
    assert [row["entity_id"] for row in products["objects"]] == ["prod:1"]
    assert [row["excluded_because"] for row in people["people"]] == ["certificate_expired", ""]
    assert (people["callable"], experts["callable"]) == (1, 1)
    assert stale["entities"]["n"] == 3 and {row["code"] for row in stale["people"]} == {"I1", "I2", "E1"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("registers", "departments"), "越城"),
        (("registers", "objects"), "检查对象名录库"),
        (("registers", "matches"), "疑似重复"),
        (("registers", "inspectors"), "证件过期"),
        (("registers", "experts"), "可以抽取"),
        (("registers", "stale"), "没有任何迹象"),
        (("registers", "editions"), "直接导入，未经流程"),
        (("registers", "diff", "2020", "2020"), "2020 → 2020"),
        (("quality",), "数据质量"),
        (("tombstones",), "依法删除记录"),
    ],
)
def test_people_read_tables_in_chinese(call, words, said):
    assert said in call(*words)


def test_duplicates_are_merged_and_the_merge_undone(call):
    (pair,) = call("registers", "matches", "--json")["matches"]
    match = pair["match_id"]

    assert call("registers", "merge", match, "--reason", "same", "--json") == {"state": "merged", "matches": [match]}
    assert "不是待处理" in call("registers", "merge", match, "--reason", "again", status=2)
    assert [row["state"] for row in call("registers", "matches", "--state", "all", "--json")["matches"]] == ["merged"]
    assert call("registers", "unmerge", match, "--reason", "no", "--json")["state"] == "open"
    assert call("registers", "reject", match, "--reason", "two shops", "--json")["state"] == "kept_apart"
    assert "没有可撤销" not in call("registers", "unmerge", match, "--reason", "again")


def test_the_item_list_goes_its_way_by_different_people(call, path, monkeypatch):
    draft = write_lines(path / "new-items.csv", ITEMS,
                        "X2,b,M,general,0.1,law,m,c,on site,2030,enterprise,2030-01-01,2030-01-01")  # fmt: skip
    steps = [
        ("Qian", ("draft", str(draft), "--edition", "2030", "--department", "M")),
        ("Sun", ("consolidate", "--edition", "2030")),
        ("Li", ("approve", "--edition", "2030", "--reference", "绍政办")),
        ("Zhou", ("publish", "--edition", "2030", "--in-force-on", "2030-01-01")),
    ]
    for who, words in steps:
        monkeypatch.setenv("XINHENG_ACTOR", f"{who} (fictional):analyst")
        done = call("registers", *words, "--json")
    assert (done["step"], done["n_items"]) == ("published", 1)
    assert "须由他人办理" not in call("registers", "editions")
    changes = call("registers", "diff", "2020", "2030", "--json")["changes"]
    assert [(row["item_code"], row["change"]) for row in changes] == [("X1", "removed"), ("X2", "added")]


def test_quality_contracts_and_an_erasure_that_names_no_law(call, tmp_path):
    report = call("quality", "--as-of", "2022-01-01", "--json")
    pages = call("contracts", "docs", "--out", str(tmp_path), "--json", where=False)["pages"]
    tables = call("contracts", "check", "--json", where=False)["tables"]

    assert report["colour"] == "amber" and not report["is_blocking"] and report["override"] is None
    assert {row["table"] for row in report["tables"]} >= {"entities", "complaints"}
    assert len(pages) > 50 and all(set(row) == {"table", "released", "version", "changes"} for row in tables)
    assert "没有阻断项" in call("quality", "--as-of", "2022-01-01", "--override", "why", status=2)
    assert "依法删除须注明" in call("erase", "reg:1", "--reference", "", "--reason", "x", status=2)
    assert "请指定已存的运行" in call("replay", "assess-1", status=2)
