"""``xinheng publish`` and ``audit-draw``: the public site as plain files, and draws of other systems."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import (
    DEFAULT_WORKSPACE,
    AsOfOption,
    JsonOption,
    ProfileOption,
    WorkspaceOption,
    as_of_date,
    current_actor,
    current_time,
)
from engine.cli.output import StageClock, current_translate, show_json, show_line
from engine.errors import MisusedCommandError, UsageError
from engine.messages import N_, Message

SiteOption = Annotated[Path, typer.Option("--out", help=N_("Folder of the site; an older site there is replaced."))]
DemoOption = Annotated[
    bool, typer.Option("--demo", help=N_("Mark every page as a demonstration; needed for simulated draws."))
]
NamesOption = Annotated[
    bool, typer.Option("--without-names", help=N_("Leave out results by name and show the content of every draw."))
]


def publish(
    *,
    out: SiteOption,
    as_of: AsOfOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    demo: DemoOption = False,
    without_names: NamesOption = False,
    profile: ProfileOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Write item lists, plans, draws with certificates and the verifier, and results per firm."""
    from engine.api.site.publication import publish as write_site
    from engine.api.workspace import open_workspace
    from engine.store.workspaces.policies import policies_of

    clock = StageClock(quiet=as_json)
    opened = open_workspace(workspace, create=False)
    try:
        site = write_site(
            opened,
            out,
            as_of=as_of_date(as_of),
            is_demo=demo,
            book=policies_of(opened, profile),
            actor=current_actor(),
            at=current_time(),
            with_names=not without_names,
            progress=clock,
        )
    finally:
        opened.close()
    clock.close()
    if as_json:
        show_json(site.as_json())
        return
    said = Message(
        N_("Published {n_items} items, {n_draws} draws and the results of {n_firms} firms in {folder}."),
        site.as_json(),
    )
    show_line(said.render(current_translate()))
    for draw_id, reasons in site.withheld.items():
        kept = Message(
            N_("Rows of draw {draw_id} withheld beside names: {reason}"), {"draw_id": draw_id, "reason": reasons[0]}
        )
        show_line(kept.render(current_translate()))


ListOption = Annotated[
    Path | None, typer.Option("--list", help=N_("CSV file of the list in its order, column object_id."))
]
OutcomesOption = Annotated[
    Path | None, typer.Option("--outcomes", help=N_("CSV file of drawn rows, columns draw and object_id."))
]
SkipOption = Annotated[
    str | None, typer.Option("--skip-sampling", help=N_("Describe skip sampling instead: ROWS:WANTED, e.g. 2999:1000."))
]

SeededOption = Annotated[
    str | None,
    typer.Option(
        "--seeded-sampling",
        help=N_("Describe a program under a short seed: ROWS:WANTED:SEEDS."),
    ),
]


def audit_draw(
    *,
    listed: ListOption = None,
    outcomes: OutcomesOption = None,
    skip_sampling: SkipOption = None,
    seeded_sampling: SeededOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what can be said about a draw of another system."""
    from engine.api.draws.audit import audit_files, audit_seeded_sampling, audit_skip_sampling

    if skip_sampling is not None:
        n_rows, n_wanted = _numbers(skip_sampling, what="--skip-sampling", form="ROWS:WANTED")
        method = audit_skip_sampling(n_rows=n_rows, n_wanted=n_wanted)
        _show_audit(asdict(method), _METHOD_SENTENCES, as_json=as_json)
    elif seeded_sampling is not None:
        n_rows, n_wanted, n_seeds = _numbers(seeded_sampling, what="--seeded-sampling", form="ROWS:WANTED:SEEDS")
        seeded = audit_seeded_sampling(n_rows=n_rows, n_wanted=n_wanted, n_seeds=n_seeds)
        _show_audit(asdict(seeded), _SEED_SENTENCES, as_json=as_json)
    elif listed is not None and outcomes is not None:
        _show_audit(asdict(audit_files(listed, outcomes)), _OUTCOME_SENTENCES, as_json=as_json)
    else:
        raise MisusedCommandError(
            problem=Message(N_("--list with --outcomes, --skip-sampling or --seeded-sampling is needed"))
        )


_METHOD_SENTENCES = (
    N_("Rows {step} apart from one random start: {n_samples} different samples can occur, {bits} bits."),
    N_("A fair draw of {n_wanted} from {n_rows} has {bits_needed} bits."),
    N_("{n_never} rows at the end of the list can never be drawn; {n_always} are always drawn."),
    N_("One drawn row tells all others. Without commitment and kept seed nobody can recompute the draw."),
)
_SEED_SENTENCES = (
    N_("{n_seeds} seeds: {bits} bits; a fair draw of {n_wanted} from {n_rows} has {bits_needed} bits."),
    N_("Of all samples at most the part 10^{log10_share} can occur. Whoever tries all seeds knows every one of them."),
    N_("{rows_to_know} drawn rows tell all others."),
    N_("Whoever picks the seed gets one row drawn after {tries_to_include} tries, and spared after {tries_to_spare}."),
)
_OUTCOME_SENTENCES = (
    N_("{n_draws} draws from {n_rows} rows: {n_never} rows never drawn, {expected_never} expected of fair draws."),
    N_("Blocks of the list: chi-square {chi_square} on {degrees} degrees of freedom, p = {p_value}."),
    N_("{n_constant_gap} draws at one constant distance; {n_repeated} draws repeat an earlier one."),
    N_("Outcomes can show that a draw was unfair, never that it was fair."),
)


def _show_audit(found: dict[str, object], sentences: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    shown = {name: f"{value:.4g}" if isinstance(value, float) else value for name, value in found.items()}
    for sentence in sentences:
        show_line(Message(sentence, shown).render(current_translate()))


def _numbers(text: str, *, what: str, form: str) -> tuple[int, ...]:
    parts = text.split(":")
    if len(parts) != len(form.split(":")) or not all(part.isascii() and part.isdigit() for part in parts):
        raise UsageError(what=what, value=text, remedy=Message(N_("write {form}"), {"form": form}))
    return tuple(int(part) for part in parts)
