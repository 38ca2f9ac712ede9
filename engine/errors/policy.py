"""Errors of dated policy, plans, steps of work and rights; exit status 12."""

from engine.errors.base import SupervisionError
from engine.messages import N_, Message


class PolicyError(SupervisionError):
    """A rule is missing, contradictory or asked outside its dates."""

    code = "policy"
    exit_status = 12
    template = N_("Policy {name}: {problem}.")


class ParameterUnknownError(PolicyError):
    """No policy file defines this parameter."""

    code = "policy.unknown"
    template = N_("No policy defines {name!r} (profile {profile}): check the name or add the file.")


class ParameterNotInForceError(PolicyError):
    """A parameter is asked for a date outside its dated values."""

    code = "policy.not_in_force"
    template = N_("Policy {name} is in force from {first} to {last}, not on {on}: choose a date inside or add a value.")

    @property
    def message(self) -> Message:
        """The sentence; a parameter without an end has none."""
        if self.params.get("last") is None:
            text = N_(
                "Policy {name} is in force from {first} on, not yet on {on}: choose a later date or another profile."
            )
            return Message(text, self.params)
        return super().message


class PolicyInconsistentError(PolicyError):
    """A policy file contradicts itself or its form."""

    code = "policy.inconsistent"
    template = N_("Policy {name}: {problem}; nothing was changed.")


class ShareMovementError(PolicyError):
    """A run moves more entities between grades than policy allows without a second look."""

    code = "policy.share_movement"
    template = N_(
        "{movement}; {n_movements} such movement(s): find the cause, or have a second person sign off "
        "('xinheng run sign {run} --reason …', then the same command again)."
    )


class PlanError(PolicyError):
    """A plan, one of its lines or one of its steps breaks the rules of planning."""

    code = "policy.plan"
    template = N_("Plan {plan}: {problem}; {remedy}.")


class OffListError(PlanError):
    """No check off the list: a task without a listed item and without a lawful exemption."""

    code = "policy.off_list"
    template = N_("Task {task}: {problem}; no check off the list without a ground and its document.")


class WarningRefusedError(PolicyError):
    """A step in the disposal of a warning that does not follow."""

    code = "policy.warning"
    template = N_("Warning {warning}: {problem}; nothing was changed.")


class MonthlyRunError(PolicyError):
    """A step of the monthly run, its sign-off or a confirmation of grades that does not follow."""

    code = "policy.monthly_run"
    template = N_("Monthly run {run}: {problem}; {remedy}.")


class GradeOverrideError(PolicyError):
    """A grade cannot be set, reviewed, contested or decided as asked."""

    code = "policy.grade_override"
    template = N_("Grade of {subject}: {problem}; nothing was changed.")


class ResultRefusedError(PolicyError):
    """A step of a result that law or the city plan does not allow."""

    code = "policy.result"
    template = N_("{subject}: {problem} ({reference}); nothing was changed.")


class AccessError(PolicyError):
    """Somebody asked for what their role or their rows do not allow."""

    code = "policy.access"
    template = N_("Not permitted: {problem}.")


class AccessRevokedError(AccessError):
    """The account was revoked or changed since the page was opened."""

    code = "policy.access_revoked"
    template = N_("Account {account} is not permitted to sign in: ask whoever keeps the accounts.")
