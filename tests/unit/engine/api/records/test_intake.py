import pytest

from engine.api.records.intake import ingest, loads
from engine.api.records.quarantine import quarantine_as_json, quarantined_rows
from engine.api.workspace import open_workspace
from engine.errors import (
    ContractError,
    MappingColumnError,
    MappingFormError,
    SchemaMismatchError,
    SourceNotFoundError,
    UnknownColumnsError,
    UnknownTableError,
    WorkspaceMissingError,
)  # fmt: skip
from engine.i18n import translator
from tests.evidence import intake_restatements
from tests.small_sources import ACTOR, ENTITY_HEADER, NOW, counts, entity, rows, take_in, write_lines

VISITS = "id,licence,name,day,result,points"
MAPPING = """
tables:
  entities:
    input: visits.csv
    distinct_by: {columns: [entity_id], keep: {lowest: [known_at]}}
    known_at: {column: day, date_format: "%d/%m/%Y"}
    columns:
      entity_id: {prefix: "reg:", of: licence}
      name: name
      entity_type: {constant: facility}
      population: {constant: town}
      industry_code: {constant: I56}
      district_code: {constant: centre}
      status: {constant: active}
      occurred_on: {column: day, date_format: "%d/%m/%Y"}
  inspections:
    input: visits.csv
    filter: {not: {is_null: result}}
    known_at: {from: {column: day, date_format: "%d/%m/%Y"}, plus_days: 20}
    columns:
      inspection_id: id
      visit_id: id
      entity_id: {prefix: "reg:", of: licence}
      item_code: {constant: food}
      department_code: {constant: health}
      selection_mode: {constant: scheduled}
      result_codes: {column: result, values: {Pass: no_problem, No: pending}}
      severity_score: points
      occurred_on: {column: day, date_format: "%d/%m/%Y"}
"""


@pytest.fixture
def workspace(tmp_path):
    workspace = open_workspace(tmp_path / "ws", create=True)
    yield workspace
    workspace.close()


def mapping_file(tmp_path, text=MAPPING):
    path = tmp_path / "town.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def visits(tmp_path, *lines):
    write_lines(tmp_path / "source" / "visits.csv", VISITS, *lines)
    return tmp_path / "source"


def test_any_layout_becomes_contract_tables(tmp_path, workspace):
    folder = visits(
        tmp_path, "1,7,Inn,31/12/2020,Pass,3", "2,7,Inn,30/11/2020,No,28.5", "3,8,Bar,01/01/2021,,",
        "4,8,Bar,02/02/2021,Perhaps,1", "5,9,Pub,31/02/2021,Pass,1",
    )  # fmt: skip

    report = take_in(workspace, folder, mapping=mapping_file(tmp_path))

    assert counts(report) == {"entities": (5, 2, 1, 2), "inspections": (4, 2, 2, 0)}
    inn = rows(workspace, "entities")[0]
    assert (inn["entity_id"], str(inn["occurred_on"])) == ("reg:7", "2020-11-30")
    first, second = rows(workspace, "inspections")
    assert (first["result_codes"], second["result_codes"], second["severity_score"]) == ("no_problem", "pending", 28.5)
    assert str(first["known_at"]) == "2021-01-20"


def test_what_does_not_map_is_quarantined_with_its_reason_in_chinese(tmp_path, workspace):
    take_in(workspace, visits(tmp_path, "4,8,Bar,02/02/2021,Perhaps,1"), mapping=mapping_file(tmp_path))

    (row,) = quarantine_as_json(quarantined_rows(workspace, table="inspections"), translate=translator("zh_CN"))

    assert row["original"] == {
        "id": "4", "licence": "8", "name": "Bar", "day": "02/02/2021", "result": "Perhaps", "points": "1",
    }  # fmt: skip
    assert [reason for reason in row["reasons"] if "取值对照表" in reason and "Perhaps" in reason]


def test_violation_rows_become_counts(tmp_path, workspace):
    write_lines(
        tmp_path / "source" / "faults.csv", "licence,day,critical", "7,2020-12-31,1", "7,2020-12-31,0", "8,2020-12-31,0"
    )
    text = """
tables:
  inspections:
    input: faults*.csv
    aggregate:
      by: [licence, day]
      measures: {grave: {count: {equals: [critical, 1]}}, every: {count: rows}}
    columns:
      inspection_id: {concat: [licence, day], separator: "-"}
      visit_id: licence
      entity_id: {prefix: "reg:", of: licence}
      item_code: {constant: food}
      department_code: {constant: health}
      selection_mode: {constant: scheduled}
      result_codes: {case: [{when: {at_least: [grave, 1]}, then: {constant: pending}}], else: {constant: no_problem}}
      violations_critical: grave
      violations_minor: {subtract: [every, grave]}
      occurred_on: day
"""

    report = take_in(workspace, tmp_path / "source", mapping=mapping_file(tmp_path, text))

    assert counts(report) == {"inspections": (2, 2, 0, 0)}
    assert [
        (r["violations_critical"], r["violations_minor"], r["result_codes"]) for r in rows(workspace, "inspections")
    ] == [
        (1, 1, "pending"),
        (0, 1, "no_problem"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("name: name", "name: nom", MappingColumnError),
        ("name: name", "nom: name", MappingFormError),
        ("name: name", "name: {shout: name}", MappingFormError),
        ("      name: name\n", "", SchemaMismatchError),
        ("  entities:", "  enterprises:", UnknownTableError),
        ("visits.csv", "vists.csv", SourceNotFoundError),
        ("    input: visits.csv", "    entrada: visits.csv", MappingFormError),
    ],
)
def test_a_wrong_mapping_is_one_sentence_and_nothing_is_written(tmp_path, workspace, old, new, error):
    folder = visits(tmp_path, "1,7,Inn,31/12/2020,Pass,3")

    with pytest.raises(error) as caught:
        take_in(workspace, folder, mapping=mapping_file(tmp_path, MAPPING.replace(old, new)))

    assert caught.value.exit_status in (2, 10)
    assert "\n" not in caught.value.render(translator("zh_CN"))
    assert not workspace.path.exists()


@pytest.mark.parametrize(
    ("name", "header", "error", "status"),
    [
        ("enterprises.csv", ENTITY_HEADER, UnknownTableError, 10),
        ("entities.csv", "entity_id,name", SchemaMismatchError, 10),
        ("entities.csv", ENTITY_HEADER + ",colour", UnknownColumnsError, 10),
        ("entities.txt", ENTITY_HEADER, ContractError, 10),
    ],
)
def test_a_wrong_source_is_one_sentence_and_nothing_is_written(tmp_path, workspace, name, header, error, status):
    source = write_lines(tmp_path / name, header, entity(1))

    with pytest.raises(error) as caught:
        take_in(workspace, source)

    assert caught.value.exit_status == status
    assert not workspace.path.exists()


def test_a_missing_source_is_named_and_nothing_is_written(tmp_path, workspace):
    with pytest.raises(SourceNotFoundError, match=r"gone\.csv") as caught:
        ingest(workspace, [tmp_path / "gone.csv"], actor=ACTOR, clock=lambda: NOW)

    assert caught.value.exit_status == 2
    assert not workspace.path.exists()


def test_an_error_after_a_good_load_changes_nothing(tmp_path, workspace):
    take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1)))
    before = {path: path.stat().st_mtime_ns for path in workspace.path.rglob("*") if path.suffix in (".parquet", ".db")}

    with pytest.raises(UnknownTableError):
        take_in(workspace, write_lines(tmp_path / "enterprises.csv", ENTITY_HEADER, entity(2)))

    assert before == {
        path: path.stat().st_mtime_ns for path in workspace.path.rglob("*") if path.suffix in (".parquet", ".db")
    }
    assert [(x.table, x.accepted) for x in loads(workspace)] == [("entities", 1)]


def test_a_workspace_that_must_exist(tmp_path):
    with pytest.raises(WorkspaceMissingError):
        open_workspace(tmp_path / "nowhere", create=False)


def test_report_json_keeps_the_promised_keys(tmp_path, workspace):
    report = take_in(workspace, write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1)))

    (load,) = report.as_json()["loads"]

    assert {"table", "rows_in", "accepted", "quarantined", "duplicates", "load_id"} <= set(load)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("name", "entities", "modes"),
    [
        ("chicago_food", 12367, {("scheduled", "corrected"): 3729, ("scheduled", "no_problem"): 23855}),
        (
            "nyc_restaurants", 24806,
            {("directed", "no_problem"): 92844, ("directed", "pending"): 5447, ("scheduled", "no_problem"): 72642,
             ("scheduled", "pending"): 11437},
        ),
    ],
)  # fmt: skip
def test_shipped_mappings_take_every_row_of_the_reference_records(workspace, reference_data, name, entities, modes):
    report = take_in(workspace, reference_data / name, mapping=name)

    assert {x.table: x.accepted for x in report.loads}["entities"] == entities
    assert [(x.quarantined, dict(x.warnings)) for x in report.loads] == [(0, {}), (0, {})]
    table = workspace.warehouse.table("inspections")
    found = table.group_by(["selection_mode", "result_codes"]).agg(n=table.count()).to_pyarrow().to_pylist()
    assert {(row["selection_mode"], row["result_codes"]): row["n"] for row in found} == modes
    assert table.filter(table.inclusion_probability.notnull()).count().to_pyarrow().as_py() == 0


@pytest.mark.reference
def test_restated_scores_are_versions_known_from_their_release(workspace, reference_data):
    take_in(workspace, reference_data / "hud_reac", mapping="hud_reac")
    history = workspace.warehouse.history("inspections")
    restated = history.group_by("inspection_id").having(history.severity_score.nunique() > 1).agg(n=history.count())

    assert restated.count().to_pyarrow().as_py() == 158
    assert history.filter(history.superseded_at <= history.known_at).count().to_pyarrow().as_py() == 0


@pytest.mark.reference
@pytest.mark.slow
def test_restated_scores_and_features_stay_as_published_when_later_releases_come(reference_data):
    claim = intake_restatements.restatements(reference_data / "hud_reac" / "releases_all.parquet", n_releases=2)

    assert claim["passed"], claim
    assert claim["feature_rows"] > 30_000
