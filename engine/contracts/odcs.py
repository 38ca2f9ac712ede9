"""From an ODCS v3.1 document to a :class:`~engine.contracts.schema.Contract`.

Beside what the standard fixes, four custom properties carry meaning: ``knownAtRule`` on the table, ``nullMeaning``,
``unit`` and ``separator`` on columns; checks across columns are of type ``custom``, engine ``xinheng``. Each column
implies checks of its own: required, type, codes, pattern, range.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.contracts.schema import CROSS_TABLE_CHECKS, Check, CheckKind, Column, Contract, LogicalType, Severity
from engine.errors import ContractError
from engine.messages import N_, Message

Document = Mapping[str, Any]
ENGINE = "xinheng"
BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")


def contract_of(document: Document) -> Contract:
    """Return the contract that an ODCS document states.

    Parameters
    ----------
    document : the parsed YAML; one schema object per document.

    Raises
    ------
    ContractError
        The document does not state a usable contract; says what.
    """
    table = str(document.get("id", "?"))
    try:
        (body,) = document["schema"]
        properties = body["properties"]
        keys = sorted((p["primaryKeyPosition"], p["name"]) for p in properties if p.get("primaryKey"))
        return Contract(
            table=body["name"],
            business_name=body["businessName"],
            version=str(document["version"]),
            key=tuple(name for _, name in keys),
            columns=tuple(_column(p) for p in properties),
            checks=(*_column_checks(body), *_table_checks(body)),
            known_at_rule=_custom(body).get("knownAtRule", "occurred_on"),
            purpose=document.get("description", {}).get("purpose", ""),
            limitations=document.get("description", {}).get("limitations", ""),
            granularity=body.get("dataGranularityDescription", ""),
            freshness_days=_freshness_days(document),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise ContractError(
            table=table,
            problem=Message(N_("the contract document is not usable ({detail})"), {"detail": error}),
            remedy=Message(N_("write it as ODCS v3.1 like the shipped contracts")),
        ) from error


def _freshness_days(document: Document) -> int | None:
    """Days between the newest ``known_at`` and now that the source promises at most; only days are understood."""
    for level in document.get("slaProperties", ()):
        if level["property"] == "freshness":
            if level["unit"] != "d":
                raise ValueError(f"freshness in {level['unit']!r}: give days")
            return int(level["value"])
    return None


def _custom(element: Document) -> dict[str, Any]:
    return {c["property"]: c["value"] for c in element.get("customProperties", ())}


def _column(prop: Document) -> Column:
    custom = _custom(prop)
    return Column(
        name=prop["name"],
        business_name=prop["businessName"],
        logical_type=LogicalType(prop["logicalType"]),
        is_required=bool(prop.get("required", False)),
        description=prop.get("description", ""),
        null_meaning=custom.get("nullMeaning", ""),
        unit=custom.get("unit", ""),
        separator=custom.get("separator", ""),
        codes=next((tuple(map(str, q["arguments"]["validValues"])) for q in _code_lists(prop)), ()),
    )


def _code_lists(prop: Document) -> Iterator[Document]:
    yield from (q for q in prop.get("quality", ()) if q.get("metric") == "invalidValues")


def _column_checks(body: Document) -> Iterator[Check]:
    table = body["name"]
    for prop in body["properties"]:
        name, options = prop["name"], prop.get("logicalTypeOptions", {})
        if prop.get("required"):
            yield Check(f"{table}-{name}-required", CheckKind.REQUIRED, Severity.ERROR, name, passes_on_null=False)
        if prop["logicalType"] != LogicalType.STRING:
            kind = {"to": prop["logicalType"]}
            yield Check(f"{table}-{name}-type", CheckKind.TYPED, Severity.ERROR, name, kind)
        for quality in _code_lists(prop):
            values = {"values": tuple(map(str, quality["arguments"]["validValues"]))}
            yield Check(quality["id"], CheckKind.CODES, Severity(quality.get("severity", "error")), name, values)
        if "pattern" in options:
            pattern = {"pattern": options["pattern"]}
            yield Check(f"{table}-{name}-pattern", CheckKind.PATTERN, Severity.ERROR, name, pattern)
        if any(bound in options for bound in BOUNDS):
            bounds = {bound: options[bound] for bound in BOUNDS if bound in options}
            yield Check(f"{table}-{name}-range", CheckKind.RANGE, Severity.ERROR, name, bounds)


def _table_checks(body: Document) -> Iterator[Check]:
    for quality in body.get("quality", ()):
        if quality.get("engine") != ENGINE:
            continue
        arguments = dict(quality["implementation"])
        kind, severity = CheckKind(arguments.pop("check")), Severity(quality["severity"])
        if kind in CROSS_TABLE_CHECKS and severity is not Severity.WARNING:
            raise ValueError(f"{quality['id']}: a check of kind {kind} looks at other rows and can only warn")
        column = arguments.get("column") or arguments.get("later") or arguments.get("columns", ("",))[0]
        nulls = arguments.pop("nulls", "pass")
        yield Check(quality["id"], kind, severity, column, arguments, nulls == "pass", quality.get("description", ""))
