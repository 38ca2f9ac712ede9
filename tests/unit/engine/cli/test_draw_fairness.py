"""What ``draw fairness`` says in words: every figure of the report, once."""

import pandas as pd

from engine.api.draws.fairness import FairnessReport
from engine.cli.draw_fairness import _sentences
from engine.draw.measuring.fairness import Rehearsal
from engine.draw.measuring.monitors import joined_over_draws, monitor_table

LOADS = pd.DataFrame({"department": ["a", "a", "expert"], "new": [2, 4, 9], "total": [3, 4, 9]})
TEAMS = pd.DataFrame(
    {
        "team": ["t1", "t2"],
        "eligible": [9, 5],
        "is_few": [False, True],
        "effective": [8.5, 2.0],
        "highest": [0.3, 1.0],
    }
)


def report(**changes) -> FairnessReport:
    none = monitor_table([], draw_id="d")
    given = {
        "draw_id": "d",
        "is_drawn": True,
        "loads": LOADS,
        "teams": TEAMS,
        "seeds": 40,
        "rehearsal": Rehearsal(10, (0.5, 0.3), 0.2, 2.0),
        "monitors": none,
        "joined": joined_over_draws(none),
        "alarmed": none,
    }
    return FairnessReport(**{**given, **changes})


def said(one: FairnessReport) -> list[str]:
    return [message.render(str) for message in _sentences(one)]


def test_experts_do_not_count_as_officers_and_every_figure_is_said():
    assert said(report()) == [
        "d: 2 teams, 2 officers",
        "New visits per officer: 2.0 to 4.0, mean 3.0, sd 1.0",
        "With prior load: 3.0 to 4.0, mean 3.5, sd 0.5",
        "Eligible officers per team: 5.0 to 9.0, mean 7.0, sd 2.0",
        "Effective number per team: 2.0 to 8.5, mean 5.25, sd 3.25",
        "Highest probability of one officer in one team: 1.0, from 40 fake seeds",
        "1 team(s) hold a seat that chance did not decide",
        "1 team(s) random in name only: fewer eligible officers than policy asks",
        "Rehearsed with 10 fake seeds: staffed by the rule itself in 50.0%, after relaxing in 30.0%, "
        "not wholly in 20.0%",
    ]


def test_before_the_draw_only_the_rehearsal_speaks():
    before = report(is_drawn=False, loads=LOADS.iloc[:0], teams=TEAMS[["team", "eligible", "is_few"]].iloc[:0], seeds=0)

    assert [line.split()[0] for line in said(before)] == ["d:", "Rehearsed"]
