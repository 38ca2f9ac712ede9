"""Builds the command line for one call and maps errors to sentences and exit status.

Only the module of the command that was called is imported; every other command is listed from the table alone.
"""

import difflib
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

import typer
from typer import rich_utils

from engine.cli.output import show_error
from engine.cli.table import COMMANDS, GROUPS, Command
from engine.errors import MisusedCommandError, SupervisionError
from engine.i18n import chosen_language, translator
from engine.messages import N_, Message, Translate

EXIT_INTERRUPTED = 130
NEAR = 0.7
"""Likeness from which a command counts as the one that was meant (difflib's ratio)."""
OVERVIEW = N_("信衡 xinheng: credit risk, sampling ratios, a public draw and honest measurement.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave the process with its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    translate: Translate = str
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
    sys.exit(status)


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
    kind = type(complaint).__name__
    parameter = getattr(complaint, "param", None)
    named = getattr(complaint, "option_name", None) or (parameter and (parameter.opts or [parameter.name])[0]) or ""
    said = {
        "NoSuchOption": Message(N_("there is no option {name}"), {"name": named}),
        "MissingParameter": Message(N_("{name} is missing"), {"name": named}),
        "BadParameter": Message(N_("the value of {name} cannot be used"), {"name": named}),
        "BadOptionUsage": Message(N_("{name} needs a value"), {"name": named}),
    }
    return MisusedCommandError(problem=said.get(kind, complaint.message))


def _program(words: Sequence[str], translate: Translate) -> Any:
    called = tuple(word for word in words if not word.startswith("-"))[:2]
    _refuse_unknown(called)
    rich_utils.OPTIONS_PANEL_TITLE = translate(N_("Options"))
    rich_utils.ARGUMENTS_PANEL_TITLE = translate(N_("Arguments"))
    rich_utils.COMMANDS_PANEL_TITLE = translate(N_("Commands"))
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
    _translate_options(built, translate)
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


def _translate_options(command: Any, translate: Translate) -> None:
    own_help = command.get_help_option(typer.Context(command))
    own_help.help = translate(N_("Show this help and leave."))
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = translate(parameter.help)
    for sub in getattr(command, "commands", {}).values():
        _translate_options(sub, translate)
