"""The verifier page in a real browser, offline: it says of every check what the Python verifier says.

Each tampering is shown to both readers; the page must name the check that fails. Any request but the page's own file
fails the test.
"""

import copy
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from engine.api.draws.own_row import own_row, row_address
from engine.draw.committing.commitment import ItemTerms
from engine.draw.protocol.encoding import canonical_json, suite_named
from engine.draw.publishing.bundle import bundle_files, compact_bundle, withheld_bundle
from engine.draw.publishing.certificate import plan_digest
from engine.draw.verifying.public_beacons import DRAND, NIST
from engine.draw.verifying.verification import verify_bundle
from tests.draw_cases import ITEMS, PLAN, Case, attached_case, beacon_case, make_case
from tests.unit.engine.draw.publishing.test_attachments import TAMPERINGS as BESIDE
from tests.verifier_page import PAGE, QUIET, Reader, as_file, offline_reader

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine: install it to try the page", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")

GOLDEN = Path(__file__).parents[1] / "golden"
Bundle = dict[str, Any]


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def reader(browser: "playwright.Browser") -> Iterator[Reader]:
    with offline_reader(browser) as found:
        yield found


@pytest.fixture(scope="module")
def case() -> Case:
    return make_case(simulated=False)


@pytest.fixture(scope="module")
def honest(case: Case) -> Bundle:
    return _bundle(case)


def _bundle(case: Case) -> Bundle:
    found = compact_bundle(case.commitment, case.certificate, frame=case.frame.hashed, roster=case.roster.officers)
    drawn = next(iter(found["visits"]))
    row = [handle for handle, _ in found["rows"]].index(drawn)
    return {**copy.deepcopy(found), "opening": case.frame.opening(case.frame.object_ids[row])}


def python_states(bundle: Bundle, **expected: Any) -> dict[str, str]:
    return {check.name: check.state.value for check in verify_bundle(bundle, **expected).checks}


@pytest.mark.parametrize("name", ["protocol_golden.json", "protocol_golden_sm3.json"])
def test_the_published_files_are_accepted_in_both_suites(name: str, reader: Reader) -> None:
    golden = json.loads((GOLDEN / name).read_bytes())

    states = reader.states(GOLDEN / name, digest=golden["commit_digest"], entropy=json.dumps(golden["entropy"]))

    assert states == python_states(golden, expect_commit=golden["commit_digest"], expect_entropy=golden["entropy"])
    assert "failed" not in states.values()


@pytest.mark.parametrize("suite", ["sha256", "sm3"])
@pytest.mark.parametrize("length", [0, 3, 55, 56, 63, 64, 65, 119, 1000])
def test_the_page_hashes_like_the_standard(suite: str, length: int, reader: Reader) -> None:
    message = bytes(n % 251 for n in range(length))

    found = reader.tab.evaluate(
        """([suite, hex]) => new Promise(done => {
            const source = document.getElementById('core').textContent;
            const worker = new Worker(URL.createObjectURL(new Blob([source])));
            worker.onmessage = ({data}) => done(data.hex);
            worker.postMessage({kind: 'hash', suite, hex});
        })""",
        [suite, message.hex()],
    )

    assert found == hashlib.new(suite, message).hexdigest()


@pytest.mark.parametrize("suite", ["sha256", "sm3"])
def test_a_whole_draw_is_accepted_with_and_without_an_anchor(suite: str, reader: Reader) -> None:
    bundle = _bundle(make_case(suite=suite_named(suite)))

    loose = reader.states(as_file(bundle))
    said = reader.verdict()
    firm = reader.states(as_file(bundle), digest=bundle["commit_digest"])

    assert loose == python_states(bundle)
    assert "未锚定" in said
    assert firm == python_states(bundle, expect_commit=bundle["commit_digest"])
    assert firm["commitment.anchored"] == "passed"
    assert "failed" not in firm.values()


def test_a_bundle_folder_is_accepted_and_a_changed_shard_named(case: Case, reader: Reader, tmp_path: Path) -> None:
    for file in bundle_files(case.commitment, case.certificate, frame=case.frame.hashed, roster=case.roster.officers):
        path = tmp_path / Path(file.path).name
        path.write_bytes(file.content)
    whole = reader.states(*sorted(tmp_path.iterdir()))
    shard = tmp_path / "000000.bin"
    shard.write_bytes(shard.read_bytes()[:-2] + b"\x00\x00")

    broken = reader.states(*sorted(tmp_path.iterdir()))

    assert "failed" not in whole.values()
    assert broken["frame.root"] == "failed"


@pytest.mark.parametrize("suite", ["sha256", "sm3"])
def test_what_stands_beside_the_certificate_is_accepted(suite: str, reader: Reader) -> None:
    case, attached = attached_case(suite=suite_named(suite))
    bundle = {**_bundle(case), **attached}

    found = reader.states(as_file(bundle), digest=case.commitment.digest.hex())

    assert found == python_states(bundle, expect_commit=case.commitment.digest.hex())
    assert found["signatures.commitment"] == found["substitutions.officers"] == found["log.inclusion"] == "passed"
    assert "随机源取值未与开奖机构" in reader.tab.inner_text("#caution")


@pytest.fixture(scope="module")
def beside() -> Bundle:
    case, attached = attached_case()
    return json.loads(json.dumps({**_bundle(case), **attached}))


@pytest.mark.parametrize("name", BESIDE)
def test_each_change_beside_the_certificate_is_named_as_the_other_reader_names_it(
    name: str, beside: Bundle, reader: Reader
) -> None:
    bundle = copy.deepcopy(beside)
    change, check = BESIDE[name]
    change(bundle)

    found = reader.states(as_file(bundle))

    assert [one for one, state in found.items() if state == "failed"] == [check]
    assert found == python_states(bundle)


@pytest.mark.parametrize("source", [DRAND, NIST])
def test_a_beacons_value_is_followed_from_its_evidence_and_its_signature_left_to_the_program(
    source: str, reader: Reader
) -> None:
    case, attached = beacon_case(source)
    bundle = json.loads(json.dumps({**_bundle(case), **attached}))
    found = reader.states(as_file(bundle))
    said = reader.tab.inner_text('tr[data-check="entropy.beacons"]')

    key = "signature" if source == DRAND else "localRandomValue"
    bundle["beacons"][source][key] = "0" * len(bundle["beacons"][source][key])
    broken = reader.states(as_file(bundle))

    assert {**found, "entropy.beacons": "-"} == {**python_states(bundle), "entropy.beacons": "-"}
    assert found["entropy.beacons"] == "not_checked"
    assert "只有 xinheng verify 核对" in said
    assert broken["entropy.beacons"] == python_states(bundle)["entropy.beacons"] == "failed"


def test_a_pulse_that_states_another_value_than_its_own_is_refused(reader: Reader) -> None:
    case, attached = beacon_case(NIST)
    bundle = json.loads(json.dumps({**_bundle(case), **attached}))
    bundle["beacons"][NIST]["outputValue"] = "AB" * 64

    found = reader.states(as_file(bundle))

    assert found == python_states(bundle)
    assert found["entropy.beacons"] == "failed"


def test_the_page_lists_what_only_the_program_checks(reader: Reader) -> None:
    listed = reader.tab.inner_text("section[aria-labelledby=beyond]")

    assert all(one in listed for one in ("RFC 3161", "BLS", "RSA", "Ed25519", "公开日志", "审计人"))


PARENT = {
    "draw": "2026-016",
    "commit_digest": "ab" * 32,
    "certificate_digest": "cd" * 32,
    "reason": "more findings than usual",
}
PLANS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "lines": ({}, {}, "passed"),
    "outside with a reason": ({"lines": [], "outside_plan": {"reason": "a fire"}}, {}, "passed"),
    "outside without one": ({"lines": [], "outside_plan": {"reason": " "}}, {}, "failed"),
    "of another draw": ({"draw": "2026-018"}, {}, "failed"),
    "an added sample": ({}, {"parent": PARENT}, "passed"),
}


@pytest.mark.parametrize("name", PLANS)
def test_page_and_program_agree_on_the_plan(name: str, reader: Reader) -> None:
    change, terms, due = PLANS[name]
    plan = {**PLAN, **change}
    case, attached = attached_case(plan_digest=plan_digest(plan, suite=suite_named("sha256")), **terms)
    bundle = json.loads(json.dumps({**_bundle(case), **attached, "plan": plan}))

    found = reader.states(as_file(bundle))

    assert found["commitment.plan"] == due
    assert found == python_states(bundle)


def test_a_simulated_draw_is_marked_as_such(case: Case, reader: Reader) -> None:
    reader.states(as_file(_bundle(make_case(simulated=True))))
    marked = reader.tab.is_visible("#simulated")

    reader.states(as_file(_bundle(case)))

    assert marked
    assert not reader.tab.is_visible("#simulated")


def _other(digit: str) -> str:
    return "0" if digit != "0" else "1"


def change_entropy(b: Bundle) -> None:
    b["entropy_used"][0]["value"] = b["entropy"]["fc3d"] = "408"


def misspell_entropy(b: Bundle) -> None:
    b["entropy_used"][0]["value"] = b["entropy"]["fc3d"] = " 407"


def change_stratum(b: Bundle) -> None:
    cells = b["rows"][0][1]
    item = next(iter(cells))
    cells[item] = "S0" if cells[item] != "S0" else "S1"


def drop_row(b: Bundle) -> None:
    del b["rows"][12]


def swap_rows(b: Bundle) -> None:
    b["rows"][3], b["rows"][4] = b["rows"][4], b["rows"][3]


def change_ratio(b: Bundle) -> None:
    b["commit"]["items"]["food"]["ratios"]["S3"] = "1/3"


def swap_object(b: Bundle) -> None:
    cell = next(cell for cell in b["result"].values() if cell["selected"] and cell["reserves"])
    cell["selected"][0], cell["reserves"][0] = cell["reserves"][0], cell["selected"][0]


def shift_threshold(b: Bundle) -> None:
    cell = next(cell for cell in b["result"].values() if cell["tau"])
    cell["tau"] = cell["tau"][:-1] + _other(cell["tau"][-1])


def drop_reserve(b: Bundle) -> None:
    next(cell for cell in b["result"].values() if cell["reserves"])["reserves"].pop()


def change_size(b: Bundle) -> None:
    next(iter(b["result"].values()))["N"] += 1


def change_probability(b: Bundle) -> None:
    next(iter(b["pi"].values()))["inclusion"] = "1/1000"


def drop_visit(b: Bundle) -> None:
    del b["visits"][next(iter(b["visits"]))]


def raise_cap(b: Bundle) -> None:
    b["roster"][0]["cap"] += 1


def swap_officer(b: Bundle) -> None:
    match = b["match"]
    match["assignment"][0] = next(
        one["handle"][:16] for one in b["roster"] if one["handle"][:16] not in match["assignment"][:3]
    )


def add_post(b: Bundle) -> None:
    b["match"]["slots"].append(["0" * 16, "*"])


def change_sum(b: Bundle) -> None:
    b["match"]["sq_load"] += 1


def change_potential(b: Bundle) -> None:
    b["match"]["duals"][0][1] = int(b["match"]["duals"][0][1]) - 999_999


def change_leader(b: Bundle) -> None:
    team = next(iter(b["match"]["leaders"]))
    b["match"]["leaders"][team] = "0" * 16


def climb_ladder(b: Bundle) -> None:
    b["match"]["level"] += 1


def change_salt(b: Bundle) -> None:
    salt = b["opening"]["salt"]
    b["opening"]["salt"] = salt[:-1] + _other(salt[-1])


def change_certificate(b: Bundle) -> None:
    b["issued_at"] = "2026-03-07T09:00:00+08:00"


def hurry_event(b: Bundle) -> None:
    b["entropy_used"][0]["evidence"]["drawn_at"] = "2026-03-04T10:00:00+08:00"


def add_key(b: Bundle) -> None:
    b["remark"] = "x"


def add_term(b: Bundle) -> None:
    b["commit"]["remark"] = "x"


def merge_with_itself(b: Bundle) -> None:
    b["commit"]["merges"] = [["S3", "S3"]]


TAMPERINGS: list[tuple[Callable[[Bundle], None], str]] = [
    (change_entropy, "seed"),
    (misspell_entropy, "entropy.encoding"),
    (hurry_event, "entropy.timing"),
    (change_stratum, "frame.root"),
    (drop_row, "frame.counts"),
    (swap_rows, "frame.rows"),
    (change_ratio, "commitment.digest"),
    (swap_object, "draw.selected"),
    (shift_threshold, "draw.thresholds"),
    (drop_reserve, "draw.reserves"),
    (change_size, "draw.sizes"),
    (change_probability, "draw.probabilities"),
    (drop_visit, "visits"),
    (raise_cap, "roster.root"),
    (swap_officer, "match.officers"),
    (add_post, "match.posts"),
    (climb_ladder, "match.ladder"),
    (change_sum, "match.sums"),
    (change_potential, "match.optimal"),
    (change_leader, "match.leaders"),
    (change_salt, "opening"),
    (change_certificate, "certificate.digest"),
    (add_key, "format"),
    (add_term, "commitment.schema"),
    (merge_with_itself, "commitment.schema"),
]


@pytest.mark.parametrize(("tamper", "named"), TAMPERINGS, ids=[tamper.__name__ for tamper, _ in TAMPERINGS])
def test_each_tampering_is_named_as_the_other_reader_names_it(
    tamper: Callable[[Bundle], None], named: str, honest: Bundle, reader: Reader
) -> None:
    bundle = copy.deepcopy(honest)
    tamper(bundle)

    states = reader.states(as_file(bundle))

    assert states[named] == "failed"
    assert named in reader.verdict()
    assert states == python_states(bundle)


def other_ratio() -> Bundle:
    terms = ItemTerms("joint", "ceil", {**ITEMS["food"].ratios, "S0": Fraction(1, 2)})
    return _bundle(make_case(changes={"items": {**ITEMS, "food": terms}}))


def other_frame() -> Bundle:
    from tests.draw_cases import frame_rows  # noqa: PLC0415

    return _bundle(make_case(rows=frame_rows(59)))


@pytest.mark.parametrize("forge", [other_ratio, other_frame])
def test_a_forger_who_recomputes_all_digests_is_caught_by_the_expected_commitment(
    forge: Callable[[], Bundle], honest: Bundle, reader: Reader
) -> None:
    forged = forge()

    alone = reader.states(as_file(forged))
    against = reader.states(as_file(forged), digest=honest["commit_digest"])

    assert "failed" not in alone.values()
    assert [name for name, state in against.items() if state == "failed"] == ["commitment.anchored"]


@pytest.mark.parametrize(
    "text",
    ['{"commit":{},"commit":{}}', '{"commit":{"N":1.0}}', "[" * 300 + "]" * 300, "no json", '{"a":"\\ud800"'],
)
def test_hostile_json_is_refused_in_words(text: str, reader: Reader) -> None:
    states = reader.states({"name": "x.json", "mimeType": "application/json", "buffer": text.encode()})

    assert states["format"] == "failed"
    assert set(states.values()) == {"failed", "not_checked"}


def test_a_firm_proves_its_row_and_sees_whether_it_was_drawn(case: Case, honest: Bundle, reader: Reader) -> None:
    record = case.certificate.record
    files = [as_file(dict(case.commitment.record), "commitment.json"), as_file(dict(record), "certificate.json")]
    for object_id in case.frame.object_ids[:6]:
        row = own_row(case.frame, commitment=case.commitment, certificate=record, object_id=object_id)
        handle = case.frame.rows.handle(row["opening"]["index"]).hex()

        reader.tab.goto("about:blank")
        reader.tab.goto(PAGE)
        found = reader.own(json.dumps(row), *files, digest=honest["commit_digest"])

        drawn = {item for item, said in found.items() if said == "true"}
        assert drawn == set(record["visits"].get(handle, ()))
        assert "未锚定" not in reader.verdict()
        assert reader.tab.query_selector_all('tr[data-state="failed"]') == []


def test_a_firm_with_a_changed_row_is_told_so(case: Case, reader: Reader) -> None:
    row = own_row(
        case.frame,
        commitment=case.commitment,
        certificate=case.certificate.record,
        object_id=case.frame.object_ids[0],
    )
    row["cells"][0]["stratum"] = "S9"

    assert reader.own(json.dumps(row)) == {}
    assert "不符" in reader.verdict()


def test_a_forged_threshold_is_caught_against_the_certificate(case: Case, reader: Reader) -> None:
    record = case.certificate.record
    row = own_row(case.frame, commitment=case.commitment, certificate=record, object_id=case.frame.object_ids[1])
    row["cells"][0] |= {"tau": "f" * 64, "n": 5}

    reader.own(
        json.dumps(row),
        as_file(dict(case.commitment.record), "commitment.json"),
        as_file(dict(record), "certificate.json"),
    )

    assert "不符" in reader.verdict()


def test_the_page_speaks_english_and_is_used_by_keyboard(honest: Bundle, reader: Reader) -> None:
    reader.states(as_file(honest))
    reader.tab.focus("#language")
    reader.tab.keyboard.press("Enter")

    assert "consistent, not anchored" in reader.verdict()
    assert "passed" in reader.tab.inner_text('tr[data-check="frame.root"]')
    reader.tab.focus("#tab-draw")
    reader.tab.keyboard.press("ArrowRight")
    assert reader.tab.evaluate("document.activeElement.id") == "tab-row"
    unlabelled = reader.tab.evaluate(
        "[...document.querySelectorAll('input, textarea')].filter(one => !one.labels.length).length"
    )
    assert unlabelled == 0


def test_what_the_verdict_does_not_cover_stands_under_it_in_both_languages(
    case: Case, honest: Bundle, reader: Reader
) -> None:
    values = json.dumps({value.source: value.value for value in case.values})

    reader.states(as_file(honest), digest=honest["commit_digest"])
    assert "未与开奖机构公布的结果对照" in reader.tab.inner_text("#caution")
    reader.tab.click("#language")
    assert "entropy not compared with the operators" in reader.tab.inner_text("#caution")

    reader.states(as_file(honest), digest=honest["commit_digest"], entropy=values)
    assert reader.tab.query_selector("#caution") is None

    sealed = make_case(changes={"profile": "sealed", "release": "2026-06-01T00:00:00+08:00"})
    reader.states(as_file(withheld_bundle(sealed.commitment, sealed.certificate)))
    assert "content withheld" in reader.tab.inner_text("#caution")


def test_the_english_site_opens_the_page_in_english(reader: Reader) -> None:
    reader.tab.goto("about:blank")
    reader.tab.goto(PAGE + "#en")

    assert reader.tab.inner_text("h1") == "Check a public draw"
    assert reader.tab.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("is_pasted", [False, True], ids=["address", "pasted"])
def test_a_firm_opens_its_row_from_a_qr_code(is_pasted: bool, case: Case, reader: Reader) -> None:
    object_id = case.frame.object_ids[0]
    names = {item: f"{item} 检查" for item in ITEMS}
    row = own_row(
        case.frame, commitment=case.commitment, certificate=case.certificate.record, object_id=object_id, names=names
    )
    address = row_address(canonical_json(row), page=PAGE)

    reader.tab.goto("about:blank")
    reader.tab.goto(PAGE if is_pasted else address)
    if is_pasted:
        reader.own(address)
    reader.tab.wait_for_selector("#verdict")

    drawn = case.certificate.record["visits"].get(case.frame.rows.handle(row["opening"]["index"]).hex(), ())
    assert "被抽中" in reader.verdict()
    assert ("未被抽中" in reader.verdict()) is not bool(drawn)
    assert all(f"{item} 检查" in reader.verdict() for item in drawn)
    assert "food 检查" in reader.tab.inner_text("#result")


def test_a_torn_qr_code_is_said_to_be_so(reader: Reader) -> None:
    reader.tab.goto("about:blank")
    reader.tab.goto(PAGE + "#rowz=abcd")
    reader.tab.wait_for_selector("#verdict")

    assert "二维码内容不完整" in reader.verdict()
