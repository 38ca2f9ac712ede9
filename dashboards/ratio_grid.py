"""The ratios that a reader tries: one field per item class and grade, kept in the address so that a link repeats them.

A field that still says what the policy says leaves the exact ratio of the policy alone; the null trial is exactly null.
"""

from fractions import Fraction

import streamlit as st

from dashboards import words
from dashboards.view import number
from engine.api.policies.simulation import with_ratio
from engine.messages import N_, Translate
from engine.ratios.policy import RatioPolicy
from engine.vocabulary import ItemClass

CLASSES = {ItemClass.KEY: N_("Key items"), ItemClass.GENERAL: N_("General items")}
STEP = 0.5
DIGITS = 4
MOST = 100.0


def tried(policy: RatioPolicy, *, translate: Translate) -> RatioPolicy:
    """Show the grid and return the policy with the ratios that stand in it."""
    _ = translate
    found = policy
    for kind, name in CLASSES.items():
        held = policy.classes[kind].by_grade
        st.markdown(f"**{_(name)}** · " + _("yearly ratio, per cent"))
        for place, (grade, ratio) in zip(st.columns(len(held)), held.items(), strict=True):
            with place:
                moved = _field(kind, grade, ratio, floor=policy.floor.by_grade.get(grade, Fraction(0)), translate=_)
            if moved is not None:
                found = with_ratio(found, kind, grade, moved)
    return found


def reset() -> None:
    """Put every field back to the policy in force, in the address too."""
    for name in [name for name in st.query_params if name.startswith("ratio_")]:
        del st.query_params[name]
    for key in [key for key in st.session_state if str(key).startswith("ratio_")]:
        del st.session_state[key]


def _field(kind: ItemClass, grade: str, ratio: Fraction, *, floor: Fraction, translate: Translate) -> Fraction | None:
    """Show one field; None while it says what the policy says."""
    _ = translate
    name = f"ratio_{kind.value}_{grade}"
    usual, least = _percent(ratio), _percent(floor)
    if name not in st.session_state:
        said = words.grade_name(grade, _)
        st.session_state[name] = number(said, name=name, usual=usual, least=least, most=MOST)
    value = float(
        st.number_input(
            words.grade_name(grade, _),
            min_value=least,
            max_value=MOST,
            step=STEP,
            format="%.2f",
            key=name,
        )
    )
    st.caption(_("in force {ratio} · floor {floor}").format(ratio=f"{usual:g}%", floor=f"{least:g}%"))
    if value == usual:
        if name in st.query_params:
            del st.query_params[name]
        return None
    st.query_params[name] = f"{value:g}"
    return Fraction(f"{value:.{DIGITS}f}") / 100


def _percent(ratio: Fraction) -> float:
    return round(float(ratio) * 100, DIGITS)
