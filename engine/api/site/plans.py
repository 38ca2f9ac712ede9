"""The editions of annual plans that may stand on the public site, as they were published."""

from datetime import date
from pathlib import Path

from engine.draw.protocol.encoding import read_json, suite_named
from engine.draw.publishing.certificate import plan_digest
from engine.publicity.pages import PublicPlan
from engine.store.draws.plan_files import PUBLIC
from engine.store.outputs.site import SiteFolder

SUITE = suite_named("sha256")


def put_plans(path: Path, site: SiteFolder, *, as_of: date, is_demo: bool) -> list[PublicPlan]:
    """Copy the editions published by a day into the site and return what its pages show of them.

    Parameters
    ----------
    path : folder of the workspace.
    is_demo : simulated plans stand on demonstrations only.
    """
    shown = []
    for source in sorted((path / PUBLIC).glob("*/edition-*.json")):
        record = read_json(source.read_bytes())
        is_later = date.fromisoformat(record["published_at"][:10]) > as_of
        if is_later or (record["class"] == "simulation" and not is_demo):
            continue
        folder = f"{PUBLIC}/{record['plan']}"
        (name,) = site.copy_file(source, path=folder)
        shown.append(
            PublicPlan(
                plan_id=str(record["plan"]),
                edition=int(record["edition"]),
                digest=plan_digest(record, suite=SUITE),
                published_at=str(record["published_at"]),
                approval=str(record["approval"]),
                lines=tuple(record["lines"]),
                path=f"{folder}/{name}",
            )
        )
    return sorted(shown, key=lambda plan: (plan.plan_id, plan.edition), reverse=True)
