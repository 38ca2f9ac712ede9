"""What never matters to a draw, what must not spread, and tickets that are nobody's to choose."""

import json
from fractions import Fraction
from math import floor

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.draw.populations.frame import BlindedFrame, frame_from_rows, leaf_hashes
from engine.draw.protocol.encoding import canonical_json, read_json, suite_named
from engine.draw.protocol.merkle import inclusion_proof, root_from_proof, tree_root
from engine.draw.protocol.tickets import handle_of, handles_of, salt_of, tickets
from engine.draw.publishing.bundle import compact_bundle, frame_from_shards, shard_bytes
from engine.draw.publishing.certificate import certify
from engine.draw.selecting.selection import select
from engine.draw.selecting.sizes import cumulative_sizes, draw_sizes, scale_to_cap
from engine.draw.verifying.verification import verify_bundle
from tests.draw_cases import ISSUED_AT, frame_rows, inspectors, make_case

SUITE = suite_named("sha256")
SEED = bytes(range(32))
BASE = make_case()
CONTENT = BASE.certificate.content

suites = st.sampled_from(["sha256", "sm3"]).map(suite_named)
ratios = st.fractions(min_value=0, max_value=1, max_denominator=40)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_row_order_item_order_and_roster_order_never_matter(seed):
    rng = np.random.default_rng(seed)
    rows = frame_rows()
    shuffled = rows.iloc[rng.permutation(len(rows))].reset_index(drop=True)
    officers = inspectors()

    again = make_case(rows=shuffled, officers=officers.iloc[rng.permutation(len(officers))].reset_index(drop=True))

    assert again.commitment.digest == BASE.commitment.digest
    assert again.certificate.content == CONTENT


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_key_order_and_escapes_of_the_published_file_never_matter(seed):
    rng = np.random.default_rng(seed)

    def reordered(value):
        if isinstance(value, dict):
            keys = list(value)
            rng.shuffle(keys)
            return {key: reordered(value[key]) for key in keys}
        return [reordered(inner) for inner in value] if isinstance(value, list) else value

    bundle = compact_bundle(BASE.commitment, BASE.certificate, frame=BASE.frame.hashed, roster=BASE.roster.officers)
    text = json.dumps(reordered(json.loads(json.dumps(bundle))), ensure_ascii=bool(seed % 2), indent=seed % 3)

    found = verify_bundle(read_json(text.encode()), expect_commit=BASE.commitment.digest.hex())

    assert (found.ok, found.anchored) == (True, True)


@st.composite
def frames(draw: st.DrawFn) -> list[tuple[bytes, dict[str, str]]]:
    items = draw(st.lists(st.sampled_from(["food", "price", "消防", "～", "😀"]), min_size=1, max_size=3, unique=True))
    n_rows = draw(st.integers(1, 25))
    rows = []
    for n in range(n_rows):
        chosen = draw(st.lists(st.sampled_from(items), min_size=1, unique=True))
        rows.append((SUITE.tagged("row", str(n)), {item: f"S{draw(st.integers(0, 2))}" for item in chosen}))
    return sorted(rows)


def chosen_in(frame: BlindedFrame, *, n: int) -> dict[tuple[str, str], list[bytes]]:
    dealt = {"g": tickets(SUITE, seed=SEED, group="g", handles=frame.handles)}
    sizes = {cell: min(n, n_rows) for cell, n_rows in frame.counts().items()}
    cells = select(frame, tickets=dealt, groups=dict.fromkeys(frame.items, "g"), sizes=sizes, reserves={})
    return {cell.cell: [frame.handle(row) for row in cell.rows] for cell in cells}


@settings(max_examples=40, deadline=None, derandomize=True)
@given(frames(), st.integers(0, 5))
def test_selection_is_the_n_smallest_tickets_in_order(rows, n):
    frame = frame_from_rows(rows)

    found = chosen_in(frame, n=n)

    for (item, stratum), handles in found.items():
        own = [handle for handle, cells in rows if cells.get(item) == stratum]
        assert handles == sorted(own, key=lambda h: (SUITE.tagged("ticket", SEED, "g", h), h))[:n]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(frames(), st.integers(1, 3), st.data())
def test_removing_an_unselected_row_changes_no_ticket_and_no_selection(rows, n, data):
    before = chosen_in(frame_from_rows(rows), n=n)
    selected = {handle for handles in before.values() for handle in handles}
    spare = [handle for handle, _ in rows if handle not in selected]
    assume(spare)
    gone = data.draw(st.sampled_from(spare))

    after = chosen_in(frame_from_rows([row for row in rows if row[0] != gone]), n=n)

    assert after == before


@settings(max_examples=40, deadline=None, derandomize=True)
@given(frames(), st.integers(1, 3), st.data())
def test_removing_a_selected_row_changes_only_its_own_cells_by_one_place(rows, n, data):
    before = chosen_in(frame_from_rows(rows), n=n)
    gone, cells = data.draw(st.sampled_from(rows))
    assume(len(rows) > 1)

    after = chosen_in(frame_from_rows([row for row in rows if row[0] != gone]), n=n)

    for cell, handles in after.items():
        if cells.get(cell[0]) != cell[1]:
            assert handles == before[cell]
        else:
            kept = [handle for handle in before[cell] if handle != gone]
            assert handles[: len(kept)] == kept


@settings(max_examples=40, deadline=None, derandomize=True)
@given(frames(), st.integers(0, 3))
def test_coordinated_items_are_nested_within_a_stratum(rows, n):
    """Items of one group with the same strata: the smaller sample lies inside the larger."""
    twice = [(handle, {"a": cells[item], "b": cells[item]}) for handle, cells in rows for item in [min(cells)]]
    frame = frame_from_rows(twice)
    dealt = {"g": tickets(SUITE, seed=SEED, group="g", handles=frame.handles)}
    sizes = {(item, s): min(n + (item == "b"), k) for (item, s), k in frame.counts().items()}

    cells = select(frame, tickets=dealt, groups={"a": "g", "b": "g"}, sizes=sizes, reserves={})

    found = {cell.cell: set(cell.rows) for cell in cells}
    assert all(found["a", stratum] <= found["b", stratum] for item, stratum in found if item == "a")


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.dictionaries(st.sampled_from(["A", "B", "C", "丁"]), st.tuples(st.integers(1, 60), ratios), min_size=1),
    st.integers(0, 2**256 - 1),
)
def test_cumulative_sizes_stay_within_one_of_their_targets(cells, u):
    counts = {stratum: n for stratum, (n, _) in cells.items()}
    shares = {stratum: ratio for stratum, (_, ratio) in cells.items()}

    sizes = cumulative_sizes(shares, counts=counts, uniform=Fraction(u, 2**256))

    assert all(abs(sizes[s] - shares[s] * counts[s]) < 1 and 0 <= sizes[s] <= counts[s] for s in counts)
    assert abs(sum(sizes.values()) - sum(shares[s] * counts[s] for s in counts)) < 1


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.dictionaries(
        st.sampled_from(["A", "B", "C"]),
        st.tuples(st.integers(1, 9), st.fractions(0, 1, max_denominator=6)),
        min_size=1,
    )
)
def test_cumulative_sizes_have_exactly_the_wanted_mean(cells):
    """Integrate over U in fractions: sizes are constant between the points where C_h + U crosses a whole number."""
    counts = {stratum: n for stratum, (n, _) in cells.items()}
    shares = {stratum: ratio for stratum, (_, ratio) in cells.items()}
    points, reached = {Fraction(0), Fraction(1)}, Fraction(0)
    for stratum in sorted(counts, key=str.encode):
        reached += shares[stratum] * counts[stratum]
        points.add((floor(reached) + 1 - reached) % 1)
    edges = sorted(points)
    mean = dict.fromkeys(counts, Fraction(0))
    for low, high in zip(edges, edges[1:], strict=False):
        for stratum, n in cumulative_sizes(shares, counts=counts, uniform=low).items():
            mean[stratum] += n * (high - low)

    assert mean == {stratum: shares[stratum] * counts[stratum] for stratum in counts}


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.dictionaries(st.sampled_from(["A", "B", "C"]), st.tuples(st.integers(0, 90), ratios), min_size=1), ratios, suites
)
def test_capped_item_never_exceeds_its_cap(cells, cap, suite):
    counts = {stratum: n for stratum, (n, _) in cells.items()}
    shares = {stratum: ratio for stratum, (_, ratio) in cells.items()}
    scaled = scale_to_cap(shares, counts=counts, cap=cap)
    held = {stratum: n for stratum, n in counts.items() if n}

    sizes = draw_sizes(scaled, counts=held, rounding="cum", suite=suite, seed=SEED, item="x")

    most = floor(cap * sum(counts.values()))
    target = sum(shares[s] * n for s, n in counts.items())
    assert sum(scaled[s] * n for s, n in counts.items()) == min(target, most)
    assert sum(sizes.values()) <= most or target <= most


@settings(max_examples=40, deadline=None, derandomize=True)
@given(frames(), suites, st.data())
def test_every_row_proves_itself_and_no_other(rows, suite, data):
    frame = frame_from_rows(rows)
    leaves = leaf_hashes(frame, suite=suite)
    index = data.draw(st.integers(0, frame.size - 1))
    other = data.draw(st.integers(0, frame.size - 1))
    leaf = leaves[32 * other : 32 * other + 32]

    found = root_from_proof(suite, leaf, inclusion_proof(suite, leaves, index=index), index=index, size=frame.size)

    assert (found == tree_root(suite, leaves)) == (index == other)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(frames())
def test_shards_give_the_frame_back(rows):
    frame = frame_from_rows(rows)

    again = frame_from_shards([shard_bytes(frame, number=0)], items=frame.items, strata=frame.strata)

    assert list(again.published_rows()) == list(frame.published_rows())


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.binary(min_size=1, max_size=90), st.lists(st.text("ab:é山😀9", min_size=1, max_size=90), max_size=6), suites)
def test_batched_handles_equal_those_hashed_one_by_one(key, identifiers, suite):
    found = handles_of(suite, key=key, identifiers=identifiers)

    assert found == b"".join(handle_of(suite, identifier=one, salt=salt_of(key, one)) for one in identifiers)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text('a"\\\n山😀é', max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab山", max_size=2), inner, max_size=3),
        max_leaves=12,
    )
)
def test_canonical_json_is_read_back_and_written_the_same(value):
    raw = canonical_json(value)

    assert canonical_json(read_json(raw)) == raw
    assert read_json(raw) == value


def test_certificate_is_the_same_bytes_on_every_run():
    assert certify(BASE.drawn, issued_at=ISSUED_AT).content == CONTENT == make_case().certificate.content


def test_single_and_joint_probabilities_over_many_seeds():
    """n/N and n(n-1)/N(N-1) for every object and pair of a small stratum; also for the second, coordinated item."""
    n_rows, n, n_seeds = 6, 2, 2000
    handles = b"".join(sorted(SUITE.tagged("row", str(k)) for k in range(n_rows)))
    single, joint = np.zeros(n_rows), np.zeros((n_rows, n_rows))
    for k in range(n_seeds):
        dealt = tickets(SUITE, seed=SUITE.tagged("test seed", str(k)), group="g", handles=handles)
        order = sorted(range(n_rows), key=lambda row: dealt[32 * row : 32 * row + 32])[:n]
        single[order] += 1
        joint[order[0], order[1]] += 1
        joint[order[1], order[0]] += 1

    z_single = (single / n_seeds - n / n_rows) / np.sqrt(n / n_rows * (1 - n / n_rows) / n_seeds)
    p_pair = n * (n - 1) / (n_rows * (n_rows - 1))
    pairs = joint[np.triu_indices(n_rows, 1)]
    z_pair = (pairs / n_seeds - p_pair) / np.sqrt(p_pair * (1 - p_pair) / n_seeds)

    assert max(abs(z_single).max(), abs(z_pair).max()) < 4.2  # Bonferroni over 21 figures at about 0.0005


def test_table_of_names_never_shows_handles_in_a_public_file():
    """The public bundle holds no identifier of an object or an inspector."""
    bundle = canonical_json(
        compact_bundle(BASE.commitment, BASE.certificate, frame=BASE.frame.hashed, roster=BASE.roster.officers)
    ).decode()

    assert not any(object_id.partition(":")[2] in bundle for object_id in BASE.frame.object_ids)
    assert not any(f'"{code}"' in bundle for code in BASE.roster.inspector_codes)
    assert isinstance(frame_rows(), pd.DataFrame)
