"""From named tables to the blinded frame and roster, and back to names for those who may know them."""

import pandas as pd
import pytest

from engine.draw.populations.preparation import prepare_frame, prepare_roster
from engine.draw.populations.roster import LEADER
from engine.draw.protocol.encoding import suite_named
from engine.draw.protocol.tickets import handle_of, salt_of
from engine.draw.publishing.tables import (
    reserve_table,
    selection_table,
    shortage_table,
    stratum_table,
    team_table,
    visit_table,
)
from engine.errors import CommitmentRefusedError, ContractError, DrawError, SchemaMismatchError
from engine.vocabulary import SELECTIONS
from tests.draw_cases import KEY, frame_rows, inspectors, make_case

SUITE = suite_named("sha256")
CASE = make_case()
NOBODY = pd.DataFrame({"inspector_code": [], "object_id": []})


def prepared(rows, key=KEY):
    return prepare_frame(rows, key=key, suite=SUITE)


def test_frame_holds_every_object_once_under_its_handle():
    rows = frame_rows()

    frame = prepared(rows)

    assert sorted(frame.object_ids) == sorted(rows["object_id"].unique())
    for row, object_id in enumerate(frame.object_ids):
        assert frame.rows.handle(row) == handle_of(SUITE, identifier=object_id, salt=salt_of(KEY, object_id))
        own = rows[rows["object_id"] == object_id]
        expected = {
            item: stratum if pd.isna(reason) else f"!{reason}!{stratum}"
            for item, stratum, reason in zip(own["item_code"], own["stratum"], own["exclusion"], strict=True)
        }
        assert frame.rows.cells_of(row) == expected


def test_excluded_rows_are_counted_and_never_drawn():
    counts = CASE.frame.rows.counts()
    table = selection_table(CASE.drawn, frame=CASE.frame)

    excluded = frame_rows().query("exclusion == 'visited'")
    assert sum(n for (_, stratum), n in counts.items() if stratum.startswith("!")) == len(excluded) > 0
    assert not set(zip(table["object_id"], table["item_code"], strict=True)) & set(
        zip(excluded["object_id"], excluded["item_code"], strict=True)
    )


def test_key_never_shows_in_a_representation():
    assert repr(KEY) not in repr(CASE.frame)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda r: r.drop(columns="stratum"), SchemaMismatchError),
        (lambda r: pd.concat([r, r.iloc[:1]]), ContractError),
        (lambda r: r.assign(stratum=None), ContractError),
        (lambda r: r.assign(object_id="91330600MA00000001"), ContractError),
        (lambda r: r.assign(stratum="a|b"), DrawError),
        (lambda r: r.assign(stratum="!a!b"), ContractError),
        (lambda r: r.assign(item_code=""), DrawError),
        (lambda r: r.assign(item_code="e\u0301"), DrawError),
        (lambda r: r.assign(object_id=[f"uscc:e\u0301{n}" for n in range(len(r))]), DrawError),
    ],
)
def test_unusable_rows_are_refused(change, error):
    with pytest.raises(error):
        prepared(change(frame_rows()))


def test_short_key_is_refused():
    with pytest.raises(CommitmentRefusedError, match="32 bytes"):
        prepared(frame_rows(), key=b"short")


def test_opening_of_an_unknown_object_is_refused():
    with pytest.raises(ContractError, match="not in the frame"):
        CASE.frame.opening("uscc:unknown")


def test_roster_carries_what_the_match_looks_at():
    object_id = CASE.frame.object_ids[0]
    pairs = pd.DataFrame({"inspector_code": ["I000", "I000", "I999"], "object_id": [object_id, "uscc:gone", object_id]})

    roster = prepare_roster(inspectors(), recusals=pairs, rotations=NOBODY, frame=CASE.frame)

    officer = roster.officers[roster.inspector_codes.index("I000")]
    assert officer.recused == (CASE.frame.rows.handle(0),)
    assert (officer.rotated, officer.department, officer.cap, officer.prior, officer.weight) == ((), "market", 4, 0, 1)
    assert LEADER in officer.specialities
    assert [one.handle for one in roster.officers] == sorted(one.handle for one in roster.officers)


def test_experts_never_lead():
    roster = prepare_roster(
        inspectors().assign(is_leader_qualified=True), recusals=NOBODY, rotations=NOBODY, frame=CASE.frame
    )

    assert all((LEADER in one.specialities) == (one.department != "expert") for one in roster.officers)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda t: t.drop(columns="cap"), SchemaMismatchError),
        (lambda t: pd.concat([t, t.iloc[:1]]), ContractError),
        (lambda t: t.assign(cap=-1), ContractError),
        (lambda t: t.assign(weight=0), ContractError),
        (lambda t: t.assign(prior_load=10**9), ContractError),
        (lambda t: t.assign(department_code="a|b"), DrawError),
    ],
)
def test_unusable_officers_are_refused(change, error):
    with pytest.raises(error):
        prepare_roster(change(inspectors()), recusals=NOBODY, rotations=NOBODY, frame=CASE.frame)


def selections_with_tickets():
    """The selections with handle and ticket of every row, in hex."""
    table = selection_table(CASE.drawn, frame=CASE.frame)
    groups = {item: terms.group for item, terms in CASE.commitment.items.items()}
    handles = [CASE.frame.rows.handle(row).hex() for row in table["row"]]
    dealt = [
        CASE.drawn.selected.tickets[groups[item]][32 * row : 32 * row + 32].hex()
        for item, row in zip(table["item_code"], table["row"], strict=True)
    ]
    return table.assign(handle=handles, ticket=dealt)


def test_tables_agree_with_the_certificate():
    record = CASE.certificate.record
    selections = selections_with_tickets()
    drawn = selections[selections["is_drawn"]]

    SELECTIONS.check(selections.rename(columns={"object_id": "entity_id"}))
    for (item, stratum), cell in drawn.groupby(["item_code", "stratum"]):
        assert (
            cell.sort_values("selection_order")["handle"].tolist() == record["result"][f"{item}|{stratum}"]["selected"]
        )
        assert cell["ticket"].max() == record["result"][f"{item}|{stratum}"]["tau"]
    for (_, _), cell in selections.groupby(["item_code", "stratum"]):
        assert cell["inclusion_probability"].sum() == pytest.approx(cell["is_drawn"].sum())
    strata = stratum_table(CASE.drawn)
    assert dict(zip(strata["item_code"] + "|" + strata["stratum"], strata["n_drawn"], strict=True)) == {
        name: cell["n"] for name, cell in record["result"].items()
    }
    visits = visit_table(CASE.drawn, frame=CASE.frame)
    assert dict(zip(visits["handle"], visits["item_codes"].str.split(";"), strict=True)) == record["visits"]
    assert set(visits["visit_id"]) == set(drawn["visit_id"])
    assert selections.loc[~selections["is_drawn"], ["visit_id", "selection_order"]].isna().all(axis=None)
    assert (drawn["visit_id"] == drawn["handle"].str[:16]).all()


def test_every_team_has_two_officers_one_leader_and_its_posts():
    teams = team_table(CASE.drawn, frame=CASE.frame, roster=CASE.roster)
    officers = teams[teams["department_code"] != "expert"]

    assert (officers.groupby("visit_id")["inspector_code"].nunique() >= 2).all()
    assert (teams.groupby("visit_id")["is_leader"].sum() == 1).all()
    assert not teams.duplicated(["visit_id", "inspector_code"]).any()
    assert len(teams) == len(CASE.certificate.record["match"]["slots"])
    assert "I004" not in set(teams["inspector_code"])


def test_reserves_follow_the_selection_in_ticket_order():
    reserves = reserve_table(CASE.drawn, frame=CASE.frame)
    tickets = selections_with_tickets().set_index(["item_code", "handle"])["ticket"]

    for (item, stratum), cell in reserves.groupby(["item_code", "stratum"]):
        found = [tickets[item, handle] for handle in cell.sort_values("reserve_order")["handle"]]
        assert found == sorted(found)
        assert found[0] > CASE.certificate.record["result"][f"{item}|{stratum}"]["tau"]


def test_a_draw_that_selects_nobody_is_a_draw():
    from fractions import Fraction

    from engine.draw.committing.commitment import ItemTerms
    from engine.draw.publishing.bundle import compact_bundle
    from engine.draw.verifying.verification import verify_bundle
    from tests.draw_cases import ITEMS

    none = {item: ItemTerms("g", "ceil", dict.fromkeys(ITEMS["food"].ratios, Fraction(0))) for item in ITEMS}
    case = make_case(changes={"items": none})

    found = verify_bundle(
        compact_bundle(case.commitment, case.certificate, frame=case.frame.hashed, roster=case.roster.officers)
    )

    assert (len(case.drawn.visits), found.failed) == (0, ())
    assert len(visit_table(case.drawn, frame=case.frame)) == len(shortage_table(case.drawn.match.shortages)) == 0
