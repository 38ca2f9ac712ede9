"""The facts that figures are counted from, read from the tables of a workspace as known on a day."""

from datetime import date

import pandas as pd

from engine.api.draws.logged import latest_runs
from engine.api.draws.order import COMMITTED
from engine.api.figures import kpi_follow_facts as follow_facts
from engine.api.figures.kpi_reading import last_days, placed, rows_known
from engine.api.follow_up.reconciliation import REPLACED, UNSTAFFED, check_states
from engine.api.plans.book import every_line
from engine.api.results.entry import result_steps
from engine.api.results.follow_up import events_on, findings_on
from engine.api.workspace import Workspace
from engine.estimation.outcome import classify_outcomes
from engine.kpis.declaration import Facts
from engine.outcomes.entry import NOTHING_FOLLOWS
from engine.outcomes.follow_up import follow_up
from engine.outcomes.review import State
from engine.parameters import PolicyBook
from engine.registers.plan_lines import RatioBasis
from engine.vocabulary import JOINER

PUBLISH = "deadlines.publish_result"
ON_SITE = ("scan", "licence_code", "manual", "offline")
ENTERPRISE, ACTIVE = "enterprise", "active"


def read_facts(workspace: Workspace, *, book: PolicyBook, as_of: date) -> Facts:
    """Return the facts of a workspace on a day; tables that nobody filled are empty.

    Notes
    -----
    Cost: one pass over results, scan-ins, orders, referrals, punishments and drawn checks, and one join of each with
    the register of entities.
    """
    columns = ("entity_id", "district_code", "entity_type", "status")
    entities = rows_known(workspace, "entities", on=as_of, columns=columns).drop_duplicates("entity_id", keep="last")
    register = entities.set_index("entity_id")
    district = register["district_code"]
    checks = _checks(workspace, register, on=as_of)
    tasks = _tasks(workspace, checks, on=as_of)
    visits = _visits(workspace, district, on=as_of)
    return Facts(
        as_of=pd.Timestamp(as_of),
        checks=checks,
        tasks=tasks,
        results=_results(workspace, district, tasks, book=book, on=as_of),
        pending=_pending(checks, visits, book=book, on=as_of),
        visits=visits,
        orders=follow_facts.orders(workspace, district, on=as_of),
        referrals=follow_facts.referrals(workspace, district, book=book, on=as_of),
        cases=follow_facts.cases(workspace, district, book=book, on=as_of),
        steps=follow_facts.case_steps(workspace, district, on=as_of),
        warnings=follow_facts.warnings_due(workspace, district, on=as_of),
        objections=follow_facts.objections_due(workspace, district, book=book, on=as_of),
        queries=follow_facts.queries(workspace, on=as_of),
        items=_items(workspace, on=as_of),
        register=_register(entities),
    )


def _checks(workspace: Workspace, register: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """Drawn checks with their states, and the grade at the freeze of each draw."""
    checks = placed(check_states(workspace, as_of=on), register["district_code"])
    draws = sorted(checks["draw_id"].unique())
    runs = latest_runs(workspace.warehouse, draw_ids=draws) if draws else {}
    grades = [
        workspace.warehouse.read("selections", run_id=run)
        .filter(lambda rows: rows.is_drawn)
        .select("draw_id", "entity_id", "item_code", "grade")
        .execute()
        for run in runs.values()
    ]
    is_firm = checks["entity_id"].map(register["entity_type"]).eq(ENTERPRISE).fillna(value=False).astype(bool)
    found = checks.assign(is_enterprise=is_firm)
    if not grades:
        return found.assign(grade=None)
    key = ["draw_id", "entity_id", "item_code"]
    return found.merge(pd.concat(grades).drop_duplicates(key), on=key, how="left", validate="m:1")


def _tasks(workspace: Workspace, checks: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """Draws of plan lines: who initiates, how many departments, whose ratios."""
    lines = {line.line_id: line for line in every_line(workspace, on=on)}
    held = checks.groupby("draw_id")["department_code"].nunique().to_dict()
    days = checks.groupby("draw_id")["drawn_on"].first().to_dict()
    rows = []
    for entry in workspace.ledger.entries(action=COMMITTED):
        own = [lines[name] for name in entry.particulars.get("lines", []) if name in lines]
        if own and entry.subject in held:
            rows.append(
                (entry.subject, own[0].initiator, "", days[entry.subject], held[entry.subject],
                 any(line.ratio_basis is RatioBasis.GRADED for line in own), all(line.is_off_site for line in own))
            )  # fmt: skip
    columns = ["draw_id", "department_code", "district_code", "drawn_on", "n_departments", "is_graded", "is_off_site"]
    return pd.DataFrame(rows, columns=columns).drop_duplicates("draw_id", keep="last")


def _register(entities: pd.DataFrame) -> pd.DataFrame:
    active = entities[(entities["entity_type"] == ENTERPRISE) & (entities["status"].fillna(ACTIVE) == ACTIVE)]
    counted = active.groupby(active["district_code"].fillna("").astype(str)).size()
    found = counted.rename("n_active").rename_axis("district_code").reset_index()
    return found.assign(department_code="")


def _results(
    workspace: Workspace, district: pd.Series, tasks: pd.DataFrame, *, book: PolicyBook, on: date
) -> pd.DataFrame:
    columns = (
        "inspection_id", "visit_id", "entity_id", "item_code", "department_code", "draw_id", "selection_mode",
        "result_codes", "occurred_on", "known_at",
    )  # fmt: skip
    rows = rows_known(workspace, "inspections", on=on, columns=columns).rename(columns={"known_at": "published_on"})
    found = findings_on(workspace, on=on)
    disposed = {one.key for one in found if one.disposal != NOTHING_FOLLOWS}
    entered = rows_known(workspace, "results", on=on, columns=("result_id", "channel"))
    standing = {one.result_id: key for key, one in result_steps(workspace, on=on).items()}
    channel = dict(zip(entered["result_id"].map(standing), entered["channel"], strict=True))
    off_site = [draw for draw, holds in zip(tasks["draw_id"], tasks["is_off_site"], strict=True) if holds]
    events = events_on(workspace, as_of=on, findings=sorted(disposed))
    finding = {event.matter: event.finding for event in events}
    held = follow_up(found, events, book=book, as_of=on).waiting
    waiting = {finding.get(one.subject, one.subject) for one in held}
    return placed(rows, district).assign(
        outcome=classify_outcomes(rows["result_codes"]),
        published_on=_first_published(workspace, rows, on=on),
        due_on=last_days(rows["occurred_on"], PUBLISH, book=book, on=on),
        has_disposal=rows["inspection_id"].isin(disposed),
        is_followed=rows["inspection_id"].isin(disposed - waiting),
        channel=rows["inspection_id"].map(channel),
        is_off_site=rows["draw_id"].isin(off_site),
    )


def _first_published(workspace: Workspace, rows: pd.DataFrame, *, on: date) -> pd.Series:
    """The day on which each result was first public: one that was corrected later was in time when the first was."""
    history = workspace.warehouse.history("inspections") if len(rows) else None
    if history is None:
        return rows["published_on"]
    later = history.filter(history.known_at <= on, history.superseded_at.notnull())
    first = later.group_by("inspection_id").aggregate(on=later.known_at.min()).execute()
    days = dict(zip(first["inspection_id"], first["on"], strict=True))
    return pd.to_datetime(rows["inspection_id"].map(days)).fillna(pd.to_datetime(rows["published_on"]))


def _visits(workspace: Workspace, district: pd.Series, *, on: date) -> pd.DataFrame:
    columns = ("visit_id", "entity_id", "department_codes", "item_codes", "channel", "occurred_on")
    rows = rows_known(workspace, "visits", on=on, columns=columns)
    departments = rows["department_codes"].fillna("").astype(str)
    return placed(rows, district).assign(
        department_code=departments.str.partition(JOINER)[0] if len(rows) else departments,
        n_departments=departments.str.count(JOINER) + 1,
        n_items=rows["item_codes"].fillna("").astype(str).str.count(JOINER) + 1,
        is_on_site=rows["channel"].isin(ON_SITE),
    )


def _pending(checks: pd.DataFrame, visits: pd.DataFrame, *, book: PolicyBook, on: date) -> pd.DataFrame:
    """Visited checks whose result is not public."""
    waiting = checks[~checks["state"].isin((State.PUBLISHED.value, UNSTAFFED, REPLACED))]
    met = waiting.merge(visits[["visit_id", "occurred_on"]], on="visit_id", how="inner")
    return met.assign(due_on=last_days(met["occurred_on"], PUBLISH, book=book, on=on))


def _items(workspace: Workspace, *, on: date) -> pd.DataFrame:
    rows = rows_known(workspace, "items", on=on, columns=("item_code", "department_code", "ends_on"))
    return rows[rows["ends_on"].isna() | (pd.to_datetime(rows["ends_on"]) >= pd.Timestamp(on))]
