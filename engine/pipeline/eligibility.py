"""Who is in the frame for which item, and who stays outside for which one reason: every object accounted for."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from engine.errors import DrawError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.ratios.spared import due_rows, in_industries, read_exemptions, read_legal_floors, read_visit_cap
from engine.vocabulary import JOINER, Grade, SelectionMode

ACTIVE = "active"
_RANDOM = (SelectionMode.RANDOM.value, SelectionMode.FILTERED_DRAW.value, SelectionMode.RESERVE.value)
_FRAME_COLUMNS = ["entity_id", "item_code", "item_class", "district_code", "grade"] + [
    "entity_type",
    "industry_code",
    "status",
    "tags",
    "established_on",
    "specialities",
    "override_code",
]


def frame_rows(entities: pd.DataFrame, grades: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Return every (entity, item) to which the item list says the item applies.

    Parameters
    ----------
    entities : register, key entity_id; entity_type, industry_code, district_code and, if there, status, tags,
        established_on.
    grades : key entity_id; grade and, if there, override_code. An entity without one is not classified (U).
    items : key item_code; item_class, applies_to_types, applies_to_industries (sections by letter or divisions; empty
        = all), specialities if there.

    Returns
    -------
    DataFrame, key (entity_id, item_code), sorted by it: item_class, district_code, grade, and what rules on exclusion
    read: entity_type, industry_code, status, tags, established_on, specialities, override_code (null if none).

    Raises
    ------
    DrawError
        The rows are not as many as the register counts for some item.

    Notes
    -----
    An item is matched against the distinct (type, industry) pairs, not against entities. Cost: O(pairs x items) plus
    the rows of the result.
    """
    register = entities.assign(**{name: None for name in ("tags", "established_on") if name not in entities.columns})
    if "status" not in register.columns:
        register = register.assign(status=ACTIVE)
    # a null industry is a kind of its own: a merge on nulls would match them all the same, but not on every version
    register = register.assign(industry_code=register["industry_code"].astype(object).fillna(""))
    kinds = register[["entity_type", "industry_code"]].drop_duplicates()
    applicable = [
        kinds[_applies(kinds, types=item["applies_to_types"], industries=item["applies_to_industries"])].assign(
            item_code=str(item["item_code"]), item_class=str(item["item_class"]), specialities=item.get("specialities")
        )
        for item in items.to_dict("records")
    ]
    rows = register.merge(pd.concat(applicable), on=["entity_type", "industry_code"])
    graded = rows.merge(
        grades.reindex(columns=["entity_id", "grade", "override_code"]), on="entity_id", how="left", validate="m:1"
    )
    graded["grade"] = graded["grade"].astype(object).fillna(Grade.UNCLASSIFIED.value)
    found = graded[_FRAME_COLUMNS].sort_values(["entity_id", "item_code"], ignore_index=True)
    reconcile(found, register_counts(entities, items))
    _reconcile_districts(found, entities, items)
    return found


def register_counts(entities: pd.DataFrame, items: pd.DataFrame) -> dict[str, int]:
    """Return how many entities of the register each item applies to, counted without building a frame.

    Parameters
    ----------
    entities, items : see :func:`frame_rows`.
    """
    counted = entities.groupby(["entity_type", "industry_code"], dropna=False).size().rename("n").reset_index()
    return {
        str(item["item_code"]): int(
            counted.loc[
                _applies(counted, types=item["applies_to_types"], industries=item["applies_to_industries"]), "n"
            ].sum()
        )
        for item in items.to_dict("records")
    }


def reconcile(rows: pd.DataFrame, register: Mapping[str, int]) -> None:
    """Raise unless the rows of every item, excluded ones included, are as many as the register counts.

    Raises
    ------
    DrawError
    """
    found = rows["item_code"].value_counts()
    for item in sorted(register.keys() | set(found.index)):
        if register.get(item, 0) != found.get(item, 0):
            params = {"item": item, "registered": register.get(item, 0), "found": int(found.get(item, 0))}
            raise DrawError(
                problem=Message(N_("{item}: the register counts {registered}, the frame {found}"), params),
                remedy=Message(N_("look for entities that stand twice or are missing in the register")),
            )


def _reconcile_districts(rows: pd.DataFrame, entities: pd.DataFrame, items: pd.DataFrame) -> None:
    """The same per district, so that rows missing in one place cannot hide behind double ones in another."""
    for district, part in entities.groupby("district_code", sort=True, dropna=False):
        held = rows[rows["district_code"] == district] if pd.notna(district) else rows[rows["district_code"].isna()]
        reconcile(held, register_counts(part, items))


def _applies(kinds: pd.DataFrame, *, types: object, industries: object) -> pd.Series:
    type_codes = _parts(types)
    industry_codes = _parts(industries)
    in_type = kinds["entity_type"].isin(type_codes) if type_codes else pd.Series(data=True, index=kinds.index)
    return in_type & in_industries(kinds["industry_code"], industry_codes) if industry_codes else in_type


def _parts(joined: object) -> frozenset[str]:
    return frozenset(part for part in joined.split(JOINER) if part) if isinstance(joined, str) else frozenset()


def exclude(
    rows: pd.DataFrame,
    checks: pd.DataFrame,
    *,
    book: PolicyBook,
    on: date,
    until: date,
    drawn: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[Message, ...]]:
    """Split the register's rows into what can be drawn and what stays outside, each with one reason.

    Parameters
    ----------
    rows : result of :func:`frame_rows`, or a part of it; ``in_pool`` (boolean), if there, says who is in the pool of a
        filtered draw.
    checks : every inspection known: entity_id, item_code, visit_id, selection_mode, result_codes, occurred_on.
    book, on : policies in force on the day of the frame.
    until : last day of the draw's inspections; its calendar year is the year of caps and visits.
    drawn : what earlier draws of that year selected, inspected already or not: entity_id, item_code, visit_id.

    Returns
    -------
    Eligible rows with ``is_due``; excluded rows with ``reason``; notes on rules that could not be applied. Reasons, the
    first that holds: ``status`` (not active), ``outside_pool`` (another draw's business), ``exempt`` (a document),
    ``visited`` (a random visit this year for this item, grades of ``draw.frame`` only), ``visit_cap``. A row of the
    pool that law makes due is kept out by its status alone.

    Notes
    -----
    Only random visits spare: complaint checks would drain violators from the frame. A dispute defers the visit, not
    the draw, so it is no reason here.
    """
    floors = read_legal_floors(book, on=on)
    due = due_rows(rows, checks, floors, by=until)
    reason = _reasons(rows, _random_visits(checks, drawn, year=until.year), due, book=book, on=on)
    notes = tuple(
        Message(
            N_("Legal floor {name} not applied: no day is given from which its checks are all on record ({reference})"),
            {"name": floor.name, "reference": floor.reference},
        )
        for floor in floors
        if floor.records_complete_from is None and floor.scope.holds(rows).any()
    )
    stays = reason == ""
    eligible = rows[stays].assign(is_due=due[stays]).reset_index(drop=True)
    return eligible, rows[~stays].assign(reason=reason[~stays]).reset_index(drop=True), notes


def _random_visits(checks: pd.DataFrame, drawn: pd.DataFrame | None, *, year: int) -> pd.DataFrame:
    """The random visits of a year, made or still to be made: whoever was drawn is not drawn again before the visit."""
    columns = ["entity_id", "item_code", "visit_id"]
    in_year = pd.to_datetime(checks["occurred_on"]) >= pd.Timestamp(year, 1, 1)
    made = checks.loc[checks["selection_mode"].isin(_RANDOM) & in_year, columns]
    if drawn is None or drawn.empty:
        return made
    return pd.concat([made.astype(object), drawn[columns].astype(object)], ignore_index=True).drop_duplicates()


def _reasons(rows: pd.DataFrame, random: pd.DataFrame, due: pd.Series, *, book: PolicyBook, on: date) -> pd.Series:
    """Why each row stays outside, empty for those that can be drawn."""
    exempt = pd.Series(data=False, index=rows.index)
    for exemption in read_exemptions(book, on=on):
        exempt |= exemption.scope.holds(rows)
    undisturbed = book.value("draw.frame", on=on)["undisturbed_grades"]
    pairs = pd.MultiIndex.from_frame(random[["entity_id", "item_code"]])
    visited = pd.MultiIndex.from_frame(rows[["entity_id", "item_code"]]).isin(pairs) & rows["grade"].isin(undisturbed)
    made = rows["entity_id"].map(random.groupby("entity_id")["visit_id"].nunique()).fillna(0)
    capped = (made >= read_visit_cap(book, on=on).of(rows["grade"])).fillna(value=False).astype(bool)
    reason = pd.Series("", index=rows.index, dtype=object)
    for name, holds in (("visit_cap", capped), ("visited", visited), ("exempt", exempt)):
        reason[holds & ~due] = name
    if "in_pool" in rows.columns:
        reason[~rows["in_pool"]] = "outside_pool"
    reason[rows["status"] != ACTIVE] = "status"
    return reason
