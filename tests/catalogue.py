"""Keeps the one translation catalogue whole: ``python -m tests.catalogue`` sorts it.

A template in the code without its Chinese text, and a Chinese text whose template is gone, are both named.
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from engine.messages import OWN_REASON

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "engine" / "locale" / "zh_CN.po"
KEYWORDS = {"N_": None, "_": None, "Message": None}
STATUTES = "grading.overrides.yaml"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
LABEL = re.compile(r"^ +label: (.+)$", re.MULTILINE)
FIELDS = re.compile(r"{(\w*)")


def templates() -> set[str]:
    """Return every template marked in the packages."""
    found = set()
    for package in ("engine", "models", "dashboards"):
        for _, _, text, _, _ in extract_from_dir(str(ROOT / package), [("**.py", "python")], keywords=KEYWORDS):
            if text:
                found.add(text if isinstance(text, str) else text[0])
    return found | policy_labels() | policy_references() | mapping_caveats()


def policy_labels() -> set[str]:
    """Return the labels of indicators in the policies: texts for people that live in files, not in code."""
    files = (ROOT / "data_contracts" / "policies").rglob("*.yaml")
    return {found for path in files for found in LABEL.findall(path.read_text(encoding="utf-8"))}


def policy_references() -> set[str]:
    """Return the references of the policies, as far as they are our own words, and those that a record quotes."""
    files = (ROOT / "data_contracts" / "policies").rglob("*.yaml")
    documents = [each for path in files for each in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
    own = {held for document in documents for held in _references(document) if held.startswith(OWN_REASON)}
    return own | statute_references()


def statute_references() -> set[str]:
    """Return the references of the rules above the score."""
    document = yaml.safe_load((ROOT / "data_contracts" / "policies" / STATUTES).read_text(encoding="utf-8"))
    return {rule["reference"] for dated in document["values"].values() for rule in dated["value"]}


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node["reference"]
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from _references(part)


def mapping_caveats() -> set[str]:
    """Return the caveats of the shipped mappings."""
    files = (ROOT / "data_contracts" / "mappings").glob("*.yaml")
    return {caveat for path in files for caveat in yaml.safe_load(path.read_text(encoding="utf-8")).get("caveats", [])}


def catalogue() -> Catalog:
    """Return the Chinese catalogue as it stands in the repository."""
    with SOURCE.open("rb") as file:
        return read_po(file, locale="zh_CN")


def faults(texts: Catalog, wanted: set[str]) -> list[str]:
    """Return what is missing, stale or has other fields than its template, one line each."""
    known = {message.id: message.string for message in texts if message.id}
    missing = [f"no Chinese text: {text!r}" for text in sorted(wanted) if not known.get(text)]
    stale = [f"no longer in the code: {text!r}" for text in sorted(set(known) - wanted)]
    fields = [
        f"fields differ: {text!r}"
        for text, chinese in known.items()
        if chinese and set(FIELDS.findall(text)) != set(FIELDS.findall(chinese))
    ]
    return missing + stale + fields


def main() -> None:
    """Sort the catalogue and name what is wrong; ``--prune`` drops what the code no longer says."""
    prune = "--prune" in sys.argv
    wanted = templates()
    old = catalogue()
    kept = Catalog(
        locale="zh_CN",
        project="xinheng",
        charset="utf-8",
        copyright_holder="xinheng",
        header_comment="# 信衡 xinheng: texts for people",
        creation_date=EPOCH,
        revision_date=EPOCH,
    )
    for message in old:
        if message.id and message.string and (message.id in wanted or not prune):
            kept.add(message.id, string=message.string)
    with SOURCE.open("wb") as file:
        write_po(file, kept, sort_output=True, width=0, omit_header=False)
    problems = faults(catalogue(), wanted)
    sys.stdout.write("\n".join([*problems, f"{len(kept)} texts, {len(problems)} to mend"]) + "\n")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
