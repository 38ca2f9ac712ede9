"""Which rows a person may see: those of some districts, of some departments, or all.

A district code covers what lies in it: trailing pairs of zeros stand for "all of it" in the national codes of
administrative divisions (GB/T 2260), so ``330600`` covers ``330602``. Each limit that is not given leaves that
dimension open.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import UsageError
from engine.messages import N_, Message

WHOLE = "*"
"""Key of the scope without limits."""
_DISTRICT = re.compile(r"\d{4}[0-9A-Z]{2}(\d{3}){0,2}")
_DEPARTMENT = re.compile(r"[\w.\-]+")


@dataclass(frozen=True, slots=True)
class Scope:
    """Limits on rows.

    Parameters
    ----------
    districts : codes of districts whose rows may be seen, sorted; None = all.
    departments : codes of departments whose rows may be seen, sorted; None = all.
    """

    districts: tuple[str, ...] | None = None
    departments: tuple[str, ...] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is hidden."""
        return self.districts is None and self.departments is None

    @property
    def key(self) -> str:
        """One text per scope: equal exactly when the limits are equal."""
        if self.is_whole:
            return WHOLE
        parts = (("d", self.districts), ("p", self.departments))
        return "|".join(f"{name}:{'+'.join(codes)}" for name, codes in parts if codes is not None)

    @property
    def prefixes(self) -> tuple[str, ...] | None:
        """What the codes of visible districts begin with; None = anything."""
        return None if self.districts is None else tuple(prefix_of(code) for code in self.districts)

    def includes(self, other: "Scope") -> bool:
        """Return whether every row that ``other`` lets be seen is seen here too."""
        if self.prefixes is not None and (
            other.prefixes is None or not all(prefix.startswith(self.prefixes) for prefix in other.prefixes)
        ):
            return False
        return self.departments is None or (
            other.departments is not None and set(other.departments) <= set(self.departments)
        )

    def covers(self, *, district: str | None, department: str | None = None) -> bool:
        """Return whether a row of a district, and of a department where it has one, may be seen."""
        if self.prefixes is not None and (district is None or not district.startswith(self.prefixes)):
            return False
        return self.departments is None or department is None or department in self.departments


def scope_of(*, districts: Sequence[str] = (), departments: Sequence[str] = ()) -> Scope:
    """Return the scope of codes as somebody typed them; no code of a kind = no limit of that kind.

    Raises
    ------
    UsageError
        A code is not one.
    """
    for code in districts:
        if not _DISTRICT.fullmatch(code):
            remedy = Message(N_("give the code of an administrative division: 6, 9 or 12 digits"))
            raise UsageError(what="--district", value=code, remedy=remedy)
    for code in departments:
        if not _DEPARTMENT.fullmatch(code):
            remedy = Message(N_("give a department code as the register of departments has it"))
            raise UsageError(what="--department", value=code, remedy=remedy)
    return Scope(tuple(sorted(set(districts))) or None, tuple(sorted(set(departments))) or None)


def prefix_of(district: str) -> str:
    """Return what the codes of everything inside a district begin with."""
    head, rest = district[:6], district[6:]
    if rest.strip("0"):
        return district
    while len(head) > 2 and head.endswith("00"):
        head = head[:-2]
    return head
