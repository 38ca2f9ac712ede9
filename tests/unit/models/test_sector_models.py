"""A model of one sector: fitted on its rows, judged beside the model of the whole population, promoted only over it."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from engine.errors import NothingToLearnError, SectorTooSmallError, UsageError
from engine.grading.sector_models import SECTOR_MODELS, SectorScope
from engine.parameters import DatedValue, Parameter
from engine.store.workspaces.sector_warehouse import SectorWarehouse
from models.fitting.targets import targets
from models.fitting.training import fit_population
from models.judging.backtest_summary import gain_rows
from models.judging.backtesting import backtest_population
from models.judging.promotion import judge_promotion
from models.judging.window_fits import GENERAL
from models.judging.windows import windows_between
from tests.unit.models.fitting.test_training import BOOK, SPLIT, builder, workspace  # noqa: F401 - fixtures

SCOPE = SectorScope("plants", "food", ("food",), 300, 50, "test")


def fitted(workspace, builder, **changes):  # noqa: F811
    asked = {"population": SCOPE.name, "scope": SCOPE, "split": SPLIT, "seed": 1, "book": BOOK}
    return fit_population(SectorWarehouse(workspace, SCOPE), builder, **(asked | changes))


def test_it_learns_from_the_rows_of_its_sector_alone(workspace, builder):  # noqa: F811
    whole = fit_population(workspace.warehouse, builder, book=BOOK, population="plants", split=SPLIT, seed=1)
    own = fitted(workspace, builder)

    assert own.card.population == "plants.food"
    # every second plant is of the sector, and all were checked alike
    assert own.card.window.n_entities == pytest.approx(whole.card.window.n_entities / 2, abs=5)
    assert own.digest != whole.digest


def test_too_few_rows_are_refused_with_what_policy_asks(workspace, builder):  # noqa: F811
    few = replace(SCOPE, least_rows=50_000)

    with pytest.raises(SectorTooSmallError, match="policy asks for 50000 and 50 .* the model of plants scores it"):
        fitted(workspace, builder, scope=few)
    assert issubclass(SectorTooSmallError, NothingToLearnError)  # so that others of the same command go on


def test_the_model_of_the_whole_stands_beside_it_on_the_same_checks(workspace, builder):  # noqa: F811
    found = backtest_population(
        workspace,
        builder,
        book=BOOK,
        population=SCOPE.name,
        scope=SCOPE,
        windows=windows_between(date(2019, 7, 1), date(2019, 12, 31), days=184),
        seed=1,
        replicates=50,
    )

    scored = found.scored
    assert scored["entity_id"].str.removeprefix("reg:").astype(int).mod(2).eq(1).all()  # the sector's checks alone
    assert scored[GENERAL].notna().all() and GENERAL not in found.baselines
    general = found.folds[0].beside[GENERAL]
    assert general.card.population == "plants" and general.card.window.known_by == "2019-06-30"
    gains = pd.DataFrame(gain_rows(found))
    verdict = judge_promotion(
        gains,
        population=SCOPE.name,
        champion="scorecard",
        challenger="challenger",
        leaks=[],
        last_day=date(2021, 1, 1),
        mature_on=date(2020, 1, 1),
        also=(GENERAL,),
    )
    own = gains[(gains["score"] == GENERAL) & (gains["measure"] == "auc")]
    # plants of both sectors fail alike here: what the sector learns alone it has learnt from half the rows
    assert not (own["gain_low"] > 0).all()
    assert any("gain in AUC over general" in str(objection) for objection in verdict.objections)


def test_a_command_means_populations_or_sectors(workspace):  # noqa: F811
    entry = {"code": "food", "populations": ["plants", "ships"], "industries": ["food"], "least_rows": 1}
    entry |= {"least_adverse": 1, "reference": "test"}
    parameter = Parameter(SECTOR_MODELS, "test", {date(2000, 1, 1): DatedValue([entry], "test")})
    book = replace(BOOK, parameters={**BOOK.parameters, SECTOR_MODELS: parameter})

    def named(sector=None, populations=None):
        found = targets(workspace, book=book, on=SPLIT, sector=sector, populations=populations)
        return [(each.name, each.scope is not None) for each in found]

    assert named() == [("plants", False)]
    assert named(sector="food") == named(populations=["plants.food"]) == [("plants.food", True)]
    assert named(sector="food", populations=["plants"]) == [("plants.food", True)]
    for asked in ({"sector": "drugs"}, {"populations": ["ships"]}, {"populations": ["plants.drugs"]}):
        with pytest.raises(UsageError, match="give one of"):
            named(**asked)
    with pytest.raises(UsageError, match="give one of plants"):
        named(sector="food", populations=["ships"])
