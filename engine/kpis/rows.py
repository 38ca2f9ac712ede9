"""From facts to the rows of each figure: columns of :data:`engine.kpis.declaration.ROW_COLUMNS`.

A row counts from the day on which it can no longer be done in time, so that a month does not look better for being
young: what is due later is in no denominator, what is late stays in one.
"""

import pandas as pd

from engine.kpis.declaration import ROW_COLUMNS, Facts

UNSTAFFED, REPLACED, PUBLISHED = "unstaffed", "replaced", "published"
VIOLATION, CLEAN = "violation", "clean"
UNREACHABLE = "unreachable"
RANDOM, UNGRADED = "random", "U"
DRAWN_MODES = ("random", "filtered_draw", "reserve")
NOT_MADE = (UNSTAFFED, REPLACED, "not_visited")
LEAD, RESERVE, BEST_GRADE, MOBILE = "directed", "reserve", "A", ("mobile", "offline")


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


def closure(facts: Facts) -> pd.DataFrame:
    """Published adverse results: everything that had to follow is over, or something waits."""
    adverse = facts.results[facts.results["outcome"].isin((VIOLATION, UNREACHABLE))]
    return _rows(adverse, on=adverse["published_on"], above=adverse["is_followed"].astype(float))


def estimated(facts: Facts) -> pd.DataFrame:
    """No rows: the figure is estimated from the draws of the period."""
    return _rows(facts.results.iloc[:0], on=facts.results["occurred_on"].iloc[:0], above=0.0)


def reached(facts: Facts) -> pd.DataFrame:
    """Published results of drawn firms: found at their address or not."""
    drawn = facts.results[facts.results["selection_mode"].isin(DRAWN_MODES)]
    return _rows(drawn, on=drawn["occurred_on"], above=(drawn["outcome"] != UNREACHABLE).astype(float))


def findings(facts: Facts) -> pd.DataFrame:
    """Published random checks of reached firms: a violation or none; also ``grade``, that at the freeze of the draw."""
    drawn = facts.results[
        (facts.results["selection_mode"] == RANDOM) & facts.results["outcome"].isin((VIOLATION, CLEAN))
    ]
    key = ["draw_id", "entity_id", "item_code"]
    grades = facts.checks[[*key, "grade"]].dropna().drop_duplicates(key)
    drawn = drawn.merge(grades, on=key, how="left", validate="m:1")
    found = _rows(drawn, on=drawn["occurred_on"], above=(drawn["outcome"] == VIOLATION).astype(float))
    return found.assign(grade=drawn["grade"].fillna(UNGRADED).astype(str))


def joint_visits(facts: Facts) -> pd.DataFrame:
    """Visits: with several departments or with one."""
    return _rows(facts.visits, on=facts.visits["occurred_on"], above=(facts.visits["n_departments"] > 1).astype(float))


def random_checks(facts: Facts) -> pd.DataFrame:
    """Published checks: selected by a draw or not."""
    drawn = facts.results["selection_mode"].isin(DRAWN_MODES)
    return _rows(facts.results, on=facts.results["occurred_on"], above=drawn.astype(float))


def joint_tasks(facts: Facts) -> pd.DataFrame:
    """Draws of plan lines: with several departments or with one."""
    return _rows(facts.tasks, on=facts.tasks["drawn_on"], above=(facts.tasks["n_departments"] > 1).astype(float))


def credit_rules(facts: Facts) -> pd.DataFrame:
    """Draws of plan lines: ratios by grade or not."""
    return _rows(facts.tasks, on=facts.tasks["drawn_on"], above=facts.tasks["is_graded"].astype(float))


def planned_checks(facts: Facts) -> pd.DataFrame:
    """Published checks that follow no lead: of a draw of the plan or not."""
    own = facts.results[facts.results["selection_mode"] != LEAD]
    return _rows(own, on=own["occurred_on"], above=own["draw_id"].notna().astype(float))


def mobile_entry(facts: Facts) -> pd.DataFrame:
    """On-site checks entered here: on a phone, also without a net, or at a desk."""
    own = facts.results[facts.results["channel"].notna() & ~facts.results["is_off_site"].astype(bool)]
    return _rows(own, on=own["occurred_on"], above=own["channel"].isin(MOBILE).astype(float))


def off_site(facts: Facts) -> pd.DataFrame:
    """Published checks of draws: of lines without a visit or with one."""
    own = facts.results[facts.results["selection_mode"].isin(DRAWN_MODES)]
    return _rows(own, on=own["occurred_on"], above=own["is_off_site"].astype(float))


def items_covered(facts: Facts) -> pd.DataFrame:
    """Items of the list, and the day on which each was first drawn in a year."""
    items = facts.items.assign(district_code="")
    drawn = _first_of_year(facts.checks, "item_code").drop(columns=["department_code", "district_code"])
    drawn = drawn.merge(items, on="item_code")
    return _stock(items, below=1.0, drawn=drawn)


def coverage(facts: Facts) -> pd.DataFrame:
    """Active enterprises, and the day on which each was first drawn in a year."""
    checks = facts.checks
    firms = checks[checks["is_enterprise"].astype(bool) & (checks["mode"] != RESERVE)]
    drawn = _first_of_year(firms, "entity_id").assign(department_code="")
    return _stock(facts.register, below=facts.register["n_active"], drawn=drawn)


def _first_of_year(checks: pd.DataFrame, key: str) -> pd.DataFrame:
    days = pd.to_datetime(checks["drawn_on"])
    ordered = checks.assign(drawn_on=days, year=days.dt.year).sort_values(["drawn_on", key], kind="stable")
    return ordered.drop_duplicates([key, "year"])


def _stock(stock: pd.DataFrame, *, below: pd.Series | float, drawn: pd.DataFrame) -> pd.DataFrame:
    """What there is, in every period, and what was reached of it, on its day."""
    whole = _rows(stock, on=pd.Series(pd.NaT, index=stock.index), above=0.0, below=below)
    return pd.concat([whole, _rows(drawn, on=drawn["drawn_on"], above=1.0, below=0.0)], ignore_index=True)


def best_visited(facts: Facts) -> pd.DataFrame:
    """Visits that draws asked for and that were made: to class A or not."""
    made = facts.checks[~facts.checks["state"].isin(NOT_MADE) & facts.checks["grade"].notna()]
    made = made.drop_duplicates(["draw_id", "visit_id"])
    return _rows(made, on=made["drawn_on"], above=(made["grade"] == BEST_GRADE).astype(float))


def visits_per_firm(facts: Facts) -> pd.DataFrame:
    """On-site visits, with the firm that each was made to."""
    visits = facts.visits[facts.visits["is_on_site"].astype(bool)]
    return _rows(visits, on=visits["occurred_on"], above=1.0).assign(unit=visits["entity_id"])


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


def blocked(facts: Facts) -> pd.DataFrame:
    """Amounts that applied restrictions kept back, in yuan."""
    steps = facts.steps[facts.steps["step"] == "applied"]
    return _rows(steps, on=steps["on"], above=steps["amount_fen"].fillna(0).astype(float) / 100)


def queries_met(facts: Facts) -> pd.DataFrame:
    """Objects of businesses that were asked about: restricted or not."""
    rows = facts.queries
    return _rows(rows, on=rows["on"], above=rows["n_met"].astype(float), below=rows["n_entities"].astype(float))


def objections_settled(facts: Facts) -> pd.DataFrame:
    """Objections whose last day is over: settled by then or not; a correction once it is public."""
    due = _mature(facts.objections, "due_on", facts)
    settled = pd.to_datetime(due["settled_on"]) <= pd.to_datetime(due["due_on"])
    return _rows(due, on=due["due_on"], above=settled.astype(float))


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
