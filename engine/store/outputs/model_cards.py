"""What a stored model says about its training, read without the program that fitted it."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from engine.errors import StoreError
from engine.messages import N_, Message

MODELS, CARD = "models", "card.json"


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A stored model as its card describes it.

    Parameters
    ----------
    digest, name, population : str. promotion : backtest run that gave it the office, empty where none did.
    known_by : last day whose results it learned from, ISO. basis : which rows, in words.
    n_rows, n_entities, n_adverse : counts. features : name, direction (+1, -1, 0), importance (share) of every column.
    first_as_of, last_as_of : oldest and youngest row, ISO. inputs : digests or versions of what went in.
    calibration_method : str. calibration_knots : (log-odds, calibrated log-odds).
    rehearsed_auc : mean AUC inside the training past, None where it was not rehearsed.
    """

    digest: str
    name: str
    population: str
    promotion: str
    known_by: str
    basis: str
    n_rows: int
    n_entities: int
    n_adverse: int
    features: tuple[dict[str, Any], ...]
    calibration_method: str
    calibration_knots: tuple[tuple[float, float], ...]
    rehearsed_auc: float | None
    first_as_of: str
    last_as_of: str
    inputs: dict[str, str]


def stored_model(folder: Path, *, digest: str, promotion: str = "") -> StoredModel:
    """Return what the card of a stored model says.

    Raises
    ------
    StoreError
        The workspace does not hold the card, or it is no card.
    """
    try:
        card = json.loads((folder / MODELS / digest / CARD).read_text(encoding="utf-8"))
        window, calibration = card["window"], card["calibration"]
        aucs = card["rehearsal"].get(card["configuration"].get("name"), ())
        shown = ("name", "direction", "importance")
        return StoredModel(
            digest, card["name"], card["population"], promotion, window["known_by"], window["basis"],
            int(window["n_rows"]), int(window["n_entities"]), int(window["n_adverse"]),
            tuple({name: each[name] for name in shown} for each in card["features"]),
            str(calibration["method"]), tuple((float(x), float(y)) for x, y in calibration["knots"]),
            sum(aucs) / len(aucs) if aucs else None, window["first_as_of"], window["last_as_of"],
            {str(name): str(value) for name, value in sorted(card["inputs"].items())},
        )  # fmt: skip
    except (OSError, AttributeError, KeyError, TypeError, ValueError):
        raise _unreadable(folder, digest) from None


def last_training_day(folder: Path, *, digest: str) -> date:
    """Return the last day on which a result the model learned from may have become known.

    Parameters
    ----------
    folder : of the workspace. digest : of the model.

    Raises
    ------
    StoreError
        The workspace does not hold the model's card, so that nobody can say what it learned from.
    """
    path = folder / MODELS / digest / CARD
    try:
        return date.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["window"]["known_by"])
    except (OSError, KeyError, TypeError, ValueError):
        raise _unreadable(folder, digest) from None


def _unreadable(folder: Path, digest: str) -> StoreError:
    return StoreError(
        workspace=folder,
        problem=Message(N_("the card of model {digest} is missing or unreadable"), {"digest": digest[:12]}),
        remedy=Message(N_("restore the folder of the model, or train again")),
    )
