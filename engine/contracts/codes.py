"""Code lists: wordings and codes of one list translated into another, dated where the codes themselves change.

A list is read from ``data_contracts/codes`` and named in a mapping (``values: result_wordings``). Results are
translated by wording, never by number: provinces give the same number to different results.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.contracts.sql import literal
from engine.errors import MappingFormError
from engine.messages import N_, Message


@dataclass(frozen=True, slots=True)
class Code:
    """One entry: what stands in the source, what it becomes, and the day from which it does (None = always)."""

    source: str
    target: str
    since: date | None = None


@dataclass(frozen=True, slots=True)
class CodeList:
    """A translation.

    Parameters
    ----------
    name : str. codes : tuple of Code, sources each once.
    keeps_others : bool, whether what it does not name stays as it is; otherwise such a row goes to quarantine.
    """

    name: str
    codes: tuple[Code, ...]
    keeps_others: bool = False

    def sql(self, text: str, *, on: str, unmapped: str) -> str:
        """Return the SQL of ``text`` translated as of the day ``on`` (SQL, may be null: as of today's list).

        Parameters
        ----------
        unmapped : mark put before a text that the list does not name.
        """
        whens = " ".join(self._when(code, text, on) for code in self.codes)
        other = text if self.keeps_others else f"{literal(unmapped)} || ({text})"
        return f"CASE WHEN ({text}) IS NULL THEN NULL {whens} ELSE {other} END"

    @staticmethod
    def _when(code: Code, text: str, on: str) -> str:
        dated = f" AND coalesce(({on}) >= {literal(code.since)}, TRUE)" if code.since else ""
        return f"WHEN ({text}) = {literal(code.source)}{dated} THEN {literal(code.target)}"


def code_list_of(document: Mapping[str, Any], *, name: str) -> CodeList:
    """Return the list that a parsed file states: ``{others: refuse | same, codes: [{from, to, since?}]}``.

    Raises
    ------
    MappingFormError
        A key is missing, or a source stands there twice.
    """
    try:
        others = {"refuse": False, "same": True}[document["others"]]
        codes = tuple(Code(str(c["from"]), str(c["to"]), c.get("since")) for c in document["codes"])
    except (KeyError, TypeError) as error:
        raise _refused(name, Message(N_("the code list cannot be read ({detail})"), {"detail": error})) from error
    sources = [code.source for code in codes]
    twice = next((source for source in sources if sources.count(source) > 1), None)
    if twice is not None:
        raise _refused(name, Message(N_("the code list names {code} twice"), {"code": twice}))
    return CodeList(name, codes, keeps_others=others)


def with_code_lists(node: Any, lists: Mapping[str, CodeList], *, mapping: str) -> Any:
    """Return a mapping document in which every ``values: NAME`` holds the list of that name.

    Raises
    ------
    MappingFormError
        There is no list of that name.
    """
    if isinstance(node, list):
        return [with_code_lists(part, lists, mapping=mapping) for part in node]
    if not isinstance(node, Mapping):
        return node
    found = {key: with_code_lists(part, lists, mapping=mapping) for key, part in node.items()}
    named = found.get("values")
    if isinstance(named, str) and "one_of" not in found:
        if named not in lists:
            problem = Message(
                N_("there is no code list {name}; there are {known}"), {"name": named, "known": ", ".join(lists)}
            )
            raise _refused(mapping, problem)
        found["values"] = lists[named]
    return found


def _refused(mapping: str, problem: Message) -> MappingFormError:
    remedy = Message(N_("see the mapping language in docs/guide/mapping.md"))
    return MappingFormError(mapping=mapping, problem=problem, remedy=remedy)
