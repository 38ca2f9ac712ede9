"""A small city to draw from: frame, roster, rule, commitment and entropy, real and simulated."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd

from engine.draw.committing.commitment import Commitment, ItemTerms, build_commitment, committed_reserves
from engine.draw.committing.signatures import sign
from engine.draw.drawing import Drawn, draw
from engine.draw.entropy.policy import PROTOCOL_FLOOR
from engine.draw.entropy.sources import EntropyValue, planned_event, simulated_value
from engine.draw.matching.rule import ItemNeed, MatchRule, Relaxation
from engine.draw.populations.preparation import Frame, Roster, prepare_frame, prepare_roster
from engine.draw.protocol.encoding import ZERO_DIGEST, HashSuite, suite_named
from engine.draw.publishing.attachments import BEACONS
from engine.draw.publishing.certificate import Certificate, certify, plan_digest
from engine.draw.publishing.public_log import log_entry, log_head, prove_inclusion
from engine.draw.publishing.substitution import Standing, published_substitutions
from engine.draw.verifying.public_beacons import DRAND, beacon_value

CHINA = timezone(timedelta(hours=8))
KEY = bytes(range(32))
COMMITTED_AT = "2026-03-04T09:00:00+08:00"
NOT_BEFORE = "2026-03-05T21:00:00+08:00"
DRAWN_AT = "2026-03-05T21:15:00+08:00"
ISSUED_AT = "2026-03-06T09:00:00+08:00"
ITEMS = {
    "food": ItemTerms("joint", "ceil", {f"S{k}": Fraction(1, 10 - 2 * k) for k in range(4)}),
    "price": ItemTerms("joint", "cum", {f"S{k}": Fraction(k + 1, 12) for k in range(4)}),
    "消防": ItemTerms("fire", "cum", {f"S{k}": Fraction(1, 9) for k in range(4)}),
}
RULE = MatchRule(
    items={
        "food": ItemNeed("market", ("food",)),
        "price": ItemNeed("market"),
        "消防": ItemNeed("fire", (), ("smoke",)),
    },
    departments={"market": 2, "fire": 1},
    initiators=("market", "fire"),
    certificate_valid_on="2026-12-31",
    officer_districts={"S0": ("east", "west")},
    ladder=(Relaxation("one visit more", cap_extra=1), Relaxation("rotation off", rotation=False)),
)
REAL_VALUES = (
    EntropyValue("fc3d", "2026054", "407", DRAWN_AT, "bulletin"),
    EntropyValue("kl8", "2026054", "02.05.11.13.17.19.23.29.31.37.41.43.47.53.59.61.67.71.73.79", DRAWN_AT, "bulletin"),
    EntropyValue("pl5", "26054", "90210", "2026-03-05T21:25:00+08:00", "bulletin"),
)


def frame_rows(n_objects: int = 60) -> pd.DataFrame:
    """Objects with one to three items, strata by turns, a few excluded."""
    records = []
    for n in range(n_objects):
        for k, item in enumerate(ITEMS):
            if n % (k + 1) == 0:
                reason = "visited" if item == "food" and n % 13 == 5 else None
                records.append((f"uscc:91330600MA{n:08d}", item, f"S{(n + k) % 4}", reason))
    return pd.DataFrame.from_records(records, columns=["object_id", "item_code", "stratum", "exclusion"])


def inspectors(n_officers: int = 24) -> pd.DataFrame:
    departments = ["market", "market", "fire", "expert"]
    records = [
        {
            "inspector_code": f"I{n:03d}",
            "department_code": departments[n % 4],
            "district_code": ["east", "west", "north"][n % 3],
            "specialities": "smoke" if n % 4 == 3 else ("food;price" if n % 8 < 2 else ""),
            "certificate_expires_on": "2026-06-30" if n == 4 else "2028-01-01",
            "cap": 4 + n % 3,
            "prior_load": n % 5,
            "is_leader_qualified": n % 4 in (0, 2) or n % 5 == 1,
        }
        for n in range(n_officers)
    ]
    return pd.DataFrame.from_records(records)


@dataclass(frozen=True)
class Case:
    frame: Frame
    roster: Roster
    commitment: Commitment
    values: tuple[EntropyValue, ...]
    drawn: Drawn
    certificate: Certificate


def commit(
    frame: Frame,
    roster: Roster,
    *,
    simulated: bool = False,
    values: Sequence[EntropyValue] = REAL_VALUES,
    **changes: Any,
) -> Commitment:
    """A commitment with everything set to events that give ``values``; ``changes`` replace single arguments."""
    events = (
        [planned_event("sim", event="1")] if simulated else [planned_event(v.source, event=v.event) for v in values]
    )
    arguments: dict[str, Any] = {
        "key": frame.key,
        "plan": "2026-annual",
        "plan_digest": ZERO_DIGEST,
        "draw_id": "2026-017",
        "sequence": 17,
        "previous": ZERO_DIGEST,
        "items": ITEMS,
        "rule": RULE,
        "events": events,
        "policy": None if simulated else PROTOCOL_FLOOR,
        "committed_at": COMMITTED_AT,
        "not_before": NOT_BEFORE,
        "deadlines": {event.source: "2026-03-08T00:00:00+08:00" for event in events},
        "profile": "blind",
        "release": None,
        "reserves": committed_reserves(frame.rows.counts(), share=Fraction(1, 20)),
        "merges": [("S3", "S2")],
        "registry": None,
        "rules": "rulebook 2026-1",
        "code_digest": "0" * 64,
        "approval": "meeting 2026-3",
        "fallback_events": 3,
    }
    return build_commitment(frame.hashed, roster.officers, **{**arguments, **changes})


def make_case(
    *,
    suite: HashSuite | None = None,
    simulated: bool = False,
    rows: pd.DataFrame | None = None,
    officers: pd.DataFrame | None = None,
    changes: Mapping[str, Any] | None = None,
    values: Sequence[EntropyValue] = REAL_VALUES,
) -> Case:
    """The whole draw of the small city."""
    suite = suite or suite_named("sha256")
    frame = prepare_frame(frame_rows() if rows is None else rows, key=KEY, suite=suite)
    officers = inspectors() if officers is None else officers
    pairs = pd.DataFrame({"inspector_code": ["I000", "I001"], "object_id": ["uscc:91330600MA00000002"] * 2})
    roster = prepare_roster(officers, recusals=pairs.iloc[:1], rotations=pairs.iloc[1:], frame=frame)
    commitment = commit(frame, roster, simulated=simulated, values=values, **(changes or {}))
    if simulated:
        values = (simulated_value(suite, seed=7, event="1", drawn_at=DRAWN_AT),)
    drawn = draw(frame.hashed, roster.officers, commitment=commitment, values=values)
    return Case(frame, roster, commitment, tuple(values), drawn, certify(drawn, issued_at=ISSUED_AT))


GOLDEN = Path(__file__).with_name("golden")


def beacon_case(source: str) -> tuple[Case, dict[str, Any]]:
    """A draw with a published beacon among its events, on the days of that beacon, and the evidence beside it.

    drand: quicknet round 657413, 2023-09-15; NIST: pulse 54610, 2018-08-30.
    """
    if source == DRAND:
        vector = json.loads((GOLDEN / "drand.json").read_bytes())["vectors"][1]
        answer = {"round": vector["round"], "signature": vector["sig"]}
    else:
        answer = json.loads((GOLDEN / "nist_beacon_v2.json").read_bytes())
    value, evidence = beacon_value(source, answer)
    at = datetime.fromisoformat(value.drawn_at)
    day = at.astimezone(CHINA).date()
    drawn_at = f"{day}T21:15:00+08:00"
    values = (value, *(replace(one, drawn_at=drawn_at) for one in REAL_VALUES[1:]))
    changes = {
        "committed_at": (at - timedelta(days=3)).isoformat(),
        "not_before": (at - timedelta(days=1)).isoformat(),
        "deadlines": {one.source: (at + timedelta(days=2)).isoformat() for one in values},
    }
    return make_case(values=values, changes=changes), {BEACONS: {source: evidence}}


PEOPLE = {"王伟 (fictional)": bytes(range(32, 64)), "Li Na (fictional)": bytes(range(64, 96))}
PLAN = {"plan": "2026-annual", "draw": "2026-017", "lines": [{"line_id": "L01"}], "outside_plan": None}
SUBSTITUTION = {"reserve": ["closed", "not_found"], "officer": ["ill", "vacant"]}


def attached_case(*, suite: HashSuite | None = None, **changes: Any) -> tuple[Case, dict[str, Any]]:
    """A draw with everything published beside it: plan, signatures, log and substitutions of both kinds."""
    suite = suite or suite_named("sha256")
    terms = {"plan_digest": plan_digest(PLAN, suite=suite), "substitution": SUBSTITUTION, **changes}
    case = make_case(suite=suite, changes=terms)
    earlier = log_entry(0, kind="commitment", draw_id="2026-016", digest="ab" * 32, at="2026-03-01T09:00:00+08:00")
    own = log_entry(1, kind="commitment", draw_id="2026-017", digest=case.commitment.digest.hex(), at=COMMITTED_AT)
    certificate = certify(case.drawn, issued_at=ISSUED_AT, log=log_head([earlier, own]))
    case = replace(case, certificate=certificate)
    return case, {
        "plan": PLAN,
        "signatures": [
            *signatures("commitment", case.commitment.digest.hex(), at="2026-03-04T10:00:00+08:00"),
            *signatures("certificate", certificate.digest, at="2026-03-06T10:00:00+08:00"),
        ],
        "log_proof": prove_inclusion([earlier, own], n=1, size=2),
        "substitutions": published_substitutions(substitutions(case), certificate=certificate.record),
    }


def signatures(over: str, digest: str, *, at: str) -> list[dict[str, str]]:
    """Both people's signatures over a record."""
    signed = [sign(key, over=over, digest=digest, name=n, role="leader", signed_at=at) for n, key in PEOPLE.items()]
    return [one.record() for one in signed]


def substitutions(case: Case) -> list[dict[str, Any]]:
    """Two reserves in a row for one object, an officer exchanged in a first visit, and one in the reserve's visit."""
    standing = Standing(case.commitment, case.certificate.record, roster=case.roster.officers)
    words = {"at": "2026-03-10T09:00:00+08:00", "name": "Li Na (fictional)", "role": "leader"}
    found = []
    cell = next(name for name, one in case.certificate.record["result"].items() if len(one["reserves"]) and one["n"])
    item, gone = cell.split("|")[0], case.certificate.record["result"][cell]["selected"][0]
    heading = standing.heading(kind="reserve", reason="closed", **words)
    due = standing.next_reserve(gone, item=item)
    found.append(standing.sealed({**heading, "item": item, "replaced": gone, **due}))
    for team in (due["reserve"][:16], next(iter(case.certificate.record["match"]["leaders"]))):
        role, officer = standing.teams[team][0]
        heading = standing.heading(kind="officer", reason="ill", **words)
        seat = {"visit": team, "role": role, "replaced": officer}
        found.append(standing.sealed({**heading, **seat, **standing.next_officer(team, role=role, replaced=officer)}))
    return found
