"""Which model decided which population from which day on, and the draft that gives the office back to the one before.

The days are those of policy ``grading.champion``; where policy gives a name alone, a promotion changes the model too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import pandas as pd

from engine.api.policies.amendment import DraftedPolicy, draft_policy
from engine.api.scoring.learned import Promotion, promotion_of, promotions
from engine.errors import PolicyInconsistentError
from engine.grading.champions import CHAMPION, PINNED, read_champions
from engine.messages import N_, Message
from engine.parameters import DatedValue, Parameter, PolicyBook
from engine.pipeline.assessment import SCORECARD_MODEL
from engine.pipeline.ports import Actor, Clock
from engine.store.workspaces.policies import APPROVED, DRAFTED, policies_of
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import whole_population

OTHERS = ""
"""Stands for every population that policy does not name."""


@dataclass(frozen=True, slots=True)
class Deciding:
    """A model and the day from which it decides a population.

    Parameters
    ----------
    population : :data:`OTHERS` for all that policy does not name. since : first day. model : as policy names it.
    digest, promotion : of the stored model and the backtest it won; empty for the scorecard, and where none was
        promoted. reference : what the choice rests on. drafted_by, approved_by : who; empty for the shipped policy.
    """

    population: str
    since: date
    model: str
    digest: str
    promotion: str
    reference: str
    drafted_by: str = ""
    approved_by: str = ""

    @property
    def is_scorecard(self) -> bool:
        """Whether the points scorecard decides, set by people and not learned."""
        return self.model == SCORECARD_MODEL

    @property
    def can_decide(self) -> bool:
        """Whether a run could grade by it: the scorecard always, a learned model once it was promoted."""
        return self.is_scorecard or bool(self.digest)

    @property
    def named(self) -> str:
        """What policy has to say so that it decides."""
        return f"{self.model}{PINNED}{self.digest}" if self.digest else self.model


def champion_history(workspace: Workspace, *, profile: str) -> tuple[Deciding, ...]:
    """Return who decides from when, by population and day.

    Of :data:`OTHERS` every value of policy is there, of a population only what changed who decides.
    """
    book, held = policies_of(workspace, profile), promotions(workspace)
    days = book.parameter(CHAMPION).values
    named = {str(name) for dated in days.values() for name in dated.value["populations"] or {}}
    people = _people(workspace, profile=profile)
    found: list[Deciding] = []
    for population in sorted({OTHERS, *named, *(each.population for each in held)}):
        own = _of_population(book, held, population=population, people=people)
        is_kept = [population == OTHERS or not at or _who(each) != _who(own[at - 1]) for at, each in enumerate(own)]
        found += [each for each, kept in zip(own, is_kept, strict=True) if kept]
    return tuple(found)


def _who(each: Deciding) -> tuple[str, str]:
    return each.model, each.digest


def _of_population(
    book: PolicyBook, held: Sequence[Promotion], *, population: str, people: Mapping[date, tuple[str, str]]
) -> list[Deciding]:
    days = sorted(book.parameter(CHAMPION).values)
    found = []
    for at, day in enumerate(days):
        champions = read_champions(book, on=day)
        model, drafted, approved = champions.of(population), *people.get(day, ("", ""))
        ends = days[at + 1] if at + 1 < len(days) else date.max
        is_free = model != SCORECARD_MODEL and champions.digest_of(population) is None
        later = sorted({date.fromisoformat(each.at[:10]) for each in held if is_free})
        for since in [day, *(each for each in later if day < each < ends)]:
            known = [each for each in held if not is_free or date.fromisoformat(each.at[:10]) <= since]
            won = None if model == SCORECARD_MODEL else promotion_of(known, champions, population=population)
            digest, run = ("", "") if won is None else (won.digest, won.run)
            found.append(Deciding(population, since, model, digest, run, champions.reference, drafted, approved))
    return found


def _people(workspace: Workspace, *, profile: str) -> dict[date, tuple[str, str]]:
    """Who drafted and who approved the value of a day."""
    drafted = {entry.subject: entry for entry in workspace.ledger.entries(action=DRAFTED)}
    found = {}
    for entry in workspace.ledger.entries(action=APPROVED):
        draft = drafted[entry.subject]
        if draft.particulars["profile"] == profile and CHAMPION in draft.particulars["parameters"]:
            for day in draft.particulars["parameters"][CHAMPION]["values"]:
                found[date.fromisoformat(day)] = (draft.actor, entry.actor)
    return found


def champion_before(history: Sequence[Deciding], population: str) -> Deciding | None:
    """Return who decided a population before the last one in its history; None without one that could again."""
    own = [each for each in history if each.population == population]
    return next((each for each in reversed(own[:-1]) if each.can_decide and _who(each) != _who(own[-1])), None)


def deciding_now(workspace: Workspace, population: str, *, profile: str, on: date) -> Deciding:
    """Return who decides a population on a day, since when; one that policy does not name has what all others have.

    Raises
    ------
    PolicyInconsistentError
        Policy names nobody for that day.
    """
    history = champion_history(workspace, profile=profile)
    for name in (population, whole_population(population), OTHERS):
        own = [each for each in history if each.population == name and each.since <= on]
        if own:
            same = [at for at, each in enumerate(own) if _who(each) != _who(own[-1])]
            return own[same[-1] + 1 if same else 0]
    raise PolicyInconsistentError(name=CHAMPION, problem=Message(N_("it names nobody for {day}"), {"day": on}))


def champion_table(workspace: Workspace, *, profile: str, on: date) -> pd.DataFrame:
    """Return :func:`champion_history` as a table.

    Returns
    -------
    DataFrame, key (population, since): model, digest, promotion, reference, drafted_by, approved_by, state (before,
    now, to come), back_to (what policy would have to say to return from the last one, empty without).
    """
    history = champion_history(workspace, profile=profile)
    rows = []
    for at, each in enumerate(history):
        after = history[at + 1] if at + 1 < len(history) else None
        is_last = after is None or after.population != each.population
        is_over = not is_last and after is not None and after.since <= on
        back = champion_before(history, each.population) if is_last else None
        state = "to come" if each.since > on else "before" if is_over else "now"
        rows.append({**asdict(each), "state": state, "back_to": "" if back is None else back.named})
    return pd.DataFrame(rows)


def champion_parameter(
    book: PolicyBook, named: Mapping[str, str], *, reference: str, today: date, since: date | None = None
) -> Parameter:
    """Return ``grading.champion`` with the models named beside those that stand.

    Parameters
    ----------
    book : what stands. named : model by population, ``name`` or ``name@digest``. reference : what it rests on.
    today : the value begins after it. since : first day; None = the first of the next month that is free.
    """
    standing = book.parameter(CHAMPION)
    last = max(standing.values)
    value = standing.values[last].value
    merged = {"default": value["default"], "populations": {**(value["populations"] or {}), **named}}
    return Parameter(CHAMPION, standing.unit, {since or free_month(book, today=today): DatedValue(merged, reference)})


def free_month(book: PolicyBook, *, today: date) -> date:
    """Return the first of the next month after today and after the last value of ``grading.champion``."""
    since = max(today, *book.parameter(CHAMPION).values)
    return (since.replace(day=1) + timedelta(days=32)).replace(day=1)


def next_free_month(workspace: Workspace, *, profile: str, on: date) -> date:
    """Return the first day from which a draft on who decides may hold, at the beginning of a month."""
    return free_month(policies_of(workspace, profile), today=on)


def draft_return(
    workspace: Workspace,
    population: str,
    *,
    profile: str,
    reason: str,
    actor: Actor,
    clock: Clock,
    since: date | None = None,
    reference: str = "",
) -> DraftedPolicy:
    """Enter a draft that lets the model before decide a population again; a second person puts it in force.

    Parameters
    ----------
    population : as policy names it. since : first day, None = the first of the next month that is free.
    reason : why; stands in the ledger. reference : document it rests on, empty = the reason.

    Raises
    ------
    PolicyInconsistentError
        There is no earlier model to return to, no reason is given, or the draft breaks a rule (see
        :func:`engine.api.policies.amendment.draft_policy`); nothing is stored.
    """
    back = champion_before(champion_history(workspace, profile=profile), population)
    if back is None or population == OTHERS:
        problem = Message(N_("{population} has no earlier model to return to"), {"population": population or "-"})
        raise PolicyInconsistentError(name=CHAMPION, problem=problem)
    if not reason.strip():
        raise PolicyInconsistentError(name=CHAMPION, problem=Message(N_("say why the model before is to decide again")))
    book = policies_of(workspace, profile)
    value = champion_parameter(
        book, {population: back.named}, reference=reference.strip() or reason, today=clock().date(), since=since
    )
    return draft_policy(workspace, {CHAMPION: value}, profile=profile, reason=reason, actor=actor, clock=clock)
