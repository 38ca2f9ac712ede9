"""Policies for tests: the shipped YAML as a PolicyBook, or a book of a few values."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from engine.parameters import DatedValue, Parameter, PolicyBook

ROOT = Path(__file__).parents[1] / "data_contracts" / "policies"
START = date(2019, 1, 1)


@cache
def shipped(profile: str = "default") -> PolicyBook:
    """Return the shipped policies; a profile's files replace those of the default profile."""
    found = {parameter.name: parameter for parameter in map(_parameter, sorted(ROOT.glob("*.yaml")))}
    if profile != "default":
        files = sorted((ROOT / "profiles" / profile).glob("*.yaml"))
        found |= {parameter.name: parameter for parameter in map(_parameter, files)}
    return PolicyBook(profile, found, "0" * 64)


def book(**values: Any) -> PolicyBook:
    """Return the default book with some values replaced from 2019 on; ``__`` in a name stands for a dot."""
    named = {name.replace("__", "."): value for name, value in values.items()}
    own = {name: Parameter(name, "test", {START: DatedValue(value, "test reference")}) for name, value in named.items()}
    default = shipped()
    return PolicyBook("test", {**default.parameters, **own}, default.digest)


def _parameter(path: Path) -> Parameter:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    values = {day: DatedValue(entry["value"], entry["reference"]) for day, entry in content["values"].items()}
    return Parameter(content["id"], content["unit"], values, content.get("ends_on"))
