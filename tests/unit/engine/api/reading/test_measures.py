"""Reading for pages: one population at a time, random rows apart from others, small n said by policy."""

from pathlib import Path

import pytest

from engine.api.reading import measures as reading
from engine.errors import WorkspaceMissingError
from engine.store.workspaces.workspace import Workspace
from tests.small_workspace import ACTOR, AS_OF, EARLIER, NOW, write_measured


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("measured") / "workspace"
    write_measured(path, EARLIER, AS_OF)
    return path


def test_a_missing_workspace_is_named_and_not_created(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceMissingError, match="nowhere"):
        reading.standing(tmp_path / "nowhere")

    assert not (tmp_path / "nowhere").exists()


def test_standing_names_dates_newest_first_and_the_largest_population_first(workspace: Path) -> None:
    held = reading.standing(workspace)

    assert held.as_ofs == (AS_OF, EARLIER)
    assert held.populations == ("enterprise", "individual_business")


def test_the_version_changes_with_every_decision(tmp_path: Path) -> None:
    write_measured(tmp_path, AS_OF)
    before = reading.data_version(tmp_path)
    opened = Workspace(tmp_path)
    opened.ledger.append("note", subject="x", content={}, actor=ACTOR, at=NOW)
    opened.close()

    assert reading.data_version(tmp_path) != before


def test_random_rows_come_first_and_are_never_mixed_with_others(workspace: Path) -> None:
    rates = reading.hit_rates(workspace, as_of=AS_OF, population="enterprise")

    assert list(zip(rates["mode"], rates["grade"], strict=True)) == [
        ("random", "A"),
        ("random", "B"),
        ("random", "C"),
        ("random", "D"),
        ("directed", "A"),
        ("directed", "D"),
    ]
    assert set(rates.loc[rates["mode"] == "random", "basis"]) == {"design-based"}
    assert set(rates.loc[rates["mode"] == "directed", "basis"]) == {"not design-based"}


def test_small_n_is_judged_by_the_dated_policy(workspace: Path) -> None:
    rates = reading.hit_rates(workspace, as_of=AS_OF, population="enterprise").set_index(["mode", "grade"])

    assert rates["is_small"].to_dict()[("random", "D")]
    assert not rates["is_small"].to_dict()[("random", "C")]


def test_single_figures_are_those_of_the_whole_population(workspace: Path) -> None:
    figures = reading.figures(workspace, as_of=AS_OF, population="enterprise")

    assert (figures["base_rate"].value, figures["base_rate"].n) == (0.0391, 4547)
    assert figures["lift"].low == 1.52
    assert figures["trend_p"].value == pytest.approx(1e-5)


def test_a_population_without_results_keeps_its_nulls(workspace: Path) -> None:
    figures = reading.figures(workspace, as_of=AS_OF, population="individual_business")

    assert figures["lift"].n == 0
    assert figures["lift"].value != figures["lift"].value


def test_grade_shares_belong_to_one_population(workspace: Path) -> None:
    shares = reading.grade_shares(workspace, as_of=AS_OF, population="enterprise").set_index("grade")

    assert shares["n_entities"].to_dict() == {"A": 654, "B": 253, "C": 77, "D": 16}
    assert shares["share"].sum() == pytest.approx(1.0)


def test_a_workspace_without_loads_or_grades_gives_noughts_not_errors(tmp_path: Path) -> None:
    opened = Workspace(tmp_path)
    with opened.writing():
        pass
    opened.close()

    assert reading.standing(tmp_path).as_ofs == ()
    assert reading.intake(tmp_path) == reading.Intake(rows_in=0, accepted=0, quarantined=0, duplicates=0)
    assert reading.grade_shares(tmp_path, as_of=AS_OF, population="enterprise").empty
