"""The claims on team matches hold on fewer cases and seeds than ``make evidence`` takes."""

import numpy as np

from tests.evidence import draw_teams


def test_match_agrees_with_trying_everything_on_random_cases():
    outcome = draw_teams.optimal(full=False)

    assert outcome["passed"], outcome


def test_equal_officers_stand_equally_often_and_turns_do_not_pass():
    outcome = draw_teams.equal_treatment(full=False)

    assert outcome["passed"], outcome


def test_the_claim_fails_when_one_officer_is_preferred():
    generator = np.random.default_rng(5)
    chosen = generator.random((2_000, 5)).argsort(axis=1) < 2
    favoured = chosen | (np.arange(5) == 3) & (generator.random((2_000, 1)) < 0.25)

    fair, tests = draw_teams.smallest_p({(0, "lead"): chosen})
    unfair, _ = draw_teams.smallest_p({(0, "lead"): favoured})

    assert fair * tests > draw_teams.LEVEL
    assert unfair * tests < draw_teams.LEVEL
