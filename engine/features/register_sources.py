"""What registers tell of an entity: changes of its registration, licences, annual reports, grades given by others.

None of these depends on anybody having been inspected. A change of registration is read off two versions of the entity
that follow each other: it happened, for whoever supervises, on the day on which the later one became known.
"""

import ibis

from engine.features.source import FAR, IS_OPEN, YES_OR_NO, Measure, Source, column_or_null, one_if, prepared, until

POSITION_SCALE = 1_000_000
"""A place on a scheme of grades, 0 = best to 1 = worst, is kept in millionths."""
GRANT, EXPIRY = "granted", "expired"


def registrations(entities: ibis.Table) -> ibis.Table:
    """Return one event per version of an entity that differs from the version before it.

    Notes
    -----
    The event stands from the day on which the later version became known, and later versions do not undo it: a move
    and a move back are two changes. A version that was never in force (another became known the same day) is no state
    of the register.
    """
    stated = {
        "name": column_or_null(entities, "name", "string"),
        "address": column_or_null(entities, "address", "string"),
        "industry": column_or_null(entities, "industry_code", "string"),
        "capital": column_or_null(entities, "registered_capital_fen", "int64"),
    }
    versions = entities.select("entity_id", "known_at", until=until(entities), **stated)
    versions = versions.filter(versions.known_at < versions.until)
    in_order = ibis.window(group_by=versions.entity_id, order_by=versions.known_at)
    before = {f"{name}_before": versions[name].lag().over(in_order) for name in stated}
    pairs = versions.mutate(number=ibis.row_number().over(in_order), **before).filter(ibis._.number > 0)

    def differs(name: str) -> ibis.Value:
        return one_if(pairs[name] != pairs[f"{name}_before"])

    changes = pairs.select(
        entity_id=pairs.entity_id,
        event_id=pairs.known_at.cast("string"),
        occurred_on=pairs.known_at,
        known_at=pairs.known_at,
        until=ibis.literal(FAR),
        moved=differs("address"),
        renamed=differs("name"),
        industry_changed=differs("industry"),
        capital_raised=one_if(pairs.capital > pairs.capital_before),
        capital_cut=one_if(pairs.capital < pairs.capital_before),
    )
    kinds = ("moved", "renamed", "industry_changed", "capital_raised", "capital_cut")
    total = ibis.or_(*(changes[name] != 0 for name in kinds))
    return changes.filter(total)


def licences(table: ibis.Table) -> ibis.Table:
    """Return two events per licence: its grant, and the first day after its last day of validity.

    Notes
    -----
    A licence that was renewed carries a later last day in a later version, which takes the place of the earlier one;
    one that was withdrawn no longer expires. An expiry counts from the day after the last day of validity.
    """
    ends = (column_or_null(table, "valid_until", "date") + ibis.interval(days=1)).cast("timestamp").cast("date")
    is_valid, zero = table.status == "valid", ibis.literal(0, YES_OR_NO)
    granted = prepared(
        table,
        table.licence_id + ibis.literal(f":{GRANT}"),
        granted=ibis.literal(1, YES_OR_NO),
        expired=zero,
        standing=one_if(is_valid),
        withdrawn=one_if(table.status.isin(["revoked", "withdrawn"])),
        suspended=one_if(table.status == "suspended"),
        open_until=ends.fill_null(ibis.literal(FAR)),
    )
    ending = table.mutate(occurred_on=ends).filter(is_valid & ends.notnull())
    expired = prepared(
        ending,
        ending.licence_id + ibis.literal(f":{EXPIRY}"),
        granted=zero,
        expired=ibis.literal(1, YES_OR_NO),
        standing=zero,
        withdrawn=zero,
        suspended=zero,
        open_until=ibis.literal(FAR),
    )
    return ibis.union(granted, expired)


def annual_reports(table: ibis.Table) -> ibis.Table:
    """Return one event per reporting year, dated by the filing or, of a missing report, the last day it was due."""
    figures = {name: column_or_null(table, name, "int64") for name in ("assets_fen", "revenue_fen", "n_employees")}
    is_zero = ibis.and_(*(value == 0 for value in figures.values()))
    is_given = ibis.and_(*(value.notnull() for value in figures.values()))
    truthful = column_or_null(table, "is_truthful", "boolean")
    return prepared(
        table,
        table.report_year.cast("string"),
        late=one_if(table.status == "late"),
        missing=one_if(table.status == "missing"),
        untruthful=one_if(truthful == ibis.literal(False)),
        checked=truthful.notnull().cast(YES_OR_NO),
        all_zero=is_given.ifelse(one_if(is_zero), None).cast(YES_OR_NO),
        revenue=figures["revenue_fen"],
        employees=figures["n_employees"],
    )


def external_grades(table: ibis.Table) -> ibis.Table:
    """Return one event per grading, open until its last day of validity has passed."""
    ends = (column_or_null(table, "valid_until", "date") + ibis.interval(days=1)).cast("timestamp").cast("date")
    position = column_or_null(table, "risk_position", "float64")
    return prepared(
        table,
        table.external_grade_id,
        position=(position * POSITION_SCALE).round().cast("int64"),
        is_worst=one_if(position == 1.0),
        open_until=ends.fill_null(ibis.literal(FAR)),
    )


REGISTRATIONS = Source(
    "registrations",
    (
        Measure("moved"),
        Measure("renamed"),
        Measure("industry_changed"),
        Measure("capital_raised"),
        Measure("capital_cut"),
    ),
    registrations,
    made_of="entities",
)
LICENCES = Source(
    "licences",
    (
        Measure("granted"),
        Measure("expired"),
        Measure("standing"),
        Measure("withdrawn"),
        Measure("suspended"),
        Measure(IS_OPEN),
    ),
    licences,
    has_span=True,
)
ANNUAL_REPORTS = Source(
    "annual_reports",
    (
        Measure("late"),
        Measure("missing"),
        Measure("untruthful"),
        Measure("checked"),
        Measure("all_zero"),
        Measure("revenue", scale=100),
        Measure("employees"),
    ),
    annual_reports,
)
EXTERNAL_GRADES = Source(
    "external_grades",
    (Measure("position", scale=POSITION_SCALE), Measure("is_worst"), Measure(IS_OPEN)),
    external_grades,
    has_span=True,
)
REGISTER_SOURCES = (REGISTRATIONS, LICENCES, ANNUAL_REPORTS, EXTERNAL_GRADES)
