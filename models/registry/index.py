"""The MLflow registry of a workspace: an index of its models, with runs, versions and the aliases of the day.

Nothing depends on it: dated policy says which model decides, the manifest says by which digest, and scoring reads
``models/<digest>/``. So the index may be lost and made again from that folder (:func:`rebuild`).
"""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from engine.api.workspace import Workspace
from models.fitting.training import load_model, models_folder
from models.judging.backtest_summary import gain_rows
from models.judging.backtesting import Backtest
from models.learners.grown import GrownRanker
from models.stored.artifact import CARD_FILE, FittedModel, model_files

DATABASE = "mlflow.db"
ARTIFACTS = "mlflow"
EXPERIMENT = "xinheng"
DIGEST = "digest"
REQUIREMENTS = ("lightgbm", "numpy")
ALIASES = ("champion", "challenger")


def registered_name(model: FittedModel) -> str:
    """Return the name under which a model's versions stand: one per population."""
    return f"{model.card.name}-{model.card.population}"


def register(workspace: Workspace, model: FittedModel, *, alias: str) -> str:
    """Enter a model into the index and point ``alias`` at it; the same model is one version.

    Parameters
    ----------
    workspace : where the index lies (``mlflow.db``, ``mlflow/``).
    model : stored model.
    alias : ``champion`` or ``challenger``.

    Returns
    -------
    The version's number as text.
    """
    with _client(workspace) as client:
        name = registered_name(model)
        number = _version_of(client, name, digest=model.digest) or _log(client, model, name=name)
        client.set_registered_model_alias(name, alias, number)
        return number


def registered_digest(workspace: Workspace, *, name: str, alias: str) -> str | None:
    """Return the digest that ``alias`` of a registered name points at, or None."""
    with _client(workspace) as client:
        found = [model for model in client.search_registered_models() if model.name == name]
        if not found or alias not in found[0].aliases:
            return None
        return str(client.get_model_version(name, found[0].aliases[alias]).tags[DIGEST])


def rebuild(workspace: Workspace) -> int:
    """Enter every stored model that the index lacks, without aliases; return how many were added."""
    digests = sorted(path.parent.name for path in models_folder(workspace).glob(f"*/{CARD_FILE}"))
    added = 0
    with _client(workspace) as client:
        for digest in digests:
            model = load_model(workspace, digest=digest)
            if _version_of(client, registered_name(model), digest=digest) is None:
                _log(client, model, name=registered_name(model))
                added += 1
    return added


def log_backtest(workspace: Workspace, found: Backtest, *, run_id: str) -> None:
    """Record a backtest's figures as an MLflow run: AUC of every score by window, means and gains."""
    with _client(workspace) as client:
        experiment = client.get_experiment_by_name(EXPERIMENT)
        tags = {"backtest": run_id, "test_digest": found.test_digest}
        run = client.create_run(
            experiment.experiment_id, run_name=f"{run_id}-{found.population}", tags=tags
        ).info.run_id
        client.log_param(run, "population", found.population)
        client.log_param(run, "windows", len(found.folds))
        for step, fold in enumerate(found.folds):
            for judged in fold.judged:
                client.log_metric(run, f"auc_{judged.name}", judged.auc.value, step=step)
        for row in gain_rows(found):
            stem = f"{row['measure']}_{row['score']}_by_{row['resampled_by']}"
            for figure in ("mean_value", "gain_value", "gain_low", "gain_high"):
                if row[figure] is not None:
                    client.log_metric(run, f"{stem}_{figure}", float(str(row[figure])))
        client.set_terminated(run)


@contextmanager
def _client(workspace: Workspace) -> Iterator[Any]:
    """An MLflow client on the workspace's own database; nothing is sent anywhere."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    address = f"sqlite:///{workspace.path / DATABASE}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside MLflow's own use of SQLAlchemy are not the reader's
        import mlflow

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        client = mlflow.MlflowClient(tracking_uri=address, registry_uri=address)
        if client.get_experiment_by_name(EXPERIMENT) is None:
            client.create_experiment(EXPERIMENT, artifact_location=(workspace.path / ARTIFACTS).as_uri())
        yield client


def _version_of(client: Any, name: str, *, digest: str) -> str | None:
    found = client.search_model_versions(f"name = '{name}' and tags.{DIGEST} = '{digest}'")
    return str(found[0].version) if found else None


def _log(client: Any, model: FittedModel, *, name: str) -> str:
    """Record a run with settings, rehearsed figures and files, and a version whose source it is."""
    card = model.card
    experiment = client.get_experiment_by_name(EXPERIMENT)
    run = client.create_run(
        experiment.experiment_id, run_name=f"{name}-{model.digest[:12]}", tags={DIGEST: model.digest}
    )
    run_id = run.info.run_id
    settings = dict(card.configuration) | {"population": card.population, "features": len(card.features)}
    for key, value in settings.items():
        client.log_param(run_id, key, value)
    for configuration, aucs in card.rehearsal.items():
        for step, auc in enumerate(aucs):
            client.log_metric(run_id, f"rehearsed_auc_{configuration}", auc, step=step)
    client.log_metric(run_id, "rows", card.window.n_rows)
    client.log_metric(run_id, "adverse", card.window.n_adverse)
    source = _flavour(_artifacts(client, run_id), model)
    client.set_terminated(run_id)
    if not any(found.name == name for found in client.search_registered_models()):
        client.create_registered_model(name)
    made = client.create_model_version(name, source=source.as_uri(), run_id=run_id, tags={DIGEST: model.digest})
    return str(made.version)


def _artifacts(client: Any, run_id: str) -> Path:
    return Path(unquote(urlparse(client.get_run(run_id).info.artifact_uri).path))


def _flavour(folder: Path, model: FittedModel) -> Path:
    """Write trees as an MLflow model, so that other MLflow tools can load them, a points table as it is stored."""
    target = folder / "model"
    if not isinstance(model.ranker, GrownRanker):
        target.mkdir(parents=True, exist_ok=True)
        for name, content in model_files(model).items():
            (target / name).write_bytes(content)
        return target
    import lightgbm
    import mlflow.lightgbm

    requirements = [f"{name}=={version(name)}" for name in REQUIREMENTS]
    booster = lightgbm.Booster(model_str=model.ranker.trees)
    mlflow.lightgbm.save_model(booster, str(target), pip_requirements=requirements)
    return target
