"""The item list: drafted, consolidated, approved, published, each step by somebody else; editions and their diffs."""

from datetime import UTC, date, datetime

import pytest

from engine.api.draws.roster import current
from engine.api.records import item_editions as lists
from engine.errors import ContractViolationsError, UsageError
from engine.pipeline.ports import Actor
from engine.registers.item_list import in_force
from engine.store.workspaces.workspace import Workspace
from tests.small_sources import take_in, write_lines

HEADER = (
    "item_code,name,department_code,item_class,ratio_cap,basis,body,content,method,edition,applies_to_types,"
    "parent_item_code,occurred_on,known_at"
)
DEPARTMENTS = "department_code,name,role,level,parent_code,occurred_on,known_at"
NOW = datetime(2026, 1, 10, 9, tzinfo=UTC)


def item(code, department, *, cap="0.05", begins="2026-02-01", name=None, parent="", edition="2026"):
    kind = "general" if cap else "key"
    told = f"{code},{name or code},{department},{kind},{cap},law 1,m,c,on site,{edition},enterprise"
    return f"{told},{parent},{begins},{begins}"


def person(name):
    return {"actor": Actor(f"{name} (fictional)", "analyst"), "clock": lambda: NOW}


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    take_in(
        workspace,
        write_lines(tmp_path / "departments.csv", DEPARTMENTS,
                    "M,Market,lead,city,,2019-01-01,2019-01-01", "F,Fire,initiator,city,,2019-01-01,2019-01-01"),
        write_lines(tmp_path / "items.csv", HEADER,
                    item("M1", "M", begins="2020-01-01", edition="2020"),
                    item("M2", "M", begins="2020-01-01", edition="2020")),
    )  # fmt: skip
    yield workspace
    workspace.close()


def draft(workspace, tmp_path, department, *lines, who=None, edition="2026"):
    path = write_lines(tmp_path / f"items-{department}.csv", HEADER, *lines)
    return lists.draft_items(
        workspace, path, edition=edition, department=department, **person(who or f"draft {department}")
    )


def drafted(workspace, tmp_path):
    draft(workspace, tmp_path, "M", item("M1", "M", cap="0.03", begins="2020-01-01"), item("M3", "M", parent="P9"))
    draft(workspace, tmp_path, "F", item("F1", "F", cap=""))


def published(workspace, tmp_path):
    drafted(workspace, tmp_path)
    lists.consolidate_items(workspace, edition="2026", **person("bureau"))
    lists.approve_items(workspace, edition="2026", reference="绍政办 1", **person("government"))
    return lists.publish_items(workspace, edition="2026", in_force_on=date(2026, 2, 1), **person("publisher"))


def codes_on(workspace, day):
    rows = in_force(current(workspace, "items", key="item_code", on=day), on=day)
    return dict(zip(rows["item_code"], rows["ratio_cap"].fillna(0), strict=True))


def test_an_edition_takes_effect_on_its_day_and_drops_what_it_does_not_hold(workspace, tmp_path):
    done = published(workspace, tmp_path)

    assert (done.step, done.n_items) == ("published", 3)
    assert codes_on(workspace, date(2026, 1, 31)) == {"M1": 0.05, "M2": 0.05}
    assert codes_on(workspace, date(2026, 2, 1)) == {"M1": 0.03, "M3": 0.05, "F1": 0}
    (edition,) = [each for each in lists.editions(workspace) if each.edition == "2026"]
    assert edition.state == "published"
    assert [step["step"] for step in edition.steps] == ["drafted", "drafted", "consolidated", "approved", "published"]


def test_publishing_again_changes_nothing(workspace, tmp_path):
    published(workspace, tmp_path)

    with pytest.raises(UsageError, match="published cannot follow"):
        lists.publish_items(workspace, edition="2026", in_force_on=date(2026, 2, 1), **person("publisher"))
    with pytest.raises(UsageError, match="drafted cannot follow"):
        draft(workspace, tmp_path, "F", item("F2", "F"))


def test_a_killed_publication_is_finished_by_the_same_call(workspace, tmp_path, monkeypatch):
    drafted(workspace, tmp_path)
    lists.consolidate_items(workspace, edition="2026", **person("bureau"))
    lists.approve_items(workspace, edition="2026", reference="绍政办 1", **person("government"))
    with monkeypatch.context() as patched:
        patched.setattr(lists, "_confirm", lambda *args, **kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            lists.publish_items(workspace, edition="2026", in_force_on=date(2026, 2, 1), **person("publisher"))

    lists.publish_items(workspace, edition="2026", in_force_on=date(2026, 2, 1), **person("publisher"))

    assert codes_on(workspace, date(2026, 2, 1)) == {"M1": 0.03, "M3": 0.05, "F1": 0}
    assert workspace.warehouse.table("items").filter(lambda t: t.edition == "2026").count().execute() == 3


@pytest.mark.parametrize("who", ["draft M", "bureau", "government"])
def test_whoever_took_one_step_takes_no_other(workspace, tmp_path, who):
    drafted(workspace, tmp_path)
    if who == "draft M":
        with pytest.raises(UsageError, match="another person"):
            lists.consolidate_items(workspace, edition="2026", **person(who))
    lists.consolidate_items(workspace, edition="2026", **person("bureau"))
    if who != "government":
        with pytest.raises(UsageError, match="another person"):
            lists.approve_items(workspace, edition="2026", reference="r", **person(who))
    lists.approve_items(workspace, edition="2026", reference="r", **person("government"))
    with pytest.raises(UsageError, match="another person"):
        lists.publish_items(workspace, edition="2026", in_force_on=date(2026, 2, 1), **person(who))


def test_a_draft_after_the_consolidation_takes_the_edition_back(workspace, tmp_path):
    drafted(workspace, tmp_path)
    lists.consolidate_items(workspace, edition="2026", **person("bureau"))
    draft(workspace, tmp_path, "F", item("F2", "F"))

    with pytest.raises(UsageError, match="drafted, approved cannot follow"):
        lists.approve_items(workspace, edition="2026", reference="r", **person("government"))
    assert lists.consolidate_items(workspace, edition="2026", **person("bureau")).n_items == 3


def test_consolidating_says_what_to_look_at_and_refuses_one_item_in_two_drafts(workspace, tmp_path):
    drafted(workspace, tmp_path)
    draft(workspace, tmp_path, "X", item("X1", "X", name="M3"))

    done = lists.consolidate_items(workspace, edition="2026", **person("bureau"))

    assert [str(warning) for warning in done.warnings] == [
        "M3: the parent item P9 is in no list known here",
        "X1: the department X is not on the list",
        "M3, X1 carry the same name M3: the same check twice?",
    ]
    draft(workspace, tmp_path, "X", item("F1", "X"))
    with pytest.raises(UsageError, match="several drafts"):
        lists.consolidate_items(workspace, edition="2026", **person("bureau"))


def test_a_draft_obeys_the_contract_and_its_department(workspace, tmp_path):
    broken = item("M9", "M").replace("0.05", "1.5")

    with pytest.raises(ContractViolationsError, match=r"items-M.csv:2.*ratio_cap"):
        draft(workspace, tmp_path, "M", broken)
    with pytest.raises(UsageError, match="its own items"):
        draft(workspace, tmp_path, "F", item("M9", "M"))
    assert [edition.edition for edition in lists.editions(workspace)] == ["2020"]


def test_editions_differ_item_by_item_and_column_by_column(workspace, tmp_path):
    drafted(workspace, tmp_path)
    lists.consolidate_items(workspace, edition="2026", **person("bureau"))
    before = lists.edition_differences(workspace, "2020", "2026").values.tolist()
    lists.approve_items(workspace, edition="2026", reference="r", **person("government"))
    lists.publish_items(workspace, edition="2026", in_force_on=date(2026, 2, 1), **person("publisher"))

    assert before == lists.edition_differences(workspace, "2020", "2026").values.tolist()
    assert [row[:3] for row in before] == [
        ["F1", "added", "name"], ["M1", "changed", "ratio_cap"], ["M2", "removed", "name"], ["M3", "added", "name"],
    ]  # fmt: skip
    assert before[1][3:] == [0.05, 0.03]
