"""Weights from pairwise judgements (analytic hierarchy process), refused when the judgements contradict each other.

A panel says how many times more important criterion i is than j (1..9, or its reciprocal). The weights are the
principal eigenvector of the matrix; the consistency index CI = (lambda_max - n) / (n - 1) divided by the index RI of
random matrices gives the consistency ratio CR.

Source: T. L. Saaty, The Analytic Hierarchy Process (1980); limit and RI table are policy ``scorecard.consistency``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message

_SCALE = (Fraction(1, 9), Fraction(9))


@dataclass(frozen=True, slots=True)
class ConsistencyRule:
    """What a set of judgements must meet.

    Parameters
    ----------
    limit : float, CR must lie below it, > 0.
    random_index : RI by matrix size; entry 0 is for n = 1.
    """

    limit: float
    random_index: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """Result of one comparison.

    Parameters
    ----------
    shares : tuple of float, in the order of the matrix, > 0, sum 1.
    consistency_ratio : float >= 0; 0 for one or two criteria and for perfectly consistent judgements.
    """

    shares: tuple[float, ...]
    consistency_ratio: float


def consistency_rule(value: Mapping[str, object], *, name: str) -> ConsistencyRule:
    """Read policy ``scorecard.consistency`` (keys ``limit``, ``random_index``).

    Raises
    ------
    PolicyInconsistentError
        A key is missing or not numeric.
    """
    try:
        limit, table = float(str(value["limit"])), value["random_index"]
        return ConsistencyRule(limit, tuple(float(entry) for entry in table))  # type: ignore[attr-defined]
    except (KeyError, TypeError, ValueError):
        raise PolicyInconsistentError(
            name=name, problem=Message(N_("it needs 'limit' and a list 'random_index'"))
        ) from None


def judgement_weights(judgements: Sequence[Sequence[object]], *, rule: ConsistencyRule, name: str) -> Weights:
    """Return the weights of a pairwise comparison.

    Parameters
    ----------
    judgements : n x n; entry (i, j) = importance of i over j as int, ``"a/b"`` or decimal text, in 1/9..9.
    rule : limit of the consistency ratio and the random index.
    name : str, what the matrix belongs to; used in errors only.

    Raises
    ------
    PolicyInconsistentError
        The matrix is not square, not reciprocal, off the scale, larger than the RI table, or CR >= the limit.

    Notes
    -----
    w = principal eigenvector, normalised to sum 1; CR = ((lambda_max - n) / (n - 1)) / RI_n (module docstring).
    """
    matrix = _reciprocal_matrix(judgements, name=name)
    n = len(matrix)
    if n > len(rule.random_index):
        text = N_("{n} criteria are compared at once; group them, at most {most} fit")
        raise PolicyInconsistentError(name=name, problem=Message(text, {"n": n, "most": len(rule.random_index)}))
    numeric = np.array([[float(entry) for entry in row] for row in matrix])
    values, vectors = np.linalg.eig(numeric)
    principal = int(np.argmax(values.real))
    vector = np.abs(vectors[:, principal].real)
    ratio = _consistency_ratio(float(values[principal].real), n=n, random_index=rule.random_index[n - 1])
    if ratio >= rule.limit:
        text = N_("the judgements contradict each other (consistency ratio {ratio}, must be below {limit})")
        problem = Message(text, {"ratio": round(ratio, 3), "limit": rule.limit})
        raise PolicyInconsistentError(name=name, problem=problem)
    return Weights(tuple(float(share) for share in vector / vector.sum()), ratio)


def _consistency_ratio(largest: float, *, n: int, random_index: float) -> float:
    if n <= 2 or random_index == 0:
        return 0.0
    return max(0.0, (largest - n) / (n - 1)) / random_index


def _reciprocal_matrix(judgements: Sequence[Sequence[object]], *, name: str) -> list[list[Fraction]]:
    n = len(judgements)
    if n == 0 or any(len(row) != n for row in judgements):
        raise PolicyInconsistentError(name=name, problem=Message(N_("the judgements are not a square matrix")))
    try:
        matrix = [[Fraction(str(entry)) for entry in row] for row in judgements]
    except (ValueError, ZeroDivisionError):
        text = N_("a judgement is not a number or a fraction a/b")
        raise PolicyInconsistentError(name=name, problem=Message(text)) from None
    for i in range(n):
        for j in range(i, n):
            if not _SCALE[0] <= matrix[i][j] <= _SCALE[1]:
                text = N_("judgement ({row}, {column}) is outside 1/9..9")
            elif matrix[i][j] * matrix[j][i] != 1:
                text = N_("judgements ({row}, {column}) and ({column}, {row}) are not reciprocal")
            else:
                continue
            raise PolicyInconsistentError(name=name, problem=Message(text, {"row": i + 1, "column": j + 1}))
    return matrix
