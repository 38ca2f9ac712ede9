"""Which rows say something new: duplicates, contradictions, corrections.

A row version is identified by the contract's key and ``known_at``. The same version twice with the same content is a
duplicate and counted; with other content it contradicts, and nobody can say which is right: rows that contradict
each other inside one load all go to quarantine, a row that contradicts what the store holds goes there alone, and the
stored one stands. A version with another ``known_at`` is a correction. Loading order therefore changes nothing of
what is read, unless rows contradict each other.
"""

from engine.contracts.schema import Contract
from engine.contracts.sql import identifier

NEW = "new"
DUPLICATE = "duplicate"
CONTRADICTORY = "contradictory"
FOLDED = "folded"
"""Verdict of a row that the mapping's ``distinct_by`` folds into another one: no record of its own."""


def version_columns(contract: Contract) -> tuple[str, ...]:
    """Return the columns that identify a row version: the key and ``known_at``."""
    return tuple(dict.fromkeys((*contract.key, "known_at")))


def repeated(columns: tuple[str, ...], *, rows: str, stored: str) -> str:
    """Return the SELECT of value combinations that occur more than once in ``rows``, or both there and in ``stored``.

    Parameters
    ----------
    columns : the key, or the columns of a row version.
    rows, stored : str, SQL of relations that have these columns.

    Notes
    -----
    One hash aggregate over ``rows`` and one hash join with ``stored``. An empty answer for the key means that every
    row is new, an empty answer for versions that there are only corrections; content is compared for what is left.
    """
    names = _listed(columns)
    both = f"({rows}) r SEMI JOIN (SELECT {names} FROM ({stored})) s ON {_same('r', 's', columns)}"
    return f"SELECT {names} FROM ({rows}) GROUP BY ALL HAVING count(*) > 1 UNION SELECT DISTINCT {names} FROM {both}"


def rows_among(columns: tuple[str, ...], *, rows: str, chosen: str) -> str:
    """Return the SELECT of the rows whose values in ``columns`` are among ``chosen`` (SQL)."""
    return f"SELECT r.* FROM ({rows}) r SEMI JOIN ({chosen}) k ON {_same('r', 'k', columns)}"


def judged_rows(contract: Contract, *, rows: str, stored: str) -> str:
    """Return the SELECT of ``row_id`` and ``verdict`` (new, duplicate, contradictory) of rows of repeated versions.

    Parameters
    ----------
    rows : str, SQL of good rows with the contract's types and a unique integer ``row_id`` in source order.
    stored : str, SQL of the stored rows of those versions.
    """
    version = version_columns(contract)
    content = tuple(name for name in contract.names if name not in version)
    packed = "{" + ", ".join(f"'{name}': {identifier(name)}" for name in content) + "}" if content else "0"
    keys = _listed(version)
    return f"""
        WITH packed AS (SELECT row_id, {keys}, {packed} AS content FROM ({rows})),
        held AS (SELECT {keys}, {packed} AS content FROM ({stored})),
        inside AS (
            SELECT row_id, row_number() OVER (PARTITION BY {keys} ORDER BY row_id) AS place,
                   min(content) OVER (PARTITION BY {keys})
                       IS DISTINCT FROM max(content) OVER (PARTITION BY {keys}) AS differs
            FROM packed
        ),
        against AS (
            SELECT p.row_id, bool_or(p.content IS NOT DISTINCT FROM h.content) AS is_same
            FROM packed p JOIN held h ON {_same("p", "h", version)} GROUP BY p.row_id
        )
        SELECT i.row_id,
               CASE WHEN i.differs OR (a.is_same IS NOT NULL AND NOT a.is_same) THEN '{CONTRADICTORY}'
                    WHEN a.is_same OR i.place > 1 THEN '{DUPLICATE}'
                    ELSE '{NEW}' END AS verdict
        FROM inside i LEFT JOIN against a ON i.row_id = a.row_id
    """


def unheld_rows(contract: Contract, *, rows: str, stored: str) -> str:
    """Return the SELECT of ``rows``, one per version, of which ``stored`` holds no row of that version."""
    version = version_columns(contract)
    one_each = f"SELECT * FROM ({rows}) QUALIFY row_number() OVER (PARTITION BY {_listed(version)}) = 1"
    return f"SELECT r.* FROM ({one_each}) r ANTI JOIN ({stored}) s ON {_same('r', 's', version)}"


def corrected_keys(contract: Contract, *, rows: str) -> str:
    """Return the SELECT of the number of keys with more than one version in ``rows`` (SQL)."""
    keys = _listed(contract.key)
    return f"SELECT count(*) FROM (SELECT {keys} FROM ({rows}) GROUP BY ALL HAVING count(DISTINCT known_at) > 1)"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(identifier(name) for name in names)


def _same(left: str, right: str, names: tuple[str, ...]) -> str:
    return " AND ".join(f"{left}.{identifier(name)} = {right}.{identifier(name)}" for name in names)


def history(contract: Contract, *, stored: str, has_corrections: bool) -> str:
    """Return the SELECT of all versions with ``superseded_at``: ``known_at`` of the next version of the key, or null.

    Parameters
    ----------
    stored : str, SQL of all visible versions.
    has_corrections : bool, whether any key has more than one version; without, no sort is needed.
    """
    keys = ", ".join(identifier(name) for name in contract.key)
    following = (
        f"lead(known_at) OVER (PARTITION BY {keys} ORDER BY known_at)" if has_corrections else "CAST(NULL AS DATE)"
    )
    return f"SELECT *, {following} AS superseded_at FROM ({stored})"
