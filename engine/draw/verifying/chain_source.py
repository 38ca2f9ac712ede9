"""First links of a verification: commitment, class, entropy, seed.

Source: docs/spec/draw-protocol.md §3, §9, §10.
"""

from collections.abc import Sequence

from engine.draw.committing.commitment import Commitment, check_policy, read_commitment
from engine.draw.drawing import order_values
from engine.draw.entropy.policy import check_timing
from engine.draw.entropy.sources import SIMULATED_SOURCE, EntropyValue, require_canonical, seed_of
from engine.draw.protocol.checks import failed, not_checked, passed
from engine.draw.verifying.chain import Run
from engine.errors import DrawError
from engine.messages import N_


def check_commitment(run: Run) -> None:
    """Note ``commitment.*``: form, digest, and the digest expected from elsewhere."""
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


def check_class(run: Run, commitment: Commitment) -> None:
    """Note ``class``."""
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


def check_entropy(run: Run, commitment: Commitment) -> None:
    """Note ``entropy.*`` and ``seed``."""
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
    _check_expected(run, values)
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


def _check_expected(run: Run, values: Sequence[EntropyValue]) -> None:
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
                "entropy.expected",
                N_("entropy not compared with the operators: no expected values were given"),
            )
        )


def _policy_note(commitment: Commitment) -> str:
    if commitment.policy is None:
        return N_("no policy is claimed: do not take these events for a fair source")
    return N_("bits, operators and gap are as claimed and not below the protocol's floor")


def _stated_values(run: Run, commitment: Commitment) -> tuple[EntropyValue, ...] | None:
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
