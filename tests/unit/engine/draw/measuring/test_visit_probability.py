"""The probability of a visit for any item: by counting what many seeds draw, and between its bounds."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from engine.draw.committing.commitment import ItemTerms
from engine.draw.measuring.fairness import fake_seeds
from engine.draw.measuring.visit_probability import visit_probabilities
from engine.draw.protocol.tickets import tickets
from engine.draw.selecting.selection import select, visits_of
from tests.draw_cases import make_case

TERMS = {
    "food": ItemTerms("joint", "ceil", {f"S{k}": Fraction(1, 4) for k in range(4)}),
    "price": ItemTerms("joint", "ceil", {f"S{k}": Fraction(k + 1, 10) for k in range(4)}),
    "消防": ItemTerms("fire", "ceil", {"S0": Fraction(1, 5), "S1": Fraction(1)}),
}


def rows(n_objects=80):
    records = []
    for n in range(n_objects):
        records.append((f"reg:{n:04d}", "food", f"S{n % 4}", "visited" if n % 16 == 5 else None))
        if n % 2:
            records.append((f"reg:{n:04d}", "price", f"S{n // 2 % 4}", None))
        if n % 5 == 0:
            records.append((f"reg:{n:04d}", "消防", f"S{n // 5 % 2}", None))
    return pd.DataFrame.from_records(records, columns=["object_id", "item_code", "stratum", "exclusion"])


@pytest.fixture(scope="module")
def drawn():
    return make_case(rows=rows(), changes={"items": TERMS, "merges": []}).drawn


def counted(drawn, seeds):
    """How often each row is drawn for any item when only the tickets are dealt again."""
    frame, found = drawn.frame.rows, np.zeros(drawn.frame.rows.size)
    groups = {item: terms.group for item, terms in drawn.commitment.items.items()}
    sizes = {cell.cell: len(cell.rows) for cell in drawn.selected.cells}
    for seed in seeds:
        dealt = {
            group: tickets(drawn.commitment.suite, seed=seed, group=group, handles=frame.handles)
            for group in set(groups.values())
        }
        cells = select(frame, tickets=dealt, groups=groups, sizes=sizes, reserves={})
        found[list(visits_of(cells))] += 1
    return found / len(seeds)


def test_it_is_the_share_of_seeds_in_which_the_object_is_visited(drawn):
    others = [drawn.commitment.suite.tagged("another seed", str(n)) for n in range(3000)]
    share = counted(drawn, others)[list(visits_of(drawn.selected.cells))]

    found = visit_probabilities(drawn, seeds=fake_seeds(drawn.commitment.suite, commit_digest=bytes(32), n=300))

    spread = np.sqrt(share * (1 - share) / len(others)) + 0.005
    assert np.abs(found - share).max() < 5 * spread.max()
    assert (np.abs(found - share) < 4 * spread).all()
    assert abs((found - share).mean()) < 0.005  # without the object's own ticket; with it they would lie 0.01 lower


def test_it_lies_between_the_greatest_ratio_and_independence_and_is_exact_for_one_item(drawn):
    frame, visited = drawn.frame.rows, list(visits_of(drawn.selected.cells))
    found = visit_probabilities(drawn, seeds=fake_seeds(drawn.commitment.suite, commit_digest=bytes(32), n=5))
    ratio = {cell.cell: len(cell.rows) / cell.size for cell in drawn.selected.cells}
    for place, row in enumerate(visited):
        own = [ratio[cell] for cell in frame.cells_of(row).items() if cell in ratio]
        assert max(own) - 1e-12 <= found[place] <= 1 - np.prod([1 - one for one in own]) + 1e-12
        if len(own) == 1:
            assert found[place] == own[0]
    assert found.max() == 1.0  # an item whose stratum is drawn in full
