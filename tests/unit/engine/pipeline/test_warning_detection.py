"""Precision and recall of warnings: by hand, and covered over seeds on a city whose truth is known."""

import numpy as np
import pandas as pd
import pytest

from engine.pipeline.warning_detection import detection


def warned(*outcomes, run="r1"):
    return pd.DataFrame({"run_id": run, "is_confirmed": pd.Series(list(outcomes), dtype="object")})


def audited(*outcomes, run="r1", n_frame=1000):
    found = pd.Series(list(outcomes), dtype="object")
    return pd.DataFrame({"run_id": run, "n_frame": n_frame, "is_found": found})


def test_by_hand():
    found = detection(warned(*[True] * 6, *[False] * 2, None, None), audited(*[True] * 1, *[False] * 49, None))

    assert (found.n_runs, found.n_warned, found.n_unwarned) == (1, 10, 1000)
    assert (found.precision.hits, found.precision.n, found.precision.value) == (6, 8, 0.75)
    assert (found.missed.hits, found.missed.n, found.missed.value) == (1, 50, 0.02)
    # 10 x 6/8 found, 1000 x 1/50 missed
    assert found.recall == pytest.approx(7.5 / 27.5)
    assert 0 < found.recall_low < found.recall < found.recall_high < 1


def test_runs_weigh_as_their_frames():
    both = pd.concat([audited(True, False, n_frame=3000), audited(False, False, run="r2")], ignore_index=True)

    found = detection(warned(True), both)

    assert found.missed.value == pytest.approx((3000 / 2 + 0) / 4000)
    assert found.n_unwarned == 4000


def test_a_run_whose_audit_nobody_checked_says_nothing():
    found = detection(pd.concat([warned(True), warned(True, run="r2")]), audited(None, None, run="r2"))

    assert (found.n_runs, found.n_warned, found.recall) == (0, 0, None)
    assert (found.recall_low, found.recall_high) == (0.0, 1.0)


def test_nothing_found_anywhere_gives_no_recall():
    found = detection(warned(False, False), audited(False, False, False))

    assert found.recall is None
    assert (found.recall_low, found.recall_high) == (0.0, 1.0)


def test_the_interval_covers_the_true_recall_at_least_as_often_as_it_says():
    rng = np.random.default_rng(5)
    covered, rounds = 0, 300
    for _ in range(rounds):
        frames, warnings, found, lost = [], [], 0, 0
        for run in range(6):
            n_unwarned, n_warned = 2000 + 400 * run, 40
            wrong = rng.random(n_unwarned) < 0.01
            confirmed = rng.random(n_warned) < 0.6
            found, lost = found + confirmed.sum(), lost + wrong.sum()
            picked = rng.choice(n_unwarned, 60, replace=False)
            frames.append(audited(*wrong[picked], run=f"r{run}", n_frame=n_unwarned))
            is_closed = rng.random(n_warned) < 0.7
            closed = [bool(c) if o else None for c, o in zip(confirmed, is_closed, strict=True)]
            warnings.append(warned(*closed, run=f"r{run}"))
        told = detection(pd.concat(warnings), pd.concat(frames))
        covered += told.recall_low <= found / (found + lost) <= told.recall_high
    assert covered / rounds >= 0.95
