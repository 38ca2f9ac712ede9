"""Rights of the roles: one dated table, role by action; whatever it does not name is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import PolicyBook

RIGHTS = "access.rights"


class Role(StrEnum):
    """What a person is to this system."""

    LEADER = "leader"
    ANALYST = "analyst"
    DRAW_OFFICER = "draw_officer"
    INSPECTOR = "inspector"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Action(StrEnum):
    """What somebody may see (``see_…``) or do; a page and a writing call each need one."""

    SEE_FIGURES = "see_figures"
    SEE_ENTITIES = "see_entities"
    SEE_DRAWS = "see_draws"
    SEE_RESULTS = "see_results"
    SEE_PUNISHMENTS = "see_punishments"
    SEE_WARNINGS = "see_warnings"
    SEE_QUALITY = "see_quality"
    SEE_MODELS = "see_models"
    SEE_PLANS = "see_plans"
    SEE_AUDIT = "see_audit"
    TRY_RATIOS = "try_ratios"
    EXPORT = "export"
    DRAFT_POLICY = "draft_policy"
    APPROVE_POLICY = "approve_policy"
    COMMIT_DRAW = "commit_draw"
    SIGN_DRAW = "sign_draw"
    RUN_DRAW = "run_draw"
    ENTER_RESULT = "enter_result"
    REVIEW_RESULT = "review_result"
    PROPOSE_GRADE = "propose_grade"
    CONFIRM_GRADE = "confirm_grade"
    DISPOSE_WARNING = "dispose_warning"
    REGISTER_OBJECTION = "register_objection"
    DECIDE_OBJECTION = "decide_objection"
    MEND_DATA = "mend_data"
    PROMOTE_MODEL = "promote_model"
    RUN_JOB = "run_job"
    MANAGE_ACCOUNTS = "manage_accounts"


EVERY_RIGHT = frozenset(Action)


@dataclass(frozen=True, slots=True)
class Rights:
    """The table of rights in force on a day.

    Parameters
    ----------
    by_role : what each role may; a role without an entry may nothing.
    """

    by_role: Mapping[Role, frozenset[Action]]

    def of(self, role: Role) -> frozenset[Action]:
        """Return what a role may."""
        return self.by_role.get(role, frozenset())


def read_rights(book: PolicyBook, *, on: date) -> Rights:
    """Return the rights in force on a day.

    Raises
    ------
    PolicyInconsistentError
        The table names a role or an action that does not exist.
    """
    table: dict[Role, frozenset[Action]] = {}
    for role, actions in book.value(RIGHTS, on=on).items():
        unknown = sorted({str(each) for each in actions} - {each.value for each in Action})
        if role not in list(Role) or unknown:
            named = ", ".join(unknown) if unknown else str(role)
            raise PolicyInconsistentError(
                name=RIGHTS, problem=Message(N_("there is no role or action {named}"), {"named": named})
            )
        table[Role(role)] = frozenset(Action(each) for each in actions)
    return Rights(table)
