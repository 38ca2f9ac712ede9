"""One synthetic year from plan to release: totals reconcile, nothing falls through, every state has its entries."""

import tempfile
from pathlib import Path

from engine.api.follow_up.inbox import inbox
from engine.api.follow_up.reconciliation import check_states, explain_check, fell_through, totals
from engine.api.punishment.cases import cases, explain, overdue_releases
from engine.api.punishment.funnel import funnel
from engine.api.results.follow_up import open_follow_ups
from tests.supervised_year import BOOK, END, kept_refusals, run_year


def run(*, full):
    with tempfile.TemporaryDirectory() as folder:
        return report(run_year(Path(folder)), full=full)


def report(year, *, full):
    workspace = year.workspace
    table, states = totals(workspace, as_of=END), check_states(workspace, as_of=END)
    follow = open_follow_ups(workspace, book=BOOK, as_of=END)
    punished = cases(workspace, book=BOOK, as_of=END)
    chosen = states["result"].tolist()[:: 1 if full else 10]
    unexplained = [key for key in chosen if "published" not in set(explain_check(workspace, key, as_of=END)["event"])]
    told = [
        explain(workspace, name, book=BOOK, as_of=END)
        for name in punished["punishment_id"].tolist()[:: 1 if full else 10]
    ]
    fallen = len(fell_through(workspace, book=BOOK, as_of=END))
    overdue = sum(one.is_overdue for one in inbox(workspace, book=BOOK, as_of=END))
    steps = {str(row.step): int(row.n) for row in funnel(workspace, book=BOOK, as_of=END).itertuples()}
    adverse = int(table["adverse"].sum())
    is_whole = bool(
        table["is_reconciled"].all() and adverse == follow.done + follow.within and not follow.open
        and not unexplained and all(one["sequence"].notna().all() for one in told)
    )  # fmt: skip
    return {
        "name": "synthetic_year", "n": len(states), "value": float(int(table["published"].sum())),
        "low": float(int((table["drawn"] + table["reserves"]).sum())), "high": float(int(table["inspections"].sum())),
        "drawn": int(table["drawn"].sum()), "reserves": int(table["reserves"].sum()), "adverse": adverse,
        "findings_done": follow.done, "findings_within_department": follow.within,
        "wrong_rows_refused": year.refused, "kept_with_their_rule": kept_refusals(year),
        "returned": len(year.returned), "late": len(year.late), "overdue_on_the_way": year.overdue_seen,
        "funnel": steps, "late_releases": len(overdue_releases(workspace, book=BOOK, as_of=END)),
        "fell_through": fallen, "overdue_at_the_end": overdue, "unexplained": len(unexplained),
        "passed": is_whole and fallen == 0 and overdue == 0,
    }  # fmt: skip
