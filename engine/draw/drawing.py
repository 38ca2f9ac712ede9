"""One draw: from a committed frame, a committed roster and the values of public events to the whole result.

Nothing here is chosen: the seed is a hash, the sizes are fractions, the selection is an order of tickets and the match
is the only optimum. The same inputs give the same result on any machine and in any row order.
Source: docs/spec/draw-protocol.md §3-§7.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from engine.draw.committing.commitment import Commitment, check_against_frame
from engine.draw.entropy.policy import check_timing
from engine.draw.entropy.sources import EntropyEvent, EntropyValue, require_canonical, seed_of
from engine.draw.matching.match import Match, match_teams
from engine.draw.matching.posts import Visit
from engine.draw.populations.frame import BlindedFrame, Cell, HashedFrame, is_exclusion, rows_of
from engine.draw.populations.roster import Officer, roster_root
from engine.draw.protocol.encoding import HashSuite
from engine.draw.protocol.tickets import tickets
from engine.draw.selecting.selection import DrawnCell, select, visits_of
from engine.draw.selecting.sizes import draw_sizes
from engine.errors import CommitmentRefusedError, EntropyRefusedError, FrameChangedError
from engine.messages import N_, Message


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """What the tickets chose, before teams.

    Parameters
    ----------
    tickets : ticket group → tickets of all rows, 32 bytes each.
    cells : drawn cells in byte order.
    """

    tickets: Mapping[str, bytes]
    cells: tuple[DrawnCell, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A finished draw.

    Parameters
    ----------
    commitment, frame, roster : what it was drawn from.
    values : entropy used, in committed order.
    seed : 32 bytes.
    selected : tickets and drawn cells.
    visits : objects to visit, by handle.
    match : teams with their proof.
    """

    commitment: Commitment
    frame: HashedFrame
    roster: tuple[Officer, ...]
    values: tuple[EntropyValue, ...]
    seed: bytes
    selected: Selected
    visits: tuple[Visit, ...]
    match: Match

    @property
    def is_simulation(self) -> bool:
        """Whether the draw is simulated and decides nothing."""
        return self.commitment.is_simulation


def is_following(event: EntropyEvent, used: str, *, most: int) -> bool:
    """Whether ``used`` is the committed event or one of the next ``most`` by its operator's running number."""
    if used == event.event:
        return True
    if not (used.isascii() and used.isdigit() and event.event.isascii() and event.event.isdigit()):
        return False
    return len(used) == len(event.event) and 0 < int(used) - int(event.event) <= most


def order_values(commitment: Commitment, values: Sequence[EntropyValue]) -> tuple[EntropyValue, ...]:
    """Return the values in committed order, after checking events and spelling.

    Raises
    ------
    EntropyRefusedError
        A value is missing, unasked for, of another event than the committed one or its fallbacks, or misspelled.
    """
    given = {value.source: value for value in values}
    expected = [event.source for event in commitment.events]
    if sorted(given) != sorted(expected) or len(given) != len(values):
        raise EntropyRefusedError(
            source=", ".join(sorted(given)),
            problem=Message(N_("one value is needed for each of {sources}"), {"sources": ", ".join(expected)}),
        )
    most = int(commitment.record.get("fallback", {}).get("most", 0)) if commitment.version >= 2 else 0
    for event in commitment.events:
        value = given[event.source]
        if not is_following(event, value.event, most=most):
            raise EntropyRefusedError(
                source=event.source,
                problem=Message(
                    N_("event {used} is not the committed {event} nor one of the next {most}"),
                    {"used": value.event, "event": event.event, "most": most},
                ),
            )
        require_canonical(value.value, source=event.source, encoding=event.encoding)
    return tuple(given[source] for source in expected)


def sizes_of(frame: BlindedFrame, *, commitment: Commitment, suite: HashSuite, seed: bytes) -> dict[Cell, int]:
    """Return n for every drawable cell of the frame."""
    counts = {cell: n_rows for cell, n_rows in frame.counts().items() if not is_exclusion(cell[1])}
    sizes: dict[Cell, int] = {}
    for item, terms in commitment.items.items():
        own = {stratum: n_rows for (other, stratum), n_rows in counts.items() if other == item}
        found = draw_sizes(terms.ratios, counts=own, rounding=terms.rounding, suite=suite, seed=seed, item=item)
        sizes.update({(item, stratum): n for stratum, n in found.items()})
    return sizes


def select_objects(frame: BlindedFrame, *, commitment: Commitment, seed: bytes) -> Selected:
    """Return tickets and drawn cells under a seed."""
    suite = commitment.suite
    groups = {item: terms.group for item, terms in commitment.items.items()}
    wanted = sorted({groups[item] for item in frame.items})
    dealt = {group: tickets(suite, seed=seed, group=group, handles=frame.handles) for group in wanted}
    sizes = sizes_of(frame, commitment=commitment, suite=suite, seed=seed)
    cells = select(frame, tickets=dealt, groups=groups, sizes=sizes, reserves=commitment.reserves)
    return Selected(dealt, cells)


def list_visits(frame: BlindedFrame, cells: tuple[DrawnCell, ...]) -> tuple[Visit, ...]:
    """Return the objects to visit, by handle, with their selected items and strata."""
    found = []
    for row, items in visits_of(cells).items():
        strata = frame.cells_of(row)
        found.append(Visit(frame.handle(row), items, tuple(strata[item] for item in items)))
    return tuple(found)


def visits_from_record(frame: BlindedFrame, record: Mapping[str, Sequence[str]]) -> tuple[Visit, ...]:
    """Return the visits of a certificate (handle → items) with the strata that the frame gives their objects."""
    handles = [bytes.fromhex(handle) for handle in record]
    found = []
    for row, handle, items in zip(rows_of(frame, handles), handles, record.values(), strict=True):
        strata = frame.cells_of(int(row))
        found.append(Visit(handle, tuple(items), tuple(strata[item] for item in items)))
    return tuple(found)


def inclusion_probability(cell: DrawnCell) -> Fraction:
    """Return n / N of a drawn cell: the probability given the size drawn."""
    return Fraction(len(cell.rows), cell.size)


def draw(
    frame: HashedFrame,
    roster: tuple[Officer, ...],
    *,
    commitment: Commitment,
    values: Sequence[EntropyValue],
) -> Drawn:
    """Return the draw of a commitment.

    Parameters
    ----------
    frame, roster : the committed ones; their roots are compared.
    commitment : version 2.
    values : one per committed source, in any order.

    Raises
    ------
    FrameChangedError, CommitmentRefusedError
        Frame or roster are not the committed ones.
    EntropyRefusedError
        A value is missing, misspelled, of another event, or from before the commitment plus its gap.
    """
    record = commitment.record
    if frame.root.hex() != record["frame_root"] or frame.suite != commitment.suite:
        raise FrameChangedError(found=frame.root.hex(), expected=record["frame_root"])
    root = roster_root(roster, suite=commitment.suite).hex()
    if root != record["roster_root"]:
        raise CommitmentRefusedError(
            where="roster_root",
            problem=Message(
                N_("the roster's root is {found}, not the committed {expected}"),
                {"found": root, "expected": record["roster_root"]},
            ),
        )
    check_against_frame(commitment, frame.rows)
    ordered = order_values(commitment, values)
    check_timing(
        ordered,
        committed_at=record["committed_at"],
        not_before=record["not_before"],
        deadlines=record["deadlines"],
        policy=commitment.policy,
    )
    triples = [(value.source, value.event, value.value) for value in ordered]
    seed = seed_of(commitment.suite, commit_digest=commitment.digest, values=triples)
    selected = select_objects(frame.rows, commitment=commitment, seed=seed)
    visits = list_visits(frame.rows, selected.cells)
    match = match_teams(visits, roster=roster, rule=commitment.rule, suite=commitment.suite, seed=seed)
    return Drawn(commitment, frame, roster, ordered, seed, selected, visits, match)
