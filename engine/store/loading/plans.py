"""What a load is made of: blocks of source rows, plans per table, and what came of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from engine.contracts.mapping import TableMapping
from engine.contracts.schema import Contract
from engine.contracts.sql import identifier
from engine.contracts.translation import LINE, Source, translated_rows
from engine.pipeline.ports import Actor, Progress, silent
from engine.store.ledgers.ledger import digest_of
from engine.store.sources.readers import SourceFile, relation


@dataclass(frozen=True, slots=True)
class Block:
    """One input of one table, ready to be read.

    Parameters
    ----------
    mapping : how its rows become contract rows.
    source : the input. lookups : files of the mapping's lookups, in order.
    """

    mapping: TableMapping
    source: SourceFile
    lookups: tuple[SourceFile, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadLimits:
    """From how many rows on, and above which share of bad ones, a table is refused; ``reference`` says by what."""

    from_rows: int
    share: Fraction
    reference: str


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A quarantined row that is settled: ``row`` is its place in the quarantine file of ``load_id``.

    ``reason`` says why it is left out for good; empty when it comes back corrected.
    """

    load_id: str
    row: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TablePlan:
    """Everything one load brings into one table.

    Parameters
    ----------
    contract : Contract. blocks : in the order of mapping and file names.
    takes_up : quarantined rows that this plan puts right or leaves out for good.
    origin : digest of the document that says so, empty without one.
    limits : how many bad rows are too many; None = any number goes to quarantine.
    """

    contract: Contract
    blocks: tuple[Block, ...]
    takes_up: tuple["TakenUp", ...] = ()
    origin: str = ""
    limits: "LoadLimits | None" = None

    @property
    def sources(self) -> dict[str, SourceFile]:
        """The files read, by name and digest."""
        files = [file for block in self.blocks for file in (block.source, *block.lookups)]
        return {f"{file.name}@{file.sha256[:8]}": file for file in files}

    def digest(self, mapping_digest: str) -> str:
        """Return the digest of the content: same bytes, mapping and contract, whatever the files are called."""
        content = sorted({file.sha256 for file in self.sources.values()} | ({self.origin} if self.origin else set()))
        return digest_of([self.contract.table, self.contract.version, mapping_digest, content])


@dataclass(frozen=True, slots=True)
class TableLoad:
    """What a load did to one table; ``rows_in = accepted + quarantined + duplicates``.

    Parameters
    ----------
    table, load_id : str.
    rows_in, accepted, quarantined, duplicates : int, rows.
    corrections : int, keys that have more than one version now because of this load.
    warnings : mapping of check id to (rows, an example value).
    is_repeated : bool, the same content had been loaded before under ``load_id``; nothing was written.
    """

    table: str
    load_id: str
    rows_in: int
    accepted: int
    quarantined: int
    duplicates: int
    corrections: int
    warnings: Mapping[str, tuple[int, str | None]]
    is_repeated: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the object that ``--json`` prints for this table."""
        return {
            "table": self.table,
            "rows_in": self.rows_in,
            "accepted": self.accepted,
            "quarantined": self.quarantined,
            "duplicates": self.duplicates,
            "load_id": self.load_id,
            "repeated": self.is_repeated,
            "corrections": self.corrections,
            "warnings": [
                {"check": check, "rows": n, "example": value} for check, (n, value) in sorted(self.warnings.items())
            ],
        }


@dataclass(frozen=True, slots=True)
class Author:
    """Who loads, when, by which mapping.

    Parameters
    ----------
    actor : Actor. at : aware datetime. mapping, mapping_digest : str, empty without a mapping.
    """

    actor: Actor
    at: datetime
    mapping: str = ""
    mapping_digest: str = ""


def planned_sql(
    block: Block, contract: Contract, *, mapping: str, staging: Path, only: str = "", progress: Progress = silent
) -> str:
    """Return the SELECT of a block's rows as contract text.

    Parameters
    ----------
    only : SQL of the lines (one column) that matter; a hint that saves work, ignored where rows are aggregated.

    Raises
    ------
    MappingColumnError, MappingFormError, SchemaMismatchError
        The block cannot be read as its mapping says; raised before anything is written.
    """
    source = _source(block.source, staging=staging, progress=progress)
    if only and block.mapping.aggregate is None:
        chosen = f"SELECT * FROM ({source.sql}) WHERE {identifier(LINE)} IN ({only})"
        source = Source(source.name, chosen, source.columns)
    lookups = tuple(_source(file, staging=staging, progress=progress) for file in block.lookups)
    return translated_rows(block.mapping, contract, source=source, lookups=lookups, name=mapping)


def _source(file: SourceFile, *, staging: Path, progress: Progress) -> Source:
    return Source(file.name, relation(file, staging=staging, progress=progress), file.columns)
