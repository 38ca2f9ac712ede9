"""Rules of early warning case by case, false-discovery control, the scan, disposal."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import nbinom

from engine.errors import PolicyInconsistentError, WarningRefusedError
from engine.parameters import DatedValue, Parameter, PolicyBook
from engine.pipeline.early_warning import warn
from engine.store.documents import load_policies
from engine.warnings.clusters import scan_groups
from engine.warnings.discovery import discoveries
from engine.warnings.disposal import Outcome, RetirementRule, Step, WarningState, advance, is_noisy, precision
from engine.warnings.rules import RULES, WarningInputs, raise_warnings, sentence
from engine.warnings.surges import surge_p_values
from tests.evidence import early_warning

AS_OF = date(2025, 6, 30)


def entities(n=12, address=None):
    ids = [f"reg:{i}" for i in range(n)]
    return pd.DataFrame(
        {
            "entity_id": ids, "entity_type": "enterprise", "industry_code": "H62", "district_code": "330602",
            "address": address, "name": ids, "registered_capital_fen": 1, "status": "active",
            "known_at": date(2020, 1, 1),
        }
    )  # fmt: skip


def inputs(**said):
    empty = {
        "entities": entities(),
        "licences": pd.DataFrame(columns=["entity_id", "licence_type", "doc_no", "valid_until"]),
        "listings": pd.DataFrame(columns=["entity_id", "list_type", "occurred_on"]),
        "versions": entities(),
        "scores": pd.DataFrame(columns=["entity_id", "score", "previous_score"]),
        "complaints": pd.DataFrame(columns=["entity_id", "occurred_on"]),
    }
    return WarningInputs(**(empty | said))


def raised(**said):
    return raise_warnings(inputs(**said), book=load_policies(), as_of=AS_OF, rng=np.random.default_rng(1))


def found(**said):
    rows = raised(**said)
    return {(row["rule_code"], row["subject"]) for row in rows.to_dict("records")}


def licence(until, entity_id="reg:1"):
    return {"entity_id": entity_id, "licence_type": "food", "doc_no": "许2020-1", "valid_until": until}


def test_nothing_on_record_warns_of_nothing():
    assert found() == set()


@pytest.mark.parametrize(
    ("until", "rules"),
    [
        (date(2025, 6, 30), {"licence_ending"}),
        (date(2025, 7, 30), {"licence_ending"}),
        (date(2025, 7, 31), set()),
        (date(2025, 6, 29), {"licence_lapsed"}),
        (date(2025, 4, 1), {"licence_lapsed"}),
        (date(2025, 3, 31), set()),
    ],
)
def test_a_licence_warns_within_thirty_days_of_its_end_and_ninety_after(until, rules):
    assert {rule for rule, _ in found(licences=pd.DataFrame([licence(until)]))} == rules


def test_a_renewed_licence_and_a_firm_out_of_scope_warn_of_nothing():
    renewed = [licence(date(2025, 6, 1)), licence(date(2030, 6, 1)), licence(date(2025, 6, 1), "reg:99")]
    assert found(licences=pd.DataFrame(renewed)) == set()


def test_an_abnormal_listing_warns_when_three_years_are_near():
    rows = [("reg:1", "abnormal", date(2022, 8, 1)), ("reg:2", "abnormal", date(2022, 9, 30)), ("reg:3", "serious_violation", date(2022, 8, 1))]  # noqa: E501  # fmt: skip
    listings = pd.DataFrame(rows, columns=["entity_id", "list_type", "occurred_on"])
    assert found(listings=listings) == {("abnormal_near_term", "reg:1")}


def test_ten_firms_at_one_address_warn_and_nine_do_not():
    assert found(entities=entities(10, address="解放路 1 号")) == {("shared_address", "解放路 1 号")}
    assert found(entities=entities(9, address="解放路 1 号")) == set()


def test_three_changes_in_ninety_days_warn():
    base = entities(1)
    changed = pd.concat(
        [
            base,
            base.assign(name="乙", address="新址", known_at=date(2025, 5, 1)),
            base.assign(name="乙", address="新址", registered_capital_fen=9, known_at=date(2025, 6, 1)),
        ]
    )
    assert found(versions=changed) == {("key_changes", "reg:0")}
    assert found(versions=changed.iloc[:2]) == set()


def test_a_score_that_jumps_warns_and_a_new_one_does_not():
    scores = pd.DataFrame(
        {
            "entity_id": ["reg:1", "reg:2", "reg:3"],
            "score": [400.0, 399.0, 900.0],
            "previous_score": [250.0, 250.0, np.nan],
        }
    )
    assert found(scores=scores) == {("score_jump", "reg:1")}


def test_a_surge_is_told_with_its_figures_and_in_words():
    days = [date(2025, 6, 1)] * 9 + [date(2024, 6, 1)]
    rows = raised(entities=entities(400), complaints=pd.DataFrame({"entity_id": ["reg:7"] * 10, "occurred_on": days}))
    surge = rows[rows["rule_code"] == "complaint_surge"].iloc[0]
    assert surge["subject"] == "reg:7" and surge["p_value"] < 1e-6
    assert sentence(surge["template"], surge["params"]).render().startswith("9 complaints in 90 days, 1 in the 730")


def test_a_policy_with_an_unknown_rule_is_refused():
    rule = Parameter(RULES, "x", {date(2019, 1, 1): DatedValue({"no_such": {}}, "test")})
    with pytest.raises(PolicyInconsistentError, match="no_such"):
        raise_warnings(inputs(), book=PolicyBook("p", {RULES: rule}, ""), as_of=AS_OF, rng=np.random.default_rng(1))


def test_due_dates_count_working_days_and_an_open_warning_is_not_raised_again():
    held = inputs(licences=pd.DataFrame([licence(date(2025, 6, 29))]))
    said = {"book": load_policies(), "as_of": AS_OF, "seed": 1}
    first = warn(held, still_open=[], **said)
    assert first["due_on"].tolist() == [date(2025, 7, 14)]
    assert first["warning_id"].tolist() == ["licence_lapsed/reg:1/20250630"]
    assert warn(held, still_open=[("licence_lapsed", "reg:1")], **said).empty


def test_discoveries_follow_the_published_example():
    # Benjamini & Hochberg (1995), section 4.1: 15 p-values, four discoveries at .05
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.759,
        1,
    ]
    assert discoveries(np.array(p), rate=0.05).tolist() == [True] * 4 + [False] * 11
    assert discoveries(np.array(p), rate=0.05, is_any_dependence=True).sum() == 3
    assert discoveries(np.array([]), rate=0.05).size == 0


def test_surge_p_values_are_uniform_when_nothing_changed():
    rng = np.random.default_rng(3)
    rates = rng.gamma(0.7, 1 / 0.7, 40_000)
    counts = pd.DataFrame({"peer_group": "x", "n_past": rng.poisson(2 * rates), "n_recent": rng.poisson(0.5 * rates)})
    p = surge_p_values(counts, past_days=400, recent_days=100)
    for level in (0.1, 0.01, 0.001):
        assert (p <= level).mean() <= level * 1.25


def test_a_surge_of_the_whole_group_warns_of_nobody():
    rng = np.random.default_rng(4)
    counts = pd.DataFrame({"peer_group": "x", "n_past": rng.poisson(4.0, 5000), "n_recent": rng.poisson(4.0, 5000)})
    p = surge_p_values(counts, past_days=400, recent_days=100)
    assert not discoveries(p, rate=0.05).any()
    assert nbinom.sf(3, 1, 0.5) < 1


def test_the_scan_finds_the_group_that_rose_and_its_p_value_is_a_rank():
    rows = [(f"g{i % 20}", i % 10 == 0) for i in range(2000)] + [("g7", True)] * 30
    scanned = scan_groups(
        pd.DataFrame(rows, columns=["group", "is_recent"]), least=5, n_permutations=999, rng=np.random.default_rng(1)
    )
    assert scanned.iloc[0]["group"] == "g7" or scanned.iloc[0]["n_recent"] > scanned.iloc[0]["expected"]
    assert scanned["p_value"].min() == pytest.approx(1 / 1000)


HELD = WarningState("w", date(2025, 7, 14))
ASSIGNED = WarningState("w", date(2025, 7, 14), state="assigned", assignee="Li Si")


def test_a_warning_goes_from_raised_to_closed():
    held = advance(HELD, Step.ASSIGN, by="Zhang San", assignee="Li Si")
    held = advance(held, Step.ACKNOWLEDGE, by="Li Si")
    held = advance(held, Step.SNOOZE, by="Li Si", reason="firm is closed for repair", until=date(2025, 8, 1))
    held = advance(held, Step.CLOSE, by="Li Si", reason="seen on site", outcome=Outcome.CONFIRMED)
    assert (held.state, held.outcome, held.due_on) == ("closed", "confirmed", date(2025, 8, 1))


@pytest.mark.parametrize(
    ("held", "step", "said", "sentence"),
    [
        (HELD, Step.CLOSE, {"by": "Li Si"}, "it is raised, so it cannot be closed"),
        (HELD, Step.ASSIGN, {"by": "x", "assignee": " "}, "name who disposes"),
        (ASSIGNED, Step.CLOSE, {"by": "Wang Wu"}, "assigned to Li Si, not to Wang Wu"),
        (ASSIGNED, Step.CLOSE, {"by": "Li Si"}, "say why"),
        (ASSIGNED, Step.CLOSE, {"by": "Li Si", "reason": "x"}, "confirmed or false"),
        (ASSIGNED, Step.SNOOZE, {"by": "Li Si", "reason": "x", "until": date(2025, 7, 14)}, "put off once"),
    ],
)
def test_a_step_that_does_not_follow_is_refused(held, step, said, sentence):
    with pytest.raises(WarningRefusedError, match=sentence):
        advance(held, step, **said)


def test_precision_has_its_exact_interval_and_says_when_few():
    closed = pd.DataFrame({"rule_code": ["a"] * 10 + ["b"] * 60, "outcome": ["confirmed"] * 8 + ["false"] * 62})
    rows = precision(closed, level=0.95, least=50).set_index("rule_code")
    assert rows.loc["a", "precision"] == 0.8 and not rows.loc["a", "is_enough"] and rows.loc["b", "is_enough"]
    # Clopper-Pearson 8 of 10: .4439 to .9748
    assert (rows.loc["a", "low"], rows.loc["a", "high"]) == pytest.approx((0.4439, 0.9748), abs=1e-4)


@pytest.mark.parametrize(
    ("n", "confirmed", "noisy"), [(50, 4, True), (50, 5, False), (49, 0, False), (600, 130, False)]
)
def test_a_rule_is_noisy_only_when_its_whole_interval_lies_too_low(n, confirmed, noisy):
    closed = pd.DataFrame({"rule_code": ["a"] * n, "outcome": ["confirmed"] * confirmed + ["false"] * (n - confirmed)})
    rule = RetirementRule(least_closed=50, least_precision=0.2)
    assert is_noisy(precision(closed, level=0.95, least=50), rule).tolist() == [noisy]


def test_the_claims_of_the_evidence_hold_scaled_down():
    entities_of_city, complaints = early_warning.city_tables(1500)
    rows = early_warning.planted(entities_of_city, complaints, np.random.default_rng(2), n_runs=2, rate=0.05)
    assert rows["value"] >= 0.8
