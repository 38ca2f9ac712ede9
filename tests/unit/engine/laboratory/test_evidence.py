"""The laboratory's claims of ``make evidence`` at a size that fits a test run."""

from tests.evidence import laboratory_long_run, laboratory_optimum, laboratory_simulation


def test_p10_to_p90_holds_the_next_draw_about_four_times_in_five():
    outcome = laboratory_simulation.run(full=False)

    assert outcome["passed"], outcome["overall"]
    assert {line["shape"] for line in outcome["lines"]} == set(laboratory_simulation.SHAPES)


def test_the_best_ratios_deliver_about_what_they_promise():
    outcome = laboratory_optimum.run(full=False)

    assert outcome["passed"], outcome["overall"]
    assert outcome["overall"]["unshrunken"]["promised_over_delivered"] > outcome["value"]


def test_a_policy_without_exploration_goes_blind():
    outcome = laboratory_long_run.run(full=False)

    assert outcome["passed"], outcome["claims"]
