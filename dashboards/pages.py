"""The pages: where each stands in the navigation and which right opens it."""

from dataclasses import dataclass

from engine.api.desk import Action
from engine.messages import N_


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One page.

    Parameters
    ----------
    name : its script in ``views`` and, with dashes, its address.
    title : catalogue key. needs : the right that opens it.
    """

    name: str
    title: str
    needs: Action


SECTIONS = (
    (N_("Leadership"), (PageEntry("briefing", N_("Briefing"), Action.SEE_FIGURES),)),
    (
        N_("Analysis"),
        (
            PageEntry("what_if", N_("What if: ratios"), Action.TRY_RATIOS),
            PageEntry("hit_rate", N_("Hit rate by grade"), Action.SEE_FIGURES),
            PageEntry("lift", N_("Lift and calibration"), Action.SEE_MODELS),
            PageEntry("league", N_("Departments and districts"), Action.SEE_FIGURES),
            PageEntry("grades", N_("Grades and their review"), Action.SEE_ENTITIES),
            PageEntry("record", N_("Credit record"), Action.SEE_ENTITIES),
            PageEntry("warnings", N_("Early warnings"), Action.SEE_WARNINGS),
            PageEntry("punishment", N_("Joint punishment"), Action.SEE_PUNISHMENTS),
        ),
    ),
    (
        N_("Draw"),
        (
            PageEntry("hold_draw", N_("Hold a draw"), Action.SEE_PLANS),
            PageEntry("draw", N_("The draw and its certificate"), Action.SEE_DRAWS),
            PageEntry("results", N_("Results"), Action.SEE_RESULTS),
            PageEntry("objections", N_("Objections"), Action.SEE_RESULTS),
        ),
    ),
    (N_("Records"), (PageEntry("quality", N_("Data quality"), Action.SEE_QUALITY),)),
    (
        N_("Governance"),
        (
            PageEntry("governance", N_("Model governance"), Action.SEE_MODELS),
            PageEntry("audit", N_("Audit"), Action.SEE_AUDIT),
        ),
    ),
)
