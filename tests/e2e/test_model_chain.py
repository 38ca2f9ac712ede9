"""From training to a reproduced grade by commands alone: who may decide, who lets it, what stays when all is over."""

import json
from datetime import date

import pytest

from engine.cli import main
from models.demonstrations.shared import china_morning
from tests.complaint_city import write_city
from tests.small_sources import COMPLAINT_HEADER, write_lines

ANALYST, LEADER = "Zhang San (fictional):analyst", "Li Si (fictional):leader"
CLOCKS = ("engine.cli.intake", "engine.cli.monthly", "engine.cli.policy_amendment", "models.judging_commands")
WINDOWS = ("--window", "2025-01-01..2025-06-30", "--window", "2025-07-01..2025-10-31")


class Office:
    """Calls commands on a day, as a person."""

    def __init__(self, workspace, monkeypatch, capsys):
        self._workspace, self._monkeypatch, self._capsys = str(workspace), monkeypatch, capsys
        self.today = date(2025, 11, 5)
        for module in CLOCKS:
            monkeypatch.setattr(f"{module}.current_time", lambda: china_morning(self.today))

    def call(self, *words, actor=ANALYST):
        """Return exit status, what was printed, and what was complained about."""
        self._monkeypatch.setenv("XINHENG_ACTOR", actor)
        status = 0
        try:
            main([*words, "--workspace", self._workspace])
        except SystemExit as ended:
            status = int(ended.code or 0)
        said = self._capsys.readouterr()
        return status, said.out, said.err

    def ask(self, *words, actor=ANALYST):
        """Return the JSON object of a command that must succeed."""
        status, out, err = self.call(*words, "--json", actor=actor)
        assert status == 0, err
        return json.loads(out)


@pytest.fixture
def office(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XINHENG_LANG", "en")
    return Office(tmp_path / "workspace", monkeypatch, capsys)


@pytest.mark.filterwarnings("ignore")  # MLflow's own use of deprecated names
def test_train_backtest_promote_policy_month_reproduce(office, tmp_path):
    sources = write_city(tmp_path / "city", n_entities=2000, years=4, last_day=date(2026, 1, 31), seed=5)
    office.ask("ingest", str(sources))

    # train: who holds too little is named, with what is missing; the others are fitted
    trained = office.ask("train", "--as-of", "2025-10-31")
    assert {row["population"] for row in trained["models"]} == {"enterprise", "individual_business"}
    assert "at least 50 with findings and 50 without" in trained["left_out"]["farmer_cooperative"]
    status, _, err = office.call("train", "--as-of", "2025-10-31", "--population", "shops")
    assert status == 2 and "give one of enterprise, farmer_cooperative, individual_business" in err
    status, _, err = office.call("train", "--as-of", "2025-10-31", "--sector", "food", "--population", "enterprise")
    assert status == 13 and "policy asks for 1000 and 200" in err and "the model of enterprise scores it" in err

    # judge: both populations in one run
    judged = office.ask("backtest", *WINDOWS)
    run = judged["run_id"]
    assert judged["left_out"].keys() == {"farmer_cooperative"}

    # a promotion that is not earned says why, and changes nothing
    before = office.ask("policy", "history")
    status, _, err = office.call("promote", run)
    assert status == 13 and "individual_business: its gain in AUC over" in err and "--population" in err
    assert "enterprise: its gain" not in err.replace("individual_business", "")
    assert office.ask("policy", "history") == before
    assert not list((tmp_path / "workspace" / "reports").glob("*champion*"))

    # one that is earned gives the office, and a draft with all that stands
    promoted = office.ask("promote", run, "--population", "enterprise")
    assert [row["population"] for row in promoted["promoted"]] == ["enterprise"]
    office.today = date(2025, 11, 6)
    drafted = office.ask("policy", "draft", promoted["draft"], "--reason", run)
    status, _, err = office.call("policy", "approve", drafted["draft_id"])
    assert status == 12 and "a second person must approve" in err
    approved = office.ask("policy", "approve", drafted["draft_id"], actor=LEADER)
    assert approved["valid_from"] == "2025-12-01"

    # the month before it holds is the scorecard's, the month after the model's
    office.today = date(2026, 1, 5)
    earlier = office.ask("run", "monthly", "--as-of", "2025-11-30")
    assert "Learned models" not in _card(tmp_path, earlier)
    status, out, err = office.call("run", "monthly", "--as-of", "2025-12-31", "--json")
    if status == 12:  # shares moved with the model: a second person looks and signs
        held = [row["run_id"] for row in office.ask("run", "list")["runs"] if row["as_of"] == "2025-12-31"]
        office.ask("run", "sign", held[-1], "--reason", "the learned model decides", actor=LEADER)
        out = office.call("run", "monthly", "--as-of", "2025-12-31", "--json")[1]
    month = json.loads(out)
    card = _card(tmp_path, month)
    assert promoted["promoted"][0]["digest"][:12] in card and f"Promoted after {run}" in card
    assert "Impact assessment" in card

    # a grade D is a proposal until a person confirms it; its reasons add up
    proposed = [row["entity_id"] for row in office.ask("run", "confirm", month["run_id"])["grades"]]
    firm = next(each for each in proposed if office.ask("explain", each)["model"] == "challenger")
    office.ask("run", "confirm", month["run_id"], "--entity", firm, "--reason", "file seen", actor=LEADER)
    told = office.ask("explain", firm)
    assert sum(reason["points"] for reason in told["reasons"]) == pytest.approx(told["score"], abs=1e-5)

    # three loads later the month comes out again, to the last digit
    for n in range(3):
        late = [f"late{n}-{i},{firm},hygiene,true,2025-09-{i + 1:02},2025-09-{i + 2:02}" for i in range(4)]
        office.ask("ingest", str(write_lines(tmp_path / f"late{n}" / "complaints.csv", COMPLAINT_HEADER, *late)))
    again = office.ask("run", "reproduce", month["run_id"], "--entity", firm)
    assert again["ok"] and again["stored"] == again["computed"]
    assert not any(again["differing"].values())


def _card(folder, month):
    return (folder / "workspace" / "exports" / month["run_id"] / "model-card.en.md").read_text(encoding="utf-8")
