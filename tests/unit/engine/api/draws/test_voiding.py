"""A void draw stays in the chain, verifies with its reason, and cannot be a choice among results."""

from datetime import datetime, timedelta

import pandas as pd
import pytest

from engine.api.draws.order import CERTIFIED, COMMITTED
from engine.api.draws.running import run_draw
from engine.api.draws.signing import sign_draw
from engine.api.draws.verification import verify
from engine.api.draws.voiding import void_draw
from engine.api.workspace import open_workspace
from engine.draw.protocol.encoding import canonical_json
from engine.errors import AlreadyDrawnError, DrawError, UsageError
from engine.pipeline.ports import Actor
from engine.store.draws.folders import DrawFolder, PrivateDraw
from tests.draw_cases import COMMITTED_AT, NOT_BEFORE, make_case

FIRST, SECOND = Actor("first", "officer"), Actor("second", "officer")
EARLY = datetime.fromisoformat(COMMITTED_AT) + timedelta(hours=1)
CASE = make_case()


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "workspace").mkdir()
    opened = open_workspace(tmp_path / "workspace", create=True)
    opened.decisions.migrate()

    empty = pd.DataFrame({"object_id": pd.Series([], dtype=str)})
    private = PrivateDraw(CASE.frame.key, *[empty] * 6, {"seed": 7, "as_of": "2026-03-01"})
    DrawFolder(opened.path, draw_id="2026-017").write(canonical_json(CASE.commitment.record), private)
    content = {"commit_digest": CASE.commitment.digest.hex()}
    opened.ledger.append(COMMITTED, subject="2026-017", actor=FIRST, at=EARLY, content=content)
    return opened


def close(workspace, *, at=EARLY, actor=SECOND, reason="the lottery was cancelled"):
    return void_draw(workspace, "2026-017", reason=reason, actor=actor, clock=lambda: at)


def test_a_void_draw_verifies_with_its_reason_and_is_the_next_link_of_the_chain(workspace):
    closed = close(workspace)

    found = verify(
        workspace.path / "draws" / "2026-017", expect_commit=CASE.commitment.digest.hex(), expect_entropy=None
    )
    assert found.failed == ("signatures.certificate",), "one of two has signed"
    sign_draw(workspace, "2026-017", actor=FIRST, clock=lambda: EARLY)
    found = verify(
        workspace.path / "draws" / "2026-017", expect_commit=CASE.commitment.digest.hex(), expect_entropy=None
    )
    assert found.ok and found.anchored and found.caution is None
    assert "cancelled" in str(next(c.detail for c in found.checks if c.name == "certificate.digest"))
    (entry,) = workspace.ledger.entries(action=CERTIFIED)
    assert entry.particulars["certificate_digest"] == closed.digest


def test_a_changed_reason_is_named(workspace):
    close(workspace)
    path = workspace.path / "draws" / "2026-017" / "certificate.json"
    path.write_bytes(path.read_bytes().replace(b"cancelled", b"forgotten"))

    found = verify(path.parent, expect_commit=None, expect_entropy=None)
    assert found.failed == ("certificate.digest", "signatures.certificate")


def test_nothing_is_drawn_from_a_void_commitment_and_it_is_void_once(workspace):
    close(workspace)

    with pytest.raises(AlreadyDrawnError):
        run_draw(workspace, "2026-017", values=CASE.values, actor=SECOND, clock=lambda: EARLY)
    with pytest.raises(AlreadyDrawnError):
        close(workspace)


def test_once_the_result_can_be_known_only_a_missed_deadline_voids(workspace):
    with pytest.raises(DrawError, match="can be known"):
        close(workspace, at=datetime.fromisoformat(NOT_BEFORE))
    close(workspace, at=datetime.fromisoformat("2026-03-08T00:00:01+08:00"))


def test_it_takes_a_second_person_and_a_reason(workspace):
    with pytest.raises(DrawError, match="second person"):
        close(workspace, actor=FIRST)
    with pytest.raises(UsageError):
        close(workspace, reason=" ")
    assert not workspace.ledger.entries(action=CERTIFIED)
