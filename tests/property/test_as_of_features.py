"""The feature query agrees with the meaning of its declarations, and knows nothing of what became known later."""

from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.features.registry import FEATURES
from tests import feature_world as world
from tests.feature_reference import KEYS, reference_feature

PHASES = [Phase.explicit, Phase.reuse, Phase.generate]  # one query per example: shrinking would take minutes
FEW = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
MORE = settings(FEW, max_examples=15)


@MORE
@given(histories=world.histories, spine=world.spines)
def test_every_feature_agrees_with_its_plain_meaning(histories, spine):
    table = world.engine().features(histories, spine)

    assert set(table) == set(spine)
    for entity_id, as_of in spine:
        expected = {
            f.name: reference_feature(f, entity_id, as_of, histories, world.RULES, world.PARAMETERS) for f in FEATURES
        }
        assert table[entity_id, as_of] == expected


@FEW
@given(histories=world.histories, spine=world.spines, later=world.histories)
def test_what_becomes_known_later_changes_no_feature(histories, spine, later):
    last = max(as_of for _, as_of in spine)
    delay = timedelta(days=1)
    grown = {
        name: rows + [{**row, "known_at": max(row["known_at"], last) + delay} for row in unseen(later[name], name)]
        for name, rows in histories.items()
    }

    before = world.engine().features(histories, spine)
    after = world.engine().features(grown, spine)

    assert after == before


def unseen(later, name):
    """New records and corrections, each a version of its own among the later ones."""
    versions = {row[KEYS[name]]: row for row in later}
    return list(versions.values())


@FEW
@given(histories=world.histories, spine=world.spines, randomness=st.randoms())
def test_order_of_loading_changes_no_feature(histories, spine, randomness):
    shuffled = {name: randomness.sample(rows, len(rows)) for name, rows in histories.items()}

    assert world.engine().features(shuffled, spine) == world.engine().features(histories, spine)
