"""Warnings of a day with their due dates: the rules of ``engine.warnings`` on the calendar of ``engine.outcomes``."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from engine.outcomes.deadlines import calendar_of
from engine.parameters import PolicyBook
from engine.warnings.disposal import open_again
from engine.warnings.rules import WarningInputs, raise_warnings


def warn(
    inputs: WarningInputs,
    *,
    book: PolicyBook,
    as_of: date,
    seed: int,
    still_open: Sequence[tuple[str, str]],
) -> pd.DataFrame:
    """Return the new warnings of a day, table ``warnings``.

    Parameters
    ----------
    seed : of the permutations.
    still_open : (rule_code, subject) of warnings not closed yet; they are not raised again.

    Returns
    -------
    DataFrame, key warning_id: as_of and the columns of :func:`engine.warnings.rules.raise_warnings`, with due_on and
    is_provisional (holidays not announced) in the place of due_working_days.
    """
    rng = np.random.default_rng(seed)  # noqa: TID251 - seeded by the run's id, so a reproduction permutes alike
    raised = raise_warnings(inputs, book=book, as_of=as_of, rng=rng)
    new = open_again(raised, still_open=still_open)
    calendar = calendar_of(book, on=as_of)
    due = [calendar.after(as_of, int(n)) for n in new["due_working_days"]]
    ids = [f"{rule}/{subject}/{as_of:%Y%m%d}" for rule, subject in zip(new["rule_code"], new["subject"], strict=True)]
    return new.drop(columns="due_working_days").assign(
        warning_id=pd.Series(ids, dtype="object"),
        as_of=as_of,
        due_on=pd.Series([each.on for each in due], dtype="object"),
        is_provisional=pd.Series([each.is_provisional for each in due], dtype="bool"),
    )
