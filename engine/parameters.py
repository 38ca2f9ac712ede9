"""Dated values: every number a supervised firm could challenge, with its date, unit and reference.

A :class:`Parameter` holds values by the date from which they apply. Asking before the first, or after a stated end,
is an error, never a default. A :class:`PolicyBook` is the set of parameters of one profile. The form follows
OpenFisca's dated, referenced parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.errors import ParameterNotInForceError, ParameterUnknownError, PolicyInconsistentError
from engine.messages import N_, Message


@dataclass(frozen=True, slots=True)
class DatedValue:
    """One value with the reference it rests on."""

    value: Any
    reference: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A policy value over time.

    Parameters
    ----------
    name : str, dotted, e.g. ``ratios.general``.
    unit : str, in words; never empty.
    values : mapping of first day in force to value, at least one.
    ends_on : last day in force, or None while it stands.
    """

    name: str
    unit: str
    values: Mapping[date, DatedValue]
    ends_on: date | None = None

    def __post_init__(self) -> None:
        if not self.unit or not self.values:
            raise PolicyInconsistentError(
                name=self.name, problem=Message(N_("a unit and at least one dated value are needed"))
            )
        if any(not dated.reference for dated in self.values.values()):
            raise PolicyInconsistentError(name=self.name, problem=Message(N_("every value needs a reference")))
        if self.ends_on is not None and self.ends_on < max(self.values):
            raise PolicyInconsistentError(name=self.name, problem=Message(N_("it ends before its last value begins")))

    def on(self, day: date) -> DatedValue:
        """Return the value in force on ``day`` with its reference.

        Raises
        ------
        ParameterNotInForceError
            ``day`` lies before the first value or after the end.
        """
        begins = [first for first in self.values if first <= day]
        if not begins or (self.ends_on is not None and day > self.ends_on):
            raise ParameterNotInForceError(name=self.name, on=day, first=min(self.values), last=self.ends_on)
        return self.values[max(begins)]


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """All parameters of one profile (``default``, ``shandong_2020``, ``uniform``, ``benchmark`` …).

    Parameters
    ----------
    profile : str, the profile's name; it is recorded with every run.
    parameters : mapping of name to parameter.
    digest : str, hex SHA-256 over the files it was read from; recorded with every run.
    """

    profile: str
    parameters: Mapping[str, Parameter]
    digest: str

    def parameter(self, name: str) -> Parameter:
        """Return all dated values of ``name``, for rules that apply by each record's own date.

        Raises
        ------
        ParameterUnknownError
        """
        if name not in self.parameters:
            raise ParameterUnknownError(name=name, profile=self.profile)
        return self.parameters[name]

    def dated(self, name: str, *, on: date) -> DatedValue:
        """Return value and reference of ``name`` on that day.

        Raises
        ------
        ParameterUnknownError, ParameterNotInForceError
        """
        return self.parameter(name).on(on)

    def value(self, name: str, *, on: date) -> Any:
        """Return the value of ``name`` on that day (see :meth:`dated`)."""
        return self.dated(name, on=on).value
