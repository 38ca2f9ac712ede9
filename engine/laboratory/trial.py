"""Which ratios of a policy lie outside what was ever tried: there the laboratory extrapolates."""

import numpy as np

from engine.laboratory.experiment import Experiment
from engine.laboratory.posterior import FloatArray
from engine.messages import N_, Message

ONE_CHECK = 1
_SAME = 1e-9
_CLASSES = {"key": Message(N_("key")), "general": Message(N_("general"))}


def untried(experiment: Experiment, ratios: FloatArray) -> tuple[Message, ...]:
    """Return one sentence per item class and grade whose ratios leave the range of the logged draws.

    A ratio leaves it when its stratum has at least one whole check more, or less, than by the ratios tried: strata
    drawn together change their common ratio with every firm that comes or goes.
    """
    cells = experiment.cells[["item_class", "grade", "lowest_tried", "highest_tried"]].assign(ratio=ratios)
    in_stratum = experiment.cells.groupby("stratum")["n_units"].transform("sum")
    below = (cells["lowest_tried"] - cells["ratio"]) * in_stratum > ONE_CHECK - _SAME
    above = (cells["ratio"] - cells["highest_tried"]) * in_stratum > ONE_CHECK - _SAME
    never = cells["lowest_tried"].isna()
    found = []
    for (item_class, grade), part in cells[below | above | never].groupby(["item_class", "grade"], sort=True):
        params: dict[str, object] = {"item_class": _CLASSES[str(item_class)], "grade": grade, "n": len(part)}
        params |= {"low": f"{part['ratio'].min():.2%}", "high": f"{part['ratio'].max():.2%}"}
        if part["lowest_tried"].isna().all():
            text = N_("{item_class} items, grade {grade}: {n} cell(s) were never drawn from; the result is borrowed")
            found.append(Message(text, params))
            continue
        params |= {"least": f"{np.nanmin(part['lowest_tried']):.2%}", "most": f"{np.nanmax(part['highest_tried']):.2%}"}
        text = N_("{item_class} items, grade {grade}: ratios {low}–{high} lie outside the {least}–{most} ever tried")
        found.append(Message(text, params))
    return tuple(found)
