"""A promoted model decides in the monthly run, is explained, and is read again by its digest after later loads."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from engine.api.grading.champion_history import champion_table, deciding_now, draft_return
from engine.api.grading.model_governance import stability
from engine.api.grading.monthly_records import manifest_of
from engine.api.grading.reproducing import reproduce
from engine.api.grading.rescoring import rescore
from engine.api.policies.amendment import approve_policy, draft_policy
from engine.api.scoring.assessment import explain
from engine.api.scoring.learned import PROMOTED, LearnedChampion, learned_champions, score_learned
from engine.errors import MonthlyRunError, PolicyInconsistentError, ScoringError
from engine.grading.champions import read_champions
from engine.store.workspaces.policies import policies_of
from models.demonstrations.shared import china_morning
from models.fitting.training import models_folder, store_model
from models.registry.scoring import LearnedScorer
from models.stored.artifact import CARD_FILE
from tests.model_world import feature_rows, fitted
from tests.small_sources import COMPLAINT_HEADER, take_in, write_lines
from tests.unit.engine.api.grading.test_monthly import (
    ACTOR,
    FIRST,
    LAST_DAY,
    OTHER,
    SECOND,
    make_city,
    run,
    run_signed,
)

POPULATION = "enterprise"
PROMOTED_ON = date(2025, 10, 2)


@pytest.fixture(scope="module")
def model():
    return fitted(population=POPULATION, known_by=date(2024, 1, 31))


CHAMPION = """id: grading.champion
unit: model whose score decides the class
values:
  2025-10-15: {{reference: decree 9, value: {{default: scorecard, populations: {{{population}: {name}}}}}}}
"""


@pytest.fixture
def decided(tmp_path, model):
    """A city where two persons let the learned model decide for enterprises from 15 October on."""
    yield from decided_city(tmp_path, model, population=POPULATION, n=150)


@pytest.fixture
def sector_decided(tmp_path, model):
    """A city where they let a learned model decide for the food enterprises alone."""
    yield from decided_city(tmp_path, model, population="enterprise.food", n=400)


def decided_city(tmp_path, model, *, population, n):
    workspace = make_city(tmp_path, seed=8, n=n)
    draft = tmp_path / "champion.yaml"
    draft.write_text(CHAMPION.format(population=population, name=model.card.name), encoding="utf-8")

    def day():
        return china_morning(date(2025, 10, 1))

    drafted = draft_policy(workspace, draft, profile="default", reason="backtest", actor=ACTOR, clock=day)
    approve_policy(workspace, drafted.draft_id, actor=OTHER, clock=day)
    yield workspace
    workspace.close()


def promote(workspace, model, *, population=POPULATION):
    digest = store_model(workspace, model)
    content = {"promoted": [{"population": population, "digest": digest, "policy": "-"}]}
    workspace.ledger.append(PROMOTED, subject="backtest-1", content=content, actor=ACTOR, at=china_morning(PROMOTED_ON))


def test_it_decides_explains_and_reproduces_after_three_later_loads(decided, model, tmp_path):
    with pytest.raises(MonthlyRunError, match="none was promoted"):
        run(decided, FIRST)
    promote(decided, replace(model, card=replace(model.card, window=replace(model.card.window, known_by="2025-11-15"))))
    with pytest.raises(MonthlyRunError, match="2025-11-15, after 2025-10-31"):
        run(decided, FIRST)
    promote(decided, model)
    done = run(decided, FIRST)
    grades = decided.warehouse.read("grades", run_id=done.runs["grade"]).execute()
    scores = decided.warehouse.read("scores", run_id=done.runs["score"]).execute()
    own = grades[grades["population"] == POPULATION]

    assert set(own["model"]) == {model.card.name}
    assert set(grades.loc[grades["population"] != POPULATION, "model"].dropna()) == {"scorecard"}
    # the scorecard's scores stay beside it
    assert set(scores.loc[scores["population"] == POPULATION, "model"]) == {"scorecard", model.card.name}
    assert manifest_of(decided, done.run_id).learned[0].digest == model.digest
    told = decided.warehouse.read("reasons", run_id=done.runs["score"]).execute()
    learned = scores[scores["model"] == model.card.name].set_index("entity_id")["score"]
    sums = told[told["model"] == model.card.name].groupby("entity_id")["points"].sum()
    assert np.abs(sums.reindex(learned.index) - learned).max() < 1e-6
    now = deciding_now(decided, POPULATION, profile="default", on=FIRST)
    assert (now.model, now.digest, now.promotion) == (model.card.name, model.digest, "backtest-1")
    found = stability(decided, profile="default", on=LAST_DAY)["expected"]
    expected = found.set_index("grade")["expected_share"]
    assert set(found["population"]) == {POPULATION}
    assert expected.drop("U", errors="ignore").is_monotonic_increasing and expected.between(0, 1).all()
    text = (decided.path / "exports" / done.run_id / "model-card.en.md").read_text(encoding="utf-8")
    assert "Learned models" in text and model.digest[:12] in text and "Promoted after backtest-1" in text
    firm = str(own.sort_values(["score", "entity_id"])["entity_id"].iloc[-1])
    assert explain(decided, firm).model == model.card.name
    assert explain(decided, firm).reasons[-1].sentence.render().startswith("All other columns")

    for n in range(3):
        lines = [f"late{n}-{i},{firm},hygiene,true,2025-10-01,2025-10-02" for i in range(5)]
        take_in(decided, write_lines(tmp_path / f"late{n}" / "complaints.csv", COMPLAINT_HEADER, *lines))
    again = reproduce(decided, done.run_id, entity_id=firm)
    assert again.ok and again.notes == ()
    assert again.stored == again.computed

    # another model that is promoted later makes another run, and leaves the old one as it was
    promote(decided, replace(model, card=replace(model.card, inputs={"later": "x"})))
    later = run_signed(decided, FIRST)
    assert later.run_id != done.run_id
    assert reproduce(decided, done.run_id).ok
    path = models_folder(decided) / model.digest / CARD_FILE
    path.write_bytes(path.read_bytes().replace(b'"seed": 7', b'"seed": 8'))
    with pytest.raises(ScoringError):
        reproduce(decided, done.run_id)


def test_the_way_back_is_a_draft_that_another_person_approves_and_the_next_run_follows_it(decided, model):
    promote(decided, model)
    before = run(decided, FIRST)
    (row,) = own_last(champion_table(decided, profile="default", on=FIRST))
    assert (row["model"], row["back_to"]) == (model.card.name, "scorecard")

    def day():
        return china_morning(date(2025, 11, 3))

    asked = {"profile": "default", "clock": day, "since": date(2025, 11, 15)}
    with pytest.raises(PolicyInconsistentError, match="say why"):
        draft_return(decided, POPULATION, reason=" ", actor=ACTOR, **asked)
    with pytest.raises(PolicyInconsistentError, match="no earlier model"):
        draft_return(decided, "farmer_cooperative", reason="x", actor=ACTOR, **asked)
    drafted = draft_return(decided, POPULATION, reason="it moved", actor=ACTOR, **asked)
    # nothing holds yet
    assert deciding_now(decided, POPULATION, profile="default", on=SECOND).model == model.card.name
    with pytest.raises(PolicyInconsistentError, match="a second person"):
        approve_policy(decided, drafted.draft_id, actor=ACTOR, clock=day)
    approve_policy(decided, drafted.draft_id, actor=OTHER, clock=day)

    assert deciding_now(decided, POPULATION, profile="default", on=date(2025, 11, 14)).model == model.card.name
    now = deciding_now(decided, POPULATION, profile="default", on=SECOND)
    assert (now.model, now.drafted_by, now.approved_by, now.reference) == (
        "scorecard", ACTOR.name, OTHER.name, "it moved",
    )  # fmt: skip
    later = run_signed(decided, SECOND)
    assert models_of(decided, before) == {model.card.name}
    assert models_of(decided, later) == {"scorecard"}
    # the movement between two models is not one of firms
    moved = stability(decided, profile="default", on=LAST_DAY)["scores"].set_index("population")
    assert moved.loc[POPULATION, "standing"] == "other"
    # and the way back leads to the learned one, by its digest
    (row,) = own_last(champion_table(decided, profile="default", on=SECOND))
    assert row["back_to"] == f"{model.card.name}@{model.digest}"


def test_policy_that_names_a_digest_is_not_moved_by_a_later_promotion(decided, model, tmp_path):
    promote(decided, model)
    other = replace(model, card=replace(model.card, inputs={"later": "x"}))
    draft = tmp_path / "pinned.yaml"
    text = CHAMPION.format(population=POPULATION, name=f"{model.card.name}@{model.digest}")
    draft.write_text(text.replace("2025-10-15", "2025-10-20"), encoding="utf-8")

    def day():
        return china_morning(date(2025, 10, 16))

    drafted = draft_policy(decided, draft, profile="default", reason="pin", actor=ACTOR, clock=day)
    approve_policy(decided, drafted.draft_id, actor=OTHER, clock=day)
    promote(decided, other)

    assert manifest_of(decided, run(decided, FIRST).run_id).learned[0].digest == model.digest
    missing = replace(
        read_champions(policies_of(decided, "default"), on=FIRST), populations={POPULATION: "challenger@0"}
    )
    with pytest.raises(MonthlyRunError, match="challenger@0"):
        learned_champions(decided, missing, populations=[POPULATION], as_of=FIRST, run="r")


def own_last(table):
    return table[table["population"] == POPULATION].tail(1).to_dict("records")


def models_of(workspace, done):
    grades = workspace.warehouse.read("grades", run_id=done.runs["grade"]).execute()
    return set(grades.loc[grades["population"] == POPULATION, "model"].dropna())


def test_a_sector_is_graded_apart_by_its_own_model_or_that_of_the_whole_population(sector_decided, model):
    city = sector_decided
    with pytest.raises(MonthlyRunError, match=r"deciding model of enterprise\.food, and none was promoted"):
        run(city, FIRST)
    promote(city, model)  # of all enterprises: it stands in for a sector that has none
    stood_in = run_signed(city, FIRST)
    grades = city.warehouse.read("grades", run_id=stood_in.runs["grade"]).execute()
    register = city.warehouse.history("entities").select("entity_id", "known_at", "industry_code").execute()
    known = register[pd.to_datetime(register["known_at"]) <= pd.Timestamp(FIRST)].sort_values("known_at")
    industry = known.drop_duplicates("entity_id", keep="last").set_index("entity_id")["industry_code"].str[:3]
    is_food = grades["entity_id"].map(industry).isin(["C13", "C14", "C15", "H62"])
    is_firm = grades["population"].str.startswith("enterprise")

    assert (grades["population"] == "enterprise.food").equals(is_food & is_firm)
    food = grades[grades["population"] == "enterprise.food"]
    assert len(food) >= 5 and set(food["model"].dropna()) == {model.card.name}
    # whom the sector leaves behind is scored as before, and cut without it
    assert set(grades.loc[~is_food, "model"].dropna()) == {"scorecard"}
    shares = city.warehouse.read("grade_shares", run_id=stood_in.runs["grade"]).execute()
    assert shares.loc[shares["population"] == "enterprise.food", "n"].sum() == len(food)
    assert manifest_of(city, stood_in.run_id).learned == (
        LearnedChampion("enterprise.food", model.card.name, model.digest, "backtest-1"),
    )
    assert reproduce(city, stood_in.run_id).ok
    firm = str(food.dropna(subset=["score"])["entity_id"].iloc[0])
    found = rescore(city, stood_in.run_id, firm, known_by=LAST_DAY)
    assert found.before["grade"] == found.after["grade"] and found.tables["grades"]["population"].iloc[0] == (
        "enterprise.food"
    )

    own = replace(model, card=replace(model.card, population="enterprise.food"))
    promote(city, own, population="enterprise.food")
    later = run_signed(city, FIRST)
    assert manifest_of(city, later.run_id).learned[0].digest == own.digest != model.digest
    assert reproduce(city, stood_in.run_id).ok and reproduce(city, later.run_id).ok


def test_a_name_that_policy_does_not_give_is_refused(model, monkeypatch):
    monkeypatch.setattr("engine.api.scoring.learned._applier", lambda workspace, digest: LearnedScorer(model))
    named = LearnedChampion(POPULATION, "other", model.digest, "backtest-1")
    entities = pd.DataFrame({"entity_id": ["reg:000000"], "population": POPULATION})

    with pytest.raises(MonthlyRunError, match="the promoted model is called"):
        score_learned(None, feature_rows(1, seed=3), entities, [named], run="r")


def test_without_any_known_value_the_reasons_still_add_up(model):
    rows = feature_rows(4, seed=2)
    rows[list(model.card.feature_names)] = np.nan
    scorer = LearnedScorer(model)

    sums = scorer.reasons(rows, top=2).groupby("entity_id")["points"].sum()

    assert np.abs(sums.to_numpy() - scorer.score(rows)["score"].to_numpy()).max() < 1e-9
