"""The dated rules of early warning applied to one day: each returns whom it warns of and why.

Rules with a threshold read ``warnings.rules``; the statistical ones hold their false discoveries at the rate stated
there (:mod:`engine.warnings.discovery`). A rule's sentence is stored as template and values, like a score's reasons.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator  # noqa: TID251 - the type of an argument; nothing is seeded here

from engine.errors import PolicyInconsistentError
from engine.messages import N_, Message
from engine.parameters import PolicyBook
from engine.warnings.clusters import scan_groups
from engine.warnings.discovery import discoveries
from engine.warnings.surges import surge_p_values
from engine.windows import add_months

RULES = "warnings.rules"
COLUMNS = (
    "rule_code", "subject", "entity_id", "group", "level", "p_value", "template", "params", "due_working_days",
    "reference",
)  # fmt: skip
_TEMPLATES = {
    "licence_ending": N_("licence {doc_no} ends on {until}"),
    "licence_lapsed": N_("licence {doc_no} ended on {until} and the entity is still active"),
    "abnormal_near_term": N_("on the abnormal list since {since}; three years are reached on {until}"),
    "shared_address": N_("{n} active entities are registered at {group}"),
    "key_changes": N_("{n} changes of name, address, capital or status within {days} days"),
    "score_jump": N_("the score rose from {before} to {now}"),
    "complaint_surge": N_("{n} complaints in {days} days, {past} in the {past_days} days before (p = {p})"),
    "complaint_cluster": N_("{n} complaints in {days} days about {group}, {expected} are expected (p = {p})"),
}


@dataclass(frozen=True, slots=True)
class WarningInputs:
    """What the rules read, all of it known on the day.

    Parameters
    ----------
    entities : cohort, key entity_id; entity_type, industry_code, district_code, address.
    licences : key licence_id; entity_id, doc_no, valid_until.
    listings : open ones; entity_id, list_type, occurred_on.
    versions : versions of the register's rows; entity_id, known_at, name, address, registered_capital_fen, status.
    scores : of the deciding model; entity_id, score, previous_score (null where there is none).
    complaints : entity_id, occurred_on.
    """

    entities: pd.DataFrame
    licences: pd.DataFrame
    listings: pd.DataFrame
    versions: pd.DataFrame
    scores: pd.DataFrame
    complaints: pd.DataFrame


def raise_warnings(inputs: WarningInputs, *, book: PolicyBook, as_of: date, rng: Generator) -> pd.DataFrame:
    """Return every warning that the rules in force raise on a day.

    Parameters
    ----------
    rng : seeded generator; only permutations read it.

    Returns
    -------
    DataFrame, key (rule_code, subject), sorted by it: entity_id or group (the other null), level, p_value (null where
    a threshold decides), template, params (JSON), due_working_days, reference.

    Raises
    ------
    PolicyInconsistentError
        The policy names a rule that does not exist.
    """
    dated = book.dated(RULES, on=as_of)
    found = []
    for code in sorted(dated.value):
        if code not in _RULES:
            problem = Message(N_("there is no warning rule {code}"), {"code": code})
            raise PolicyInconsistentError(name=RULES, problem=problem)
        terms = dated.value[code]
        for hit in _RULES[code](inputs, terms, as_of, rng):
            found.append(_row(code, hit, terms, dated.reference))
    table = pd.DataFrame(found, columns=list(COLUMNS)).astype({"p_value": "float64", "due_working_days": "int64"})
    return table.drop_duplicates(["rule_code", "subject"]).sort_values(["rule_code", "subject"], ignore_index=True)


def sentence(template: str, params: str) -> Message:
    """Return the message that a stored warning stands for (columns ``template``, ``params``)."""
    return Message(template, json.loads(params))


Hit = dict[str, Any]
Terms = Mapping[str, Any]


def _row(code: str, hit: Hit, terms: Terms, reference: str) -> dict[str, object]:
    rule = hit.get("rule", code)
    return {
        "rule_code": rule,
        "subject": hit.get("entity_id") or hit["group"],
        "entity_id": hit.get("entity_id"),
        "group": hit.get("group"),
        "level": str(terms["level"]),
        "p_value": hit.get("p_value", np.nan),
        "template": _TEMPLATES[code],
        "params": json.dumps(hit["params"], ensure_ascii=False, sort_keys=True),
        "due_working_days": int(terms["due_working_days"]),
        "reference": reference,
    }


def _licence(inputs: WarningInputs, *, first: date, last: date) -> list[Hit]:
    rows = inputs.licences[inputs.licences["entity_id"].isin(inputs.entities["entity_id"])]
    until = pd.to_datetime(rows["valid_until"])
    # a firm whose newest licence of that number runs on has renewed it
    newest = until.groupby([rows["entity_id"], rows["licence_type"]]).transform("max")
    inside = (newest >= pd.Timestamp(first)) & (newest <= pd.Timestamp(last)) & (until == newest)
    return [
        {"entity_id": row["entity_id"], "params": {"doc_no": row["doc_no"], "until": _day(row["valid_until"])}}
        for row in rows[inside].sort_values(["entity_id", "doc_no"]).to_dict("records")
    ]


def _licence_ending(inputs: WarningInputs, terms: Terms, as_of: date, _: Generator) -> list[Hit]:
    return _licence(inputs, first=as_of, last=as_of + timedelta(days=int(terms["within_days"])))


def _licence_lapsed(inputs: WarningInputs, terms: Terms, as_of: date, _: Generator) -> list[Hit]:
    return _licence(inputs, first=as_of - timedelta(days=int(terms["within_days"])), last=as_of - timedelta(days=1))


def _abnormal_near_term(inputs: WarningInputs, terms: Terms, as_of: date, _: Generator) -> list[Hit]:
    hits = []
    rows = inputs.listings[inputs.listings["list_type"] == "abnormal"].sort_values(["entity_id", "occurred_on"])
    for row in rows.to_dict("records"):
        since = pd.Timestamp(row["occurred_on"]).date()
        until = add_months(since, int(terms["term_months"]))
        if as_of <= until <= as_of + timedelta(days=int(terms["within_days"])):
            params = {"since": since.isoformat(), "until": until.isoformat()}
            hits.append({"entity_id": row["entity_id"], "params": params})
    return hits


def _shared_address(inputs: WarningInputs, terms: Terms, as_of: date, _: Generator) -> list[Hit]:
    counts = inputs.entities["address"].dropna().value_counts()
    crowded = counts[counts >= int(terms["at_least"])].sort_index()
    return [{"group": str(name), "params": {"group": str(name), "n": int(n)}} for name, n in crowded.items()]


def _key_changes(inputs: WarningInputs, terms: Terms, as_of: date, _: Generator) -> list[Hit]:
    watched = ["name", "address", "registered_capital_fen", "status"]
    rows = inputs.versions.sort_values(["entity_id", "known_at"], kind="stable")
    now = rows[watched].astype("string").fillna("")
    before = now.groupby(rows["entity_id"]).shift()
    n_changed = ((now != before) & before.notna()).sum(axis=1)
    since = pd.Timestamp(as_of - timedelta(days=int(terms["within_days"])))
    is_recent = pd.to_datetime(rows["known_at"]) > since
    counts = n_changed[is_recent].groupby(rows["entity_id"][is_recent]).sum()
    changed = counts[counts >= int(terms["at_least"])]
    params = {"days": int(terms["within_days"])}
    return [{"entity_id": str(name), "params": {"n": int(n), **params}} for name, n in changed.items()]


def _score_jump(inputs: WarningInputs, terms: Terms, as_of: date, _: Generator) -> list[Hit]:
    rows = inputs.scores.dropna(subset=["score", "previous_score"])
    risen = rows[rows["score"] - rows["previous_score"] >= float(terms["points"])]
    return [
        {
            "entity_id": row["entity_id"],
            "params": {"before": round(row["previous_score"], 1), "now": round(row["score"], 1)},
        }
        for row in risen.to_dict("records")
    ]


def complaint_counts(inputs: WarningInputs, terms: Terms, as_of: date) -> pd.DataFrame:
    """Return n_past and n_recent of every entity of the cohort, with its peer group (industry division and type)."""
    at = (pd.Timestamp(as_of) - pd.to_datetime(inputs.complaints["occurred_on"])).dt.days
    recent_days, past_days = int(terms["recent_days"]), int(terms["past_days"])
    names = inputs.complaints["entity_id"]
    recent = names[(at >= 0) & (at < recent_days)].value_counts()
    past = names[(at >= recent_days) & (at < recent_days + past_days)].value_counts()
    rows = inputs.entities[["entity_id"]].copy()
    division = inputs.entities["industry_code"].astype("string").fillna("-").str[:3]
    rows["peer_group"] = inputs.entities["entity_type"].astype("string") + ":" + division
    rows["n_past"] = rows["entity_id"].map(past).fillna(0).astype("int64")
    rows["n_recent"] = rows["entity_id"].map(recent).fillna(0).astype("int64")
    return rows


def _complaint_surge(inputs: WarningInputs, terms: Terms, as_of: date, _: Generator) -> list[Hit]:
    counts = complaint_counts(inputs, terms, as_of)
    p = surge_p_values(counts, past_days=int(terms["past_days"]), recent_days=int(terms["recent_days"]))
    # too few to act on count as tests that found nothing, so the rate holds
    p = np.where(counts["n_recent"] >= int(terms["at_least"]), p, 1.0)
    is_found = discoveries(p, rate=float(terms["false_discovery_rate"]))
    days = {"days": int(terms["recent_days"]), "past_days": int(terms["past_days"])}
    return [
        {
            "entity_id": row["entity_id"],
            "p_value": float(value),
            "params": {"n": int(row["n_recent"]), "past": int(row["n_past"]), "p": f"{value:.1e}", **days},
        }
        for row, value in zip(counts[is_found].to_dict("records"), p[is_found], strict=True)
    ]


def _complaint_cluster(inputs: WarningInputs, terms: Terms, as_of: date, rng: Generator) -> list[Hit]:
    at = (pd.Timestamp(as_of) - pd.to_datetime(inputs.complaints["occurred_on"])).dt.days
    inside = inputs.complaints[(at >= 0) & (at < int(terms["recent_days"]) + int(terms["past_days"]))]
    is_recent = (at[inside.index] < int(terms["recent_days"])).to_numpy()
    hits = []
    for column in terms["by"]:
        group_of = inputs.entities.set_index("entity_id")[column]
        events = pd.DataFrame({"group": inside["entity_id"].map(group_of).to_numpy(), "is_recent": is_recent})
        least = int(terms["at_least"])
        scanned = scan_groups(events, least=least, n_permutations=int(terms["permutations"]), rng=rng)
        found = scanned[(scanned["p_value"] <= float(terms["alpha"])) & (scanned["n_recent"] >= least)]
        for row in found.to_dict("records"):
            params = {
                "n": int(row["n_recent"]), "days": int(terms["recent_days"]), "group": str(row["group"]),
                "expected": round(float(row["expected"]), 1), "p": f"{row['p_value']:.4f}",
            }  # fmt: skip
            rule = f"complaint_cluster.{column}"
            hits.append({"rule": rule, "group": str(row["group"]), "p_value": float(row["p_value"]), "params": params})
    return hits


def _day(value: object) -> str:
    return pd.Timestamp(str(value)).strftime("%Y-%m-%d")


_RULES: Mapping[str, Callable[[WarningInputs, Terms, date, Generator], list[Hit]]] = {
    "licence_ending": _licence_ending,
    "licence_lapsed": _licence_lapsed,
    "abnormal_near_term": _abnormal_near_term,
    "shared_address": _shared_address,
    "key_changes": _key_changes,
    "score_jump": _score_jump,
    "complaint_surge": _complaint_surge,
    "complaint_cluster": _complaint_cluster,
}
