"""Whether the content of a finished draw may stand beside results by name: the reader's guess, made beforehand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.draw.populations.frame import EXCLUSION_MARK, BlindedFrame, is_exclusion
from engine.draw.publishing.attachments import SUBSTITUTIONS
from engine.draw.publishing.substitution import RESERVE
from engine.draw.verifying.published import PublishedDraw
from engine.messages import Message
from engine.parameters import PolicyBook
from engine.publicity.disclosure import DisclosureLimits, Linkage, judge_linkage
from engine.store.draws.bundles import read_bundle

POLICY = "publicity.disclosure"
PUBLISHED = "site.published"
"""What the ledger calls a written public site."""
NOTHING = Linkage(0, 0, 0, 0.0, 0.0, 0.0)


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
        return DrawDisclosure(NOTHING, NOTHING, ())
    groups = _groups(frame, published.commit.get("match", {}).get("officer_districts", {}))
    told = _told_apart(frame, published)
    drawn = np.zeros(frame.size, dtype=np.bool_)
    visits = set(published.certificate.get("visits", ()))
    drawn = np.array([frame.handle(row).hex() in visits for row in range(frame.size)])
    seen = (drawn, np.ones(frame.size, dtype=np.bool_), _is_excluded(frame))
    known = [judge_linkage(groups[rows], levels=levels[rows]) for rows in seen]
    known.append(judge_linkage(told[told > 0], levels=levels[told > 0]))
    return DrawDisclosure(known[0], known[1], _problems(known, limits=limits))


def foresee_disclosure(
    frame: BlindedFrame, *, commitment: Mapping[str, Any], limits: DisclosureLimits
) -> DrawDisclosure:
    """Return the judgement that a draw may expect when it is only committed to.

    Who will be drawn is not known: every row counts with the largest of its ratios, the probability of a visit under
    one ticket group. Few expected visits in a group, or a class that prevails among them, come true or not by chance;
    what rows and exclusions tell is certain. A draw without warning can therefore still be withheld.
    """
    terms = commitment["items"]
    levels = _levels(frame, terms)
    if not levels.any():
        return DrawDisclosure(NOTHING, NOTHING, ())
    groups, odds = _groups(frame, commitment["match"].get("officer_districts", {})), _odds(frame, terms)
    is_excluded, can_be_drawn = _is_excluded(frame), odds > 0
    visits = judge_linkage(groups[can_be_drawn], levels=levels[can_be_drawn], weights=odds[can_be_drawn])
    rows = judge_linkage(groups, levels=levels)
    excluded = judge_linkage(groups[is_excluded], levels=levels[is_excluded])
    return DrawDisclosure(visits, rows, _problems((rows, excluded, visits), limits=limits))


def _problems(known: Iterable[Linkage], *, limits: DisclosureLimits) -> tuple[Message, ...]:
    problems = {str(one): one for linkage in known for one in linkage.problems(limits)}
    return tuple(problems.values())


def _is_excluded(frame: BlindedFrame) -> NDArray[np.bool_]:
    """Whether a row is excluded from any item."""
    is_outside = np.array([*(is_exclusion(stratum) for stratum in frame.strata), False])
    return np.asarray(is_outside[frame.codes].any(axis=1), dtype=np.bool_)


def _odds(frame: BlindedFrame, terms: Mapping[str, Mapping[str, Mapping[str, str]]]) -> NDArray[np.float64]:
    """Return the largest ratio of every row, 0 where it is excluded from all items."""
    odds = np.zeros(frame.size)
    for position, item in enumerate(frame.items):
        ratios = terms[item]["ratios"]
        of_stratum = np.array([*(float(Fraction(ratios.get(stratum, "0"))) for stratum in frame.strata), 0.0])
        odds = np.maximum(odds, of_stratum[frame.codes[:, position]])
    return odds


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
