"""Version-2 bundles: what is published verifies, what is tampered with is named, what is withheld is said."""

import copy
import json
from dataclasses import replace
from fractions import Fraction

import pytest

from engine.draw.protocol.checks import CHECK_NAMES, CheckState
from engine.draw.protocol.encoding import suite_named
from engine.draw.publishing.bundle import compact_bundle, withheld_bundle
from engine.draw.publishing.certificate import certificate_digest, void
from engine.draw.verifying.verification import verify_bundle
from tests.draw_cases import ISSUED_AT, ITEMS, make_case


def bundle_of(case):
    return compact_bundle(case.commitment, case.certificate, frame=case.frame.hashed, roster=case.roster.officers)


@pytest.fixture(scope="module")
def case():
    return make_case()


@pytest.fixture
def bundle(case):
    return json.loads(json.dumps(bundle_of(case)))


@pytest.mark.parametrize("name", ["sha256", "sm3"])
def test_honest_bundle_passes_every_check(name):
    case = make_case(suite=suite_named(name))
    expected = {value.source: value.value for value in case.values}

    found = verify_bundle(bundle_of(case), expect_commit=case.commitment.digest.hex(), expect_entropy=expected)

    assert [check.name for check in found.checks] == list(CHECK_NAMES)
    alone = ("commitment.plan", "opening", "entropy.beacons")
    beside = ("signatures.", "log.", "timestamps.", "substitutions.", "audit.")
    other = [c.name for c in found.checks if c.name not in alone and not c.name.startswith(beside)]
    assert [c.name for c in found.checks if c.state is CheckState.PASSED] == other
    assert not found.failed
    assert (found.ok, found.anchored, found.is_simulation) == (True, True, False)


def test_simulation_says_so():
    found = verify_bundle(bundle_of(make_case(simulated=True)))

    detail = next(str(check.detail) for check in found.checks if check.name == "class")
    assert found.ok and found.is_simulation
    assert "SIMULATION" in detail


def change_entropy(b):
    b["entropy_used"][0]["value"] = b["entropy"]["fc3d"] = "408"


def change_stratum(b):
    cells = b["rows"][3][1]
    item = next(iter(cells))
    cells[item] = "S1" if cells[item] != "S1" else "S2"


def drop_row(b):
    del b["rows"][7]


def change_ratio(b):
    b["commit"]["items"]["price"]["ratios"]["S3"] = "1/4"


def swap_object(b):
    cell = b["result"]["price|S3"]
    cell["selected"][0] = next(h for h, cells in b["rows"] if cells.get("price") == "S3" and h not in cell["selected"])


def swap_inspector(b):
    """Another eligible officer of the same pool, sums and leader adjusted: only the duals can tell."""
    match = b["match"]
    seated = {(slot[0], code) for slot, code in zip(match["slots"], match["assignment"], strict=True)}
    codes = {officer["handle"][:16]: officer for officer in b["roster"]}
    for k, ((team, _), code) in enumerate(zip(match["slots"], match["assignment"], strict=True)):
        for other, officer in codes.items():
            same = {key: officer[key] for key in ("department", "specialities", "district")}
            mine = {key: codes[code][key] for key in same}
            if same == mine and (team, other) not in seated and not officer["recused"] and not officer["rotated"]:
                match["assignment"][k] = other
                return


def change_cap(b):
    b["roster"][0]["cap"] += 1


def change_leader(b):
    team = next(iter(b["match"]["leaders"]))
    members = [c for s, c in zip(b["match"]["slots"], b["match"]["assignment"], strict=True) if s[0] == team]
    b["match"]["leaders"][team] = next(code for code in members if code != b["match"]["leaders"][team])


def change_dual(b):
    b["match"]["duals"][0][0] += 1000


def change_reserve(b):
    b["result"]["price|S3"]["reserves"].reverse()
    b["result"]["price|S3"]["reserves"].append("0" * 64)


def change_probability(b):
    b["pi"]["price|S3"]["inclusion"] = "1/2"


def change_threshold(b):
    b["result"]["price|S3"]["tau"] = "0" * 64


def change_time(b):
    b["entropy_used"][1]["evidence"]["drawn_at"] = "2026-03-04T21:15:00+08:00"


def change_event(b):
    b["entropy_used"][1]["event"] = "2026060"


def drop_visit(b):
    del b["visits"][next(iter(b["visits"]))]


def add_key(b):
    b["commit"]["unknown"] = 1


def misspell(b):
    b["entropy_used"][0]["value"] = b["entropy"]["fc3d"] = "0407"


TAMPERINGS = [
    (change_entropy, "seed"),
    (change_stratum, "frame.root"),
    (drop_row, "frame.root"),
    (change_ratio, "commitment.digest"),
    (swap_object, "draw.selected"),
    (swap_inspector, "match.sums"),
    (change_cap, "roster.root"),
    (change_leader, "match.leaders"),
    (change_dual, "match.optimal"),
    (change_reserve, "draw.reserves"),
    (change_probability, "draw.probabilities"),
    (change_threshold, "draw.thresholds"),
    (change_time, "entropy.timing"),
    (change_event, "entropy.events"),
    (drop_visit, "visits"),
    (add_key, "commitment.schema"),
    (misspell, "entropy.encoding"),
]


@pytest.mark.parametrize(("tamper", "named"), TAMPERINGS, ids=[t.__name__ for t, _ in TAMPERINGS])
@pytest.mark.parametrize("renewed", [False, True], ids=["as is", "certificate digest renewed"])
def test_each_tampering_is_named(bundle, tamper, named, renewed):
    tamper(bundle)
    if renewed:
        outside = {"commit", "entropy", "rows", "roster"}
        body = {key: value for key, value in bundle.items() if key not in outside}
        bundle["certificate_digest"] = certificate_digest(body, suite=suite_named("sha256"))

    found = verify_bundle(bundle)

    assert named in found.failed, found.failed


def test_swapped_inspector_with_sums_and_leaders_forged_fails_the_duals(bundle, case):
    swap_inspector(bundle)
    match, roster = bundle["match"], case.roster.officers
    load = [match["assignment"].count(officer.code) for officer in roster]
    match["sq_load"] = sum(o.weight * (o.prior + n) ** 2 for o, n in zip(roster, load, strict=True))
    seed = bytes.fromhex(bundle["seed"])
    suite = suite_named("sha256")
    match["ticket_sum"] = sum(
        int.from_bytes(suite.tagged("match", seed, team, code), "big") >> 212
        for (team, _), code in zip(match["slots"], match["assignment"], strict=True)
    )

    found = verify_bundle(bundle)

    assert "match.sums" not in found.failed
    assert "match.optimal" in found.failed


def test_a_forger_who_redraws_with_other_terms_is_caught_by_the_expected_commitment(case):
    items = {**ITEMS, "food": replace(ITEMS["food"], ratios={f"S{k}": Fraction(1, 5) for k in range(4)})}
    forged = make_case(changes={"items": items})

    assert verify_bundle(bundle_of(forged)).ok
    found = verify_bundle(bundle_of(forged), expect_commit=case.commitment.digest.hex())
    assert found.failed == ("commitment.anchored",)


def test_a_forger_who_dropped_a_row_before_committing_is_caught_by_the_expected_commitment(case):
    from tests.draw_cases import frame_rows

    forged = make_case(rows=frame_rows(59))

    found = verify_bundle(bundle_of(forged), expect_commit=case.commitment.digest.hex())
    assert found.failed == ("commitment.anchored",)


def test_other_entropy_redrawn_in_full_is_caught_by_the_operators_values(case, bundle):
    from engine.draw.drawing import draw
    from engine.draw.publishing.certificate import certify

    values = (replace(case.values[0], value="408"), *case.values[1:])
    drawn = draw(case.frame.hashed, case.roster.officers, commitment=case.commitment, values=values)
    forged = replace(case, drawn=drawn, certificate=certify(drawn, issued_at=ISSUED_AT))
    expected = {value.source: value.value for value in case.values}

    digest = case.commitment.digest.hex()
    assert verify_bundle(bundle_of(forged), expect_commit=digest).ok
    assert verify_bundle(bundle_of(forged), expect_commit=digest, expect_entropy=expected).failed == (
        "entropy.expected",
    )


def test_entropy_that_nobody_compared_is_said_on_its_own_line(case, bundle):
    expected = {value.source: value.value for value in case.values}

    blind = verify_bundle(bundle, expect_commit=case.commitment.digest.hex())
    assert blind.ok and blind.anchored
    assert "not compared with the operators" in str(blind.caution)
    line = next(check for check in blind.checks if check.name == "entropy.expected")
    assert line.state is CheckState.NOT_CHECKED and "not compared with the operators" in str(line.detail)
    assert verify_bundle(bundle, expect_entropy=expected).caution is None
    assert verify_bundle(bundle_of(make_case(simulated=True))).caution is None
    sealed = make_case(changes={"profile": "sealed", "release": "2026-06-01T00:00:00+08:00"})
    withheld = verify_bundle(withheld_bundle(sealed.commitment, sealed.certificate))
    assert "neither frame nor selection nor teams were recomputed" in str(withheld.caution)


def test_opening_of_every_object_passes_and_of_another_fails(case, bundle):
    bundle["opening"] = case.frame.opening(case.frame.object_ids[11])
    assert next(c for c in verify_bundle(bundle).checks if c.name == "opening").state is CheckState.PASSED

    for change in (
        {"id": "uscc:x"},
        {"index": 12},
        {"index": 999},
        {"proof": bundle["opening"]["proof"][:-1]},
        {"salt": "00" * 16},
    ):
        tampered = {**bundle, "opening": {**bundle["opening"], **change}}
        assert verify_bundle(tampered).failed == ("opening",), change


def test_sealed_draw_shows_commitment_and_digest_only():
    case = make_case(changes={"profile": "sealed", "release": "2026-06-01T00:00:00+08:00"})

    found = verify_bundle(
        withheld_bundle(case.commitment, case.certificate), expect_commit=case.commitment.digest.hex()
    )

    states = {check.name: check.state for check in found.checks}
    assert found.ok
    assert states["frame.root"] is states["certificate.digest"] is CheckState.NOT_CHECKED
    assert verify_bundle(bundle_of(case)).ok


def test_content_missing_from_a_draw_that_is_not_sealed_fails(case):
    found = verify_bundle(withheld_bundle(case.commitment, case.certificate))

    assert found.failed == ("certificate.digest",)


def test_void_stays_in_the_chain_with_its_reason(case):
    certificate = void(case.commitment, reason="the events were cancelled", issued_at=ISSUED_AT)
    bundle = {**certificate.record, "commit": dict(case.commitment.record)}

    found = verify_bundle(bundle)

    assert found.ok
    assert "cancelled" in str(next(c.detail for c in found.checks if c.name == "certificate.digest"))
    assert "certificate.digest" in verify_bundle({**bundle, "reason": "another"}).failed


@pytest.mark.parametrize(
    "damage",
    [
        lambda b: b.pop("rows"),
        lambda b: b.pop("commit"),
        lambda b: b.update(commit=None),
        lambda b: b.update(commit_digest="xyz"),
        lambda b: b.update(rows="none"),
        lambda b: b["rows"][0].append(1),
        lambda b: b["rows"][0].__setitem__(0, "00"),
        lambda b: b["rows"][0].__setitem__(1, {"food": 1}),
        lambda b: b["rows"][0].__setitem__(1, {"fo|od": "S1"}),
        lambda b: b.update(match=[]),
        lambda b: b["match"].update(level=-1),
        lambda b: b["match"].update(duals=[["9" * 50]]),
        lambda b: b["match"].update(surprise=1),
        lambda b: b.update(roster=[{}]),
        lambda b: b.update(seed=7),
        lambda b: b.update(opening={}),
        lambda b: b.update(entropy=["407"]),
    ],
)
def test_malformed_bundle_fails_the_format_and_never_escapes(bundle, damage):
    damaged = copy.deepcopy(bundle)
    damage(damaged)

    found = verify_bundle(damaged)

    assert found.failed == ("format",)
    assert not found.anchored


@pytest.mark.parametrize("bundle_like", [None, [], 7, "text", {}])
def test_anything_else_is_not_a_bundle(bundle_like):
    assert verify_bundle(bundle_like).failed == ("format",)


@pytest.mark.parametrize(
    "change",
    [
        {"slots": []},
        {"assignment": []},
        {"duals": []},
        {"duals": [[0], [0]]},
        {"level": 2},
        {"level": 9},
        {"leaders": {}},
        {"assignment": None},
    ],
)
def test_forged_match_of_the_right_type_is_named(bundle, change):
    if change.get("assignment", 0) is None:
        change = {"assignment": ["0" * 16] * len(bundle["match"]["assignment"])}
    bundle["match"].update(change)

    found = verify_bundle(bundle)

    assert any(name.startswith("match.") for name in found.failed), found.failed
