"""The randomised grade-blind control arm: who is in it follows from tickets, as a draw does.

The plan commits to a key and to a public event before that event takes place; the event's value gives the seed, and
``ticket = H("ticket", seed, "control:" + plan, handle)`` decides. A firm is in the arm when its ticket, read as a
fraction of 2^256, lies below the share: nobody's arm depends on any other firm, so the arm stays the same in every
draw of the year whoever enters or leaves the register. Of districts, which are few and fixed, the smallest tickets are
taken, the share rounded up. The handles are keyed, so that outsiders cannot tell who is in the arm.
Source: docs/spec/draw-protocol.md §4; STATS (why a control arm): docs/guide/plan.md.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from engine.draw.entropy.sources import EntropyValue, seed_of
from engine.draw.protocol.encoding import DIGEST_BYTES, HashSuite
from engine.draw.protocol.tickets import handles_of, tickets

GROUP = "control:"
DISTRICT_SCHEME = "district:"


def arm_seed(suite: HashSuite, *, plan_digest: bytes, value: EntropyValue) -> bytes:
    """Return the seed of a plan's control arm: ``H("seed", plan digest, source, event, value)``."""
    return seed_of(suite, commit_digest=plan_digest, values=[(value.source, value.event, value.value)])


def control_firms(
    suite: HashSuite, *, seed: bytes, key: bytes, plan: str, identifiers: Sequence[str], share: Fraction
) -> NDArray[np.bool_]:
    """Return which firms are in the control arm, in the order of ``identifiers``.

    Parameters
    ----------
    seed : of the plan (:func:`arm_seed`). key : 32 secret bytes of the plan. plan : its name.
    identifiers : ``scheme:value``, each once or repeatedly. share : 0..1, of firms.
    """
    dealt = _tickets(suite, seed=seed, key=key, plan=plan, identifiers=identifiers)
    bound = ceil(share * 2 ** (8 * DIGEST_BYTES))
    if bound >= 2 ** (8 * DIGEST_BYTES):
        return np.ones(len(identifiers), dtype=bool)
    limit = bound.to_bytes(DIGEST_BYTES, "big")
    return np.array([ticket < limit for ticket in dealt], dtype=bool)


def control_districts(
    suite: HashSuite, *, seed: bytes, key: bytes, plan: str, districts: Sequence[str], share: Fraction
) -> frozenset[str]:
    """Return the districts of the control arm: the smallest tickets, the share of them rounded up."""
    ranked = sorted(set(districts))
    named = [DISTRICT_SCHEME + code for code in ranked]
    dealt = _tickets(suite, seed=seed, key=key, plan=plan, identifiers=named)
    order = sorted(range(len(ranked)), key=lambda at: (dealt[at], ranked[at]))
    return frozenset(ranked[at] for at in order[: ceil(share * len(ranked))])


def _tickets(suite: HashSuite, *, seed: bytes, key: bytes, plan: str, identifiers: Sequence[str]) -> list[bytes]:
    handles = handles_of(suite, key=key, identifiers=identifiers)
    dealt = tickets(suite, seed=seed, group=GROUP + plan, handles=handles)
    return [dealt[at : at + DIGEST_BYTES] for at in range(0, len(dealt), DIGEST_BYTES)]
