"""A stored model as the monthly run applies it: scores and reasons of whole cohorts, by the digest in the manifest."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.messages import N_
from engine.store.workspaces.workspace import Workspace
from models.fitting.training import load_model
from models.stored.application import ModelScorer
from models.stored.artifact import FittedModel
from models.stored.explanation import reasons

REST = N_("All other columns and the starting point: {points} points")


@dataclass(frozen=True, slots=True)
class LearnedScorer:
    """Scores and explains by one stored model; satisfies :class:`engine.pipeline.ports.Scorer`."""

    model: FittedModel

    @property
    def name(self) -> str:
        """The model's name in ``scores`` and in policy."""
        return self.model.card.name

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return table ``scores`` with ``probability``; see :meth:`models.stored.application.ModelScorer.score`."""
        return ModelScorer(self.model).score(features).reset_index(drop=True)

    def reasons(self, features: pd.DataFrame, *, top: int) -> pd.DataFrame:
        """Return table ``reasons``: the ``top`` columns by size, then one line for the rest; they add up to the score.

        Notes
        -----
        Cost: that of :func:`models.stored.explanation.reasons`.
        """
        named = reasons(self.model, features, top=top)
        totals = ModelScorer(self.model).score(features)["score"].to_numpy()
        key = pd.MultiIndex.from_frame(features[["entity_id", "as_of"]])
        said = named.groupby(["entity_id", "as_of"])["points"].sum().reindex(key).fillna(0.0).to_numpy()
        n_named = named.groupby(["entity_id", "as_of"]).size().reindex(key).fillna(0).to_numpy(dtype=np.int64)
        rest = totals - said
        lines = pd.DataFrame(
            {
                "entity_id": features["entity_id"].to_numpy(),
                "as_of": features["as_of"].to_numpy(),
                "model": self.name,
                "rank": n_named + 1,
                "feature": "",
                "value": np.nan,
                "points": rest,
                "template": REST,
                "params": [json.dumps({"points": round(float(value), 2)}) for value in rest],
            }
        )
        both = pd.concat([named, lines], ignore_index=True)
        return both.sort_values(["entity_id", "rank"], kind="stable", ignore_index=True)


def stored_scorer(workspace: Workspace, digest: str) -> LearnedScorer:
    """Return the scorer of a model in the workspace's folder, checked against its digest.

    Raises
    ------
    TableMissingError, ScoringError
        It is not there, or its files were changed.
    """
    return LearnedScorer(load_model(workspace, digest=digest))
