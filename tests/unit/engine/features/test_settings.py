from datetime import date

import pytest

from engine.errors import PolicyInconsistentError
from engine.features.settings import DECAY, PRIOR_STRENGTH, DecayBand, FeatureParameters
from engine.parameters import DatedValue, Parameter, PolicyBook


def book(decay, strength):
    begins = date(2020, 1, 1)
    values = {DECAY: decay, PRIOR_STRENGTH: strength}
    return PolicyBook(
        "test",
        {name: Parameter(name, "unit", {begins: DatedValue(value, "case")}) for name, value in values.items()},
        "0",
    )


def test_policies_become_parameters():
    parameters = FeatureParameters.from_policies(
        book({12: 1, 24: 0.5}, {"entity": 10, "peers": 50}), on=date(2021, 1, 1)
    )

    assert parameters == FeatureParameters((DecayBand(12, 1.0), DecayBand(24, 0.5)), 10.0, 50.0)


@pytest.mark.parametrize(
    ("decay", "strength"),
    [
        ({24: 1, 12: 0.5}, {"entity": 10, "peers": 50}),
        ({12: 0.5, 24: 1}, {"entity": 10, "peers": 50}),
        ({12: 1.5}, {"entity": 10, "peers": 50}),
        ({}, {"entity": 10, "peers": 50}),
        ({12: 1}, {"entity": 0, "peers": 50}),
        ({12: 1}, {"entity": 10}),
    ],
)
def test_contradictory_policies_are_refused(decay, strength):
    with pytest.raises(PolicyInconsistentError):
        FeatureParameters.from_policies(book(decay, strength), on=date(2021, 1, 1))
