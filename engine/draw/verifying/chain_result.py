"""Last links of a verification: frame, selection, visits, roster, match, own row, certificate.

Source: docs/spec/draw-protocol.md §2, §4-§10.
"""

from collections.abc import Mapping
from typing import Any

from engine.draw.committing.commitment import Commitment, check_against_frame
from engine.draw.drawing import list_visits, select_objects
from engine.draw.matching.optimality import check_match
from engine.draw.matching.version_one_checks import check_version_1
from engine.draw.populations.frame import HashedFrame, cell_name, first_disorder, first_twin, hash_frame
from engine.draw.populations.roster import first_fault, roster_root
from engine.draw.protocol.checks import Check, failed, not_checked, passed
from engine.draw.protocol.merkle import root_from_proof
from engine.draw.protocol.tickets import handle_of
from engine.draw.publishing.certificate import DIGEST_KEY, cell_record, certificate_digest, probability_table
from engine.draw.verifying.chain import Run
from engine.messages import N_


def check_frame(run: Run, commitment: Commitment) -> None:
    """Note ``frame.*``."""
    rows, record = run.published.frame, commitment.record
    if rows is None:
        return
    at = first_disorder(rows.handles)
    if at is not None:
        run.note(failed("frame.rows", N_("row {row} is not above its predecessor by handle"), row=at))
    elif (twin := first_twin(rows.handles)) is not None:
        run.note(failed("frame.rows", N_("row {row} has the team code of its predecessor"), row=twin))
    else:
        run.note(passed("frame.rows", N_("{n} rows, strictly increasing by handle"), n=rows.size))
    run.frame = hash_frame(rows, suite=commitment.suite)
    found = run.frame.root.hex()
    derived = tuple(root.hex() for root in run.frame.shards)
    if run.published.shards is not None and run.published.shards != derived:
        number = next(k for k, pair in enumerate(zip(run.published.shards, derived, strict=True)) if pair[0] != pair[1])
        run.note(failed("frame.root", N_("shard {number} does not give the root the manifest states"), number=number))
    elif found == record["frame_root"]:
        run.note(passed("frame.root", N_("{digest}"), digest=found))
    else:
        run.note(
            failed(
                "frame.root",
                N_("the rows' root is {found}, not the committed {expected}"),
                found=found,
                expected=record["frame_root"],
            )
        )
    run.attempt("frame.counts", lambda: check_against_frame(commitment, rows), N_("rows per cell are as committed"))


def check_draw(run: Run, commitment: Commitment) -> None:
    """Note ``draw.*`` and ``visits``."""
    if run.frame is None or run.seed is None or not run.checks["frame.counts"].ok:
        return
    frame, certificate = run.frame.rows, run.published.certificate
    run.selected = select_objects(frame, commitment=commitment, seed=run.seed)
    expected = {cell_name(*cell.cell): cell_record(cell, frame) for cell in run.selected.cells}
    published: Mapping[str, Mapping[str, Any]] = certificate["result"]
    parts = {"draw.sizes": ("N", "n"), "draw.selected": ("selected",), "draw.thresholds": ("tau",)}
    if commitment.version == 2:
        parts["draw.reserves"] = ("reserves",)
    else:
        run.note(not_checked("draw.reserves", N_("version 1 has no reserves")))
        run.note(not_checked("draw.probabilities", N_("version 1 has no table of probabilities")))
    for name, keys in parts.items():
        names = sorted(expected.keys() | published.keys())
        wrong = [c for c in names if any(expected.get(c, {}).get(key) != published.get(c, {}).get(key) for key in keys)]
        if wrong:
            run.note(failed(name, N_("{n} cell(s) differ, first {cell}"), n=len(wrong), cell=wrong[0]))
        else:
            run.note(passed(name, N_("{n} cells recomputed"), n=len(expected)))
    if commitment.version == 2:
        same = probability_table(run.selected.cells, commitment=commitment) == certificate["pi"]
        note = passed("draw.probabilities", N_("{n} cells recomputed"), n=len(expected))
        run.note(note if same else failed("draw.probabilities", N_("the table of probabilities differs")))
    run.visits = list_visits(frame, run.selected.cells)
    found = {visit.handle.hex(): list(visit.items) for visit in run.visits}
    stated = {handle: list(items) for handle, items in certificate["visits"].items()}
    if found == stated:
        run.note(passed("visits", N_("{n} visits with the union of their items"), n=len(found)))
    else:
        wrong = [h for h in sorted(found.keys() | stated.keys()) if found.get(h) != stated.get(h)]
        run.note(failed("visits", N_("{n} visit(s) differ, first {handle}"), n=len(wrong), handle=wrong[0]))


def check_teams(run: Run, commitment: Commitment) -> None:
    """Note ``roster.root`` and ``match.*``."""
    published = run.published
    if commitment.version == 1:
        run.note(not_checked("roster.root", N_("version 1: the roster is not committed")))
        if run.seed is not None and run.visits is not None:
            for check in check_version_1(
                published.certificate["match"], visits=run.visits, suite=commitment.suite, seed=run.seed
            ):
                run.note(check)
        return
    if published.frame is None:
        return
    fault = first_fault(published.roster)
    found = roster_root(published.roster, suite=commitment.suite).hex()
    if fault is not None:
        run.note(failed("roster.root", N_("{problem}"), problem=fault))
        return
    if found != commitment.record["roster_root"] or len(published.roster) != commitment.record["roster_size"]:
        run.note(failed("roster.root", N_("the roster's root is {found}, not the committed one"), found=found))
    else:
        run.note(passed("roster.root", N_("{n} officers"), n=len(published.roster)))
    if run.seed is None or run.visits is None:
        return
    match = published.certificate["match"]
    for check in check_match(
        match, visits=run.visits, roster=published.roster, rule=commitment.rule, suite=commitment.suite, seed=run.seed
    ):
        run.note(check)


def check_own_row(run: Run, commitment: Commitment) -> None:
    """Note ``opening``."""
    opening = run.published.opening
    if opening is None:
        run.note(not_checked("opening", N_("the file carries no opening")))
    elif run.frame is not None:
        run.note(check_opening(opening, frame=run.frame, root=commitment.record["frame_root"]))


def check_opening(opening: Mapping[str, Any], *, frame: HashedFrame, root: str) -> Check:
    """Return the check ``opening``: that id and salt give the handle of the row, and its proof leads to the root."""
    identifier, salt, index = opening["id"], bytes.fromhex(opening["salt"]), opening["index"]
    suite = frame.suite
    if index >= frame.rows.size:
        return failed("opening", N_("row {row} is not in the frame"), row=index)
    if handle_of(suite, identifier=identifier, salt=salt) != frame.rows.handle(index):
        return failed("opening", N_("id and salt do not give the handle of row {row}"), row=index)
    leaf = frame.leaves[index * 32 : (index + 1) * 32]
    proof = [bytes.fromhex(sibling) for sibling in opening["proof"]]
    found = root_from_proof(suite, leaf, proof, index=index, size=frame.rows.size)
    if found is None or found.hex() != root:
        return failed("opening", N_("the proof of row {row} does not lead to the committed root"), row=index)
    return passed("opening", N_("row {row} is this object's and stands in the committed frame"), row=index)


def check_certificate(run: Run, commitment: Commitment) -> None:
    """Note ``certificate.digest``."""
    published, name = run.published, "certificate.digest"
    if commitment.version == 1:
        run.note(not_checked(name, N_("version 1 has no certificate digest")))
        return
    if published.is_withheld:
        release = commitment.record["release"]
        if release is None:
            run.note(failed(name, N_("content is missing from a draw that is not sealed")))
        else:
            run.note(not_checked(name, N_("sealed: rows and result are withheld until {release}"), release=release))
        return
    certificate = published.certificate
    repeated = ("draw", "seq", "prev") if published.is_void else ("draw", "seq", "prev", "code")
    differing = [key for key in repeated if certificate[key] != commitment.record[key]]
    if certificate["commit_digest"] != commitment.digest.hex():
        differing.append("commit_digest")
    found = certificate_digest(certificate, suite=commitment.suite)
    if differing:
        run.note(failed(name, N_("{keys} differ from the commitment"), keys=", ".join(differing)))
    elif found != certificate[DIGEST_KEY]:
        run.note(
            failed(
                name,
                N_("the certificate's digest is {found}, not {stated}"),
                found=found,
                stated=certificate[DIGEST_KEY],
            )
        )
    elif published.is_void:
        run.note(passed(name, N_("void: {reason}"), reason=certificate["reason"]))
    else:
        run.note(passed(name, N_("{digest}"), digest=found))
