"""A key file is its owner's alone."""

import stat

import pytest

from engine.errors import SourceNotFoundError, UsageError
from engine.store.draws.keys import read_key, write_key


def test_a_new_key_is_readable_by_its_owner_only_and_never_overwritten(tmp_path):
    key = write_key(tmp_path / "own.key")

    assert stat.S_IMODE((tmp_path / "own.key").stat().st_mode) == 0o600
    assert read_key(tmp_path / "own.key") == key
    with pytest.raises(UsageError, match="never overwritten"):
        write_key(tmp_path / "own.key")


def test_a_key_that_others_may_read_is_refused(tmp_path):
    write_key(tmp_path / "own.key")
    (tmp_path / "own.key").chmod(0o640)

    with pytest.raises(UsageError, match="others may read it"):
        read_key(tmp_path / "own.key")


def test_what_is_no_key_is_refused(tmp_path):
    (tmp_path / "x").write_text("short")
    (tmp_path / "x").chmod(0o600)

    with pytest.raises(UsageError, match="32 bytes"):
        read_key(tmp_path / "x")
    with pytest.raises(SourceNotFoundError):
        read_key(tmp_path / "nowhere")
