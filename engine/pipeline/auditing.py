"""What only a holder of the blinding key can check: handles, frozen grades, and strata that follow from grades.

The commitment holds ``H("rating", K, table)`` over the grades that cut the strata. K keeps the public from trying out
grades; whoever holds it can tell whether the grades shown are the ones that were frozen.
Source: docs/spec/draw-protocol.md §10.
"""

from collections.abc import Mapping
from heapq import nsmallest

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.draw.committing.commitment import Commitment, read_commitment
from engine.draw.populations.frame import BlindedFrame
from engine.draw.protocol.checks import failed, not_checked, passed
from engine.draw.protocol.encoding import DIGEST_BYTES, HashSuite, lp
from engine.draw.protocol.tickets import handles_of, key_commitment
from engine.draw.verifying.chain import Run
from engine.draw.verifying.published import PublishedDraw
from engine.messages import N_

GRADE_COLUMNS = ("object_id", "item_code", "grade", "district_code")


def grade_digest(units: pd.DataFrame, *, key: bytes, suite: HashSuite) -> str:
    """Return the blinded digest of the grades of a frame, hex.

    Parameters
    ----------
    units : key (object_id, item_code): grade, district_code; in any order.
    key : the blinding key of the draw.

    Notes
    -----
    One line a row, its four values joined by tabs, lines in byte order joined by line feeds.
    """
    columns = [pa.array(units[name].astype(str), type=pa.large_string()) for name in GRADE_COLUMNS]
    lines = pc.binary_join_element_wise(*columns, pa.scalar("\t", type=pa.large_string())).sort()
    return suite.tagged("rating", key, "\n".join(lines.to_pylist())).hex()


class AuditCheck:
    """The checks ``audit.*``: what a reader can recompute who holds K and the agency's own lists.

    Parameters
    ----------
    key : K, 32 bytes.
    register : objects that must be in the frame: object_id, and item_code if the list says for which items.
    grades : the frozen grades, key (object_id, item_code): grade, district_code; None if not given.
    """

    def __init__(self, key: bytes, *, register: pd.DataFrame | None, grades: pd.DataFrame | None) -> None:
        self.key, self.register, self.grades = key, register, grades

    def __call__(self, run: Run, commitment: Commitment) -> None:
        """Note all checks of the auditor."""
        frame = run.published.frame
        if commitment.version == 1 or frame is None:
            return
        if key_commitment(commitment.suite, key=self.key).hex() != commitment.record["key_commit"]:
            run.note(failed("audit.key", N_("this is not the committed key")))
            return
        run.note(passed("audit.key", N_("the committed key")))
        self._check_handles(run, commitment, frame)
        self._check_grades(run, commitment)
        self._check_strata(run, commitment, frame)

    def _check_handles(self, run: Run, commitment: Commitment, frame: BlindedFrame) -> None:
        name = "audit.handles"
        if self.register is None:
            run.note(not_checked(name, N_("no list of the register was given")))
            return
        listed = self.register["object_id"].astype(str)
        identifiers = list(dict.fromkeys(listed))
        handles = _pieces(handles_of(commitment.suite, key=self.key, identifiers=identifiers))
        rows = set(_pieces(frame.handles))
        ghosts, missing = (
            len(rows - set(handles)),
            [i for i, h in zip(identifiers, handles, strict=True) if h not in rows],
        )
        # the same object, or the same item of it where items are listed
        key = [column for column in ("object_id", "item_code") if column in self.register.columns]
        twice = int(self.register.duplicated(subset=key).sum())
        if ghosts:
            run.note(failed(name, N_("{n} row(s) of the frame belong to no object of the register"), n=ghosts))
        elif missing:
            text = N_("{n} object(s) of the register are not in the frame, first {first}")
            run.note(failed(name, text, n=len(missing), first=missing[0]))
        elif twice:
            run.note(failed(name, N_("the register lists {n} object(s) twice"), n=twice))
        else:
            self._check_items(run, commitment, frame, dict(zip(handles, identifiers, strict=True)))

    def _check_items(
        self, run: Run, commitment: Commitment, frame: BlindedFrame, object_of: Mapping[bytes, str]
    ) -> None:
        """Where the register says for which items an object is listed, the frame must say the same."""
        name = "audit.handles"
        if self.register is not None and "item_code" in self.register.columns:
            pairs = self.register[["object_id", "item_code"]].astype(str).itertuples(index=False, name=None)
            due = set(pairs)
            found = {(object_of[frame.handle(row)], item) for row in range(frame.size) for item in frame.cells_of(row)}
            if due != found:
                first = min(due ^ found)
                text = N_("register and frame differ in {n} item(s) of objects, first {object_id} for {item}")
                run.note(failed(name, text, n=len(due ^ found), object_id=first[0], item=first[1]))
                return
        run.note(passed(name, N_("each of {n} rows is one object of the register"), n=frame.size))

    def _check_grades(self, run: Run, commitment: Commitment) -> None:
        name, rating = "audit.grades", commitment.record["rating"]
        if rating is None:
            run.note(not_checked(name, N_("the commitment names no grades")))
        elif self.grades is None:
            run.note(not_checked(name, N_("no grades were given")))
        elif grade_digest(self.grades, key=self.key, suite=commitment.suite) != rating["digest"]:
            run.note(failed(name, N_("these are not the grades that were frozen as of {as_of}"), as_of=rating["as_of"]))
        else:
            run.note(passed(name, N_("the grades frozen as of {as_of}"), as_of=rating["as_of"]))

    def _check_strata(self, run: Run, commitment: Commitment, frame: BlindedFrame) -> None:
        """Rows of one item, grade and district stand in one stratum (those law makes due apart, in another)."""
        name = "audit.strata"
        if self.grades is None:
            run.note(not_checked(name, N_("no grades were given")))
            return
        units = self.grades[list(GRADE_COLUMNS)].astype(str)
        handles = _pieces(handles_of(commitment.suite, key=self.key, identifiers=units["object_id"].tolist()))
        row_of = {handle: row for row, handle in enumerate(_pieces(frame.handles))}
        strata: list[str] = []
        for handle, item in zip(handles, units["item_code"], strict=True):
            row = row_of.get(handle)
            strata.append(frame.cells_of(row).get(item, "") if row is not None else "")
        placed = units.assign(stratum=strata)
        if (placed["stratum"] == "").any():
            first = placed.loc[placed["stratum"] == "", "object_id"].iloc[0]
            run.note(failed(name, N_("{object_id} has a grade and no row"), object_id=first))
            return
        ratios = commitment.items
        full = [ratios[i].ratios.get(s) == 1 for i, s in zip(placed["item_code"], placed["stratum"], strict=True)]
        apart = placed.assign(full=full).groupby(["item_code", "grade", "district_code", "full"])["stratum"].nunique()
        most = apart.index.get_level_values("full").astype(int) + 1  # drawn in full: by law's due date, and by ratio
        torn = apart[apart.to_numpy() > most.to_numpy()]
        if len(torn):
            item, grade, district, _ = torn.index[0]
            text = N_("item {item}, grade {grade}, district {district} stands in several strata")
            run.note(failed(name, text, item=item, grade=grade, district=district))
        else:
            run.note(passed(name, N_("{n} rows stand in the stratum of their grade and district"), n=len(placed)))


def rows_to_look_up(published: PublishedDraw, *, key: bytes, register: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return ``n`` rows of the frame, chosen by tickets nobody could foresee, to be compared with the register by hand.

    Parameters
    ----------
    published : a draw with its rows and its seed.
    register : objects of the frame: object_id.

    Returns
    -------
    DataFrame: object_id, item_code, stratum; objects in ticket order of ``H("audit", seed, handle)``.
    """
    commitment, frame = read_commitment(published.commit), published.frame
    if frame is None:
        return pd.DataFrame(columns=["object_id", "item_code", "stratum"])
    begun = commitment.suite.midstate("audit", bytes.fromhex(published.certificate["seed"]))
    identifiers = list(dict.fromkeys(register["object_id"].astype(str)))
    handles = _pieces(handles_of(commitment.suite, key=key, identifiers=identifiers))
    object_of = dict(zip(handles, identifiers, strict=True))

    def ticket(row: int) -> bytes:
        running = begun.copy()
        running.update(lp(frame.handle(row)))
        return running.digest()

    records = [
        (object_of.get(frame.handle(row), ""), item, stratum)
        for row in nsmallest(n, range(frame.size), key=ticket)
        for item, stratum in frame.cells_of(row).items()
    ]
    return pd.DataFrame.from_records(records, columns=["object_id", "item_code", "stratum"])


def _pieces(joined: bytes) -> list[bytes]:
    return [joined[start : start + DIGEST_BYTES] for start in range(0, len(joined), DIGEST_BYTES)]
