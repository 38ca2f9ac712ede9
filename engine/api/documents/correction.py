"""The notice of a correction (更正公示): what was public of a firm, what is now, since when, and why."""

from datetime import date

from engine.api.documents.draws import RESULT_WORDS, names_on
from engine.api.reading.draws import simulated
from engine.api.results.objections import correction_of
from engine.errors import UsageError
from engine.messages import N_, Message, Translate
from engine.store.ledgers.ledger import digest_of
from engine.store.outputs.report_files import Part, Report
from engine.store.workspaces.workspace import Workspace
from engine.vocabulary import JOINER


def correction(workspace: Workspace, objection_id: str, *, as_of: date, translate: Translate, language: str) -> Report:
    """Return the notice of a result that was corrected on an objection and is public anew.

    Raises
    ------
    UsageError
        No such objection, or the corrected result is not public on that day.
    """
    found = correction_of(workspace, objection_id, as_of=as_of)
    if found.republished_on is None:
        remedy = Message(
            N_("the corrected result is not public on {day}: enter, submit and publish it"), {"day": as_of}
        )
        raise UsageError(what=Message(N_("objection")), value=objection_id, remedy=remedy)
    names = names_on(workspace, {"entity_id": [found.entity_id], "item_code": [found.item_code],
                                 "department_code": [found.objection.owner]}, as_of=as_of)  # fmt: skip
    firm = names["entity_id"].get(found.entity_id, found.entity_id)
    pairs = (
        (N_("Object"), firm),
        (N_("Item"), names["item_code"].get(found.item_code, found.item_code)),
        (N_("Department"), names["department_code"].get(found.objection.owner, found.objection.owner)),
        (N_("Public before"), f"{_words(found.before, translate)} ({found.published_on})"),
        (N_("Public now"), f"{_words(found.after, translate)} ({found.republished_on})"),
        (N_("Objection of"), str(found.objection.filed_on)),
        (N_("Decided on"), str(found.objection.events[-1].on)),
        (N_("Reason"), found.objection.events[-1].reason),
    )
    rows = [[translate(head), text] for head, text in pairs]
    said = Message(
        N_("The earlier result is withdrawn from {day} on; the one below stands."), {"day": found.republished_on}
    )
    title = translate(N_("Notice of a corrected inspection result"))
    part = Part("", [translate(N_("Entry")), translate(N_("What it says"))], rows, widths=(1, 3.4))
    footer = f"{objection_id} · {as_of} · {translate(N_('Digest'))} {digest_of(rows)[:16]}"
    notice = simulated(workspace, translate)
    return Report(title, firm, footer, [said.render(translate)], [part], language, notice=notice)


def _words(codes: str, translate: Translate) -> str:
    return "；".join(translate(RESULT_WORDS[code]) for code in codes.split(JOINER))
