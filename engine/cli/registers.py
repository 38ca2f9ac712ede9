"""``xinheng registers``: departments, objects and their duplicates, inspectors, experts, and what is stale."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.options import (
    DEFAULT_WORKSPACE,
    JsonOption,
    WorkspaceOption,
    as_of_date,
    current_actor,
    current_time,
)
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_

if TYPE_CHECKING:
    import pandas as pd

OnOption = Annotated[str | None, typer.Option("--on", help=N_("The day that is asked about; default: today."))]
FromDayOption = Annotated[str | None, typer.Option("--on", help=N_("Day from which it counts; default: today."))]
ReasonOption = Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help=N_("At most so many rows."))]
MatchArguments = Annotated[list[str], typer.Argument(help=N_("Matches, as 'xinheng registers matches' names them."))]


def day_or_today(text: str | None) -> date:
    """Return the day asked about, else today."""
    return as_of_date(text) if text else current_time().date()


def departments(
    on: OnOption = None, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Show the departments as a tree with role and level."""
    from engine.api.records.registers import departments as read
    from engine.api.workspace import open_workspace

    found = read(open_workspace(workspace, create=False), on=day_or_today(on))
    translate = current_translate()
    problems = [problem.render(translate) for problem in found.problems]
    columns = ["department_code", "name", "role", "level", "parent_code", "depth"]
    rows = found.rows[columns].astype(object).where(found.rows[columns].notna(), None)
    if as_json:
        show_json({"departments": rows.to_dict("records"), "problems": problems})
        return
    heads = [N_("code"), N_("name"), N_("role"), N_("level"), N_("parent")]
    shown = [["  " * r["depth"] + r["department_code"], r["name"], r["role"], r["level"], r["parent_code"] or ""]
             for r in rows.to_dict("records")]  # fmt: skip
    show_table(translate(N_("Departments")), [translate(head) for head in heads], shown)
    for problem in problems:
        show_line("! " + problem)


def objects(
    entity_type: Annotated[str, typer.Option("--type", help=N_("Only this type, e.g. enterprise or product."))] = "",
    district: Annotated[str, typer.Option("--district", help=N_("Only this district code."))] = "",
    tag: Annotated[str, typer.Option("--tag", help=N_("Only objects with this label."))] = "",
    limit: LimitOption = 20,
    on: OnOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Count the objects by type, status and label, and list the first ones."""
    from engine.api.records.registers import objects as read
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    found = read(opened, on=day_or_today(on), entity_type=entity_type, district=district, tag=tag, limit=limit)
    rows = found.rows.astype(object).where(found.rows.notna(), None).to_dict("records")
    if as_json:
        show_json({"counts": found.counts.to_dict("records"), "tags": found.tags.to_dict("records"), "objects": rows})
        return
    translate = current_translate()
    counts = [[r["entity_type"], r["status"], f"{r['n']:,}"] for r in found.counts.to_dict("records")]
    show_table(
        translate(N_("Object library")),
        [translate(h) for h in (N_("type"), N_("status"), N_("number of objects"))],
        counts,
    )
    if len(found.tags):
        tags = [[r["tag"], f"{r['n']:,}"] for r in found.tags.head(limit).to_dict("records")]
        show_table(translate(N_("Labels")), [translate(h) for h in (N_("label"), N_("number of objects"))], tags)
    heads = [N_("entity"), N_("name"), N_("type"), N_("district"), N_("status")]
    shown = [[r["entity_id"], r["name"], r["entity_type"], r["district_code"], r["status"]] for r in rows]
    show_table(translate(N_("Objects")), [translate(head) for head in heads], shown)


def matches(
    state: Annotated[str, typer.Option("--state", help=N_("open, merged, kept_apart or all."))] = "open",
    limit: LimitOption = 50,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """List pairs of identifiers that carry the same official number, and what was decided on them."""
    from engine.api.records.object_matches import object_matches
    from engine.api.workspace import open_workspace

    found = object_matches(open_workspace(workspace, create=False))
    if state != "all":
        found = found[found["state"] == state]
    rows = found.to_dict("records")
    if as_json:
        show_json({"n": len(rows), "matches": rows})
        return
    translate = current_translate()
    heads = [N_("match"), N_("rule"), N_("number"), N_("kept"), N_("merged"), N_("same name"), N_("state")]
    yes = translate(N_("yes"))
    shown = [
        [r["match_id"], r["rule"], r["value"], f"{r['kept_id']}\n{r['kept_name']}",
         f"{r['merged_id']}\n{r['merged_name']}", yes if r["is_same_name"] else "–", r["state"]]
        for r in rows[:limit]
    ]  # fmt: skip
    show_table(f"{translate(N_('Match list'))} · {len(rows)}", [translate(head) for head in heads], shown)


def merge(
    match: MatchArguments,
    reason: ReasonOption,
    on: FromDayOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Merge the pairs: from that day on all records stand under the kept identifier; can be undone."""
    _decide(match, merge=True, reason=reason, on=on, workspace=workspace, as_json=as_json)


def reject(
    match: MatchArguments,
    reason: ReasonOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Keep the pairs apart; they are not proposed again."""
    _decide(match, merge=False, reason=reason, on=None, workspace=workspace, as_json=as_json)


def _decide(match: list[str], *, merge: bool, reason: str, on: str | None, workspace: object, as_json: bool) -> None:
    from engine.api.records.object_matches import decide_matches
    from engine.api.workspace import open_workspace

    done = decide_matches(
        open_workspace(str(workspace), create=False),
        match,
        merge=merge,
        reason=reason,
        actor=current_actor(),
        clock=current_time,
        on=as_of_date(on) if on else None,
    )
    if as_json:
        show_json({"state": "merged" if merge else "kept_apart", "matches": done})
        return
    text = N_("{n} pair(s) merged.") if merge else N_("{n} pair(s) kept apart.")
    show_line(current_translate()(text).format(n=len(done)))


def unmerge(
    match: Annotated[str, typer.Argument(help=N_("Match, as 'xinheng registers matches' names it."))],
    reason: ReasonOption,
    on: FromDayOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Undo a merge, or take up again a pair that was kept apart."""
    from engine.api.records.object_matches import undo_match
    from engine.api.workspace import open_workspace

    opened = open_workspace(workspace, create=False)
    day = as_of_date(on) if on else None
    done = undo_match(opened, match, reason=reason, actor=current_actor(), clock=current_time, on=day)
    if as_json:
        show_json({"state": "open", "matches": [done]})
        return
    show_line(current_translate()(N_("{match} is open again.")).format(match=done))


def inspectors(
    on: OnOption = None, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """List the inspectors: who may be drawn, who is out and why, whose certificate runs out."""
    from engine.api.records.registers import inspectors as read
    from engine.api.workspace import open_workspace

    _show_people(
        read(open_workspace(workspace, create=False), on=day_or_today(on)), N_("Inspector library"), as_json=as_json
    )


def experts(on: OnOption = None, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List the experts; they never count as officers."""
    from engine.api.records.registers import experts as read
    from engine.api.workspace import open_workspace

    _show_people(
        read(open_workspace(workspace, create=False), on=day_or_today(on)), N_("Expert library"), as_json=as_json
    )


EXCLUSIONS = {
    "": N_("may be called"),
    "left": N_("no longer in the library"),
    "certificate_expired": N_("certificate expired"),
    "qualification_expired": N_("qualification expired"),
    "also_officer": N_("stands in the inspector library"),
}


def _show_people(people: "pd.DataFrame", title: str, *, as_json: bool) -> None:
    rows = people.astype(object).where(people.notna(), None)
    if as_json:
        show_json(
            {"n": len(rows), "callable": int((rows["excluded_because"] == "").sum()), "people": rows.to_dict("records")}
        )
        return
    translate = current_translate()
    heads = [N_("code"), N_("place"), N_("district"), N_("state"), N_("expires on"), N_("trainings"), N_("look")]
    expiring, old = translate(N_("runs out")), translate(N_("stale"))
    shown = [
        [r["code"], r["place"], r["district_code"], translate(EXCLUSIONS[r["excluded_because"]]),
         r["expires_on"] or "–", r["n_trainings"],
         "; ".join(text for text, is_so in ((expiring, r["is_expiring"]), (old, r["is_stale"])) if is_so)]
        for r in rows.to_dict("records")
    ]  # fmt: skip
    show_table(translate(title), [translate(head) for head in heads], shown)


def stale(
    limit: LimitOption = 20,
    on: OnOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Report what is stale, expired or about to expire in the libraries."""
    from engine.api.records.registers import staleness
    from engine.api.workspace import open_workspace

    found = staleness(open_workspace(workspace, create=False), on=day_or_today(on), limit=limit)
    people = found.people.astype(object).where(found.people.notna(), None).to_dict("records")
    if as_json:
        show_json(
            {
                "limits": found.limits,
                "reference": found.reference,
                "entities": {"n": found.n_entities, "first": found.entities.to_dict("records")},
                "people": people,
            }
        )
        return
    translate = current_translate()
    text = N_("{n} active object(s) without any sign for {days} days; the oldest:")
    show_line(translate(text).format(n=f"{found.n_entities:,}", days=found.limits["entities"]))
    for row in found.entities.to_dict("records"):
        show_line(f"  {row['entity_id']} · {row['name']} · {str(row['last_sign_on'])[:10]}")
    heads = [N_("library"), N_("code"), N_("state"), N_("expires on"), N_("last sign")]
    shown = [
        [
            r["library"],
            r["code"],
            translate(EXCLUSIONS[r["excluded_because"]]),
            r["expires_on"] or "–",
            r["last_sign_on"],
        ]
        for r in people[:limit]
    ]
    show_table(f"{translate(N_('People to look at'))} · {len(people)}", [translate(head) for head in heads], shown)
