"""Monitors: p-values are uniform for fair draws and tiny for unfair ones; several draws are joined."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import kstest

from engine.draw.measuring.monitors import (
    FEWEST_EXPECTED,
    alarms,
    joined_over_draws,
    monitor_table,
    ticket_monitor,
    trait_monitor,
)
from engine.draw.populations.frame import BlindedFrame
from engine.draw.protocol.encoding import suite_named
from engine.draw.protocol.tickets import handles_of, tickets
from engine.draw.selecting.selection import DrawnCell
from engine.simulation.stream import stream

SUITE = suite_named("sha256")
N = 600
HANDLES = b"".join(sorted(handles_of(SUITE, key=bytes(32), identifiers=[f"uscc:{n}" for n in range(N)])[k : k + 32]
                          for k in range(0, 32 * N, 32)))  # fmt: skip
STRATA = np.arange(N, dtype=np.int32) % 3
FRAME = BlindedFrame(("p",), ("a", "b", "c"), HANDLES, STRATA[:, None])
GENERATOR = stream(7, "monitors")
CATEGORIES = GENERATOR.choice(4, size=N, p=[0.5, 0.3, 0.18, 0.02])


def drawn(generator, *, weights=None):
    """30, 20 and 10 rows of the strata, at random or with some rows preferred."""
    cells = []
    for code, stratum, n in ((0, "a", 30), (1, "b", 20), (2, "c", 10)):
        rows = np.flatnonzero(STRATA == code)
        shares = None if weights is None else weights[rows] / weights[rows].sum()
        chosen = generator.choice(rows, size=n, replace=False, p=shares)
        cells.append(DrawnCell("p", stratum, len(rows), tuple(chosen.tolist()), (), b""))
    return SimpleNamespace(cells=tuple(cells))


def p_value(selected, categories=CATEGORIES):
    return trait_monitor(FRAME, selected, item="p", trait="kind", categories=categories).p_value


def test_fair_draws_have_uniform_p_values_and_preferred_kinds_raise_an_alarm():
    values = [p_value(drawn(GENERATOR)) for _ in range(400)]

    assert kstest(values, "uniform").pvalue > 0.001
    preferred = np.where(CATEGORIES == 1, 4.0, 1.0)
    assert np.median([p_value(drawn(GENERATOR, weights=preferred)) for _ in range(20)]) < 1e-4


def test_rare_kinds_are_taken_together_and_rows_of_unknown_kind_left_out():
    found = trait_monitor(FRAME, drawn(GENERATOR), item="p", trait="kind", categories=CATEGORIES)
    assert found.freedom == 3 - 1 + (60 * 0.18 >= FEWEST_EXPECTED)
    unknown = np.full(N, -1)

    nothing = trait_monitor(FRAME, drawn(GENERATOR), item="p", trait="kind", categories=unknown)

    assert (nothing.freedom, nothing.p_value) == (0, 1.0)


def test_a_stratum_drawn_in_full_says_nothing():
    rows = tuple(np.flatnonzero(STRATA == 0).tolist())
    whole = SimpleNamespace(cells=(DrawnCell("p", "a", len(rows), rows, (), b""),))

    found = trait_monitor(FRAME, whole, item="p", trait="kind", categories=CATEGORIES)

    assert (found.freedom, found.p_value) == (0, 1.0)


def test_tickets_of_the_protocol_are_uniform_and_squeezed_ones_are_not():
    dealt = tickets(SUITE, seed=bytes(32), group="plan", handles=HANDLES)
    squeezed = b"".join(bytes([dealt[k] // 2]) + dealt[k + 1 : k + 32] for k in range(0, len(dealt), 32))

    fair = ticket_monitor(dealt, group="plan")

    words = np.frombuffer(dealt, dtype=">u8").reshape(-1, 4)[:, 0].astype(float) / 2.0**64
    assert fair.statistic == pytest.approx(np.sqrt(N) * kstest(words, "uniform").statistic)
    assert fair.p_value > 0.001
    assert ticket_monitor(squeezed, group="plan").p_value < 1e-6


def test_draws_are_joined_and_alarms_allow_for_their_number():
    monitors = [ticket_monitor(tickets(SUITE, seed=bytes([n] * 32), group="g", handles=HANDLES), group="g")
                for n in range(3)]  # fmt: skip
    import pandas as pd

    table = pd.concat([monitor_table([one], draw_id=f"d{n}") for n, one in enumerate(monitors)])
    low = table.assign(p_value=0.02)

    joined = joined_over_draws(low).iloc[0]

    # Fisher: -2 * 3 * ln 0.02 = 23.47 on 6 degrees of freedom
    assert joined["p_value"] == pytest.approx(0.00066, rel=0.03)
    assert joined["draws"] == 3
    assert len(alarms(low, level=0.05)) == 0
    assert len(alarms(low, level=0.07)) == 3
