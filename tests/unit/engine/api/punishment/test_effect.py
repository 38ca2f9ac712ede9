"""What the effect of measures is read from: what was known at a finding, the measure that is its own, random rows."""

from datetime import date

import pandas as pd
import pytest

from engine.api.marts.punishment import build_effect, stored_effect
from engine.api.punishment.effect import _checks, findings_with_measures, punishment_effect
from engine.api.records.intake import ingest
from engine.api.workspace import open_workspace
from engine.errors import UndefinedEstimateError
from engine.store.documents import load_policies
from tests.plan_world import BAO, at, entities, write

BOOK = load_policies()
ON = date(2026, 6, 1)


def check(name, entity, on, codes="no_problem", mode="random", p=0.5):
    drawn = {"draw_id": "D", "stratum": "s", "design_probability": p, "inclusion_probability": p}
    return {
        "inspection_id": name, "visit_id": name, "entity_id": entity, "item_code": "K1", "department_code": "SCJG",
        "selection_mode": mode, **(drawn if mode == "random" else dict.fromkeys(drawn)),
        "result_codes": codes, "occurred_on": on, "known_at": on,
    }  # fmt: skip


def applied(entity, on):
    return {
        "punishment_event_id": f"{entity}-{on}", "punishment_id": f"C-{entity}", "entity_id": entity, "measure_id": "X",
        "listing_id": "L", "event": "applied", "department_code": "WJW", "business_no": "B", "occurred_on": on,
        "known_at": on,
    }  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("effect")
    rows = []
    for at_row in range(8):
        entity = f"reg:{at_row:06d}"
        rows.append(check(f"A{at_row}", entity, date(2024, 3, 1), "corrected", "directed"))
        outcome = "corrected" if at_row in (1, 4, 5, 6) else "no_problem"
        rows.append(check(f"B{at_row}", entity, date(2024, 9, 10 + at_row), outcome))
        rows.append(check(f"Z{at_row}", entity, date(2024, 9, 20), "exited"))
    tables = {
        "entities": entities(10), "inspections": rows,
        "punishments": [applied(f"reg:{at_row:06d}", date(2024, 4, 10)) for at_row in range(4)],
        "penalties": [{"penalty_id": "P", "entity_id": "reg:000007", "doc_no": "P", "violation_type": "x",
                       "categories": "罚款", "severity": "minor", "occurred_on": date(2023, 5, 1),
                       "known_at": date(2023, 5, 1)}],
    }  # fmt: skip
    found = open_workspace(folder / "workspace", create=True)
    paths = [write(folder / "sources", name, pd.DataFrame(content)) for name, content in tables.items()]
    ingest(found, paths, actor=BAO, clock=at(ON))
    return found


def test_findings_carry_what_was_known_and_the_measure_that_is_theirs(workspace):
    found = findings_with_measures(workspace, _checks(workspace, as_of=ON), as_of=ON).set_index(
        ["entity_id", "found_on"]
    )
    first, second = found.loc[("reg:000001", "2024-03-01")], found.loc[("reg:000001", "2024-09-11")]

    assert len(found) == 12
    assert (first["n_earlier"], first["n_checks"], str(first["measured_on"])[:10]) == (0, 0, "2024-04-10")
    assert (second["n_earlier"], second["n_checks"]) == (1, 1) and pd.isna(second["measured_on"])
    assert found.loc[("reg:000007", "2024-03-01"), "is_penalised"] == 1 and first["is_penalised"] == 0
    assert found["gone_on"].isna().all()


def test_only_random_rows_after_the_measure_speak(workspace):
    found = punishment_effect(workspace, book=BOOK, as_of=ON)

    assert (found.checks_with, found.rate_with) == (4, 0.25)
    assert found.rate_without == pytest.approx(1.0)  # 4, 5 and 6; entity 7 was penalised and has nobody like it
    assert found.n_with == 4 and found.ratio == pytest.approx(0.25)


def test_no_measure_yet_is_said(workspace):
    with pytest.raises(UndefinedEstimateError):
        punishment_effect(workspace, book=BOOK, as_of=date(2024, 4, 1))


def test_the_stored_comparison_is_that_of_the_command_until_something_becomes_known(workspace):
    asked = {"as_of": ON, "profile": "default", "actor": BAO, "clock": at(ON)}
    assert stored_effect(workspace) is None
    assert build_effect(workspace, **asked) is not None
    found, held = punishment_effect(workspace, book=BOOK, as_of=ON), stored_effect(workspace)

    assert (held.as_of, held.is_current, held.reason) == (ON, True, None)
    for name in ("ratio", "rate_with", "rate_without", "n_with", "checks_with", "checks_without"):
        assert held.figures[name] == getattr(found, name)
    assert held.curve["unfound"].tolist() == pytest.approx(found.curve["unfound"].tolist())
    assert build_effect(workspace, **asked) is None
    workspace.ledger.append("load.other", subject="x", content={}, actor=BAO, at=at(ON)())
    assert not stored_effect(workspace).is_current


def test_where_nothing_can_be_compared_that_is_stored(workspace):
    build_effect(workspace, as_of=date(2024, 4, 1), profile="default", actor=BAO, clock=at(ON))
    held = stored_effect(workspace)

    assert held.figures is None and "no measure followed a finding yet" in held.reason.render()
