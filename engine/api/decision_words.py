"""Entries of the ledger and clocks in the words of people, for documents that list them."""

from collections.abc import Mapping

from engine.messages import N_, Message, Translate
from engine.outcomes.handing_on import EVENT_WORDS as FOLLOW_UP_WORDS
from engine.outcomes.objections import EVENT_WORDS as OBJECTION_WORDS
from engine.outcomes.punishment import STEP_WORDS

_AREAS = {
    "account": N_("accounts"),
    "arm": N_("control arm"),
    "audit": N_("audit"),
    "deadline": N_("time limits"),
    "draw": N_("random draw"),
    "entity": N_("records"),
    "follow_up": N_("follow-up"),
    "grade": N_("grade"),
    "grade_override": N_("grade set by hand"),
    "item_list": N_("item list"),
    "job": N_("long work"),
    "kpi": N_("figures"),
    "load": N_("loads"),
    "model": N_("model"),
    "monthly": N_("monthly run"),
    "object_match": N_("same object"),
    "objection": N_("objections"),
    "plan": N_("annual plan"),
    "policy": N_("policy"),
    "punishment": N_("joint punishment"),
    "quality": N_("data quality"),
    "result": N_("results"),
    "results": N_("results of a draw"),
    "run": N_("run"),
    "signer": N_("signing keys"),
    "site": N_("public site"),
    "task": N_("tasks"),
    "warning": N_("early warning"),
}
_STEPS = {
    "accepted": N_("taken in"),
    "acknowledged": N_("acknowledged"),
    "added": N_("added"),
    "anchored": N_("anchored"),
    "approved": N_("approved"),
    "archived": N_("archived"),
    "assigned": N_("assigned"),
    "attempted": N_("attempted"),
    "audit_folder": N_("folder for the auditor"),
    "began": N_("begun"),
    "certified": N_("certified"),
    "closed": N_("closed"),
    "committed": N_("committed"),
    "control": N_("control arm"),
    "decided": N_("decided"),
    "dispatched": N_("dispatched"),
    "drafted": N_("drafted"),
    "draw": N_("random draw"),
    "entered": N_("entered"),
    "erased": N_("erased"),
    "finished": N_("finished"),
    "frozen": N_("frozen"),
    "grade": N_("grades"),
    "granted": N_("granted"),
    "held": N_("held back"),
    "joined": N_("joined"),
    "key": N_("registered"),
    "measure": N_("measurement"),
    "merge_refused": N_("merging refused"),
    "merged": N_("merged"),
    "met": N_("met"),
    "opened": N_("opened"),
    "outside": N_("outside the plan"),
    "overridden": N_("gate opened by hand"),
    "promoted": N_("promoted"),
    "promotion_refused": N_("promotion refused"),
    "proposed": N_("proposed"),
    "publicised": N_("publicised"),
    "published": N_("made public"),
    "queried": N_("query in a business"),
    "refused": N_("refused"),
    "registered": N_("registered"),
    "rejected": N_("rejected"),
    "reopened": N_("opened again"),
    "returned": N_("returned"),
    "reversed": N_("taken back"),
    "revoked": N_("revoked"),
    "scheduled": N_("scheduled"),
    "score": N_("scores"),
    "signed": N_("signed"),
    "special_inspection_proposed": N_("special inspection proposed"),
    "stamped": N_("stamped"),
    "started": N_("started"),
    "step": N_("step of the approval"),
    "submitted": N_("submitted"),
    "substituted": N_("substituted"),
    "undone": N_("undone"),
    "voided": N_("voided"),
    "withdrawn": N_("withdrawn"),
}
_OWN: Mapping[str, Mapping[str, str]] = {
    "follow_up": FOLLOW_UP_WORDS,
    "objection": OBJECTION_WORDS,
    "punishment": STEP_WORDS,
}
_CLOCKS = {
    "deadlines.abnormal_list": N_("listing as abnormal"),
    "deadlines.complaint_accept": N_("taking a complaint up"),
    "deadlines.crime_decide": N_("suspected crime: decision"),
    "deadlines.crime_materials": N_("suspected crime: materials"),
    "deadlines.crime_police": N_("suspected crime: answer of the police"),
    "deadlines.crime_transfer": N_("suspected crime: transfer"),
    "deadlines.double_publicity": N_("upload to the double publicity"),
    "deadlines.lead_check": N_("check of a lead"),
    "deadlines.lead_check_extended": N_("check of a lead, extended"),
    "deadlines.objection": N_("decision on an objection"),
    "deadlines.penalty_case": N_("decision of a penalty case"),
    "deadlines.publish_penalty": N_("publication of a penalty"),
    "deadlines.publish_penalty_elsewhere": N_("publication of a penalty of another province"),
    "deadlines.publish_result": N_("publication of a result"),
    "deadlines.punishment_release": N_("release of a joint punishment"),
    "deadlines.recheck": N_("re-check"),
    "deadlines.reconsideration": N_("reconsideration"),
    "deadlines.repair_decide": N_("credit repair: decision"),
    "deadlines.repair_told": N_("credit repair: telling the applicant"),
    "deadlines.send_penalty_elsewhere": N_("sending a penalty to another province"),
    "deadlines.withdraw_penalty": N_("withdrawal of a penalty"),
    "follow_up": N_("follow-up of a finding"),
    "plan.deadline": N_("handing in the plan"),
    "plan.window": N_("visit within the window of the plan"),
}


def action_words(action: str, translate: Translate) -> str:
    """Return a ledger action in words, ``area: step``; what nobody named stays as it is written."""
    area, _, step = action.partition(".")
    words = _OWN.get(area, {}).get(step) or _STEPS.get(step)
    if area not in _AREAS or (step and words is None):
        return action
    if not step or words is None:
        return translate(_AREAS[area])
    return Message(N_("{area}: {step}"), {"area": translate(_AREAS[area]), "step": translate(words)}).render(translate)


def clock_words(clock: str, translate: Translate) -> str:
    """Return a clock in words; one of a profile of its own stays as it is written."""
    return translate(_CLOCKS[clock]) if clock in _CLOCKS else clock
