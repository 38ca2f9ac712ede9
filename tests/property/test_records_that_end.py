"""A repaired, expired or revoked penalty scores zero from its day on and not before, whatever the dates.

Scores read features alone: where every feature equals that of a firm without the record, the record scores zero.
"""

from datetime import date, timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import feature_world as world

FIRM = "uscc:1"
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
EMPTY = {"penalties": [], "listings": [], "complaints": [], "repairs": [], "inspections": []}
ENDS = ("repaired", "revoked", "corrected", "withdrawn", "valid_until", "publicity_end_on")


def ended(decided, known, severity, end, by):
    """A penalty that counts until the day before ``end``."""
    penalty = {
        "penalty_id": "p1", "entity_id": FIRM, "occurred_on": decided, "known_at": known, "severity": severity,
        "fine_fen": 100_000, "confiscated_fen": None, "publicity_end_on": None, "valid_until": None,
    }  # fmt: skip
    if by in penalty:
        return {**EMPTY, "penalties": [{**penalty, by: end - timedelta(days=1)}]}
    repair = {
        "repair_id": "r1", "entity_id": FIRM, "occurred_on": known, "known_at": end, "target_table": "penalties",
        "target_id": "p1", "decision": by,
    }  # fmt: skip
    return {**EMPTY, "penalties": [penalty], "repairs": [repair]}


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(
    decided=st.dates(date(2022, 1, 1), date(2024, 6, 30)),
    delay=st.integers(0, 20),
    severity=st.sampled_from(["ordinary", "serious"]),
    lasted=st.integers(1, 250),
    after=st.integers(1, 900),
    by=st.sampled_from(ENDS),
)
def test_an_ended_record_scores_zero_from_its_day_on_and_not_before(decided, delay, severity, lasted, after, by):
    known = decided + timedelta(days=delay)
    end = known + timedelta(days=lasted)
    eve, days = end - timedelta(days=1), [end, end + timedelta(days=after)]
    spine = [(FIRM, day) for day in (known - timedelta(days=1), eve, *days)]

    found = world.engine().features(ended(decided, known, severity, end, by), spine)
    without = world.engine().features(EMPTY, spine)

    assert found[FIRM, eve] != without[FIRM, eve]
    assert [found[FIRM, day] for day in days] == [without[FIRM, day] for day in days]
    assert found[spine[0]] == without[spine[0]]
