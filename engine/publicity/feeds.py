"""News of the site for feed readers: Atom (RFC 4287) and JSON Feed 1.1; one entry per draw that was committed.

Each language has its own feeds beside its own pages. Links are relative to the feed and identifiers are derived from
digests, since a site of plain files does not know where it stands; a translated entry is an entry of its own.
"""

import json
from collections.abc import Sequence
from html import escape
from uuid import NAMESPACE_URL, uuid5

from engine.messages import N_, Message
from engine.publicity.layout import CHINESE, Edition
from engine.publicity.pages import STATES, PublicDraw


def _entries(edition: Edition, draws: Sequence[PublicDraw]) -> list[dict[str, str]]:
    return [
        {
            "id": f"urn:uuid:{uuid5(NAMESPACE_URL, f'xinheng:{draw.commit_digest}:{draw.state}{_suffix(edition)}')}",
            "url": f"draws/{draw.draw_id}.html",
            "title": Message(
                N_("Draw {draw_id}: {state}"), {"draw_id": draw.draw_id, "state": Message(STATES[draw.state])}
            ).render(edition.translate),
            "content_text": Message(
                N_("{n_frame} objects in the frame. Commitment digest {digest}."),
                {"n_frame": f"{draw.n_frame:,}", "digest": draw.commit_digest},
            ).render(edition.translate),
            "date_modified": draw.issued_at or draw.committed_at,
        }
        for draw in draws
    ]


def _suffix(edition: Edition) -> str:
    return "" if edition.language == CHINESE else f":{edition.language}"


def json_feed(edition: Edition, draws: Sequence[PublicDraw]) -> str:
    """Return the JSON Feed."""
    title = edition.translate(N_("Random inspections, open to the public"))
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "language": edition.language,
        "items": _entries(edition, draws),
    }
    return json.dumps(feed, ensure_ascii=False, indent=1) + "\n"


def atom_feed(edition: Edition, draws: Sequence[PublicDraw], *, updated: str) -> str:
    """Return the Atom feed.

    Parameters
    ----------
    updated : RFC 3339, when the site was written as of.
    """
    title = escape(edition.translate(N_("Random inspections, open to the public")))
    entries = "".join(
        f"<entry><id>{one['id']}</id><title>{escape(one['title'])}</title><updated>{escape(one['date_modified'])}</updated>"
        f'<link href="{escape(one["url"])}"/><summary>{escape(one["content_text"])}</summary></entry>\n'
        for one in _entries(edition, draws)
    )
    own = uuid5(NAMESPACE_URL, f"xinheng:{title}")
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        f'xml:lang="{edition.language}"><id>urn:uuid:{own}</id><title>{title}</title><updated>{escape(updated)}</updated>'
        f"<author><name>xinheng</name></author>\n{entries}</feed>\n"
    )
