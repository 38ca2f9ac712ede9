"""What was delivered must be what was sent, or nothing of it is loaded."""

import hashlib
import json

import pytest

from engine.errors import ContractError
from tests.small_sources import COMPLAINT_HEADER, ENTITY_HEADER, complaint, counts, entity, take_in, write_lines


@pytest.fixture
def drop(tmp_path):
    folder = tmp_path / "drop"
    write_lines(folder / "entities.csv", ENTITY_HEADER, entity(1))
    write_lines(folder / "complaints.csv", COMPLAINT_HEADER, complaint(1))
    write_manifest(folder)
    return folder


def write_manifest(folder, **changed):
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.csv")}
    listed = [{"name": name, "sha256": digest} for name, digest in {**digests, **changed}.items()]
    (folder / "manifest.json").write_text(json.dumps({"files": listed}), encoding="utf-8")


def test_a_drop_that_agrees_with_its_manifest_loads(drop, workspace):
    assert counts(take_in(workspace, drop)) == {"entities": (1, 1, 0, 0), "complaints": (1, 1, 0, 0)}


def test_upper_case_digests_are_the_same_digests(drop, workspace):
    digest = hashlib.sha256((drop / "entities.csv").read_bytes()).hexdigest()
    write_manifest(drop, **{"entities.csv": digest.upper()})

    assert take_in(workspace, drop)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda f: write_lines(f / "entities.csv", ENTITY_HEADER, entity(2)), "entities.csv.*not what was sent"),
        (lambda f: (f / "entities.csv").unlink(), "entities.csv.*not there"),
        (lambda f: write_lines(f / "penalties.csv", "a", "1"), "penalties.csv.*does not name"),
        (lambda f: (f / "manifest.json").write_text("[]"), "manifest.json.*does not list"),
        (lambda f: (f / "entities.csv.sha256").write_text("ab  entities.csv"), "entities.csv.*not what was sent"),
        (lambda f: (f / "entities.csv.sha256").write_text(""), "entities.csv.sha256.*no digest"),
    ],
)
def test_anything_else_is_refused_before_a_byte_is_written(drop, workspace, spoil, says):
    spoil(drop)

    with pytest.raises(ContractError, match=says) as refused:
        take_in(workspace, drop)

    assert refused.value.exit_status == 10
    assert not workspace.path.exists()


def test_a_digest_beside_one_file_is_compared(tmp_path, workspace):
    source = write_lines(tmp_path / "entities.csv", ENTITY_HEADER, entity(1))
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    (tmp_path / "entities.csv.sha256").write_text(f"{digest}  entities.csv\n", encoding="utf-8")

    assert take_in(workspace, source)
