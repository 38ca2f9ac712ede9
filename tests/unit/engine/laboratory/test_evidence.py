"""The laboratory's claims of ``make evidence`` at a size that fits a test run."""

from tests.evidence import laboratory_simulation


def test_p10_to_p90_holds_the_next_draw_about_four_times_in_five():
    outcome = laboratory_simulation.run(full=False)

    assert outcome["passed"], outcome["overall"]
    assert {line["shape"] for line in outcome["lines"]} == set(laboratory_simulation.SHAPES)
