"""Builds the command line for one call and maps errors to sentences and exit status.

Only the module of the command that was called is imported; every other command is listed from the table alone.
"""

import difflib
import gc
import os
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

import typer

from engine.cli.help_words import put_into_words, speak
from engine.cli.output import show_error
from engine.cli.table import COMMANDS, GROUPS, Command
from engine.errors import MisusedCommandError, SupervisionError, file_refusal
from engine.i18n import DEFAULT_LANGUAGE, chosen_language, translator
from engine.messages import N_, Message, Translate

EXIT_INTERRUPTED = 130
NEAR = 0.7
"""Likeness from which a command counts as the one that was meant (difflib's ratio)."""
OVERVIEW = N_("信衡 xinheng: credit risk, sampling ratios, a public draw and honest measurement.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave the process with its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    translate = _translate_first()
    try:
        words = _take_language(words)
        translate = translator(chosen_language())
        if words == ["--version"]:
            sys.stdout.write(version("xinheng") + "\n")
            return
        status = _call(_program(words, translate), words)
    except SupervisionError as error:
        status = show_error(error, translate=translate, as_json="--json" in words)
    except KeyboardInterrupt:
        status = EXIT_INTERRUPTED
    except Exception as error:
        refused = file_refusal(error)
        if refused is None:
            raise
        status = show_error(refused, translate=translate, as_json="--json" in words)
    sys.exit(status)


def run() -> None:
    """Run the command of this process, which ends with it: what is left in memory is not searched once more for cycles.

    That search takes a second after a small command and ten after a demonstration.
    """
    try:
        main()
    finally:
        gc.freeze()


def _translate_first() -> Translate:
    """Return the language in which a wrong choice of language is said."""
    try:
        return translator(chosen_language())
    except SupervisionError:
        return translator(DEFAULT_LANGUAGE)


def _take_language(words: list[str]) -> list[str]:
    """Take ``--lang X`` out of the words, wherever it stands, and keep it for this process."""
    if "--lang" in words:
        at = words.index("--lang")
        os.environ["XINHENG_LANG"] = chosen_language(words[at + 1] if at + 1 < len(words) else " ")
        return words[:at] + words[at + 2 :]
    return words


def _call(command: Any, words: Sequence[str]) -> int:
    """Run the built command; turn the parser's complaints into our own sentences."""
    try:
        status = command(args=list(words), prog_name="xinheng", standalone_mode=False)
    except typer.Abort:
        return EXIT_INTERRUPTED
    except typer.TyperException as complaint:
        if type(complaint).__name__ == "NoArgsIsHelpError":  # bare `xinheng` or a bare group: its help was printed
            return 2
        raise _misuse(complaint) from None
    return status if isinstance(status, int) else 0


def _misuse(complaint: Any) -> MisusedCommandError:
    kind, parameter = type(complaint).__name__, _parameter_of(complaint)
    named = getattr(complaint, "option_name", None) or (parameter and _name(parameter)) or ""
    if extra := re.search(
        r"unexpected extra arguments? \((.*)\)|unexpected extra argument\(s\) \((.*)\)", complaint.message
    ):
        return MisusedCommandError(problem=Message(N_("{words} is too much"), {"words": extra[1] or extra[2]}))
    if kind == "NoSuchOption":
        near = difflib.get_close_matches(named, complaint.possibilities or (), n=1, cutoff=NEAR)
        if near:
            said = {"name": named, "near": near[0]}
            return MisusedCommandError(problem=Message(N_("there is no option {name}, perhaps {near} was meant"), said))
        return MisusedCommandError(problem=Message(N_("there is no option {name}"), {"name": named}))
    if kind == "MissingParameter":
        said = {"name": named, "help": (parameter.help or "").rstrip(".。")}
        return MisusedCommandError(problem=Message(N_("{name} is missing ({help})"), said))
    if kind == "BadParameter":
        return MisusedCommandError(problem=_bad_value(complaint.__cause__, named, parameter))
    if kind == "BadOptionUsage":
        return MisusedCommandError(problem=Message(N_("{name} needs a value"), {"name": named}))
    return MisusedCommandError(problem=complaint.message)


def _parameter_of(complaint: Any) -> Any:
    return getattr(complaint, "param", None)


def _name(parameter: Any) -> str:
    """Return an option as it is written, an argument as the help shows it."""
    return str(parameter.opts[0]) if parameter.param_type_name == "option" else str(parameter.name).upper()


def _bad_value(cause: Any, named: str, parameter: Any) -> Message:
    """Return what is wrong with a value and what would be right, from what the parser tried."""
    if not hasattr(cause, "errors"):
        return Message(N_("the value of {name} cannot be used"), {"name": named})
    tried = cause.errors()[0]
    low, high = getattr(parameter, "min", None), getattr(parameter, "max", None)
    said = {"name": named, "value": tried["input"], "low": low, "high": high}
    if low is not None and high is not None:
        return Message(N_("{name} takes a number from {low} to {high}, not {value}"), said)
    if low is not None:
        return Message(N_("{name} takes a number from {low} up, not {value}"), said)
    if tried["type"].startswith("int"):
        return Message(N_("{name} takes a whole number, not {value}"), said)
    return Message(N_("{name} cannot be {value}"), said)


def _program(words: Sequence[str], translate: Translate) -> Any:
    called = tuple(word for word in words if not word.startswith("-"))[:2]
    _refuse_unknown(called)
    speak(translate)
    program = typer.Typer(
        name="xinheng",
        help=translate(OVERVIEW),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    groups = {name: typer.Typer(name=name, help=translate(text), no_args_is_help=True) for name, text in GROUPS.items()}
    for command in COMMANDS:
        owner = program if len(command.path) == 1 else groups[command.path[0]]
        function = _load(command) if command.path == called[: len(command.path)] else _stub
        owner.command(command.path[-1], help=translate(command.help))(function)
    for group in groups.values():
        program.add_typer(group)
    built = typer.main.get_command(program)
    put_into_words(built, translate)
    return built


def _refuse_unknown(called: tuple[str, ...]) -> None:
    """Name a command that is not there, and the nearest that is, before the parser says so in its own language."""
    paths = {command.path for command in COMMANDS}
    if not called or called[:1] in paths or called in paths or called in {(group,) for group in GROUPS}:
        return
    depth = 2 if called[0] in GROUPS else 1
    name, group = " ".join(called[:depth]), called[: depth - 1]
    there = {path[:depth] for path in paths if path[: depth - 1] == group} | {(one,) for one in GROUPS if depth == 1}
    near = difflib.get_close_matches(name, sorted(" ".join(path) for path in there), n=1, cutoff=NEAR)
    if near:
        said = Message(N_("there is no command {name}, perhaps {near} was meant"), {"name": name, "near": near[0]})
    else:
        said = Message(N_("there is no command {name}"), {"name": name})
    raise MisusedCommandError(problem=said)


def _load(command: Command) -> Callable[..., Any]:
    module, _, name = command.target.partition(":")
    return getattr(import_module(module), name)  # type: ignore[no-any-return]


def _stub() -> None:
    """Stand in the listing for a command that was not called."""
