"""Bringing records in, and looking at what came: loads, quarantine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatch
from fractions import Fraction
from pathlib import Path

from sqlalchemy import select

from engine.contracts.mapping import SourceMapping
from engine.contracts.schema import Contract
from engine.contracts.translation import Source, direct_mapping, translated_rows
from engine.errors import InputMissingError, UnknownTableError
from engine.messages import N_, Message
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.store.documents import load_contracts, load_mapping, load_policies, mapping_names
from engine.store.ledgers.decisions import LOAD_TABLES, LOADS
from engine.store.loading.loads import load
from engine.store.loading.plans import Author, Block, LoadLimits, TableLoad, TablePlan
from engine.store.loading.reversal import reverse_load
from engine.store.sources.deliveries import require_as_sent, require_complete
from engine.store.sources.readers import SourceFile, look_at, source_files
from engine.store.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did, one :class:`~engine.store.loading.loads.TableLoad` per table."""

    loads: tuple[TableLoad, ...]

    def as_json(self) -> dict[str, object]:
        """Return the object of ``xinheng ingest --json``."""
        return {"loads": [each.as_json() for each in self.loads]}


@dataclass(frozen=True, slots=True)
class LoadRecord:
    """One table of one load, as the manifest keeps it; ``stands`` is false once the load was reversed."""

    load_id: str
    loaded_at: str
    actor: str
    mapping: str
    table: str
    rows_in: int
    accepted: int
    quarantined: int
    duplicates: int
    stands: bool


def shipped_mappings() -> tuple[str, ...]:
    """Return the names of the mappings that come with the program."""
    return mapping_names()


def ingest(
    workspace: Workspace,
    paths: Sequence[Path],
    *,
    mapping: str | Path | None = None,
    actor: Actor,
    clock: Clock,
    progress: Progress = silent,
) -> IngestReport:
    """Load source files into the workspace: all tables at once, or nothing.

    Parameters
    ----------
    paths : files and folders; without a mapping each file's stem names its table (``inspections.csv``,
        ``inspections-2024.csv``). Digests beside them must agree: :mod:`engine.store.sources.deliveries`.
    mapping : name of a shipped mapping or path of a mapping file.
    clock : gives the time of the load.

    Raises
    ------
    SourceNotFoundError, UnknownTableError, MappingColumnError, MappingFormError, SchemaMismatchError, ContractError,
    LoadRefusedError
        Before anything is written; the workspace stays as it was.
    """
    progress(Message(N_("Look at the source files")))
    chosen = load_mapping(mapping) if mapping is not None else None
    files = source_files([Path(path) for path in paths])
    require_complete(files)
    plans = _direct_plans(files) if chosen is None else _mapped_plans(files, chosen)
    require_as_sent([file for plan in plans for file in plan.sources.values()])
    at = clock()
    limits = _limits(at.date())
    plans = [replace(plan, limits=limits) for plan in plans]
    name, digest = (chosen.name, chosen.digest) if chosen else ("", "")
    for plan in plans:
        for block in plan.blocks:
            _try_out(block, plan.contract, mapping=name)
    author = Author(actor=actor, at=at, mapping=name, mapping_digest=digest)
    return IngestReport(loads=tuple(load(workspace, plans, author=author, progress=progress)))


def _limits(on: date) -> LoadLimits:
    found = load_policies().dated("intake.thresholds", on=on)
    return LoadLimits(int(found.value["from_rows"]), Fraction(found.value["share"]), found.reference)


def _try_out(block: Block, contract: Contract, *, mapping: str) -> None:
    """Compile a block without reading it, so that a wrong mapping is refused before anything is written."""
    lookups = tuple(Source(file.name, "", file.columns) for file in block.lookups)
    source = Source(block.source.name, "", block.source.columns)
    translated_rows(block.mapping, contract, source=source, lookups=lookups, name=mapping)


def _direct_plans(files: list[Path]) -> list[TablePlan]:
    contracts = load_contracts()
    blocks: dict[str, list[Block]] = {}
    for path in files:
        table = next((name for name in contracts if path.stem == name or path.stem.startswith(f"{name}-")), None)
        source = look_at(path)
        if table is None:
            raise UnknownTableError(source=path.name, table=path.stem, known=", ".join(contracts))
        direct = direct_mapping(contracts[table], source=Source(source.name, "", source.columns))
        blocks.setdefault(table, []).append(Block(direct, source))
    return [TablePlan(contracts[table], tuple(blocks[table])) for table in blocks]


def _mapped_plans(files: list[Path], mapping: SourceMapping) -> list[TablePlan]:
    contracts = load_contracts()
    looked: dict[Path, SourceFile] = {}

    def matching(pattern: str, *, most: int | None = None) -> list[SourceFile]:
        found = [path for path in files if fnmatch(path.name, pattern)]
        if not found or (most and len(found) > most):
            there = ", ".join(path.name for path in files)
            raise InputMissingError(mapping=mapping.name, input=pattern, found=len(found), there=there)
        return [looked.setdefault(path, look_at(path)) for path in found]

    blocks: dict[str, list[Block]] = {}
    for each in mapping.tables:
        if each.table not in contracts:
            raise UnknownTableError(source=mapping.name, table=each.table, known=", ".join(contracts))
        lookups = tuple(matching(lookup.input, most=1)[0] for lookup in each.lookups)
        blocks.setdefault(each.table, []).extend(Block(each, file, lookups) for file in matching(each.input))
    return [TablePlan(contracts[table], tuple(blocks[table])) for table in blocks]


def loads(workspace: Workspace) -> list[LoadRecord]:
    """Return the tables of every load in order, the latest last."""
    query = (
        select(
            LOADS.c.load_id,
            LOADS.c.loaded_at,
            LOADS.c.actor,
            LOADS.c.mapping,
            LOAD_TABLES.c.table_name.label("table"),
            LOAD_TABLES.c.rows_in,
            LOAD_TABLES.c.accepted,
            LOAD_TABLES.c.quarantined,
            LOAD_TABLES.c.duplicates,
            LOADS.c.is_visible.label("stands"),
        )
        .join(LOAD_TABLES, LOAD_TABLES.c.load_id == LOADS.c.load_id)
        .order_by(LOADS.c.sequence, LOAD_TABLES.c.table_name)
    )
    with workspace.require().decisions.reading() as connection:
        return [LoadRecord(**row) for row in connection.execute(query).mappings()]


def reverse(
    workspace: Workspace, load_id: str, *, reason: str, actor: Actor, clock: Clock
) -> dict[str, tuple[int, int]]:
    """Take one load back; see :func:`engine.store.loading.reversal.reverse_load`."""
    return reverse_load(workspace, load_id, reason=reason, actor=actor, at=clock())
