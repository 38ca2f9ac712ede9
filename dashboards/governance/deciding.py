"""Who decides: the model of a population with its backtest, whether another should replace it, its card."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboards import guard, parts, words
from dashboards.governance import charts, shared
from dashboards.queries import PROFILE
from dashboards.view import View
from engine.api.desk import Action
from engine.api.documents.model_card import FORMS, model_card
from engine.api.figures.model_evidence import Contest, Evidence
from engine.api.grading.champion_history import Deciding
from engine.i18n import chosen_language
from engine.messages import N_

CARD_NAMES = {"md": N_("Model card (Markdown)"), "docx": N_("Model card (DOCX)")}


def show(found: Contest, population: str, view: View) -> None:
    """Show who decides a population, on what figures, and what the newest other backtest says."""
    _ = view.translate
    st.subheader(_("Which model decides"))
    _now(found.now, population, view)
    if found.champion is not None:
        _backtest(found.champion, view, name="champion")
    elif found.now.digest:
        parts.nothing_yet(_("The backtest that it won is not stored in this workspace."))
    if found.now.can_decide:
        _card(population, view)
    if found.waiting is not None:
        said = _(
            "Model {digest} was promoted on {day} and does not decide: no policy names it. Its draft is entered by:"
        )
        st.markdown(said.format(digest=found.waiting.digest[:12], day=words.day(found.waiting.at)))
        st.code(f"xinheng policy draft reports/{found.waiting.run}-champion.yaml --reason …", language=None)
    st.subheader(_("Should another model replace it?"))
    if found.challenger is not None:
        _verdict(found.challenger, view)
        _backtest(found.challenger, view, name="challenger")
        return
    none = _("No backtest judged this population yet.")
    none_else = _("No other backtest judged this population.")
    command = f"xinheng backtest --population {population}"
    parts.nothing_yet(none if found.champion is None else none_else, command=command)


def _now(now: Deciding, population: str, view: View) -> None:
    _ = view.translate
    said = _("{population}: {model} decides since {day}. Document: {reference}").format(
        population=shared.population(population, _),
        model=shared.model(now.model, now.digest, _),
        day=words.day(now.since),
        reference=_(now.reference),
    )
    st.markdown(said)
    if now.drafted_by:
        st.caption(
            _("Drafted by {drafted}, approved by {approved}.").format(
                drafted=words.actor_name(now.drafted_by, _), approved=words.actor_name(now.approved_by, _)
            )
        )
    if now.is_scorecard:
        st.info(
            _(
                "No learned model decides here: the points scorecard does, set by people and not fitted. It has no "
                "backtest of its own; what it finds stands beside the models that challenge it."
            )
        )
    elif not now.can_decide:
        st.warning(_("Policy names a learned model and none was promoted: no run can grade this population."))


def _card(population: str, view: View) -> None:
    """Offer the card of the model that decides."""
    _ = view.translate
    row = st.container(horizontal=True)
    for form, name in CARD_NAMES.items():
        made = partial(card_bytes, view, population=population, form=form)
        file_name = f"model-card-{population}.{form}"
        guard.download(_(name), made, file_name=file_name, view=view, place=row, key=f"model_card_{form}")
    st.caption(_("The command writes the same file: {command}").format(command=f"`{card_command(population)}`"))


def card_command(population: str) -> str:
    """Return the command that writes the card."""
    return f"xinheng models card {population} --form docx"


def card_bytes(view: View, *, population: str, form: str) -> bytes:
    """Return the card of the model that decides a population."""
    with view.desk.reading(Action.SEE_MODELS) as workspace:
        report = model_card(
            workspace,
            population=population,
            profile=PROFILE,
            on=view.desk.clock().date(),
            translate=view.translate,
            language=chosen_language(st.query_params.get("lang", "zh")),
        )
    return FORMS[form](report)


def _verdict(found: Evidence, view: View) -> None:
    """Say what the rule of promotion said of the judged model, with every reason."""
    _ = view.translate
    name = words.score_name(found.model, _)
    verdict = found.verdict
    if verdict is None:
        st.caption(_("An older program ran this backtest and stored no verdict; run it again to have one."))
        return
    champion = words.score_name(verdict.champion, _)
    if verdict.is_passed:
        st.success(
            _("✓ {model} passes the rule of promotion against {champion}.").format(model=name, champion=champion)
        )
        st.code(f"xinheng promote {found.run_id} --population {found.population}", language=None)
        return
    st.error(_("✗ {model} may not replace {champion}:").format(model=name, champion=champion))
    for each in verdict.objections:
        st.markdown("- " + each.render(_))


def _backtest(found: Evidence, view: View, *, name: str) -> None:
    """Show the figures of a backtest, the gains in pairs and its windows."""
    _ = view.translate
    st.caption(
        _("Backtest {run}, {day}: {model} on {n} windows, {first} – {last}.").format(
            run=found.run_id,
            day=words.day(found.ran_at),
            model=words.score_name(found.model, _),
            n=found.windows["split"].nunique(),
            first=str(found.windows["split"].min()).partition("..")[0],
            last=str(found.windows["split"].max()).partition("..")[2],
        )
    )
    _cards(found, view)
    own = found.compared
    rivals = own[~own["is_judged"]].reset_index(drop=True)
    named = rivals.assign(label=[_score(row, _) for row in rivals.to_dict("records")])
    table = gains_table(found, view)
    if len(named):
        chart = charts.gains(named.dropna(subset=["gain"]), translate=_)
        title = _("Gain in AUC over every other score, in pairs")
        st.markdown("**" + title + "**")
        parts.chart_with_table(chart, table, alt_text=title, translate=_)
    windows = _windows(found, view)
    with st.expander(_("Every window"), expanded=False):
        parts.plain_table(windows)
    parts.export_menu({"gains": table, "windows": windows}, name=f"{name}-{found.population}", view=view)
    for said in _notes(found, view):
        st.caption("· " + said)


def _score(row: dict[str, object], translate: object) -> str:
    star = " *" if row["is_best_other"] else ""
    return words.score_name(str(row["score"]), translate) + star  # type: ignore[arg-type]


def _cards(found: Evidence, view: View) -> None:
    _ = view.translate
    own, chances = found.own, found.chances
    n = words.count(found.windows.loc[found.windows["name"] == found.model, "n"].sum())
    cells = [
        (_("Mean AUC"), shared.number(own["auc"], ".3f"), shared.limits(own, "auc", ".3f")),
        (_("Precision of the first tenth"), shared.number(own["precision"], ".1%"),
         shared.limits(own, "precision", ".1%")),
    ]  # fmt: skip
    if chances is not None:
        cells += [
            (_("Brier score"), shared.number(chances["brier_value"], ".4f"), shared.limits(chances, "brier", ".4f")),
            (_("Found over expected"), shared.number(chances["observed_to_expected_value"], ".2f"),
             shared.limits(chances, "observed_to_expected", ".2f")),
        ]  # fmt: skip
    for place, (name, value, ends) in zip(st.columns(len(cells)), cells, strict=True):
        below = _("{interval} · n={n}").format(interval=ends, n=n)
        place.metric(name, value, delta=below, delta_color="off", delta_arrow="off", border=True, height="stretch")
    if chances is not None:
        st.caption(
            _("Brier score of one chance for all: {base}. Calibration slope {slope} ({ends}); 1 is right.").format(
                base=f"{chances['base_brier']:.4f}",
                slope=shared.number(chances["slope"], ".2f"),
                ends=shared.limits(chances, "slope", ".2f"),
            )
        )


def gains_table(found: Evidence, view: View) -> pd.DataFrame:
    """Return the scores of a backtest with what the judged model gains over each."""
    _ = view.translate
    rows = found.compared.to_dict("records")
    return pd.DataFrame(
        {
            _("Score"): [_score(row, _) for row in rows],
            _("Mean AUC"): [shared.number(row["auc"], ".3f") for row in rows],
            _("Interval"): [shared.limits(row, "auc", ".3f") for row in rows],
            _("Gain"): [shared.number(row["gain"], "+.3f") for row in rows],
            _("Limits, firms resampled"): [shared.limits(row, "gain", "+.3f") for row in rows],
            _("Limits, days resampled"): [shared.limits(row, "gain_days", "+.3f") for row in rows],
            _("Precision of the first tenth"): [shared.number(row["precision"], ".1%") for row in rows],
            _("Gain in precision"): [shared.number(row["precision_gain"], "+.1%") for row in rows],
            _("Limits of the gain in precision"): [shared.limits(row, "precision_gain", "+.1%") for row in rows],
        }
    )


def _windows(found: Evidence, view: View) -> pd.DataFrame:
    _ = view.translate
    rows = found.windows[found.windows["name"] == found.model].to_dict("records")
    return pd.DataFrame(
        {
            _("Window"): [str(row["split"]).replace("..", " – ") for row in rows],
            _("Results"): [_("complete") if row["is_mature"] else _("○ not complete yet") for row in rows],
            "n": [words.count(row["n"]) for row in rows],
            _("Adverse"): [words.share(row["base_rate"]) for row in rows],
            "AUC": [shared.number(row["auc_value"], ".3f") for row in rows],
            _("Interval of the AUC"): [shared.limits(row, "auc", ".3f") for row in rows],
            "Brier": [shared.number(row["brier"], ".4f") for row in rows],
            _("Found over expected"): [words.times(row["observed_to_expected"]) for row in rows],
        }
    )


def _notes(found: Evidence, view: View) -> list[str]:
    """Say what a reader of the figures has to know besides."""
    _ = view.translate
    said = [_("* the best score beside the model"),
            _("Past checks, scored on their eve; not design-based: who was visited was chosen.")]  # fmt: skip
    if found.chances is None:
        said.append(_("An older program ran this backtest: precision, Brier score and groups are not stored."))
    if found.standing:
        said.append(_("The stored model that decides ({digest}) was judged on the same checks.").format(
            digest=found.standing[:12]))  # fmt: skip
    if found.times_scored > 1:
        said.append(
            _("This set of checks ({digest}) was scored {times} times: the more often, the less it proves.").format(
                digest=found.test_digest[:12], times=found.times_scored
            )
        )
    if found.mature_on > found.last_known:
        said.append(_("○ Windows whose results are not complete yet can still change: they judge nothing."))
    return said + [_(each) for each in found.caveats]
