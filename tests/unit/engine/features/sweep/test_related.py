"""Whom a few entities can be linked with, found without all others: the shares are those of everybody together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.features.sweep.related import Links, Neighbourhood, related_shares

N_ENTITIES, N_HUBS, LAST = 8, 5, 4


def links_of(rows, hub_entity):
    entity, hub, begins, ends = (np.array(column) for column in zip(*rows, strict=True))
    days = begins.astype(np.int32), ends.astype(np.int32)
    return Links(entity.astype(np.int64), hub.astype(np.int64), *days, np.array(hub_entity, np.int64))


ROWS = st.lists(
    st.tuples(
        st.integers(0, N_ENTITIES - 1), st.integers(0, N_HUBS - 1), st.integers(0, LAST), st.integers(0, LAST + 1)
    ),
    min_size=1,
    max_size=14,
)
FIRMS = st.lists(st.integers(-1, N_ENTITIES - 1), min_size=N_HUBS, max_size=N_HUBS)
FLAGS = st.lists(st.booleans(), min_size=N_ENTITIES, max_size=N_ENTITIES)


@given(
    rows=ROWS,
    firms=FIRMS,
    known=FLAGS,
    flags=FLAGS,
    asked=st.sets(st.integers(0, N_ENTITIES - 1), min_size=1),
    day=st.integers(0, LAST),
)
def test_those_asked_have_the_share_they_have_among_everybody(rows, firms, known, flags, asked, day):
    links = links_of(rows, firms)
    is_known, has_record = np.array(known), np.array([flags])
    own = np.array(sorted(asked))

    near, local = Neighbourhood.of(links, n_entities=N_ENTITIES).around(own)
    found = related_shares(local, is_known[near], has_record[:, near], as_of=day)

    whole = related_shares(links, is_known, has_record, as_of=day)
    shares = dict(zip(near.tolist(), found[0].tolist(), strict=True))
    np.testing.assert_array_equal([shares.get(each, np.nan) for each in own.tolist()], whole[0, own])


def test_entities_at_other_hubs_are_not_looked_at():
    links = links_of([(0, 0, 0, 9), (1, 0, 0, 9), (2, 1, 0, 9), (3, 1, 0, 9)], [-1, -1])

    near, local = Neighbourhood.of(links, n_entities=4).around(np.array([1]))

    assert near.tolist() == [0, 1]
    assert local.entity.tolist() == [0, 1]
    assert len(local.hub_entity) == 1
