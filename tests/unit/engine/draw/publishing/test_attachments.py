"""What stands beside a certificate: it verifies as published, and whatever is changed in it is named."""

import json
from dataclasses import replace

import pytest

from engine.draw.committing.signatures import sign
from engine.draw.protocol.encoding import suite_named
from engine.draw.publishing.bundle import compact_bundle
from engine.draw.publishing.certificate import plan_digest
from engine.draw.publishing.public_log import log_entry, public_log
from engine.draw.publishing.substitution import Standing, entry_digest, published_substitutions
from engine.draw.verifying.verification import verify_bundle
from engine.errors import SubstitutionRefusedError
from tests.draw_cases import PLAN, attached_case, signatures

SHA256 = suite_named("sha256")
NEW = ("commitment.plan", "signatures.commitment", "signatures.certificate", "log.inclusion") + tuple(
    f"substitutions.{part}" for part in ("chain", "reserves", "officers")
)


@pytest.fixture(scope="module")
def made():
    return attached_case()


@pytest.fixture
def bundle(made):
    case, attached = made
    whole = compact_bundle(case.commitment, case.certificate, frame=case.frame.hashed, roster=case.roster.officers)
    return json.loads(json.dumps({**whole, **attached}))


def states(bundle, **expected):
    return {check.name: check.state.value for check in verify_bundle(bundle, **expected).checks}


@pytest.mark.parametrize("name", ["sha256", "sm3"])
def test_what_is_published_passes(name):
    case, attached = attached_case(suite=suite_named(name))
    whole = compact_bundle(case.commitment, case.certificate, frame=case.frame.hashed, roster=case.roster.officers)

    found = states({**whole, **attached})

    assert {found[check] for check in NEW} == {"passed"}
    assert "failed" not in found.values()


def resign(b, names):
    b["signatures"] = [one for one in b["signatures"] if one["over"] == "commitment" or one["name"] in names]


def same_person_twice(b):
    own = [one for one in b["signatures"] if one["over"] == "certificate"][0]
    resign(b, [])
    b["signatures"] += [own, own]


def other_spelling(b):
    made = [one for one in b["signatures"] if one["over"] == "certificate"]
    said = {"over": "certificate", "digest": b["certificate_digest"], "role": "x", "signed_at": made[0]["signed_at"]}
    twin = sign(bytes(32), name="  LI na (Fictional)", **said)
    resign(b, ["Li Na (fictional)"])
    b["signatures"].append(twin.record())


def rechain(b):
    """A forger recomputes every digest of the chain behind a change."""
    previous = b["certificate_digest"]
    for entry in b["substitutions"]["entries"]:
        entry["prev"] = previous
        entry["digest"] = previous = entry_digest(entry, suite=SHA256)


def skip_a_reserve(b):
    entry = b["substitutions"]["entries"][0]
    cell = b["result"][f"{entry['item']}|{entry['stratum']}"]
    entry["reserve"] = next(h for h, cells in b["rows"] if entry["item"] in cells and h not in cell["reserves"])
    rechain(b)


def choose_an_officer(b):
    entry = b["substitutions"]["entries"][1]
    taken = {entry["substitute"], entry["replaced"]}
    entry["substitute"] = next(o["handle"][:16] for o in b["roster"] if o["handle"][:16] not in taken)
    rechain(b)


def drop_last(b):
    b["substitutions"]["entries"].pop()


def change_entry(key, value, *, at=0, chain=False):
    def change(b):
        b["substitutions"]["entries"][at][key] = value
        if chain:
            rechain(b)

    return change


def late_signature(b):
    b["signatures"] = [one for one in b["signatures"] if one["over"] == "certificate"]
    b["signatures"] += signatures("commitment", b["commit_digest"], at="2026-03-05T21:00:00+08:00")


TAMPERINGS = {
    "another plan": (lambda b: b["plan"].update(lines=[]), "commitment.plan"),
    "a signature of somebody else": (lambda b: b["signatures"][0].update(name="X"), "signatures.commitment"),
    "a changed signature": (lambda b: b["signatures"][3].update(signature="00" * 64), "signatures.certificate"),
    "one signature": (lambda b: resign(b, ["Li Na (fictional)"]), "signatures.certificate"),
    "the same person twice": (same_person_twice, "signatures.certificate"),
    "the same name with another key": (other_spelling, "signatures.certificate"),
    "signed after the first event": (late_signature, "signatures.commitment"),
    "a proof about another entry": (lambda b: b["log_proof"]["entry"].update(n=0), "log.inclusion"),
    "a cut proof": (lambda b: b["log_proof"].update(proof=[]), "log.inclusion"),
    "a reserve out of order": (skip_a_reserve, "substitutions.reserves"),
    "an officer chosen": (choose_an_officer, "substitutions.officers"),
    "an entry dropped": (drop_last, "substitutions.chain"),
    "an entry changed": (change_entry("reason", "not_found"), "substitutions.chain"),
    "a reason nobody committed": (change_entry("reason", "friend", chain=True), "substitutions.reserves"),
    "another leader": (change_entry("leader", "", at=1, chain=True), "substitutions.officers"),
    "a prettier rate": (lambda b: b["substitutions"].update(officer=0), "substitutions.chain"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_each_change_is_named(name, bundle):
    change, check = TAMPERINGS[name]

    change(bundle)

    assert verify_bundle(bundle).failed == (check,)


def test_what_is_missing_is_said_not_green(bundle):
    for name in ("plan", "signatures", "log_proof", "substitutions"):
        bundle.pop(name)

    found = states(bundle)

    assert {found[check] for check in NEW} == {"not_checked"}
    said = {check.name: str(check.detail) for check in verify_bundle(bundle).checks}
    assert said["audit.key"] == said["audit.grades"] == "for the auditor, who holds the key"


def test_known_keys_and_the_published_log_are_compared(bundle):
    known = {one["name"]: one["public_key"] for one in bundle["signatures"]}
    head = [
        log_entry(0, kind="commitment", draw_id="2026-016", digest="ab" * 32, at="2026-03-01T09:00:00+08:00"),
        bundle["log_proof"]["entry"],
    ]
    digests = [("certificate", bundle["certificate_digest"])]
    digests += [("substitution", entry["digest"]) for entry in bundle["substitutions"]["entries"]]
    later = [
        log_entry(n, kind=kind, draw_id="2026-017", digest=digest, at="2026-03-10T09:00:00+08:00")
        for n, (kind, digest) in enumerate(digests, start=2)
    ]
    log = public_log([*head, *later])

    assert states(bundle, expect_signers=known)["signatures.signers"] == "passed"
    assert states(bundle, expect_signers={**known, "Li Na (fictional)": "00" * 32})["signatures.signers"] == "failed"
    assert states(bundle, expect_log=log)["log.published"] == "passed"
    assert states(bundle, expect_log=public_log([*head, *later[:-1]]))["log.published"] == "failed"
    changed = [{**head[0], "digest": "cd" * 32}, *head[1:], *later]
    assert states(bundle, expect_log=public_log(changed))["log.published"] == "failed"


@pytest.mark.parametrize(
    ("outside", "state"),
    [(None, "failed"), ({"reason": " "}, "failed"), ({"reason": "a fire in the district"}, "passed")],
)
def test_a_draw_outside_its_plan_needs_a_reason(outside, state):
    plan = {**PLAN, "lines": [], "outside_plan": outside}
    case, _ = attached_case(plan_digest=plan_digest(plan, suite=SHA256))
    whole = compact_bundle(case.commitment, case.certificate, frame=case.frame.hashed, roster=case.roster.officers)

    assert states({**whole, "plan": plan})["commitment.plan"] == state


def test_reserves_are_used_strictly_in_order_and_run_out(made):
    case, _ = made
    record = case.certificate.record
    standing = Standing(case.commitment, record, roster=case.roster.officers)
    cell = max(
        record["result"], key=lambda name: min(record["result"][name]["n"], len(record["result"][name]["reserves"]))
    )
    item, held = cell.split("|")[0], record["result"][cell]
    words = {"at": "2026-03-10T09:00:00+08:00", "name": "a", "role": "b", "reason": "closed", "kind": "reserve"}
    gone = held["selected"][0]
    for expected in held["reserves"]:
        due = standing.next_reserve(gone, item=item)
        assert due["reserve"] == expected
        standing.sealed({**standing.heading(**words), "item": item, "replaced": gone, **due})
        with pytest.raises(SubstitutionRefusedError, match="no longer"):
            standing.next_reserve(gone, item=item)
        gone = expected
    with pytest.raises(SubstitutionRefusedError, match="new commitment"):
        standing.next_reserve(gone, item=item)
    assert published_substitutions([], certificate=record)["visits"] == len(record["visits"])


def test_who_is_recused_for_the_reserve_leaves_the_seat_vacant(made):
    case, attached = made
    entry = attached["substitutions"]["entries"][0]
    team = case.certificate.record["match"]
    seated = [
        o for (code, _), o in zip(team["slots"], team["assignment"], strict=True) if code == entry["replaced"][:16]
    ]
    barred = (bytes.fromhex(entry["reserve"]),)
    roster = [replace(o, recused=barred) if o.code == seated[0] else o for o in case.roster.officers]
    standing = Standing(case.commitment, case.certificate.record, roster=roster)

    due = standing.next_reserve(entry["replaced"], item=entry["item"])

    assert [seat["officer"] for seat in due["team"]] == ["" if officer == seated[0] else officer for officer in seated]
    assert due["leader"] != seated[0]
