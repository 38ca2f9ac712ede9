"""``xinheng models show``, ``card``, ``return``: who decides the class, on what figures, and the way back."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.options import (
    DEFAULT_WORKSPACE,
    JsonOption,
    ProfileOption,
    WorkspaceOption,
    as_of_date,
    current_actor,
    current_time,
)
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_

if TYPE_CHECKING:
    from engine.api.figures.model_evidence import Contest


class Form(StrEnum):
    """Forms of a model card."""

    MARKDOWN = "md"
    DOCX = "docx"


PopulationOption = Annotated[str | None, typer.Option("--population", help=N_("Only this population."))]
PopulationArgument = Annotated[str, typer.Argument(help=N_("The population."))]
ReasonOption = Annotated[str, typer.Option("--reason", help=N_("Why; it stays on record."))]


def show(
    population: PopulationOption = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Show who decides each population, the backtest it rests on, parity, stability and sign-offs."""
    from engine.api.figures.model_evidence import as_json as told
    from engine.api.figures.model_evidence import contest, model_populations
    from engine.api.grading.champion_history import champion_table
    from engine.api.grading.model_governance import governance, stability
    from engine.api.workspace import open_workspace

    opened, on, translate = open_workspace(workspace, create=False), current_time().date(), current_translate()
    champions = champion_table(opened, profile=profile, on=on)
    names = [population] if population else list(model_populations(opened, profile=profile))
    found = {name: contest(opened, population=name, profile=profile, on=on) for name in names}
    if not as_json:
        _show_champions(found)
        return
    moved = stability(opened, profile=profile, on=on)
    show_json(
        {
            "on": on,
            "champions": champions.to_dict("records"),
            "populations": {
                name: {
                    "model": each.now.model,
                    "digest": each.now.digest,
                    "since": each.now.since,
                    "champion": None if each.champion is None else told(each.champion, translate),
                    "challenger": None if each.challenger is None else told(each.challenger, translate),
                }
                for name, each in found.items()
            },
            "stability": {name: table.to_dict("records") for name, table in moved.items()},
            "sign_offs": governance(opened)["sign_offs"].to_dict("records"),
        }
    )


def _show_champions(found: "dict[str, Contest]") -> None:
    from engine.vocabulary import SCORE_NAMES, population_name

    translate = current_translate()
    heads = [N_("population"), N_("decides"), N_("since"), N_("mean AUC"), N_("checks"), N_("challenger's gain in AUC")]
    rows = []
    for name, each in found.items():
        own = None if each.champion is None else each.champion.own
        rows.append(
            [
                population_name(name, translate),
                translate(SCORE_NAMES.get(each.now.model, each.now.model)) + f" {each.now.digest[:12]}".rstrip(),
                each.now.since,
                "–" if own is None else _span(own, "auc", ".3f"),
                "–" if each.champion is None or each.champion.chances is None else each.champion.chances["n"],
                _challenger(each),
            ]
        )
    show_table(translate(N_("Models that decide")), [translate(head) for head in heads], rows)


def _challenger(each: "Contest") -> str:
    """What the newest other backtest says of the model it judged against who decides now."""
    if each.challenger is None:
        return "–"
    table = each.challenger.compared
    rival = "standing" if each.challenger.standing else each.now.model
    rows = table[table["score"] == rival]
    return "–" if rows.empty else _span(rows.iloc[0], "gain", "+.3f")


def _span(row: Any, name: str, form: str) -> str:
    value, low, high = (row[key] for key in (name, f"{name}_low", f"{name}_high"))
    return "–" if value is None or value != value else f"{value:{form}} ({low:{form}} – {high:{form}})"


def card(
    population: PopulationArgument,
    form: Annotated[Form, typer.Option("--form", help=N_("md or docx."))] = Form.MARKDOWN,
    out: Annotated[Path | None, typer.Option("--out", help=N_("Where to write it."))] = None,
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Write the card of the model that decides a population: what it is, its figures, its limits, who signed."""
    import hashlib

    from engine.api.documents.model_card import FORMS, model_card
    from engine.api.workspace import open_workspace
    from engine.i18n import chosen_language

    report = model_card(
        open_workspace(workspace, create=False),
        population=population,
        profile=profile,
        on=current_time().date(),
        translate=current_translate(),
        language=chosen_language(),
    )
    content, target = FORMS[form.value](report), out or Path(f"model-card-{population}.{form.value}")
    target.write_bytes(content)
    if as_json:
        show_json({"file": str(target), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
        return
    show_line(str(target))


def give_back(
    population: PopulationArgument,
    reason: ReasonOption,
    since: Annotated[
        str | None, typer.Option("--from", help=N_("First day; default: the first of the next free month."))
    ] = None,
    document: Annotated[str, typer.Option("--document", help=N_("Document it rests on."))] = "",
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Enter a draft that lets the model before decide again; a second person approves it."""
    from dataclasses import asdict

    from engine.api.grading.champion_history import draft_return
    from engine.api.workspace import open_workspace

    found = draft_return(
        open_workspace(workspace, create=False),
        population,
        profile=profile,
        reason=reason,
        actor=current_actor(),
        clock=current_time,
        since=as_of_date(since) if since else None,
        reference=document,
    )
    if as_json:
        show_json(asdict(found))
        return
    show_line(
        current_translate()(
            N_("Draft {draft_id} would hold from {valid_from}; a second person approves it: {command}")
        ).format(
            draft_id=found.draft_id,
            valid_from=found.valid_from,
            command=f"xinheng policy approve {found.draft_id}",
        )
    )
