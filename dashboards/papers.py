"""What a page hands out as a document: the bulletin in house format, made of the same tables as its workbook."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import streamlit as st

from dashboards import guard, queries
from dashboards.view import View
from engine.api.desk import Action
from engine.api.documents import bulletin
from engine.api.figures.kpis import period_named
from engine.api.policies.check import read_policies
from engine.i18n import chosen_language

Written = TypeVar("Written")
FORMS = {"docx": bulletin.report_docx, "pdf": bulletin.report_pdf}


def offer_bulletin(view: View) -> None:
    """Offer the bulletin of this year as a document to edit, for print, and with one sheet per table."""
    if not view.desk.viewer.scope.is_whole or not view.desk.may(Action.EXPORT):
        return
    _ = view.translate
    year = view.desk.clock().date().year
    language = chosen_language(st.query_params.get("lang", "zh"))
    st.markdown("**" + _("Bulletin of {year}").format(year=year) + "**")
    row = st.container(horizontal=True)
    for form in FORMS:
        made = partial(bulletin_bytes, view, form=form, year=year, language=language)
        name = _("Bulletin ({form})").format(form=form.upper())
        guard.download(name, made, file_name=f"bulletin-{year}.{form}", view=view, place=row, key=f"bulletin_{form}")
    book = partial(bulletin_workbook, view, year=year)
    name = _("Its tables (XLSX)")
    guard.download(name, book, file_name=f"bulletin-{year}.xlsx", view=view, place=row, key="bulletin_xlsx")


def bulletin_bytes(view: View, *, form: str, year: int, language: str) -> bytes:
    """Return the bulletin of a year in one form."""
    return FORMS[form](_written(view, bulletin.bulletin, year=year, language=language))


def bulletin_workbook(view: View, *, year: int) -> bytes:
    """Return the tables of the bulletin of a year, one sheet each."""
    return _written(view, bulletin.workbook, year=year)


def _written(view: View, write: Callable[..., Written], *, year: int, **options: Any) -> Written:
    """Return what is written from the tables of a year, which are counted once for every form."""
    period, day = period_named(str(year)), view.desk.clock().date()
    terms = {"profile": queries.PROFILE, "period": period, "as_of": day}
    tables = queries.kept(view, bulletin.tables_in_force, needs=Action.SEE_FIGURES, **terms)
    with view.desk.reading(Action.SEE_FIGURES) as workspace:
        return write(
            workspace,
            book=read_policies(queries.PROFILE, workspace=workspace),
            period=period,
            as_of=day,
            translate=view.translate,
            tables=tables,
            **options,
        )
