"""YAML documents become values: contracts, mappings, dated policies.

A key that occurs twice in one mapping is refused, since YAML readers otherwise keep the last silently. Only ``true``
and ``false`` are yes/no, as in YAML 1.2: in value maps ``Yes``, ``NO`` and ``on`` are words of the source.
"""

import hashlib
import pickle
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from engine.contracts.codes import CodeList, code_list_of, with_code_lists
from engine.contracts.mapping import SourceMapping, mapping_of
from engine.contracts.odcs import contract_of
from engine.contracts.schema import Contract
from engine.errors import (
    DocumentUnreadableError,
    MappingNotFoundError,
    PolicyInconsistentError,
    SourceNotFoundError,
    UsageError,
)
from engine.messages import N_, Message
from engine.parameters import DatedValue, Parameter, PolicyBook

SHIPPED = Path(str(files("data_contracts")))
DEFAULT_PROFILE = "default"
_PARAMETER_KEYS = frozenset({"id", "unit", "values", "ends_on", "description"})
_VALUE_KEYS = frozenset({"reference", "value"})


_BOOLEAN = "tag:yaml.org,2002:bool"


class _TwiceError(yaml.MarkedYAMLError):
    """A key stands twice in one mapping."""

    def __init__(self, key: object, mark: yaml.Mark) -> None:
        super().__init__(problem=f"{key} occurs twice", problem_mark=mark)
        self.key = key


class _StrictLoader(yaml.CSafeLoader):  # type: ignore[misc]
    """YAML without duplicate keys and with the yes/no words of YAML 1.2."""

    yaml_implicit_resolvers = {
        first: [(tag, form) for tag, form in resolvers if tag != _BOOLEAN]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for at, key in enumerate(keys) if key in keys[:at]), None)
        if twice is not None:
            raise _TwiceError(twice, node.start_mark)
        return super().construct_mapping(node, deep=deep)


_StrictLoader.add_implicit_resolver(_BOOLEAN, re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def read_yaml(path: Path) -> list[Any]:
    """Return the documents of a YAML file.

    Raises
    ------
    DocumentUnreadableError
        It is not YAML in UTF-8, or names a key twice; says where.
    """
    return _documents(path.read_bytes(), file=path.name)


def _documents(content: bytes, *, file: str) -> list[Any]:
    try:
        text = content.decode("utf-8")
        return [each for each in yaml.load_all(text, Loader=_StrictLoader) if each is not None]
    except UnicodeDecodeError as error:
        raise DocumentUnreadableError(file=file, problem=Message(N_("it is not UTF-8"))) from error
    except _TwiceError as error:
        said = {"line": _line(error), "key": error.key}
        problem = Message(N_("line {line} and below: the key {key!r} occurs twice"), said)
        raise DocumentUnreadableError(file=file, problem=problem) from error
    except yaml.YAMLError as error:
        text = N_("line {line} or the one above it is not YAML: check colons, quotes and how far each line is indented")
        raise DocumentUnreadableError(file=file, problem=Message(text, {"line": _line(error)})) from error


def _line(error: yaml.YAMLError) -> int:
    """Return the line (1 = first) at which a document could not be read further."""
    mark = getattr(error, "problem_mark", None)
    return 1 if mark is None else mark.line + 1


@cache
def load_contracts() -> Mapping[str, Contract]:
    """Return the shipped contracts by table, in the order of their file names."""
    contracts = [contract_of(*read_yaml(path)) for path in sorted((SHIPPED / "sources").glob("*.yaml"))]
    return {contract.table: contract for contract in contracts}


def mapping_names() -> tuple[str, ...]:
    """Return the names of the shipped mappings."""
    return tuple(sorted(path.stem for path in (SHIPPED / "mappings").glob("*.yaml")))


def load_mapping(name: str | Path) -> SourceMapping:
    """Return a mapping: a shipped one by name, or any by path.

    Raises
    ------
    MappingNotFoundError
        There is neither a shipped mapping of that name nor such a file.
    MappingFormError
        The file is not a mapping.
    """
    shipped = SHIPPED / "mappings" / f"{name}.yaml"
    path = shipped if len(Path(name).parts) == 1 and shipped.is_file() else Path(name)
    if not path.is_file():
        raise MappingNotFoundError(path=name, known=", ".join(mapping_names()))
    documents = read_yaml(path)
    document = with_code_lists(documents[0] if documents else {}, load_code_lists(), mapping=path.stem)
    return mapping_of(document, name=path.stem, digest=_digest_with(path, _lists_named(path)))


@cache
def load_code_lists() -> Mapping[str, CodeList]:
    """Return the shipped code lists by name."""
    paths = sorted((SHIPPED / "codes").glob("*.yaml"))
    return {path.stem: code_list_of(read_yaml(path)[0], name=path.stem) for path in paths}


def _lists_named(mapping: Path) -> list[Path]:
    """The code lists a mapping file names: what they say is part of what it says."""
    text = mapping.read_text(encoding="utf-8")
    return [SHIPPED / "codes" / f"{name}.yaml" for name in load_code_lists() if name in text]


def load_policies(profile: str = DEFAULT_PROFILE, *, folder: Path | None = None) -> PolicyBook:
    """Return the policy book of a profile: the default values, and over them the profile's own.

    Parameters
    ----------
    profile : str; a name other than ``default`` must be a folder below ``profiles``.
    folder : Path of the policies, None for the shipped ones.

    Raises
    ------
    PolicyInconsistentError
        A file has an unknown key, a date twice, no unit or no reference; or the profile is unknown.
    """
    root = folder or SHIPPED / "policies"
    paths = sorted(root.glob("*.yaml"))
    if profile != DEFAULT_PROFILE:
        known = {folder.name: folder for folder in sorted((root / "profiles").glob("*")) if folder.is_dir()}
        if profile not in known:
            names = {"known": ", ".join(known) or "-"}
            raise PolicyInconsistentError(
                name=profile, problem=Message(N_("there is no such profile; known are {known}"), names)
            )
        paths += sorted(known[profile].glob("*.yaml"))
    parameters: dict[str, Parameter] = {}
    for group in (root, root / "profiles" / profile):
        own: dict[str, Parameter] = {}
        for parameter in (p for path in paths if path.parent == group for p in _parameters(path)):
            if parameter.name in own:
                raise PolicyInconsistentError(name=parameter.name, problem=Message(N_("it is defined twice")))
            own[parameter.name] = parameter
        parameters.update(own)
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(root).as_posix()} {_sha256(path)}\n".encode())
    return PolicyBook(profile=profile, parameters=parameters, digest=digest.hexdigest())


def with_draft(book: PolicyBook, path: Path) -> PolicyBook:
    """Return ``book`` with the dated values of a draft file over its own, day by day; nothing is stored.

    Raises
    ------
    SourceNotFoundError
        There is no such file.
    PolicyInconsistentError
        It is not YAML of the policy form, holds a date or a parameter twice, or names one that the book lacks.
    """
    drafted = read_parameters(path)
    for name in drafted:
        if name not in book.parameters:
            problem = Message(N_("the draft names a parameter that profile {profile} lacks"), {"profile": book.profile})
            raise PolicyInconsistentError(name=name, problem=problem)
    for name, new in drafted.items():
        drafted[name] = replace(new, values={**book.parameters[name].values, **new.values})
    digest = hashlib.sha256(f"{book.digest} draft {_sha256(path)}".encode()).hexdigest()
    return PolicyBook(profile=book.profile, parameters={**book.parameters, **drafted}, digest=digest)


def read_parameters(path: Path) -> dict[str, Parameter]:
    """Return the parameters of a draft file by name.

    Raises
    ------
    SourceNotFoundError
        There is no such file.
    PolicyInconsistentError
        It is not YAML of the policy form, is empty, or holds a date or a parameter twice.
    """
    if not path.is_file():
        raise SourceNotFoundError(path=path)
    try:
        parameters = _parameters(path)
    except UsageError as error:
        problem = Message(
            N_("the draft cannot be read: {error}"), {"error": error.params.get("problem", error.params.get("value"))}
        )
        raise PolicyInconsistentError(name=path.name, problem=problem) from error
    found: dict[str, Parameter] = {}
    for parameter in parameters:
        if parameter.name in found:
            raise PolicyInconsistentError(name=parameter.name, problem=Message(N_("it is defined twice")))
        found[parameter.name] = parameter
    if not found:
        raise PolicyInconsistentError(name=path.name, problem=Message(N_("the draft is empty")))
    return found


def write_parameters(path: Path, parameters: Mapping[str, Parameter]) -> None:
    """Write parameters as a draft file that :func:`read_parameters` reads back."""
    path.write_text(parameters_text(parameters), encoding="utf-8")


def parameters_text(parameters: Mapping[str, Parameter]) -> str:
    """Return what :func:`write_parameters` writes."""
    documents = [
        {
            "id": parameter.name,
            "unit": parameter.unit,
            "values": {
                day: {"reference": dated.reference, "value": dated.value}
                for day, dated in sorted(parameter.values.items())
            },
        }
        for _, parameter in sorted(parameters.items())
    ]
    return str(yaml.safe_dump_all(documents, allow_unicode=True, sort_keys=False, width=120))


def policy_text(book: PolicyBook) -> str:
    """Return every dated value of a book as text that :func:`policies_of_text` reads back."""
    documents = [
        {
            "id": parameter.name,
            "unit": parameter.unit,
            "ends_on": parameter.ends_on,
            "values": {day: {"reference": v.reference, "value": v.value} for day, v in parameter.values.items()},
        }
        for _, parameter in sorted(book.parameters.items())
    ]
    return str(yaml.dump(documents, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False))


def policies_of_text(text: str, *, profile: str, digest: str) -> PolicyBook:
    """Return the book whose values :func:`policy_text` wrote."""
    bodies = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - the strict loader is a safe one
    parameters = {body["id"]: _parameter(body, profile) for body in bodies}
    return PolicyBook(profile=profile, parameters=parameters, digest=digest)


def _parameters(path: Path) -> list[Parameter]:
    held: list[Parameter] = pickle.loads(_packed(path.name, path.read_bytes()))  # noqa: S301 - packed below, here
    return held


@lru_cache(maxsize=512)
def _packed(file: str, content: bytes) -> bytes:
    """Return the parameters that a text states, packed: read once per text; everybody unpacks values of their own."""
    bodies = (
        body
        for document in _documents(content, file=file)
        for body in (document if isinstance(document, list) else [document])
    )
    return pickle.dumps([_parameter(body, file) for body in bodies])


def _parameter(body: Any, file: str) -> Parameter:
    name = str(body.get("id", file)) if isinstance(body, dict) else file
    if not isinstance(body, dict) or not isinstance(body.get("values"), dict):
        raise PolicyInconsistentError(name=name, problem=Message(N_("it needs id, unit and dated values")))
    _refuse_unknown(name, set(body) - _PARAMETER_KEYS)
    values = {}
    for day, dated in body["values"].items():
        if type(day) is not date or not isinstance(dated, dict) or "value" not in dated:
            problem = Message(N_("{day}: write a date with reference and value"), {"day": day})
            raise PolicyInconsistentError(name=name, problem=problem)
        _refuse_unknown(name, set(dated) - _VALUE_KEYS)
        values[day] = DatedValue(value=dated["value"], reference=str(dated.get("reference") or ""))
    return Parameter(name=name, unit=str(body.get("unit") or ""), values=values, ends_on=body.get("ends_on"))


def _refuse_unknown(name: str, unknown: set[Any]) -> None:
    if unknown:
        problem = Message(N_("unknown key {key}"), {"key": ", ".join(sorted(map(str, unknown)))})
        raise PolicyInconsistentError(name=name, problem=problem)


def _digest_with(path: Path, others: list[Path]) -> str:
    parts = [_sha256(each) for each in (path, *others)]
    return parts[0] if len(parts) == 1 else hashlib.sha256(" ".join(parts).encode()).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
