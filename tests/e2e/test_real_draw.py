"""A draw that is no simulation, by commands alone: two people with keys, public events, an auditor, a substitute."""

import json
import shutil
import subprocess
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from engine.api.workspace import open_workspace
from tests import beacons, plan_world
from tests.authority import time_stamping_authority
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


def hold(desk, draw_id, *terms, keys, events=EVENTS, day=COMMITTED, until=HELD, bulletin=None):
    """Commit, sign, run and sign; return what was committed and drawn. ``bulletin``: a file to give the values in."""
    planned = [word for source, (number, _, _) in events.items() for word in ("--event", f"{source}:{number}")]
    window = ("--not-before", f"{until.replace(day=until.day - 1)}T20:00:00+08:00", "--deadline",
              f"{until}T20:00:00+08:00")  # fmt: skip
    committed = desk.json("draw", "commit", draw_id, "--as-of", "2025-12-31", *terms, *planned, *window,
                          "--key", keys["Anna"], actor="Anna", day=day)  # fmt: skip
    desk.json("draw", "sign", draw_id, "--key", keys["Bao"], actor="Bao", day=day)
    values = [
        word for source, value in events.items() for word in ("--value", f"{source}:{value[0]}:{value[1]}@{value[2]}")
    ]
    if bulletin is not None:
        listed = [
            dict(zip(("source", "event", "value", "drawn_at"), (name, *one), strict=True))
            for name, one in events.items()
        ]
        pd.DataFrame(listed).to_csv(bulletin, index=False)
        values = ["--values", str(bulletin)]
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
    bulletin = tmp_path / "bulletin.csv"
    committed, drawn = hold(desk, "2026-001", "--line", "L1", "--line", "L3", keys=keys, bulletin=bulletin)
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
    visits = workspace.warehouse.read("visits").execute().set_index("visit_id")
    workspace.close()
    kept = drawn_rows[drawn_rows["is_drawn"]].groupby("visit_id")["inclusion_probability"].max()
    assert (visits["visit_probability"] >= kept.reindex(visits.index) - 1e-12).all()
    assert (visits["visit_seeds"] > 0).all()
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


def test_time_stamps_are_asked_for_attached_and_verified_by_commands(desk, keys, tmp_path):
    """The authority is our own and stamps by the machine's clock, which may lie before or after the draw's events."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no OpenSSL program on this machine: install openssl to try time stamps")
    folder = tmp_path / "tsa"
    folder.mkdir()
    answer = time_stamping_authority(folder, openssl=openssl)
    publish_plan(desk, tmp_path, line("L1"))
    committed, drawn = hold(desk, "2026-001", "--line", "L1", keys=keys)
    request, token = tmp_path / "request.tsq", tmp_path / "answer.tsr"
    for over in ("certificate", "commitment"):
        desk.json("draw", "timestamp", "2026-001", "--over", over, "--request", str(request), day=HELD)
        token.write_bytes(answer(request.read_bytes()))
        if over == "certificate":
            code, _, err = desk.call("draw", "timestamp", "2026-001", "--over", "commitment", "--token", str(token),
                                     day=HELD)  # fmt: skip
            assert (code, "另一份" in err or "记录" in err) == (14, True), err
        desk.json("draw", "timestamp", "2026-001", "--over", over, "--token", str(token), day=HELD)

    anchor = ("--expect-commit", committed["commit_digest"])
    _, alone = verified(desk, drawn["bundle"], *anchor)
    _, trusted = verified(desk, drawn["bundle"], *anchor, "--tsa-root", str(folder / "root.pem"))
    stamped = json.loads((Path(drawn["bundle"]) / "timestamps.json").read_text())

    assert [one["over"] for one in stamped] == ["certificate", "commitment"]
    assert (alone["timestamps.certificate"], alone["timestamps.commitment"]) == ("not_checked", "not_checked")
    assert trusted["timestamps.certificate"] == "passed"
    assert trusted["timestamps.commitment"] in ("passed", "failed")  # by the machine's own clock


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


def test_an_added_sample_without_a_reason_is_refused(desk, keys, tmp_path):
    publish_plan(desk, tmp_path, line("L1"), line("L3", item_codes="G1", ratio="0.1", objects="全部市场主体"))
    hold(desk, "2026-001", "--line", "L1", keys=keys)
    code, _, err = desk.call("draw", "commit", "2026-002", "--as-of", "2025-12-31", "--line", "L3", "--adds-to",
                             "2026-001", "--event", "kl8:2026067", "--event", "qxc:26027",
                             "--key", keys["Anna"], actor="Anna", day=date(2026, 3, 9))  # fmt: skip
    assert code == 2
    assert "--because" in err
    assert not (tmp_path / "workspace" / "draws" / "2026-002").exists()


def ghost(register, grades):
    return register[register["object_id"] != "reg:000003"], grades


def missing(register, grades):
    return pd.concat([register, pd.DataFrame({"object_id": ["reg:999999"], "item_code": ["G1"]})]), grades


def other_item(register, grades):
    at = register.index[(register["object_id"] == "reg:000003") & (register["item_code"] == "K1")]
    return register.drop(index=at), grades


def twice(register, grades):
    return pd.concat([register, register.head(1)]), grades


def twice_by_object(register, grades):
    objects = register[["object_id"]].drop_duplicates()
    return pd.concat([objects, objects.head(1)]), grades


def other_grade(register, grades):
    return register, grades.assign(grade=grades["grade"].where(grades.index != 2, "D"))


AUDITED = {
    "whole": (lambda register, grades: (register, grades), set()),
    "a row of the frame that is no object": (ghost, {"audit.handles"}),
    "an object that is not in the frame": (missing, {"audit.handles"}),
    "an item the register does not list": (other_item, {"audit.handles"}),
    "a line listed twice": (twice, {"audit.handles"}),
    "an object listed twice": (twice_by_object, {"audit.handles"}),
    "a grade changed": (other_grade, {"audit.grades", "audit.strata"}),
}


def test_an_auditor_sees_each_fault_under_its_name(desk, keys, tmp_path):
    publish_plan(desk, tmp_path, line("L1"), line("L3", item_codes="G1", ratio="0.1", objects="全部市场主体"))
    _, drawn = hold(desk, "2026-001", "--line", "L1", "--line", "L3", keys=keys)
    private = tmp_path / "audit"
    assert desk.call("draw", "audit-folder", "2026-001", "--out", str(private), day=HELD)[0] == 0
    seen = {}
    for name, (change, _) in AUDITED.items():
        register, grades = change(*(pd.read_csv(private / f, dtype=str) for f in ("register.csv", "grades.csv")))
        register.to_csv(tmp_path / "r.csv", index=False)
        grades.to_csv(tmp_path / "g.csv", index=False)
        _, states = verified(desk, drawn["bundle"], "--key", str(private / "key.hex"), "--register",
                             str(tmp_path / "r.csv"), "--grades", str(tmp_path / "g.csv"))  # fmt: skip
        seen[name] = {check for check, state in states.items() if state == "failed"}
    assert seen == {name: due for name, (_, due) in AUDITED.items()}

    # act: another key than the committed one is named, and nothing is compared under it
    other = tmp_path / "other.hex"
    other.write_text("5a" * 32)
    other.chmod(0o600)
    found, states = verified(desk, drawn["bundle"], "--key", str(other), "--register", str(private / "register.csv"),
                             "--grades", str(private / "grades.csv"))  # fmt: skip
    assert not found["ok"]
    assert {name: states[name] for name in states if name.startswith("audit.")} == {
        "audit.key": "failed",
        "audit.handles": "not_checked",
        "audit.grades": "not_checked",
        "audit.strata": "not_checked",
    }


def test_a_round_that_is_known_already_is_refused(desk, keys, tmp_path):
    """The round was due long before the plan's year: whoever could know the value must not commit to it."""
    vector = json.loads((Path(__file__).parents[1] / "golden/drand.json").read_text())["vectors"][0]
    publish_plan(desk, tmp_path, line("L1"))
    code, _, err = desk.call("draw", "commit", "2026-009", "--as-of", "2025-12-31", "--line", "L1", "--event",
                             f"drand_quicknet:{vector['round']}", "--event", "qxc:26024", "--key", keys["Anna"],
                             actor="Anna", day=COMMITTED)  # fmt: skip
    assert code == 14, err
    assert "123" in err and "2023-08-23" in err


def test_a_draw_from_two_beacons_is_run_and_verified_by_commands(desk, keys, tmp_path, monkeypatch):
    """A drand-like and a NIST-like service of our own: real ones have signed no known round for these days."""
    monkeypatch.setattr("engine.draw.verifying.public_beacons.QUICKNET_PUBLIC_KEY", beacons.network_key())
    at = datetime.fromisoformat("2026-03-04T21:30:00+08:00")
    drand, nist = beacons.round_answer(at), beacons.pulse(1_200_000, at=at)
    certificate, other = tmp_path / "certificate.pem", tmp_path / "other.pem"
    for path, name in ((certificate, "beacon.example"), (other, "other.example")):
        path.write_bytes(beacons.certified_key(name)[1].public_bytes(Encoding.PEM))
    for path, answer in (("drand.json", drand), ("nist.json", nist)):
        (tmp_path / path).write_text(json.dumps(answer))
    publish_plan(desk, tmp_path, line("L1"))
    committed = desk.json("draw", "commit", "2026-001", "--as-of", "2025-12-31", "--line", "L1",
                          "--event", f"drand_quicknet:{drand['round']}", "--event", "nist_beacon_2:1200000",
                          "--not-before", "2026-03-04T20:00:00+08:00", "--deadline", "2026-03-05T20:00:00+08:00",
                          "--key", keys["Anna"], actor="Anna", day=COMMITTED)  # fmt: skip
    desk.json("draw", "sign", "2026-001", "--key", keys["Bao"], actor="Bao", day=COMMITTED)
    given = (
        "--beacon",
        f"drand_quicknet:{tmp_path / 'drand.json'}",
        "--beacon",
        f"nist_beacon_2:{tmp_path / 'nist.json'}",
    )

    code, _, err = desk.call("draw", "run", "2026-001", *given, "--beacon-certificate", str(other), "--key",
                             keys["Bao"], actor="Bao", day=HELD)  # fmt: skip
    assert (code, "nist_beacon_2" in err) == (14, True)
    drawn = desk.json("draw", "run", "2026-001", *given, "--key", keys["Bao"], actor="Bao", day=HELD)
    desk.json("draw", "sign", "2026-001", "--key", keys["Anna"], actor="Anna", day=HELD)

    anchor = ("--expect-commit", committed["commit_digest"])
    seen = {}
    for name, words in {"none": (), "its own": ("--beacon-certificate", str(certificate)),
                        "another": ("--beacon-certificate", str(other))}.items():  # fmt: skip
        found, states = verified(desk, drawn["bundle"], *anchor, *words)
        seen[name] = (found["ok"], states["entropy.beacons"], states["entropy.policy"], states["entropy.timing"])
    assert seen == {
        "none": (True, "not_checked", "passed", "passed"),
        "its own": (True, "passed", "passed", "passed"),
        "another": (False, "failed", "passed", "passed"),
    }
    assert json.loads((Path(drawn["bundle"]) / "beacons.json").read_text())["drand_quicknet"]["round"] == drand["round"]


def test_the_certificate_for_people_says_that_it_is_simulated(desk, tmp_path):
    publish_plan(desk, tmp_path, line("L1"))
    desk.json("draw", "commit", "2026-001", "--as-of", "2025-12-31", "--line", "L1", "--simulation", "3", actor="Anna",
              day=COMMITTED)  # fmt: skip
    desk.json("draw", "sign", "2026-001", day=COMMITTED)
    desk.json("draw", "run", "2026-001", day=HELD)
    desk.json("draw", "sign", "2026-001", actor="Anna", day=HELD)
    pages = [tmp_path / "one.pdf", tmp_path / "two.pdf"]
    for page in pages:
        desk.json("draw", "certificate", "2026-001", "--pdf", str(page), day=HELD)
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert pages[0].read_bytes().startswith(b"%PDF-")
    if shutil.which("pdftotext") is None or shutil.which("pdftoppm") is None:
        pytest.skip("no pdftotext and pdftoppm on this machine: install poppler-utils to look at the page")
    text = subprocess.run(["pdftotext", str(pages[0]), "-"], capture_output=True, text=True, check=True).stdout
    assert "2026-001" in text and "SIMULATED" in text
    subprocess.run(["pdftoppm", "-gray", "-r", "40", str(pages[0]), str(tmp_path / "page")], check=True)
    images = sorted(tmp_path.glob("page*.pgm"))
    assert images and all(len(set(image.read_bytes()[32:])) > 16 for image in images)
