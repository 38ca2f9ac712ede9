"""Visits of joint items: by hand on three rows, and the claim of ``tests.evidence.draw_coordination`` scaled down."""

import numpy as np
import pytest

from engine.draw.populations.frame import BlindedFrame
from engine.draw.selecting.coordination import coordination
from engine.draw.selecting.selection import DrawnCell
from tests.evidence import draw_coordination as claim


def test_visits_independence_and_bound_by_hand():
    codes = np.array([[1, 1], [1, 1], [0, -1], [1, -1]], dtype=np.int32)
    frame = BlindedFrame(("p", "q"), ("!visited!s", "s"), bytes(4 * 32), codes)
    cells = (
        DrawnCell("p", "s", 3, (0,), (), b""),
        DrawnCell("q", "s", 2, (0,), (), b""),
    )

    found = coordination(frame, cells)

    assert (found.visits, found.checks, found.checks_per_visit) == (1, 2, 2.0)
    assert found.independent == pytest.approx(2 * (1 - 2 / 3 * 1 / 2) + 1 / 3)
    assert found.least == pytest.approx(2 * 1 / 2 + 1 / 3)
    assert found.saved == pytest.approx(found.independent - 1)


def test_nothing_drawn_is_no_visit():
    frame = BlindedFrame(("p",), ("s",), bytes(32), np.array([[0]], dtype=np.int32))

    found = coordination(frame, (DrawnCell("p", "s", 1, (), (), b""),))

    assert (found.visits, found.independent, found.checks_per_visit, found.checks_per_independent_visit) == (0, 0, 0, 0)


def test_joint_items_come_near_the_bound_and_separate_groups_near_independence():
    outcome = claim.two_cuts(full=False)

    assert outcome["every_size_exact"]
    assert abs(outcome["value"]) < 0.08  # 20,000 objects: 1.7 % at 200,000 times sqrt(10), and some luck
    assert outcome["visits_mean"] < 0.8 * outcome["independent_drawn"]
    assert outcome["independent_drawn"] == pytest.approx(outcome["independent_expected"], rel=0.03)


def test_the_layout_of_the_design_has_its_figures_and_its_visits_lie_at_the_bound():
    outcome = claim.own_ratios(full=False)

    assert outcome["passed"], outcome
    assert abs(outcome["mean_excess"]) < 0.04
    assert outcome["one_ratio"]["mean_excess"] > outcome["mean_excess"]
    assert outcome["mean_excess"] < outcome["proven_most"]
    assert outcome["one_ratio"]["mean_excess"] < outcome["one_ratio"]["proven_most"]
