"""What a limit costs, in words a head of department can act on."""

from engine.laboratory.optimum import Optimum
from engine.laboratory.problem import LimitKind, RatioProblem
from engine.messages import N_, Message

_WORTH_SAYING = 1e-5
"""Share of the greatest gain: an interior point leaves a price of that order on limits that do not bind."""
_STEP = 0.01
_TEXTS = {
    LimitKind.CAPACITY: N_("one more person-day in {subject} finds {gain}"),
    LimitKind.CHECKS: N_("one more check finds {gain}"),
    LimitKind.CAP: N_("one more check of {subject} beyond its ratio cap finds {gain}"),
    LimitKind.VISITS: N_("one more visit to a firm of grade {subject} finds {gain}"),
    LimitKind.ORDER: N_("{name}: this order of ratios costs findings"),
}


def shadow_prices(problem: RatioProblem, optimum: Optimum) -> tuple[Message, ...]:
    """Return one sentence per limit that binds, the order of the limits kept."""
    found = []
    n_linear = len(problem.linear)
    least = _WORTH_SAYING * float(problem.gains.max(initial=0.0))
    for limit, price in zip(problem.linear, optimum.prices[:n_linear], strict=True):
        size = max(abs(limit.bound), float(abs(limit.weights).max(initial=0.0)))
        if price * size > least and limit.kind in _TEXTS:
            params = {"subject": limit.subject, "gain": f"{price:.3g}", "name": limit.name}
            found.append(Message(_TEXTS[limit.kind], params))
    for precise, price in zip(problem.precision, optimum.prices[n_linear:], strict=True):
        # the bound is a variance, t = (cv Y)^2: dV/dcv = price * 2 t / cv
        gain = price * 2 * precise.bound / precise.cv * _STEP
        if price * precise.bound > least:
            text = N_("allowing a coefficient of variation one point larger for {subject} finds {gain} more")
            found.append(Message(text, {"subject": precise.subject, "gain": f"{gain:.3g}"}))
    return tuple(found)
