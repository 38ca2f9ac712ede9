from datetime import date

import pytest

from engine.errors import PolicyInconsistentError, SourceNotFoundError, UsageError
from engine.store.documents import SHIPPED, load_mapping, load_policies, read_yaml

GOOD = "id: a.b\nunit: share\nvalues:\n  2020-01-01: {reference: law, value: 1}\n"


def write(folder, text, name="a.yaml"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("profile", ["default", *sorted(p.name for p in (SHIPPED / "policies" / "profiles").iterdir())])
def test_shipped_profiles_load(profile):
    book = load_policies(profile)

    assert book.profile == profile
    assert book.parameters
    assert len(book.digest) == 64


def test_a_profile_replaces_whole_parameters_and_changes_the_digest(tmp_path):
    root = write(tmp_path, GOOD)
    write(root, GOOD.replace("a.b", "a.c"), "c.yaml")
    write(root / "profiles" / "strict", GOOD.replace("value: 1", "value: 2"))

    plain, strict = load_policies(folder=root), load_policies("strict", folder=root)

    assert (plain.value("a.b", on=date(2021, 1, 1)), strict.value("a.b", on=date(2021, 1, 1))) == (1, 2)
    assert strict.value("a.c", on=date(2021, 1, 1)) == 1
    assert plain.digest != strict.digest


@pytest.mark.parametrize(
    "text",
    [
        GOOD + "colour: red\n",
        GOOD.replace("unit: share\n", ""),
        GOOD.replace("reference: law, ", ""),
        GOOD.replace("reference: law", "reference: law, page: 2"),
        GOOD.replace("2020-01-01", "always"),
        "id: a.b\nunit: share\n",
        "just text\n",
        GOOD + "---\n" + GOOD,
    ],
)
def test_a_policy_that_contradicts_its_form_is_refused(tmp_path, text):
    with pytest.raises(PolicyInconsistentError):
        load_policies(folder=write(tmp_path, text))


def test_a_date_given_twice_is_refused(tmp_path):
    twice = GOOD + "  2020-01-01: {reference: law, value: 2}\n"

    with pytest.raises(UsageError, match="twice"):
        load_policies(folder=write(tmp_path, twice))


@pytest.mark.parametrize("profile", ["nowhere", "../policies", ""])
def test_an_unknown_profile_is_refused(profile):
    with pytest.raises(PolicyInconsistentError, match="known are"):
        load_policies(profile)


def test_a_file_written_anew_is_read_anew_and_nobody_changes_the_values_of_others(tmp_path):
    file = tmp_path / "one.yaml"
    text = "id: one.list\nunit: codes\nvalues:\n  2026-01-01: {reference: r, value: [%s]}\n"
    file.write_text(text % "a")
    first = load_policies(folder=tmp_path)
    first.parameters["one.list"].values[date(2026, 1, 1)].value.append("mine")
    assert load_policies(folder=tmp_path).value("one.list", on=date(2026, 1, 1)) == ["a"]

    file.write_text(text % "b")  # as long as before
    assert load_policies(folder=tmp_path).value("one.list", on=date(2026, 1, 1)) == ["b"]


def test_words_of_the_source_stay_words(tmp_path):
    write(tmp_path, "{Yes: a, NO: b, on: c, y: d, true: e}\n")

    assert read_yaml(tmp_path / "a.yaml") == [{"Yes": "a", "NO": "b", "on": "c", "y": "d", True: "e"}]


@pytest.mark.parametrize("name", ["chicago_food", "nyc_restaurants", "hud_reac"])
def test_shipped_mappings_load_by_name(name):
    assert {block.table for block in load_mapping(name).tables} == {"entities", "inspections"}


@pytest.mark.parametrize("name", ["no_such", "no/such.yaml"])
def test_a_mapping_that_is_not_there(name):
    with pytest.raises(SourceNotFoundError):
        load_mapping(name)
