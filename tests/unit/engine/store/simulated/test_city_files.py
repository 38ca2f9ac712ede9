import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from engine.errors import SourceNotFoundError, UsageError
from engine.simulation.assumptions import Assumptions
from engine.simulation.city import City, simulate_city
from engine.simulation.layout import SCHEMAS, plain
from engine.store.simulated.city_files import read_truth, write_city


def make(seed: int = 3) -> City:
    return simulate_city(n_entities=400, years=2, last_day=date(2024, 12, 31), seed=seed)


@pytest.fixture(scope="module")
def small() -> City:
    return make()


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_same_seed_same_bytes(file_format: str, small: City, tmp_path: Path):
    write_city(small, tmp_path / "a", file_format=file_format)
    write_city(make(), tmp_path / "b", file_format=file_format)

    first = {path.relative_to(tmp_path / "a"): path.read_bytes() for path in (tmp_path / "a").rglob("*.*")}
    again = {path.relative_to(tmp_path / "b"): path.read_bytes() for path in (tmp_path / "b").rglob("*.*")}
    assert first == again
    assert len(first) == len(SCHEMAS) + 5


def test_csv_has_header_iso_dates_and_the_rows(small: City, tmp_path: Path):
    files = write_city(small, tmp_path)

    lines = (tmp_path / "penalties.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].replace('"', "").split(",") == SCHEMAS["penalties"].names
    assert {file.table: file.n_rows for file in files} == {n: t.num_rows for n, t in small.tables.items()}
    options = pa_csv.ConvertOptions(
        column_types=SCHEMAS["inspections"], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    read = pa_csv.read_csv(tmp_path / "inspections.csv", convert_options=options)
    assert read.equals(plain(small.tables["inspections"], "inspections"))


def test_parquet_has_plain_types(small: City, tmp_path: Path):
    write_city(small, tmp_path, file_format="parquet")

    for table in SCHEMAS:
        read = pq.read_table(tmp_path / f"{table}.parquet")
        assert read.schema.remove_metadata() == SCHEMAS[table]
        assert read.num_rows == small.tables[table].num_rows


def test_truth_comes_back(small: City, tmp_path: Path):
    write_city(small, tmp_path)

    for place in (tmp_path, tmp_path / "truth"):
        truth = read_truth(place)
        assert (truth.seed, truth.first_day, truth.last_day) == (3, date(2023, 1, 1), date(2024, 12, 31))
        assert truth.assumptions == Assumptions()
        np.testing.assert_array_equal(truth.risk, small.truth.risk)
        np.testing.assert_array_equal(truth.gone_on, small.truth.gone_on)
        np.testing.assert_array_equal(truth.strictness, small.truth.strictness)
        assert truth.entity_ids.equals(small.truth.entity_ids)
        pd.testing.assert_series_equal(truth.difficulty, small.truth.difficulty)


def test_parameters_say_simulated(small: City, tmp_path: Path):
    write_city(small, tmp_path)

    parameters = json.loads((tmp_path / "truth" / "parameters.json").read_text(encoding="utf-8"))
    assert parameters["notice"].startswith("SIMULATED")
    assert parameters["n_entities"] == 400


def test_an_earlier_simulation_is_replaced_whole(small: City, tmp_path: Path):
    write_city(small, tmp_path, file_format="parquet")

    write_city(small, tmp_path, file_format="csv")

    assert not list(tmp_path.glob("*.parquet"))
    assert len(list(tmp_path.glob("*.csv"))) == len(SCHEMAS)


def test_other_peoples_files_are_left_alone(small: City, tmp_path: Path):
    (tmp_path / "entities.csv").write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match="no simulation wrote"):
        write_city(small, tmp_path)

    assert (tmp_path / "entities.csv").read_text(encoding="utf-8") == "mine"


def test_a_file_as_folder_and_an_unknown_format_are_refused(small: City, tmp_path: Path):
    (tmp_path / "file").write_text("x", encoding="utf-8")

    with pytest.raises(UsageError, match="not a file"):
        write_city(small, tmp_path / "file")
    with pytest.raises(UsageError, match="csv or parquet"):
        write_city(small, tmp_path / "new", file_format="xlsx")
    assert not (tmp_path / "new").exists()


def test_a_folder_without_truth_is_named(tmp_path: Path):
    with pytest.raises(SourceNotFoundError, match="parameters.json"):
        read_truth(tmp_path)
