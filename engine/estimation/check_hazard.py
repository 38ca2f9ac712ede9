"""How often firms are checked at all, for checks that were not drawn: the chance of a check by who is looked at how.

Where random rows are too few, every check may speak with the inverse of its estimated chance: within a stratum of
firms looked at alike (with or without a measure in force, risk band, season), checks over firm-months. It holds only as
far as the strata say all that steers the checks beside chance; random rows need no such assumption.
"""

from collections.abc import Sequence

import pandas as pd


def hazard_probabilities(checks: pd.DataFrame, exposure: pd.DataFrame, *, strata: Sequence[str]) -> pd.Series:
    """Return each check's estimated chance per firm-month.

    Parameters
    ----------
    checks : one row per check, with the columns of ``strata`` as they were on its day.
    exposure : one row per stratum; ``strata`` and ``firm_months`` > 0 in which firms of the stratum could be checked.

    Returns
    -------
    Series, index of ``checks``: checks of the stratum / firm-months of the stratum; null where no exposure is known.
    """
    keys = list(strata)
    counted = checks.groupby(keys, observed=True).size().rename("n").reset_index()
    rates = counted.merge(exposure, on=keys, how="left")
    rates["chance"] = rates["n"] / rates["firm_months"]
    found = checks[keys].merge(rates[[*keys, "chance"]], on=keys, how="left")["chance"]
    return pd.Series(found.to_numpy(), index=checks.index, name="inclusion_probability")
