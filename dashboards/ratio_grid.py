"""The ratios that a reader tries: one field per item class and grade, kept in the address so that a link repeats them.

A field that still says what the policy says leaves the exact ratio of the policy alone; the null trial is exactly null.
What the policy locks stands at the field; an entry beyond is refused in one sentence and tries nothing.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from math import floor

import pandas as pd
import streamlit as st

from dashboards import parts, words
from dashboards.view import number
from engine.api.policies.limits import CellLimit
from engine.api.policies.simulation import with_ratio
from engine.messages import N_, Translate
from engine.ratios.capacity import CapacityLimit
from engine.ratios.policy import RatioPolicy
from engine.vocabulary import ItemClass

CLASSES = {ItemClass.KEY: N_("Key items"), ItemClass.GENERAL: N_("General items")}
STEP = 0.5
DIGITS = 4
MOST = 100.0


def tried(policy: RatioPolicy, limits: Sequence[CellLimit], *, translate: Translate) -> RatioPolicy:
    """Show the grid and return the policy with the ratios that stand in it.

    Parameters
    ----------
    limits : :func:`engine.api.policies.limits.cell_limits` of the policy, in its order.
    """
    _ = translate
    found = policy
    for kind, own in groupby(limits, key=lambda limit: limit.item_class):
        cells = list(own)
        st.markdown(f"**{_(CLASSES[kind])}** · " + _("yearly ratio, per cent"))
        refused = []
        for place, limit in zip(st.columns(len(cells)), cells, strict=True):
            with place:
                moved = _field(limit, translate=_)
            refusal = None if moved is None else limit.refusal(moved)
            if refusal is not None:
                refused.append(refusal.render(_))
            elif moved is not None:
                found = with_ratio(found, kind, limit.grade, moved)
        for sentence in refused:
            st.error(sentence + " " + _("The ratio in force stands."))
    return found


def reset() -> None:
    """Put every field back to the policy in force, in the address too."""
    for name in [name for name in st.query_params if name.startswith("ratio_")]:
        del st.query_params[name]
    for key in [key for key in st.session_state if str(key).startswith("ratio_")]:
        del st.session_state[key]


def locks(
    limits: Sequence[CellLimit], capacity: Sequence[CapacityLimit], *, names: Mapping[str, str], translate: Translate
) -> None:
    """Show what the policy locks of every ratio and of the capacity, each with the document or reason it rests on.

    Parameters
    ----------
    names : what people call departments and districts.
    """
    _ = translate
    with st.expander("🔒 " + _("What the policy locks, and why")):
        parts.plain_table(_table(limits, translate=_))
        for limit in capacity:
            said = _("{place}: at most {n} person-days a year ({reference})")
            days = words.count(float(limit.person_days))
            place = " ".join(names.get(code, code) for code in (limit.department, limit.district) if code)
            st.caption("🔒 " + said.format(place=place, n=days, reference=_(limit.reference)))
        st.caption(
            _(
                "A ratio cap limits all checks of an item; the table gives what it leaves to one grade while the "
                "others keep their least. Ratios may not fall while risk rises."
            )
        )


def _table(limits: Sequence[CellLimit], *, translate: Translate) -> pd.DataFrame:
    _ = translate
    return pd.DataFrame(
        {
            _("Items"): [_(CLASSES[limit.item_class]) for limit in limits],
            _("Grade"): [words.grade_name(limit.grade, _) for limit in limits],
            _("In force"): [f"{_percent(limit.ratio):g}%" for limit in limits],
            _("Least"): [f"{_percent(limit.least):g}%" for limit in limits],
            _("Why least"): [_(limit.least_reference) for limit in limits],
            _("Most"): [_most(limit) for limit in limits],
            _("Why most"): [_why_most(limit, translate=_) for limit in limits],
            _("Due by law"): [_why_due(limit, translate=_) for limit in limits],
        }
    )


def _reasons(limit: CellLimit, *, translate: Translate) -> str:
    """What locks one ratio, each with the document or reason it rests on."""
    _ = translate
    said = [f"{_('Least')}: {_(limit.least_reference)}", f"{_('Most')}: {_why_most(limit, translate=_)}"]
    due = [f"{_('Due by law')}: {_why_due(limit, translate=_)}"] if limit.due else []
    return "\n\n".join([*said, *due])


def _why_most(limit: CellLimit, *, translate: Translate) -> str:
    _ = translate
    item = limit.capped_by
    if item is None or item.cap is None:
        return _("no cap binds")
    said = _("ratio cap {cap} of item {item}: {reference}")
    return said.format(cap=f"{_percent(item.cap):g}%", item=item.item_code, reference=item.basis)


def _why_due(limit: CellLimit, *, translate: Translate) -> str:
    _ = translate
    said = _("a check every {months} months: {reference}")
    return " · ".join(said.format(months=one.interval_months, reference=one.reference) for one in limit.due) or "—"


def _field(limit: CellLimit, *, translate: Translate) -> Fraction | None:
    """Show one field; None while it says what the policy says."""
    _ = translate
    name = f"ratio_{limit.item_class.value}_{limit.grade}"
    usual, least = (_percent(each) for each in (limit.ratio, limit.least))
    if name not in st.session_state:
        said = words.grade_name(limit.grade, _)
        st.session_state[name] = number(said, name=name, usual=usual, least=0.0, most=MOST)
    value = float(
        st.number_input(
            words.grade_name(limit.grade, _),
            min_value=0.0,
            max_value=MOST,
            step=STEP,
            format="%.2f",
            key=name,
            help=_reasons(limit, translate=_),
        )
    )
    st.caption(_("in force {ratio} · 🔒 {least} – {most}").format(
        ratio=f"{usual:g}%", least=f"{least:g}%", most=_most(limit)
    ))  # fmt: skip
    if value == usual:
        if name in st.query_params:
            del st.query_params[name]
        return None
    st.query_params[name] = f"{value:g}"
    return Fraction(f"{value:.{DIGITS}f}") / 100


def _percent(ratio: Fraction) -> float:
    return round(float(ratio) * 100, DIGITS)


def _most(limit: CellLimit) -> str:
    """The greatest share, written so that it may be entered: rounded down."""
    return f"{floor(limit.most * 10_000) / 100:g}%"
