"""A repaired, expired or revoked record scores zero from its date on and not before.

Any history of one firm's penalties and what ended them: on every day around an end, the features are those of a
history that never held the ended record; the day before it still weighs.
"""

from datetime import date, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.pipeline.assessment import score_entities
from engine.store.documents import load_policies
from engine.validity.publicity import PublicityRules
from engine.validity.records import IN_FORCE, event_relations, status_on
from tests import feature_world as world

BOOK = load_policies()
RULES = PublicityRules.from_policies(BOOK)
FIRM = "uscc:1"
COUNTED = ("penalties_count_36m", "penalties_fine_sum_36m", "listings_abnormal_36m")
DAYS = st.dates(date(2022, 1, 1), date(2026, 12, 31))


@st.composite
def histories(draw):
    """Draw penalties, repairs of some of them, and days around their ends."""
    penalties, repairs = [], []
    for number in range(draw(st.integers(1, 4))):
        decided = draw(DAYS)
        known = decided + timedelta(days=draw(st.sampled_from([0, 5, 60])))
        valid = draw(st.none() | st.integers(0, 900).map(lambda days, decided=decided: decided + timedelta(days=days)))
        penalties.append(
            {"penalty_id": f"p{number}", "entity_id": FIRM, "occurred_on": decided, "known_at": known,
             "severity": draw(st.sampled_from(["minor", "ordinary", "serious"])), "fine_fen": 100 * (number + 1),
             "confiscated_fen": None, "publicity_end_on": None, "valid_until": valid}
        )  # fmt: skip
        if draw(st.booleans()):
            day = known + timedelta(days=draw(st.integers(0, 700)))
            repairs.append(
                {"repair_id": f"r{number}", "entity_id": FIRM, "occurred_on": day,
                 "known_at": day + timedelta(days=draw(st.sampled_from([0, 9]))), "target_table": "penalties",
                 "target_id": f"p{number}", "decision": draw(st.sampled_from(["repaired", "revoked", "withdrawn"]))}
            )  # fmt: skip
    return penalties, repairs


def ends_of(penalties, repairs):
    """Return penalty → first day on which it no longer counts, None while open, in plain words of the rule."""
    found = {}
    for row in penalties:
        first = max(day for day in RULES.months if day <= row["occurred_on"])
        months = RULES.months[first]["penalties"][row["severity"]]
        over = (pd.Timestamp(row["occurred_on"]) + pd.DateOffset(months=months)).date()
        ends = [over] + ([row["valid_until"] + timedelta(days=1)] if row["valid_until"] else [])
        ends += [max(r["occurred_on"], r["known_at"]) for r in repairs if r["target_id"] == row["penalty_id"]]
        found[row["penalty_id"]] = min(ends)
    return found


def features_on(penalties, repairs, days):
    tables = {"penalties": penalties, "repairs": repairs, "listings": []}
    engine = world.engine()
    engine.load(tables)
    engine.fill("spine", [{"entity_id": FIRM, "as_of": day} for day in days], world.SPINE)
    rows = engine.connection.raw_sql(_query()).to_arrow_table().to_pandas(date_as_object=True)
    return rows.sort_values("as_of", ignore_index=True)


def _query():
    """The compiled query under the shipped rules; the world's own rules are shorter."""
    engine = world.engine()
    if "shipped" not in engine.queries:
        import ibis

        from engine.features.build import build_features
        from engine.features.registry import FEATURES

        tables = {name: engine.connection.table(name) for name in ("penalties", "repairs", "listings")}
        relations = event_relations(tables, rules=RULES)
        chosen = [feature for feature in FEATURES if feature.name.startswith(("penalties_", "listings_"))]
        built = build_features(
            relations, engine.connection.table("spine"), parameters=world.PARAMETERS, features=chosen
        )
        engine.queries["shipped"] = ibis.to_sql(built, dialect="duckdb")
    return engine.queries["shipped"]


@given(histories())
@settings(max_examples=10, deadline=None)
def test_an_ended_record_weighs_as_if_it_had_never_been_from_its_day_on_and_not_before(history):
    penalties, repairs = history
    ends = ends_of(penalties, repairs)
    days = sorted({day for end in ends.values() for day in (end - timedelta(days=1), end)})

    told = features_on(penalties, repairs, days)

    for at, day in enumerate(days):
        living = [row for row in penalties if day < ends[row["penalty_id"]]]
        plain = features_on(living, [], [day])
        pd.testing.assert_frame_equal(told.iloc[[at]].reset_index(drop=True), plain, check_dtype=False)
        known = [row for row in living if max(row["known_at"], row["occurred_on"]) <= day]
        recent = [row for row in known if row["occurred_on"] > (pd.Timestamp(day) - pd.DateOffset(months=36)).date()]
        assert told.loc[at, "penalties_count_36m"] == len(recent)


@given(histories())
@settings(max_examples=10, deadline=None)
def test_a_record_is_in_force_on_every_day_from_known_to_the_day_before_its_end(history):
    penalties, repairs = history
    ends = ends_of(penalties, repairs)
    engine = world.engine()
    engine.load({"penalties": penalties, "repairs": repairs})
    tables = {name: engine.connection.table(name) for name in ("penalties", "repairs")}
    relation = event_relations(tables, rules=RULES)["penalties"]

    for day in sorted({day for end in ends.values() for day in (end - timedelta(days=1), end)})[:3]:
        found = engine.connection.execute(status_on(relation, as_of=day))
        told = dict(zip(found["penalty_id"], found["status"], strict=True))
        known = {row["penalty_id"] for row in penalties if row["known_at"] <= day}
        assert set(told) == known
        assert {key for key, status in told.items() if status == IN_FORCE} == {key for key in known if day < ends[key]}


def test_points_fall_to_those_of_a_clean_firm_on_the_day_of_the_repair():
    day = date(2024, 3, 1)
    row = {
        "penalty_id": "p1", "entity_id": FIRM, "occurred_on": date(2024, 1, 1), "known_at": date(2024, 1, 1),
        "severity": "serious", "fine_fen": 10_000_000, "confiscated_fen": None, "publicity_end_on": None,
        "valid_until": None,
    }  # fmt: skip
    repair = {
        "repair_id": "r1", "entity_id": FIRM, "occurred_on": day, "known_at": day, "target_table": "penalties",
        "target_id": "p1", "decision": "repaired",
    }  # fmt: skip

    def points(penalties, repairs, on):
        tables = {"penalties": penalties, "repairs": repairs, "listings": [], "inspections": [], "complaints": []}
        values = world.engine().features(tables, [(FIRM, on)])[FIRM, on]
        features = pd.DataFrame([{"entity_id": FIRM, "as_of": on, **values}])
        entities = pd.DataFrame([{"entity_id": FIRM, "entity_type": "enterprise", "population": "enterprise"}])
        return score_entities(features, entities, book=BOOK, as_of=on).scores["score"].item()

    before, after = points([row], [repair], day - timedelta(days=1)), points([row], [repair], day)

    assert after == points([], [], day)
    assert before > points([], [], day - timedelta(days=1))
