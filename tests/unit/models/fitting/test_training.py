"""Training and judging over a workspace of a small regulator whose firms differ in a hidden risk."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from engine.api.scoring.featuring import FeatureBuilder
from engine.api.workspace import open_workspace
from engine.errors import FeatureLeakError, LabelWindowOpenError, PromotionRefusedError, ScoringError, TableMissingError
from engine.pipeline.ports import Actor
from engine.store.documents import load_policies
from models.fitting.training import (
    cohort_tables,
    eve_tables,
    fit_population,
    later_inspections,
    load_model,
    models_folder,
    store_model,
    training_basis,
)
from models.judging.backtest_summary import chance_row, gain_rows
from models.judging.backtesting import backtest_population
from models.judging.evaluation import judge_population
from models.judging.eve_features import EveFeatures
from models.judging.windows import windows_between
from models.learners.examples import Basis
from models.registry.index import rebuild, register, registered_digest, registered_name
from models.registry.judging_run import run_backtest
from models.registry.promotion_run import promote_run
from models.stored.application import ModelScorer
from models.stored.artifact import CARD_FILE, TREES_FILE
from tests.small_sources import take_in

SPLIT = date(2020, 1, 1)
N = 700
BOOK = load_policies("benchmark")
ANALYST, NOON = Actor("分析员甲", "analyst"), datetime(2020, 2, 3, 4, 0, tzinfo=UTC)


def _inspections(entities, *, seed, first, days, mode="scheduled", probability=None):
    rng = np.random.default_rng(seed)
    risk = np.random.default_rng(0).beta(1, 5, size=N)
    place = np.repeat(entities, 4)
    on = [first + timedelta(days=int(day)) for day in rng.integers(days, size=len(place))]
    found = rng.random(len(place)) < risk[place]
    number = [f"{mode}-{seed}-{row}" for row in range(len(place))]
    return pd.DataFrame(
        {
            "inspection_id": number,
            "visit_id": number,
            "entity_id": [f"reg:{each}" for each in place],
            "item_code": "hygiene",
            "department_code": "office",
            "selection_mode": mode,
            "inclusion_probability": probability,
            "result_codes": np.where(found, "corrected", "no_problem"),
            "violations_minor": rng.poisson(20 * risk[place]),
            "severity_score": rng.poisson(40 * risk[place]).astype(float),
            "occurred_on": on,
            "known_at": [day + timedelta(days=5) for day in on],
        }
    )


def _entities(number):
    return pd.DataFrame(
        {
            "entity_id": [f"reg:{each}" for each in number],
            "name": "某厂",
            "entity_type": "facility",
            "population": "plants",
            "industry_code": np.where(np.asarray(number) % 2, "food", "repair"),
            "district_code": [f"d{each % 5}" for each in number],
            "status": "active",
            "occurred_on": date(2015, 1, 1),
            "known_at": date(2015, 1, 2),
        }
    )


def _load(folder, workspace, **tables):
    paths = []
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
        paths.append(folder / f"{name}.parquet")
    take_in(workspace, *paths)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("records")
    opened = open_workspace(tmp_path_factory.mktemp("work") / "w", create=True)
    everybody = np.arange(N)
    past = _inspections(everybody, seed=1, first=date(2016, 1, 1), days=1450)
    later = _inspections(everybody[: N // 2], seed=2, first=SPLIT, days=500)
    directed = _inspections(everybody[:50], seed=3, first=date(2018, 1, 1), days=300, mode="directed")
    _load(folder, opened, entities=_entities(everybody), inspections=pd.concat([past, later, directed]))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def builder(workspace):
    return FeatureBuilder(workspace.warehouse, book=BOOK)


@pytest.fixture(scope="module")
def model(workspace, builder):
    return fit_population(workspace.warehouse, builder, book=BOOK, population="plants", split=SPLIT, seed=1)


def test_only_routine_results_known_before_the_split_train(workspace, builder, model):
    # arrange
    known_by = SPLIT - timedelta(days=1)
    # act
    tables = eve_tables(
        workspace.warehouse, builder, population="plants", basis=Basis.SCHEDULED, known_until=known_by, on=SPLIT
    )
    # assert
    assert pd.to_datetime(tables.labels["known_at"]).max() <= pd.Timestamp(known_by)
    assert len(tables.labels) == pytest.approx(4 * N, rel=0.05)
    assert (pd.to_datetime(tables.labels["occurred_on"]) - pd.to_datetime(tables.labels["as_of"])).dt.days.eq(1).all()
    assert model.card.window.basis == str(Basis.SCHEDULED)
    assert model.card.window.known_by == known_by.isoformat()
    assert model.card.inputs["profile"] == "benchmark"


def test_of_more_rows_than_asked_whole_histories_of_some_entities_train(workspace, builder):
    # arrange
    asked = {"population": "plants", "basis": Basis.SCHEDULED, "known_until": SPLIT - timedelta(days=1), "on": SPLIT}
    # act
    every = eve_tables(workspace.warehouse, builder, **asked).labels
    some, again, others = (
        eve_tables(workspace.warehouse, builder, **asked, most=(1_000, seed)).labels for seed in (1, 1, 2)
    )
    enough = eve_tables(workspace.warehouse, builder, **asked, most=(len(every), 1)).labels
    # assert
    assert len(some) == pytest.approx(1_000, rel=0.15)
    pd.testing.assert_frame_equal(some, every[every["entity_id"].isin(some["entity_id"])].reset_index(drop=True))
    pd.testing.assert_frame_equal(some, again)
    assert set(some["entity_id"]) != set(others["entity_id"])
    pd.testing.assert_frame_equal(enough, every)


def _drawn(n, *, seed):
    """Random checks of the first ``n`` plants, four each."""
    rows = _inspections(np.arange(n), seed=seed, first=date(2018, 1, 1), days=300, mode="random", probability=0.1)
    return rows.assign(draw_id="d1", stratum="s1", design_probability=0.1)


def test_random_rows_train_alone_where_they_are_enough_or_there_is_nothing_else(workspace, tmp_path):
    assert training_basis(workspace.warehouse, population="plants", known_until=SPLIT) is Basis.SCHEDULED
    for name, given, expected in (
        ("enough", [_drawn(300, seed=4)], Basis.RANDOM),
        ("nothing else", [_drawn(10, seed=4)], Basis.RANDOM),
        ("too few", [_drawn(40, seed=4), _inspections(np.arange(N), seed=1, first=date(2016, 1, 1), days=1450)], None),
    ):
        drawn = open_workspace(tmp_path / name, create=True)
        _load(tmp_path, drawn, entities=_entities(np.arange(N)), inspections=pd.concat(given))
        basis = training_basis(drawn.warehouse, population="plants", known_until=SPLIT)
        drawn.close()
        assert basis is (expected or Basis.SCHEDULED), name


def test_random_rows_too_few_to_rank_give_the_level(workspace, model, tmp_path):
    # arrange: routine visits as in the other workspace, and a random draw that finds three times as much
    other = open_workspace(tmp_path / "w", create=True)
    routine = _inspections(np.arange(N), seed=1, first=date(2016, 1, 1), days=1450)
    random = _drawn(40, seed=4)
    random = random.assign(result_codes=np.where(np.arange(len(random)) % 10 < 3, "corrected", "no_problem"))
    _load(tmp_path, other, entities=_entities(np.arange(N)), inspections=pd.concat([routine, random]))
    # act
    builder = FeatureBuilder(other.warehouse, book=BOOK)
    fitted = fit_population(other.warehouse, builder, book=BOOK, population="plants", split=SPLIT, seed=1)
    # assert
    # two on one day count once; firms without a record say nothing
    assert fitted.card.inputs["calibrated_on"] == "157 random rows, 47 adverse"
    tables = eve_tables(
        other.warehouse,
        builder,
        population="plants",
        basis=Basis.RANDOM,
        known_until=SPLIT,
        on=SPLIT,
    )
    said = ModelScorer(fitted).score(tables.features)["probability"].mean()
    assert said == pytest.approx(0.3, abs=0.03)
    other.close()


def test_later_records_change_no_model(workspace, model, tmp_path):
    # arrange: the same past, without anything that came after the split
    folder, other = tmp_path, open_workspace(tmp_path / "w", create=True)
    past = _inspections(np.arange(N), seed=1, first=date(2016, 1, 1), days=1450)
    directed = _inspections(np.arange(50), seed=3, first=date(2018, 1, 1), days=300, mode="directed")
    _load(folder, other, entities=_entities(np.arange(N)), inspections=pd.concat([past, directed]))
    # act
    again = fit_population(
        other.warehouse,
        FeatureBuilder(other.warehouse, book=BOOK),
        book=BOOK,
        population="plants",
        split=SPLIT,
        seed=1,
    )
    # assert
    assert again.digest == model.digest
    other.close()


def test_the_model_is_judged_on_what_followed_and_finds_the_hidden_risk(workspace, builder, model):
    # arrange
    common = {"population": "plants", "basis": Basis.SCHEDULED}
    later = later_inspections(workspace.warehouse, builder, split=SPLIT, **common)
    cohort = cohort_tables(
        workspace.warehouse, builder, book=BOOK, as_of=SPLIT, known_until=workspace.warehouse.bounds().last, **common
    )
    # act
    judged = judge_population(model, later, cohort, book=BOOK, on=SPLIT, rng=np.random.default_rng(1))
    # assert
    assert set(judged.inspection) == {
        "challenger",
        "scorecard",
        "last_outcome",
        "last_score",
        "prior_rate",
        "mean_past_score",
        "random",
    }
    assert judged.inspection["challenger"].auc.low > 0.6
    assert judged.inspection["challenger"].n == len(later.labels)
    assert abs(judged.inspection["random"].auc.value - 0.5) < 0.05
    shown = judged.as_json()
    assert shown["name"] == "plants"
    assert [row["grade"] for row in shown["cohort"]["grades"]][:4] == ["A", "B", "C", "D"]
    assert sum(row["share"] for row in shown["cohort"]["grades"][:4]) == pytest.approx(1)
    assert judged.cohort["challenger"].never_inspected_share > 0.45
    assert judged.missing_days == 0


def test_a_cohort_whose_window_is_open_is_refused_but_a_week_is_not(workspace, builder):
    common = {"book": BOOK, "population": "plants", "basis": Basis.SCHEDULED, "as_of": SPLIT}
    with pytest.raises(LabelWindowOpenError, match="2020-07-01"):
        cohort_tables(workspace.warehouse, builder, known_until=date(2020, 6, 23), **common)
    nearly = cohort_tables(workspace.warehouse, builder, known_until=date(2020, 6, 24), **common)
    assert nearly.missing_days == 7
    assert nearly.outcomes["label"].notna().any()


def test_a_model_is_stored_once_and_read_back_by_its_digest(workspace, model):
    digest = store_model(workspace, model)
    assert store_model(workspace, model) == digest
    assert load_model(workspace, digest=digest) == model
    assert sorted(path.name for path in (models_folder(workspace) / digest).iterdir()) == [CARD_FILE, TREES_FILE]


def test_an_unknown_or_changed_model_is_refused(workspace, model):
    with pytest.raises(TableMissingError, match="train it"):
        load_model(workspace, digest="0" * 64)
    digest = store_model(workspace, model)
    card = models_folder(workspace) / digest / CARD_FILE
    kept = card.read_bytes()
    card.write_bytes(kept.replace(b'"population": "plants"', b'"population": "others"'))
    with pytest.raises(ScoringError, match="digest"):
        load_model(workspace, digest=digest)
    card.write_bytes(kept)


@pytest.mark.filterwarnings("ignore")  # MLflow's own use of deprecated names
def test_the_registry_is_an_index_that_can_be_made_again(workspace, model):
    # arrange
    digest, name = store_model(workspace, model), registered_name(model)
    # act: rebuilt from the folder of models alone
    added = rebuild(workspace)
    # assert
    assert (added, rebuild(workspace)) == (1, 0)
    assert registered_digest(workspace, name=name, alias="champion") is None
    assert register(workspace, model, alias="champion") == "1"
    assert registered_digest(workspace, name=name, alias="champion") == digest
    assert registered_digest(workspace, name="nobody", alias="champion") is None
    assert (workspace.path / "mlflow.db").is_file()


def test_a_backtest_judges_every_window_by_a_model_that_knew_only_what_was_before(workspace, builder, model):
    # arrange
    windows = windows_between(date(2019, 1, 1), date(2019, 12, 31), days=180)
    # act
    found = backtest_population(
        workspace,
        builder,
        book=BOOK,
        population="plants",
        windows=windows,
        seed=1,
        models=("challenger", "woe_scorecard"),
        standing=model,
        replicates=50,
    )
    # assert
    assert [fold.window for fold in found.folds] == list(windows)
    for fold in found.folds:
        assert date.fromisoformat(fold.model.card.window.known_by) < fold.window.begins
        days = pd.to_datetime(fold.scored["occurred_on"]).dt.date
        assert fold.window.begins <= days.min() <= days.max() < fold.window.ends
    assert found.leak_check.leaks == ()
    assert found.leak_check.n_rows > 0
    # the other learned model stands beside it in the same pairs, and is no simple baseline
    assert found.model == "challenger"
    assert "woe_scorecard" not in found.baselines
    beside = [row for row in gain_rows(found) if row["score"] == "woe_scorecard"]
    assert beside and all(row["gain_value"] is not None for row in beside)
    # so does a stored model
    assert "standing" not in found.baselines
    rows = pd.DataFrame(gain_rows(found))
    assert rows.loc[rows["score"] == "standing", "gain_value"].notna().all()
    chances = chance_row(found)
    assert chances["n"] == len(found.scored)
    ratio = chances["findings"] / chances["expected"]
    assert chances["observed_to_expected_value"] == pytest.approx(ratio)
    assert chances["observed_to_expected_low"] < ratio < chances["observed_to_expected_high"]
    assert chances["brier_low"] < chances["brier_value"] < chances["brier_high"] < 1
    parity = found.parity.groupby("grouping")
    assert (parity["is_reference"].sum() == 1).all()
    own = rows[(rows["score"] == "challenger") & (rows["measure"] == "auc")]
    assert (own["mean_low"] > 0.55).all()
    assert own["gain_value"].isna().all()


def test_a_window_old_enough_is_judged_a_second_way_by_grades_given_once_on_its_eve(workspace, tmp_path):
    # arrange
    windows = windows_between(date(2018, 7, 1), date(2018, 12, 31), days=184)
    # act
    found = run_backtest(
        workspace,
        windows=windows,
        populations=["plants"],
        profile="benchmark",
        seed=1,
        actor=ANALYST,
        at=NOON,
        report=tmp_path / "one.html",
    )
    # assert
    cohorts = {row["name"]: row for row in found["populations"][0]["cohorts"]}
    model = cohorts["challenger"]
    assert model["lift_gain"] is None
    assert [row["riskier"] for row in model["differences"]] == ["B", "C", "D"]
    gains = {name: row["lift_gain"] for name, row in cohorts.items() if row["lift_gain"] is not None}
    assert "mean_past_score" in gains
    for name, gain in gains.items():
        assert gain["value"] == pytest.approx(model["lift"] - cohorts[name]["lift"])
        assert gain["low"] <= gain["value"] <= gain["high"]
    stored = workspace.warehouse.read("backtest_cohorts", run_id=found["run_id"]).execute()
    assert stored.groupby("name")["n"].sum().nunique() == 1
    page = (tmp_path / "one.html").read_text()
    assert "D − C" in page
    # twice, since these visits were not drawn: the same outcomes, each standing for its band
    again = model["reweighted"]
    assert [row["hits"] for row in again["grades"]] == [row["hits"] for row in model["grades"]]
    assert [row["hit_rate"] for row in again["grades"]] != [row["hit_rate"] for row in model["grades"]]
    assert again["lift_gain"] is None
    assert cohorts["mean_past_score"]["reweighted"]["lift_gain"]["value"] == pytest.approx(
        again["lift"] - cohorts["mean_past_score"]["reweighted"]["lift"]
    )
    assert "不能断言" in page or "Cannot claim" in page
    # and asked whether it is as good for every group, and whether its chances held
    parity = pd.DataFrame(found["populations"][0]["parity"])
    assert set(parity["grouping"]) == {"district_code", "industry_section"}
    assert (parity.groupby("grouping")["findings"].sum() == parity["findings"].sum() / 2).all()
    assert found["populations"][0]["calibration_watch"]["capital"] > 0


def test_the_same_test_rows_are_counted_and_a_promotion_is_refused_or_recorded(workspace, tmp_path):
    # arrange
    asked = {
        "windows": windows_between(date(2019, 7, 1), date(2019, 12, 31), days=184),
        "populations": ["plants"],
        "profile": "benchmark",
        "seed": 1,
        "actor": ANALYST,
        "at": NOON,
    }
    first = run_backtest(workspace, **asked, report=tmp_path / "one.html")
    second = run_backtest(workspace, **asked, report=tmp_path / "two.html")
    gains = workspace.warehouse.read("backtest_gains", run_id=second["run_id"]).execute()
    rivals = gains[gains["is_best_other"] & (gains["measure"] == "auc")]
    # act
    try:
        promoted = promote_run(workspace, run_id=second["run_id"], populations=None, actor=ANALYST, at=NOON)
    except PromotionRefusedError:
        promoted = None
    # assert: the page is the same but for the run and the count; the verdict follows from the stored figures
    assert [found["populations"][0]["times_scored"] for found in (first, second)] == [1, 2]
    assert "http" not in (tmp_path / "one.html").read_text().replace("http://www.w3.org", "")
    assert (promoted is not None) == bool((rivals["gain_low"] > 0).all())
    actions = [entry.action for entry in workspace.ledger.entries(subject=second["run_id"])]
    assert actions[-1] == ("model.promoted" if promoted else "model.promotion_refused")


@pytest.mark.parametrize("planted", ["future count", "who inspected"])
def test_a_planted_leak_stops_the_backtest(workspace, builder, monkeypatch, planted):
    """What a check is about to find, or the record of whoever will make it, put into a column that models read."""
    # arrange
    column = "inspections_adverse_share_36m"
    honest = EveFeatures.of

    def leaking(self, labels, *, on):
        rows = honest(self, labels, on=on)
        every = self.labels.assign(label=self.labels["label"].astype(float).fillna(0.0))
        if planted == "future count":
            to_come = every.groupby(["entity_id", "as_of"])["label"].sum()
        else:
            # the same few people visit the same few days: their rate over all years, those to come included
            inspector = every["occurred_on"].map(lambda day: day.toordinal() % 7)
            to_come = every.assign(rate=every.groupby(inspector)["label"].transform("mean"))
            to_come = to_come.groupby(["entity_id", "as_of"])["rate"].mean()
        key = pd.MultiIndex.from_frame(rows[["entity_id", "as_of"]])
        return rows.assign(**{column: to_come.reindex(key).to_numpy()})

    monkeypatch.setattr(EveFeatures, "of", leaking)
    # act and assert
    with pytest.raises(FeatureLeakError, match=column):
        backtest_population(
            workspace,
            builder,
            book=BOOK,
            population="plants",
            windows=windows_between(date(2019, 7, 1), date(2019, 12, 31), days=180),
            seed=1,
            replicates=20,
        )
