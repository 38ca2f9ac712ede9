"""Whoever commits hears of draws left open or unpublished, and that a content will be withheld."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pandas as pd
import pytest

from engine.api.committing.warnings import commitment_warnings
from engine.api.draws.disclosure import draw_disclosure, foresee_disclosure
from engine.api.draws.signing import sign_draw
from engine.api.draws.voiding import void_draw
from engine.api.site.publication import PUBLISHED
from engine.draw.committing.commitment import ItemTerms
from engine.draw.publishing.bundle import bundle_files
from engine.publicity.disclosure import DisclosureLimits
from engine.store.documents import load_policies
from engine.store.draws.bundles import write_bundle
from tests.draw_cases import RULE, make_case
from tests.plan_world import ANNA, AS_OF, BAO, at, carry_through, commit, draw, line, make

LIMITS = DisclosureLimits(least_visits=20, most_share=Fraction(1, 2), most_gain=Fraction(1, 100))


@pytest.fixture
def workspace(tmp_path):
    found = make(tmp_path)
    general = {"item_codes": "G1", "ratio": "0.1", "objects": "全部市场主体"}
    carry_through(found, line("L1"), line("L2", item_codes="K2", initiating_department="WJW"), line("L3", **general))
    yield found
    found.close()


def notes(committed):
    return [str(note) for note in committed.notes if "neither" in str(note)]


def test_a_commitment_nobody_ran_is_named_until_it_is_void(workspace):
    first = commit(workspace, "2026-001", "L1")
    assert notes(first) == []
    sign_draw(workspace, "2026-001", actor=BAO, clock=at(date(2026, 3, 2)))

    waiting = commit(workspace, "2026-002", "L2", day=date(2026, 3, 4), seed=12)
    assert notes(waiting) == []
    overdue = commit(workspace, "2026-003", "L3", day=date(2026, 3, 6), seed=13)
    assert notes(overdue) == ["earlier commitments are neither drawn nor void: 2026-001"]

    void_draw(workspace, "2026-001", reason="no event", actor=BAO, clock=at(date(2026, 3, 6)))
    again = commit(workspace, "2026-004", "L1", day=date(2026, 3, 6), seed=14)
    assert notes(again) == []


def test_a_finished_draw_that_no_publication_shows_is_named(workspace):
    draw(workspace, "2026-001", "L1")
    case = make_case()
    book = load_policies()

    def warned(day):
        found = commitment_warnings(workspace, case.commitment, case.frame.rows, book=book, on=AS_OF, at=at(day)())
        return [str(note) for note in found if "publication" in str(note)]

    assert warned(date(2026, 3, 5)) == []
    assert warned(date(2026, 3, 6)) == ["finished draws that no publication shows yet: 2026-001"]
    content = {"names": True, "linkable": [], "as_of": "2026-03-05"}
    workspace.ledger.append(PUBLISHED, subject="site", content=content, actor=ANNA, at=at(date(2026, 3, 6))())
    assert warned(date(2026, 3, 7)) == []


def rows(n_objects, *, items):
    return pd.DataFrame(
        [
            {"object_id": f"reg:{n:06d}", "item_code": item, "stratum": f"S{n % 4}", "exclusion": None}
            for n in range(n_objects)
            for k, item in enumerate(items)
            if n % (k + 1) == 0
        ]
    )


@pytest.mark.parametrize(("items", "is_withheld"), [(("food",), False), (("food", "price"), True)])
def test_what_is_foreseen_at_the_commitment_comes_true_at_the_publication(items, is_withheld, tmp_path):
    """One item for all alike shows no groups; a second one, for every other object, sets classes apart."""
    ratios = {f"S{k}": Fraction(k + 1, 10) for k in range(4)}
    terms = {item: ItemTerms("joint", "ceil", ratios) for item in items}
    frame = rows(400, items=items)
    changes = {"items": terms, "merges": [], "rule": replace(RULE, officer_districts={})}
    case = make_case(rows=frame, changes=changes)
    files = bundle_files(case.commitment, case.certificate, frame=case.frame.hashed, roster=case.roster.officers)
    folder = write_bundle(tmp_path / "bundle", files)

    foreseen = foresee_disclosure(case.frame.rows, commitment=case.commitment.record, limits=LIMITS)

    assert bool(foreseen.problems) is is_withheld
    assert bool(draw_disclosure(folder, limits=LIMITS).problems) is is_withheld
    assert foreseen.visits.n_units == pytest.approx(len(case.certificate.record["visits"]), abs=5)


def test_who_commits_to_a_joint_draw_is_told_that_its_content_will_be_withheld(workspace):
    committed = commit(workspace, "2026-001", "L1")

    assert any("will be withheld" in str(note) for note in committed.notes)
