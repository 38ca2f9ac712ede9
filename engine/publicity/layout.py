"""The frame of a public page: one language per page, no script needed to read it, nothing asked of another site.

The Chinese pages stand at the root of the site, the English ones under ``en/``; each links to its twin. Paths are
relative, so that the site works from any folder of any file server and from a disk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from engine.messages import N_, Message, Translate

CHINESE, ENGLISH = "zh-CN", "en"
STYLE = (
    "*{box-sizing:border-box}body{margin:0 auto;max-width:70rem;padding:0 1rem 3rem;font:16px/1.6 system-ui,"
    "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;color:#1c2430;background:#fff}a{color:#0b57a4}"
    "h1{font-size:1.5rem;margin:1rem 0 .3rem}h2{font-size:1.2rem;margin:1.6rem 0 .4rem}"
    "table{border-collapse:collapse;width:100%}caption{text-align:left;color:#4a5461;padding:.3rem 0}"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .5rem;border-bottom:1px solid #c9d0d9;"
    "overflow-wrap:anywhere}td.number,th.number{text-align:right;white-space:nowrap}"
    ".wide{overflow-x:auto}.wide table{min-width:44rem}nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;"
    "list-style:none;padding:0;margin:.3rem 0}nav a[aria-current]{font-weight:700;color:#1c2430;"
    "text-decoration:none}.banner{background:#8a1c00;color:#fff;font-weight:700;padding:.6rem 1rem;"
    "text-align:center;margin:.5rem 0}code{font:13px/1.5 ui-monospace,Menlo,Consolas,monospace;"
    "overflow-wrap:anywhere}input,textarea{font:inherit;padding:.4rem;width:100%;max-width:40rem;"
    "border:1px solid #55606f;border-radius:.3rem;color:inherit;background:#fff}label{display:block;"
    "font-weight:600;margin:.7rem 0 .2rem}button{font:inherit;padding:.35rem .9rem;border:1px solid #55606f;"
    "border-radius:.3rem;background:#f3f5f8;color:#1c2430;cursor:pointer}.list button{text-align:left;width:100%;"
    "margin:.15rem 0}ul.list{list-style:none;padding:0}.notice{border-left:.4rem solid #8a5a00;background:#fff7e6;"
    "padding:.5rem .8rem}.skip{position:absolute;left:-99rem}.skip:focus{position:static}"
    ":focus-visible{outline:3px solid #0b57a4;outline-offset:2px}dt{font-weight:600}dd{margin:0 0 .4rem}"
    "@media print{nav,.skip,button,.screen{display:none}input,textarea{border:0;border-bottom:1px solid #000}}"
)
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self' 'unsafe-inline' file:; "
    "form-action 'none'; base-uri 'none'"
)
NAVIGATION = (
    ("index.html", N_("Home")),
    ("items.html", N_("Inspection items")),
    ("plans.html", N_("Annual plans")),
    ("draws.html", N_("Draws")),
    ("results.html", N_("Results")),
    ("objection.html", N_("Objection")),
)
_NARROW = 4
"""Tables of more columns scroll within themselves on a narrow screen."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One language of the site.

    Parameters
    ----------
    language : ``zh-CN`` or ``en``.
    translate : English template to this language.
    is_demo : whether every page is marked as a demonstration.
    """

    language: str
    translate: Translate
    is_demo: bool

    def say(self, template: str, **params: object) -> str:
        """Return a sentence in this language, escaped for HTML."""
        return escape(Message(template, params).render(self.translate))

    def path(self, path: str) -> str:
        """Return where a page stands in the site."""
        return path if self.language == CHINESE else f"{ENGLISH}/{path}"


def page(edition: Edition, path: str, *, title: str, body: str, script: str = "") -> str:
    """Return a whole page.

    Parameters
    ----------
    path : where the Chinese page stands, e.g. ``draws/2026-001.html``.
    title : English template, already without values.
    body : HTML; links in it are relative to the site's root and begin with ``{up}``, files of it with ``{root}``.
    script : JavaScript at the end of the page.
    """
    up = "../" * path.count("/")
    root = up if edition.language == CHINESE else f"{up}../"
    twin = f"{root}{ENGLISH}/{path}" if edition.language == CHINESE else f"{root}{path}"
    links = "".join(
        f'<li><a href="{up}{target}"{" aria-current=page" if target == path else ""}>{edition.say(name)}</a></li>'
        for target, name in NAVIGATION
    )
    other_words, other_language = ("English", ENGLISH) if edition.language == CHINESE else ("中文", CHINESE)
    skip, contents, check = (
        edition.say(one) for one in (N_("Skip to the content"), N_("Contents"), N_("Check a draw"))
    )
    warning = edition.say(N_("Demonstration: simulated records, without any effect"))
    banner = f'<p class="banner" role="note">{warning}</p>' if edition.is_demo else ""
    return (
        f'<!doctype html>\n<html lang="{edition.language}"><head><meta charset="utf-8">'
        f'<title>{title}</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="alternate" type="application/atom+xml" href="{up}feed.xml">'
        f'<link rel="alternate" type="application/feed+json" href="{up}feed.json">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{STYLE}</style></head>\n'
        f'<body><a class="skip" href="#main">{skip}</a><header>{banner}'
        f'<nav aria-label="{contents}"><ul>{links}'
        f'<li><a href="{root}verifier.html{"" if edition.language == CHINESE else "#en"}">'
        f"{check}</a></li>"
        f'<li><a href="{twin}" lang="{other_language}" hreflang="{other_language}">{other_words}</a></li></ul></nav>'
        f'<h1>{title}</h1></header>\n<main id="main">{body.replace("{up}", up).replace("{root}", root)}</main>'
        f"{f'<script>{script}</script>' if script else ''}</body></html>\n"
    )


def table(
    rows: pd.DataFrame,
    *,
    headings: Mapping[str, str],
    caption: str,
    raw: Sequence[str] = (),
    numbers: Sequence[str] = (),
) -> str:
    """Return rows as an HTML table that scrolls within itself on a narrow screen.

    Parameters
    ----------
    headings : column → heading, as HTML.
    caption : HTML.
    raw, numbers : columns that are HTML already, and columns set to the right.
    """
    side = {column: ' class="number"' if column in numbers else "" for column in headings}
    head = "".join(f'<th scope="col"{side[column]}>{headings[column]}</th>' for column in headings)
    lines = "".join(
        "<tr>"
        + "".join(
            f"<td{side[column]}>{value if column in raw else escape(str(value))}</td>"
            for column, value in zip(headings, row, strict=True)
        )
        + "</tr>"
        for row in rows[list(headings)].itertuples(index=False)
    )
    kind = "wide" if len(headings) > _NARROW else "narrow"
    return (
        f'<div class="{kind}" role="region" tabindex="0" aria-label="{caption}"><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
    )
