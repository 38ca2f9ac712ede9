"""The meaning of every feature in slow, plain Python, straight from the declarations and from the rule of what counts.

Nothing here is shared with the engine but the declarations and ``engine.windows.add_months``. Tables are lists of
dictionaries; histories hold all versions, without ``superseded_at``: what was known on a date is worked out here.
"""

from collections import defaultdict
from datetime import date, timedelta

from engine.features.declaration import Aggregate, Feature, Peers
from engine.features.settings import FeatureParameters
from engine.windows import add_months

KEYS = {
    "inspections": "inspection_id",
    "penalties": "penalty_id",
    "complaints": "complaint_id",
    "listings": "listing_event_id",
    "repairs": "repair_id",
    "entities": "entity_id",
    "licences": "licence_id",
    "annual_reports": "report_id",
    "external_grades": "external_grade_id",
    "relations": "relation_id",
}
ROUTINE = ("random", "filtered_draw", "scheduled", "reserve")
NEUTRAL = ("no_problem", "no_activity", "exited")
SEVERITIES = ("none", "minor", "ordinary", "serious")


def known(history: list[dict], table: str, as_of: date) -> list[dict]:
    """Return the latest version of each record known on ``as_of``."""
    latest: dict[str, dict] = {}
    for row in sorted(history, key=lambda row: row["known_at"]):
        if row["known_at"] <= as_of:
            latest[row[KEYS[table]]] = row
    return list(latest.values())


def is_repaired(row: dict, table: str, target: str, repairs: list[dict], as_of: date) -> bool:
    """Return whether a repair known on ``as_of`` ends the record."""
    return any(
        r["target_table"] == table and r["target_id"] == row[target] and max(r["occurred_on"], r["known_at"]) <= as_of
        for r in known(repairs, "repairs", as_of)
    )


def is_public(row: dict, table: str, level: str, rules: dict, as_of: date) -> bool:
    """Return whether the publicity period of the record, by rule and by its own dates, still runs on ``as_of``."""
    first = max(day for day in rules if day <= row["occurred_on"])
    months = rules[first][table][level]
    ends = [add_months(row["occurred_on"], months)] if months is not None else []
    ends += [row[name] + timedelta(days=1) for name in ("publicity_end_on", "valid_until") if row.get(name)]
    return all(as_of < end for end in ends)


def counting(histories: dict, table: str, rules: dict, as_of: date) -> list[dict]:
    """Return the records of a source that count on ``as_of``, as the sources' measures."""
    if table == "registrations":
        return register_changes(histories["entities"], as_of)
    if table in ("licences", "annual_reports", "external_grades"):
        return [
            event
            for row in known(histories[table], table, as_of)
            for event in REGISTER_EVENTS[table](row, as_of)
            if event["day"] <= as_of
        ]
    repairs = histories.get("repairs", [])
    rows = known(histories[table], table, as_of)
    if table == "listings":
        removed = {r["listing_id"] for r in rows if r["event"] == "removed" and r["occurred_on"] <= as_of}
        rows = [
            {**r, "is_open": r["listing_id"] not in removed}
            for r in rows
            if r["event"] == "listed" and is_public(r, table, r["list_type"], rules, as_of)
        ]
    if table == "penalties":
        rows = [r for r in rows if is_public(r, table, r["severity"], rules, as_of)]
    target = "listing_id" if table == "listings" else KEYS[table]
    return [
        measured(r, table)
        for r in rows
        if r["occurred_on"] <= as_of and not is_repaired(r, table, target, repairs, as_of)
    ]


def register_changes(entities: list[dict], as_of: date) -> list[dict]:
    """Return what changed between versions of an entity that follow each other, dated by the later one."""
    changes = []
    for entity_id in {row["entity_id"] for row in entities}:
        versions = sorted((row for row in entities if row["entity_id"] == entity_id), key=lambda row: row["known_at"])
        for before, after in zip(versions, versions[1:], strict=False):

            def both(name: str, before=before, after=after) -> tuple:
                pair = (before[name], after[name])
                return (0, 0) if None in pair else pair

            event = {
                "entity_id": entity_id,
                "day": after["known_at"],
                "event": str(after["known_at"]),
                "moved": int(len(set(both("address"))) > 1),
                "renamed": int(len(set(both("name"))) > 1),
                "industry_changed": int(len(set(both("industry_code"))) > 1),
                "capital_raised": int(both("registered_capital_fen")[1] > both("registered_capital_fen")[0]),
                "capital_cut": int(both("registered_capital_fen")[1] < both("registered_capital_fen")[0]),
            }
            kinds = ("moved", "renamed", "industry_changed", "capital_raised", "capital_cut")
            if after["known_at"] <= as_of and any(event[kind] for kind in kinds):
                changes.append(event)
    return changes


def licence_events(row: dict, as_of: date) -> list[dict]:
    """Return the grant of a licence and, when it ran out, its end."""
    ends, status = row["valid_until"], row["status"]
    blank = dict.fromkeys(("granted", "expired", "standing", "withdrawn", "suspended", "is_open"), 0)
    base = {"entity_id": row["entity_id"]} | blank
    granted = base | {
        "day": row["occurred_on"],
        "event": row["licence_id"] + ":granted",
        "granted": 1,
        "standing": int(status == "valid"),
        "withdrawn": int(status in ("revoked", "withdrawn")),
        "suspended": int(status == "suspended"),
        "is_open": int(ends is None or as_of <= ends),
    }
    if status != "valid" or ends is None:
        return [granted]
    expired = base | {
        "day": ends + timedelta(days=1), "event": row["licence_id"] + ":expired", "expired": 1, "is_open": 1
    }  # fmt: skip
    return [granted, expired]


def report_events(row: dict, as_of: date) -> list[dict]:
    """Return an annual report as one event."""
    figures = [row["assets_fen"], row["revenue_fen"], row["n_employees"]]
    return [
        {
            "entity_id": row["entity_id"],
            "day": row["occurred_on"],
            "event": str(row["report_year"]),
            "late": int(row["status"] == "late"),
            "missing": int(row["status"] == "missing"),
            "untruthful": int(row["is_truthful"] is False),
            "checked": int(row["is_truthful"] is not None),
            "all_zero": None if None in figures else int(not any(figures)),
            "revenue": row["revenue_fen"],
            "employees": row["n_employees"],
        }
    ]


def grade_events(row: dict, as_of: date) -> list[dict]:
    """Return an outside grade as one event."""
    position = row["risk_position"]
    return [
        {
            "entity_id": row["entity_id"],
            "day": row["occurred_on"],
            "event": row["external_grade_id"],
            "position": None if position is None else round(position * 1_000_000),
            "is_worst": int(position == 1.0),
            "is_open": int(row["valid_until"] is None or as_of <= row["valid_until"]),
        }
    ]


REGISTER_EVENTS = {"licences": licence_events, "annual_reports": report_events, "external_grades": grade_events}
TABLES = {"registrations": "entities"}


def measured(row: dict, table: str) -> dict:
    """Return a record with the measures features read."""
    base = {"entity_id": row["entity_id"], "day": row["occurred_on"], "event": row[KEYS[table]]}
    if table == "inspections":
        codes = [code for code in (row["result_codes"] or "").split(";") if code]
        adverse = int(any(code not in NEUTRAL for code in codes))
        assessable = int(any(code not in ("no_activity", "exited") for code in codes))
        counts = {level: row[f"violations_{level}"] for level in ("critical", "major", "minor")}
        given = [value for value in counts.values() if value is not None]
        severity = row["severity_score"]
        return (
            base
            | counts
            | {
                "event": row["visit_id"],
                "adverse": adverse,
                "assessable": assessable,
                "n_adverse": adverse,
                "n_assessable": assessable,
                "violations": sum(given) if given else None,
                "severity": None if severity is None else round(severity * 1000),
                "has_severity": int(severity is not None),
                "routine": int(row["selection_mode"] in ROUTINE),
                "directed": int(row["selection_mode"] == "directed"),
                "refused": int("refused" in codes),
                "unreachable": int("unreachable" in codes),
            }
        )
    if table == "penalties":
        return base | {
            "severity": SEVERITIES.index(row["severity"]),
            "serious": int(row["severity"] == "serious"),
            "ordinary": int(row["severity"] == "ordinary"),
            "minor": int(row["severity"] in ("none", "minor")),
            "fine": row["fine_fen"] or 0,
            "confiscated": row["confiscated_fen"] or 0,
        }
    if table == "listings":
        kinds = ("abnormal", "serious_violation", "judgment_defaulter")
        return base | {kind: int(row["list_type"] == kind) for kind in kinds} | {"is_open": int(row["is_open"])}
    proven = row["is_substantiated"]
    return base | {"checked": int(proven is not None), "substantiated": None if proven is None else int(proven)}


SUMMED = ("n_assessable", "n_adverse", "critical", "major", "minor", "violations")


def visits(rows: list[dict]) -> list[dict]:
    """Return inspection rows as visits."""
    groups = defaultdict(list)
    for row in rows:
        groups[row["event"]].append(row)
    merged = []
    for event, members in groups.items():
        visit = {"event": event, "day": max(member["day"] for member in members)}
        for name in members[0].keys() - {"event", "day", "entity_id"}:
            values = [member[name] for member in members if member[name] is not None]
            visit[name] = (sum(values) if name in SUMMED else max(values)) if values else None
        merged.append(visit)
    return merged


def passing(rows: list[dict], feature: Feature, as_of: date, months: int | None = None) -> list[dict]:
    """Return the rows that pass the feature's filter and lie in its window."""
    months = months or feature.lookback_months
    start = add_months(as_of, -months) if months else date.min
    return [row for row in rows if row["day"] > start and all(row[name] for name in feature.where)]


def reference_feature(
    feature: Feature, entity_id: str, as_of: date, histories: dict, rules: dict, parameters: FeatureParameters
) -> float | None:
    """Return the value of one feature."""
    if feature.source == "entities":
        return _of_entity(feature, entity_id, as_of, histories)
    if TABLES.get(feature.source, feature.source) not in histories:
        return None
    records = counting(histories, feature.source, rules, as_of)
    own_rows = [row for row in records if row["entity_id"] == entity_id]
    if feature.aggregate is Aggregate.RELATED_SHARE:
        return _related(feature, entity_id, as_of, histories, records)
    if feature.aggregate in (Aggregate.SHRUNKEN, Aggregate.PEER_RATE):
        return _with_peers(feature, entity_id, as_of, histories, records, own_rows, parameters)
    rows = visits(own_rows) if feature.source == "inspections" else own_rows
    chosen = passing(rows, feature, as_of)
    if not chosen and feature.value_when_none is not None:
        return feature.value_when_none
    if feature.aggregate is Aggregate.DECAYED and chosen:
        return _decayed(feature, chosen, as_of, parameters)
    if feature.aggregate is Aggregate.SURGE:
        return float(2 * len(chosen) - len(passing(rows, feature, as_of, 2 * (feature.lookback_months or 0))))
    return _reduced(feature, chosen, as_of)


def _scale(feature: Feature) -> float:
    if feature.source == "inspections" and feature.column == "severity":
        return 1000.0
    if feature.column == "position":
        return 1_000_000.0
    return 100.0 if feature.column in ("fine", "confiscated", "revenue") else 1.0


def _related(feature: Feature, entity_id: str, as_of: date, histories: dict, records: list[dict]) -> float | None:
    """Go from the entity to each of its hubs and from there to every other firm, counting each way once."""
    if "relations" not in histories:
        return None
    firms = {row["entity_id"] for row in known(histories.get("entities", []), "entities", as_of)}
    ties = {
        (row["entity_id"], row["related_id"])
        for row in known(histories["relations"], "relations", as_of)
        if row["occurred_on"] <= as_of and (row["ended_on"] is None or as_of < row["ended_on"])
    }
    ties |= {(hub, hub) for _, hub in ties}
    ends = [
        other
        for own, hub in ties
        for other, same_hub in ties
        if own == entity_id and hub == same_hub and other != own and own in firms and other in firms
    ]
    adverse = [other for other in ends if _has_event(feature, other, as_of, records)]
    return len(adverse) / len(ends) if ends else None


def _has_event(feature: Feature, entity_id: str, as_of: date, records: list[dict]) -> bool:
    rows = [row for row in records if row["entity_id"] == entity_id]
    return bool(passing(visits(rows) if feature.source == "inspections" else rows, feature, as_of))


def _decayed(feature: Feature, chosen: list[dict], as_of: date, parameters: FeatureParameters) -> float | None:
    if feature.column and all(row[feature.column] is None for row in chosen):
        return None
    total, end = 0.0, None
    for band in parameters.decay:
        start = add_months(as_of, -band.months)
        inside = [row for row in chosen if row["day"] > start and (end is None or row["day"] <= end)]
        values = [1 if feature.column is None else (row[feature.column] or 0) for row in inside]
        total += sum(values) / _scale(feature) * band.weight
        end = start
    return total


def _reduced(feature: Feature, chosen: list[dict], as_of: date) -> float | None:
    chosen = sorted(chosen, key=lambda row: (row["day"], row["event"]))
    ages = [(as_of - row["day"]).days for row in chosen]
    match feature.aggregate:
        case Aggregate.COUNT:
            return float(len(chosen))
        case Aggregate.DAYS_SINCE_LAST:
            return float(min(ages)) if ages else None
        case Aggregate.DAYS_SINCE_FIRST:
            return float(max(ages)) if ages else None
        case Aggregate.RATIO:
            per = sum(row[feature.per] or 0 for row in chosen)
            return sum(row[feature.column] for row in chosen) / _scale(feature) / per if per else None
    points = [(row["day"], row[feature.column]) for row in chosen if feature.column and row[feature.column] is not None]
    values = [value for _, value in points]
    scale = _scale(feature)
    match feature.aggregate:
        case Aggregate.SUM:
            return sum(values) / scale if values else None
        case Aggregate.MAX:
            return max(values) / scale if values else None
        case Aggregate.MEAN:
            return sum(values) / (len(values) * scale) if values else None
        case Aggregate.LAST:
            return values[-1] / scale if values else None
        case Aggregate.SECOND_LAST:
            return values[-2] / scale if len(values) > 1 else None
        case Aggregate.CHANGE:
            return (values[-1] - values[-2]) / scale if len(values) > 1 else None
        case Aggregate.STREAK:
            run = 0
            for value in reversed(values):
                if not value:
                    break
                run += 1
            return float(run)
        case Aggregate.TREND:
            return _trend(points, as_of, scale)
    return None


def _trend(points: list[tuple[date, int]], as_of: date, scale: float) -> float | None:
    times = [-(as_of - day).days for day, _ in points]
    values = [value for _, value in points]
    n = len(points)
    spread = float(n) * float(sum(t * t for t in times)) - float(sum(times)) * float(sum(times))
    if n == 0 or spread == 0.0:
        return None
    joint = float(sum(t * y for t, y in zip(times, values, strict=True)))
    return (float(n) * joint - float(sum(times)) * float(sum(values))) / spread * 365.0 / scale


def _entity(entity_id: str, as_of: date, histories: dict) -> dict | None:
    found = [row for row in known(histories.get("entities", []), "entities", as_of) if row["entity_id"] == entity_id]
    return found[0] if found else None


def _industry(row: dict) -> str | None:
    code = row["industry_code"]
    is_national = code and len(code) > 2 and code[0] in "ABCDEFGHIJKLMNOPQRST" and code[1:3].isdigit()
    return code[:3] if is_national else code


def _of_entity(feature: Feature, entity_id: str, as_of: date, histories: dict) -> float | None:
    own = _entity(entity_id, as_of, histories)
    if own is None:
        return None
    if feature.column == "age_years":
        established = own["occurred_on"]
        return None if established is None or established > as_of else (as_of - established).days / 365.25
    if feature.column == "capital":
        capital = own["registered_capital_fen"]
        return None if capital is None else capital / 100.0
    if own["address"] is None:
        return None
    return float(
        sum(
            row["address"] == own["address"] and row["status"] == "active" and row["entity_id"] != entity_id
            for row in known(histories["entities"], "entities", as_of)
        )
    )


def _with_peers(
    feature: Feature,
    entity_id: str,
    as_of: date,
    histories: dict,
    records: list[dict],
    own_rows: list[dict],
    parameters: FeatureParameters,
) -> float | None:
    own = _entity(entity_id, as_of, histories)
    if own is None or own["population"] is None:
        return None
    others = {row["entity_id"]: row for row in known(histories["entities"], "entities", as_of)}

    def sums(keep) -> tuple[float, float]:
        rows = [
            row
            for row in passing(records, feature, as_of)
            if row["entity_id"] != entity_id and row["entity_id"] in others and keep(others[row["entity_id"]])
        ]
        column = float(sum(row[feature.column] or 0 for row in rows)) / _scale(feature)
        return column, float(sum(row[feature.per] or 0 for row in rows))

    column, per = sums(lambda other: other["population"] == own["population"])
    if per == 0:
        return None
    rate = column / per
    if feature.peers is not Peers.POPULATION:
        trait = _industry if feature.peers is Peers.INDUSTRY else (lambda row: row["district_code"])
        if trait(own) is None:
            return None
        column, per = sums(lambda other: other["population"] == own["population"] and trait(other) == trait(own))
        rate = (column + parameters.peer_prior_strength * rate) / (per + parameters.peer_prior_strength)
    if feature.aggregate is Aggregate.SHRUNKEN:
        mine = passing(visits(own_rows), feature, as_of)
        column = float(sum(row[feature.column] for row in mine)) / _scale(feature)
        k = parameters.entity_prior_strength
        rate = (column + k * rate) / (float(sum(row[feature.per] for row in mine)) + k)
    return rate
