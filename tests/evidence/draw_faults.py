"""Is one commitment one draw, whole or not at all, whatever happens to the processes that make it?

``draw_killed``: processes killed at random moments of commit, run and substitute (the moment is a call into the store
or the step, drawn evenly over the whole step); taken again by somebody whom nobody kills, there must be one commitment,
at most one certificate with the bytes of the undisturbed draw, its tables once, one substitution, every attempt that
touched anything on record, an unbroken ledger and nothing left behind.

``draw_two_operators``: two processes take the same step at the same moment; one does it, the other is refused, both are
on record. Two different people who sign a commitment at the same moment have both signed; one person twice signs once.
``draw_replay``: a second draw from the same commitment is refused and changes nothing.
"""

import tempfile
from pathlib import Path

from engine.simulation.stream import stream
from models.demonstrations.city import demonstrate_city
from tests.draw_faults import (
    Points,
    count_calls,
    kill_once,
    make_points,
    replay,
    two_at_once,
    two_signatures_at_once,
)

MOMENTS = {"commit": 20, "run": 20, "substitute": 10}


def run(*, full: bool, base: Path | None = None, database_url: str | None = None) -> list[dict[str, object]]:
    """Return the three claims; ``base`` is a demonstration's workspace, made here if not given."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if base is None:
            base = folder / "base"
            demonstrate_city(base, n_entities=3000, years=6, seed=7)
        points = make_points(base, folder)
        moments = MOMENTS if full else dict.fromkeys(MOMENTS, 1)
        return [
            _killed(points, moments, folder=folder / "trial", database_url=database_url),
            _claim(
                "draw_two_operators",
                n=len(MOMENTS) + 2,
                found=[
                    fault
                    for step in MOMENTS
                    for fault in two_at_once(points, step, folder=folder / "trial", database_url=database_url)
                ]
                + two_signatures_at_once(points, folder=folder / "trial", database_url=database_url),
            ),
            _claim("draw_replay", n=1, found=replay(points, folder=folder / "trial", database_url=database_url)),
        ]


def _killed(points: Points, moments: dict[str, int], *, folder: Path, database_url: str | None) -> dict[str, object]:
    generator, found = stream(20260301, "draw faults"), []
    for step, n_moments in moments.items():
        n_calls = count_calls(points, step, folder.parent)
        for stop in generator.integers(1, n_calls, size=n_moments).tolist():
            found += kill_once(points, step, stop=stop, folder=folder, database_url=database_url)
    return _claim("draw_killed", n=sum(moments.values()), found=found)


def _claim(name: str, *, n: int, found: list[str]) -> dict[str, object]:
    return {"name": name, "n": n, "value": len(found), "low": 0, "high": 0, "passed": not found, "faults": found}
