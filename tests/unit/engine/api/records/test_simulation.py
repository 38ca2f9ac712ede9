import json
from datetime import date
from pathlib import Path

import pytest

from engine.api.records.simulation import simulate
from engine.errors import UsageError


def test_simulate_writes_and_counts(tmp_path: Path):
    heard = []

    made = simulate(
        tmp_path / "out",
        n_entities=200,
        years=1,
        seed=4,
        last_day=date(2025, 12, 31),
        file_format="csv",
        progress=lambda stage, share=None: heard.append(str(stage)),
    )

    assert made.n_records == sum(made.rows.values()) == made.city.n_records
    assert "Writing files" in heard
    shown = json.loads(json.dumps(made.as_json()))
    assert (shown["entities"], shown["last_day"], shown["records"]) == (200, "2025-12-31", made.n_records)
    assert all(Path(file["path"]).stat().st_size == file["bytes"] for file in shown["files"])
    assert (tmp_path / "out" / "truth" / "parameters.json").is_file()


def test_an_unusable_size_writes_nothing(tmp_path: Path):
    with pytest.raises(UsageError):
        simulate(tmp_path / "out", n_entities=5, years=1, seed=4, last_day=date(2025, 12, 31))

    assert not (tmp_path / "out").exists()
