"""Does a challenger earn the place of the champion? The rule, on the figures of one backtest.

It must beat the champion and the best simple score in mean AUC over mature windows, in pairs, with the lower limit
above 0 whether firms or days are resampled; and nothing it read may have been unknown. A sector's model must beat that
of the whole population as well. A stored model that decides now must have been judged on the same checks. The class
itself changes only when dated policy names another model: a promotion says that it may.
"""

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from engine.estimation.rounds import Measure
from engine.messages import N_, Message, recorded


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one population's challenger may be promoted.

    Parameters
    ----------
    population, champion, challenger : str.
    objections : why not; empty when it may.
    """

    population: str
    champion: str
    challenger: str
    objections: tuple[Message, ...]

    @property
    def is_passed(self) -> bool:
        """Whether nothing stands against it."""
        return not self.objections


def judge_promotion(
    gains: pd.DataFrame,
    *,
    population: str,
    champion: str,
    challenger: str,
    leaks: Sequence[str],
    last_day: date,
    mature_on: date,
    also: Sequence[str] = (),
    unjudged: str | None = None,
) -> Verdict:
    """Apply the rule to one population.

    Parameters
    ----------
    gains : table ``backtest_gains`` of one run.
    champion, challenger : names of the scores.
    leaks : columns that failed the leak check.
    last_day : last day on which anything was known when the backtest ran.
    mature_on : day by which every result of the last window is known.
    also : names of further scores it must beat.
    unjudged : digest of the stored model that decides now, where it was not judged on the same checks.
    """
    objections = []
    if unjudged is not None:
        objections.append(
            Message(
                N_(
                    "model {digest}, which decides now, was not judged on the same checks; begin the windows after the "
                    "last day that it learned from"
                ),
                {"digest": unjudged[:12]},
            )
        )
    if mature_on > last_day:
        objections.append(
            Message(
                N_("the last window is complete only on {day}, the records end on {last}"),
                {"day": mature_on.isoformat(), "last": last_day.isoformat()},
            )
        )
    if leaks:
        objections.append(Message(N_("columns were not known in time: {columns}"), {"columns": ", ".join(leaks)}))
    own = gains[(gains["population"] == population) & (gains["measure"] == str(Measure.AUC))]
    rivals = {champion, *also, *own.loc[own["is_best_other"], "score"]} - {challenger}
    for row in own[own["score"].isin(rivals)].to_dict("records"):
        if not row["gain_low"] > 0:
            objections.append(_no_gain(row))
    for missing in sorted(rivals - set(own["score"])):
        objections.append(Message(N_("{score} was not judged beside it"), {"score": missing}))
    return Verdict(population, champion, challenger, tuple(objections))


def verdict_rows(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """Return one row per population: champion, challenger, is_passed, objections (JSON of templates and values)."""
    return pd.DataFrame(
        [
            {
                "population": each.population,
                "champion": each.champion,
                "challenger": each.challenger,
                "is_passed": each.is_passed,
                "objections": json.dumps(objections_told(each), ensure_ascii=False),
            }
            for each in verdicts
        ]
    )


def objections_told(verdict: Verdict) -> list[dict[str, object]]:
    """Return the objections as JSON holds them, to be read in any language (``engine.messages.revived``)."""
    return [{"template": each.template, "params": recorded(each.params)} for each in verdict.objections]


def _no_gain(row: Mapping[Hashable, object]) -> Message:
    return Message(
        N_(
            "its gain in AUC over {score} is {value:+.3f} ({low:+.3f} to {high:+.3f}, resampled by {by}): "
            "the lower limit is not above 0"
        ),
        {
            "score": row["score"],
            "value": row["gain_value"],
            "low": row["gain_low"],
            "high": row["gain_high"],
            "by": row["resampled_by"],
        },
    )
