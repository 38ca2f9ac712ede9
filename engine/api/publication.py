"""Publishing: item lists, draws with the page that checks them, and results per firm, as a site of plain files."""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from engine.api.draw_reading import DrawRecord, draws
from engine.errors import DrawError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.pipeline.ports import Progress, silent
from engine.publicity.masking import public_items, public_results
from engine.publicity.pages import draws_page, index_page, items_page, result_scripts, results_page
from engine.store.site import SiteFolder, verifier_page
from engine.store.workspace import Workspace

RETENTION = "publicity.retention"
DRAW_COLUMNS = (
    "draw_id",
    "sequence",
    "state",
    "committed_at",
    "issued_at",
    "n_frame",
    "n_visits",
    "n_checks",
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
    n_items, n_draws, n_firms, n_results : how much of it.
    """

    folder: Path
    as_of: date
    is_demo: bool
    n_items: int
    n_draws: int
    n_firms: int
    n_results: int

    def as_json(self) -> dict[str, object]:
        """Return the object of ``xinheng publish --json``."""
        return {**asdict(self), "folder": str(self.folder), "as_of": self.as_of.isoformat()}


def publish(
    workspace: Workspace, out: Path, *, as_of: date, is_demo: bool, book: PolicyBook, progress: Progress = silent
) -> PublishedSite:
    """Write the public site of a workspace; an older site at ``out`` is replaced as a whole.

    Parameters
    ----------
    as_of : what was known by that day is published.
    is_demo : marks every page as a demonstration; needed when a draw of the workspace is simulated.
    book : gives ``publicity.retention``.

    Raises
    ------
    DrawError
        A draw is simulated and the site is not a demonstration.
    StoreError
        The folder holds something else, or a record of a draw cannot be read.
    """
    held = draws(workspace.path)
    simulated = [draw.draw_id for draw in held if draw.is_simulated]
    if simulated and not is_demo:
        raise DrawError(
            problem=Message(N_("{draws} are simulated and decide nothing"), {"draws": ", ".join(simulated)}),
            remedy=Message(N_("publish only real draws, or mark the site with --demo")),
        )
    progress(Message(N_("Read what may be public")))
    items, results = _public_tables(workspace, as_of=as_of, months=int(book.value(RETENTION, on=as_of)))
    site = SiteFolder(out)
    progress(Message(N_("Write the site")))
    files = {draw.draw_id: site.copy_folder(draw.bundle, path=f"draws/{draw.draw_id}") for draw in held}
    listed = _draw_table(held)
    n_firms = len(results[["name", "uscc", "district"]].drop_duplicates())
    counts = {"n_items": len(items), "n_draws": len(held), "n_firms": n_firms, "n_results": len(results)}
    site.write("index.html", index_page(as_of=as_of.isoformat(), is_demo=is_demo, **counts))
    site.write("items.html", items_page(items, is_demo=is_demo))
    site.write_table("items", items)
    site.write("draws.html", draws_page(listed, files=files, is_demo=is_demo))
    site.write_table("draws", listed)
    site.write("results.html", results_page(n_firms=n_firms, is_demo=is_demo))
    for path, content in result_scripts(results):
        site.write(path, content)
    site.write_table("results", results, kinds=("csv", "xlsx"))
    site.write("verifier.html", verifier_page())
    site.finish({"as_of": as_of.isoformat(), "is_demo": is_demo, **counts})
    return PublishedSite(out, as_of, is_demo, **counts)


def current_version(workspace: Workspace, name: str, *, as_of: date) -> pd.DataFrame:
    """Return the rows of a contract table as they were known on a day."""
    rows = workspace.warehouse.history(name)
    known = (rows.known_at <= as_of) & (rows.superseded_at.isnull() | (rows.superseded_at > as_of))
    found: pd.DataFrame = rows.filter(known).execute()
    return found


def _public_tables(workspace: Workspace, *, as_of: date, months: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    def current(name: str) -> pd.DataFrame:
        return current_version(workspace, name, as_of=as_of)

    items, departments = current("items"), current("departments")
    results = public_results(
        current("inspections"),
        entities=current("entities"),
        items=items,
        departments=departments,
        districts=current("districts"),
        as_of=as_of,
        adverse_months=months,
    )
    return public_items(items, departments=departments), results


def _draw_table(held: tuple[DrawRecord, ...]) -> pd.DataFrame:
    rows = [{column: str(getattr(draw, column)) for column in DRAW_COLUMNS} for draw in held]
    return pd.DataFrame(rows, columns=list(DRAW_COLUMNS), dtype="string")
