"""A dirty city: what real deliveries are spoilt by, planted at known lines, and what must become of each.

Every fault sits on a row of its own, so that each can be judged alone. Rates are chosen; kinds are those that officials
report: copies, codes of another list, fines in 万元 or 元 where 分 is asked, late, corrected and contradictory records,
mistyped credit codes, numbers that a spreadsheet cut, areas and objects nobody knows, lines that fall apart.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.simulation.layout import plain
from engine.simulation.stream import Generator

QUARANTINED, DUPLICATE, ACCEPTED = "quarantined", "duplicate", "accepted"
CONTRADICTION, MALFORMED, DIGITS_LOST = "contradiction", "malformed", "digits_lost"
COPY, CORRECTION, CONFLICT, EXTRA_CELL, STRAY_QUOTE = range(5)
"""What a kind does: add a copy, a later version, another version of the same day; spoil the line in two ways."""
_MOST_CORRECTED_DAYS = 30
_LATE_DAYS = 200
_BROKEN_AFTER = 0.7
Row = dict[str, str | None]
Cell = Callable[[Row], str | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault.

    Parameters
    ----------
    name : str. column : str, the cell that is changed. new : what stands there then.
    treatment : one of :data:`QUARANTINED`, :data:`DUPLICATE`, :data:`ACCEPTED`.
    check : str, finding or warning that must name it; empty where nothing needs to.
    needs : str, column that must hold something. does : how the row is spoilt; None = only the cell.
    """

    name: str
    column: str
    new: Cell
    treatment: str
    check: str = ""
    needs: str = ""
    does: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One planted fault; ``original`` is the clean row as JSON, what a person would write on the fix sheet.

    A contradiction has two lines, its own and that of the row it contradicts (kind ``contradicted``). Line 0 means the
    file as a whole: its encoding.
    """

    file: str
    line: int
    table: str
    kind: str
    treatment: str
    check: str
    column: str
    planted: str | None
    original: str


@dataclass(frozen=True, slots=True)
class DirtyFile:
    """One file to be written.

    Parameters
    ----------
    name : str, with its ending. encoding : str, empty for XLSX.
    rows : text table; in XLSX the cells of ``numeric`` (row, column) are written as numbers.
    broken : lines that do not split, written after row ``broken_after``.
    """

    name: str
    table: str
    encoding: str
    rows: pa.Table
    faults: tuple[Fault, ...]
    broken: tuple[str, ...] = ()
    broken_after: int = 0
    numeric: tuple[tuple[int, str], ...] = ()


def _later(days: int) -> Cell:
    def new(row: Row) -> str:
        return (date.fromisoformat(row["known_at"] or "") + timedelta(days=days)).isoformat()

    return new


def _before_it_happened(row: Row) -> str:
    return (date.fromisoformat(row["occurred_on"] or "") - timedelta(days=1)).isoformat()


def _other_check_character(row: Row) -> str:
    code = row["uscc"] or ""
    return code[:-1] + ("1" if code[-1] != "1" else "2")


def _in_cny(row: Row) -> str:
    return str(int(row["fine_fen"] or 0) // 100)


def _in_wan(row: Row) -> str:
    wan = int(row["fine_fen"] or 0) / 1_000_000
    return f"{wan:.6f}".rstrip("0").rstrip(".")


def _always(text: str | None) -> Cell:
    return lambda _: text


def _unknown_object(row: Row) -> str:
    return "reg:not-on-record-" + next(value for value in row.values() if value)


def _shared(table: str, column: str, changed: str) -> tuple[Kind, ...]:
    """Kinds that any table of records may hold; ``changed`` is what a correction says in ``column``."""
    return (
        Kind("duplicate", "", _always(None), DUPLICATE, does=COPY),
        Kind("late", "known_at", _later(_LATE_DAYS), ACCEPTED),
        Kind("corrected", column, _always(changed), ACCEPTED, does=CORRECTION),
        Kind("contradictory", column, _always(changed + "？"), QUARANTINED, CONTRADICTION, does=CONFLICT),
        Kind("known_before", "known_at", _before_it_happened, QUARANTINED, f"{table}-known_not_before_occurred"),
        Kind("bad_date", "occurred_on", _always("2021-02-30"), QUARANTINED, f"{table}-occurred_on-type"),
        Kind("extra_cell", "", _always(None), QUARANTINED, MALFORMED, does=EXTRA_CELL),
        Kind("stray_quote", "", _always(None), QUARANTINED, MALFORMED, does=STRAY_QUOTE),
    )


_UNKNOWN = "-entity_on_register"
KINDS: dict[str, tuple[Kind, ...]] = {
    "entities": (
        *_shared("entities", "address", "住所已更正"),
        Kind(
            "bad_check_character", "uscc", _other_check_character, QUARANTINED, "entities-uscc_check_character", "uscc"
        ),
        Kind("bad_code", "status", _always("正常"), QUARANTINED, "entities-status-codes"),
        Kind("missing", "name", _always(None), QUARANTINED, "entities-name-required"),
        Kind("unknown_district", "district_code", _always("339999"), ACCEPTED, "entities-district_known"),
    ),
    "inspections": (
        *_shared("inspections", "check_method", "document_review"),
        Kind("bad_result", "result_codes", _always("合格"), QUARANTINED, "inspections-result_codes-codes"),
        Kind("bad_code", "selection_mode", _always("随机"), QUARANTINED, "inspections-selection_mode-codes"),
        Kind("not_a_number", "violations_minor", _always("两处"), QUARANTINED, "inspections-violations_minor-type"),
        Kind("orphan", "entity_id", _unknown_object, ACCEPTED, f"inspections{_UNKNOWN}"),
    ),
    "penalties": (
        *_shared("penalties", "violation_type", "违法行为类型已更正"),
        Kind("fine_in_wan", "fine_fen", _in_wan, QUARANTINED, "penalties-fine_fen-", "fine_fen"),
        Kind("fine_in_cny", "fine_fen", _in_cny, QUARANTINED, "penalties-fine_fen_unit", "fine_fen"),
        Kind("bad_code", "severity", _always("重大"), QUARANTINED, "penalties-severity-codes"),
        Kind("orphan", "entity_id", _unknown_object, ACCEPTED, f"penalties{_UNKNOWN}"),
    ),
    "complaints": (
        *_shared("complaints", "topic", "诉求已更正"),
        Kind("not_yes_or_no", "is_substantiated", _always("待核"), QUARANTINED, "complaints-is_substantiated-type"),
        Kind("orphan", "entity_id", _unknown_object, ACCEPTED, f"complaints{_UNKNOWN}"),
    ),
}
"""A check that ends in ``-`` means any that begins so: a fine in 万元 is no whole number, or in a wrong unit."""
_LOST_DIGITS = Kind("lost_digits", "reg_no", lambda row: row["reg_no"], QUARANTINED, DIGITS_LOST)


def as_text(table: pa.Table, name: str) -> pa.Table:
    """Return a contract table with every cell as the text a CSV would hold."""
    return plain(table, name).cast(pa.schema([(column, pa.string()) for column in table.column_names]))


def dirty_file(
    table: str, rows: pa.Table, *, key: Sequence[str], name: str, encoding: str, share: float, generator: Generator
) -> DirtyFile:
    """Return ``rows`` with every kind of fault of ``table`` planted at a share of its rows each, at least three.

    Parameters
    ----------
    rows : text table as of :func:`as_text`. key : columns that identify a record; only rows whose key is unique are
        spoilt. share : float in 0..1, of the rows per kind.
    """
    single = _singles(rows, key)
    free = generator.permutation(single)
    wanted = max(3, round(share * rows.num_rows))
    planting = _Planting(name, table, rows)
    taken = np.zeros(rows.num_rows, bool)
    for kind in KINDS[table]:
        suits = free[~taken[free]]
        if kind.needs:
            suits = suits[rows[kind.needs].is_valid().to_numpy()[suits]]
        chosen = suits[:wanted]
        taken[chosen] = True
        planting.add(kind, np.sort(chosen))
    return planting.file(encoding)


def cut_numbers(rows: pa.Table, *, name: str, n: int, generator: Generator) -> DirtyFile:
    """Return entities as a spreadsheet in which ``n`` long registration numbers were typed as numbers."""
    number = _LOST_DIGITS.column
    at = np.sort(generator.permutation(rows.num_rows)[:n])
    filled = pa.array([f"330600{place:09d}7" for place in at], pa.string())
    mask = np.isin(np.arange(rows.num_rows), at)
    rows = rows.set_column(
        rows.column_names.index(number), number, pc.replace_with_mask(_one(rows[number]), mask, filled)
    )
    planting = _Planting(name, "entities", rows)
    faults = tuple(
        planting.fault(_LOST_DIGITS, int(place) + 2, row, row[number]) for place, row in planting.rows_at(at)
    )
    return DirtyFile(name, "entities", "", rows, faults, numeric=tuple((int(place), number) for place in at))


def _one(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)


def _singles(rows: pa.Table, key: Sequence[str]) -> npt.NDArray[np.int64]:
    numbered = rows.select(list(key)).append_column("~at", pa.array(np.arange(rows.num_rows)))
    counted = numbered.group_by(list(key)).aggregate([("~at", "count"), ("~at", "min")])
    return np.sort(counted.filter(pc.equal(counted["~at_count"], 1))["~at_min"].to_numpy())


class _Planting:
    """Collects changed cells, added rows and broken lines of one file, and where each fault ends up."""

    def __init__(self, name: str, table: str, rows: pa.Table) -> None:
        self._name, self._table, self._rows = name, table, rows
        self._changed: dict[str, dict[int, str | None]] = {}
        self._added: list[tuple[Kind, Row, Row, int]] = []
        self._spoilt: list[tuple[Kind, Row, int]] = []
        self._cells: list[tuple[Kind, Row, int, str | None]] = []

    def rows_at(self, at: npt.NDArray[np.int64]) -> Iterator[tuple[int, Row]]:
        """Yield (place, row)."""
        yield from zip(map(int, at), self._rows.take(pa.array(at)).to_pylist(), strict=True)

    def add(self, kind: Kind, at: npt.NDArray[np.int64]) -> None:
        """Spoil the rows at these places."""
        for place, row in self.rows_at(at):
            if kind.does in (EXTRA_CELL, STRAY_QUOTE):
                self._spoilt.append((kind, row, place))
            elif kind.does is None:
                self._cells.append((kind, row, place, kind.new(row)))
                self._changed.setdefault(kind.column, {})[place] = kind.new(row)
            else:
                changed = {kind.column: kind.new(row)} if kind.column else {}
                if kind.does == CORRECTION:
                    changed["known_at"] = _later(_MOST_CORRECTED_DAYS)(row)
                self._added.append((kind, row, {**row, **changed}, place))

    def fault(self, kind: Kind, line: int, row: Row, planted: str | None, *, name: str = "") -> Fault:
        """Return the entry of the truth for one fault."""
        original = json.dumps(row, ensure_ascii=False)
        return Fault(
            self._name, line, self._table, name or kind.name, kind.treatment, kind.check, kind.column, planted, original
        )

    def file(self, encoding: str) -> DirtyFile:
        """Return the file: changed rows, the broken lines in their midst, the added rows at its end."""
        gone = np.array(sorted(place for _, _, place in self._spoilt), np.int64)
        kept = np.setdiff1d(np.arange(self._rows.num_rows), gone)
        after, n_broken = round(_BROKEN_AFTER * len(kept)), len(self._spoilt)

        def line(place: int) -> int:
            position = int(np.searchsorted(kept, place))
            return position + 2 + (n_broken if position >= after else 0)

        faults = [self.fault(kind, line(place), row, planted) for kind, row, place, planted in self._cells]
        if encoding != "utf-8":
            faults.append(Fault(self._name, 0, self._table, encoding, ACCEPTED, "", "", None, ""))
        faults += [self.fault(kind, after + 2 + at, row, None) for at, (kind, row, _) in enumerate(self._spoilt)]
        end = len(kept) + n_broken + 2
        for at, (kind, row, added, place) in enumerate(self._added):
            faults.append(self.fault(kind, end + at, row, added.get(kind.column)))
            if kind.does == CONFLICT:
                faults.append(self.fault(kind, line(place), row, row[kind.column], name="contradicted"))
        added = pa.Table.from_pylist([added for _, _, added, _ in self._added], schema=self._rows.schema)
        rows = pa.concat_tables([self._edited().take(pa.array(kept)), added])
        broken = tuple(_spoilt_line(kind, row) for kind, row, _ in self._spoilt)
        return DirtyFile(self._name, self._table, encoding, rows, tuple(faults), broken, after)

    def _edited(self) -> pa.Table:
        rows = self._rows
        for column, cells in self._changed.items():
            places = sorted(cells)
            mask = np.zeros(rows.num_rows, bool)
            mask[places] = True
            new = pc.replace_with_mask(_one(rows[column]), mask, pa.array([cells[at] for at in places], pa.string()))
            rows = rows.set_column(rows.column_names.index(column), column, new)
        return rows


def _spoilt_line(kind: Kind, row: Row) -> str:
    cells = ['"' + value.replace('"', '""') + '"' if value else "" for value in row.values()]
    if kind.does == EXTRA_CELL:
        return ",".join([*cells, '"多出一格"'])
    first, *others = cells
    return ",".join([f'"{first}', *others])
