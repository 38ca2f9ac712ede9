"""What is wrong with a row, said to people.

The store records a finding as (check id, column, value); the sentence is made from the contract when it is shown, so
that one quarantine reads in every language.
"""

from dataclasses import dataclass

from engine.contracts.schema import Check, CheckKind, Contract
from engine.messages import N_, Message

CONTRADICTION = "contradiction"
"""Finding of a row that has the key and ``known_at`` of another row but says something else."""
UNMAPPED_VALUE = "unmapped"
"""Finding of a value that the mapping's value map does not name."""
DIGITS_LOST = "digits_lost"
"""Finding of a number that a spreadsheet keeps with 15 digits only."""
MALFORMED = "malformed"
"""Finding of a line that could not be split into the columns of its file."""

_SENTENCES = {
    CheckKind.REQUIRED: N_("{column} is empty but required"),
    CheckKind.TYPED: N_("{column}: {value!r} is not a valid {to}"),
    CheckKind.CODES: N_("{column}: {value!r} is none of {allowed}"),
    CheckKind.PATTERN: N_("{column}: {value!r} does not have the form {pattern}"),
    CheckKind.RANGE: N_("{column}: {value!r} lies outside {bounds}"),
    CheckKind.ORDERED: N_("{column}: {value!r} lies before {earlier}"),
    CheckKind.DIFFERS: N_("{column}: {value!r} must differ from {other}"),
    CheckKind.REQUIRED_WHEN: N_("{column} is empty but required when {when} is {values}"),
    CheckKind.REFUSED_UNLESS: N_("{column}: {value!r} is allowed only when {when} is {values}"),
    CheckKind.STANDS_ALONE: N_("{column}: {value!r} names other results beside {alone}"),
    CheckKind.SCHEME_MATCHES: N_("{column}: {value!r} does not carry the code in {other}"),
    CheckKind.USCC: N_("{column}: {value!r} is not a valid unified social credit code (GB 32100-2015)"),
    CheckKind.AMOUNT_AS_WORDED: N_("{column}: {value!r} fen is the amount in {other} in another unit (元 or 万元)"),
    CheckKind.REFERS_TO: N_("{column}: {value!r} is not on record in {table}"),
    CheckKind.FOLLOWS: N_("{column}: {value!r} has no earlier {before} of the same {keys}"),
}
_OWN_SENTENCES = {
    CONTRADICTION: N_(
        "another row has the same key and known_at but says something else; correct it with a later known_at"
    ),
    UNMAPPED_VALUE: N_("{column}: {value!r} is not in the value map of the mapping"),
    DIGITS_LOST: N_(
        "{column}: {value} has more than 15 digits; the spreadsheet has changed the last ones, type it as text"
    ),
    MALFORMED: N_("the line cannot be split into the columns of its file: {value}"),
}
_BOUNDS = {"minimum": "≥ {}", "exclusiveMinimum": "> {}", "maximum": "≤ {}", "exclusiveMaximum": "< {}"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken check of one row.

    Parameters
    ----------
    check : str, check id, or one of :data:`CONTRADICTION`, :data:`MALFORMED`.
    column : str, empty when the row as a whole is meant.
    value : str or None, the text found there.
    """

    check: str
    column: str = ""
    value: str | None = None


def explain(finding: Finding, contract: Contract) -> Message:
    """Return the sentence for ``finding``."""
    if finding.check in _OWN_SENTENCES:
        label = contract.column(finding.column).label if finding.column in contract.names else finding.column
        return Message(_OWN_SENTENCES[finding.check], {"column": label, "value": finding.value})
    check = contract.check(finding.check)
    params = {"column": contract.column(check.column).label, "value": finding.value, **_details(check, contract)}
    return Message(_SENTENCES[check.kind], params)


def _details(check: Check, contract: Contract) -> dict[str, object]:
    arguments = check.arguments
    labels = {
        word: contract.column(str(arguments[word])).label
        for word in ("earlier", "other", "when")
        if arguments.get(word) in contract.names
    }
    bounds = " , ".join(text.format(arguments[bound]) for bound, text in _BOUNDS.items() if bound in arguments)
    word = _TYPE_WORDS.get(str(arguments.get("to")))
    return {
        **labels,
        "to": Message(word) if word else "",
        "allowed": ", ".join(map(str, arguments.get("values", ()))),
        "values": ", ".join(map(str, arguments.get("values", ()))),
        "pattern": arguments.get("pattern", ""),
        "bounds": bounds,
        "alone": arguments.get("value", ""),
        "table": arguments.get("table", ""),
        "before": arguments.get("before", ""),
        "keys": ", ".join(arguments.get("keys", ())),
    }


_TYPE_WORDS = {
    "date": N_("date"),
    "integer": N_("whole number"),
    "number": N_("number"),
    "boolean": N_("yes or no"),
}
