"""Publishing: item lists, plans, draws with the page that checks them, and one standing per firm, as plain files.

Content that would give classes away beside names is withheld, decided on the true bundles before anything is written.
The choice holds for good, since what was public once stays in archives: a draw whose linkable content was published
forbids names, and names once published withhold such content. Real publications are entries of the ledger.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from engine.api.draws.disclosure import PUBLISHED
from engine.api.reading.draws import draws
from engine.api.site.draws import judge_contents, put_draw, refuse_both, refuse_simulated
from engine.api.site.plans import put_plans
from engine.i18n import LANGUAGES, translator
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.ports import Actor, Progress, silent
from engine.publicity.feeds import atom_feed, json_feed
from engine.publicity.layout import CHINESE, ENGLISH, Edition
from engine.publicity.masking import public_items
from engine.publicity.pages import (
    PublicDraw,
    PublicPlan,
    draw_page,
    draws_page,
    index_page,
    items_page,
    objection_page,
    plans_page,
)
from engine.publicity.results import PUBLIC_MODES, item_tallies, public_rows, public_standings, wording
from engine.publicity.search import build_index, index_scripts, results_page, standing_scripts
from engine.store.outputs.site import SiteFolder, verifier_page
from engine.store.workspaces.workspace import Workspace

RETENTION, DISCLOSURE = "publicity.retention", "publicity.disclosure"
_RESULT_INPUTS = ("entity_id", "item_code", "selection_mode", "result_codes", "occurred_on", "known_at")
_DRAW_COLUMNS = ("draw_id", "plan", "state", "committed_at", "issued_at", "n_frame", "n_visits", "n_checks") + (
    "commit_digest",
    "certificate_digest",
)


@dataclass(frozen=True, slots=True)
class PublishedSite:
    """What was published.

    Parameters
    ----------
    folder : the site.
    as_of : what was known by then.
    is_demo : whether the site is marked as a demonstration.
    n_items, n_draws, n_firms : how much of it; no firm is named when names were left out.
    withheld : draws whose content was withheld, with the reasons.
    """

    folder: Path
    as_of: date
    is_demo: bool
    n_items: int
    n_draws: int
    n_firms: int
    withheld: Mapping[str, tuple[Message, ...]]

    def as_json(self) -> dict[str, object]:
        """Return the object of ``xinheng publish --json``."""
        withheld = {draw_id: [str(reason) for reason in reasons] for draw_id, reasons in self.withheld.items()}
        return {**asdict(self), "folder": str(self.folder), "as_of": self.as_of.isoformat(), "withheld": withheld}


def publish(
    workspace: Workspace,
    out: Path,
    *,
    as_of: date,
    is_demo: bool,
    book: PolicyBook,
    actor: Actor,
    at: datetime,
    with_names: bool = True,
    progress: Progress = silent,
) -> PublishedSite:
    """Write the public site of a workspace; an older site at ``out`` is replaced as a whole.

    Parameters
    ----------
    as_of : what was known by that day is published.
    is_demo : marks every page as a demonstration; needed when a draw of the workspace is simulated.
    book : gives ``publicity.retention`` and ``publicity.disclosure``.
    actor, at : who publishes and when; an entry of the ledger unless it is a demonstration.
    with_names : whether results stand by name; without, the content of every draw is shown.

    Raises
    ------
    DrawError
        A draw is simulated and the site is not a demonstration; or names and linkable content would both be public,
        here or from an earlier publication.
    StoreError
        The folder holds something else, or a record of a draw cannot be read.

    Notes
    -----
    Cost: the results of the public draw of the retention period are held in memory (about 1 kB per result), one bundle
    at a time, and the index of names (about 2 kB per firm); all else is written as it is made.
    """
    held = [draw for draw in draws(workspace.path) if date.fromisoformat(draw.committed_at[:10]) <= as_of]
    refuse_simulated(held, is_demo=is_demo)
    progress(Message(N_("Guess classes from what would be public")))
    contents = judge_contents(held, book=book, as_of=as_of, at=at)
    earlier = [] if is_demo else [entry.particulars for entry in workspace.ledger.entries(action=PUBLISHED)]
    refuse_both(contents.linkable, with_names=with_names, earlier=earlier)
    withheld = contents.linkable if with_names else {}
    progress(Message(N_("Gather what is public")))
    periods = {
        "adverse_months": int(book.value(RETENTION, on=as_of)),
        "clean_months": int(book.value(DISCLOSURE, on=as_of)["clean_months"]),
    }
    items, tallies, standings = _public_tables(workspace, as_of=as_of, periods=periods)
    standings = standings if with_names else standings.iloc[:0]
    site = SiteFolder(out)
    shown = [put_draw(draw, site, contents=contents, with_names=with_names) for draw in held]
    progress(Message(N_("Write the public site")))
    _write_tables(site, items=items, tallies=tallies, standings=standings, shown=shown)
    tables = {"items": items, "tallies": tallies, "standings": standings}
    plans = put_plans(workspace.path, site, as_of=as_of, is_demo=is_demo)
    _write_pages(site, tables, as_of=as_of, is_demo=is_demo, shown=shown, plans=plans, periods=periods)
    if not is_demo:
        kept = {
            "names": with_names,
            "linkable": sorted(set(contents.linkable) - set(withheld)),
            "as_of": as_of.isoformat(),
        }
        workspace.ledger.append(PUBLISHED, subject=out.name, content=kept, actor=actor, at=at)
    counts = {"n_items": len(items), "n_draws": len(held), "n_firms": len(standings)}
    site.finish({"as_of": as_of.isoformat(), "is_demo": is_demo, **counts})
    return PublishedSite(out, as_of, is_demo, **counts, withheld=withheld)


def editions(*, is_demo: bool) -> tuple[Edition, ...]:
    """Return the languages of the site, Chinese first."""
    codes = {"zh_CN": CHINESE, "en": ENGLISH}
    return tuple(Edition(codes[language], translator(language), is_demo) for language in LANGUAGES)


def current_version(
    workspace: Workspace, name: str, *, as_of: date, columns: tuple[str, ...] = (), modes: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Return the rows of a contract table as they were known on a day.

    Parameters
    ----------
    columns : those that are wanted, all when empty.
    modes : selection modes that are wanted, all when empty.
    """
    rows = workspace.warehouse.history(name)
    rows = rows.filter((rows.known_at <= as_of) & (rows.superseded_at.isnull() | (rows.superseded_at > as_of)))
    if modes:
        rows = rows.filter(rows.selection_mode.isin(modes))
    found: pd.DataFrame = (rows.select(*columns) if columns else rows).execute()
    return found


def _public_tables(
    workspace: Workspace, *, as_of: date, periods: Mapping[str, int]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    def current(name: str, columns: tuple[str, ...] = (), modes: tuple[str, ...] = ()) -> pd.DataFrame:
        return current_version(workspace, name, as_of=as_of, columns=columns, modes=modes)

    rows = public_rows(
        current("inspections", _RESULT_INPUTS, PUBLIC_MODES),
        as_of=as_of,
        **periods,
    )
    items = public_items(current("items"), departments=current("departments"))
    entities = current("entities", ("entity_id", "name", "uscc", "district_code"))
    standings = public_standings(rows, entities=entities, districts=current("districts"))
    return items, item_tallies(rows, items=items), standings


def _write_tables(
    site: SiteFolder, *, items: pd.DataFrame, tallies: pd.DataFrame, standings: pd.DataFrame, shown: list[PublicDraw]
) -> None:
    site.write_table("items", items)
    site.write_table("tallies", tallies)
    listed = [{column: str(getattr(draw, column)) for column in _DRAW_COLUMNS} for draw in shown]
    site.write_table("draws", pd.DataFrame(listed, columns=list(_DRAW_COLUMNS), dtype="string"))
    worded = standings.assign(result=standings["result"].map(wording).astype("string"))
    site.write_table("results", worded, kinds=("csv", "xlsx"))


def _write_pages(
    site: SiteFolder,
    tables: Mapping[str, pd.DataFrame],
    *,
    as_of: date,
    is_demo: bool,
    shown: list[PublicDraw],
    plans: list[PublicPlan],
    periods: Mapping[str, int],
) -> None:
    items, standings = tables["items"], tables["standings"]
    index = build_index(standings)
    names = dict(zip(items["item_code"], items["name"], strict=True))
    for edition in editions(is_demo=is_demo):
        first = index_page(
            edition, as_of=as_of.isoformat(), n_items=len(items), n_draws=len(shown), n_firms=len(standings)
        )
        pages = {
            "index.html": first,
            "items.html": items_page(edition, items, tallies=tables["tallies"]),
            "plans.html": plans_page(edition, shown, plans=plans, names=names),
            "draws.html": draws_page(edition, shown),
            "results.html": results_page(edition, index, **periods),
            "objection.html": objection_page(edition),
            **{f"draws/{one.draw_id}.html": draw_page(edition, one, names=names) for one in shown},
            "feed.json": json_feed(edition, shown),
            "feed.xml": atom_feed(edition, shown, updated=f"{as_of.isoformat()}T00:00:00+08:00"),
        }
        for path, content in pages.items():
            site.write(edition.path(path), content)
    for scripts in (index_scripts(index), standing_scripts(standings)):
        for path, content in scripts:
            site.write(path, content)
    site.write("verifier.html", verifier_page())
