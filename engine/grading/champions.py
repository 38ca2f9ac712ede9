"""Which scorecard an entity type is scored by, and which model's score decides the class of a population.

Both are dated policy: ``scorecard.models`` and ``grading.champion``. What has no model has no score and becomes U.
A learned model is named ``name@digest``, so that policy says which of several models of that name decides; the name
alone means the one promoted last.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.vocabulary import SCORES, whole_population

CHAMPION = "grading.champion"
MODELS = "scorecard.models"
PINNED = "@"
"""Between a model's name and its digest."""


@dataclass(frozen=True, slots=True)
class Champions:
    """The deciding model by population.

    Parameters
    ----------
    default : str, model for every population not named.
    populations : mapping of population to model, ``name`` or ``name@digest``.
    reference : str, what the choice rests on.
    """

    default: str
    populations: Mapping[str, str]
    reference: str

    def of(self, population: str) -> str:
        """Return the model that decides the class in ``population``; a sector without its own has that of the whole."""
        return self.named(population).partition(PINNED)[0]

    def digest_of(self, population: str) -> str | None:
        """Return the digest of the model that policy names for ``population``, None where it gives a name alone."""
        return self.named(population).partition(PINNED)[2] or None

    def named(self, population: str) -> str:
        """Return what policy says of ``population``, name and digest."""
        whole = self.populations.get(whole_population(population), self.default)
        return self.populations.get(population, whole)


def read_champions(book: PolicyBook, *, on: date) -> Champions:
    """Read policy ``grading.champion`` (``{default: model, populations: {population: model}}``).

    Raises
    ------
    ParameterUnknownError, ParameterNotInForceError, PolicyInconsistentError
    """
    dated = book.dated(CHAMPION, on=on)
    if not isinstance(dated.value, Mapping) or not dated.value.get("default"):
        raise PolicyInconsistentError(name=CHAMPION, problem=Message(N_("it names no default model")))
    if PINNED in str(dated.value["default"]):
        problem = Message(N_("a stored model is fitted for one population and is no default"))
        raise PolicyInconsistentError(name=CHAMPION, problem=problem)
    return Champions(str(dated.value["default"]), dict(dated.value.get("populations") or {}), dated.reference)


def champion_scores(scores: pd.DataFrame, champions: Champions) -> pd.DataFrame:
    """Return the rows of ``scores`` whose model decides the class of their population, index kept.

    Parameters
    ----------
    scores : table ``scores``, any number of models per entity.
    """
    SCORES.check(scores)
    wanted = scores["population"].map(champions.of)
    return scores[scores["model"] == wanted]


def scorecard_names(entities: pd.DataFrame, *, book: PolicyBook, on: date) -> pd.Series:
    """Return the policy name of the scorecard for each entity, null where its type has none.

    Parameters
    ----------
    entities : one row per entity; reads ``entity_type``.
    book : gives ``scorecard.models`` of that day: mapping of entity type to the name of a scorecard policy.

    Returns
    -------
    Series of text, index of ``entities``.
    """
    return entities["entity_type"].map(dict(book.value(MODELS, on=on))).rename("scorecard")
