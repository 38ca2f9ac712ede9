"""Bundle folders and compact files: whole or not there, and any change to a file is named."""

import json

import pytest

from engine.api.draws.verification import verify
from engine.draw.protocol.encoding import canonical_json
from engine.draw.publishing.bundle import bundle_files, compact_bundle, compact_chunks, is_withheld
from engine.errors import SourceNotFoundError, StoreError, UsageError
from engine.store.draws.bundles import write_bundle, write_compact
from tests.draw_cases import make_case

CASE = make_case()
DIGEST = CASE.commitment.digest.hex()


def files():
    return bundle_files(CASE.commitment, CASE.certificate, frame=CASE.frame.hashed, roster=CASE.roster.officers)


@pytest.fixture
def folder(tmp_path):
    return write_bundle(tmp_path / "draws" / "2026-017", files())


def checked(path, **expected):
    return verify(path, **{"expect_commit": None, "expect_entropy": None, **expected})


def test_folder_verifies_and_is_anchored_by_the_expected_digest(folder):
    assert (checked(folder).ok, checked(folder).anchored) == (True, False)
    assert checked(folder, expect_commit=DIGEST.upper()).anchored
    assert checked(folder, expect_commit="0" * 64).failed == ("commitment.anchored",)


def test_compact_file_is_canonical_json_and_says_the_same(tmp_path):
    arguments = {"frame": CASE.frame.hashed, "roster": CASE.roster.officers}
    path = write_compact(
        tmp_path / "compact.json",
        compact_chunks(CASE.commitment, CASE.certificate, **{**arguments, "frame": CASE.frame.rows}),
    )

    assert path.read_bytes() == canonical_json(compact_bundle(CASE.commitment, CASE.certificate, **arguments))
    assert checked(path, expect_commit=DIGEST).anchored


def test_expected_entropy_is_read_from_a_file(folder, tmp_path):
    path = tmp_path / "entropy.json"
    values = {value.source: value.value for value in CASE.values}

    path.write_text(json.dumps(values))
    assert checked(folder, expect_entropy=path).ok
    path.write_text(json.dumps({**values, "fc3d": "408"}))
    assert checked(folder, expect_entropy=path).failed == ("entropy.expected",)
    path.write_text(json.dumps({**values, "ssq": "x"}))
    assert checked(folder, expect_entropy=path).failed == ("entropy.expected",)


@pytest.mark.parametrize("content", ["[]", '{"fc3d": 407}', "{", '{"a": 1.5}'])
def test_entropy_file_of_another_form_is_refused(folder, tmp_path, content):
    path = tmp_path / "entropy.json"
    path.write_text(content)

    with pytest.raises(UsageError):
        checked(folder, expect_entropy=path)


def test_missing_files_and_malformed_digests_are_usage_errors(folder, tmp_path):
    with pytest.raises(SourceNotFoundError):
        checked(tmp_path / "nowhere")
    with pytest.raises(SourceNotFoundError):
        checked(folder, expect_entropy=tmp_path / "nowhere.json")
    with pytest.raises(UsageError):
        checked(folder, expect_commit="abc")


def flip(path, at):
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(bytes(raw))


def edit(path, change):
    value = json.loads(path.read_bytes())
    change(value)
    path.write_bytes(canonical_json(value))


DAMAGES = [
    (lambda f: flip(f / "frame" / "000000.bin", 5), "frame.root"),
    (lambda f: flip(f / "frame" / "000000.bin", -1), "frame.root"),
    (lambda f: (f / "frame" / "000000.bin").write_bytes(b"\0" * 33), "format"),
    (lambda f: (f / "frame" / "000000.bin").unlink(), "format"),
    (lambda f: (f / "manifest.json").unlink(), "format"),
    (lambda f: (f / "certificate.json").write_bytes(b"{"), "format"),
    (lambda f: (f / "certificate.json").write_bytes(b"[]"), "format"),
    (lambda f: edit(f / "manifest.json", lambda m: m.update(shard_rows=5)), "format"),
    (lambda f: edit(f / "manifest.json", lambda m: m.update(certificate_digest="0" * 64)), "format"),
    (lambda f: edit(f / "manifest.json", lambda m: m.update(items=m["items"][::-1])), "format"),
    (lambda f: edit(f / "manifest.json", lambda m: m.update(strata=m["strata"][:1])), "format"),
    (lambda f: edit(f / "manifest.json", lambda m: m.update(shards=["0" * 64])), "frame.root"),
    (lambda f: edit(f / "manifest.json", lambda m: m.update(commit_digest="0" * 64)), "commitment.digest"),
    (lambda f: edit(f / "roster.json", lambda r: r.pop()), "roster.root"),
    (lambda f: edit(f / "roster.json", lambda r: r.reverse()), "roster.root"),
    (lambda f: edit(f / "commitment.json", lambda c: c.update(approval="x")), "commitment.digest"),
]


@pytest.mark.parametrize(("damage", "named"), DAMAGES)
def test_any_damage_to_the_folder_is_named(folder, damage, named):
    damage(folder)

    assert named in checked(folder).failed


def test_bundle_is_never_overwritten(folder):
    with pytest.raises(StoreError, match="one commitment is one draw"):
        write_bundle(folder, files())


def test_interrupted_writing_leaves_no_bundle(tmp_path):
    def broken():
        yield next(files())
        raise KeyboardInterrupt

    target = tmp_path / "draw"
    with pytest.raises(KeyboardInterrupt):
        write_bundle(target, broken())
    assert not target.exists()
    assert checked(write_bundle(target, files())).ok


def test_unwritable_place_is_a_store_error(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="cannot be written"):
        write_bundle(tmp_path / "file" / "draw", files())
    with pytest.raises(StoreError, match="cannot be written"):
        write_compact(tmp_path / "file" / "compact.json", [b"{}"])


def test_sealed_content_is_withheld_until_its_release():
    sealed = make_case(changes={"profile": "sealed", "release": "2026-06-01T00:00:00+08:00"}).commitment

    assert is_withheld(sealed, now="2026-05-31T23:59:59+08:00")
    assert not is_withheld(sealed, now="2026-06-01T00:00:00+08:00")
    assert not is_withheld(CASE.commitment, now="2026-01-01T00:00:00+08:00")
    assert not is_withheld(sealed, now=None)
