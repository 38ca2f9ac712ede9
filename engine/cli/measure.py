"""``xinheng measure``: what random inspections say about everybody."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.options import DEFAULT_WORKSPACE, JsonOption, ProfileOption, WorkspaceOption
from engine.cli.output import current_translate, show_json, show_line, show_table
from engine.messages import N_, Message, Translate
from engine.vocabulary import population_name

if TYPE_CHECKING:
    import pandas as pd

    from engine.estimation.funnel import Funnel
    from engine.store.workspaces.workspace import Workspace

ByOption = Annotated[
    str, typer.Option("--by", help=N_("grade, district, department, sector, population, item or class."))
]
DrawsOption = Annotated[str, typer.Option("--draws", help=N_("Draws of one period, with commas; the latest if empty."))]
AgainstOption = Annotated[
    str, typer.Option("--against", help=N_("Earlier draws of the same season; the change is given."))
]
KeptOption = Annotated[
    str, typer.Option("--population", help=N_("What was kept of this population by grade, as the pages show it."))
]
OverOption = Annotated[
    str,
    typer.Option(
        "--over", help=N_("Over time, as the pages show it: draw, quarter or year; --population, or the largest.")
    ),
]
CompareOption = Annotated[
    bool, typer.Option("--compare", help=N_("Compare districts, departments or sectors in a funnel."))
]

STATUS = {
    "shown": N_("shown"),
    "marked": N_("imprecise"),
    "withheld": N_("withheld"),
    "widened": N_("interval widened"),
}
POSITIONS = {
    "inside": N_("within the limits"),
    "above": N_("above (95 %)"),
    "far_above": N_("far above (99.8 %)"),
    "below": N_("below (95 %)"),
    "far_below": N_("far below (99.8 %)"),
    "not_judged": N_("too few to judge"),
}


def measure(
    by: ByOption = "grade",
    draws: DrawsOption = "",
    against: AgainstOption = "",
    compare: CompareOption = False,
    population: KeptOption = "",
    over: OverOption = "",
    profile: ProfileOption = "default",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Say which share of everybody would fail, from random inspections, by grade, district, department or sector."""
    from engine.api.figures.measuring import change_by, compare_by, domain_names, measure_by, read_drawn
    from engine.api.policies.check import read_policies
    from engine.api.workspace import open_workspace

    opened, book = open_workspace(workspace, create=False), read_policies(profile)
    if over:
        from engine.cli.measure_over import show_over

        show_over(opened, population=population, over=over, as_json=as_json)
        return
    if population:
        _kept(opened, population=population, as_json=as_json)
        return
    drawn = read_drawn(opened, draw_ids=_names(draws), book=book)
    names = domain_names(opened, by=by, on=drawn.as_of)
    said: dict[str, Any] = {"by": by, "draws": list(drawn.measured.draw_ids), "items_left_out": drawn.measured.left_out}
    if compare:
        funnel = compare_by(drawn, by=by)
        said |= {"rate": funnel.rate, "between": funnel.between, "inflation": funnel.inflation}
        _answer({**said, "units": _records(funnel.table, names)}, as_json, lambda t: _show_funnel(funnel, names, t))
        return
    table = measure_by(drawn, by=by)
    said["domains"], moved = _records(table, names), None
    if against:
        moved = change_by(read_drawn(opened, draw_ids=_names(against), book=book), drawn, by=by)
        said["change"] = _records(moved, names)

    def show(translate: Translate) -> None:
        _show_rates(table, names, translate)
        if moved is not None:
            _show_change(moved, names, translate)

    _answer(said, as_json, show)


def _kept(opened: "Workspace", *, population: str, as_json: bool) -> None:
    """Show the figures of the newest measurement of one population."""
    from engine.api.reading.measures import figures, hit_rates, standing
    from engine.cli.measure_over import require_measured

    held = standing(opened)
    require_measured(population, held)
    rates = hit_rates(opened, as_of=held.as_ofs[0], population=population)
    whole = figures(opened, as_of=held.as_ofs[0], population=population)
    if as_json:
        said = {name: {"value": each.value, "low": each.low, "high": each.high, "n": each.n, "hits": each.hits}
                for name, each in whole.items()}  # fmt: skip
        show_json({"as_of": held.as_ofs[0], "population": population, "grades": rates.to_dict("records"),
                   "figures": said})  # fmt: skip
        return
    translate = current_translate()
    heads = [N_("selection"), N_("grade"), N_("checked"), N_("findings"), N_("rate"), N_("interval")]
    rows = [
        [row["mode"], row["grade"], f"{row['n']:,}", f"{row['hits']:,}", _share(row["hit_rate"]),
         f"{_share(row['low'])}–{_share(row['high'])}"]
        for row in rates.to_dict("records")
    ]  # fmt: skip
    title = f"{population_name(population, translate)} · {held.as_ofs[0].isoformat()}"
    show_table(title, [translate(head) for head in heads], rows)
    for name, each in whole.items():
        show_line(f"{name}: {each.value:.4g} ({each.low:.4g} – {each.high:.4g}, n={each.n:,})")


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _answer(said: dict[str, Any], as_json: bool, show: Callable[[Translate], None]) -> None:
    if as_json:
        show_json(said)
        return
    translate = current_translate()
    show(translate)
    if said["items_left_out"]:
        text = N_("! left out, fewer than two units drawn: {items}")
        show_line(translate(text).format(items=", ".join(said["items_left_out"])))


def _records(table: "pd.DataFrame", names: dict[str, str]) -> list[dict[str, Any]]:
    translate = current_translate()
    rows = []
    for record in table.to_dict("records"):
        notes = [note.render(translate) for note in record.pop("notes", ())]
        kept = {str(key): value for key, value in record.items()}
        rows.append(
            {**kept, "name": names.get(str(record["domain"])), **({"notes": notes} if "notes" in table else {})}
        )
    return rows


def _name(domain: object, names: dict[str, str], translate: Translate) -> str:
    text = str(domain)
    return names.get(text, text) if text else translate(N_("all"))


def _share(value: float) -> str:
    return "–" if value != value else f"{value:.1%}"


def _show_rates(table: "pd.DataFrame", names: dict[str, str], translate: Translate) -> None:
    heads = [
        N_("domain"),
        N_("units"),
        N_("checked"),
        N_("findings"),
        N_("rate"),
        N_("interval"),
        N_("unreachable"),
        N_("nothing to check"),
        N_("not done"),
        N_("status"),
    ]
    rows = [
        [
            _name(row["domain"], names, translate),
            f"{row['units']:,.0f}",
            f"{row['n']:,}",
            "–" if row["findings"] != row["findings"] else f"{row['findings']:,.0f}",
            _share(row["rate"]),
            f"{_share(row['low'])}–{_share(row['high'])}",
            _share(row["unreachable"]),
            _share(row["not_assessable"]),
            _share(row["not_done"]),
            translate(STATUS[row["status"]]),
        ]
        for row in table.to_dict("records")
    ]
    show_table(translate(N_("Violations among those checked")), [translate(head) for head in heads], rows)
    for row in table.to_dict("records"):
        for note in row["notes"]:
            show_line(f"· {_name(row['domain'], names, translate)}: {note.render(translate)}")


def _show_change(table: "pd.DataFrame", names: dict[str, str], translate: Translate) -> None:
    heads = [N_("domain"), N_("earlier"), N_("later"), N_("change"), N_("interval")]
    rows = [
        [
            _name(row["domain"], names, translate),
            _share(row["earlier"]),
            _share(row["later"]),
            "–" if row["change"] != row["change"] else f"{row['change']:+.1%}",
            f"{row['low']:+.1%} … {row['high']:+.1%}",
        ]
        for row in table.to_dict("records")
    ]
    show_table(translate(N_("Change between the periods")), [translate(head) for head in heads], rows)


def _show_funnel(funnel: "Funnel", names: dict[str, str], translate: Translate) -> None:
    heads = [
        N_("unit"),
        N_("checked"),
        N_("found ÷ expected"),
        N_("limits (95 %)"),
        N_("position"),
        N_("smoothed rate"),
        N_("rank"),
    ]
    rows = [
        [
            _name(row["domain"], names, translate),
            f"{row['n']:,}",
            f"{row['ratio']:.2f}",
            f"{row['warn_low']:.2f}–{row['warn_high']:.2f}",
            translate(POSITIONS[row["position"]]),
            _share(row["shrunken_rate"]),
            "–" if row["rank_low"] != row["rank_low"] else f"{row['rank_low']:.0f}–{row['rank_high']:.0f}",
        ]
        for row in funnel.table.to_dict("records")
    ]
    title = Message(
        N_("Found against expected, given grade and item (everybody: {rate})"), {"rate": _share(funnel.rate)}
    )
    show_table(title.render(translate), [translate(head) for head in heads], rows)
