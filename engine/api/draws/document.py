"""The certificate of a draw for people: what the page says, taken from what is published and from nowhere else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.draw.committing.commitment import read_commitment
from engine.draw.committing.signatures import CERTIFICATE, LEAST_SIGNERS, distinct_people, signature_from_record
from engine.draw.entropy.sources import SOURCES
from engine.draw.publishing.attachments import PLAN_RECORD, SIGNATURES, SUBSTITUTIONS
from engine.draw.verifying.published import PublishedDraw
from engine.errors import DrawError
from engine.messages import N_, Message
from engine.store.draws.bundles import read_bundle
from engine.store.draws.folders import DrawFolder, write_whole
from engine.store.outputs.certificate_document import certificate_pdf, missing_characters
from engine.store.workspaces.workspace import Workspace


def write_certificate_pdf(workspace: Workspace | Path, draw_id: str, *, out: Path) -> str:
    """Write the page of a draw's certificate and return the characters that the shipped font lacks, normally none.

    Raises
    ------
    StoreError, DrawError
        There is no such draw, or it has no certificate yet.
    """
    path = workspace if isinstance(workspace, Path) else workspace.path
    folder = DrawFolder(path, draw_id=draw_id)
    folder.read_commitment()
    content = page_content(read_bundle(folder.public))
    write_whole(out, certificate_pdf(content))
    return missing_characters(content)


def certificate_page(bundle: Path) -> bytes:
    """Return the page of a draw's certificate as PDF, from its published bundle; raises as :func:`page_content`."""
    return certificate_pdf(page_content(read_bundle(bundle)))


def page_content(published: PublishedDraw) -> dict[str, Any]:
    """Return what the page says of a published draw; the same bundle gives the same page.

    Raises
    ------
    DrawError
        Its certificate is withheld or not there.
    """
    commitment, certificate = read_commitment(published.commit), published.certificate
    if commitment.version == 1 or "kind" not in certificate:
        raise DrawError(
            problem=Message(N_("the certificate of this draw is not published")),
            remedy=Message(N_("wait for its release")),
        )
    record = commitment.record
    signatures = [signature_from_record(found) for found in published.attached.get(SIGNATURES, ())]
    substituted = published.attached.get(SUBSTITUTIONS, {"reserve": 0, "officer": 0, "visits": 0})
    page: dict[str, Any] = {
        **{name: record[name] for name in ("draw", "plan", "prev", "protocol", "committed_at", "not_before")},
        **{name: record[name] for name in ("parent", "frame_root")},
        "outside": (published.attached.get(PLAN_RECORD, {}).get("outside_plan") or {}).get("reason", ""),
        "simulated": commitment.is_simulation,
        "void": published.is_void,
        "objects": record["N"],
        "commit_digest": commitment.digest.hex(),
        "certificate_digest": certificate["certificate_digest"],
        "issued_at": certificate["issued_at"],
        "log": certificate["log"],
        "seed": certificate.get("seed", ""),
        "reason": certificate.get("reason", ""),
        "signatures": [one.record() for one in signatures],
        "final": distinct_people(one for one in signatures if one.over == CERTIFICATE) >= LEAST_SIGNERS,
        "reserve_uses": substituted["reserve"],
        "officer_uses": substituted["officer"],
    }
    return page if published.is_void else {**page, **_result(published)}


def _result(published: PublishedDraw) -> dict[str, Any]:
    certificate = published.certificate
    names: Mapping[str, str] = published.attached.get(PLAN_RECORD, {}).get("item_names", {})
    items: dict[str, dict[str, Any]] = {}
    for name, cell in certificate["result"].items():
        code = name.split("|")[0]
        item = items.setdefault(code, {"item": code, "name": names.get(code, ""), "strata": 0, "N": 0, "n": 0})
        item["strata"], item["N"], item["n"] = item["strata"] + 1, item["N"] + cell["N"], item["n"] + cell["n"]
    match = certificate["match"]
    substituted = published.attached.get(SUBSTITUTIONS, {"reserve": 0, "officer": 0})
    n_visits = len(certificate["visits"])
    return {
        "entropy": [
            {
                "name": SOURCES[used["id"]].name if used["id"] in SOURCES else used["id"],
                "event": used["event"],
                "value": used["value"],
                "at": used["evidence"]["drawn_at"],
            }
            for used in certificate["entropy_used"]
        ],
        "items": [items[item] for item in sorted(items, key=str.encode)],
        "visits": n_visits,
        "checks": sum(item["n"] for item in items.values()),
        "teams": len(match["leaders"]),
        "unmatched": sum(len(entry["teams"]) for entry in match["unmatched"]),
        "rate": f"{substituted['reserve'] + substituted['officer']}/{n_visits}",
    }
