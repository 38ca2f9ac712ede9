"""What may be said about the figures: nothing without its interval, no order without a test, no claim from small n."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dashboards import sentences
from dashboards.cards import ratio_look
from dashboards.facts import Facts
from engine.api.reading.draws import DrawRecord, DrawState
from engine.api.reading.measures import Figure, Intake
from engine.i18n import translator

ZH = translator("zh_CN")


def figure(measure: str, value: float, low: float, high: float, *, n: int = 500, hits: int = 25) -> Figure:
    return Figure(measure, value, low, high, n=n, hits=hits, basis="design-based", is_small=False, note="")


def rates(**by_grade: float) -> pd.DataFrame:
    return pd.DataFrame({"grade": list(by_grade), "n": 100, "hit_rate": list(by_grade.values()), "is_small": False})


@pytest.fixture
def draw() -> DrawRecord:
    return DrawRecord(
        draw_id="2026-001",
        sequence=1,
        state=DrawState.DRAWN,
        is_simulated=True,
        committed_at="2026-03-05T10:00:00+08:00",
        issued_at="2026-03-06T10:00:00+08:00",
        bundle=Path("b"),
        suite="sha256",
        frame_root="aa",
        commit_digest="bb",
        seed="cc",
        certificate_digest="dd",
        entropy=(),
        reason="",
        n_frame=1000,
        n_objects=40,
        n_visits=40,
        n_checks=55,
    )


def test_the_paragraph_states_the_same_figures_as_the_cards(draw: DrawRecord) -> None:
    facts = Facts(
        hit_rate=figure("base_rate", 0.05, 0.031, 0.072),
        lift=figure("lift", 1.8, 1.5, 2.1),
        rate_ratio=figure("rate_ratio_d_a", 4.0, 2.0, 8.0),
        shares=pd.DataFrame({"grade": ["A"], "n_entities": [12345], "share": [1.0]}),
        draw=draw,
        intake=Intake(rows_in=2000, accepted=1990, quarantined=10, duplicates=0),
    )

    said = sentences.briefing(facts, as_of=date(2026, 3, 1), population="enterprise").render(ZH)

    for expected in (
        "2026-03-01",
        "企业",
        "12,345",
        "5.0%",
        "3.1%",
        "7.2%",
        "1.80×",
        "1.50×",
        "4.00×",
        "2026-001",
        "55",
    ):
        assert expected in said
    assert "{" not in said


def test_what_was_not_measured_is_said_and_not_written_as_nought() -> None:
    facts = Facts(
        hit_rate=None,
        lift=None,
        rate_ratio=None,
        shares=pd.DataFrame({"grade": [], "n_entities": [], "share": []}),
        draw=None,
        intake=Intake(rows_in=0, accepted=0, quarantined=0, duplicates=0),
    )

    said = sentences.briefing(facts, as_of=date(2026, 3, 1), population="{odd} name").render(ZH)

    assert "尚无随机抽查结果" in said
    assert "尚未进行抽取" in said
    assert "0.0%" not in said
    assert "{odd} name" in said


@pytest.mark.parametrize(
    ("low", "high", "look"),
    [(1.2, 1.9, ("normal", "up")), (0.5, 0.8, ("inverse", "down")), (0.9, 1.9, ("off", "off"))],
)
def test_a_ratio_is_coloured_only_when_its_interval_excludes_one(
    low: float, high: float, look: tuple[str, str]
) -> None:
    assert ratio_look(figure("lift", 1.3, low, high)) == look


@pytest.mark.parametrize(
    ("seen", "p", "colour", "words"),
    [
        ({"A": 0.01, "B": 0.02, "C": 0.05, "D": 0.2}, 0.0001, "green", "A < B < C < D"),
        ({"A": 0.01, "B": 0.02, "C": 0.05, "D": 0.2}, 0.3, "orange", "可能出于偶然"),
        ({"A": 0.01, "B": 0.02}, None, "orange", "尚无检验结果"),
        ({"A": 0.05, "B": 0.02, "C": 0.1, "D": 0.2}, 0.0001, "gray", "没有沿"),
        ({"A": 0.05, "U": 0.5}, 0.0001, "gray", "太少"),
    ],
)
def test_an_order_is_claimed_only_with_its_test(
    seen: dict[str, float], p: float | None, colour: str, words: str
) -> None:
    trend = None if p is None else figure("trend_p", p, float("nan"), float("nan"))

    message, shown_in = sentences.monotonicity(rates(**seen), trend)

    assert shown_in == colour
    assert words in message.render(ZH)


def test_no_order_is_told_where_each_grade_has_too_few() -> None:
    few = rates(A=0.01, B=0.02, C=0.05, D=0.2).assign(is_small=[True, True, True, False])

    message, shown_in = sentences.monotonicity(few, figure("trend_p", 0.009, float("nan"), float("nan")))

    assert shown_in == "gray"
    assert message.render(ZH) == "各级样本不足，不判断次序；趋势检验 p = 0.009"
