import hashlib

import numpy as np
import pandas as pd
import pytest

from engine.errors import UsageError
from engine.estimation.logged import logged_frame
from engine.estimation.placebo import hash_bits, placebo_check


def _logged(n_drawn=150, rank=None):
    rng = np.random.default_rng(5)
    order = rng.permutation(600) if rank is None else rank
    table = pd.DataFrame({"entity_id": [f"reg:{k}" for k in range(600)], "is_drawn": order < n_drawn})
    table = table.assign(
        draw_id="d1",
        item_code="F01",
        stratum="s",
        selection_mode="random",
        design_probability=n_drawn / 600,
        inclusion_probability=n_drawn / 600,
        alternative_probability=rng.uniform(0.05, 0.6, size=600),
        adverse=pd.array([None] * 600, dtype="boolean"),
    )
    return logged_frame(table)


def test_bits_are_those_of_the_digest():
    bits = hash_bits(["reg:1"])
    digest = hashlib.sha256(b"placebo|reg:1").digest()

    assert bits.shape == (1, 256)
    assert bits[0, 0] == digest[0] >> 7 and bits[0, 255] == digest[31] & 1


def test_an_honest_draw_passes():
    found = placebo_check(_logged(), n_bits=200, least=0.90, most=0.99)

    assert found.n_bits == 200
    assert found.is_passed


def test_a_draw_that_favours_some_ids_does_not_pass():
    bits = hash_bits([f"reg:{k}" for k in range(600)])
    rank = np.argsort(np.argsort(-bits[:, :8].sum(axis=1), kind="stable"))
    found = placebo_check(_logged(rank=rank), n_bits=8, least=0.90, most=1.0)

    assert not found.is_passed


@pytest.mark.parametrize("n_bits", [0, 257])
def test_a_digest_has_so_many_bits(n_bits):
    with pytest.raises(UsageError):
        placebo_check(_logged(), n_bits=n_bits, least=0.9, most=1.0)
