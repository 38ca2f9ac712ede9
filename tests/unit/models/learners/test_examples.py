"""Which rows train, and with what weight."""

from datetime import date

import pandas as pd
import pytest

from engine.errors import MissingInclusionProbabilityError, NothingToLearnError, SchemaMismatchError
from models.learners.examples import MAX_WEIGHT, Basis, assemble_examples


def _labels(**columns):
    base = {
        "entity_id": ["a", "b", "c", "d"],
        "as_of": [date(2024, 1, 1), date(2024, 2, 1), date(2023, 5, 1), date(2024, 3, 1)],
        "label": [1.0, 0.0, 0.0, 1.0],
        "known_at": [date(2024, 1, 20), date(2024, 2, 20), date(2023, 5, 20), date(2024, 6, 20)],
    }
    return pd.DataFrame(base | columns)


def _features(labels):
    return labels[["entity_id", "as_of"]].drop_duplicates().assign(x=1.0)


def _assemble(labels, *, basis=Basis.SCHEDULED, known_by=date(2025, 1, 1)):
    return assemble_examples(_features(labels), labels, population="p", known_by=known_by, basis=basis)


def test_a_result_known_too_late_does_not_train():
    # arrange
    labels = _labels()
    # act
    found = _assemble(labels, known_by=date(2024, 6, 19))
    # assert: d became known on the 20th
    assert list(found.rows["entity_id"]) == ["c", "a", "b"]


def test_the_last_day_of_knowledge_is_inside():
    assert "d" in set(_assemble(_labels(), known_by=date(2024, 6, 20)).rows["entity_id"])


def test_what_could_not_be_assessed_does_not_train():
    found = _assemble(_labels(label=[1.0, 0.0, None, 1.0]))
    assert set(found.rows["entity_id"]) == {"a", "b", "d"}


def test_several_items_of_one_visit_are_several_rows():
    labels = pd.concat([_labels(), _labels().assign(label=0.0)], ignore_index=True)
    assert len(_assemble(labels).rows) == 8


def test_random_rows_stand_for_those_they_were_drawn_from():
    # arrange: b was drawn with half the chance of the others
    labels = _labels(inclusion_probability=[0.2, 0.1, 0.2, 0.2])
    # act
    weights = _assemble(labels, basis=Basis.RANDOM).rows.set_index("entity_id")["weight"]
    # assert
    assert weights["b"] == pytest.approx(2 * weights["a"])
    assert weights.mean() == pytest.approx(1)


def test_routine_rows_count_once_whatever_their_probability_column_says():
    labels = _labels(inclusion_probability=[0.2, 0.1, 0.2, 0.2])
    assert set(_assemble(labels, basis=Basis.SCHEDULED).weights) == {1.0}


def test_no_row_carries_the_whole_fit():
    # arrange: one of 101 rows has a probability of one in a million
    n = 101
    labels = pd.DataFrame(
        {
            "entity_id": [str(place) for place in range(n)],
            "as_of": date(2024, 1, 1),
            "label": [float(place % 2) for place in range(n)],
            "known_at": date(2024, 2, 1),
            "inclusion_probability": [1e-6] + [1.0] * (n - 1),
        }
    )
    # act
    weights = _assemble(labels, basis=Basis.RANDOM).rows.set_index("entity_id")["weight"]
    # assert: untrimmed it would stand at n times the mean
    trimmed = 1e6 / ((1e6 + n - 1) / n)
    assert trimmed > MAX_WEIGHT
    assert weights["0"] / weights["1"] == pytest.approx(MAX_WEIGHT / (1 / ((1e6 + n - 1) / n)))


def test_a_random_row_without_probability_is_refused():
    with pytest.raises(MissingInclusionProbabilityError, match="1 row"):
        _assemble(_labels(inclusion_probability=[0.2, None, 0.2, 0.2]), basis=Basis.RANDOM)


def test_nothing_but_clean_rows_is_nothing_to_learn():
    with pytest.raises(NothingToLearnError, match="of 4 checks with a known result 0 had findings"):
        _assemble(_labels(label=[0.0] * 4))


def test_labels_must_say_when_they_were_known():
    with pytest.raises(SchemaMismatchError, match="known_at"):
        assemble_examples(
            _features(_labels()),
            _labels().drop(columns="known_at"),
            population="p",
            known_by=date(2025, 1, 1),
            basis=Basis.SCHEDULED,
        )
