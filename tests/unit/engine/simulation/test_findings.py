import numpy as np
import pandas as pd
import pytest

from engine.errors import ContractError, SchemaMismatchError, UsageError
from engine.simulation.city import City
from engine.simulation.findings import findings
from engine.simulation.layout import SCHEMAS
from engine.vocabulary import ADVERSE_RESULTS, JOINER, SelectionMode


def draw_of(city: City, *, n: int = 1_500, items: tuple[str, ...] = ("SCJG02", "RSJ01")) -> pd.DataFrame:
    ids = np.asarray(city.truth.entity_ids)[:n]
    rows = pd.DataFrame([(entity, item) for entity in ids for item in items], columns=["entity_id", "item_code"])
    return rows.assign(
        draw_id="SX2025Q4",
        visit_id="V-" + rows["entity_id"],
        department_code=rows["item_code"].str[:-2],
        stratum="s1",
        design_probability=0.1,
        inclusion_probability=0.1,
        inspector_code=city.truth.inspector_codes[0],
        occurred_on=pd.Timestamp(2025, 11, 3),
    )


def adverse(results: pd.Series) -> pd.Series:
    return results.map(lambda text: bool(set(text.split(JOINER)) & ADVERSE_RESULTS))


def test_rows_have_the_columns_of_the_contract(city: City):
    drawn = draw_of(city, n=200)

    found = findings(drawn, truth=city.truth, seed=5)

    assert list(found.columns) == SCHEMAS["inspections"].names
    assert found["inspection_id"].is_unique
    assert (found["known_at"] > found["occurred_on"]).all()
    assert (found["selection_mode"] == "random").all()
    pd.testing.assert_series_equal(found["entity_id"], drawn["entity_id"])


def test_neither_order_nor_company_changes_a_finding(city: City):
    drawn = draw_of(city)
    whole = findings(drawn, truth=city.truth, seed=5).set_index("inspection_id")
    shuffled = drawn.sample(frac=0.4, random_state=1)

    part = findings(shuffled, truth=city.truth, seed=5).set_index("inspection_id")

    pd.testing.assert_frame_equal(part, whole.loc[part.index])


def test_another_seed_or_draw_finds_otherwise(city: City):
    drawn = draw_of(city)
    base = findings(drawn, truth=city.truth, seed=5)["result_codes"]

    assert (base != findings(drawn, truth=city.truth, seed=6)["result_codes"]).any()
    assert (base != findings(drawn.assign(draw_id="other"), truth=city.truth, seed=5)["result_codes"]).any()


def test_findings_follow_the_true_probability(city: City):
    drawn = draw_of(city, n=8_000).assign(inspector_code=None)
    chance = city.truth.adverse_probability(
        drawn["entity_id"], drawn["item_code"], on=drawn["occurred_on"].iloc[0].date()
    )

    found = adverse(findings(drawn, truth=city.truth, seed=5)["result_codes"]).to_numpy()

    assert found.mean() == pytest.approx(chance.mean(), abs=0.012)
    assert found[chance > 0.15].mean() > 2 * found[chance < 0.05].mean()


def test_a_stricter_leader_never_finds_less(city: City):
    order = np.argsort(city.truth.strictness)
    lenient, strict = city.truth.inspector_codes[order[0]], city.truth.inspector_codes[order[-1]]
    drawn = draw_of(city)

    before = adverse(findings(drawn.assign(inspector_code=lenient), truth=city.truth, seed=5)["result_codes"])
    after = adverse(findings(drawn.assign(inspector_code=strict), truth=city.truth, seed=5)["result_codes"])

    assert (after >= before).all() and after.sum() > before.sum()


def test_rows_of_a_visit_are_unreachable_together(city: City):
    found = findings(draw_of(city, n=8_000), truth=city.truth, seed=5)
    unreachable = (found["result_codes"] == "unreachable").groupby(found["visit_id"])

    assert (unreachable.nunique() == 1).all()
    assert unreachable.any().any()


def test_reserve_rows_carry_no_probability(city: City):
    found = findings(draw_of(city, n=20), truth=city.truth, seed=5, mode=SelectionMode.RESERVE)

    assert found[["design_probability", "inclusion_probability"]].isna().all().all()
    assert (found["selection_mode"] == "reserve").all()


def test_no_row_drawn_gives_no_row(city: City):
    found = findings(draw_of(city, n=1).iloc[:0], truth=city.truth, seed=5)

    assert list(found.columns) == SCHEMAS["inspections"].names
    assert found.empty


def test_wrong_draws_are_refused(city: City):
    drawn = draw_of(city, n=3)

    with pytest.raises(SchemaMismatchError, match="stratum"):
        findings(drawn.drop(columns="stratum"), truth=city.truth, seed=5)
    with pytest.raises(ContractError, match="more than once"):
        findings(pd.concat([drawn, drawn]), truth=city.truth, seed=5)
    with pytest.raises(UsageError, match="inspector_code"):
        findings(drawn.assign(inspector_code="nobody"), truth=city.truth, seed=5)
