"""Pages of the public site as text, one language at a time: items, plans, draws and the objection form."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from engine.messages import N_, Message
from engine.publicity.layout import Edition, page, table

STATES = {
    "committed": N_("committed, not drawn yet"),
    "drawn": N_("drawn"),
    "sealed": N_("drawn, content sealed until its release"),
    "void": N_("void"),
}
CLASSES = {"key": N_("key item"), "general": N_("general item")}


@dataclass(frozen=True, slots=True)
class PublicDraw:
    """What a page shows of one draw.

    Parameters
    ----------
    draw_id, plan, plan_digest : names and digest of the plan. state : see :data:`STATES`. suite : hash suite.
    committed_at, issued_at : RFC 3339; ``issued_at`` is empty before the draw.
    commit_digest, certificate_digest, seed : hex, empty while unknown. reason : why it is void.
    release : when a sealed content is released, empty otherwise.
    events : (source, event, value) of the public events; value is empty before the draw.
    n_frame, n_visits, n_checks : objects in the frame, visits, item checks; the last two None while not public.
    items : (item code, objects in its frame, objects drawn or None before the draw).
    files : paths below ``draws/<draw_id>/``; empty when the content is withheld.
    withheld : why the content does not stand on this site, empty when it does.
    """

    draw_id: str
    plan: str
    plan_digest: str
    state: str
    suite: str
    committed_at: str
    issued_at: str
    commit_digest: str
    certificate_digest: str
    seed: str
    reason: str
    release: str
    events: tuple[tuple[str, str, str], ...]
    n_frame: int
    n_visits: int | None
    n_checks: int | None
    items: tuple[tuple[str, int, int | None], ...]
    files: tuple[str, ...]
    withheld: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class PublicPlan:
    """One published edition of a plan.

    Parameters
    ----------
    plan_id : name. edition : its number. digest : ``H("plan", record)`` in hex. published_at : RFC 3339.
    approval : document of the approval. lines : public records of the lines. path : its file in the site.
    """

    plan_id: str
    edition: int
    digest: str
    published_at: str
    approval: str
    lines: tuple[Mapping[str, Any], ...]
    path: str


def index_page(edition: Edition, *, as_of: str, n_items: int, n_draws: int, n_firms: int) -> str:
    """Return the first page."""
    said = edition.say(
        N_("As of {as_of}: {n_items} inspection items, {n_draws} draws, results of {n_firms} objects."),
        as_of=as_of,
        n_items=f"{n_items:,}",
        n_draws=f"{n_draws:,}",
        n_firms=f"{n_firms:,}",
    )
    lines = (
        N_("Objects and inspectors are drawn at random by a rule that was published before the draw."),
        N_("Anybody can recompute a published draw with the page 'Check a draw', without a network."),
        N_("Each object gets a file with which it finds its own row: drawn or not, and why."),
    )
    body = f"<p>{said}</p>" + "".join(f"<p>{edition.say(line)}</p>" for line in lines)
    feeds = '<a href="{up}feed.xml">Atom</a> · <a href="{up}feed.json">JSON</a>'
    news = edition.say(N_("News of this site as a feed:"))
    body += f"<p>{news} {feeds}</p>"
    return page(edition, "index.html", title=edition.say(N_("Random inspections, open to the public")), body=body)


def items_page(edition: Edition, items: pd.DataFrame, *, tallies: pd.DataFrame) -> str:
    """Return the item list with what was found, item by item."""
    headings = {
        "item_code": N_("Code"),
        "name": N_("Inspection item"),
        "department": N_("Department"),
        "item_class": N_("Class"),
        "ratio_cap": N_("Ratio cap"),
        "basis": N_("Legal basis"),
        "body": N_("Inspecting body"),
        "content": N_("Content"),
        "method": N_("Method"),
        "edition": N_("Edition"),
    }
    classes = items["item_class"].map({code: Message(name).render(edition.translate) for code, name in CLASSES.items()})
    shown = items.assign(item_class=classes.fillna(items["item_class"]))
    listed = table(shown, headings=_said(edition, headings), caption=edition.say(N_("{n} items"), n=len(items)))
    counts = {"name": N_("Inspection item"), "checks": N_("Checks"), "problems": N_("With problems")}
    found = edition.say(N_("What was found"))
    tallied = table(
        tallies,
        headings=_said(edition, counts),
        caption=edition.say(N_("Checks by random draw whose results are public, rounded down to tens")),
        numbers=("checks", "problems"),
    )
    body = (
        f"<p>{downloads(edition, 'items', ('json', 'csv', 'xlsx'))}</p>{listed}"
        f"<h2>{found}</h2>"
        f"<p>{downloads(edition, 'tallies', ('json', 'csv', 'xlsx'))}</p>{tallied}"
    )
    return page(edition, "items.html", title=edition.say(N_("Inspection items")), body=body)


def plans_page(
    edition: Edition, draws: Sequence[PublicDraw], *, plans: Sequence[PublicPlan] = (), names: Mapping[str, str]
) -> str:
    """Return the annual plans: the editions published, and the draws that name them.

    Parameters
    ----------
    names : item code → name.
    """
    title = edition.say(N_("Annual plans"))
    if not draws and not plans:
        none = edition.say(N_("No plan has been published yet."))
        return page(edition, "plans.html", title=title, body=f"<p>{none}</p>")
    told = edition.say(N_("Every draw is held for a plan; a draw off the plan needs a published reason."))
    parts = []
    for plan in sorted({draw.plan for draw in draws} | {plan.plan_id for plan in plans}, reverse=True):
        parts.append(f"<h2>{escape(plan)}</h2>")
        parts += [_plan_lines(edition, one, names=names) for one in plans if one.plan_id == plan]
        own = [draw for draw in draws if draw.plan == plan]
        parts.append(_draw_table(edition, own) if own else "")
    return page(edition, "plans.html", title=title, body=f"<p>{told}</p>{''.join(parts)}")


def _plan_lines(edition: Edition, plan: PublicPlan, *, names: Mapping[str, str]) -> str:
    headings = {
        "items": N_("Inspection items"),
        "objects": N_("Objects"),
        "ratio": N_("Ratio"),
        "window": N_("Time"),
        "initiator": N_("Initiating department"),
        "participants": N_("Taking part"),
        "draws": N_("Draws a year"),
    }
    rows = pd.DataFrame(
        [
            {
                "items": "、".join(names.get(code, code) for code in line["items"]),
                "objects": line["objects"],
                "ratio": line["ratio"],
                "window": " – ".join(line["window"]),
                "initiator": names.get(line["initiator"], line["initiator"]),
                "participants": "、".join(names.get(code, code) for code in line["participants"]),
                "draws": line["draws"],
            }
            for line in plan.lines
        ]
    )
    said = edition.say(
        N_("Edition {edition}, published {at}, approved by {approval}; digest"),
        edition=plan.edition,
        at=plan.published_at[:10],
        approval=plan.approval,
    )
    link = f'<a href="{{root}}{escape(plan.path)}">JSON</a>'
    caption = edition.say(N_("{n} lines"), n=len(rows))
    listed = table(rows, headings=_said(edition, headings), caption=caption, numbers=("draws",))
    return f"<p>{said} {_code(plan.digest)} {link}</p>{listed}"


def draws_page(edition: Edition, draws: Sequence[PublicDraw]) -> str:
    """Return the list of draws."""
    if not draws:
        none = edition.say(N_("No draw has been committed yet."))
        body = f"<p>{none}</p>"
    else:
        files = downloads(edition, "draws", ("json", "csv", "xlsx"))
        body = f"<p>{files}</p>{_draw_table(edition, draws)}"
    return page(edition, "draws.html", title=edition.say(N_("Draws")), body=body)


def draw_page(edition: Edition, draw: PublicDraw, *, names: Mapping[str, str]) -> str:
    """Return the page of one draw.

    Parameters
    ----------
    names : item code → name.
    """
    facts = (
        (N_("State"), edition.say(STATES[draw.state])),
        (N_("Plan"), escape(draw.plan)),
        (N_("Commitment published"), _moment(draw.committed_at)),
        (N_("Certificate issued"), _moment(draw.issued_at)),
        (N_("Content released on"), _moment(draw.release)),
        (N_("Reason of the void"), escape(draw.reason)),
        (N_("Objects in the frame"), f"{draw.n_frame:,}"),
        (N_("Visits"), _number(draw.n_visits, none="")),
        (N_("Checks"), _number(draw.n_checks, none="")),
        (N_("Hash suite"), escape(draw.suite)),
        (N_("Commitment digest"), _code(draw.commit_digest)),
        (N_("Seed"), _code(draw.seed)),
        (N_("Certificate digest"), _code(draw.certificate_digest)),
    )
    listed = "".join(f"<dt>{edition.say(name)}</dt><dd>{value}</dd>" for name, value in facts if value)
    body = f"<dl>{listed}</dl>{_events(edition, draw)}{_cells(edition, draw, names=names)}{_files(edition, draw)}"
    title = edition.say(N_("Draw {draw_id}"), draw_id=draw.draw_id)
    return page(edition, f"draws/{draw.draw_id}.html", title=title, body=body)


def _draw_table(edition: Edition, draws: Sequence[PublicDraw]) -> str:
    headings = {
        "draw": N_("Draw"),
        "state": N_("State"),
        "committed": N_("Commitment published"),
        "frame": N_("Objects in the frame"),
        "visits": N_("Visits"),
        "digest": N_("Commitment digest"),
    }
    rows = pd.DataFrame(
        [
            {
                "draw": f'<a href="{{up}}draws/{escape(draw.draw_id)}.html">{escape(draw.draw_id)}</a>',
                "state": edition.say(STATES[draw.state]),
                "committed": _moment(draw.committed_at),
                "frame": f"{draw.n_frame:,}",
                "visits": _number(draw.n_visits),
                "digest": _code(draw.commit_digest),
            }
            for draw in draws
        ]
    )
    caption = edition.say(N_("{n} draws"), n=len(draws))
    return table(
        rows,
        headings=_said(edition, headings),
        caption=caption,
        raw=("draw", "state", "digest"),
        numbers=("frame", "visits"),
    )


def _events(edition: Edition, draw: PublicDraw) -> str:
    headings = {"source": N_("Source"), "event": N_("Event"), "value": N_("Result")}
    rows = pd.DataFrame(draw.events, columns=list(headings)).assign(
        value=[f"<code>{escape(value or '–')}</code>" for _, _, value in draw.events]
    )
    caption = edition.say(N_("Public events that decide the draw, fixed before they happened"))
    return table(rows, headings=_said(edition, headings), caption=caption, raw=("value",))


def _cells(edition: Edition, draw: PublicDraw, *, names: Mapping[str, str]) -> str:
    headings = {"item": N_("Inspection item"), "frame": N_("Objects in the frame"), "drawn": N_("Drawn")}
    rows = pd.DataFrame(
        [
            {"item": names.get(code, code), "frame": f"{n_rows:,}", "drawn": _number(drawn)}
            for code, n_rows, drawn in draw.items
        ]
    )
    caption = edition.say(N_("{n} items"), n=len(rows))
    return table(rows, headings=_said(edition, headings), caption=caption, numbers=("frame", "drawn"))


def _files(edition: Edition, draw: PublicDraw) -> str:
    heading = edition.say(N_("Check it yourself"))
    parts = [f"<h2>{heading}</h2>"]
    if draw.withheld:
        why = "".join(f"<li>{escape(reason.render(edition.translate))}</li>" for reason in draw.withheld)
        kept = edition.say(N_("The rows of this draw are withheld on this site."))
        reason = edition.say(N_("Beside results by name they would give classes away:"))
        bound = edition.say(N_("The commitment binds them. Each object checks its own row, the auditor all."))
        parts.append(f'<div class="notice"><p>{kept} {reason}</p><ul>{why}</ul><p>{bound}</p></div>')
    shown = [path for path in draw.files if not path.startswith("frame/")]
    n_shards = len(draw.files) - len(shown)
    base = f"{{root}}draws/{escape(draw.draw_id)}/"
    listed = "".join(f'<li><a href="{base}{escape(path)}">{escape(path)}</a></li>' for path in shown)
    if n_shards:
        more = edition.say(N_("The folder frame/ beside them holds {n} files of rows."), n=n_shards)
        first = next(path for path in draw.files if path.startswith("frame/"))
        listed += f'<li><a href="{base}{escape(first)}">{escape(first)}</a> – {more}</li>'
    if not draw.withheld and draw.state == "drawn":
        how = N_(
            "Save the whole folder of this draw and choose it on the page 'Check a draw'; "
            "enter the commitment digest as you know it from the notice before the draw."
        )
        parts.append(f"<p>{edition.say(how)}</p>")
    return "".join(parts) + (f"<ul>{listed}</ul>" if listed else "")


def objection_page(edition: Edition) -> str:
    """Return the objection form, to be filled in, printed or saved as a text; it sends nothing."""
    fields = (
        ("object", N_("Name of the object"), "input"),
        ("code", N_("Unified social credit code"), "input"),
        ("subject", N_("Which result or draw, and what is wrong"), "textarea"),
        ("evidence", N_("Evidence attached"), "textarea"),
        ("applicant", N_("Applicant and how to reach you"), "input"),
        ("date", N_("Date"), "input"),
    )
    form = "".join(
        f'<label for="{name}">{edition.say(label)}</label>'
        + (f'<textarea id="{name}" rows="4"></textarea>' if kind == "textarea" else f'<input id="{name}">')
        for name, label, kind in fields
    )
    intro = (
        N_(
            "Whoever thinks a published result or draw is wrong may object. "
            "The department that published it must check and answer in writing."
        ),
        N_(
            "Fill in the form, print and sign it or save it as a text, and hand it to the department that made "
            "the check. This page sends nothing; do not write identity numbers."
        ),
    )
    print_it, save_it = edition.say(N_("Print")), edition.say(N_("Save as a text"))
    signed = edition.say(N_("Signature or seal:"))
    body = "".join(f'<p class="screen">{edition.say(one)}</p>' for one in intro) + (
        f'<form autocomplete="off" onsubmit="return false">{form}</form><p>'
        f'<button type="button" id="print">{print_it}</button> '
        f'<button type="button" id="save">{save_it}</button></p>'
        f"<p>{signed} ________________</p>"
    )
    return page(edition, "objection.html", title=edition.say(N_("Objection")), body=body, script=_OBJECTION)


_OBJECTION = """
const at = (id) => document.getElementById(id), given = new URLSearchParams(location.hash.slice(1));
for (const [name, value] of given) if (at(name)) at(name).value = value;
at("print").onclick = () => print();
at("save").onclick = () => {
  const fields = [...document.querySelectorAll("form label")];
  const text = fields.map((one) => one.textContent + "\\n" + at(one.htmlFor).value + "\\n").join("\\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([document.title + "\\n\\n" + text], { type: "text/plain" }));
  link.download = document.title + ".txt";
  link.click();
};
"""


def _said(edition: Edition, headings: Mapping[str, str]) -> dict[str, str]:
    return {column: edition.say(heading) for column, heading in headings.items()}


def downloads(edition: Edition, stem: str, kinds: Sequence[str]) -> str:
    """Return links to the files of a table."""
    said = edition.say(N_("Download:"))
    links = " · ".join(f'<a href="{{root}}{stem}.{kind}">{kind.upper()}</a>' for kind in kinds)
    return f"{said} {links}"


def _number(number: int | None, *, none: str = "–") -> str:
    return none if number is None else f"{number:,}"


def _moment(text: str) -> str:
    """Return an RFC 3339 time as people read it: day, hour, offset."""
    return escape(f"{text[:10]} {text[11:16]} {text[19:]}".strip())


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>" if text else ""


def script_json(content: object) -> str:
    """Return JSON that cannot end the script it stands in."""
    return (
        json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/").replace("<!", "<\\u0021")
    )
