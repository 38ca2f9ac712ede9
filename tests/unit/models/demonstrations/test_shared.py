"""A demonstration's folder: one at a time, and what stood there stands until the next one succeeds."""

import pytest

from engine.errors import UsageError
from models.demonstrations.shared import MARKER, own_workspace


def made(path, name):
    with own_workspace(path):
        (path / name).write_text(name)


def test_a_second_demonstration_in_the_same_folder_is_refused_and_the_first_goes_on(tmp_path):
    path = tmp_path / "city"
    with own_workspace(path):
        (path / "one").write_text("one")
        with pytest.raises(UsageError, match="another demonstration"), own_workspace(path):
            pass
        assert (path / "one").is_file()

    assert sorted(each.name for each in tmp_path.iterdir()) == ["city"]


def test_a_demonstration_that_fails_gives_the_earlier_one_back(tmp_path):
    path = tmp_path / "city"
    made(path, "one")

    with pytest.raises(ZeroDivisionError), own_workspace(path):
        assert not (path / "one").exists()
        raise ZeroDivisionError

    assert (path / "one").is_file()


def test_what_a_killed_one_left_gives_way_and_not_what_stood_before_it(tmp_path):
    path = tmp_path / "city"
    made(path, "one")
    path.rename(tmp_path / ".city.earlier")  # as a kill leaves it: the earlier set aside, a half-made one in its place
    path.mkdir()
    (path / MARKER).write_text("")

    with pytest.raises(ZeroDivisionError), own_workspace(path):
        raise ZeroDivisionError

    assert (path / "one").is_file()


def test_a_folder_that_no_demonstration_made_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")

    with pytest.raises(UsageError, match="no demonstration made"), own_workspace(tmp_path / "mine"):
        pass

    assert (tmp_path / "mine" / "thesis.txt").is_file()
