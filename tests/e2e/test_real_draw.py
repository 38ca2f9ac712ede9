"""A draw that is no simulation, by commands alone: two people with keys, public events, an auditor, a substitute."""

import json
from datetime import date

import pandas as pd
import pytest

from engine.api.workspace import open_workspace
from tests import plan_world
from tests.e2e.test_plan import Desk
from tests.plan_world import PLAN, line, make

COMMITTED, HELD = date(2026, 3, 2), date(2026, 3, 5)
EVENTS = {
    "kl8": ("2026060", "01.02.05.07.11.13.17.19.23.29.31.37.41.43.47.53.59.61.67.71", "2026-03-04T21:30:00+08:00"),
    "qxc": ("26024", "385126.7", "2026-03-04T21:25:00+08:00"),
}


def publish_plan(desk, folder, *rows):
    plan_world.write(folder / "plans", "plans", pd.DataFrame(rows), name="2026")
    desk.json("plan", "submit", str(folder / "plans"), actor="Anna")
    for proposal in desk.json("plan", "merge", PLAN)["proposals"]:
        desk.json("plan", "merge", PLAN, "--accept", proposal["proposal"])
    desk.json("plan", "schedule", PLAN)
    desk.json("plan", "consolidate", PLAN)
    desk.json("plan", "approve", PLAN, "--document", "No. 1", actor="Chen")
    desk.json("plan", "publish", PLAN, actor="Ding")


def hold(desk, draw_id, *terms, keys, events=EVENTS, day=COMMITTED, until=HELD):
    """Commit, sign, run and sign; return what was committed and drawn."""
    planned = [word for source, (number, _, _) in events.items() for word in ("--event", f"{source}:{number}")]
    window = ("--not-before", f"{until.replace(day=until.day - 1)}T20:00:00+08:00", "--deadline",
              f"{until}T20:00:00+08:00")  # fmt: skip
    committed = desk.json("draw", "commit", draw_id, "--as-of", "2025-12-31", *terms, *planned, *window,
                          "--key", keys["Anna"], actor="Anna", day=day)  # fmt: skip
    desk.json("draw", "sign", draw_id, "--key", keys["Bao"], actor="Bao", day=day)
    values = [
        word for source, value in events.items() for word in ("--value", f"{source}:{value[0]}:{value[1]}@{value[2]}")
    ]
    drawn = desk.json("draw", "run", draw_id, *values, "--key", keys["Bao"], actor="Bao", day=until)
    desk.json("draw", "sign", draw_id, "--key", keys["Anna"], actor="Anna", day=until)
    return committed, drawn


@pytest.fixture
def desk(tmp_path, capsys, monkeypatch):
    make(tmp_path).close()
    return Desk(tmp_path / "workspace", capsys, monkeypatch)


@pytest.fixture
def keys(desk, tmp_path):
    for name in ("Anna", "Bao"):
        desk.json("draw", "key", "--out", str(tmp_path / f"{name}.key"), actor=name)
    return {name: str(tmp_path / f"{name}.key") for name in ("Anna", "Bao")}


def verified(desk, path, *words):
    code, out, err = desk.call("verify", str(path), *words, "--json")
    assert err == ""
    found = json.loads(out)
    assert found["ok"] == (code == 0)
    return found, {check["name"]: check["state"] for check in found["checks"]}


def test_a_real_draw_from_plan_line_to_substitute_export_and_log(desk, keys, tmp_path):
    publish_plan(desk, tmp_path, line("L1"), line("L3", item_codes="G1", ratio="0.1", objects="全部市场主体"))
    committed, drawn = hold(desk, "2026-001", "--line", "L1", "--line", "L3", keys=keys)
    anchor = ("--expect-commit", committed["commit_digest"])
    entropy = tmp_path / "entropy.json"
    entropy.write_text(json.dumps({source: value[1] for source, value in EVENTS.items()}))
    found, states = verified(desk, drawn["bundle"], *anchor, "--expect-entropy", str(entropy))
    assert (found["class"], found["ok"], found["anchored"]) == ("real", True, True)
    for name in ("entropy.expected", "entropy.policy", "signatures.commitment", "signatures.certificate"):
        assert states[name] == "passed", name

    # act: an auditor with the key
    folder = tmp_path / "audit"
    assert desk.call("draw", "audit-folder", "2026-001", "--out", str(folder), day=HELD)[0] == 0
    audit = ("--key", str(folder / "key.hex"), "--register", str(folder / "register.csv"))
    audit += ("--grades", str(folder / "grades.csv"), "--sample", "3")
    _, states = verified(desk, drawn["bundle"], *anchor, *audit)
    audited = {name: state for name, state in states.items() if name.startswith("audit.")}
    assert len(audited) == 4
    assert set(audited.values()) == {"passed"}

    # act: what an auditor would find wrong turns red under its own name
    rows = pd.read_csv(folder / "register.csv", dtype=str)
    rows.iloc[1:].to_csv(folder / "register.csv", index=False)
    grades = pd.read_csv(folder / "grades.csv", dtype=str)
    other = {"A": "B", "B": "C", "C": "D", "D": "A"}
    grades.assign(grade=grades["grade"].map(lambda grade: other.get(grade, "A"))).to_csv(
        folder / "grades.csv", index=False
    )
    _, states = verified(desk, drawn["bundle"], *anchor, *audit)
    assert sorted(name for name, state in states.items() if state == "failed") == ["audit.grades", "audit.handles"]

    # act: a drawn object cannot be found; the chained entry is published and checked
    workspace = open_workspace(tmp_path / "workspace", create=False)
    drawn_rows = workspace.warehouse.read("selections").execute()
    workspace.close()
    gone = drawn_rows.loc[drawn_rows["is_drawn"].astype(bool), "entity_id"].iloc[0]
    code, _, err = desk.call(
        "draw", "substitute", "2026-001", "--object", gone, "--reason", "lunch", actor="Bao", day=HELD
    )
    assert code == 14
    assert "lunch" in err
    desk.json("draw", "substitute", "2026-001", "--object", gone, "--reason", "not_found", actor="Bao", day=HELD)
    _, states = verified(desk, drawn["bundle"], *anchor)
    chained = {name: state for name, state in states.items() if name.startswith("substitution")}
    assert chained
    assert set(chained.values()) == {"passed"}

    # act: the compact form and the public log
    compact = tmp_path / "compact.json"
    assert desk.call("draw", "export", "2026-001", "--out", str(compact), day=HELD)[0] == 0
    found, _ = verified(desk, compact, *anchor)
    assert found["ok"]
    log = tmp_path / "workspace" / "draws" / "log.json"
    assert desk.call("draw", "log", "--check", str(log), day=HELD)[0] == 0


def test_an_added_sample_is_a_draw_of_its_own_that_names_its_parent_and_why(desk, keys, tmp_path):
    publish_plan(desk, tmp_path, line("L1"), line("L3", item_codes="G1", ratio="0.1", objects="全部市场主体"))
    committed, _ = hold(desk, "2026-001", "--line", "L1", keys=keys)
    later, until = date(2026, 3, 9), date(2026, 3, 12)
    events = {
        "kl8": ("2026067", EVENTS["kl8"][1], "2026-03-11T21:30:00+08:00"),
        "qxc": ("26027", EVENTS["qxc"][1], "2026-03-11T21:25:00+08:00"),
    }

    added, drawn = hold(
        desk, "2026-002", "--line", "L3", "--adds-to", "2026-001", "--because", "findings above the usual",
        keys=keys, events=events, day=later, until=until,
    )  # fmt: skip

    _, states = verified(desk, drawn["bundle"], "--expect-commit", added["commit_digest"])
    assert "failed" not in states.values()
    record = json.loads((tmp_path / "workspace" / "draws" / "2026-002" / "commitment.json").read_text())
    assert committed["commit_digest"] in json.dumps(record)
    assert "findings above the usual" in json.dumps(record)
