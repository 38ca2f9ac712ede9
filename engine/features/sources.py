"""The sources that features read, and the versions of entities.

Inspections, penalties, listings and complaints are here; what the registers tell is in
:mod:`engine.features.register_sources`.
"""

import ibis

from engine.features.register_sources import REGISTER_SOURCES
from engine.features.source import FAR, IS_OPEN, YES_OR_NO, Measure, Source, column_or_null, one_if, prepared, until
from engine.vocabulary import ADVERSE_RESULTS, JOINER, NOT_ASSESSABLE_RESULTS, ResultCode, SelectionMode

ROUTINE_MODES = (
    SelectionMode.RANDOM,
    SelectionMode.FILTERED_DRAW,
    SelectionMode.SCHEDULED,
    SelectionMode.RESERVE,
)
SEVERITIES = ("none", "minor", "ordinary", "serious")


def _total(parts: list[ibis.Value]) -> ibis.Value:
    """Return the sum of the parts that are known, null when none is."""
    is_known = ibis.or_(*(part.notnull() for part in parts))
    return is_known.ifelse(sum((part.fill_null(0) for part in parts), start=ibis.literal(0)), None).cast("int64")


def _holds_any(codes: ibis.Value, wanted: frozenset[ResultCode]) -> ibis.Value:
    joined = ibis.literal(JOINER) + codes.fill_null("") + ibis.literal(JOINER)
    return ibis.or_(*(joined.contains(f"{JOINER}{code}{JOINER}") for code in sorted(wanted)))


def adverse(codes: ibis.Value) -> ibis.Value:
    """Return 1 where joined result codes hold an adverse one, else 0 (also where there are none)."""
    return one_if(_holds_any(codes, ADVERSE_RESULTS))


def assessable(codes: ibis.Value) -> ibis.Value:
    """Return 1 where joined result codes say anything on conduct, else 0 (also where there are none)."""
    return one_if(_holds_any(codes, frozenset(ResultCode) - NOT_ASSESSABLE_RESULTS))


def _inspections(table: ibis.Table) -> ibis.Table:
    codes = table.result_codes
    is_adverse, is_assessable = adverse(codes), assessable(codes)
    violations = [column_or_null(table, f"violations_{level}", "int64") for level in ("critical", "major", "minor")]
    return prepared(
        table,
        table.visit_id.coalesce(table.inspection_id),
        n_assessable=is_assessable,
        n_adverse=is_adverse,
        assessable=is_assessable,
        adverse=is_adverse,
        critical=violations[0],
        major=violations[1],
        minor=violations[2],
        violations=_total(violations),
        severity=(column_or_null(table, "severity_score", "float64") * 1000).round().cast("int64"),
        has_severity=column_or_null(table, "severity_score", "float64").notnull().cast(YES_OR_NO),
        routine=one_if(table.selection_mode.isin([str(mode) for mode in ROUTINE_MODES])),
        directed=one_if(table.selection_mode == str(SelectionMode.DIRECTED)),
        refused=one_if(_holds_any(codes, frozenset({ResultCode.REFUSED}))),
        unreachable=one_if(_holds_any(codes, frozenset({ResultCode.UNREACHABLE}))),
    )


def _penalties(table: ibis.Table) -> ibis.Table:
    level = table.severity.cases(*((name, rank) for rank, name in enumerate(SEVERITIES)), else_=None)
    return prepared(
        table,
        table.penalty_id,
        severity=level.cast("int64"),
        serious=one_if(table.severity == "serious"),
        ordinary=one_if(table.severity == "ordinary"),
        minor=one_if(table.severity.isin(["none", "minor"])),
        fine=table.fine_fen.fill_null(0).cast("int64"),  # the contract: null means no fine in this decision
        confiscated=table.confiscated_fen.fill_null(0).cast("int64"),
    )


def _listings(table: ibis.Table) -> ibis.Table:
    return prepared(
        table,
        table.listing_id,
        abnormal=one_if(table.list_type == "abnormal"),
        serious_violation=one_if(table.list_type == "serious_violation"),
        judgment_defaulter=one_if(table.list_type == "judgment_defaulter"),
        open_until=column_or_null(table, "ended_on", "date").fill_null(ibis.literal(FAR)),
    )


def _complaints(table: ibis.Table) -> ibis.Table:
    checked = table.is_substantiated.cast("boolean")
    return prepared(
        table, table.complaint_id, checked=checked.notnull().cast(YES_OR_NO), substantiated=checked.cast(YES_OR_NO)
    )


INSPECTIONS = Source(
    "inspections",
    (
        Measure("n_assessable", "sum"),
        Measure("n_adverse", "sum"),
        Measure("assessable"),
        Measure("adverse"),
        Measure("critical", "sum"),
        Measure("major", "sum"),
        Measure("minor", "sum"),
        Measure("violations", "sum"),
        Measure("severity", "max", 1000),
        Measure("has_severity"),
        Measure("routine"),
        Measure("directed"),
        Measure("refused"),
        Measure("unreachable"),
    ),
    _inspections,
    is_grouped=True,
)
PENALTIES = Source(
    "penalties",
    (
        Measure("severity"),
        Measure("serious"),
        Measure("ordinary"),
        Measure("minor"),
        Measure("fine", scale=100),
        Measure("confiscated", scale=100),
    ),
    _penalties,
)
LISTINGS = Source(
    "listings",
    (Measure("abnormal"), Measure("serious_violation"), Measure("judgment_defaulter"), Measure(IS_OPEN)),
    _listings,
    has_span=True,
)
COMPLAINTS = Source("complaints", (Measure("checked"), Measure("substantiated")), _complaints)
CONDUCT = tuple(source.name for source in (INSPECTIONS, PENALTIES, LISTINGS, COMPLAINTS))
"""Sources that record what an entity did."""
EVENT_SOURCES = {source.name: source for source in (INSPECTIONS, PENALTIES, LISTINGS, COMPLAINTS, *REGISTER_SOURCES)}
"""Every source of events, by name."""
ENTITIES = "entities"
RELATIONS = "relations"
"""Links between entities; a source of links, not of events."""
DIVISION = r"^[A-T][0-9]{2}"
"""Section letter and division of GB/T 4754; other regulators' industry texts stand as they are."""
FEN_PER_YUAN = 100.0
ENTITY_COLUMNS = ("age_years", "capital", "address")
"""What features of the entity itself may read."""


def entity_versions(entities: ibis.Table) -> ibis.Table:
    """Return all versions of the entities as features read them.

    Returns
    -------
    Table expression: entity_id, known_at, until, established_on, population, district_code, industry (division),
    address, capital (yuan, float64), is_active (0 or 1).
    """
    industry = column_or_null(entities, "industry_code", "string")
    return entities.select(
        entity_id=entities.entity_id,
        known_at=entities.known_at,
        until=until(entities),
        established_on=entities.occurred_on,
        population=entities.population,
        district_code=column_or_null(entities, "district_code", "string"),
        industry=industry.re_search(DIVISION).ifelse(industry.substr(0, 3), industry),
        address=column_or_null(entities, "address", "string"),
        capital=column_or_null(entities, "registered_capital_fen", "int64").cast("float64") / FEN_PER_YUAN,
        is_active=one_if(entities.status == "active"),
    )
