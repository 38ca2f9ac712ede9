"""The history of who decided, and the way back: one button that enters a draft, which a second person puts in force."""

from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import acts, parts, policy_parts, queries, words
from dashboards.governance import shared
from dashboards.queries import PROFILE
from dashboards.view import View, choose
from engine.api.desk import Action
from engine.api.grading.champion_history import OTHERS, champion_table, draft_return, next_free_month
from engine.api.policies.amendment import DraftedPolicy
from engine.api.policies.drafts import WAITING, draft_changes, drafts
from engine.grading.champions import CHAMPION, PINNED


def show(population: str, view: View) -> None:
    """Show who decided from when, offer the way back, and let a second person decide on what was drafted."""
    _ = view.translate
    st.subheader(_("Who decided from when"))
    on = view.desk.clock().date()
    held = queries.kept(view, champion_table, needs=Action.SEE_MODELS, profile=PROFILE, on=on)
    parts.table(history_table(held, view), name="champions", view=view)
    _back(held, population, view)
    _drafts(view)


def history_table(held: pd.DataFrame, view: View) -> pd.DataFrame:
    """Return who decided from when as a table of text, the populations that policy does not name first."""
    _ = view.translate
    return pd.DataFrame(
        {
            _("Since"): held["since"].map(words.day),
            _("Population"): [shared.population(each, _) for each in held["population"]],
            _("Model"): [
                shared.model(name, digest, _) for name, digest in zip(held["model"], held["digest"], strict=True)
            ],
            _("State"): [_(shared.STATES[each]) for each in held["state"]],
            _("Backtest won"): [each or words.NOTHING for each in held["promotion"]],
            _("Document"): [_(each) for each in held["reference"]],
            _("Drafted by"): [words.actor_name(each, _) if each else words.NOTHING for each in held["drafted_by"]],
            _("Approved by"): [words.actor_name(each, _) if each else words.NOTHING for each in held["approved_by"]],
        }
    )


def _back(held: pd.DataFrame, population: str, view: View) -> None:
    _ = view.translate
    st.subheader(_("Back to the model before"))
    own = held[(held["population"] == population) & (held["back_to"] != "")]
    if population == OTHERS or own.empty:
        st.caption(_("{population} has no earlier model to return to.").format(
            population=shared.population(population, _)))  # fmt: skip
        return
    name, _at, digest = str(own["back_to"].iloc[-1]).partition(PINNED)
    st.markdown(
        _("Before, {model} decided. The button enters a draft; nothing changes until another person approves.").format(
            model=shared.model(name, digest, _)
        )
    )
    first = queries.kept(view, next_free_month, needs=Action.SEE_MODELS, profile=PROFILE, on=view.desk.clock().date())
    st.code(f"xinheng models return {population} --from {first.isoformat()} --reason …", language=None)
    if not acts.offered(view, Action.DRAFT_POLICY):
        return
    with st.form("return_champion"):
        since = st.date_input(_("In force from"), value=first, min_value=first)
        reference = st.text_input(_("Document it rests on"))
        reason = st.text_input(_("Why"))
        asked = st.form_submit_button(_("Draft the return"), type="primary")
    if asked:
        acts.act(
            view,
            Action.DRAFT_POLICY,
            partial(_returned, view, population, since, reference, reason),
            said=lambda made: _("Draft {draft_id} waits for a second person.").format(draft_id=made.draft_id),
        )


def _returned(view: View, population: str, since: date, reference: str, reason: str, workspace: Any) -> DraftedPolicy:
    desk = view.desk
    return draft_return(
        workspace,
        population,
        profile=PROFILE,
        reason=reason,
        actor=desk.viewer.actor,
        clock=desk.clock,
        since=since,
        reference=reference,
    )


def _drafts(view: View) -> None:
    """Show the drafts on which model decides that wait, what each changes, and let a second person decide."""
    _ = view.translate
    held = queries.kept(view, drafts, needs=Action.SEE_MODELS)
    about = held["parameters"].map(lambda names: CHAMPION in str(names).split(";")).astype(bool)
    waiting = held[(held["status"] == WAITING) & about]
    st.markdown("**" + _("Drafts that wait for a second person") + "**")
    if waiting.empty:
        st.caption(_("No draft on which model decides waits."))
        return
    names = tuple(waiting["draft_id"])
    draft = choose(st.selectbox, _("Draft that waits"), names, name="draft", default=names[0], label_of=str)
    row = waiting[waiting["draft_id"] == draft].iloc[0]
    st.caption(
        _("{draft} by {drafted}, in force from {day}: {reason}").format(
            draft=draft,
            drafted=words.actor_name(row["drafted_by"], _),
            day=words.day(row["valid_from"]),
            reason=row["reason"],
        )
    )
    changes = queries.kept(
        view,
        draft_changes,
        needs=Action.SEE_MODELS,
        draft_id=draft,
        profile=PROFILE,
        on=view.desk.clock().date(),
    )
    parts.plain_table(
        pd.DataFrame(
            {
                _("Population"): [_whom(key, view) for key in changes["key"]],
                _("Stands"): [_named(each, view) for each in changes["before"]],
                _("Draft"): [_named(each, view) for each in changes["after"]],
                _("Document"): [each or words.NOTHING for each in changes["reference_after"]],
            }
        )
    )
    st.code(f"xinheng policy approve {draft}", language=None)
    policy_parts.decide_draft(draft, view)


def _whom(key: str, view: View) -> str:
    """The population that a changed value is about; policy writes them below ``populations``."""
    name = key.removeprefix("populations").strip()
    return view.translate("all others") if key == "default" or not name else shared.population(name, view.translate)


def _named(value: object, view: View) -> str:
    if words.is_missing(value) or value == "{}":
        return words.NOTHING
    name, _at, digest = str(value).partition(PINNED)
    return shared.model(name, digest, view.translate)
