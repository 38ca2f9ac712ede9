"""The card of one model, for whoever lets it decide: only what is stored of it, in one language, as Markdown or DOCX.

A learned model's facts come from its own card, the backtest that it won, the runs and the ledger; the points scorecard
has its points instead, and no backtest of its own. What is not stored is said to be missing.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from engine.api.figures.model_evidence import Evidence, evidence
from engine.api.grading.champion_history import Deciding, deciding_now
from engine.api.grading.model_governance import governance, stability
from engine.api.grading.rescoring import feature_titles
from engine.api.policies.laboratory import unit_names
from engine.errors import ScoringError
from engine.grading.champions import MODELS
from engine.grading.model_limits import Standing
from engine.messages import N_, Message, Translate
from engine.pipeline.assessment import SCORECARD_MODEL
from engine.registers.sizes import SIZES
from engine.scorecard.tree import read_scorecard
from engine.store.outputs.model_cards import StoredModel, stored_model
from engine.store.outputs.report_files import Part, Report, report_docx
from engine.store.outputs.report_text import report_markdown
from engine.store.workspaces.policies import policies_of
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import SCORE_NAMES, population_name, whole_population

__all__ = ["FORMS", "group_name", "model_card"]
FORMS = {"md": report_markdown, "docx": report_docx}
NOTHING = "—"
DIRECTIONS = {1: N_("more is riskier"), -1: N_("more is safer"), 0: N_("not bound")}
GROUPINGS = {
    "district_code": N_("district"),
    "size": N_("size"),
    "entity_type": N_("kind of object"),
    "industry_section": N_("industry section"),
}
STANDINGS = {
    Standing.PASS.value: N_("✓ pass"),
    Standing.WATCH.value: N_("▲ watch"),
    Standing.FAIL.value: N_("✗ fail"),
    Standing.FEW.value: N_("too few"),
    Standing.OTHER.value: N_("not comparable"),
}
STEPS = {
    "monthly.held": N_("run held back"),
    "monthly.signed": N_("run signed"),
    "model.promoted": N_("promoted"),
    "model.promotion_refused": N_("promotion refused"),
    "policy.drafted": N_("draft entered"),
    "policy.approved": N_("draft approved"),
    "policy.withdrawn": N_("draft closed"),
}
PURPOSE = N_(
    "An internal reference for allotting supervision. It is no evaluation of a firm's credit, is never published, "
    "and never triggers a punishment."
)


def model_card(
    workspace: Workspace, *, population: str, profile: str, on: date, translate: Translate, language: str
) -> Report:
    """Return the card of the model that decides a population on a day.

    Raises
    ------
    ScoringError
        Policy names a model that was never promoted.
    StoreError
        The model's own card is missing.
    """
    now = deciding_now(workspace, population, profile=profile, on=on)
    if not now.can_decide:
        raise ScoringError(
            problem=Message(N_("policy names {model} and none was promoted"), {"model": now.model}),
            remedy=Message(N_("promote one with 'xinheng promote', or let policy name the scorecard")),
        )
    said = _Words(translate, unit_names(workspace, on=on))
    if now.model == SCORECARD_MODEL:
        parts = list(_scorecard(workspace, population, profile=profile, on=on, said=said))
    else:
        stored = stored_model(workspace.path, digest=now.digest, promotion=now.promotion)
        found = evidence(workspace, population=stored.population, run_id=now.promotion, profile=profile, on=on)
        parts = [*_learned(stored, said=said), *_evidence(found, stored, said=said)]
    parts += [
        _stability(workspace, population, profile=profile, on=on, said=said),
        _signed(workspace, promotion=now.promotion, said=said),
    ]
    _ = translate
    title = _(N_("Model card: {population}")).format(population=said.population(population))
    name = said.score(now.model) + (f" · {now.digest[:12]}" if now.digest else "")
    return Report(
        title=title,
        subtitle=name,
        footer=f"{title} · {name} · {on.isoformat()}",
        remarks=[_(PURPOSE), _deciding(now, said=said)],
        parts=parts,
        language=language,
    )


class _Words:
    """What a card calls things."""

    def __init__(self, translate: Translate, units: Mapping[str, str]) -> None:
        self.translate, self._units = translate, units

    def population(self, name: str) -> str:
        return population_name(name, self.translate) if name else self.translate(N_("all others"))

    def score(self, name: str) -> str:
        return self.translate(SCORE_NAMES[name]) if name in SCORE_NAMES else name

    def standing(self, value: str) -> str:
        word = STANDINGS[value]
        return self.translate(word)

    def group(self, grouping: str, group: str) -> str:
        return group_name(grouping, group, units=self._units, translate=self.translate)


def group_name(grouping: str, group: str, *, units: Mapping[str, str], translate: Translate) -> str:
    """Return what people call a group of firms; ``units`` are the names of districts."""
    if group in ("", "…"):
        return translate(N_("small groups together")) if group else translate(N_("not stated"))
    if grouping == "district_code":
        return units.get(group, group)
    if grouping == "size":
        return translate(SIZES[group]) if group in SIZES else group
    if grouping == "industry_section":
        return translate(N_("section {letter}")).format(letter=group)
    return population_name(group, translate)


def _deciding(now: Deciding, *, said: _Words) -> str:
    _ = said.translate
    people = [name for name in (now.drafted_by, now.approved_by) if name]
    text = _(N_("Decides since {day}; document: {reference}.")).format(
        day=now.since.isoformat(), reference=_(now.reference)
    )
    if not people:
        return text
    return (
        text
        + " "
        + _(N_("Drafted by {drafted}, approved by {approved}.")).format(
            drafted=now.drafted_by, approved=now.approved_by
        )
    )


def _scorecard(workspace: Workspace, population: str, *, profile: str, on: date, said: _Words) -> Sequence[Part]:
    """Points of the scorecard of a population that is one kind of object; of all where it is called otherwise."""
    _ = said.translate
    book = policies_of(workspace, profile)
    cards = dict(book.value(MODELS, on=on))
    own = whole_population(population)
    parts = []
    for kind, name in sorted({own: cards[own]}.items() if own in cards else cards.items()):
        card = read_scorecard(book, name=name, on=on)
        since = max(day for day in book.parameter(name).values if day <= on)
        worst = max(card.consistency_ratios.values(), default=0.0)
        parts.append(
            Part(
                _(N_("Points: {population} ({name})")).format(population=said.population(kind), name=name),
                (_(N_("Indicator")), _(N_("Most points"))),
                [(_(each.label), f"{each.points:g}") for each in card.indicators],
                _(N_("In force since {day}; largest consistency ratio {ratio}. Rests on: {reference}")).format(
                    day=since.isoformat(), ratio=f"{worst:.3f}", reference=_(card.reference)
                ),
            )
        )
    limits = (
        N_("Points are set by people, not learned: there is no training window and no chance of a finding."),
        N_("What it found on past checks stands in every backtest beside the models that challenge it."),
    )
    return [*parts, Part(_(N_("Limits")), (_(N_("Limit")),), [(_(each),) for each in limits], widths=(1,))]


def _learned(stored: StoredModel, *, said: _Words) -> Sequence[Part]:
    _ = said.translate
    titles = feature_titles(translate=_)
    rehearsed = NOTHING if stored.rehearsed_auc is None else f"{stored.rehearsed_auc:.3f}"
    facts = [
        (_(N_("Digest")), stored.digest),
        (_(N_("Learned from")), _(N_("{rows} checks of {entities} firms, {adverse} with findings")).format(
            rows=f"{stored.n_rows:,}", entities=f"{stored.n_entities:,}", adverse=f"{stored.n_adverse:,}")),
        (_(N_("Training window")), f"{stored.first_as_of} – {stored.last_as_of}"),
        (_(N_("Results known until")), stored.known_by),
        (_(N_("Which rows")), _(stored.basis)),
        (_(N_("Calibration")), _(N_("{method}, {knots} points")).format(
            method=stored.calibration_method, knots=len(stored.calibration_knots))),
        (_(N_("AUC inside the training past")), rehearsed),
        *((_(N_("Version: {what}")).format(what=_(INPUTS.get(name, name))), value)
          for name, value in stored.inputs.items()),
    ]  # fmt: skip
    features = [
        (titles.get(str(each["name"]), str(each["name"])), _(DIRECTIONS[int(each["direction"])]),
         f"{float(each['importance']):.1%}")
        for each in sorted(stored.features, key=lambda each: -float(each["importance"]))
    ]  # fmt: skip
    return [
        Part(_(N_("The model")), (_(N_("What")), _(N_("Stored value"))), facts, widths=(1, 3)),
        Part(
            _(N_("What it reads")),
            (_(N_("Feature")), _(N_("Direction")), _(N_("Share of what moves the score"))),
            features,
            widths=(4, 1.2, 1),
        ),
    ]


INPUTS = {"policies": N_("policies"), "profile": N_("policy profile"), "records": N_("records")}


def _evidence(found: Evidence | None, stored: StoredModel, *, said: _Words) -> Sequence[Part]:
    _ = said.translate
    if found is None:
        return [Part(_(N_("Backtest")), remark=_(N_("No backtest of it is stored.")))]
    own, chances = found.own, found.chances
    figures = [
        (_(N_("Mean AUC")), _span(own, "auc", ".3f")),
        (_(N_("Precision of the first tenth")), _span(own, "precision", ".1%")),
    ]
    if chances is not None:
        figures += [
            (_(N_("Brier score")), _span(chances, "brier", ".4f", value="brier_value")),
            (_(N_("Brier score of one chance for all")), f"{chances['base_brier']:.4f}"),
            (_(N_("Found over expected")), _span(chances, "observed_to_expected", ".2f",
                                                 value="observed_to_expected_value")),
            (_(N_("Calibration slope")), _span(chances, "slope", ".2f")),
            (_(N_("Checks, firms, findings")), f"{chances['n']:,} · {chances['n_entities']:,} · "
                                               f"{chances['findings']:,}"),
        ]  # fmt: skip
    rivals = found.compared[~found.compared["is_judged"]].to_dict("records")
    gains = [
        (said.score(str(row["score"])), _span(row, "auc", ".3f"), _span(row, "gain", "+.3f"),
         _limits(row, "gain_days", "+.3f"), _span(row, "precision_gain", "+.1%"))
        for row in rivals
    ]  # fmt: skip
    windows = [
        (str(row["split"]).replace("..", " – "), f"{int(row['n']):,}", f"{row['base_rate']:.1%}",
         f"{row['auc_value']:.3f} ({row['auc_low']:.3f} – {row['auc_high']:.3f})",
         _(N_("complete")) if row["is_mature"] else _(N_("not complete yet")))
        for row in found.windows[found.windows["name"] == found.model].to_dict("records")
    ]  # fmt: skip
    return [
        Part(_(N_("Figures of the backtest {run}")).format(run=found.run_id),
             (_(N_("Figure")), _(N_("Value (95 % interval)"))), figures, widths=(1, 2)),
        Part(_(N_("Gain over every other score, in pairs")),
             (_(N_("Score")), _(N_("Mean AUC")), _(N_("Gain (firms resampled)")), _(N_("Gain (days resampled)")),
              _(N_("Gain in precision"))), gains, widths=(1.4, 1.2, 1.3, 1.1, 1.2)),
        Part(_(N_("Windows")), (_(N_("Window")), "n", _(N_("Adverse")), _(N_("AUC")), _(N_("Results"))), windows,
             widths=(1.5, 0.6, 0.7, 1.4, 1)),
        _parity(found, said=said),
        Part(_(N_("Limits")), (_(N_("Limit")),), [(line,) for line in _caveats(found, stored, said=said)], widths=(1,)),
    ]  # fmt: skip


def _parity(found: Evidence, *, said: _Words) -> Part:
    _ = said.translate
    title = _(N_("Groups of firms"))
    if found.parity is None:
        return Part(title, remark=_(N_("No comparison of groups is stored with this backtest.")))
    rows = [
        (_(GROUPINGS.get(row["grouping"], row["grouping"])), said.group(row["grouping"], str(row["group"])),
         f"{int(row['n']):,}", f"{row['observed_to_expected']:.2f}",
         _(N_("reference group")) if row["is_reference"] else _span(row, "to_reference", ".2f", ends="reference"),
         said.standing(row["standing"]))
        for row in found.parity.to_dict("records")
    ]  # fmt: skip
    heads = (N_("Grouping"), N_("Group"), "n", N_("Found over expected"), N_("Over that of the reference"))
    band = _(N_("Tolerated: {least} to {most}. {reference}")).format(
        least=f"{found.limits.least:g}", most=f"{found.limits.most:g}", reference=_(found.limits.reference)
    )
    return Part(title, (*map(_, heads), _(N_("Verdict"))), rows, band, widths=(0.9, 1.5, 0.7, 0.9, 1.4, 0.8))


def _caveats(found: Evidence, stored: StoredModel, *, said: _Words) -> list[str]:
    _ = said.translate
    lines = [
        _(N_("The figures are of models fitted the same way on the past of each window; this one learned from results "
             "until {day}.")).format(day=stored.known_by),
        _(N_("Past checks were chosen by officers unless drawn at random: nothing here speaks of firms that nobody "
             "visited.")),
        _(N_("The register states no ownership; groups are by district, size, kind of object and industry.")),
    ]  # fmt: skip
    if found.times_scored:
        lines.append(
            _(N_("This set of checks ({digest}) has been scored {times} time(s).")).format(
                digest=found.test_digest[:12], times=found.times_scored
            )
        )
    if found.mature_on > found.last_known:
        lines.append(_(N_("The last window was not complete when the backtest ran.")))
    return lines + [_(each) for each in found.caveats]


def _stability(workspace: Workspace, population: str, *, profile: str, on: date, said: _Words) -> Part:
    _ = said.translate
    title = _(N_("Stability"))
    held = stability(workspace, profile=profile, on=on)
    scores, changed = (held[name][held[name]["population"] == population] for name in ("scores", "changed"))
    if scores.empty:
        return Part(title, remark=_(N_("No run has stored its movement for this population yet.")))
    share = changed.set_index("run_id")["share"]
    rows = [
        (str(row["as_of"]), f"{row['psi']:.4f}", f"{int(row['n_now']):,}",
         f"{share[row['run_id']]:.1%}" if row["run_id"] in share.index else NOTHING, said.standing(row["standing"]))
        for row in scores.to_dict("records")
    ]  # fmt: skip
    heads = (N_("As of"), N_("Stability index"), N_("Firms"), N_("Grades changed"), N_("Verdict"))
    return Part(title, tuple(map(_, heads)), rows, widths=(1, 1, 1, 1, 1))


def _signed(workspace: Workspace, *, promotion: str, said: _Words) -> Part:
    _ = said.translate
    rows = [
        (row["at"][:10], _(STEPS[row["action"]]), row["subject"], row["actor"], row["reason"] or NOTHING)
        for row in governance(workspace)["sign_offs"].to_dict("records")
        if not row["action"].startswith("model.") or row["subject"] == promotion
    ]
    title = _(N_("Sign-offs"))
    if not rows:
        return Part(title, remark=_(N_("Nobody has signed anything about a model yet.")))
    heads = (N_("On"), N_("Step"), N_("Subject"), N_("By"), N_("Why"))
    return Part(title, tuple(map(_, heads)), rows, widths=(0.8, 1, 1.6, 1, 1.6))


def _span(row: Mapping[Any, Any], name: str, form: str, *, value: str = "", ends: str = "") -> str:
    number = row[value or name]
    if number is None or pd.isna(number):
        return NOTHING
    return f"{number:{form}} ({_limits(row, ends or name, form)})"


def _limits(row: Mapping[Any, Any], name: str, form: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return NOTHING if low is None or pd.isna(low) else f"{low:{form}} – {high:{form}}"
