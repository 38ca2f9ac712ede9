"""Figures, scorecards and frozen months of a workspace: the one place from which screens and documents take them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pandas as pd

from engine.api.figures.kpi_facts import read_facts
from engine.api.figures.kpi_rates import estimated
from engine.api.plans.book import rows_on
from engine.api.workspace import Workspace
from engine.errors import TableMissingError, UsageError
from engine.kpis.declaration import Facts, Kind
from engine.kpis.registry import KPIS, SHARE
from engine.kpis.values import VALUE_COLUMNS, kpi_values, scorecard
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.ports import Actor, Clock
from engine.store.ledgers.ledger import Entry

TARGETS, POINTS, LEAST = "kpi.targets", "kpi.points", "estimation.least_units"
FROZEN = "kpi.frozen"
FROZEN_BY = ("all", "department", "district", "both")
"""Frozen months hold every grouping: figures per firm and estimates of parts do not add up to the whole."""

KEY = ("kpi", "department_code", "district_code")
_NUMBERS = ("value", "numerator", "denominator", "low", "high", "target")


@dataclass(frozen=True, slots=True)
class Period:
    """Days that figures speak of; both count.

    Parameters
    ----------
    name : ``2026-06`` or ``2026``.
    """

    name: str
    first: date
    last: date


def period_named(text: str) -> Period:
    """Return a month (``YYYY-MM``) or a year (``YYYY``).

    Raises
    ------
    UsageError
        It is neither.
    """
    try:
        if len(text) == 4:
            return Period(text, date(int(text), 1, 1), date(int(text), 12, 31))
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        remedy = Message(N_("write a month as 2026-06 or a year as 2026"))
        raise UsageError(what="--period", value=text, remedy=remedy) from None
    return Period(text, first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def registry() -> pd.DataFrame:
    """Return every figure as it is declared.

    Returns
    -------
    DataFrame, key kpi: title, numerator, denominator, maturity, source (messages), kind, unit, direction, reference,
    has_interval, earns_points (whether it may).
    """
    return pd.DataFrame(
        [
            {
                "kpi": kpi.code,
                "title": kpi.title,
                "numerator": kpi.numerator,
                "denominator": kpi.denominator,
                "kind": kpi.kind.value,
                "unit": kpi.unit,
                "direction": kpi.direction,
                "maturity": kpi.maturity,
                "source": kpi.source,
                "reference": kpi.reference,
                "has_interval": kpi.has_interval,
                "earns_points": not kpi.measures_volume,
            }
            for kpi in KPIS
        ]
    )


def values(
    workspace: Workspace,
    *,
    book: PolicyBook,
    period: Period,
    as_of: date,
    by: str = "all",
    facts: Facts | None = None,
) -> pd.DataFrame:
    """Return the figures of a period as known on a day; columns of :func:`engine.kpis.values.kpi_values`.

    Parameters
    ----------
    by : ``all``, ``department``, ``district`` or ``both``.
    facts : read before, so that several groupings cost one reading; None reads them.
    """
    held = facts if facts is not None else read_facts(workspace, book=book, as_of=as_of)
    last = min(period.last, as_of)
    return kpi_values(
        held,
        first=period.first,
        last=last,
        by=by,
        targets=_numbers(book, TARGETS, on=period.first),
        estimates=estimated(workspace, facts=held, book=book, first=period.first, last=last, by=by),
        least=int(book.value(LEAST, on=as_of)),
    )


def scorecards(
    workspace: Workspace,
    *,
    book: PolicyBook,
    period: Period,
    as_of: date,
    by: str = "department",
    facts: Facts | None = None,
) -> pd.DataFrame:
    """Return points per department or district; columns of :func:`engine.kpis.values.scorecard`, and ``name``.

    Raises
    ------
    PolicyInconsistentError
        Points are given to a figure that counts volume.
    """
    found = values(workspace, book=book, period=period, as_of=as_of, by=by, facts=facts)
    return scorecards_of(workspace, found, book=book, period=period, as_of=as_of)


def scorecards_of(
    workspace: Workspace, found: pd.DataFrame, *, book: PolicyBook, period: Period, as_of: date
) -> pd.DataFrame:
    """Return the points that figures earn, those of :func:`values` or frozen ones of one grouping."""
    cards = scorecard(found, points=_numbers(book, POINTS, on=period.first), policy=POINTS)
    names = department_names(workspace, as_of=as_of)
    return cards.assign(name=cards["department_code"].map(names).fillna(""))


def department_names(workspace: Workspace, *, as_of: date) -> dict[str, str]:
    """Return department → name, as on the register on a day."""
    try:
        rows = rows_on(workspace, "departments", on=as_of)
    except TableMissingError:
        return {}
    return {str(code): str(name) for code, name in zip(rows["department_code"], rows["name"], strict=True)}


def freeze(
    workspace: Workspace, *, book: PolicyBook, period: Period, as_of: date, actor: Actor, clock: Clock, reason: str = ""
) -> dict[str, Any]:
    """Put the figures of a finished month on record; they never change again, later ones are another version.

    Parameters
    ----------
    as_of : day whose records count; not before the period is over.
    reason : why a later version is made; asked for from the second on.

    Returns
    -------
    ``{period, version, entry, n_values, n_changed}``; the same figures again make no new version.

    Raises
    ------
    UsageError
        The period is not over, or a later version differs and nobody says why.
    """
    if as_of <= period.last:
        remedy = Message(N_("the period ends on {day}: freeze it later"), {"day": period.last.isoformat()})
        raise UsageError(what="--period", value=period.name, remedy=remedy)
    found = _every_grouping(workspace, book=book, period=period, as_of=as_of)
    held = frozen_versions(workspace, period=period)
    changed = len(_differences(_table(held[-1]), found)) if held else 0
    if held and not changed:
        entry = held[-1]
        return _frozen(period, version=len(held), entry=entry, n_values=len(found), n_changed=0)
    if held and not reason.strip():
        remedy = Message(N_("{n} figure(s) differ from the frozen ones: say why with --reason"), {"n": changed})
        raise UsageError(what="--reason", value=reason, remedy=remedy)
    content = {"as_of": as_of, "profile": book.profile, "policies": book.digest, "values": _records(found)}
    entry = workspace.ledger.append(
        FROZEN, subject=period.name, content=content, actor=actor, at=clock(), reason=reason
    )
    return _frozen(period, version=len(held) + 1, entry=entry, n_values=len(found), n_changed=changed)


def _frozen(period: Period, *, version: int, entry: Entry, n_values: int, n_changed: int) -> dict[str, Any]:
    return {
        "period": period.name, "version": version, "entry": entry.sequence, "n_values": n_values,
        "n_changed": n_changed,
    }  # fmt: skip


def frozen_versions(workspace: Workspace, *, period: Period) -> list[Entry]:
    """Return the frozen versions of a period, oldest first."""
    return list(workspace.ledger.entries(action=FROZEN, subject=period.name))


def frozen_values(workspace: Workspace, *, period: Period, version: int | None = None) -> pd.DataFrame:
    """Return the figures of a frozen version, None = the last; columns of ``VALUE_COLUMNS``.

    Raises
    ------
    TableMissingError
        The period was not frozen, or not as often.
    """
    held = frozen_versions(workspace, period=period)
    place = len(held) if version is None else version
    if not 1 <= place <= len(held):
        raise TableMissingError(
            table=Message(N_("frozen figures of {period}"), {"period": period.name}),
            remedy=Message(N_("run xinheng kpi freeze first")),
        )
    return _table(held[place - 1])


def compare(workspace: Workspace, *, book: PolicyBook, period: Period, as_of: date) -> pd.DataFrame:
    """Return what differs between the last frozen version and the figures as known on a day.

    Returns
    -------
    DataFrame, key (kpi, department_code, district_code): ``frozen``, ``now`` (values; null where there was none),
    ``frozen_numerator``, ``now_numerator``, ``frozen_denominator``, ``now_denominator``.

    Raises
    ------
    TableMissingError
        The period was not frozen.
    """
    return _differences(
        frozen_values(workspace, period=period), _every_grouping(workspace, book=book, period=period, as_of=as_of)
    )


def frozen_groupings(workspace: Workspace, *, period: Period) -> tuple[date, int, dict[str, pd.DataFrame]]:
    """Return day, number and figures by grouping of the last frozen version of a period.

    Raises
    ------
    TableMissingError
        The period was not frozen.
    """
    table = frozen_values(workspace, period=period)
    held = frozen_versions(workspace, period=period)
    day = date.fromisoformat(str(held[-1].particulars["as_of"]))
    parts = {str(by): own.drop(columns="grouping").reset_index(drop=True) for by, own in table.groupby("grouping")}
    return day, len(held), parts


def _every_grouping(workspace: Workspace, *, book: PolicyBook, period: Period, as_of: date) -> pd.DataFrame:
    """Figures of everybody, of departments, of districts, and of every department in every district."""
    facts = read_facts(workspace, book=book, as_of=as_of)
    terms = {"book": book, "period": period, "as_of": as_of, "facts": facts}
    parts = [values(workspace, by=by, **terms).assign(grouping=by) for by in FROZEN_BY]  # type: ignore[arg-type]
    return pd.concat(parts, ignore_index=True)


def _differences(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    keys = ["grouping", *KEY]
    columns = [*keys, "value", "numerator", "denominator"]
    both = before[columns].merge(now[columns], on=keys, how="outer", suffixes=("_frozen", "_now"))
    same = pd.Series(True, index=both.index)
    for name in ("value", "numerator", "denominator"):
        one, other = both[f"{name}_frozen"], both[f"{name}_now"]
        same &= ((one - other).abs() <= 1e-9) | (one.isna() & other.isna())
    found = both[~same].rename(columns={"value_frozen": "frozen", "value_now": "now"})
    renamed = {
        f"{name}_{when}": f"{when}_{name}" for name in ("numerator", "denominator") for when in ("frozen", "now")
    }
    return found.rename(columns=renamed).sort_values(keys, ignore_index=True)


def _numbers(book: PolicyBook, name: str, *, on: date) -> Mapping[str, float]:
    return {str(code): float(Fraction(str(value))) for code, value in book.value(name, on=on).items()}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as the ledger keeps them: numbers as text of full precision, null where there is none."""
    rows = []
    for row in table.to_dict("records"):
        own = {str(name): row[name] for name in ("grouping", *KEY)} | {"n": int(row["n"])}
        rows.append(own | {name: None if pd.isna(row[name]) else repr(float(row[name])) for name in _NUMBERS})
    return rows


def _table(entry: Entry) -> pd.DataFrame:
    table = pd.DataFrame(entry.particulars["values"])
    for name in _NUMBERS:
        table[name] = pd.to_numeric(table[name])
    signs = table["kpi"].map({kpi.code: kpi.direction for kpi in KPIS}).fillna(0)
    met = (table["value"] >= table["target"]).where(signs >= 0, table["value"] <= table["target"])
    table["meets_target"] = met.where(table["value"].notna() & table["target"].notna()).astype("boolean")
    return table[[*VALUE_COLUMNS, "grouping"]]


def shown_values(found: pd.DataFrame) -> pd.DataFrame:
    """Return figures as screens and documents write them, so that all write them alike.

    Parameters
    ----------
    found : of :func:`values`.

    Returns
    -------
    The rows with ``title`` (message), ``shown`` (value, with its interval where it has one; ``–`` where there is none),
    ``counts`` (numerator / denominator; n of estimates; empty for medians), ``shown_target`` (``–`` without one) and
    ``mark`` (``●`` target met, ``○`` missed, empty).
    """
    by = {kpi.code: kpi for kpi in KPIS}
    rows = []
    for row in found.to_dict("records"):
        kpi = by[str(row["kpi"])]
        value = _written(row["value"], kpi.kind, unit=kpi.unit)
        if kpi.has_interval and not pd.isna(row["low"]):
            low, high = (_written(row[name], kpi.kind, unit=kpi.unit) for name in ("low", "high"))
            value += f" ({low} – {high})"
        counts = "" if pd.isna(row["numerator"]) else f"{row['numerator']:,.0f}"
        if kpi.kind is Kind.ESTIMATE and row["n"]:
            counts = f"n = {row['n']:,}"
        if counts and not pd.isna(row["denominator"]):
            counts += f" / {row['denominator']:,.0f}"
        met = row["meets_target"]
        rows.append(
            {
                "title": kpi.title,
                "shown": value,
                "counts": counts,
                "shown_target": _written(row["target"], kpi.kind, unit=kpi.unit),
                "mark": "" if pd.isna(met) else "●" if met else "○",
            }
        )
    return found.reset_index(drop=True).join(
        pd.DataFrame(rows, columns=["title", "shown", "counts", "shown_target", "mark"])
    )


def _written(value: float, kind: Kind, *, unit: str = "") -> str:
    if pd.isna(value):
        return "–"
    if kind is Kind.SHARE or unit == SHARE:
        return f"{value:.1%}"
    return f"{value:,.0f}" if kind is Kind.TOTAL else f"{value:.2f}"
