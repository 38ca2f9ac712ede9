from datetime import date

import ibis

from engine.features.cohorts import cohort, with_record
from tests import feature_world as world


def version(number, known_at, *, status="active", established=date(2018, 1, 1), population="enterprise"):
    return {
        "entity_id": f"uscc:{number}",
        "occurred_on": established,
        "known_at": known_at,
        "population": population,
        "industry_code": "H62",
        "district_code": "330602",
        "address": None,
        "registered_capital_fen": None,
        "status": status,
    }


def members(rows, as_of, **scope):
    engine = world.engine()
    engine.load({"entities": rows})
    table = engine.connection.table("entities").mutate(entity_type=ibis.literal("enterprise"))
    return cohort(table, as_of=as_of, **scope)


def ids(rows, as_of, **scope):
    return sorted(world.engine().connection.execute(members(rows, as_of, **scope))["entity_id"])


def test_the_cohort_is_who_was_known_to_be_active():
    closed_later = [version(1, date(2019, 1, 1)), version(1, date(2020, 6, 1), status="closed")]
    known_later = [version(2, date(2020, 6, 1))]
    founded_later = [version(3, date(2019, 1, 1), established=date(2021, 1, 1))]
    rows = closed_later + known_later + founded_later

    assert ids(rows, date(2020, 5, 31)) == ["uscc:1"]
    assert ids(rows, date(2020, 6, 1)) == ["uscc:2"]
    assert ids(rows, date(2021, 1, 1)) == ["uscc:2", "uscc:3"]


def test_the_scope_can_be_narrowed():
    rows = [version(1, date(2019, 1, 1)), version(2, date(2019, 1, 1), population="facility")]

    assert ids(rows, date(2020, 1, 1), populations=["facility"]) == ["uscc:2"]
    assert ids(rows, date(2020, 1, 1), entity_types=["product"]) == []


def test_newcomers_have_no_record():
    engine = world.engine()
    engine.load(
        {
            "complaints": [
                {
                    "complaint_id": "c",
                    "entity_id": "uscc:1",
                    "occurred_on": date(2019, 5, 1),
                    "known_at": date(2019, 5, 1),
                    "is_substantiated": None,
                }
            ],
            "repairs": [],
        }
    )
    rows = [version(1, date(2019, 1, 1)), version(2, date(2019, 1, 1))]
    relations = engine.relations(("complaints", "repairs"))

    table = engine.connection.execute(with_record(members(rows, date(2020, 1, 1)), relations))

    assert dict(zip(table["entity_id"], table["has_record"], strict=True)) == {"uscc:1": True, "uscc:2": False}
