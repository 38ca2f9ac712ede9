"""Source files through the page: dragged in as they are, loaded whole or not at all, what came of each table said."""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import acts, words
from dashboards.view import View
from engine.api.desk import Action
from engine.api.records.intake import IngestReport, ingest, shipped_mappings
from engine.messages import N_

AS_IS = ""
"""Files that stand in the contracts' own layout."""


def offer(view: View) -> None:
    """Offer to take source files in."""
    _ = view.translate
    st.subheader(_("Take files in"))
    if not acts.offered(view, Action.MEND_DATA):
        return
    labels = {AS_IS: _("our own templates"), **{name: name for name in shipped_mappings()}}
    with st.form("deliver", clear_on_submit=True):
        files = st.file_uploader(
            _("Files as they came: CSV (UTF-8 or GB18030), XLSX, Parquet"),
            type=["csv", "xlsx", "parquet"],
            accept_multiple_files=True,
        )
        left, right = st.columns(2)
        layout = left.selectbox(_("Layout"), tuple(labels), format_func=labels.__getitem__)
        mapping = right.file_uploader(_("Mapping file of your own, in place of these"), type=["yaml", "yml"])
        asked = st.form_submit_button(_("Take them in"), type="primary")
    if not asked:
        return
    if not files:
        st.error(_("No file was chosen."))
        return
    held = [(each.name, each.getvalue()) for each in files]
    own = mapping.getvalue() if mapping is not None else None
    with st.spinner(_("Reading and checking ...")):
        acts.act(view, Action.MEND_DATA, partial(_taken, view, held, layout, own), said=partial(_said, view))


def _taken(
    view: View, files: Sequence[tuple[str, bytes]], layout: str, own: bytes | None, workspace: Any
) -> IngestReport:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "files"
        folder.mkdir()
        for name, content in files:
            (folder / Path(name).name).write_bytes(content)
        mapping: str | Path | None = layout or None
        if own is not None:
            mapping = Path(place) / "mapping.yaml"
            mapping.write_bytes(own)
        return ingest(workspace, [folder], mapping=mapping, actor=view.desk.viewer.actor, clock=view.desk.clock)


def _said(view: View, report: IngestReport) -> str:
    _ = view.translate
    told = _(N_("{table}: {rows} rows in, {accepted} accepted, {quarantined} wait, {duplicates} known before"))
    return " · ".join(
        told.format(
            table=words.table_name(each.table, _),
            rows=words.count(each.rows_in),
            accepted=words.count(each.accepted),
            quarantined=words.count(each.quarantined),
            duplicates=words.count(each.duplicates),
        )
        for each in report.loads
    )
