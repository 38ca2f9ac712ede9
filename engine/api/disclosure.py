"""Whether the content of a finished draw may stand beside results by name: the reader's guess, made beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.draw.attachments import SUBSTITUTIONS
from engine.draw.frame import EXCLUSION_MARK, BlindedFrame, is_exclusion
from engine.draw.published import PublishedDraw
from engine.draw.substitution import RESERVE
from engine.messages import Message
from engine.parameters import PolicyBook
from engine.publicity.disclosure import DisclosureLimits, Linkage, judge_linkage
from engine.store.bundles import read_bundle

POLICY = "publicity.disclosure"


@dataclass(frozen=True, slots=True)
class DrawDisclosure:
    """The judgement of one draw.

    Parameters
    ----------
    visits, frame : of the objects drawn, and of all rows.
    problems : why the content must not stand beside names; empty when it may.
    """

    visits: Linkage
    frame: Linkage
    problems: tuple[Message, ...]


def read_limits(book: PolicyBook, *, on: date) -> DisclosureLimits:
    """Return the limits of policy ``publicity.disclosure``."""
    value = book.value(POLICY, on=on)
    return DisclosureLimits(
        int(value["least_visits"]), Fraction(str(value["most_share"])), Fraction(str(value["most_gain"]))
    )


def draw_disclosure(folder: Path, *, limits: DisclosureLimits) -> DrawDisclosure:
    """Return the judgement of a published bundle folder; cost: one reading of its rows.

    Raises
    ------
    BundleUnreadableError
        The folder is no bundle.
    """
    return judge_draw(read_bundle(folder), limits=limits)


def judge_draw(published: PublishedDraw, *, limits: DisclosureLimits) -> DrawDisclosure:
    """Return the judgement of a draw as read; a draw with equal ratios in every item shows no class."""
    frame = published.frame
    levels = None if frame is None else _levels(frame, published.commit["items"])
    if frame is None or levels is None or not levels.any():
        nothing = Linkage(0, 0, 0, 0.0, 0.0, 0.0)
        return DrawDisclosure(nothing, nothing, ())
    groups = _groups(frame, published.commit.get("match", {}).get("officer_districts", {}))
    told = _told_apart(frame, published)
    drawn = np.zeros(frame.size, dtype=np.bool_)
    visits = set(published.certificate.get("visits", ()))
    drawn = np.array([frame.handle(row).hex() in visits for row in range(frame.size)])
    is_outside = np.array([*(is_exclusion(stratum) for stratum in frame.strata), False])
    seen = (drawn, np.ones(frame.size, dtype=np.bool_), is_outside[frame.codes].any(axis=1))
    known = [judge_linkage(groups[rows], levels=levels[rows]) for rows in seen]
    known.append(judge_linkage(told[told > 0], levels=levels[told > 0]))
    problems = {str(one): one for linkage in known for one in linkage.problems(limits)}
    return DrawDisclosure(known[0], known[1], tuple(problems.values()))


def _told_apart(frame: BlindedFrame, published: PublishedDraw) -> NDArray[np.int64]:
    """Return 1 for rows of which a substitution says that the object was closed or not found, else 0.

    A named result says the same of a firm, so that the two can be joined.
    """
    entries = published.attached.get(SUBSTITUTIONS, {}).get("entries", ())
    replaced = {entry["replaced"] for entry in entries if entry["kind"] == RESERVE}
    return np.array([frame.handle(row).hex() in replaced for row in range(frame.size)], dtype=np.int64)


def _levels(frame: BlindedFrame, terms: Mapping[str, Mapping[str, Mapping[str, str]]]) -> NDArray[np.int64]:
    """Return the rank of every row's ratio, by the item in which it ranks highest."""
    levels = np.zeros(frame.size, dtype=np.int64)
    for position, item in enumerate(frame.items):
        ratios = {stratum: Fraction(ratio) for stratum, ratio in terms[item]["ratios"].items()}
        order = {ratio: rank for rank, ratio in enumerate(sorted(set(ratios.values())))}
        ranks = np.array([order.get(ratios.get(_behind(stratum), Fraction(-1)), 0) for stratum in (*frame.strata, "")])
        levels = np.maximum(levels, ranks[frame.codes[:, position]])
    return levels


def _behind(stratum: str) -> str:
    """Return the stratum behind an exclusion ``!reason!stratum``."""
    return stratum.rsplit(EXCLUSION_MARK, 1)[-1]


def _groups(frame: BlindedFrame, officer_districts: Mapping[str, list[str]]) -> NDArray[np.int64]:
    """Return the number of every row's group: the items that apply to it and the districts of its strata."""
    areas: dict[str, int] = {}
    named = [";".join(officer_districts.get(_behind(stratum), ())) for stratum in frame.strata]
    area_of = np.array([*(areas.setdefault(area, len(areas) + 1) for area in named), 0], dtype=np.int64)
    groups = np.zeros(frame.size, dtype=np.int64)
    for position in range(len(frame.items)):
        _, groups = np.unique(groups * (len(areas) + 2) + area_of[frame.codes[:, position]], return_inverse=True)
    return groups.astype(np.int64)
