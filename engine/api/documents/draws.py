"""Documents of one draw: the publicity sheet of its public results, and its archive list with digests.

The publicity sheet has one line per object, its name and what was found, and nothing that tells its class: no item,
department or day beside the name (decision 0005), no score, stratum or ground of selection.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from engine.api.decision_words import action_words
from engine.api.reading.draws import simulated
from engine.api.results.objections import INSPECTIONS, marked
from engine.errors import UsageError
from engine.messages import N_, Message, Translate
from engine.store.draws.folders import DrawFolder
from engine.store.ledgers.ledger import digest_of
from engine.store.outputs.report_files import Part, Report
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import JOINER, ResultCode

_WIDTHS = {3: (2.4, 0.8, 5.2), 5: (0.7, 1.8, 1, 2, 5.2)}
"""Of the tables of files and of entries; a digest of 64 characters needs half the page."""
_NAMED = {"entity_id": "entities", "item_code": "items", "department_code": "departments"}
RESULT_WORDS = {
    "no_problem": N_("no problem found"),
    "pending": N_("problem found, to be dealt with"),
    "not_publicised": N_("information not publicised as required"),
    "false_publicity": N_("publicised information false"),
    "unreachable": N_("not to be found at the registered address"),
    "corrected": N_("problem found, ordered to correct"),
    "refused": N_("refused the inspection, serious"),
    "no_activity": N_("no activity of the kind inspected"),
    "other_law": N_("other rules broken"),
    "exited": N_("closed or deregistered"),
}


def publicity(workspace: Workspace, draw_id: str, *, as_of: date, translate: Translate, language: str) -> Report:
    """Return the publicity sheet (结果公示) of a draw's results that are public on a day.

    Raises
    ------
    UsageError
        No result of the draw is public.
    """
    found = public_results(workspace, draw_id, as_of=as_of)
    if found.empty:
        remedy = Message(N_("no result of it is public on {day}"), {"day": as_of})
        raise UsageError(what=Message(N_("draw")), value=draw_id, remedy=remedy)
    heads = (N_("Object"), N_("Result"))
    rows = [
        [str(checks["name"].iloc[0]), _result(checks, translate)]
        for _, checks in found.groupby("entity_id", sort=False)
    ]
    note = Message(N_("{n} objects have public results on {day}."), {"n": len(rows), "day": as_of}).render(translate)
    part = Part(translate(N_("Results")), [translate(head) for head in heads], rows, widths=(2, 3))
    title = translate(N_("Publicity of inspection results"))
    footer = f"{draw_id} · {as_of} · {translate(N_('Digest'))} {digest_of(rows)[:16]}"
    notice = simulated(workspace, translate, draw_id=draw_id)
    return Report(title, f"{draw_id} · {as_of}", footer, [note], [part], language, notice=notice)


def _result(checks: pd.DataFrame, translate: Translate) -> str:
    """What the checks of one object found, in words, with the marks of law: corrected since, or disputed."""
    codes = list(dict.fromkeys(code for row in checks["result_codes"] for code in row.split(JOINER)))
    problems = [code for code in codes if code != ResultCode.NO_PROBLEM]
    said = "；".join(translate(RESULT_WORDS[code]) for code in problems or codes)
    if checks["is_disputed"].any():
        said += translate(N_(" (disputed, being checked)"))
    corrected = checks["corrected_on"].dropna()
    if len(corrected):
        said += Message(N_(" (corrected on {day})"), {"day": corrected.max()}).render(translate)
    return said


def public_results(workspace: Workspace, draw_id: str, *, as_of: date) -> pd.DataFrame:
    """Return the public results of a draw, check by check and by name, for the organs' own use.

    Returns
    -------
    DataFrame: entity_id, name, item, department, result_codes, occurred_on, public_on, corrected_on (null unless a
    later version stands), is_disputed (an objection is not settled).
    """
    history = workspace.warehouse.history("inspections")
    known = history.filter(history.known_at <= as_of, history.draw_id == draw_id)
    public = dict(known.group_by("inspection_id").aggregate(on=known.known_at.min()).execute().itertuples(index=False))
    rows = known.filter(known.superseded_at.isnull() | (known.superseded_at > as_of))
    kept = ("inspection_id", "entity_id", "item_code", "department_code", "result_codes", "occurred_on", "known_at")
    found = rows.select(*kept).execute()
    first = found["inspection_id"].map(public)
    is_later = pd.to_datetime(found["known_at"]) > pd.to_datetime(first)
    names = names_on(workspace, {key: sorted(found[key].unique()) for key in _NAMED}, as_of=as_of)
    disputed = {name for table, name in marked(workspace, as_of=as_of) if table == INSPECTIONS}
    found = found.assign(
        name=found["entity_id"].map(names["entity_id"]).fillna(found["entity_id"]),
        item=found["item_code"].map(names["item_code"]).fillna(found["item_code"]),
        department=found["department_code"].map(names["department_code"]).fillna(found["department_code"]),
        occurred_on=pd.to_datetime(found["occurred_on"]).dt.date,
        public_on=pd.to_datetime(first).dt.date,
        corrected_on=pd.to_datetime(found["known_at"]).dt.date.where(is_later, None),
        is_disputed=found["inspection_id"].isin(disputed),
    )
    shown = [
        "entity_id",
        "name",
        "item",
        "department",
        "result_codes",
        "occurred_on",
        "public_on",
        "corrected_on",
        "is_disputed",
    ]
    return pd.DataFrame(found.sort_values(["name", "inspection_id"], ignore_index=True)[shown])


def names_on(workspace: Workspace, wanted: Mapping[str, Sequence[str]], *, as_of: date) -> dict[str, dict[str, str]]:
    """Return column → code → name of objects, items and departments, as on the registers on a day."""
    names = {}
    for key, codes in wanted.items():
        own = workspace.warehouse.history(_NAMED[key])
        own = own.filter(own.known_at <= as_of, own.superseded_at.isnull() | (own.superseded_at > as_of))
        rows = own.filter(own[key].isin(list(codes))).select(key, "name").execute()
        names[key] = dict(zip(rows[key], rows["name"], strict=True))
    return names


def archive(workspace: Workspace, draw_id: str, *, as_of: date, translate: Translate, language: str) -> Report:
    """Return the archive list (档案) of a draw: its published files and its ledger entries, each with its SHA-256.

    Raises
    ------
    StoreError
        There is no such draw.
    """
    folder = DrawFolder(workspace.path, draw_id=draw_id)
    folder.read_commitment()
    held, entries = file_digests(folder.public), draw_entries(workspace, draw_id, as_of=as_of)
    parts = [_part(N_("Files of the draw"), (N_("File"), N_("Bytes"), "SHA-256"), held, translate)]
    heads = (N_("Ledger entry"), N_("Recorded at"), N_("By"), N_("Decision"), "SHA-256")
    said = entries["action"].map(lambda action: action_words(action, translate))
    entries = entries.assign(action=said, at=entries["at"].str.replace("T", " "))
    parts.append(_part(N_("Decisions log"), heads, entries, translate))
    digest = digest_of([held["sha256"].tolist(), entries["digest"].tolist()])
    whole = Message(N_("Digest of this list: {digest}"), {"digest": digest}).render(translate)
    footer = f"{draw_id} · {as_of} · {translate(N_('Digest'))} {digest[:16]}"
    title, notice = translate(N_("Archive list of a draw")), simulated(workspace, translate, draw_id=draw_id)
    return Report(title, f"{draw_id} · {as_of}", footer, [whole], parts, language, notice=notice)


def _part(title: str, heads: Sequence[str], table: pd.DataFrame, translate: Translate) -> Part:
    words = [translate(head) if head != "SHA-256" else head for head in heads]
    rows = [[str(cell) for cell in row] for row in table.to_numpy()]
    return Part(translate(title), words, rows, widths=_WIDTHS[len(heads)])


def file_digests(folder: Path) -> pd.DataFrame:
    """Return the files below a folder in order of their names: file, bytes, sha256."""
    rows = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as source:
            rows.append(
                (
                    path.relative_to(folder).as_posix(),
                    path.stat().st_size,
                    hashlib.file_digest(source, "sha256").hexdigest(),
                )
            )
    return pd.DataFrame(rows, columns=["file", "bytes", "sha256"])


def draw_entries(workspace: Workspace, draw_id: str, *, as_of: date) -> pd.DataFrame:
    """Return the ledger entries about a draw or about its results up to a day: sequence, at, actor, action, digest."""
    rows = []
    for one in workspace.ledger.entries():
        results = one.particulars.get("results", []) if one.action.startswith("result.") else []
        is_own = one.subject == draw_id or any(len(each) > 2 and each[2] == draw_id for each in results)
        if is_own and date.fromisoformat(one.entered_at[:10]) <= as_of:
            rows.append((one.sequence, one.entered_at[:16], one.actor, one.action, one.digest))
    return pd.DataFrame(rows, columns=["sequence", "at", "actor", "action", "digest"])
