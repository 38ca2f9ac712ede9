"""What waits in quarantine, counted: by reason, by source, and how many graded objects it speaks of.

A row that waits is in no feature, score or grade. Its object is read from the row as mapped; where the identifier
itself is what is wrong, nobody can say whose row it is, and the row is counted apart.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.contracts.findings import CONTRADICTION, DIGITS_LOST, MALFORMED, UNMAPPED_VALUE
from engine.contracts.schema import CheckKind, Contract
from engine.errors import TableMissingError
from engine.features.sources import ENTITIES, EVENT_SOURCES, RELATIONS
from engine.messages import N_, Message
from engine.quality.gate import QUALITY_GATE, Limits
from engine.store.documents import load_policies
from engine.store.loading.quarantine import hold_waiting_objects, waiting_findings
from engine.store.workspaces.quality import LoadQuality
from engine.store.workspaces.workspace import Workspace
from engine.validity.records import REPAIRS

GRADED_ON = frozenset({ENTITIES, RELATIONS, REPAIRS, *EVENT_SOURCES})
"""Tables whose records a score or grade reads; rows of others wait without moving any grade."""
REASONS = {
    CheckKind.REQUIRED: N_("{column} is empty but required"),
    CheckKind.TYPED: N_("{column} cannot be read as what it should be"),
    CheckKind.CODES: N_("{column} holds a code that is not on the list"),
    CheckKind.PATTERN: N_("{column} does not have its form"),
    CheckKind.RANGE: N_("{column} lies outside its bounds"),
    CheckKind.ORDERED: N_("{column} lies before what must come first"),
    CheckKind.DIFFERS: N_("{column} repeats what it must differ from"),
    CheckKind.REQUIRED_WHEN: N_("{column} is empty but required there"),
    CheckKind.REFUSED_UNLESS: N_("{column} is filled where it is not allowed"),
    CheckKind.STANDS_ALONE: N_("{column} names other results beside one that stands alone"),
    CheckKind.SCHEME_MATCHES: N_("{column} does not carry the code beside it"),
    CheckKind.USCC: N_("{column} is not a valid unified social credit code"),
    CheckKind.AMOUNT_AS_WORDED: N_("{column} is in another unit than the words"),
    CheckKind.REFERS_TO: N_("{column} is not on record"),
    CheckKind.FOLLOWS: N_("{column} has no step before it"),
}
OTHER_REASONS = {
    CONTRADICTION: N_("another row of the same key says something else"),
    UNMAPPED_VALUE: N_("{column} is not in the value map of the mapping"),
    DIGITS_LOST: N_("{column} lost digits in a spreadsheet"),
    MALFORMED: N_("the line cannot be split into columns"),
}
_HELD = "waiting_objects"


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the waiting rows reach into the grades.

    Parameters
    ----------
    as_of : day of the grades that were looked at; None when nothing was graded yet.
    n_graded : objects with a grade that day. n_affected : of these, with a waiting row in a table that grades read.
    n_rows, n_nameless : waiting rows of all sources, and those that name no object that could be looked up.
    by_source : table, n_rows, n_objects (named), n_graded (of these graded), is_read (whether a grade reads it).
    """

    as_of: date | None
    n_graded: int
    n_affected: int
    n_rows: int
    n_nameless: int
    by_source: pd.DataFrame

    @property
    def share(self) -> float | None:
        """Objects whose grade could change, over those graded."""
        return self.n_affected / self.n_graded if self.n_graded else None


def waiting_reasons(workspace: Workspace) -> pd.DataFrame:
    """Return why rows wait, the most frequent reason first.

    Returns
    -------
    DataFrame, key (table, check, column): n_rows (a row with several faults counts under each), reason (message with
    the column's name in ``column``). Cost: the quarantine files of the loads that stand.
    """
    contracts = workspace.require().warehouse.contracts
    found = waiting_findings(workspace)
    named = zip(found["table"], found["check"], found["column"], strict=True)
    said = [_reason(contracts[table], check, column) for table, check, column in named]
    return found.assign(reason=pd.Series(said, index=found.index, dtype="object"))


def _reason(contract: Contract, check: str, column: str) -> Message:
    template = OTHER_REASONS[check] if check in OTHER_REASONS else REASONS[contract.check(check).kind]
    label = contract.column(column).label if column in contract.names else column
    return Message(template, {"column": label})


def waiting_reach(workspace: Workspace) -> Reach:
    """Return how many graded objects the waiting rows speak of. Cost: those files, and one join with the last grades.

    Notes
    -----
    Graded objects are those of the newest run of grades. An object counts once however many rows of it wait.
    """
    warehouse = workspace.require().warehouse
    columns = ["table", "n_rows", "n_objects", "n_graded", "is_read"]
    has_rows = hold_waiting_objects(workspace, _HELD)
    graded, as_of, n_graded = "SELECT '' WHERE false", None, 0
    with suppress(TableMissingError):
        grades = warehouse.read("grades")
        graded = f"SELECT entity_id FROM {grades.get_name()}"
        (row,) = warehouse.execute_sql(f"SELECT count(*) AS n, max(as_of) AS day FROM {grades.get_name()}").to_dict(
            "records"
        )
        as_of, n_graded = pd.Timestamp(row["day"]).date(), int(row["n"])
    if not has_rows:
        return Reach(as_of, n_graded, 0, 0, 0, pd.DataFrame(columns=columns))
    held = warehouse.execute_sql(
        'SELECT table_name AS "table", CAST(sum(n_rows) AS BIGINT) AS n_rows, count(DISTINCT entity_id) AS n_objects, '
        f"count(DISTINCT entity_id) FILTER (WHERE entity_id IN ({graded})) AS n_graded, "
        "CAST(coalesce(sum(n_rows) FILTER (WHERE entity_id IS NULL OR entity_id = ''), 0) AS BIGINT) AS n_nameless "
        f"FROM {_HELD} GROUP BY 1 ORDER BY n_graded DESC, n_rows DESC, 1"
    )
    read = ", ".join(f"'{name}'" for name in sorted(GRADED_ON))
    (row,) = warehouse.execute_sql(
        f"SELECT count(DISTINCT entity_id) AS n FROM {_HELD} WHERE table_name IN ({read}) AND entity_id IN ({graded})"
    ).to_dict("records")
    by_source = held.assign(is_read=held["table"].isin(GRADED_ON))[columns]
    return Reach(as_of, n_graded, int(row["n"]), int(held["n_rows"].sum()), int(held["n_nameless"].sum()), by_source)


def last_good_loads(loads: Sequence[LoadQuality], *, on: date, profile: str = "default") -> dict[str, LoadQuality]:
    """Return table → its newest load that would not have been red by its own rows; tables without one are left out.

    A load is good when it brought accepted rows and its share of quarantined rows is at most the red limit of
    ``waiting_share`` in policy ``quality.gate``.
    """
    red = Limits.of(load_policies(profile).value(QUALITY_GATE, on=on)).steps["waiting_share"]["red"]
    return {
        each.table: each for each in loads if each.accepted and (red is None or each.quarantined <= red * each.rows_in)
    }


def trend(loads: Sequence[LoadQuality]) -> pd.DataFrame:
    """Return the loads in order with the share that was held back; ``table`` all of a load together where empty.

    Returns
    -------
    DataFrame, key (load_id, table): loaded_at, table, rows_in, accepted, quarantined, duplicates, share (0..1, null
    for a load without rows).
    """
    columns = ["load_id", "loaded_at", "table", "rows_in", "accepted", "quarantined", "duplicates"]
    rows = pd.DataFrame([[getattr(each, name) for name in columns] for each in loads], columns=columns)
    whole = rows.groupby(["load_id", "loaded_at"], sort=False, as_index=False).sum(numeric_only=True).assign(table="")
    found = pd.concat([rows, whole], ignore_index=True)[columns]
    return found.assign(share=found["quarantined"] / found["rows_in"].where(found["rows_in"] > 0))
