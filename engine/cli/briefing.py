"""``xinheng waiting`` and ``xinheng changes``: what needs a person, and what moved since the last run."""

from dataclasses import asdict

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, WorkspaceOption, current_actor, current_time
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_

DASH = "–"


def waiting(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List what waits for a decision of the acting person, and the clocks that run."""
    from engine.api.reading.waiting import TITLES, Kind
    from engine.api.reading.waiting import waiting as waiting_of
    from engine.api.workspace import open_workspace

    opened, person, on = open_workspace(workspace, create=False), current_actor().name, current_time().date()
    rows = [waiting_of(opened, kind=kind, person=person, on=on) for kind in Kind]
    if as_json:
        show_json({"person": person, "on": on, "waiting": [asdict(row) for row in rows]})
        return
    translate = current_translate()
    heads = [N_("what waits"), N_("for this person"), N_("for another person"), N_("late"), N_("first last day")]
    cells = [
        [translate(TITLES[row.kind]), f"{row.n:,}", f"{row.n_own:,}", f"{row.n_late:,}", row.first_due or DASH]
        for row in rows
    ]
    show_table(f"{translate(N_('Waiting'))} · {on}", [translate(head) for head in heads], cells)


def changes(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Say what changed between the two newest monthly runs and since the newer one began."""
    from engine.api.grading.months import CAUSE_NAMES
    from engine.api.reading.changes import changes as changes_of
    from engine.api.workspace import open_workspace

    found = changes_of(open_workspace(workspace, create=False))
    parts = {"moves": found.moves, "restated": found.restated, "policies": found.policies}
    if as_json:
        month = None if found.month is None else found.month.run_id
        show_json({"run_id": month} | {name: table.to_dict("records") for name, table in parts.items()})
        return
    translate = current_translate()
    yes = {True: translate(N_("yes")), False: DASH}
    heads = [N_("cause of the move"), N_("riskier"), N_("milder")]
    rows = [
        [translate(CAUSE_NAMES[row["cause"]]), f"{row['riskier']:,}", f"{row['milder']:,}"]
        for row in found.moves.to_dict("records")
    ]
    _shown(translate(N_("Grades that moved")), [translate(head) for head in heads], rows)
    heads = [N_("table"), N_("restated keys"), N_("loads taken back"), N_("after the newest run")]
    rows = [
        [row["table"], f"{row['restated']:,}", f"{row['reversed']:,}", yes[bool(row["is_after"])]]
        for row in found.restated.to_dict("records")
    ]
    _shown(translate(N_("Records restated")), [translate(head) for head in heads], rows)
    heads = [N_("draft"), N_("parameters"), N_("valid from"), N_("approved by"), N_("after the newest run")]
    rows = [
        [row["draft_id"], row["parameters"], str(row["valid_from"]), row["approved_by"], yes[bool(row["is_after"])]]
        for row in found.policies.to_dict("records")
    ]
    _shown(translate(N_("Policies approved")), [translate(head) for head in heads], rows)


def _shown(title: str, heads: list[str], rows: list[list[str]]) -> None:
    if rows:
        show_table(title, heads, rows)
    else:
        show_line(f"{title}: {DASH}")
