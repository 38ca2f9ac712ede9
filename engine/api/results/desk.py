"""What the page of results shows: scanned-in checks with what became of them, and results with their steps."""

from datetime import date

import pandas as pd

from engine.api.plans.book import rows_on
from engine.api.policies.check import read_policies
from engine.api.results.entry import result_steps
from engine.api.results.grounds import scanned_items
from engine.errors import TableMissingError
from engine.outcomes.deadlines import PUBLISH_RESULT, due
from engine.outcomes.entry import key_of
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import JOINER

CHECKS = (
    "key", "visit_id", "entity_id", "item_code", "item_name", "department_code", "occurred_on", "officers", "due_on",
    "days_late", "state",
)  # fmt: skip
RESULTS = ("key", "state", "department", "draw_id", "entered_by", "at", "reason")
CONTENT = ("entity_id", "item_code", "result_wordings", "disposal", "inspector_code", "evidence", "note")


def open_checks(workspace: Workspace, *, on: date, profile: str = "default") -> pd.DataFrame:
    """Return every item of every visit that was scanned in by a day, the one due first first.

    An object that is visited twice under one visit code (two draws, or two departments on two days) keeps the items of
    both scan-ins, each with the day and the officers of its own.

    Returns
    -------
    DataFrame, key ``key``, :data:`CHECKS`: ``due_on`` is the last day to publish, ``days_late`` 0 when in time or
    public; ``state`` is empty without a result, else entered, submitted, returned or published.
    """
    try:
        scans = scanned_items(workspace, on=on)
    except TableMissingError:
        return pd.DataFrame(columns=list(CHECKS))
    book = read_policies(profile, workspace=workspace)
    items = rows_on(workspace, "items", on=on).set_index("item_code")
    steps = result_steps(workspace, on=on)
    rows = []
    for (visit, item), scan in scans.items():
        owner = str(items["department_code"].get(item, ""))
        key = key_of({"visit_id": visit, "item_code": item, "department_code": owner})
        state = steps[key].state.value if key in steps else ""
        told = due(book, PUBLISH_RESULT, subject=key, department=owner, event=scan.on, as_of=on)
        late = 0 if state == "published" else told.days_late
        rows.append(
            (key, visit, scan.entity_id, item, str(items["name"].get(item, item)), owner, scan.on,
             JOINER.join(sorted(scan.officers)), told.deadline.on, late, state)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(CHECKS)).sort_values(["due_on", "key"], ignore_index=True)


def standing_results(workspace: Workspace) -> pd.DataFrame:
    """Return every result that was entered with where it stands, the latest step first, :data:`RESULTS`."""
    rows = [tuple(getattr(each, name) for name in RESULTS) for each in result_steps(workspace).values()]
    found = pd.DataFrame(rows, columns=list(RESULTS))
    return found.sort_values(["at", "key"], ascending=[False, True], ignore_index=True)


def results_to_review(workspace: Workspace, *, on: date) -> pd.DataFrame:
    """Return :func:`standing_results` with what stands in each entry: who reviews makes public what they have read.

    Returns
    -------
    DataFrame, key ``key``: :data:`RESULTS`, :data:`CONTENT` and ``item_name``; text, empty where nothing was entered.
    """
    held = standing_results(workspace)
    if held.empty:
        return held.reindex(columns=[*RESULTS, *CONTENT, "item_name"])
    steps = result_steps(workspace)
    held["result_id"] = [steps[key].result_id for key in held["key"]]
    entries = workspace.warehouse.history("results")
    present = entries.filter(entries.superseded_at.isnull(), entries.result_id.isin(list(held["result_id"])))
    said = pd.DataFrame(present.select("result_id", *CONTENT).execute())
    found = held.merge(said, on="result_id", how="left", validate="1:1").drop(columns="result_id")
    names = rows_on(workspace, "items", on=on).set_index("item_code")["name"]
    found = found.assign(item_name=found["item_code"].map(names).fillna(found["item_code"]))
    texts = [*CONTENT, "item_name"]
    return found.assign(**{name: found[name].astype("object").fillna("") for name in texts})
