"""Real inspection records through shipped mappings: grades separate what inspectors found afterwards."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.reference


@pytest.mark.parametrize(
    ("name", "as_of", "rows", "least_auc"),
    [
        ("chicago_food", "2014-07-01", 4754, 0.606),  # the best published column is .611
        ("nyc_restaurants", "2015-07-01", 11930, 0.623),  # .628
    ],
)
def test_grades_of_real_firms_rise_with_what_was_found(reference_data, tmp_path, name, as_of, rows, least_auc):
    words = ["demo", "--from", str(reference_data / name), "--mapping", name, "--as-of", as_of, "--json"]
    done = subprocess.run(
        [sys.executable, "-c", "from engine.cli import main; main()", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )

    assert done.returncode == 0, done.stderr
    (population,) = json.loads(done.stdout)["populations"]
    rates = {row["grade"]: row for row in population["cohort"]["grades"]}
    assert rates["A"]["hit_rate"] < rates["B"]["hit_rate"] < rates["C"]["hit_rate"] < rates["D"]["hit_rate"]
    assert rates["D"]["low"] > rates["A"]["high"]
    assert population["cohort"]["trend_p"] < 0.01
    assert population["basis"] == "not design-based"
    assert population["inspection"]["n"] == rows
    assert population["inspection"]["auc"]["value"] >= least_auc
    beside = {score["name"] for score in population["scores"]}
    assert {"scorecard", "last_outcome", "prior_rate", "mean_past_score", "random"} <= beside
