"""Which stored model decides a population's class, and what applies it; fitting is another package's business.

A model decides where dated policy (``grading.champion``) names it and a promotion gave it the office. The engine names
the applier by its address, as the command table names commands, so that a regulator may put another in its place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from importlib import import_module

import pandas as pd

from engine.errors import MonthlyRunError
from engine.grading.champions import Champions
from engine.messages import N_, Message
from engine.pipeline.assessment import REASONS_KEPT, SCORECARD_MODEL, Scored
from engine.pipeline.ports import Scorer
from engine.store.outputs.model_cards import last_training_day
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import whole_population

APPLIER = "models.registry.scoring:stored_scorer"
"""``module:function`` called with (workspace, digest)."""
PROMOTED = "model.promoted"


@dataclass(frozen=True, slots=True)
class LearnedChampion:
    """A stored model that decides a population's class.

    Parameters
    ----------
    population : str; of a sector its name. name : as policy names it. digest : of its files.
    promotion : the backtest run it won.
    """

    population: str
    name: str
    digest: str
    promotion: str


@dataclass(frozen=True, slots=True)
class Promotion:
    """That a stored model may decide a population's class once policy names it.

    Parameters
    ----------
    population, digest : whose, which. run : the backtest it won. actor : who promoted it. at : RFC 3339.
    """

    population: str
    digest: str
    run: str
    actor: str
    at: str


def promotions(workspace: Workspace) -> tuple[Promotion, ...]:
    """Return every promotion in the order of the ledger."""
    return tuple(
        Promotion(str(row["population"]), str(row["digest"]), entry.subject, entry.actor, entry.entered_at)
        for entry in workspace.ledger.entries(action=PROMOTED)
        for row in entry.particulars["promoted"]
    )


def promotion_of(held: Iterable[Promotion], champions: Champions, *, population: str) -> Promotion | None:
    """Return the promotion of the model that policy lets decide a population; None where there is none.

    Without a digest in policy it is the last one; a sector without a promotion has that of its whole population.
    """
    digest = champions.digest_of(population)
    for owner in dict.fromkeys((population, whole_population(population))):
        own = [each for each in held if each.population == owner and digest in (None, each.digest)]
        if own:
            return own[-1]
    return None


def learned_champions(
    workspace: Workspace, champions: Champions, *, populations: Iterable[str], as_of: date, run: str
) -> tuple[LearnedChampion, ...]:
    """Return the stored models that decide in a run, by population.

    Parameters
    ----------
    champions : policy of the day. populations : of the cohort. run : how errors call the run.

    Raises
    ------
    MonthlyRunError
        Policy names a model for a population for which none was promoted, or one that learned from results of later.
    StoreError
        The model's card is missing.
    """
    held, found = promotions(workspace), []
    for population in sorted(populations):
        name = champions.of(population)
        if name == SCORECARD_MODEL:
            continue
        promotion = promotion_of(held, champions, population=population)
        if promotion is None:
            raise none_promoted(champions.named(population), population=population, run=run)
        digest = promotion.digest
        known_by = last_training_day(workspace.path, digest=digest)
        if known_by > as_of:
            problem = Message(
                N_("model {digest} learned from results known until {day}, after {as_of}"),
                {"digest": digest[:12], "day": known_by.isoformat(), "as_of": as_of.isoformat()},
            )
            remedy = Message(N_("a past day is graded by what could be known then: let policy name the scorecard"))
            raise MonthlyRunError(run=run, problem=problem, remedy=remedy)
        found.append(LearnedChampion(population, name, digest, promotion.run))
    return tuple(found)


def none_promoted(model: str, *, population: str, run: str) -> MonthlyRunError:
    """Return the error that policy names a model for a population for which none was promoted."""
    problem = Message(
        N_("policy names {model} as the deciding model of {population}, and none was promoted"),
        {"model": model, "population": population},
    )
    remedy = Message(N_("promote one with 'xinheng promote', or let policy name the scorecard"))
    return MonthlyRunError(run=run, problem=problem, remedy=remedy)


def as_json(champions: Iterable[LearnedChampion]) -> list[dict[str, str]]:
    """Return champions as a manifest holds them."""
    return [asdict(each) for each in champions]


def of_json(said: Iterable[Mapping[str, str]]) -> tuple[LearnedChampion, ...]:
    """Return what :func:`as_json` wrote."""
    return tuple(LearnedChampion(**each) for each in said)


def score_learned(
    workspace: Workspace,
    features: pd.DataFrame,
    entities: pd.DataFrame,
    champions: Iterable[LearnedChampion],
    *,
    run: str,
) -> Scored:
    """Score and explain the populations that stored models decide.

    Parameters
    ----------
    features : of the cohort. entities : the cohort, key entity_id; reads population.

    Returns
    -------
    Scored; no rows where no model decides.

    Raises
    ------
    MonthlyRunError
        A model goes by another name than policy gives it.
    """
    scores, told = [], []
    for champion in champions:
        scorer = _applier(workspace, champion.digest)
        if scorer.name != champion.name:
            problem = Message(
                N_("policy names {model}, and the promoted model is called {name}"),
                {"model": champion.name, "name": scorer.name},
            )
            raise MonthlyRunError(run=run, problem=problem, remedy=Message(N_("mend 'grading.champion'")))
        members = entities.loc[entities["population"] == champion.population, "entity_id"]
        own = features[features["entity_id"].isin(members)]
        if len(own):
            scores.append(scorer.score(own).assign(population=champion.population))
            told.append(scorer.reasons(own, top=REASONS_KEPT))
    if not scores:
        return Scored(pd.DataFrame(), pd.DataFrame())
    return Scored(pd.concat(scores, ignore_index=True), pd.concat(told, ignore_index=True))


def _applier(workspace: Workspace, digest: str) -> Scorer:
    module, _, function = APPLIER.partition(":")
    scorer: Scorer = getattr(import_module(module), function)(workspace, digest)
    return scorer
