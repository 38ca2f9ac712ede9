"""Both published end-to-end files, value for value, and seven ways to tamper with them."""

import copy
import json
from pathlib import Path

import pytest

from engine.api.draws.verification import verify
from engine.draw.committing.commitment import commitment_digest, read_commitment
from engine.draw.drawing import list_visits, select_objects
from engine.draw.entropy.sources import seed_of
from engine.draw.matching.enumeration import solve_version_1, ticket_44
from engine.draw.populations.frame import cell_name, frame_from_rows, hash_frame
from engine.draw.protocol.encoding import canonical_json, suite_named
from engine.draw.protocol.merkle import inclusion_proof
from engine.draw.publishing.certificate import cell_record
from engine.draw.verifying.verification import verify_bundle

FILES = ("protocol_golden.json", "protocol_golden_sm3.json")


@pytest.fixture(params=FILES)
def golden(request):
    return json.loads((Path(__file__).parent / request.param).read_bytes())


def recompute(bundle, *, from_rows=True):
    """A forger's work: every value anew from rows, terms and events, so that the whole is consistent."""
    suite = suite_named(bundle["commit"]["hash"])
    frame = hash_frame(frame_from_rows((bytes.fromhex(h), cells) for h, cells in bundle["rows"]), suite=suite)
    if from_rows:
        bundle["commit"] |= {"frame_root": frame.root.hex(), "N": frame.rows.size}
    commitment = read_commitment(bundle["commit"])
    triples = [(e.source, e.event, bundle["entropy"][e.source]) for e in commitment.events]
    seed = seed_of(suite, commit_digest=commitment.digest, values=triples)
    cells = select_objects(frame.rows, commitment=commitment, seed=seed).cells
    bundle["commit_digest"], bundle["seed"] = commitment.digest.hex(), seed.hex()
    bundle["result"] = {
        cell_name(*cell.cell): {k: v for k, v in cell_record(cell, frame.rows).items() if k != "reserves"}
        for cell in cells
    }
    visits = list_visits(frame.rows, cells)
    bundle["visits"] = {visit.handle.hex(): list(visit.items) for visit in visits}
    teams = {v.team: list(v.items) if len(v.items) > 1 else list(v.items) * 2 for v in visits[:4]}
    slots = [[team, department] for team in sorted(teams) for department in teams[team]]
    inspectors = bundle["match"]["inspectors"]
    assignment = solve_version_1(slots, inspectors=inspectors, suite=suite, seed=seed)
    load = {code: assignment.count(code) for code in inspectors}
    bundle["match"] |= {
        "teams": teams,
        "slots": slots,
        "assignment": assignment,
        "sq_load": sum((one["prior"] + load[code]) ** 2 for code, one in inspectors.items()),
        "ticket_sum": sum(
            ticket_44(suite, seed=seed, team=t, officer=c) for (t, _), c in zip(slots, assignment, strict=True)
        ),
    }
    opened = bundle.get("opening")
    if opened is not None:
        opened["proof"] = [sibling.hex() for sibling in inclusion_proof(suite, frame.leaves, index=opened["index"])]
    return bundle


def test_recomputing_gives_the_published_values(golden):
    again = recompute(copy.deepcopy(golden))

    assert canonical_json(again) == canonical_json(golden)


def test_every_check_passes_or_has_nothing_to_check(golden):
    found = verify_bundle(golden, expect_commit=golden["commit_digest"], expect_entropy=golden["entropy"])

    assert (found.ok, found.anchored, found.failed) == (True, True, ())


def test_without_an_expected_commitment_the_bundle_is_only_consistent(golden):
    found = verify_bundle(golden)

    assert (found.ok, found.anchored) == (True, False)
    assert "not anchored" in str(found.verdict)


@pytest.mark.parametrize("name", FILES)
def test_the_file_itself_verifies(name):
    path = Path(__file__).parent / name

    assert verify(path, expect_commit=None, expect_entropy=None).ok


def change_entropy(bundle):
    bundle["entropy"]["fc3d"] = "408"


def change_grade(bundle):
    cells = bundle["rows"][0][1]
    cells["food"] = "H-A" if cells["food"] != "H-A" else "H-B"


def drop_row(bundle):
    del bundle["rows"][12]


def change_ratio(bundle):
    bundle["commit"]["items"]["food"]["ratios"]["H-C"] = "1/4"


def swap_object(bundle):
    cell = bundle["result"]["food|H-D"]
    own = [handle for handle, cells in bundle["rows"] if cells.get("food") == "H-D"]
    cell["selected"][2] = next(handle for handle in own if handle not in cell["selected"])


def swap_inspector(bundle):
    match = bundle["match"]
    spare = next(
        c
        for c, one in match["inspectors"].items()
        if one["dept"] == match["slots"][0][1] and c not in match["assignment"][:2]
    )
    match["assignment"][0] = spare


def change_opening(bundle):
    salt = bundle["opening"]["salt"]
    bundle["opening"]["salt"] = salt[:-1] + ("0" if salt[-1] != "0" else "1")


TAMPERINGS = [
    (change_entropy, "seed"),
    (change_grade, "frame.root"),
    (drop_row, "frame.root"),
    (change_ratio, "commitment.digest"),
    (swap_object, "draw.selected"),
    (swap_inspector, "match."),
    (change_opening, "opening"),
]


@pytest.mark.parametrize(("tamper", "named"), TAMPERINGS)
def test_each_tampering_is_named(golden, tamper, named):
    tamper(golden)

    found = verify_bundle(golden)

    assert not found.ok
    assert any(name.startswith(named) for name in found.failed), found.failed


@pytest.mark.parametrize("tamper", [change_grade, drop_row, change_ratio])
def test_a_forger_who_recomputes_everything_is_caught_by_the_expected_commitment(golden, tamper):
    honest = golden["commit_digest"]
    tamper(golden)
    golden.pop("opening")
    forged = recompute(golden)

    assert verify_bundle(forged).ok
    assert verify_bundle(forged, expect_commit=honest).failed == ("commitment.anchored",)


def test_a_forger_who_recomputes_the_draw_from_other_entropy_is_caught_by_the_operators_values(golden):
    honest = dict(golden["entropy"])
    change_entropy(golden)
    forged = recompute(golden, from_rows=False)

    assert verify_bundle(forged, expect_commit=forged["commit_digest"]).ok
    assert verify_bundle(forged, expect_entropy=honest).failed == ("entropy.expected",)


@pytest.mark.parametrize(("tamper", "named"), [TAMPERINGS[4], TAMPERINGS[5], TAMPERINGS[6]])
def test_what_no_digest_covers_is_derived_and_caught_all_the_same(golden, tamper, named):
    """A selected object, an inspector and an opening follow from the rest: new digests do not help."""
    tamper(golden)
    suite = suite_named(golden["commit"]["hash"])
    golden["commit_digest"] = commitment_digest(golden["commit"], suite=suite).hex()

    failed = verify_bundle(golden, expect_commit=golden["commit_digest"]).failed

    assert any(name.startswith(named) for name in failed), failed
