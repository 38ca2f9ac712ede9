"""What the page of results shows: scanned-in checks with what became of them, and results with their steps."""

from datetime import date

import pandas as pd

from engine.api.plan_book import rows_on
from engine.api.policies import read_policies
from engine.api.result_entry import result_steps
from engine.errors import TableMissingError
from engine.outcomes.deadlines import PUBLISH_RESULT, due
from engine.outcomes.entry import key_of
from engine.store.workspace import Workspace
from engine.vocabulary import JOINER

CHECKS = (
    "key", "visit_id", "entity_id", "item_code", "item_name", "department_code", "occurred_on", "officers", "due_on",
    "days_late", "state",
)  # fmt: skip
RESULTS = ("key", "state", "department", "draw_id", "entered_by", "at", "reason")


def open_checks(workspace: Workspace, *, on: date, profile: str = "default") -> pd.DataFrame:
    """Return every item of every visit that was scanned in by a day, the one due first first.

    Returns
    -------
    DataFrame, key ``key``, :data:`CHECKS`: ``due_on`` is the last day to publish, ``days_late`` 0 when in time or
    public; ``state`` is empty without a result, else entered, submitted, returned or published.
    """
    try:
        visits = rows_on(workspace, "visits", on=on)
    except TableMissingError:
        return pd.DataFrame(columns=list(CHECKS))
    book = read_policies(profile, workspace=workspace)
    items = rows_on(workspace, "items", on=on).set_index("item_code")
    steps = result_steps(workspace)
    rows = []
    for visit in visits.to_dict("records"):
        event = pd.Timestamp(visit["occurred_on"]).date()
        for item in str(visit["item_codes"]).split(JOINER):
            owner = str(items["department_code"].get(item, ""))
            key = key_of({"visit_id": visit["visit_id"], "item_code": item, "department_code": owner})
            state = steps[key].state.value if key in steps else ""
            told = due(book, PUBLISH_RESULT, subject=key, department=owner, event=event, as_of=on)
            late = 0 if state == "published" else told.days_late
            rows.append(
                (key, visit["visit_id"], visit["entity_id"], item, str(items["name"].get(item, item)), owner,
                 event, str(visit["inspector_codes"]), told.deadline.on, late, state)
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(CHECKS)).sort_values(["due_on", "key"], ignore_index=True)


def standing_results(workspace: Workspace) -> pd.DataFrame:
    """Return every result that was entered with where it stands, the latest step first, :data:`RESULTS`."""
    rows = [tuple(getattr(each, name) for name in RESULTS) for each in result_steps(workspace).values()]
    found = pd.DataFrame(rows, columns=list(RESULTS))
    return found.sort_values(["at", "key"], ascending=[False, True], ignore_index=True)
