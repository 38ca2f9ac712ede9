from datetime import date

import pytest

from engine.errors import PolicyInconsistentError
from engine.parameters import DatedValue, Parameter, PolicyBook
from engine.validity.publicity import PUBLICITY_PERIOD, PublicityRules
from engine.validity.records import status_on
from tests import feature_world as world


def penalty(number, decided, *, severity="ordinary", valid_until=None):
    return {
        "penalty_id": number,
        "entity_id": "uscc:1",
        "occurred_on": decided,
        "known_at": decided,
        "severity": severity,
        "fine_fen": None,
        "confiscated_fen": None,
        "publicity_end_on": None,
        "valid_until": valid_until,
    }


def test_the_archive_keeps_every_record_and_says_why_it_no_longer_counts():
    engine = world.engine()
    decided = date(2022, 1, 1)
    repair = {
        "repair_id": "r1",
        "entity_id": "uscc:1",
        "occurred_on": date(2022, 2, 1),
        "known_at": date(2022, 2, 1),
        "target_table": "penalties",
        "target_id": "repaired",
        "decision": "revoked",
    }
    engine.load(
        {
            "penalties": [
                penalty("counts", decided),
                penalty("repaired", decided),
                penalty("short", decided, severity="minor"),
                penalty("over", decided, valid_until=date(2022, 3, 1)),
                penalty("unknown", date(2023, 1, 1)),
            ],
            "repairs": [repair],
        }
    )
    relation = engine.relations(("penalties", "repairs"))["penalties"]

    table = engine.connection.execute(status_on(relation, as_of=date(2022, 6, 1)))

    assert dict(zip(table["penalty_id"], table["status"], strict=True)) == {
        "counts": "in_force",
        "repaired": "revoked",
        "short": "publicity_over",
        "over": "validity_over",
    }


def test_other_tables_are_handed_through_and_repairs_are_used_up():
    engine = world.engine()

    relations = engine.relations(("entities", "complaints", "repairs"))

    assert set(relations) == {"entities", "complaints"}
    assert "in_force_until" not in relations["entities"].columns


@pytest.mark.parametrize("value", [{"inspectors": {"none": 3}}, {"penalties": {"minor": 0}}])
def test_rules_for_unknown_records_or_without_length_are_refused(value):
    parameter = Parameter(PUBLICITY_PERIOD, "months", {date(2020, 1, 1): DatedValue(value, "case")})

    with pytest.raises(PolicyInconsistentError, match="2020-01-01"):
        PublicityRules.from_policies(PolicyBook("test", {PUBLICITY_PERIOD: parameter}, "0"))
