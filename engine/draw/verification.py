"""Recomputing a published draw: a fixed list of named checks, each passed, failed or not checkable.

The chain is checked link by link: the record gives the commitment digest, digest and events give the seed, seed and
rows give sizes, selection and visits, visits, roster and rule give posts, and the published match must be their only
optimum. Each link starts from the published end of the one before, which was itself compared, so that a fault is named
where it lies. Needs no workspace, no network and no solver. Source: docs/spec/draw-protocol.md §10.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.draw.certificate import DIGEST_KEY, cell_record, certificate_digest, probability_table
from engine.draw.checks import CHECK_NAMES, Check, Verification, failed, not_checked, passed
from engine.draw.commitment import Commitment, check_against_frame, check_policy, read_commitment
from engine.draw.drawing import Selected, list_visits, order_values, select_objects
from engine.draw.entropy import SIMULATED_SOURCE, EntropyValue, require_canonical, seed_of
from engine.draw.entropy_policy import check_timing
from engine.draw.frame import HashedFrame, cell_name, first_disorder, first_twin, hash_frame
from engine.draw.match_checks import check_version_1
from engine.draw.merkle import root_from_proof
from engine.draw.optimality import check_match
from engine.draw.posts import Visit
from engine.draw.published import PublishedDraw, read_compact
from engine.draw.roster import first_fault, roster_root
from engine.draw.tickets import handle_of
from engine.errors import DrawError
from engine.messages import N_


@dataclass(slots=True, eq=False)
class _Run:
    """The checks made so far and the values derived on the way."""

    published: PublishedDraw
    expect_commit: str | None
    expect_entropy: Mapping[str, str] | None
    checks: dict[str, Check] = field(default_factory=dict)
    commitment: Commitment | None = None
    values: tuple[EntropyValue, ...] | None = None
    seed: bytes | None = None
    frame: HashedFrame | None = None
    selected: Selected | None = None
    visits: tuple[Visit, ...] | None = None

    def note(self, check: Check) -> bool:
        self.checks[check.name] = check
        return check.ok

    def attempt(self, name: str, action: Callable[[], object], template: str, **params: object) -> bool:
        """Note ``name`` as passed unless ``action`` raises; then as failed with the error's sentence."""
        try:
            action()
        except DrawError as problem:
            return self.note(failed(name, N_("{problem}"), problem=problem.message))
        return self.note(passed(name, template, **params))


def verify_bundle(
    bundle: Mapping[str, Any], *, expect_commit: str | None = None, expect_entropy: Mapping[str, str] | None = None
) -> Verification:
    """Return the verification of a compact JSON object (see :func:`verify_published`)."""
    try:
        published = read_compact(bundle)
    except DrawError as problem:
        return unreadable(problem)
    return verify_published(published, expect_commit=expect_commit, expect_entropy=expect_entropy)


def unreadable(problem: DrawError) -> Verification:
    """Return the verification of a bundle that cannot be read: ``format`` failed, nothing else checked."""
    checks = {"format": failed("format", N_("{problem}"), problem=problem.message)}
    return Verification(False, False, _complete(checks))


def _complete(checks: Mapping[str, Check]) -> tuple[Check, ...]:
    missing = N_("not reached: an earlier check failed or the bundle holds nothing on it")
    return tuple(checks.get(name, not_checked(name, missing)) for name in CHECK_NAMES)


def verify_published(
    published: PublishedDraw, *, expect_commit: str | None = None, expect_entropy: Mapping[str, str] | None = None
) -> Verification:
    """Return the verification of a published draw.

    Parameters
    ----------
    published : a draw read from a folder or a compact file.
    expect_commit : commitment digest in hex known from elsewhere (the public notice, a time stamp); without it a
        consistent bundle is *not anchored*.
    expect_entropy : value by source as the operators published them; without it the values are taken as stated.

    Returns
    -------
    Verification; one check per name of :data:`~engine.draw.checks.CHECK_NAMES`.
    """
    run = _Run(published, expect_commit, expect_entropy)
    run.note(passed("format", N_("version {version}"), version=published.version))
    _check_commitment(run)
    if run.commitment is not None:
        _check_class(run, run.commitment)
        _check_entropy(run, run.commitment)
        _check_frame(run, run.commitment)
        _check_draw(run, run.commitment)
        _check_teams(run, run.commitment)
        _check_opening(run, run.commitment)
        _check_certificate(run, run.commitment)
    anchored = expect_commit is not None and run.checks["commitment.anchored"].ok
    is_simulation = run.commitment is not None and run.commitment.is_simulation
    return Verification(anchored, is_simulation, _complete(run.checks))


def _check_commitment(run: _Run) -> None:
    published = run.published
    try:
        run.commitment = read_commitment(published.commit)
    except DrawError as problem:
        run.note(failed("commitment.schema", N_("{problem}"), problem=problem.message))
    else:
        note = N_("version 1: the layout of the published examples; the roster is not committed")
        run.note(passed("commitment.schema", note if published.version == 1 else N_("version 2: closed record")))
        found = run.commitment.digest.hex()
        if found == published.commit_digest:
            run.note(passed("commitment.digest", N_("{digest}"), digest=found))
        else:
            run.note(
                failed(
                    "commitment.digest",
                    N_("the record's digest is {found}, not {stated}"),
                    found=found,
                    stated=published.commit_digest,
                )
            )
    name = "commitment.anchored"
    digest = run.commitment.digest.hex() if run.commitment is not None else published.commit_digest
    if run.expect_commit is None:
        run.note(not_checked(name, N_("consistent, not anchored: no expected commitment digest was given")))
    elif run.expect_commit.strip().lower() == digest:
        run.note(passed(name, N_("equals the expected commitment digest")))
    else:
        run.note(
            failed(
                name, N_("{found} is not the expected commitment {expected}"), found=digest, expected=run.expect_commit
            )
        )


def _check_class(run: _Run, commitment: Commitment) -> None:
    stated = run.published.certificate.get("class", commitment.record.get("class"))
    simulated = any(event.source == SIMULATED_SOURCE for event in commitment.events)
    if commitment.version == 2 and stated != commitment.record["class"]:
        run.note(failed("class", N_("certificate and commitment disagree on the class")))
    elif simulated:
        run.note(passed("class", N_("SIMULATION: entropy and clock are simulated, nothing was decided by this draw")))
    elif commitment.version == 1:
        run.note(not_checked("class", N_("version 1 states no class")))
    else:
        run.note(passed("class", N_("real draw")))


def _check_entropy(run: _Run, commitment: Commitment) -> None:
    run.attempt("entropy.policy", lambda: check_policy(commitment), _policy_note(commitment))
    if run.published.is_withheld or run.published.is_void:
        return
    values = _stated_values(run, commitment)
    if values is None:
        return
    if commitment.version == 2:
        record = commitment.record
        run.attempt(
            "entropy.timing",
            lambda: check_timing(
                values,
                committed_at=record["committed_at"],
                not_before=record["not_before"],
                deadlines=record["deadlines"],
                policy=commitment.policy,
            ),
            N_("every event lies after the commitment plus its gap"),
        )
    else:
        run.note(not_checked("entropy.timing", N_("version 1 carries no times")))
    if run.expect_entropy is not None:
        wrong = [v.source for v in values if run.expect_entropy.get(v.source) != v.value]
        extra = sorted(run.expect_entropy.keys() - {v.source for v in values})
        if wrong or extra:
            run.note(
                failed(
                    "entropy.expected",
                    N_("the value of {sources} is not the expected one"),
                    sources=", ".join([*wrong, *extra]),
                )
            )
        else:
            run.note(passed("entropy.expected", N_("all values are the expected ones")))
    else:
        run.note(
            not_checked(
                "entropy.expected", N_("no expected values were given: compare them with the operators' own results")
            )
        )
    run.values = values
    triples = [(value.source, value.event, value.value) for value in values]
    published = bytes.fromhex(run.published.commit_digest)
    found = seed_of(commitment.suite, commit_digest=published, values=triples).hex()
    stated = run.published.certificate["seed"]
    run.seed = bytes.fromhex(stated)
    if found == stated:
        run.note(passed("seed", N_("{digest}"), digest=stated))
    else:
        run.note(failed("seed", N_("commitment and events give {found}, not {stated}"), found=found, stated=stated))


def _policy_note(commitment: Commitment) -> str:
    if commitment.policy is None:
        return N_("no policy is claimed: do not take these events for a fair source")
    return N_("bits, operators and gap are as claimed and not below the protocol's floor")


def _stated_values(run: _Run, commitment: Commitment) -> tuple[EntropyValue, ...] | None:
    """Note events and encoding; return the values in committed order, or None when they do not fit the events."""
    published = run.published
    if commitment.version == 1:
        stated = [
            EntropyValue(e.source, e.event, published.entropy.get(e.source, ""), "", "") for e in commitment.events
        ]
        if set(published.entropy) != {event.source for event in commitment.events}:
            run.note(failed("entropy.events", N_("the values are not those of the committed sources")))
            return None
    else:
        stated = [
            EntropyValue(
                used["id"], used["event"], used["value"], used["evidence"]["drawn_at"], used["evidence"]["reference"]
            )
            for used in published.certificate["entropy_used"]
        ]
        if [value.source for value in stated] != [event.source for event in commitment.events]:
            run.note(failed("entropy.events", N_("the values are not those of the committed sources")))
            return None
        if {value.source: value.value for value in stated} != dict(published.entropy):
            run.note(failed("entropy.events", N_("the compact values differ from those of the certificate")))
            return None
    encodings = {event.source: event.encoding for event in commitment.events}
    for value in stated:
        if not run.attempt(
            "entropy.encoding",
            lambda value=value: require_canonical(value.value, source=value.source, encoding=encodings[value.source]),  # type: ignore[misc]
            N_("every value is in its one spelling"),
        ):
            run.note(not_checked("entropy.events", N_("a value is misspelled")))
            return tuple(stated)
    run.attempt("entropy.events", lambda: order_values(commitment, stated), N_("the committed events were used"))
    return tuple(stated)


def _check_frame(run: _Run, commitment: Commitment) -> None:
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


def _check_draw(run: _Run, commitment: Commitment) -> None:
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


def _check_teams(run: _Run, commitment: Commitment) -> None:
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


def _check_opening(run: _Run, commitment: Commitment) -> None:
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


def _check_certificate(run: _Run, commitment: Commitment) -> None:
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
