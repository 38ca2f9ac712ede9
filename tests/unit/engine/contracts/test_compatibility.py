"""The rule table of releases: each kind of change, whom it breaks, and which version it asks for."""

import copy

import pytest

from engine.contracts.compatibility import BREAKS, READERS, ChangeKind, changes, version_problem
from engine.contracts.odcs import contract_of
from engine.store.documents import SHIPPED, read_yaml

(PENALTIES,) = read_yaml(SHIPPED / "released" / "penalties.yaml")


def changed(edit, *, version="1.0.0"):
    document = copy.deepcopy(PENALTIES)
    edit(document["schema"][0])
    return contract_of({**document, "version": version})


def column(body, name):
    return next(prop for prop in body["properties"] if prop["name"] == name)


def add_column(*, required):
    prop = {"name": "note", "businessName": "备注", "logicalType": "string", "required": required, "description": "x"}
    return lambda body: body["properties"].append(prop)


def drop(name):
    return lambda body: body["properties"].remove(column(body, name))


def put(name, **values):
    return lambda body: column(body, name).update(values)


def set_codes(*codes):
    def edit(body):
        column(body, "severity")["quality"][0]["arguments"]["validValues"] = list(codes)

    return edit


def introduce_codes(body):
    quality = copy.deepcopy(column(body, "severity")["quality"])
    column(body, "doc_no").update(quality=[{**quality[0], "id": "penalties-doc_no-codes"}])


def set_custom(name, prop, value):
    def edit(body):
        held = column(body, name).setdefault("customProperties", [])
        held[:] = [each for each in held if each["property"] != prop] + [{"property": prop, "value": value}]

    return edit


def edit_check(ident, **values):
    def edit(body):
        next(q for q in body["quality"] if q["id"] == ident).update(values)

    return edit


def drop_check(ident):
    def edit(body):
        body["quality"] = [q for q in body["quality"] if q["id"] != ident]

    return edit


def make_key(body):
    column(body, "doc_no").update(primaryKey=True, primaryKeyPosition=2)


CASES = [
    (add_column(required=False), ChangeKind.COLUMN_ADDED, "note"),
    (add_column(required=True), ChangeKind.REQUIRED_COLUMN_ADDED, "note"),
    (drop("content"), ChangeKind.COLUMN_REMOVED, "content"),
    (put("doc_no", logicalType="integer"), ChangeKind.TYPE_CHANGED, "doc_no"),
    (put("content", required=True), ChangeKind.BECAME_REQUIRED, "content"),
    (put("doc_no", required=False), ChangeKind.BECAME_OPTIONAL, "doc_no"),
    (set_codes("none", "minor", "ordinary", "serious", "grave"), ChangeKind.CODE_ADDED, "severity=grave"),
    (set_codes("none", "minor", "ordinary"), ChangeKind.CODE_REMOVED, "severity=serious"),
    (lambda body: column(body, "severity").pop("quality"), ChangeKind.CODES_LIFTED, "severity"),
    (introduce_codes, ChangeKind.CODES_INTRODUCED, "doc_no"),
    (set_custom("fine_fen", "unit", "元"), ChangeKind.UNIT_CHANGED, "fine_fen"),
    (set_custom("categories", "separator", ","), ChangeKind.SEPARATOR_CHANGED, "categories"),
    (make_key, ChangeKind.KEY_CHANGED, "penalty_id, doc_no"),
    (
        lambda body: body.update(customProperties=[{"property": "knownAtRule", "value": "publicity_end_on"}]),
        ChangeKind.KNOWN_AT_RULE_CHANGED,
        "publicity_end_on",
    ),
    (put("doc_no", logicalTypeOptions={"pattern": "x+"}), ChangeKind.CHECK_ADDED, "penalties-doc_no-pattern"),
    (put("fine_fen", logicalTypeOptions={"minimum": 1}), ChangeKind.CHECK_CHANGED, "penalties-fine_fen-range"),
    (drop_check("penalties-valid_after_decision"), ChangeKind.CHECK_REMOVED, "penalties-valid_after_decision"),
    (drop_check("penalties-entity_on_register"), ChangeKind.WARNING_CHANGED, "penalties-entity_on_register"),
    (
        edit_check("penalties-valid_after_decision", severity="warning"),
        ChangeKind.CHECK_CHANGED,
        "penalties-valid_after_decision",
    ),
]


@pytest.mark.parametrize(("edit", "kind", "subject"), CASES, ids=lambda value: str(value) if value in BREAKS else "")
def test_each_change_is_seen_and_asks_for_its_version(edit, kind, subject):
    old = changed(lambda body: None)

    found = changes(old, changed(edit))

    assert [(each.kind, each.subject) for each in found] == [(kind, subject)]
    assert version_problem(old, changed(edit)) is not None
    assert (version_problem(old, changed(edit, version="1.1.0")) is None) == (READERS not in BREAKS[kind])
    assert version_problem(old, changed(edit, version="2.0.0")) is None


def test_every_kind_of_change_has_its_rule_and_its_case():
    assert set(BREAKS) == set(ChangeKind)
    assert {kind for _, kind, _ in CASES} | {ChangeKind.TABLE_REMOVED} == set(ChangeKind)


def test_wording_alone_changes_nothing_and_a_version_never_falls():
    old = changed(lambda body: None)
    reworded = changed(put("doc_no", description="The number.", businessName="文号"))

    assert changes(old, reworded) == ()
    assert version_problem(old, reworded) is None
    assert "falls" in version_problem(old, changed(lambda body: None, version="0.9.0")).render()


def test_a_released_table_cannot_vanish():
    old = changed(lambda body: None)

    assert [each.kind for each in changes(old, None)] == [ChangeKind.TABLE_REMOVED]
    assert version_problem(old, None) is not None
