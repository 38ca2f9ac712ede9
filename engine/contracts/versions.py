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


def judged_rows(contract: Contract, *, rows: str, stored: str) -> str:
    """Return the SELECT of rows that are not plainly new: ``row_id`` and ``verdict``.

    Parameters
    ----------
    rows : str, SQL of good rows with the contract's types and a unique integer ``row_id`` in source order.
    stored : str, SQL of all stored versions of the table.

    Notes
    -----
    Only versions that occur more than once are compared by content, so the cost is one hash aggregate over the keys
    of ``rows`` and one hash join with ``stored``.
    """
    version = [identifier(name) for name in dict.fromkeys((*contract.key, "known_at"))]
    content = [identifier(name) for name in contract.names if identifier(name) not in version]
    keys, columns = ", ".join(version), ", ".join(content)
    same = " AND ".join(f"r.{name} = s.{name}" for name in version)
    equal = " AND ".join(f"r.{name} IS NOT DISTINCT FROM s.{name}" for name in content) or "TRUE"
    struct = "{" + ", ".join(f"'c{at}': r.{name}" for at, name in enumerate(content)) + "}" if content else "0"
    return f"""
        WITH repeated AS (SELECT {keys} FROM ({rows}) GROUP BY ALL HAVING count(*) > 1),
        inside AS (
            SELECT row_id, row_number() OVER (PARTITION BY {keys} ORDER BY row_id) AS place,
                   min(content) OVER (PARTITION BY {keys}) IS DISTINCT FROM max(content) OVER (PARTITION BY {keys}) AS differs
            FROM (SELECT r.row_id, {', '.join('r.' + name for name in version)}, {struct} AS content
                  FROM ({rows}) r SEMI JOIN repeated s ON {same})
        ),
        against AS (
            SELECT r.row_id, bool_or({equal}) AS is_same
            FROM ({rows}) r JOIN (SELECT {keys}{', ' + columns if content else ''} FROM ({stored})) s ON {same}
            GROUP BY r.row_id
        )
        SELECT coalesce(i.row_id, a.row_id) AS row_id,
               CASE WHEN coalesce(i.differs, FALSE) THEN '{CONTRADICTORY}'
                    WHEN a.is_same IS NOT NULL AND NOT a.is_same THEN '{CONTRADICTORY}'
                    WHEN a.is_same OR i.place > 1 THEN '{DUPLICATE}'
                    ELSE '{NEW}' END AS verdict
        FROM inside i FULL JOIN against a ON i.row_id = a.row_id
    """


def corrected_keys(contract: Contract, *, rows: str, stored: str) -> str:
    """Return the SELECT of how many keys of ``rows`` have another version, inside ``rows`` or stored: ``n``."""
    keys = ", ".join(identifier(name) for name in contract.key)
    own = f"SELECT {keys}, count(*) AS n FROM ({rows}) GROUP BY ALL"
    same = " AND ".join(f"o.{identifier(name)} = s.{identifier(name)}" for name in contract.key)
    return (
        f"SELECT count(*) FROM ({own}) o LEFT JOIN (SELECT DISTINCT {keys}, 1 AS held FROM ({stored})) s ON {same} "
        f"WHERE o.n > 1 OR s.held = 1"
    )


def history(contract: Contract, *, stored: str, has_corrections: bool) -> str:
    """Return the SELECT of all versions with ``superseded_at``: ``known_at`` of the next version of the key, or null.

    Parameters
    ----------
    stored : str, SQL of all visible versions.
    has_corrections : bool, whether any key has more than one version; without, no sort is needed.
    """
    keys = ", ".join(identifier(name) for name in contract.key)
    following = f"lead(known_at) OVER (PARTITION BY {keys} ORDER BY known_at)" if has_corrections else "CAST(NULL AS DATE)"
    return f"SELECT *, {following} AS superseded_at FROM ({stored})"
