"""Errors of draws and their verification; exit status 14."""

from engine.errors.base import SupervisionError
from engine.messages import N_


class DrawError(SupervisionError):
    """A draw cannot be prepared, run or verified."""

    code = "draw"
    exit_status = 14
    template = N_("Draw: {problem}; {remedy}.")


class FrameChangedError(DrawError):
    """The frame is not the one that was committed to."""

    code = "draw.frame_changed"
    template = N_(
        "The frame's root is {found}, the commitment says {expected}: restore the committed frame or publish a void."
    )


class AlreadyDrawnError(DrawError):
    """One commitment is one draw."""

    code = "draw.already_drawn"
    template = N_("Draw {draw_id} was already drawn from commitment {commit_digest}: one commitment is one draw.")


class NotCanonicalError(DrawError):
    """A value is not written in the one form that the protocol hashes."""

    code = "draw.not_canonical"
    template = N_("{what} {value!r} is not in the protocol's form: {rule}.")


class CommitmentRefusedError(DrawError):
    """A commitment record breaks the closed schema or the rules it must follow."""

    code = "draw.commitment_refused"
    template = N_("Commitment: {where}: {problem}.")


class EntropyRefusedError(DrawError):
    """The value of a public event cannot be used for this draw."""

    code = "draw.entropy_refused"
    template = N_("Entropy source {source}: {problem}.")


class SubstitutionRefusedError(DrawError):
    """A substitution does not follow from the draw, its committed rule and the entries before."""

    code = "draw.substitution_refused"
    template = N_("Substitution: {problem}.")


class BundleUnreadableError(DrawError):
    """A bundle is not laid out as the protocol says."""

    code = "draw.bundle_unreadable"
    template = N_("Bundle: {where}: {problem}.")
