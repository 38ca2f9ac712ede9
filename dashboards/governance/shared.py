"""What the parts of the page of models share: names, verdicts, figures with their limits."""

from collections.abc import Mapping
from typing import Any

from dashboards import words
from engine.api.documents.model_card import STANDINGS
from engine.messages import N_, Translate
from engine.vocabulary import population_name

STATES = {"before": N_("before"), "now": N_("decides now"), "to come": N_("approved, not begun")}
"""Where a model stands in the history of who decided."""


def population(name: str, translate: Translate) -> str:
    """Return the name of a population; of all that policy does not name."""
    return population_name(name, translate) if name else translate(N_("all others"))


def model(name: str, digest: str, translate: Translate) -> str:
    """Return what people call a model, with the beginning of its digest where it is a stored one."""
    return words.score_name(name, translate) + (f" · {digest[:12]}" if digest else "")


def standing(value: str, translate: Translate) -> str:
    """Return a verdict by the limits of policy, sign and word."""
    return translate(STANDINGS[value])


def number(value: Any, form: str) -> str:
    """Return a figure in a form, a dash where there is none."""
    return words.NOTHING if words.is_missing(value) else f"{value:{form}}"


def limits(row: Mapping[Any, Any], name: str, form: str) -> str:
    """Return ``name_low`` and ``name_high`` of a row, a dash where there are none."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if words.is_missing(low):
        return words.NOTHING
    return f"{low:{form}} – {'∞' if high == float('inf') else format(high, form)}"
