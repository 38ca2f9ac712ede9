"""The papers of the joint conference (联席会议): figures, what is late and whose it is, decisions of a month."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import pandas as pd

from engine.api.decision_words import action_words, clock_words
from engine.api.documents.draws import names_on
from engine.api.follow_up.inbox import inbox
from engine.api.reading.draws import simulated
from engine.messages import N_, Message, Translate
from engine.parameters import PolicyBook
from engine.store.ledgers.ledger import digest_of
from engine.store.outputs.report_files import Part, Report
from engine.store.workspaces.workspace import Workspace

_WIDTHS = {6: (1.2, 2, 0.8, 1, 2.6, 2.8), 7: (0.7, 1.9, 1, 2, 2, 1.6, 2.2), 2: (3, 1)}
_MANY = ("load.", "result.", "results.", "follow_up.", "punishment.", "access.", "task.")
"""Actions that are steps of daily work: counted, not listed one by one."""


def conference(
    workspace: Workspace, month: str, *, book: PolicyBook, as_of: date, translate: Translate, language: str
) -> Report:
    """Return the papers of the conference about a month: lateness, decisions one by one, daily work counted."""
    late, decided, done = (
        lateness(workspace, book=book, as_of=as_of), decisions(workspace, month), daily_work(workspace, month)
    )  # fmt: skip
    names = names_on(workspace, {"department_code": sorted(late["department"].unique())}, as_of=as_of)
    called = late["department"].map(lambda code: names["department_code"].get(code, code))
    clocks = late["clock"].map(lambda clock: clock_words(clock, translate))
    late = late.assign(department=called, clock=clocks)
    decided, done = (
        table.assign(action=table["action"].map(lambda action: action_words(action, translate)))
        for table in (decided, done)
    )
    note = Message(N_("{n} matters are late on {day}."), {"n": int(late["n"].sum()), "day": as_of}).render(translate)
    by_clock = (N_("Department"), N_("Clock"), N_("Number"), N_("Longest (days)"), N_("Example"), N_("Basis"))
    by_entry = (
        N_("Ledger entry"),
        N_("Recorded at"),
        N_("By"),
        N_("Decision"),
        N_("About"),
        N_("Reason"),
        N_("Digest"),
    )
    short = decided.assign(digest=decided["digest"].str[:16], at=decided["at"].str.replace("T", " "))
    parts = [
        _part(N_("What is late"), by_clock, late, translate),
        _part(N_("Decisions log"), by_entry, short, translate),
        _part(N_("Daily work"), (N_("Decision"), N_("Number")), done, translate),
    ]
    title = translate(N_("Papers of the joint conference"))
    footer = f"{title} {month} · {as_of} · {translate(N_('Digest'))} {digest_of([one.rows for one in parts])[:16]}"
    kept = [one for one in parts if one.rows]
    return Report(title, f"{month} · {as_of}", footer, [note], kept, language, notice=simulated(workspace, translate))


def _part(title: str, heads: Sequence[str], table: pd.DataFrame, translate: Translate) -> Part:
    rows = [[str(cell) or "–" for cell in row] for row in table.to_numpy()]
    return Part(translate(title), [translate(head) for head in heads], rows, widths=_WIDTHS[len(heads)])


def lateness(workspace: Workspace, *, book: PolicyBook, as_of: date) -> pd.DataFrame:
    """Return what the inbox holds overdue on a day, by department and clock: n, longest (days), example, reference."""
    due = [one for one in inbox(workspace, book=book, as_of=as_of) if one.is_overdue]
    rows = pd.DataFrame(
        [(one.department, one.clock, one.days_late, one.subject, one.reference) for one in due],
        columns=["department", "clock", "days", "subject", "reference"],
    ).sort_values(["department", "clock", "days", "subject"], ascending=[True, True, False, True])
    found = rows.groupby(["department", "clock"], sort=True).agg(
        n=("days", "size"), longest=("days", "max"), example=("subject", "first"), reference=("reference", "first")
    )
    return found.reset_index()


def decisions(workspace: Workspace, month: str) -> pd.DataFrame:
    """Return the ledger's decisions of a month one by one: sequence, at, actor, action, subject, reason, digest."""
    rows = [
        (one.sequence, one.entered_at[:16], one.actor, one.action, one.subject, one.reason, one.digest)
        for one in workspace.ledger.entries()
        if one.entered_at.startswith(month) and not one.action.startswith(_MANY)
    ]
    return pd.DataFrame(rows, columns=["sequence", "at", "actor", "action", "subject", "reason", "digest"])


def daily_work(workspace: Workspace, month: str) -> pd.DataFrame:
    """Return how many entries of daily work the ledger holds in a month, by action."""
    counts = Counter(
        one.action
        for one in workspace.ledger.entries()
        if one.entered_at.startswith(month) and one.action.startswith(_MANY)
    )
    return pd.DataFrame(sorted(counts.items()), columns=["action", "n"])
