"""Links between the city's firms: the same legal representative, holdings, branches, and a shared address."""

import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from engine.simulation.assumptions import Assumptions
from engine.simulation.layout import contract_table, days, joined, numbered
from engine.simulation.population import Population
from engine.simulation.span import Span
from engine.simulation.stream import stream
from engine.simulation.workdays import FAR

_DIGEST_SIZE = 8


def relations_table(
    population: Population, entities: pa.Table, span: Span, *, seed: int, assumptions: Assumptions
) -> pa.Table:
    """Return the contract table ``relations``, as known on the last day.

    Parameters
    ----------
    entities : the city's register; its addresses held by several at some time become links.

    Notes
    -----
    Firms of like hidden risk find each other more often than chance would have it, so that what is known against one
    says something of another. Persons and addresses stand as digests.
    """
    generator = stream(seed, "relations")
    firms = np.flatnonzero(population.traits.kind == 0)
    closeness = population.risk[firms, 0] + assumptions.link_noise_sd * generator.standard_normal(len(firms))
    parts = []
    for kind, share in zip(("legal_representative", "shareholder", "branch"), assumptions.link_shares, strict=True):
        chosen = generator.random(len(firms)) < share
        members = firms[chosen][np.argsort(closeness[chosen], kind="stable")]
        parts.append(_grouped(population, members, kind, seed, generator.integers(2, 5, len(members))))
    table = pd.concat([*parts, _at_address(entities, seed)], ignore_index=True)
    known = np.maximum(table["on"].to_numpy("datetime64[D]"), span.first_day)
    table["known_at"] = span.workdays.shift(known, np.zeros(len(table), np.int64))
    table = table[table["known_at"] <= np.datetime64(span.last_day)].reset_index(drop=True)
    return contract_table(
        "relations",
        {
            "relation_id": joined("GL-", numbered(np.arange(len(table)) + 1, 8)),
            "entity_id": pa.array(table["entity_id"], pa.string()),
            "related_id": pa.array(table["related_id"], pa.string()),
            "relation_type": pa.array(table["kind"], pa.string()),
            "holding_share": pa.array(
                np.where(table["kind"] == "shareholder", 0.51, 0.0), mask=(table["kind"] != "shareholder").to_numpy()
            ),
            "ended_on": days(table["until"].to_numpy("datetime64[D]")),
            "occurred_on": days(table["on"].to_numpy("datetime64[D]")),
            "known_at": days(table["known_at"].to_numpy("datetime64[D]")),
        },
    )


def _digest(kind: str, name: str, seed: int) -> str:
    key = hashlib.blake2b(f"{kind}:{name}".encode(), key=str(seed).encode(), digest_size=_DIGEST_SIZE)
    return f"{kind}:{key.hexdigest()}"


def _grouped(
    population: Population, members: npt.NDArray[np.int64], kind: str, seed: int, sizes: npt.NDArray[np.int64]
) -> pd.DataFrame:
    """Return links of runs of neighbours: to a person, or to the first of the run."""
    group = np.repeat(np.arange(len(sizes)), sizes)[: len(members)]
    ids = population.entity_ids.take(members).to_pylist()
    first = np.searchsorted(group, group)
    if kind == "legal_representative":
        related = [_digest("person", str(number), seed) for number in group]
    else:
        related = [ids[place] for place in first]
    on = np.maximum(population.traits.established[members], population.traits.established[members[first]])
    table = pd.DataFrame({"entity_id": ids, "related_id": related, "kind": kind, "on": on, "until": FAR})
    return table[table["entity_id"] != table["related_id"]]


def _at_address(entities: pa.Table, seed: int) -> pd.DataFrame:
    """Return links of every address that several objects held at some time."""
    held = pd.DataFrame(
        {
            "entity_id": entities["entity_id"].to_pandas().astype(str),
            "address": entities["address"].to_pandas().astype(object),
            "on": entities["known_at"].to_pandas(),
            "kind": entities["entity_type"].to_pandas().astype(str),
        }
    )
    held["begun"] = pd.to_datetime(held["on"])
    stays = (held["address"] == held["address"].shift()) & (held["entity_id"] == held["entity_id"].shift())
    held = held[~stays].copy()
    following = held.groupby("entity_id")["begun"].shift(-1)
    held["until"] = following.to_numpy("datetime64[D]")
    held.loc[following.isna(), "until"] = FAR
    shared = held.groupby("address")["entity_id"].transform("nunique") > 1
    held = held[shared & (held["kind"] == "enterprise")]
    related = {address: _digest("address", address, seed) for address in held["address"].unique()}
    return pd.DataFrame(
        {
            "entity_id": held["entity_id"].to_numpy(),
            "related_id": held["address"].map(related).to_numpy(),
            "kind": "address",
            "on": held["begun"].to_numpy("datetime64[D]"),
            "until": held["until"].to_numpy("datetime64[D]"),
        }
    )
