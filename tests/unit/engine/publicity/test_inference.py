"""The attack of :mod:`tests.evidence.publication_inference`, scaled down."""

from tests.evidence import publication_inference


def test_no_attack_on_the_site_beats_the_published_rates_but_one_on_the_form_given_up_does():
    found = publication_inference.run(full=False)

    assert found["passed"], found
    assert found["withheld"] == ["2026-joint"]
    assert found["gain_of_the_form_given_up"][0] > 0.05
