"""From named tables to the blinded frame and roster: the private side of a draw.

Identifiers are ``scheme:value`` (``uscc:…``, ``reg:…``, ``inspector:…``). The key K blinds them and does nothing else:
it cannot steer the draw, since it is committed before the seed exists. Whoever holds a frame object holds the key.
Source: docs/spec/draw-protocol.md §2, §6.
"""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.draw.populations.frame import (
    ABSENT,
    EXCLUSION_MARK,
    BlindedFrame,
    HashedFrame,
    first_twin,
    hash_frame,
    is_exclusion,
    require_code,
)
from engine.draw.populations.roster import EXPERT_DEPARTMENT, LEADER, Officer, is_countable, sorted_roster
from engine.draw.protocol.encoding import HashSuite, Octets, field_bytes, whole_rows
from engine.draw.protocol.merkle import inclusion_proof
from engine.draw.protocol.tickets import Places, handle_of, handles_of_encoded, salt_of
from engine.errors import CommitmentRefusedError, ContractError, SchemaMismatchError
from engine.messages import N_, Message
from engine.vocabulary import JOINER

KEY_BYTES = 32
OFFICER_SCHEME = "inspector:"
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*:\S(.*\S)?")
_PLAIN_IDENTIFIER = r"^[a-z][a-z0-9_]*:[!-~]+$"
"""What nearly all identifiers look like, judged a column at a time; the others are judged one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A frame ready to be committed, with the names behind its handles.

    Parameters
    ----------
    hashed : the public side.
    identifiers : Arrow text, identifier of each row, in handle order.
    key : 32 secret bytes.
    """

    hashed: HashedFrame
    identifiers: pa.LargeStringArray
    key: bytes = field(repr=False)

    @property
    def rows(self) -> BlindedFrame:
        """The blinded rows."""
        return self.hashed.rows

    @property
    def object_ids(self) -> tuple[str, ...]:
        """Identifier of each row, in handle order; made anew on each call, one object per row."""
        return tuple(self.identifiers.to_pylist())

    def opening(self, object_id: str) -> dict[str, object]:
        """Return what this one object needs to find its own row: id, salt, index and proof.

        Raises
        ------
        ContractError
            The object is not in the frame.
        """
        row = pc.index(self.identifiers, pa.scalar(object_id, type=pa.large_string())).as_py()
        if row < 0:
            raise ContractError(
                table="frame",
                problem=Message(N_("{object_id} is not in the frame"), {"object_id": object_id}),
                remedy=Message(N_("check the identifier")),
            )
        proof = inclusion_proof(self.hashed.suite, self.hashed.leaves, index=row)
        return {
            "id": object_id,
            "salt": salt_of(self.key, object_id).hex(),
            "index": row,
            "proof": [sibling.hex() for sibling in proof],
        }


def prepare_frame(rows: pd.DataFrame, *, key: bytes, suite: HashSuite) -> Frame:
    """Return the blinded, hashed frame of a table; about 1.5 µs per object.

    Parameters
    ----------
    rows : DataFrame, key (object_id, item_code), reads ``stratum`` and, if there, ``exclusion`` (a reason code, null
        for rows that can be drawn). Text without ``|``; ids are ``scheme:value``; nothing else may be null.
    key : 32 secret bytes.
    suite : hash suite.

    Raises
    ------
    SchemaMismatchError, ContractError
        A column is missing, a value is null, a key repeats, or an id or code is not usable.
    NotCanonicalError
        An id or code is not NFC.
    """
    _require_columns(rows, ("object_id", "item_code", "stratum"), name="frame")
    _require_key(key)
    object_at, identifiers = _distinct_identifiers(rows["object_id"])
    item_at, items = _sorted_codes(rows["item_code"], what="item_code")
    stratum_at, strata = _sorted_strata(rows)
    codes = np.full((len(identifiers), len(items)), ABSENT, dtype=np.int32)
    codes[object_at, item_at] = stratum_at
    if int((codes >= 0).sum()) != len(rows):
        _refuse("frame", N_("an object stands twice for one item"), N_("keep one row per object and item"))
    octets, starts, sizes = _encoded(identifiers)
    handles = handles_of_encoded(suite, key=key, octets=octets, starts=starts, sizes=sizes)
    # eight bytes decide: two equal ones would share a team code and are refused below
    order = np.argsort(handles.view(">u8")[:, 0].astype(np.uint64))
    blob = whole_rows(handles, order).tobytes()
    _require_distinct_teams(blob)
    blinded = BlindedFrame(items, strata, blob, whole_rows(codes, order))
    return Frame(hash_frame(blinded, suite=suite), identifiers.take(pa.array(order)), key)


def _distinct_identifiers(column: "pd.Series[str]") -> tuple[NDArray[np.intp], pa.LargeStringArray]:
    """Return the position of every row's object and the objects in order of appearance, judged as identifiers."""
    found, objects = pd.factorize(column)
    as_text = [one if isinstance(one, str) else str(one) for one in objects] if objects.dtype == object else objects
    identifiers = pa.array(as_text, type=pa.large_string())
    plain = pc.match_substring_regex(identifiers, _PLAIN_IDENTIFIER)
    for row in np.flatnonzero(~plain.to_numpy(zero_copy_only=False)).tolist():
        one = identifiers[row].as_py()
        if _IDENTIFIER.fullmatch(one) is None:
            _refuse("frame", N_("{object_id!r} is not scheme:value"), N_("write uscc:… or reg:…"), object_id=one)
        field_bytes(one)
    return found, identifiers


def _encoded(identifiers: pa.LargeStringArray) -> tuple[Octets, Places, Places]:
    """Return the UTF-8 of all identifiers as it lies in memory, with the start and size of each."""
    _, offsets, content = identifiers.buffers()
    if content is None:
        return np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    edges = np.frombuffer(offsets, dtype=np.int64)[identifiers.offset : identifiers.offset + len(identifiers) + 1]
    return np.frombuffer(content, dtype=np.uint8), edges[:-1], np.diff(edges)


def _sorted_strata(rows: pd.DataFrame) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return each row's position in the sorted strata; excluded rows stand in strata ``!reason!stratum``."""
    at, found = pd.factorize(rows["stratum"])
    stated = [str(one) for one in found]
    excluded = rows["exclusion"].notna().to_numpy() if "exclusion" in rows.columns else np.zeros(len(rows), dtype=bool)
    if any(is_exclusion(stated[k]) for k in np.flatnonzero(np.bincount(at[~excluded])).tolist()):
        _refuse("frame", N_("a stratum begins with '!', which marks exclusions"), N_("rename it"))
    reasons: list[str] = []
    reason_at = np.full(len(rows), -1)
    if excluded.any():
        reason_at, distinct = pd.factorize(rows["exclusion"])
        reasons = [str(one) for one in distinct]
    # one number for each pair of stratum and reason, -1 being no reason
    pairs = at * (len(reasons) + 1) + reason_at + 1
    occurs = np.bincount(pairs) > 0
    names = []
    for pair in np.flatnonzero(occurs).tolist():
        stratum, reason = divmod(pair, len(reasons) + 1)
        mark = f"{EXCLUSION_MARK}{reasons[reason - 1]}{EXCLUSION_MARK}" if reason else ""
        names.append(require_code(mark + stated[stratum], what="stratum"))
    ranked = sorted(names, key=str.encode)
    rank_of = {name: rank for rank, name in enumerate(ranked)}
    ranks = np.zeros(len(occurs), dtype=np.int64)
    ranks[occurs] = [rank_of[name] for name in names]
    return ranks[pairs], tuple(ranked)


def _sorted_codes(column: "pd.Series[str]", *, what: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    at, found = pd.factorize(column)
    ranked = sorted((require_code(str(one), what=what) for one in found), key=str.encode)
    rank_of = {one: rank for rank, one in enumerate(ranked)}
    return np.array([rank_of[str(one)] for one in found], dtype=np.int64)[at], tuple(ranked)


def _require_columns(table: pd.DataFrame, columns: Sequence[str], *, name: str) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise SchemaMismatchError(table=name, columns=", ".join(missing))
    if table[list(columns)].isna().to_numpy().any():
        _refuse(name, N_("{columns} hold empty values"), N_("fill or drop those rows"), columns=", ".join(columns))


def _refuse(table: str, problem: str, remedy: str, **params: object) -> None:
    raise ContractError(table=table, problem=Message(problem, params), remedy=Message(remedy))


def _require_key(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise CommitmentRefusedError(where="key_commit", problem=Message(N_("the blinding key has 32 bytes")))


def _require_distinct_teams(handles: bytes) -> None:
    if first_twin(handles) is not None:
        raise CommitmentRefusedError(
            where="frame", problem=Message(N_("two objects share a team code; take another key"))
        )


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """A roster ready to be committed, with the codes behind its handles.

    Parameters
    ----------
    officers : the public side, by handle.
    inspector_codes : code of each officer, in the same order.
    """

    officers: tuple[Officer, ...]
    inspector_codes: tuple[str, ...]


def prepare_roster(
    inspectors: pd.DataFrame,
    *,
    recusals: pd.DataFrame,
    rotations: pd.DataFrame,
    frame: Frame,
) -> Roster:
    """Return the blinded roster for a frame.

    Parameters
    ----------
    inspectors : DataFrame, key inspector_code; reads department_code, district_code, specialities (joined by ``;``, may
        be null), certificate_expires_on (date), cap (most visits in this draw, ≥ 0; 0 = away), prior_load (visits
        already made in the period, ≥ 0), is_leader_qualified, and ``weight`` if there (integer ≥ 1, default 1). Experts
        stand in department ``expert``.
    recusals, rotations : DataFrames (inspector_code, object_id); rows about others or about objects outside the frame
        are ignored.
    frame : gives key, suite and the objects.

    Raises
    ------
    SchemaMismatchError, ContractError, CommitmentRefusedError
        A column is missing, a code repeats or a number is out of range.
    """
    columns = ("inspector_code", "department_code", "district_code", "certificate_expires_on", "cap", "prior_load")
    _require_columns(inspectors, (*columns, "is_leader_qualified"), name="inspectors")
    if inspectors["inspector_code"].duplicated().any():
        _refuse("inspectors", N_("an inspector stands there twice"), N_("keep one row per inspector"))
    recused = _handles_by_inspector(recusals, frame=frame, name="recusals")
    rotated = _handles_by_inspector(rotations, frame=frame, name="rotations")
    suite = frame.hashed.suite
    code_of: dict[bytes, str] = {}
    officers = []
    for row in inspectors.to_dict("records"):
        code = str(row["inspector_code"])
        identifier = OFFICER_SCHEME + code
        officer = _officer(row, handle=handle_of(suite, identifier=identifier, salt=salt_of(frame.key, identifier)))
        if not is_countable(officer):
            _refuse(
                "inspectors",
                N_("{code} has a cap, prior load or weight out of range"),
                N_("use 0 to 100,000 visits and weights from 1 to 1,000"),
                code=code,
            )
        code_of[officer.handle] = code
        officers.append(replace(officer, recused=recused.get(code, ()), rotated=rotated.get(code, ())))
    ranked = sorted_roster(officers)
    return Roster(ranked, tuple(code_of[officer.handle] for officer in ranked))


def _officer(row: dict[Hashable, Any], *, handle: bytes) -> Officer:
    stated = row.get("specialities")
    skills = {part for part in str(stated).split(JOINER) if part} if isinstance(stated, str) else set()
    if row["is_leader_qualified"] and row["department_code"] != EXPERT_DEPARTMENT:
        skills.add(LEADER)
    cap, prior, weight = int(row["cap"]), int(row["prior_load"]), int(row.get("weight", 1))
    return Officer(
        handle=handle,
        department=require_code(str(row["department_code"]), what="department_code"),
        specialities=tuple(sorted((require_code(skill, what="specialities") for skill in skills), key=str.encode)),
        district=str(row["district_code"]),
        certificate_expires_on=pd.Timestamp(row["certificate_expires_on"]).strftime("%Y-%m-%d"),
        cap=cap,
        prior=prior,
        weight=weight,
        recused=(),
        rotated=(),
    )


def _handles_by_inspector(table: pd.DataFrame, *, frame: Frame, name: str) -> dict[str, tuple[bytes, ...]]:
    _require_columns(table, ("inspector_code", "object_id"), name=name)
    wanted = pa.array([str(one) for one in table["object_id"]], type=pa.large_string())
    rows = pc.index_in(wanted, value_set=frame.identifiers).to_pylist() if len(table) else []
    found: dict[str, set[bytes]] = {}
    for code, row in zip(table["inspector_code"], rows, strict=True):
        if row is not None:
            found.setdefault(str(code), set()).add(frame.rows.handle(row))
    return {code: tuple(sorted(handles)) for code, handles in found.items()}
