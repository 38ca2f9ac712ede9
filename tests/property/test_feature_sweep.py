"""The sweep gives what the feature query and the plain reference give, and knows nothing of what became known later."""

from datetime import date, timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.features.registry import FEATURES
from tests import feature_world as world
from tests.feature_reference import KEYS, reference_feature
from tests.feature_sweep import sweep

PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
MANY = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
FEW = settings(MANY, max_examples=5)


@FEW
@given(histories=world.histories, spine=world.spines)
def test_sweep_and_query_agree_to_the_last_digit(histories, spine):
    assert sweep(histories, spine) == world.engine().features(histories, spine)


@MANY
@given(histories=world.histories, spine=world.spines)
def test_sweep_agrees_with_the_plain_meaning(histories, spine):
    table = sweep(histories, spine)

    assert set(table) == set(spine)
    for entity_id, as_of in spine:
        expected = {
            f.name: reference_feature(f, entity_id, as_of, histories, world.RULES, world.PARAMETERS) for f in FEATURES
        }
        assert table[entity_id, as_of] == expected


@MANY
@given(histories=world.histories, spine=world.spines, later=world.histories)
def test_what_becomes_known_later_changes_no_feature_of_the_sweep(histories, spine, later):
    last = max(as_of for _, as_of in spine)
    grown = {
        name: rows
        + [
            {**row, "known_at": max(row["known_at"], last) + timedelta(days=1)}
            for row in {row[KEYS[name]]: row for row in later[name]}.values()
        ]
        for name, rows in histories.items()
    }

    assert sweep(grown, spine) == sweep(histories, spine)


@FEW
@given(histories=world.histories, spine=world.spines, randomness=st.randoms())
def test_order_of_loading_changes_no_feature_of_the_sweep(histories, spine, randomness):
    shuffled = {name: randomness.sample(rows, len(rows)) for name, rows in histories.items()}

    assert sweep(shuffled, spine) == sweep(histories, spine)


@FEW
@given(histories=world.histories, spine=world.spines, missing=st.sampled_from(sorted(world.SCHEMAS)))
def test_a_source_that_is_missing_is_missing_in_both(histories, spine, missing):
    rest = {name: rows for name, rows in histories.items() if name != missing}

    assert sweep(rest, spine) == world.engine().features(rest, spine)


def test_an_entity_without_any_record_has_zero_counts_and_no_attributes():
    histories = {name: [] for name in world.SCHEMAS}

    spine = [("uscc:9", date(2020, 1, 1))]

    assert sweep(histories, spine) == world.engine().features(histories, spine)
