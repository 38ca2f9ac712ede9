"""A dirty city: every planted fault is listed where it stands, and intake finds each and nothing else."""

import csv
from collections import Counter
from datetime import date

import pytest

from engine.api.records.simulation import simulate
from engine.errors import UsageError
from engine.simulation.faults import KINDS
from tests.evidence import intake_dirty_city

LAST_DAY = date(2025, 12, 31)


def test_every_fault_is_found_and_named_and_nothing_waits_in_the_end():
    claim = intake_dirty_city.run(full=False)

    assert claim["problems"] == []
    assert claim["passed"]
    assert {kind.name for kinds in KINDS.values() for kind in kinds} <= set(claim["kinds"])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dirty")
    for name in ("a", "b"):
        simulate(folder / name, n_entities=300, years=2, seed=5, last_day=LAST_DAY, is_dirty=True)
    return folder


def test_the_same_seed_plants_the_same_faults(made):
    names = sorted(path.relative_to(made / "a") for path in (made / "a").rglob("*.csv"))

    assert len(names) > 11
    assert all((made / "a" / name).read_bytes() == (made / "b" / name).read_bytes() for name in names)


def test_the_truth_names_the_line(made):
    with (made / "a" / "truth" / "faults.csv").open(encoding="utf-8") as file:
        faults = list(csv.DictReader(file))
    lines = (made / "a" / "complaints.csv").read_text(encoding="utf-8-sig").splitlines()
    planted = [f for f in faults if f["file"] == "complaints.csv" and f["kind"] == "not_yes_or_no"]

    assert planted
    assert all(f["planted"] in lines[int(f["line"]) - 1] for f in planted)
    assert Counter(f["kind"] for f in faults if f["line"] == "0") == {"gb18030": 2, "utf-8-sig": 1}


def test_a_dirty_city_replaces_a_clean_one_and_the_other_way_round(made):
    simulate(made / "b", n_entities=200, years=1, seed=5, last_day=LAST_DAY)
    left = {path.name for path in (made / "b").rglob("*") if path.is_file()}

    assert not left & {"entities-gb18030.csv", "entities-sheet.xlsx", "faults.csv"}


def test_a_dirty_city_is_not_parquet(tmp_path):
    with pytest.raises(UsageError, match="--dirty"):
        simulate(tmp_path, n_entities=200, years=1, seed=5, last_day=LAST_DAY, file_format="parquet", is_dirty=True)
