"""The random sample of firms without a warning."""

from datetime import date

import pytest

from engine.errors import PolicyInconsistentError
from engine.warnings.audit import AuditTerms, audit_sample, read_audit
from tests import policies

COHORT = [f"e{n:03}" for n in range(200)]


def drawn(cohort=COHORT, warned=(), *, seed="r", firms=20):
    return audit_sample(cohort, warned, terms=AuditTerms(firms, "test"), seed=seed)


def test_nobody_warned_of_is_in_it_and_the_chance_is_said():
    found = drawn(warned=COHORT[:100])

    assert len(found) == 20 and not set(found["entity_id"]) & set(COHORT[:100])
    assert set(found["n_frame"]) == {100} and set(found["inclusion_probability"]) == {0.2}


def test_neither_order_nor_those_outside_the_frame_decide():
    assert drawn(COHORT[::-1]).equals(drawn())
    # a firm that leaves the frame leaves the others where they are
    gone = drawn()["entity_id"].iloc[3]
    assert drawn(warned=[gone])["entity_id"].tolist()[:19] == [e for e in drawn()["entity_id"] if e != gone]


def test_another_run_picks_others():
    assert set(drawn(seed="a")["entity_id"]) != set(drawn(seed="b")["entity_id"])


def test_every_firm_is_picked_about_equally_often():
    counts = dict.fromkeys(COHORT, 0)
    for seed in range(400):
        for name in drawn(seed=str(seed))["entity_id"]:
            counts[name] += 1
    # 400 x .1 = 40 each, standard deviation 6
    assert min(counts.values()) > 14 and max(counts.values()) < 70


@pytest.mark.parametrize(("firms", "cohort", "n"), [(0, COHORT, 0), (20, COHORT[:3], 3), (20, [], 0)])
def test_small_frames_and_no_sample(firms, cohort, n):
    assert len(drawn(cohort, firms=firms)) == n


def test_the_shipped_terms_and_wrong_ones():
    assert read_audit(policies.shipped(), on=date(2024, 6, 30)).firms == 30
    with pytest.raises(PolicyInconsistentError):
        read_audit(policies.book(warnings__audit={"firms": -1}), on=date(2024, 6, 30))
