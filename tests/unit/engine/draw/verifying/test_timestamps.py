"""RFC 3161 time stamps, made offline by OpenSSL with an authority of its own."""

import base64
import json
import shutil
import subprocess
from datetime import datetime, timedelta

import pytest

from engine.draw.publishing.bundle import compact_bundle
from engine.draw.verifying.timestamps import TimestampCheck, is_over, read_token, timestamp_request, token_record
from engine.draw.verifying.verification import verify_bundle
from engine.errors import DrawError, UsageError
from engine.store.draws.expectations import read_certificates
from tests.authority import time_stamping_authority
from tests.draw_cases import attached_case

OPENSSL = shutil.which("openssl")
if OPENSSL is None:
    pytest.skip("no OpenSSL program on this machine: install openssl to try time stamps", allow_module_level=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Answers requests; its root certificate lies in ``root.pem``."""
    folder = tmp_path_factory.mktemp("tsa")
    return folder, time_stamping_authority(folder, openssl=OPENSSL)


def bundle_with(tokens, **changes):
    case, attached = attached_case(**changes)
    whole = compact_bundle(case.commitment, case.certificate, frame=case.frame.hashed, roster=case.roster.officers)
    return json.loads(json.dumps({**whole, **attached, "timestamps": tokens}))


def states(bundle, roots):
    found = verify_bundle(bundle, further=[TimestampCheck(roots)])
    return {check.name: check.state.value for check in found.checks if check.name.startswith("timestamps.")}


def test_a_token_is_checked_offline_against_given_roots(authority):
    folder, answer = authority
    case, _ = attached_case()
    digest = case.certificate.digest
    raw = answer(timestamp_request(digest))
    bundle = bundle_with([token_record(raw, over="certificate")])
    roots = read_certificates([folder / "root.pem"], option="--tsa-root")

    assert is_over(read_token(raw), digest)
    assert states(bundle, roots) == {"timestamps.commitment": "not_checked", "timestamps.certificate": "passed"}
    assert states(bundle, [])["timestamps.certificate"] == "not_checked"

    other = bundle_with([token_record(answer(timestamp_request("ab" * 32)), over="certificate")])
    assert states(other, roots)["timestamps.certificate"] == "failed"
    changed = bytearray(raw)
    changed[-5] ^= 1
    assert states(bundle_with([token_record(bytes(changed), over="certificate")]), roots)["timestamps.certificate"] == (
        "failed"
    )


def test_a_root_nobody_trusts_is_no_root(authority, tmp_path):
    folder, answer = authority
    case, _ = attached_case()
    bundle = bundle_with([token_record(answer(timestamp_request(case.certificate.digest)), over="certificate")])
    words = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-config", str(folder / "tsa.cnf"))
    made = ("-keyout", "k", "-out", "r.pem", "-subj", "/CN=other", "-extensions", "root")
    subprocess.run([OPENSSL, "req", "-x509", *words, *made], cwd=tmp_path, check=True, capture_output=True)

    assert (
        states(bundle, read_certificates([tmp_path / "r.pem"], option="--tsa-root"))["timestamps.certificate"]
        == "failed"
    )


def test_a_commitment_stamped_after_its_first_event_fails(authority):
    folder, answer = authority
    case, _ = attached_case()
    raw = answer(timestamp_request(case.commitment.digest.hex()))
    stamped = read_token(raw).tst_info.gen_time
    assert stamped > datetime.fromisoformat(case.commitment.record["not_before"]) - timedelta(days=4000)
    late = stamped > datetime.fromisoformat(case.commitment.record["not_before"])

    found = states(
        bundle_with([token_record(raw, over="commitment")]),
        read_certificates([folder / "root.pem"], option="--tsa-root"),
    )

    assert found["timestamps.commitment"] == ("failed" if late else "passed")


def test_what_is_no_token_or_no_certificate_is_refused(tmp_path):
    with pytest.raises(DrawError):
        read_token(b"nothing")
    bundle = bundle_with([{"over": "certificate", "token": base64.b64encode(b"nothing").decode()}])
    assert states(bundle, [])["timestamps.certificate"] == "failed"
    (tmp_path / "x.pem").write_text("x")
    with pytest.raises(UsageError):
        read_certificates([tmp_path / "x.pem"], option="--tsa-root")
