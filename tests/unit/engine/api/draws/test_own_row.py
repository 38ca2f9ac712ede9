import base64
import json
import zlib
from hashlib import sha256

import pytest

from engine.api.draws.own_row import own_row, packed_row, row_address, row_code
from engine.draw.protocol.encoding import canonical_json
from engine.errors import DrawError
from tests.draw_cases import make_case


@pytest.fixture(scope="module")
def content():
    case = make_case(simulated=True)
    record = case.certificate.record
    return canonical_json(
        own_row(case.frame, commitment=case.commitment, certificate=record, object_id=case.frame.object_ids[0])
    )


def test_the_packed_text_gives_the_file_back(content):
    packed = packed_row(content)

    squeezed = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    assert zlib.decompress(squeezed, -zlib.MAX_WBITS) == content
    assert row_address(content, page="verifier.html") == f"verifier.html#rowz={packed}"


def test_a_row_of_a_million_objects_and_eight_items_fits_one_code(content):
    row = json.loads(content)
    row["opening"]["proof"] = [sha256(b"%d" % n).hexdigest() for n in range(20)]
    row["cells"] = [{**row["cells"][0], "item": f"item{n}", "tau": sha256(b"tau%d" % n).hexdigest()} for n in range(8)]

    assert row_code(canonical_json(row), page="https://example.gov.cn/verifier.html").startswith(b"<?xml")


def test_names_of_items_go_into_the_code_where_they_fit(content):
    row = {**json.loads(content), "names": {"food": "餐饮服务食品安全检查"}}
    long = {**row, "names": {f"item{n}": sha256(b"name%d" % n).hexdigest() for n in range(60)}}
    page = "https://example.gov.cn/verifier.html"

    assert row_code(canonical_json(row), page=page) != row_code(content, page=page)
    assert row_code(canonical_json(long), page=page) == row_code(content, page=page)


def test_what_does_not_fit_a_code_is_refused_in_words():
    with pytest.raises(DrawError, match="do not fit one QR code"):
        row_code(canonical_json({"x": [sha256(b"%d" % n).hexdigest() for n in range(90)]}), page="")
