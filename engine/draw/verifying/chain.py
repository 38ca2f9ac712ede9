"""State of one verification: what is read, what is expected, what was derived so far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.draw.committing.commitment import Commitment
from engine.draw.drawing import Selected
from engine.draw.entropy.sources import EntropyValue
from engine.draw.matching.posts import Visit
from engine.draw.populations.frame import HashedFrame
from engine.draw.protocol.checks import Check, failed, passed
from engine.draw.verifying.published import PublishedDraw
from engine.errors import DrawError
from engine.messages import N_


@dataclass(slots=True, eq=False)
class Run:
    """The checks made so far and the values derived on the way, in the order of the chain."""

    published: PublishedDraw
    expect_commit: str | None
    expect_entropy: Mapping[str, str] | None
    expect_signers: Mapping[str, str] | None = None
    expect_log: Mapping[str, Any] | None = None
    checks: dict[str, Check] = field(default_factory=dict)
    commitment: Commitment | None = None
    values: tuple[EntropyValue, ...] | None = None
    seed: bytes | None = None
    frame: HashedFrame | None = None
    selected: Selected | None = None
    visits: tuple[Visit, ...] | None = None

    def note(self, check: Check) -> bool:
        """Keep a check and return whether it did not fail."""
        self.checks[check.name] = check
        return check.ok

    def attempt(self, name: str, action: Callable[[], object], template: str, **params: object) -> bool:
        """Note ``name`` as passed unless ``action`` raises; then as failed with the error's sentence."""
        try:
            action()
        except DrawError as problem:
            return self.note(failed(name, N_("{problem}"), problem=problem.message))
        return self.note(passed(name, template, **params))
