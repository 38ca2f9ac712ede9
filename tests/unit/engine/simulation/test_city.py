from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from stdnum.cn import uscc

from engine.errors import UsageError
from engine.simulation.city import City, simulate_city
from engine.simulation.layout import SCHEMAS, plain
from engine.vocabulary import ADVERSE_RESULTS, JOINER, NOT_ASSESSABLE_RESULTS

KEYS = {
    "entities": ["entity_id"],
    "departments": ["department_code"],
    "districts": ["district_code"],
    "items": ["item_code"],
    "inspectors": ["inspector_code"],
    "recusals": ["inspector_code", "entity_id"],
    "inspections": ["inspection_id"],
    "penalties": ["penalty_id"],
    "listings": ["listing_event_id"],
    "repairs": ["repair_id"],
    "complaints": ["complaint_id"],
    "licences": ["licence_id"],
    "annual_reports": ["entity_id", "report_year"],
    "external_grades": ["external_grade_id"],
    "relations": ["relation_id"],
    "plans": ["line_id"],
    "registry_counts": ["count_id"],
}
LAST_DAY = pd.Timestamp(2025, 9, 30)


def adverse(results: pd.Series) -> pd.Series:
    return results.map(lambda text: bool(set(text.split(JOINER)) & ADVERSE_RESULTS))


def test_every_contract_table_is_there_with_rows(city: City):
    assert set(city.tables) == set(SCHEMAS)
    assert all(table.num_rows > 0 for table in city.tables.values())
    assert city.n_records == sum(table.num_rows for table in city.tables.values())


@pytest.mark.parametrize("name", SCHEMAS)
def test_versions_are_unique_and_nothing_is_known_too_early_or_after_the_last_day(name: str, tables):
    table = tables[name]

    assert not table.duplicated([*KEYS[name], "known_at"]).any()
    assert table["known_at"].max() <= LAST_DAY
    if name != "items":  # an edition is published before it takes effect
        assert (table["known_at"] >= table["occurred_on"]).all()


def test_references_lead_somewhere(tables):
    entities = set(tables["entities"]["entity_id"])
    for name in ("inspections", "penalties", "listings", "repairs", "complaints", "recusals"):
        assert set(tables[name]["entity_id"]) <= entities
    organs = set(tables["departments"]["department_code"])
    assert set(tables["penalties"]["organ_code"]) <= organs
    assert set(tables["listings"]["organ_code"].dropna()) <= organs
    assert set(tables["inspections"]["inspector_code"]) <= set(tables["inspectors"]["inspector_code"])
    assert set(tables["repairs"]["target_id"]) <= set(tables["penalties"]["penalty_id"])
    assert set(tables["entities"]["district_code"]) <= set(tables["districts"]["district_code"])


def test_entities_are_valid_fictional_and_of_three_kinds(tables):
    first = tables["entities"].drop_duplicates("entity_id")
    shares = first["entity_type"].value_counts(normalize=True)

    assert len(first) == 8_000
    assert first["uscc"].dropna().map(uscc.is_valid).all()
    assert first["uscc"].dropna().is_unique
    assert first["name"].str.contains("虚构").all()
    assert first["address"].str.contains("示例").all()
    assert (first["population"] == first["entity_type"]).all()
    assert shares["enterprise"] == pytest.approx(0.45, abs=0.02)
    assert shares["individual_business"] == pytest.approx(0.50, abs=0.02)
    assert shares["farmer_cooperative"] == pytest.approx(0.05, abs=0.01)
    scheme = first["entity_id"].str.partition(":")
    assert (scheme[0] == "uscc").mean() > 0.99
    assert (scheme.loc[scheme[0] == "uscc", 2] == first.loc[scheme[0] == "uscc", "uscc"]).all()


def test_leaving_the_register_is_the_last_version(tables):
    versions = tables["entities"].sort_values(["entity_id", "known_at"])
    last = versions.drop_duplicates("entity_id", keep="last")
    before = versions[versions.duplicated("entity_id", keep="last")]

    assert (before["status"] == "active").all()
    assert 0.70 < (last["status"] == "active").mean() < 0.92
    assert set(last["status"]) == {"active", "cancelled", "revoked", "closed", "moved_out"}


def test_moves_change_the_address_and_nothing_of_its_identity(tables):
    groups = tables["entities"].groupby("entity_id")

    assert (groups["name"].nunique() == 1).all()
    assert (groups["occurred_on"].nunique() == 1).all()
    assert (groups["address"].nunique() > 1).any()
    assert (groups["registered_capital_fen"].nunique() > 1).any()


def test_random_rows_carry_the_probabilities_they_were_drawn_with(tables):
    rows = tables["inspections"]
    drawn = rows[rows["selection_mode"] == "random"]
    directed = rows[rows["selection_mode"] == "directed"]

    assert directed[["draw_id", "stratum", "design_probability", "inclusion_probability"]].isna().all().all()
    assert drawn[["draw_id", "stratum"]].notna().all().all()
    assert drawn["inclusion_probability"].between(0, 1, inclusive="right").all()
    # An early draw is delivered whole: the weights of each stratum add up to its size, a whole number.
    early = drawn[drawn["draw_id"] == "SX2022Q2"]
    sizes = (1 / early["inclusion_probability"]).groupby([early["item_code"], early["stratum"]]).sum()
    np.testing.assert_allclose(sizes, sizes.round(), atol=1e-6)


def test_result_mix_is_plausible(tables):
    rows = tables["inspections"]
    drawn = rows[rows["selection_mode"] == "random"]
    problem = adverse(drawn["result_codes"])

    assert 0.05 < problem.mean() < 0.11
    assert 0.14 < problem.groupby(drawn["visit_id"]).max().mean() < 0.25  # Tianning 2017: 19.6 %
    assert drawn.groupby("visit_id").size().mean() > 2
    directed = adverse(rows.loc[rows["selection_mode"] == "directed", "result_codes"])
    assert directed.mean() > 1.5 * problem.mean()


def test_one_leader_one_entity_and_one_day_per_visit(tables):
    visits = tables["inspections"].groupby("visit_id")

    for column in ("inspector_code", "entity_id", "occurred_on", "selection_mode"):
        assert (visits[column].nunique() == 1).all()


def test_no_leader_meets_an_entity_of_a_recusal_and_all_are_on_duty(tables):
    rows = tables["inspections"].merge(tables["recusals"], on=["inspector_code", "entity_id"])
    assert rows.empty

    officers = tables["inspectors"].drop_duplicates("inspector_code").set_index("inspector_code")
    leaders = officers.loc[tables["inspections"]["inspector_code"]]
    expires = pd.to_datetime(leaders["certificate_expires_on"]).to_numpy()
    assert leaders["is_leader_qualified"].all()
    assert (expires >= tables["inspections"]["occurred_on"].to_numpy()).all()


def test_two_certified_officers_everywhere_and_some_lapsed(tables):
    officers = tables["inspectors"].drop_duplicates("inspector_code", keep="last")
    is_valid = (pd.to_datetime(officers["certificate_expires_on"]) > LAST_DAY) & (officers["status"] == "active")
    pools = officers[is_valid].groupby(["department_code", "district_code"])

    assert len(pools) == 16 * 7
    assert (pools.size() >= 2).all()
    assert pools["is_leader_qualified"].any().all()


def test_penalties_follow_the_double_publicity_layout(tables):
    penalties = tables["penalties"]

    assert penalties["doc_no"].is_unique
    assert penalties["doc_no"].str.fullmatch(r"绍.+罚决〔20\d\d〕\d+号").all()
    assert (penalties["fine_fen"].isna() == (penalties["severity"] == "none")).all()
    assert (penalties["publicity_end_on"].isna() == (penalties["severity"] == "none")).all()
    fined = penalties.dropna(subset="fine_fen")
    assert fined["categories"].str.contains("罚款").all()
    stated = fined["content"].str.extract(r"处罚款人民币(\d+)元")[0].astype(float)
    assert (stated * 100 == fined["fine_fen"]).all()
    assert (penalties["categories"].str.contains("没收") == penalties["confiscated_fen"].notna()).all()


def test_repairs_come_after_the_legal_minimum_and_before_publicity_ends(tables):
    repairs = tables["repairs"].merge(
        tables["penalties"], left_on="target_id", right_on="penalty_id", suffixes=("", "_penalty")
    )
    repaired = repairs[repairs["decision"] == "repaired"]
    waited = (repaired["occurred_on"] - repaired["occurred_on_penalty"]).dt.days

    assert (repairs["entity_id"] == repairs["entity_id_penalty"]).all()
    assert set(repaired["severity"]) <= {"ordinary", "serious"}
    assert (waited >= np.where(repaired["severity"] == "serious", 365, 90)).all()
    assert (repaired["occurred_on"] < pd.to_datetime(repaired["publicity_end_on"])).all()
    assert (repairs["known_at"] >= repairs["known_at_penalty"]).all()


def test_listings_open_before_they_close_and_never_overlap(tables):
    events = tables["listings"]
    listed = events[events["event"] == "listed"].set_index("listing_id")
    removed = events[events["event"] == "removed"].set_index("listing_id")

    assert listed.index.is_unique and removed.index.is_unique
    assert removed.index.isin(listed.index).all()
    opened = listed.loc[removed.index]
    assert (removed["occurred_on"] > opened["occurred_on"]).all()
    assert (removed["known_at"] >= opened["known_at"]).all()
    assert set(listed["list_type"]) == {"abnormal", "serious_violation", "judgment_defaulter"}
    spells = listed.assign(until=removed["occurred_on"].reindex(listed.index).fillna(pd.Timestamp.max.floor("D")))
    spells = spells.sort_values(["list_type", "entity_id", "occurred_on"])
    same = (spells["entity_id"] == spells["entity_id"].shift()) & (spells["list_type"] == spells["list_type"].shift())
    known_end = events.loc[events["event"] == "removed"].set_index("listing_id")["occurred_on"]
    before = spells["until"].shift()[same]
    # A removal may have happened but not be known yet; such a pair has no end on record.
    ended = before[before < pd.Timestamp.max.floor("D")]
    assert (spells.loc[ended.index, "occurred_on"] > ended).all()
    assert len(known_end) == len(removed)


def test_complaints_are_checked_later_in_a_second_version(tables):
    versions = tables["complaints"].groupby("complaint_id")["is_substantiated"].agg(list)

    assert versions.map(lambda states: states[0] is None).all()
    assert versions.map(len).max() == 2
    checked = versions[versions.map(len) == 2].map(lambda states: states[1])
    assert set(checked) == {True, False}


def test_unassessable_rows_stay_a_small_domain(tables):
    rows = tables["inspections"]

    assert 0.01 < rows["result_codes"].isin(NOT_ASSESSABLE_RESULTS).mean() < 0.08


def test_same_seed_same_city_another_seed_another():
    def make(seed: int) -> City:
        return simulate_city(n_entities=300, years=2, last_day=date(2024, 6, 30), seed=seed)

    first, again, other = make(3), make(3), make(4)

    assert all(plain(first.tables[n], n).equals(plain(again.tables[n], n)) for n in SCHEMAS)
    assert not plain(first.tables["entities"], "entities").equals(plain(other.tables["entities"], "entities"))


@pytest.mark.parametrize("last_day", [date(2024, 2, 29), date(2026, 1, 1), date(2025, 6, 17)])
def test_any_last_day_and_the_smallest_city_work(last_day: date):
    made = simulate_city(n_entities=50, years=1, last_day=last_day, seed=0)

    for name, table in made.tables.items():
        read = plain(table, name)
        assert read.schema == SCHEMAS[name]
        assert pa.compute.max(read["known_at"]).as_py() is None or pa.compute.max(read["known_at"]).as_py() <= last_day


@pytest.mark.parametrize(
    ("n_entities", "years", "seed"), [(49, 6, 1), (30_000_000, 6, 1), (1_000, 0, 1), (1_000, 6, -1)]
)
def test_sizes_out_of_range_are_refused(n_entities: int, years: int, seed: int):
    with pytest.raises(UsageError, match="choose a whole number"):
        simulate_city(n_entities=n_entities, years=years, last_day=date(2025, 12, 31), seed=seed)


def test_progress_is_told():
    heard = []

    simulate_city(
        n_entities=50,
        years=1,
        last_day=date(2025, 12, 31),
        seed=1,
        report=lambda message, share: heard.append((str(message), share)),
    )

    assert heard[0][1] == 0.0
    assert [share for _, share in heard] == sorted(share for _, share in heard)
