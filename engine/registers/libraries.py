"""Inspectors and experts on a day: who may be called, who is out and why, whose papers run out, which rows are stale.

Nobody is taken out by hand: a certificate that has expired excludes from the day after its last, and comes back with a
version that carries a later one. Experts have their own library and never count as officers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

LEFT = "left"
CERTIFICATE_EXPIRED = "certificate_expired"
QUALIFICATION_EXPIRED = "qualification_expired"
ALSO_OFFICER = "also_officer"
"""An expert whose code stands in the inspector library: one person is never both in one team."""


@dataclass(frozen=True, slots=True)
class Library:
    """How a library of people is read: its key, the column with the last day of the paper, what expiry is called."""

    table: str
    key: str
    expires: str
    expired: str


INSPECTORS = Library("inspectors", "inspector_code", "certificate_expires_on", CERTIFICATE_EXPIRED)
EXPERTS = Library("experts", "expert_code", "qualification_expires_on", QUALIFICATION_EXPIRED)


def standing_of(
    library: Library,
    people: pd.DataFrame,
    trainings: pd.DataFrame,
    *,
    on: date,
    limits: Mapping[str, int],
    officers: frozenset[str] = frozenset(),
) -> pd.DataFrame:
    """Return who may be called on a day.

    Parameters
    ----------
    people : rows of the library that stand on the day, key ``library.key``.
    trainings : rows known on the day; person_code, outcome, valid_until, occurred_on.
    limits : policy ``registers.freshness``: days per table, ``expiring_within``.
    officers : codes of the inspector library, for experts.

    Returns
    -------
    DataFrame sorted by code: code, name, department_code or organisation, district_code, specialities, excluded_because
    (empty = may be called), expires_on, is_expiring, last_sign_on (newest version or training), is_stale,
    n_trainings, training_valid_until.
    """
    rows = people.sort_values(library.key, ignore_index=True)
    codes = rows[library.key].astype(str)
    expires = pd.to_datetime(rows[library.expires])
    is_expired = (expires < pd.Timestamp(on)).fillna(False)
    reason = pd.Series("", index=rows.index, dtype=object).mask(is_expired, library.expired)
    reason = reason.mask(codes.isin(officers), ALSO_OFFICER).mask(rows["status"] != "active", LEFT)
    trained = _trained(trainings, codes, on=on)
    signs = pd.concat([pd.to_datetime(rows["known_at"]), trained["last_on"]], axis=1).max(axis=1)
    soon = pd.Timestamp(on + timedelta(days=int(limits["expiring_within"])))
    place = "department_code" if "department_code" in rows else "organisation"
    return pd.DataFrame(
        {
            "code": codes,
            "name": rows["name"],
            "place": rows[place],
            "district_code": rows["district_code"],
            "specialities": rows["specialities"],
            "excluded_because": reason,
            "expires_on": expires.dt.date,
            "is_expiring": ~is_expired & (expires <= soon).fillna(False) & (rows["status"] == "active"),
            "last_sign_on": signs.dt.date,
            "is_stale": signs < pd.Timestamp(on - timedelta(days=int(limits[library.table]))),
            "n_trainings": trained["n"],
            "training_valid_until": trained["valid_until"].dt.date,
        }
    )


def _trained(trainings: pd.DataFrame, codes: pd.Series, *, on: date) -> pd.DataFrame:
    """Per code: trainings that were not failed, the newest day, the last day of the one that counts longest."""
    if trainings.empty:
        empty = pd.Series(pd.NaT, index=codes.index, dtype="datetime64[ns]")
        return pd.DataFrame({"n": 0, "last_on": empty, "valid_until": empty}, index=codes.index)
    held = trainings[
        (trainings["outcome"] != "failed") & (pd.to_datetime(trainings["occurred_on"]) <= pd.Timestamp(on))
    ]
    by = held.assign(last=pd.to_datetime(held["occurred_on"]), until=pd.to_datetime(held["valid_until"])).groupby(
        "person_code"
    )
    return pd.DataFrame(
        {
            "n": codes.map(by.size()).fillna(0).astype(int),
            "last_on": pd.to_datetime(codes.map(by["last"].max())),
            "valid_until": pd.to_datetime(codes.map(by["until"].max())),
        }
    )
