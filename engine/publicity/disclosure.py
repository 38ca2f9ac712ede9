"""Could a reader of everything published tell a firm's class from the draw it was in? The guess is made beforehand.

A public bundle shows handles, not names; but of every handle it shows the items that apply to it, the districts whose
officers may come, and ratios, whose order is the order of classes. Who knows a firm's line of business and district
(its name and code tell them) knows in which such group its handle lies, and guesses the group's most common class.
Here the publisher makes that guess on the true bundle. A gain over the best guess without groups, a small group or one
in which a class above the lowest prevails makes a bundle *linkable*: it must not stand beside results by name.
Source: l-diversity of quasi-identifiers (Machanavajjhala et al., ACM TKDD 1(1), 2007); docs/decisions/0005.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.messages import N_, Message


@dataclass(frozen=True, slots=True)
class DisclosureLimits:
    """What policy ``publicity.disclosure`` allows.

    Parameters
    ----------
    least_visits : fewest units in a group that a reader can tell apart.
    most_share : largest share of one class above the lowest in a group, 0..1.
    most_gain : largest gain of the guess by groups over the guess without, share of units, 0..1.
    """

    least_visits: int
    most_share: Fraction
    most_gain: Fraction


@dataclass(frozen=True, slots=True)
class Linkage:
    """How much groups tell about classes.

    Parameters
    ----------
    n_units, n_groups : units judged and groups they fall into.
    smallest : units of the smallest group.
    base_share : share of the most common class: the best guess without groups.
    guess_share : share of right guesses when each group's most common class is guessed.
    top_share : largest share of one class above the lowest within a group.
    """

    n_units: int
    n_groups: int
    smallest: int
    base_share: float
    guess_share: float
    top_share: float

    @property
    def gain(self) -> float:
        """Right guesses won by the groups, as a share of units."""
        return self.guess_share - self.base_share

    def problems(self, limits: DisclosureLimits) -> tuple[Message, ...]:
        """Return why the units must not stand beside names, nothing when they may."""
        if not self.n_units:
            return ()
        found = []
        if self.smallest < limits.least_visits:
            template = N_("the smallest group that can be told apart has {n} object(s), {least} are asked")
            found.append(Message(template, {"n": self.smallest, "least": limits.least_visits}))
        if self.top_share > limits.most_share:
            template = N_("in one group {share} of the objects have the same ratio above the lowest, {most} is allowed")
            found.append(
                Message(template, {"share": f"{self.top_share:.1%}", "most": f"{float(limits.most_share):.0%}"})
            )
        if self.gain > limits.most_gain:
            template = N_("guessing by groups is right {gain} more often than guessing without, {most} is allowed")
            found.append(Message(template, {"gain": f"{self.gain:.1%}", "most": f"{float(limits.most_gain):.0%}"}))
        return tuple(found)


def judge_linkage(
    groups: NDArray[np.int64], *, levels: NDArray[np.int64], weights: NDArray[np.float64] | None = None
) -> Linkage:
    """Return how much the group of a unit tells about its level.

    Parameters
    ----------
    groups : number of the group of each unit, >= 0.
    levels : order of its ratio, 0 = lowest, as anybody reads it from the commitment.
    weights : probability that the unit will be among those judged, > 0; every count is then an expected one.

    Notes
    -----
    The counts are the whole population, not a sample, so nothing is corrected for chance: what a small group shows is
    what its members lose. Cost: one sort of the units.
    """
    n_units = len(groups)
    if not n_units:
        return Linkage(0, 0, 0, 0.0, 0.0, 0.0)
    _, group = np.unique(groups, return_inverse=True)
    n_levels = int(levels.max()) + 1
    cells = (int(group.max()) + 1) * n_levels
    table = np.bincount(group * n_levels + levels, weights=weights, minlength=cells).reshape(-1, n_levels)
    sizes, total = table.sum(axis=1), float(table.sum())
    above = table[:, 1:].max(axis=1, initial=0)
    return Linkage(
        n_units=round(total),
        n_groups=len(sizes),
        smallest=int(sizes.min()),
        base_share=float(table.sum(axis=0).max() / total),
        guess_share=float(table.max(axis=1).sum() / total),
        top_share=float((above / sizes).max()),
    )
