"""What a verification says: named checks, each passed, failed or not checkable, and the fixed list of their names.

The names are part of the protocol (docs/spec/draw-protocol.md §10): programs may rely on them. A bundle whose checks
all pass is *consistent*; it is *anchored* only when its commitment digest was compared with one known from elsewhere,
because a forger can recompute everything else.
"""

from dataclasses import dataclass
from enum import StrEnum

from engine.messages import N_, Message


class CheckState(StrEnum):
    """Outcome of one check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"


CHECK_NAMES = (
    "format",
    "commitment.schema",
    "commitment.digest",
    "commitment.anchored",
    "commitment.plan",
    "signatures.commitment",
    "class",
    "entropy.events",
    "entropy.encoding",
    "entropy.expected",
    "entropy.policy",
    "entropy.timing",
    "entropy.beacons",
    "seed",
    "frame.rows",
    "frame.root",
    "frame.counts",
    "draw.sizes",
    "draw.selected",
    "draw.thresholds",
    "draw.reserves",
    "draw.probabilities",
    "visits",
    "roster.root",
    "match.ladder",
    "match.posts",
    "match.officers",
    "match.sums",
    "match.optimal",
    "match.unique",
    "match.leaders",
    "opening",
    "certificate.digest",
    "signatures.certificate",
    "signatures.signers",
    "log.inclusion",
    "log.published",
    "timestamps.commitment",
    "timestamps.certificate",
    "substitutions.chain",
    "substitutions.reserves",
    "substitutions.officers",
    "audit.key",
    "audit.handles",
    "audit.grades",
    "audit.strata",
)
"""Every check there is, in the order in which it is reported."""


@dataclass(frozen=True, slots=True)
class Check:
    """One named check.

    Parameters
    ----------
    name : one of :data:`CHECK_NAMES`.
    state : outcome.
    detail : what was compared or what is wrong, for people.
    """

    name: str
    state: CheckState
    detail: Message

    @property
    def ok(self) -> bool:
        """False only when the check failed."""
        return self.state is not CheckState.FAILED


@dataclass(frozen=True, slots=True)
class Verification:
    """All checks of one bundle.

    Parameters
    ----------
    anchored : whether the commitment equals the one expected from elsewhere.
    is_simulation : whether the draw is marked as simulated and decides nothing.
    checks : one per name of :data:`CHECK_NAMES`, in that order.
    """

    anchored: bool
    is_simulation: bool
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return all(check.ok for check in self.checks)

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of failed checks."""
        return tuple(check.name for check in self.checks if not check.ok)

    @property
    def caution(self) -> Message | None:
        """What the verdict does not cover although no check failed: values nobody compared with the operators."""
        state = {check.name: check.state for check in self.checks}
        unread = (state.get("frame.root"), state.get("certificate.digest"))
        if self.ok and unread == (CheckState.NOT_CHECKED, CheckState.NOT_CHECKED):
            return Message(N_("content withheld: neither frame nor selection nor teams were recomputed"))
        has_entropy = state.get("seed", CheckState.NOT_CHECKED) is not CheckState.NOT_CHECKED
        if self.is_simulation or not has_entropy or state["entropy.expected"] is not CheckState.NOT_CHECKED:
            return None
        return Message(N_("entropy not compared with the operators: give their own results by --expect-entropy"))

    @property
    def verdict(self) -> Message:
        """The result in one sentence."""
        if not self.ok:
            return Message(N_("not verified: {names}"), {"names": ", ".join(self.failed)})
        if not self.anchored:
            return Message(
                N_("consistent, not anchored: compare the commitment digest with one published before the draw")
            )
        return Message(N_("verified against the expected commitment"))


def passed(name: str, template: str, **params: object) -> Check:
    """Return a passed check."""
    return Check(name, CheckState.PASSED, Message(template, params))


def failed(name: str, template: str, **params: object) -> Check:
    """Return a failed check."""
    return Check(name, CheckState.FAILED, Message(template, params))


def not_checked(name: str, template: str, **params: object) -> Check:
    """Return a check for which the bundle holds nothing, or that an earlier failure made impossible."""
    return Check(name, CheckState.NOT_CHECKED, Message(template, params))
