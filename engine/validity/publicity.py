"""How long a record is public, and thereby counts: dated rules by record type, level and decision date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis

from engine.errors import PolicyInconsistentError
from engine.parameters import Parameter, PolicyBook
from engine.windows import move_months

PUBLICITY_PERIOD = "validity.publicity_period"
LEVEL_COLUMNS = {"penalties": "severity", "listings": "list_type"}


@dataclass(frozen=True, slots=True)
class PublicityRules:
    """Longest publicity in months by first decision date, record type and level; None = no end by time.

    Parameters
    ----------
    months : mapping of the first decision date to mapping of record type to mapping of level to months.
    """

    months: Mapping[date, Mapping[str, Mapping[str, int | None]]]

    @classmethod
    def from_policies(cls, policies: PolicyBook) -> "PublicityRules":
        """Return all dated rules of the policy ``validity.publicity_period``.

        Raises
        ------
        ParameterUnknownError, PolicyInconsistentError
        """
        parameter: Parameter = policies.parameter(PUBLICITY_PERIOD)
        return cls({first: dated.value for first, dated in sorted(parameter.values.items())})

    def __post_init__(self) -> None:
        for first, rules in self.months.items():
            for table, levels in rules.items():
                if table not in LEVEL_COLUMNS:
                    raise PolicyInconsistentError(
                        name=PUBLICITY_PERIOD, problem=f"{first}: no rule is known for records of {table}"
                    )
                if any(months is not None and months <= 0 for months in levels.values()):
                    raise PolicyInconsistentError(
                        name=PUBLICITY_PERIOD, problem=f"{first}: a period must be at least a month, or null for none"
                    )

    def ends_on(self, records: ibis.Table, *, table: str) -> ibis.Value:
        """Return the first date on which each record is no longer public by rule, null where no rule ends it.

        Parameters
        ----------
        records : table expression with ``occurred_on`` (decision date) and the level column of ``table``.
        table : ``penalties`` or ``listings``.

        Notes
        -----
        The rule in force on the decision date decides; the policy's first rule must reach back to the oldest records.
        """
        level = records[LEVEL_COLUMNS[table]]
        never = ibis.null().cast("date")
        branches = []
        for first in sorted(self.months, reverse=True):
            is_under = records.occurred_on >= first
            for name, months in self.months[first].get(table, {}).items():
                end = never if months is None else move_months(records.occurred_on, months=months)
                branches.append((is_under & (level == name), end))
            branches.append((is_under, never))
        return ibis.cases(*branches, else_=never).cast("date")
