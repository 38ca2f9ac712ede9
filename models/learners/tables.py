"""The two kinds of tables on which a score is judged."""

from dataclasses import dataclass

import pandas as pd

from models.learners.examples import Basis


@dataclass(frozen=True, slots=True)
class EveTables:
    """Inspections with the features of their eve.

    Parameters
    ----------
    features : key (entity_id, as_of).
    labels : one row per checked item: entity_id, as_of, occurred_on, item_code, label, known_at, inclusion_probability.
    basis : which rows these are.
    """

    features: pd.DataFrame
    labels: pd.DataFrame
    basis: Basis


@dataclass(frozen=True, slots=True)
class CohortTables:
    """Everybody in scope on a date, and what the first inspection after it found.

    Parameters
    ----------
    features : key (entity_id, as_of), the cohort on ``as_of``.
    entities : key entity_id; entity_type, population, ``has_record``; the cohort, and newcomers who were first met by
        an inspection of the window (``has_record`` false).
    outcomes : entity_id, item_code, label, label_status of the first assessable day in the window; a row with a null
        label where there was none.
    missing_days : last days of the window that lie behind the end of the records; 0 unless the records end a few days
        early.
    """

    features: pd.DataFrame
    entities: pd.DataFrame
    outcomes: pd.DataFrame
    missing_days: int = 0
