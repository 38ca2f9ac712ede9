"""Policies over years: what each finds, and what it no longer sees; a simulation on stated assumptions."""

from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from engine.errors import UsageError
from engine.messages import N_, Message
from engine.pipeline.long_run import LongRun, run_long
from engine.pipeline.ports import Progress, silent
from engine.pipeline.yearly_grading import read_yearly_grading
from engine.ratios.policy import read_ratio_policy
from engine.simulation.stream import stream
from engine.simulation.yearly_world import Reactions, yearly_world
from engine.store.documents import load_policies

FEWEST_FIRMS, MOST_FIRMS = 2_000, 200_000
WARM_UP_YEARS = 2


@dataclass(frozen=True, slots=True)
class LongRunOrder:
    """What is to be run.

    Parameters
    ----------
    as_of : day of the policy. profile : its name; its floors hold, and ``graded`` follows its proportions.
    n_firms, years, repeats, seed : size of the city, years of the run, cities, seed.
    share : checks a year as a share of firms, 0..1.
    total_cv : what ``optimised`` must keep: coefficient of variation as a multiple of a uniform draw's.
    reactions : assumptions.
    """

    as_of: date
    profile: str = "default"
    n_firms: int = 20_000
    years: int = 5
    repeats: int = 20
    seed: int = 0
    share: float = 0.08
    total_cv: float = 1.5
    reactions: Reactions = field(default_factory=Reactions)


def long_run(order: LongRunOrder, *, progress: Progress = silent) -> pd.DataFrame:
    """Return policies, years and measures as a tidy table.

    Returns
    -------
    DataFrame, key (policy, year, measure, repeat): value. Measures: see ``engine.pipeline.long_run.run_long``.

    Raises
    ------
    UsageError
        A size lies outside its range.
    """
    _require(N_("number of firms"), order.n_firms, FEWEST_FIRMS, MOST_FIRMS)
    _require(N_("number of years"), order.years, 1, 15)
    _require(N_("number of repeats"), order.repeats, 1, 1_000)
    _require(N_("share of firms checked"), order.share, 0.005, 0.5)
    book = load_policies(order.profile)
    policy = read_ratio_policy(book, on=order.as_of)
    grading = read_yearly_grading(book, on=order.as_of, profile=order.profile)
    parts = []
    for repeat in range(order.repeats):
        progress(Message(N_("Run policies over years")), repeat / order.repeats)
        seed = order.seed + repeat
        generator = stream(seed, "long run")
        world = yearly_world(
            n_firms=order.n_firms,
            warm_up=WARM_UP_YEARS,
            years=order.years,
            seed=seed,
            generator=generator,
            reactions=order.reactions,
        )
        run = LongRun(world, WARM_UP_YEARS, order.years, order.share, grading, policy, order.total_cv)
        parts.append(run_long(run, generator=generator).assign(repeat=repeat))
    return pd.concat(parts, ignore_index=True)


def stated_assumptions(order: LongRunOrder) -> tuple[Message, ...]:
    """Return in sentences what a run takes for granted: grades, deterrence, reporting, the shift, the budget."""
    held = order.reactions
    grading = read_yearly_grading(load_policies(order.profile), on=order.as_of, profile=order.profile)
    deterrence = Message(
        N_(
            "deterrence (chosen, logit scale): a finding takes {found} from next year's risk, a check without one "
            "{checked}, a certain check {known} (times the known ratio)"
        ),
        {"found": held.found_effect, "checked": held.checked_effect, "known": held.known_chance_effect},
    )
    reporting = Message(N_("reporting: citizens complain as in the synthetic city, proven complaints reach the grades"))
    if not held.complained:
        reporting = Message(N_("reporting: nobody complains"))
    shift = Message(N_("no shift of conduct"))
    if held.shift_year:
        text = N_(
            "shift (chosen): from year {year} firms of the safest {share} of segments about which nobody had "
            "complained violate more (logit +{effect}), and nobody complains about it"
        )
        shift = Message(
            text, {"year": held.shift_year, "share": f"{held.shift_share:.0%}", "effect": held.shift_effect}
        )
    share = Message(
        N_("every policy checks {share} of the firms a year, in the same cities with the same luck; one item per firm"),
        {"share": f"{order.share:.1%}"},
    )
    return (grading.reference, deterrence, reporting, shift, share)


def long_run_summary(found: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over repeats and its standard error; key (policy, year, measure): n, mean, error.

    ``n`` counts the repeats in which the figure exists: class A has no rate where nobody in it was checked.
    """
    groups = found.groupby(["policy", "year", "measure"], sort=True)["value"]
    table = groups.agg(n="count", mean="mean", sd="std").reset_index()
    return table.assign(error=table["sd"] / table["n"].clip(lower=1) ** 0.5).drop(columns="sd")


def _require(what: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        remedy = Message(N_("choose a number from {least} to {most}"), {"least": least, "most": most})
        raise UsageError(what=Message(what), value=value, remedy=remedy)
