"""The claim about the verifier page, on a small draw."""

import shutil

import pytest

from tests.evidence import draw_verifier_page

pytestmark = pytest.mark.browser
if shutil.which("chromium") is None:
    pytest.skip("no Chromium on this machine: install it to try the page", allow_module_level=True)
pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")


def test_ten_tamperings_are_named_and_firms_open_their_rows():
    found = draw_verifier_page.run(full=False)

    assert found["faults"] == []
    assert len(found["red_by_tampering"]) == 10
