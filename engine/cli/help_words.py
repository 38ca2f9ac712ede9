"""The words of the parser's own help, in the language of the call: headings, kinds of values, what must be given."""

from typing import Any

import typer
from rich.columns import Columns
from typer import rich_utils

from engine.messages import N_, Translate

KINDS = {
    "<str>": N_("<text>"),
    "<list[str]>": N_("<text, several times>"),
    "<path>": N_("<path>"),
    "<list[Path]>": N_("<paths>"),
    "<int>": N_("<whole number>"),
    "<int range>": N_("<whole number>"),
    "<float>": N_("<number>"),
    "<bool>": "",
}
"""How the parser names a kind of value, and how people do; a flag takes none."""


class WholeColumns(Columns):
    """Texts beside each other that break a Chinese sentence, which has no spaces, instead of cutting it off."""

    def __init__(self, renderables: Any = None, *settings: Any, **named: Any) -> None:
        for each in renderables or ():
            each.overflow = "fold"
        super().__init__(renderables, *settings, **named)


def speak(translate: Translate) -> None:
    """Set the headings and remarks that the parser keeps for every command."""
    rich_utils.Columns = WholeColumns  # type: ignore[misc, attr-defined]
    rich_utils.OPTIONS_PANEL_TITLE = translate(N_("Options"))
    rich_utils.ARGUMENTS_PANEL_TITLE = translate(N_("Arguments"))
    rich_utils.COMMANDS_PANEL_TITLE = translate(N_("Commands"))
    rich_utils.REQUIRED_LONG_STRING = translate(N_("[required]"))
    rich_utils.DEFAULT_STRING = translate(N_("[default: {}]"))
    rich_utils.ENVVAR_STRING = translate(N_("[environment variable: {}]"))


def put_into_words(command: Any, translate: Translate) -> None:
    """Put the help of a command and of those below it into the language of the call."""
    context = typer.Context(command)
    command.get_help_option(context).help = translate(N_("Show this help and leave."))
    command.options_metavar = translate(N_("[OPTIONS]"))
    usage = command.get_usage
    command.get_usage = lambda asked: usage(asked).replace("Usage:", translate(N_("Usage:")), 1)
    for parameter in command.get_params(context):
        if getattr(parameter, "help", None) and parameter in command.params:
            parameter.help = translate(parameter.help)
        kind = parameter.display_type_rich(ctx=context)
        said = translate(KINDS[kind]) if KINDS.get(kind) else KINDS.get(kind, kind)
        parameter.display_type_rich = lambda ctx, said=said: said
    if hasattr(command, "commands"):
        command.subcommand_metavar = translate(N_("COMMAND [ARGUMENTS]"))
        for below in command.commands.values():
            put_into_words(below, translate)
