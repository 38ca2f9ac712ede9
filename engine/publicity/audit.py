"""What can be said about somebody else's draw, from its list and outcomes or from a description of its method.

A draw without commitment and seed cannot be recomputed; it can still be unfair in ways that show: rows that can never
be drawn, blocks of the list drawn too often, or a sample that follows from one of its rows. Source: multivariate
hypergeometric counts (Cochran, Sampling Techniques, ch. 2); skip sampling as a public draw program did it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, lgamma, log, log2

import numpy as np
from scipy.stats import chi2

from engine.errors import UsageError
from engine.messages import N_, Message

MOST_BLOCKS = 20
LEAST_EXPECTED = 5
"""Fewest rows expected in a block, so that the chi-square law holds."""


@dataclass(frozen=True, slots=True)
class MethodAudit:
    """What skip sampling can do on a list.

    Parameters
    ----------
    n_rows, n_wanted : size of the list and of the sample.
    step : rows between two drawn ones (or between two spared ones, when more than half is wanted).
    n_samples : how many different samples can occur at all.
    n_never, n_always : rows at the end of the list that can never, or must always, be drawn.
    bits : log2 of ``n_samples``, the whole secret of one draw.
    bits_needed : log2 of the number of samples of a fair draw.
    """

    n_rows: int
    n_wanted: int
    step: int
    n_samples: int
    n_never: int
    n_always: int
    bits: float
    bits_needed: float


@dataclass(frozen=True, slots=True)
class SeedAudit:
    """What a program can do that shuffles a list under a short seed.

    Parameters
    ----------
    n_rows, n_wanted, n_seeds : size of the list, of the sample, and how many seeds there are.
    bits, bits_needed : log2 of ``n_seeds``, and of the number of samples of a fair draw.
    log10_share : decimal logarithm of the largest share of the possible samples that can occur at all; 0 = all.
    rows_to_know : drawn rows from which the others follow: after as many, less than one wrong seed is expected to be
        left.
    tries_to_include, tries_to_spare : seeds to be tried on average until one row is drawn, or is not.
    """

    n_rows: int
    n_wanted: int
    n_seeds: int
    bits: float
    bits_needed: float
    log10_share: float
    rows_to_know: int
    tries_to_include: float
    tries_to_spare: float


@dataclass(frozen=True, slots=True)
class OutcomeAudit:
    """What repeated outcomes show.

    Parameters
    ----------
    n_rows, n_draws : size of the list and number of draws.
    n_never : rows never drawn; ``expected_never`` under fair draws of these sizes.
    chi_square, degrees, p_value : uniformity over blocks of the list.
    n_constant_gap : draws of three rows or more whose rows lie at one distance from each other.
    log10_constant_gap : decimal logarithm of the largest chance that one of these has it under a fair draw; null when
        there is none.
    n_repeated : draws equal to an earlier one.
    """

    n_rows: int
    n_draws: int
    n_never: int
    expected_never: float
    chi_square: float
    degrees: int
    p_value: float
    n_constant_gap: int
    log10_constant_gap: float | None
    n_repeated: int


def audit_skip_sampling(*, n_rows: int, n_wanted: int) -> MethodAudit:
    """Return what can be said of skip sampling: one random start below ⌊N/n⌋, then every ⌊N/n⌋-th row.

    When more than half is wanted, the rows to spare are chosen the same way.

    Raises
    ------
    UsageError
        ``n_wanted`` is not between 1 and ``n_rows`` − 1.
    """
    if not 0 < n_wanted < n_rows:
        raise UsageError(
            what="--wanted", value=n_wanted, remedy=Message(N_("give a number from 1 to below the number of rows"))
        )
    is_thinning = 2 * n_wanted > n_rows
    chosen = n_rows - n_wanted if is_thinning else n_wanted
    step = n_rows // chosen
    tail = n_rows - chosen * step
    return MethodAudit(
        n_rows=n_rows,
        n_wanted=n_wanted,
        step=step,
        n_samples=step,
        n_never=0 if is_thinning else tail,
        n_always=tail if is_thinning else 0,
        bits=log2(step),
        bits_needed=_log_choose(n_rows, n_wanted) / log(2),
    )


def audit_seeded_sampling(*, n_rows: int, n_wanted: int, n_seeds: int) -> SeedAudit:
    """Return what can be said of a sample that a known program makes from the list and one of ``n_seeds`` seeds.

    Whoever can try all seeds knows every sample that can occur; whoever picks the seed can pick the sample among them.

    Raises
    ------
    UsageError
        ``n_wanted`` is not between 1 and ``n_rows`` − 1, or there are fewer than two seeds.
    """
    if not 0 < n_wanted < n_rows or n_seeds < 2:
        raise UsageError(
            what="--seeded-sampling",
            value=f"{n_rows}:{n_wanted}:{n_seeds}",
            remedy=Message(N_("give rows, fewer wanted than rows, and at least two seeds")),
        )
    share, bits_needed = n_wanted / n_rows, _log_choose(n_rows, n_wanted) / log(2)
    return SeedAudit(
        n_rows=n_rows,
        n_wanted=n_wanted,
        n_seeds=n_seeds,
        bits=log2(n_seeds),
        bits_needed=bits_needed,
        log10_share=min(0.0, (log2(n_seeds) - bits_needed) * log(2) / log(10)),
        rows_to_know=min(n_wanted, ceil(log(n_seeds) / -log(share))),
        tries_to_include=1 / share,
        tries_to_spare=1 / (1 - share),
    )


def audit_outcomes(listed: Sequence[str], *, outcomes: Mapping[str, Sequence[str]]) -> OutcomeAudit:
    """Return what repeated draws from one list show.

    Parameters
    ----------
    listed : identifiers in the order of the list, distinct.
    outcomes : draw → identifiers drawn, each once.

    Raises
    ------
    UsageError
        An identifier stands twice in the list or in a draw, is not in the list, or there is no draw.
    """
    position = {identifier: at for at, identifier in enumerate(listed)}
    if len(position) != len(listed) or not outcomes or len(listed) < 2:
        raise UsageError(
            what=Message(N_("list")), value=len(listed), remedy=Message(N_("give distinct rows and at least one draw"))
        )
    drawn = {draw: _positions(draw, rows, position) for draw, rows in outcomes.items()}
    n_rows, sizes = len(listed), [len(rows) for rows in drawn.values()]
    times = np.bincount(np.concatenate(list(drawn.values())), minlength=n_rows)
    chi_square, degrees = _block_statistic(times, sizes=sizes)
    constant = [rows for rows in drawn.values() if len(rows) > 2 and len(set(np.diff(rows).tolist())) == 1]
    repeats = Counter(rows.tobytes() for rows in drawn.values())
    return OutcomeAudit(
        n_rows=n_rows,
        n_draws=len(drawn),
        n_never=int((times == 0).sum()),
        expected_never=float(n_rows * np.prod([1 - size / n_rows for size in sizes])),
        chi_square=chi_square,
        degrees=degrees,
        p_value=float(chi2.sf(chi_square, degrees)) if degrees else 1.0,
        n_constant_gap=len(constant),
        log10_constant_gap=max((_log10_constant(n_rows, len(rows)) for rows in constant), default=None),
        n_repeated=sum(count - 1 for count in repeats.values()),
    )


def _positions(draw: str, rows: Sequence[str], position: Mapping[str, int]) -> np.ndarray:
    unknown = [row for row in rows if row not in position]
    if unknown or not rows or len(set(rows)) != len(rows):
        raise UsageError(
            what=draw,
            value=unknown[0] if unknown else len(rows),
            remedy=Message(N_("a draw names rows of the list, each once")),
        )
    return np.sort(np.array([position[row] for row in rows], dtype=np.int64))


def _block_statistic(times: np.ndarray, *, sizes: Sequence[int]) -> tuple[float, int]:
    """Return the chi-square statistic over equal blocks of the list and its degrees of freedom.

    Counts of one draw have covariance n (N − n) / (N − 1) · (diag(p) − p pᵀ); draws are independent.
    """
    n_rows, total = len(times), sum(sizes)
    variance = sum(size * (n_rows - size) / (n_rows - 1) for size in sizes)
    n_blocks = int(min(MOST_BLOCKS, n_rows, total // LEAST_EXPECTED))
    if n_blocks < 2 or variance <= 0:
        return 0.0, 0
    blocks = np.array_split(times, n_blocks)
    shares = np.array([len(block) for block in blocks]) / n_rows
    counts = np.array([block.sum() for block in blocks])
    return float((((counts - total * shares) ** 2) / (shares * variance)).sum()), n_blocks - 1


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _log10_constant(n_rows: int, size: int) -> float:
    widest = (n_rows - 1) // (size - 1)
    n_ways = sum(n_rows - (size - 1) * gap for gap in range(1, widest + 1))
    return (log(n_ways) - _log_choose(n_rows, size)) / log(10)
