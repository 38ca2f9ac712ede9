"""Our own vectors: each wrong reading of the protocol that the end-to-end files would let pass."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from engine.draw.committing.commitment import commitment_digest
from engine.draw.entropy.sources import seed_of
from engine.draw.matching.enumeration import solve_version_1
from engine.draw.populations.frame import frame_from_rows, leaf_hashes
from engine.draw.protocol.encoding import suite_named
from engine.draw.protocol.tickets import tickets
from engine.draw.selecting.sizes import cumulative_sizes, draw_sizes, public_uniform, read_ratio
from engine.errors import NotCanonicalError

VECTORS = json.loads((Path(__file__).parent / "readings.json").read_bytes())["vectors"]


def entropy_order(v, suite):
    return seed_of(suite, commit_digest=bytes.fromhex(v["commit_digest"]), values=[tuple(t) for t in v["values"]]).hex()


def ticket(v, suite):
    return tickets(suite, seed=bytes.fromhex(v["seed"]), group=v["group"], handles=bytes.fromhex(v["handle"])).hex()


def uniform(v, suite):
    return f"{int(public_uniform(suite, seed=bytes.fromhex(v['seed']), item=v['item']) * 2**256):064x}"


def leaf(v, suite):
    return leaf_hashes(frame_from_rows([(bytes.fromhex(v["handle"]), v["cells"])]), suite=suite).hex()


def text(v, suite):
    with pytest.raises(NotCanonicalError):
        suite.tagged(v["tag"], v["refused_text"])
    return suite.tagged(v["tag"], v["text"]).hex()


def cum(v, suite):
    ratios = {stratum: read_ratio(ratio) for stratum, ratio in v["ratios"].items()}
    return cumulative_sizes(ratios, counts=v["counts"], uniform=Fraction(int(v["uniform"], 16), 2**256))


def ceil(v, suite):
    ratios = {stratum: read_ratio(ratio) for stratum, ratio in v["ratios"].items()}
    return draw_sizes(ratios, counts=v["counts"], rounding="ceil", suite=suite_named("sha256"), seed=b"", item="x")


def match(v, suite):
    return solve_version_1(v["slots"], inspectors=v["inspectors"], suite=suite, seed=bytes.fromhex(v["seed"]))


READERS = {
    "entropy in committed order": entropy_order,
    "ticket of a group": ticket,
    "uniform of an item": uniform,
    "canonical JSON": lambda v, suite: commitment_digest(v["record"], suite=suite).hex(),
    "leaf of a row": leaf,
    "text in NFC": text,
    "cum, strata in byte order": cum,
    "cum in exact fractions": cum,
    "ceil in exact fractions": ceil,
    "match within caps": match,
}


@pytest.mark.parametrize("vector", VECTORS, ids=[f"{v['name']} {v.get('suite', '')}".strip() for v in VECTORS])
def test_right_reading_gives_the_value_and_wrong_readings_do_not(vector):
    suite = suite_named(vector["suite"]) if "suite" in vector else None

    found = READERS[vector["name"]](vector, suite)

    assert found == vector["expected"]
    assert found not in vector["refuted"]


def test_every_wrong_reading_of_the_protocol_has_a_vector():
    assert {vector["name"] for vector in VECTORS} == set(READERS)
