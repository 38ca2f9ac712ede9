"""A fitted model as data another program can read: a JSON card with LightGBM text or a points table; never a pickle.

The digest over both names the model everywhere: in the manifest of a scoring run, in the registry, in the folder
``models/<digest>/`` of the workspace.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from engine.errors import ScoringError
from engine.messages import N_, Message
from models.chances.calibration import Calibration, Method
from models.chances.level import Level
from models.learners.anchor import Anchor
from models.learners.grown import GrownRanker
from models.learners.points_table import POINTS_FILE, PointsTable, table_from_text, table_text
from models.learners.ranker import Ranker

FORM = "xinheng-lightgbm/3"
POINTS_FORM = "xinheng-points/1"
CARD_FILE = "card.json"
TREES_FILE = "trees.txt"


@dataclass(frozen=True, slots=True)
class ReadFeature:
    """A feature the model reads.

    Parameters
    ----------
    name : column of the feature table.
    direction : monotone constraint, +1, -1 or 0.
    typical : value that stands in where it is not known.
    importance : share of what moves the scores of the training rows, 0..1.
    """

    name: str
    direction: int
    typical: float
    importance: float


@dataclass(frozen=True, slots=True)
class TrainingWindow:
    """What the model learned from.

    Parameters
    ----------
    first_as_of, last_as_of : oldest and youngest row, ISO dates.
    known_by : last day on which a result may have become known, ISO date.
    n_rows, n_entities, n_adverse : counts.
    basis : which rows, in words.
    """

    first_as_of: str
    last_as_of: str
    known_by: str
    n_rows: int
    n_entities: int
    n_adverse: int
    basis: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything about a model but its trees.

    Parameters
    ----------
    name : model name in scores and policy, ``challenger``.
    population : whom it was fitted for.
    features : in the order of the trees' columns.
    anchor : the line that the trees start from; None = the base rate.
    window : training window.
    configuration : settings of the fit, with the seed.
    rehearsal : AUC per rolling-origin window inside the training past, by configuration.
    calibration : map to probabilities.
    level : what season and drift add to them.
    inputs : digests or versions of what went in (loads, feature list, policies).
    """

    name: str
    population: str
    features: tuple[ReadFeature, ...]
    anchor: Anchor | None
    window: TrainingWindow
    configuration: Mapping[str, Any]
    rehearsal: Mapping[str, tuple[float, ...]]
    calibration: Calibration
    level: Level
    inputs: Mapping[str, str]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Columns in the order the trees expect."""
        return tuple(feature.name for feature in self.features)

    @property
    def typical(self) -> tuple[float, ...]:
        """Values that stand in where a feature is not known, in the same order."""
        return tuple(feature.typical for feature in self.features)


@dataclass(frozen=True, slots=True)
class FittedModel:
    """A model card and what gives the log-odds: trees with their anchor, or a points table."""

    card: ModelCard
    ranker: Ranker

    @property
    def digest(self) -> str:
        """Hex SHA-256 over the names, lengths and contents of the files."""
        total = hashlib.sha256()
        for name, content in sorted(model_files(self).items()):
            total.update(f"{name}:{len(content)}\n".encode())
            total.update(content)
        return total.hexdigest()


def model_files(model: FittedModel) -> dict[str, bytes]:
    """Return the files of a model by name."""
    ranker = model.ranker
    if isinstance(ranker, PointsTable):
        form, name, content = POINTS_FORM, POINTS_FILE, table_text(ranker)
    elif isinstance(ranker, GrownRanker):
        form, name, content = FORM, TREES_FILE, ranker.trees
    else:
        raise TypeError(type(ranker))
    card = {"form": form} | asdict(model.card)
    text = json.dumps(card, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    return {CARD_FILE: text.encode(), name: content.encode()}


def model_from_files(files: Mapping[str, bytes], *, expected_digest: str | None = None) -> FittedModel:
    """Return the model stored in ``files``.

    Parameters
    ----------
    files : contents by name, as :func:`model_files` gave them.
    expected_digest : what the manifest says; None skips the comparison.

    Raises
    ------
    ScoringError
        A file is missing, the form is another program's, or the digest differs.
    """
    _require_files(files, CARD_FILE)
    content = json.loads(files[CARD_FILE])
    form = content.pop("form", None)
    if form not in (FORM, POINTS_FORM):
        raise ScoringError(
            problem=Message(N_("the model card has another form")),
            remedy=Message(N_("give a model of form {form}"), {"form": f"{FORM}, {POINTS_FORM}"}),
        )
    card = _card(content)
    model = FittedModel(card, _ranker(card, files, form=form))
    if expected_digest is not None and model.digest != expected_digest:
        raise ScoringError(
            problem=Message(
                N_("the model's digest is {found}, not {expected}"),
                {"found": model.digest[:12], "expected": expected_digest[:12]},
            ),
            remedy=Message(N_("restore the model's folder or train again")),
        )
    return model


def _require_files(files: Mapping[str, bytes], *names: str) -> None:
    missing = [name for name in names if name not in files]
    if missing:
        problem = Message(N_("the stored model lacks {files}"), {"files": ", ".join(missing)})
        raise ScoringError(problem=problem, remedy=Message(N_("restore the model's folder or train again")))


def _ranker(card: ModelCard, files: Mapping[str, bytes], *, form: str) -> Ranker:
    if form == POINTS_FORM:
        _require_files(files, POINTS_FILE)
        return table_from_text(files[POINTS_FILE].decode())
    _require_files(files, TREES_FILE)
    return GrownRanker(card.feature_names, card.typical, card.anchor, files[TREES_FILE].decode())


def _card(content: dict[str, Any]) -> ModelCard:
    calibration = content["calibration"]
    return ModelCard(
        name=content["name"],
        population=content["population"],
        features=tuple(ReadFeature(**feature) for feature in content["features"]),
        anchor=None if content["anchor"] is None else Anchor(**content["anchor"]),
        window=TrainingWindow(**content["window"]),
        configuration=content["configuration"],
        rehearsal={name: tuple(aucs) for name, aucs in content["rehearsal"].items()},
        calibration=Calibration(
            Method(calibration["method"]),
            tuple((float(x), float(y)) for x, y in calibration["knots"]),
            float(calibration["outer_slope"]),
        ),
        level=Level(**content["level"]),
        inputs=content["inputs"],
    )
