"""From facts to the rows of each figure: columns of :data:`engine.kpis.declaration.ROW_COLUMNS`.

A row counts from the day on which it can no longer be done in time, so that a month does not look better for being
young: what is due later is in no denominator, what is late stays in one.
"""

import pandas as pd

from engine.kpis.declaration import ROW_COLUMNS, Facts

UNSTAFFED, REPLACED, PUBLISHED = "unstaffed", "replaced", "published"
VIOLATION, CLEAN = "violation", "clean"
UNREACHABLE = "unreachable"
DRAWN_MODES = ("random", "filtered_draw", "reserve")


def _rows(
    table: pd.DataFrame, *, on: pd.Series, above: pd.Series | float, below: pd.Series | float = 1.0
) -> pd.DataFrame:
    found = table[["department_code", "district_code"]].assign(
        on=pd.to_datetime(on), numerator=above, denominator=below
    )
    return found.astype({"numerator": "float64", "denominator": "float64"})[list(ROW_COLUMNS)]


def _mature(table: pd.DataFrame, due: str, facts: Facts) -> pd.DataFrame:
    return table[pd.to_datetime(table[due]) < facts.as_of]


def completion(facts: Facts) -> pd.DataFrame:
    """Drawn checks whose window is over: public or not. Replaced ones count through their reserve."""
    due = facts.checks[~facts.checks["state"].isin((UNSTAFFED, REPLACED))]
    due = _mature(due, "window_end", facts)
    return _rows(due, on=due["window_end"], above=(due["state"] == PUBLISHED).astype(float))


def published_in_time(facts: Facts) -> pd.DataFrame:
    """Checks whose last day of publication is over, and those public before it."""
    done = facts.results
    first = _rows(
        done,
        on=done["due_on"],
        above=(pd.to_datetime(done["published_on"]) <= pd.to_datetime(done["due_on"])).astype(float),
    )
    late = _mature(facts.pending, "due_on", facts)
    return pd.concat([first, _rows(late, on=late["due_on"], above=0.0)], ignore_index=True)


def disposal(facts: Facts) -> pd.DataFrame:
    """Published results that name a violation or an unreachable firm: with a disposal or not."""
    adverse = facts.results[facts.results["outcome"].isin((VIOLATION, UNREACHABLE))]
    return _rows(adverse, on=adverse["published_on"], above=adverse["has_disposal"].astype(float))


def put_right_in_time(facts: Facts) -> pd.DataFrame:
    """Orders to correct whose last day is over: closed by then or not."""
    due = _mature(facts.orders, "due_on", facts)
    closed = pd.to_datetime(due["closed_on"]) <= pd.to_datetime(due["due_on"])
    return _rows(due, on=due["due_on"], above=closed.astype(float))


def receipt(facts: Facts) -> pd.DataFrame:
    """What was handed on and should have been confirmed by now: confirmed in time or not."""
    due = _mature(facts.referrals, "due_on", facts)
    in_time = pd.to_datetime(due["received_on"]) <= pd.to_datetime(due["due_on"])
    return _rows(due, on=due["due_on"], above=in_time.astype(float))


def hit_rate(facts: Facts) -> pd.DataFrame:
    """Random checks of firms that were reached: a violation or not."""
    seen = facts.results[
        (facts.results["selection_mode"] == "random") & facts.results["outcome"].isin((VIOLATION, CLEAN))
    ]
    return _rows(seen, on=seen["occurred_on"], above=(seen["outcome"] == VIOLATION).astype(float))


def reached(facts: Facts) -> pd.DataFrame:
    """Published results of drawn firms: found at their address or not."""
    drawn = facts.results[facts.results["selection_mode"].isin(DRAWN_MODES)]
    return _rows(drawn, on=drawn["occurred_on"], above=(drawn["outcome"] != UNREACHABLE).astype(float))


def joint_visits(facts: Facts) -> pd.DataFrame:
    """Visits: with several departments or with one."""
    return _rows(facts.visits, on=facts.visits["occurred_on"], above=(facts.visits["n_departments"] > 1).astype(float))


def random_checks(facts: Facts) -> pd.DataFrame:
    """Published checks: selected by a draw or not."""
    drawn = facts.results["selection_mode"].isin(DRAWN_MODES)
    return _rows(facts.results, on=facts.results["occurred_on"], above=drawn.astype(float))


def items_covered(facts: Facts) -> pd.DataFrame:
    """Items of the list: drawn at least once this year or not."""
    items = facts.items.assign(district_code="")
    return _rows(items, on=pd.Series(facts.as_of, index=items.index), above=items["is_drawn"].astype(float))


def visits_per_firm(facts: Facts) -> pd.DataFrame:
    """On-site visits over the firms that had any; a firm counts once a month, with its first visit of the month."""
    visits = facts.visits[facts.visits["is_on_site"]].sort_values(["occurred_on", "visit_id"])
    month = pd.to_datetime(visits["occurred_on"]).dt.to_period("M")
    first = ~visits.assign(month=month).duplicated(["entity_id", "month"])
    return _rows(visits, on=visits["occurred_on"], above=1.0, below=first.astype(float))


def visits_saved(facts: Facts) -> pd.DataFrame:
    """Checks that needed no visit of their own, because several were done at once."""
    return _rows(facts.visits, on=facts.visits["occurred_on"], above=facts.visits["n_items"] - 1.0)


def punished(facts: Facts) -> pd.DataFrame:
    """Cases of joint punishment triggered."""
    return _rows(facts.cases, on=facts.cases["triggered_on"], above=1.0)


def applied(facts: Facts) -> pd.DataFrame:
    """Restrictions applied."""
    steps = facts.steps[facts.steps["step"] == "applied"]
    return _rows(steps, on=steps["on"], above=1.0)


def fed_back(facts: Facts) -> pd.DataFrame:
    """Cases met in a department's business: answered or not."""
    met = facts.cases[facts.cases["is_hit"].astype(bool)]
    return _rows(met, on=met["hit_on"], above=met["is_fed_back"].astype(float))


def days_per_step(facts: Facts) -> pd.DataFrame:
    """Days that a step took after the step before it."""
    steps = facts.steps[facts.steps["days"].notna()]
    return _rows(steps, on=steps["on"], above=steps["days"])


def released_in_time(facts: Facts) -> pd.DataFrame:
    """Cases whose release is due: pushed by then or not."""
    due = _mature(facts.cases, "release_due_on", facts)
    in_time = pd.to_datetime(due["release_pushed_on"]) <= pd.to_datetime(due["release_due_on"])
    return _rows(due, on=due["release_due_on"], above=in_time.astype(float))


def repaired(facts: Facts) -> pd.DataFrame:
    """Cases whose listing has ended: by repair or otherwise."""
    ended = facts.cases[facts.cases["is_ended"].astype(bool)]
    return _rows(ended, on=ended["release_due_on"], above=ended["is_repaired"].astype(float))


def warnings_closed(facts: Facts) -> pd.DataFrame:
    """Warnings whose last day is over: closed by then or not."""
    due = _mature(facts.warnings, "due_on", facts)
    closed = pd.to_datetime(due["closed_on"]) <= pd.to_datetime(due["due_on"])
    return _rows(due, on=due["due_on"], above=closed.astype(float))
