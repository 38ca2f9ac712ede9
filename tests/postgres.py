"""A PostgreSQL server of its own for a test or a claim, on a socket in a temporary folder."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def program(name: str) -> str | None:
    """Return the path of a server program, also where Debian keeps it."""
    places = [shutil.which(name), *map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True))]
    return next((place for place in places if place), None)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a server whose files live in ``folder``; gives a URL in which ``{name}`` stands for the database."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    assert initdb and pg_ctl, "ask program() first"
    user = "postgres" if os.getuid() == 0 else None  # the server refuses to run as root
    if user:
        for each in (folder, *folder.parents):
            if each == Path(tempfile.gettempdir()) or each.owner() != "root":
                break
            each.chmod(each.stat().st_mode | 0o055)  # the server must reach its files
        shutil.chown(folder, user)

    def run(*command: str, check: bool = True) -> None:
        path = {"PATH": os.environ["PATH"]}
        subprocess.run(command, check=check, capture_output=True, user=user, cwd=folder, env=path)

    run(initdb, "-D", f"{folder}/data", "-U", "xinheng", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    run(pg_ctl, "-D", f"{folder}/data", "-o", options, "-l", f"{folder}/log", "-w", "start")
    try:
        yield f"postgresql+psycopg://xinheng@/{{name}}?host={folder}"
    finally:
        # where nobody collects the ended process, pg_ctl waits for it in vain; an ended server leaves no mark
        run(pg_ctl, "-D", f"{folder}/data", "-m", "immediate", "-w", "stop", check=False)
        assert not (folder / "data" / "postmaster.pid").exists(), "the server did not stop"
