"""What every test may ask for, and the rule that continuous integration skips nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def reference_folder() -> Path | None:
    """Return the folder with the reference records, or None where it is absent."""
    named = os.environ.get("XINHENG_REFERENCE")
    for folder in ([Path(named)] if named else []) + [ROOT.parent / "shared"]:
        if (folder / "data").is_dir():
            return folder / "data"
    return None


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder with the reference inspection records, one sub-folder per regulator; skips where it is absent."""
    folder = reference_folder()
    if folder is None:
        pytest.skip("reference records absent: set XINHENG_REFERENCE to the folder that holds data/")
    return folder


@pytest.fixture(autouse=True)
def _language_of_the_command_line() -> Iterator[None]:
    """Forget what ``--lang`` of a command called inside a test chose: it holds for the whole process."""
    before = os.environ.get("XINHENG_LANG")
    yield
    os.environ.pop("XINHENG_LANG", None)
    if before is not None:
        os.environ["XINHENG_LANG"] = before


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turn a run with skips red when XINHENG_FAIL_ON_SKIP is set: there every tool was installed."""
    if not os.environ.get("XINHENG_FAIL_ON_SKIP") or exitstatus != pytest.ExitCode.OK:
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
