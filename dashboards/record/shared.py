"""What the parts of a credit record share: how outcomes, records and indicators are said."""

from dashboards import words
from dashboards.grades.shared import REVIEWED, above_score
from dashboards.view import View
from engine.api.desk import Action
from engine.api.reading.prospects import Outcome
from engine.messages import N_

NEEDS = Action.SEE_ENTITIES
STATUS = {
    "in_force": N_("counts"),
    "superseded": N_("replaced by a later version"),
    "ended": N_("ended"),
    "repaired": N_("repaired: does not count"),
    "revoked": N_("revoked: does not count"),
    "corrected": N_("corrected: does not count"),
    "withdrawn": N_("withdrawn: does not count"),
    "publicity_over": N_("publicity is over: does not count"),
    "validity_over": N_("validity is over: does not count"),
}
COUNTING = ("in_force", "ended")
"""What stands in the history of an object; a listing that was lifted is counted there."""


def status_name(status: str, view: View) -> str:
    """Return why a record counts or not."""
    return view.translate(STATUS[status]) if status in STATUS else status


def outcome_text(outcome: Outcome, view: View) -> str:
    """Return score and grade, e.g. ``427.0 · C ▲``; with what holds the grade where that is not the score."""
    said = f"{outcome.score:,.1f} · {words.grade_tag(outcome.grade)}"
    held = held_by(outcome, view)
    return f"{said} ({held})" if held else said


def held_by(outcome: Outcome, view: View) -> str:
    """Return what above the score holds a grade, empty where the score decides."""
    if outcome.override_code is None:
        return ""
    return view.translate(N_("held by: {rule}")).format(rule=above_score(outcome.override_code, view))


def above_score_text(code: str, reference: str, view: View) -> str:
    """Return the rule above a score with what it rests on: the law of a statute, the document of two persons."""
    said = view.translate(reference)
    if code.startswith(REVIEWED):
        said = reference.rpartition("; ")[2]
    return f"{above_score(code, view)} · {said}" if said else above_score(code, view)


def record_name(table: str, record_id: str, view: View) -> str:
    """Return kind and number of a record."""
    return f"{words.table_name(table, view.translate)} {record_id}"
