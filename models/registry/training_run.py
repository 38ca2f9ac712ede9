"""Training challengers over a workspace: fitted, stored by their digest, entered into the index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from engine.api.scoring.assessment import require_inside_data
from engine.api.scoring.featuring import FeatureBuilder
from engine.api.workspace import Workspace
from engine.errors import NothingToLearnError
from engine.messages import Message
from engine.pipeline.ports import Progress, silent
from engine.store.ledgers.ledger import digest_of
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.snapshot import snapshot
from models.fitting.targets import targets
from models.fitting.training import fit_population, store_model
from models.learners.learned import MODEL_NAME
from models.registry.index import register


@dataclass(frozen=True, slots=True)
class Trained:
    """One model that was fitted.

    Parameters
    ----------
    population, model, digest : whose, by which name, under which files.
    rows, adverse, features : checks it learned from, findings among them, columns it reads.
    basis : which rows those are; a text of the catalogue.
    """

    population: str
    model: str
    digest: str
    rows: int
    adverse: int
    features: int
    basis: str


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """What came of training.

    Parameters
    ----------
    models : fitted, in the order asked. left_out : population → why it got none.
    """

    models: tuple[Trained, ...]
    left_out: Mapping[str, Message]


def train_challengers(
    workspace: Workspace,
    *,
    as_of: date,
    populations: Sequence[str] | None,
    sector: str | None = None,
    models: Sequence[str] = (MODEL_NAME,),
    profile: str,
    seed: int,
    progress: Progress = silent,
) -> TrainingRun:
    """Fit a challenger for everybody meant, store it and point the index's ``challenger`` at it.

    Parameters
    ----------
    as_of : last day on which a training result may have become known.
    populations : None = all. sector : code of a sector instead of whole populations.
    models : learned models by name.

    Raises
    ------
    NothingToLearnError
        A population that was named holds too little, or every one does; of several the others are fitted and those
        left out are named.
    AsOfOutsideDataError, UsageError
    """
    warehouse, book = workspace.warehouse, policies_of(workspace, profile)
    require_inside_data(warehouse, as_of=as_of)
    wanted = targets(workspace, book=book, on=as_of, sector=sector, populations=populations)
    records = digest_of([file.sha256 for file in snapshot(workspace).files])
    builder, split = FeatureBuilder(warehouse, book=book), as_of + timedelta(days=1)
    fitted: list[Trained] = []
    left_out: dict[str, Message] = {}
    for target in wanted:
        try:
            for name in models:
                made = fit_population(
                    target.warehouse(workspace),
                    builder,
                    book=book,
                    population=target.name,
                    split=split,
                    seed=seed,
                    name=name,
                    scope=target.scope,
                    progress=progress,
                )
                made = replace(made, card=replace(made.card, inputs={**made.card.inputs, "records": records}))
                store_model(workspace, made)
                register(workspace, made, alias="challenger")
                window = made.card.window
                fitted.append(
                    Trained(
                        target.name,
                        name,
                        made.digest,
                        window.n_rows,
                        window.n_adverse,
                        len(made.card.features),
                        window.basis,
                    )
                )
        except NothingToLearnError as problem:
            if populations or len(wanted) == len(left_out) + 1:
                raise
            left_out[target.name] = problem.message
    return TrainingRun(tuple(fitted), left_out)
