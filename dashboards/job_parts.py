"""Long work from a page: started, followed while it runs, its end said with a link; the page itself never waits.

Whoever comes to the page meanwhile sees the same work under way, and does not start it a second time. Work whose
process died says so there, and is started again from there.
"""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from dashboards import acts, guard, queries, words
from dashboards.view import View
from engine.api.desk import Action
from engine.api.jobs.board import KINDS, Job, JobState, can_start_again, job, jobs, start_again, start_job
from engine.errors import SupervisionError
from engine.messages import N_

STARTED_HERE = "started_here"
EVERY_SECONDS = 1.5
Sentences = Mapping[str, Callable[[Mapping[str, Any]], str]]
PAGES = {
    "commit_draw": ("hold_draw", "hold", "draw_id", N_("To the draw")),
    "preview_draw": ("hold_draw", None, "", N_("To the draw")),
    "run_draw": ("draw", "draw", "draw_id", N_("To the draw")),
    "what_if": ("what_if", None, "", N_("To the ratios")),
    "league": ("league", None, "", N_("To departments and districts")),
    "monthly": ("quality", None, "", N_("To the data quality")),
    "measure": ("hit_rate", None, "", N_("To the hit rates")),
    "rescore": ("grades", None, "", N_("To the grades")),
    "keep_rescore": ("grades", None, "", N_("To the grades")),
}
"""Where the result of a kind of work is shown: page, parameter of its address, name in the result, words."""


def begin(view: View, kind: str, *, key: bytes | None = None, **asked: str) -> None:
    """Start the work and show the page anew, which follows it; a refusal stays on the page."""
    _begun(view, lambda: start_job(view.desk, kind, key=key, **asked))


def _begun(view: View, start: Callable[[], Job]) -> None:
    try:
        started = start()
    except SupervisionError as error:
        st.error(error.render(view.translate))
        return
    st.session_state[STARTED_HERE] = started.job_id
    st.rerun(scope="app")


def under_way(view: View, kinds: Sentences, *, needs: Action) -> bool:
    """Show work of these kinds that is under way, and once how the work that was started here ended.

    Parameters
    ----------
    kinds : kind of work to the sentence that its result makes.
    needs : the right to see it.

    Returns
    -------
    Whether some is under way: the page then offers nothing that would collide with it.
    """
    with view.desk.reading(needs) as workspace:
        held = [each for each in jobs(workspace) if each.kind in kinds]
    own = next((each for each in held if each.job_id == st.session_state.get(STARTED_HERE)), None)
    if own is not None and not own.is_under_way:
        del st.session_state[STARTED_HERE]
        _ended(own, kinds, view)
    running = next((each for each in reversed(held) if each.is_under_way), None)
    if running is not None:
        guard.fragment(needs, run_every=EVERY_SECONDS)(_followed)(running, view, needs)
    elif held and held[0].state is JobState.STOPPED:
        stopped(held[0], view)
    return running is not None


def stopped(held: Job, view: View) -> None:
    """Say that a job's process died, and offer to start the work again to whoever may."""
    _ = view.translate
    said = held.saying.render(_) if held.saying is not None else ""
    st.warning(f"**{_(KINDS[held.kind][2])}** · {words.moment(held.asked_at)} · {said}")
    if can_start_again(held) and view.desk.may(KINDS[held.kind][1]):
        if st.button(_("Start it again"), key=f"again_{held.job_id}"):
            _begun(view, lambda: start_again(view.desk, held.job_id))


def offer(view: View, kind: str, *, label: str, **asked: str) -> None:
    """Offer to start a piece of work to whoever has the right to it."""
    if acts.offered(view, KINDS[kind][1]) and st.button(label, type="primary", key=f"start_{kind}"):
        begin(view, kind, **asked)


def measuring(view: View, *, is_first: bool) -> None:
    """Follow a measurement under way, say how it ended, and offer a new one to whoever may have work done.

    Parameters
    ----------
    is_first : whether nothing was measured before.
    """
    _ = view.translate
    if under_way(view, {"measure": lambda result: _measured(result, view)}, needs=Action.SEE_DRAWS):
        return
    if view.desk.may(KINDS["measure"][1]) and queries.draws(view):
        if is_first:
            st.caption(_("A draw was held: its results count once they are public and measured."))
        else:
            st.caption(_("Results that became public since the last measurement count after the next one."))
        offer(view, "measure", label=_("Measure now") if is_first else _("Measure anew"))


def _measured(result: Mapping[str, Any], view: View) -> str:
    said = view.translate(N_("Measured: {n} results of draw {draws}, {hits} of them adverse."))
    return said.format(**{name: result[name] for name in ("n", "draws", "hits")})


def result_link(held: Job, view: View) -> None:
    """Show the way to what came of a job, where a page shows it to this person."""
    _ = view.translate
    if held.state is not JobState.DONE or held.kind not in PAGES:
        return
    page, parameter, name, said = PAGES[held.kind]
    if not view.desk.may(NEEDS[held.kind]):
        return
    asked = {parameter: str(held.result[name])} if parameter and name in held.result else None
    label = " · ".join([_(said), *(asked or {}).values(), words.moment(held.ended_at)])
    st.page_link(f"views/{page}.py", label=label, query_params=asked)


NEEDS = {
    "commit_draw": Action.SEE_DRAWS,
    "preview_draw": Action.COMMIT_DRAW,
    "run_draw": Action.SEE_DRAWS,
    "what_if": Action.TRY_RATIOS,
    "league": Action.SEE_FIGURES,
    "monthly": Action.SEE_QUALITY,
    "measure": Action.SEE_FIGURES,
    "rescore": Action.SEE_ENTITIES,
    "keep_rescore": Action.SEE_ENTITIES,
}


def _ended(held: Job, kinds: Sentences, view: View) -> None:
    _ = view.translate
    if held.state is JobState.DONE:
        st.success(kinds[held.kind](held.result))
        result_link(held, view)
    elif held.state is JobState.FAILED and held.saying is not None:
        st.error(held.saying.render(_))


def _followed(held: Job, view: View, needs: Action) -> None:
    """Show how far a job is; once it ended, show the page anew."""
    _ = view.translate
    with view.desk.reading(needs) as workspace:
        now = job(workspace, held.job_id)
    if not now.is_under_way:
        st.rerun(scope="app")
    said = now.saying.render(_) if now.saying is not None else _("waiting")
    st.progress(now.share, text=f"{_(KINDS[now.kind][2])} · {said} · {now.name}")
