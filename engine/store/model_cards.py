"""What a stored model says about its training, read without the program that fitted it."""

import json
from datetime import date
from pathlib import Path

from engine.errors import StoreError
from engine.messages import N_, Message

MODELS, CARD = "models", "card.json"


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
        raise StoreError(
            workspace=folder,
            problem=Message(N_("the card of model {digest} is missing or unreadable"), {"digest": digest[:12]}),
            remedy=Message(N_("restore the folder of the model, or train again")),
        ) from None
