"""What the what-if page stands on, stored: cells with their counts, kinds of objects, groups; no object any more.

Preparing the frame of the next draw reads every object, every draw and every result. What a trial asks of it is small:
per cell the counts that its rate is learned from (sufficient for the posterior), the sets of cells that objects share
and how many share each, and how many of these lie in each district, size and sector. These are stored per scope as
Parquet with a digest of what they rest on; a reader has the laboratory again, to the last bit, in a moment.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.access.scope import Scope
from engine.api.accounts import accounts
from engine.api.draws.roster import current
from engine.api.policies.burden import KINDS, BurdenGroups, burden_groups, compared_with
from engine.api.policies.check import read_policies
from engine.api.policies.laboratory import Bench, Occasion, experiment_of, prepare, terms_of, unit_names
from engine.api.stored_rows import own_rows
from engine.errors import ParameterNotInForceError, SupervisionError, TableMissingError
from engine.laboratory.burden import groups_again
from engine.laboratory.experiment import Experiment, kinds_of, set_up_again
from engine.messages import N_, Message, recorded, revived
from engine.parameters import PolicyBook
from engine.pipeline.laboratory import frame_of_cells
from engine.pipeline.ports import Actor, Clock, Progress, silent
from engine.ratios.capacity import read_capacity
from engine.ratios.policy import FLOOR, ITEMS, class_parameter, read_ratio_policy
from engine.registers.item_list import in_force
from engine.simulation.stream import stream
from engine.store.ledgers.ledger import canonical, digest_of
from engine.store.workspaces.scoped import scoped
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import ItemClass

FRAMES, CELLS, OBJECTS, GROUPS = "what_if_frames", "what_if_cells", "what_if_objects", "what_if_groups"
KIND = "what_if"
FORM = 1
"""Changes when what is stored, or how it is counted, changes: then everything stored before is stale."""
NOT_COUNTED = (
    "account.", "audit.", "draw.archived", "draw.attempted", "draw.audit_folder", "draw.certified", "draw.refused",
    "draw.signed", "draw.stamped", "model.", "monthly.", "plan.", "policy.", "quality.", "run.", "signer.", "site.",
    "task.", "warning.",
)  # fmt: skip
"""Beginnings of ledger actions that change no frame; runs that do are named by their tables, policies by their values.

Whatever is not listed makes the stored frame stale: at worst it is counted once more than needed.
"""
_SOURCES = ("grades", "selections", "strata")
_RATIOS = frozenset({FLOOR, ITEMS, *(class_parameter(kind) for kind in ItemClass)})
_OWN = ["scope", "as_of", "run_id"]
_ORDERED = "at"


@dataclass(frozen=True, slots=True)
class StoredTrial:
    """The frame stored for one scope and day.

    Parameters
    ----------
    run_id : of the build. version, present_version : digests of what it rests on, and of the same now.
    problem : why there is no frame for this scope, None when there is one.
    """

    run_id: str
    version: str
    present_version: str
    problem: Message | None

    @property
    def is_current(self) -> bool:
        """Whether nothing that it rests on has changed since."""
        return self.version == self.present_version


def frame_version(workspace: Workspace, book: PolicyBook, *, as_of: date) -> str:
    """Return the digest of everything that the frame of a day rests on besides the ratios themselves.

    Records and decisions as the ledger has them, the runs that wrote grades and selections, policies in force that day.
    """
    warehouse = workspace.warehouse
    days = {run.run_id: run.as_of for run in warehouse.runs()}
    graded = [run for run in warehouse.run_ids_of("grades") if days[run] <= as_of]
    values = {}
    for name, parameter in book.parameters.items():
        if name not in _RATIOS:
            try:
                values[name] = parameter.on(as_of).value
            except ParameterNotInForceError:
                continue
    said = {
        "form": FORM,
        "as_of": as_of,
        "records": workspace.ledger.head(without=NOT_COUNTED),
        "runs": [graded, *(warehouse.run_ids_of(name) for name in _SOURCES[1:])],
        "policies": {name: values[name] for name in sorted(values)},
    }
    return digest_of(said)


def build_what_if(
    workspace: Workspace, *, as_of: date, profile: str, actor: Actor, clock: Clock, progress: Progress = silent
) -> str | None:
    """Prepare the frame for every scope that an active account has, store it, and return the run.

    Nothing is done, and None returned, where what is stored rests on everything as it is now.
    """
    book = read_policies(profile, workspace=workspace)
    scopes = {Scope(), *(each.scope for each in accounts(workspace).values() if each.is_active)}
    wanted = sorted(scopes, key=lambda scope: scope.key)
    if all(_is_current(scoped(workspace, scope), profile=profile, as_of=as_of) for scope in wanted):
        return None
    version = frame_version(workspace, book, as_of=as_of)
    held: dict[str, list[pd.DataFrame]] = {name: [] for name in (FRAMES, CELLS, OBJECTS, GROUPS)}
    for at, scope in enumerate(wanted):
        progress(Message(N_("frame of the next draw, {at} of {n}"), {"at": at + 1, "n": len(wanted)}), at / len(wanted))
        for name, rows in _tables(scoped(workspace, scope), as_of=as_of, profile=profile, version=version):
            held[name].append(rows.assign(scope=scope.key, as_of=as_of))
    tables = {name: pd.concat(parts, ignore_index=True) for name, parts in held.items() if parts}
    return workspace.warehouse.write_run(
        tables,
        kind=KIND,
        as_of=as_of,
        manifest={"profile": profile, "version": version, "scopes": [scope.key for scope in wanted]},
        actor=actor,
        at=clock(),
    )


def _is_current(workspace: Workspace, *, profile: str, as_of: date) -> bool:
    found = stored_trial(workspace, profile=profile, as_of=as_of)
    return found is not None and found.is_current


def _tables(workspace: Workspace, *, as_of: date, profile: str, version: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """The rows of one scope: one of frames always, those of the others where the frame can be prepared."""
    said = {
        "version": version,
        "template": "",
        "params": "{}",
        "n_outside": "{}",
        "problem": "",
        "problem_params": "{}",
    }
    try:
        bench = prepare(workspace, profile=profile, occasion=Occasion.of_year(as_of))
        experiment = experiment_of(bench, draws=1, seed=0)
        groups = burden_groups(workspace, bench, experiment)
    except SupervisionError as error:
        told = {"problem": error.template, "problem_params": canonical(recorded(error.params))}
        yield FRAMES, pd.DataFrame([said | told])
        return
    source = bench.frame.source
    told = {"template": source.template, "params": canonical(recorded(source.params))}
    yield FRAMES, pd.DataFrame([said | told | {"n_outside": canonical(bench.frame.n_outside)}])
    cells = bench.frame.cells
    yield CELLS, cells.assign(**{_ORDERED: range(len(cells))})
    kinds = kinds_of(experiment.profiles)
    yield OBJECTS, kinds.assign(**{_ORDERED: range(len(kinds))})
    for kind, held in groups.kinds.items():
        yield GROUPS, held.table().assign(by=kind)


def stored_trial(workspace: Workspace, *, profile: str, as_of: date) -> StoredTrial | None:
    """Return what is stored for the workspace's scope and a day; None when nothing is. Cost: one small file."""
    rows = own_rows(workspace, FRAMES, as_of=as_of)
    if rows.empty:
        return None
    row = rows.iloc[0]
    problem = _message(row, "problem", "problem_params") if row["problem"] else None
    present = frame_version(workspace, read_policies(profile, workspace=workspace), as_of=as_of)
    return StoredTrial(str(row["run_id"]), str(row["version"]), present, problem)


def stored_laboratory(
    workspace: Workspace, *, profile: str, as_of: date, draws: int, seed: int
) -> tuple[Bench, Experiment, BurdenGroups]:
    """Return from the store what ``prepare``, ``experiment_of`` and ``burden_groups`` would.

    The ratios are those in force now; the bench holds no logged row and the frame no object.

    Raises
    ------
    TableMissingError
        Nothing is stored for this scope and day.
    """
    frames = own_rows(workspace, FRAMES, as_of=as_of)
    if frames.empty or frames["problem"].iloc[0]:
        raise TableMissingError(table=FRAMES, remedy=Message(N_("let 'xinheng marts build' make it")))
    row = frames.iloc[0]
    occasion = Occasion.of_year(as_of)
    book = read_policies(profile, workspace=workspace)
    listed = in_force(current(workspace, "items", key="item_code", on=as_of), on=as_of).reset_index(drop=True)
    policy, capacity = read_ratio_policy(book, on=as_of), read_capacity(book, listed, on=as_of)
    departments = dict(zip(listed["item_code"], listed["department_code"], strict=True))
    left = capacity.left_for(None, departments, draws_left=occasion.draw.left)
    terms = terms_of(listed, listed, book=book, policy=policy, on=as_of, draw=occasion.draw, capacity=left)
    source, n_outside = _message(row, "template", "params"), json.loads(row["n_outside"])
    cells = _ordered(workspace, CELLS, as_of=as_of)
    frame = frame_of_cells(cells, terms, source=source, n_outside=n_outside)
    names = unit_names(workspace, on=as_of)
    bench = Bench(book, policy, listed, cells.head(0), frame, occasion, capacity, names, None)
    kinds = _ordered(workspace, OBJECTS, as_of=as_of)
    experiment = set_up_again(cells, kinds, draws=draws, generator=stream(seed, "laboratory"))
    groups = own_rows(workspace, GROUPS, as_of=as_of)
    n_profiles = len(experiment.profiles.n_objects)
    held = {kind: groups_again(groups[groups["by"] == kind], n_profiles=n_profiles) for kind in KINDS}
    return bench, experiment, compared_with(bench, experiment, held)


def _message(row: pd.Series, template: str, params: str) -> Message:
    return revived(str(row[template]), json.loads(row[params]))


def _ordered(workspace: Workspace, table: str, *, as_of: date) -> pd.DataFrame:
    rows = own_rows(workspace, table, as_of=as_of).sort_values(_ORDERED, ignore_index=True)
    return rows.drop(columns=[*_OWN, _ORDERED])
