"""How fair and how random a match is: loads, who could have stood where, and how surely somebody does.

Probabilities come from seeds that were never drawn: ``H("rehearsal", commit_digest, k)``, k = 1, 2, …, so that the
report is the same on every machine and can never tell a real seed. Within one rung of the ladder the fairest loads do
not depend on the seed, so a seed costs one hash per pair and one flow on what the loads leave open.
Source: docs/spec/draw-protocol.md §7; effective number exp(entropy): Hill (1973), with the correction of Miller (1955)
for entropies of samples.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from engine.draw.committing.commitment import Commitment
from engine.draw.drawing import list_visits, select_objects
from engine.draw.matching.match import flows_under
from engine.draw.matching.network import Network, build_network
from engine.draw.matching.posts import Visit, teams_of
from engine.draw.matching.rule import MatchRule
from engine.draw.matching.shortage import find_shortage
from engine.draw.populations.frame import BlindedFrame
from engine.draw.populations.roster import Officer
from engine.draw.protocol.encoding import HashSuite


def fake_seeds(suite: HashSuite, *, commit_digest: bytes, n: int) -> list[bytes]:
    """Return seeds for rehearsals: ``H("rehearsal", commit_digest, k)``, k from 1."""
    return [suite.tagged("rehearsal", commit_digest, str(number)) for number in range(1, n + 1)]


def load_table(roster: Sequence[Officer], assignment: Sequence[str]) -> pd.DataFrame:
    """Return one row per officer: officer (code), department, district, weight, cap, prior, new, total.

    Parameters
    ----------
    assignment : officer codes, one per seat; ``new`` counts them, ``total`` = prior + new.
    """
    counted = pd.Series(list(assignment), dtype=object).value_counts()
    records = [
        (one.code, one.department, one.district, one.weight, one.cap, one.prior, int(counted.get(one.code, 0)))
        for one in roster
    ]
    columns = ["officer", "department", "district", "weight", "cap", "prior", "new"]
    table = pd.DataFrame.from_records(records, columns=columns)
    return table.assign(total=table["prior"] + table["new"])


def rung_network(visits: Sequence[Visit], *, roster: Sequence[Officer], rule: MatchRule, level: int) -> Network:
    """Return the network of these visits on one rung of the ladder."""
    rung = rule.at_level(level)
    return build_network(teams_of(visits, roster=roster, rule=rung), roster=roster, rule=rung)


def eligibility(network: Network) -> pd.DataFrame:
    """Return one row per team: team, posts, eligible (officers who may take any post), scarcest (fewest for one post).

    Cost: O(pairs).
    """
    n_teams = len(network.teams)
    eligible = np.bincount(network.pair_team, minlength=n_teams)
    pool_size = np.bincount(network.pair_pool, minlength=network.n_nodes)
    serving = np.zeros(network.n_nodes, dtype=np.int64)
    np.add.at(serving, network.role_node, pool_size[network.role_head])
    scarcest = np.full(n_teams, np.iinfo(np.int64).max)
    posts = np.zeros(n_teams, dtype=np.int64)
    for position, _, node in network.roles:
        scarcest[position] = min(scarcest[position], serving[node])
        posts[position] += network.supplies[node]
    codes = [team.code for team in network.teams]
    return pd.DataFrame({"team": codes, "posts": posts, "eligible": eligible, "scarcest": scarcest})


def spread(network: Network, *, roster: Sequence[Officer], suite: HashSuite, seeds: Sequence[bytes]) -> pd.DataFrame:
    """Return how spread each team's seats are over its eligible officers: team, effective, highest.

    Parameters
    ----------
    network : feasible, of one rung.
    seeds : fake ones; the more, the nearer to the true probabilities.

    Returns
    -------
    DataFrame; ``effective`` = exp(entropy) of who sits there, at most the eligible; ``highest`` = the largest share of
    seeds in which one officer sat in the team, 0..1.

    Notes
    -----
    Cost: one hash per pair and one flow for every seed.
    """
    counts = np.zeros(len(network.pair_team), dtype=np.int64)
    for flow in flows_under(network, codes=[one.code for one in roster], suite=suite, seeds=seeds):
        counts += flow.pairs
    n_teams = len(network.teams)
    seats = np.bincount(network.pair_team, weights=counts, minlength=n_teams)
    shares = counts / np.maximum(seats, 1)[network.pair_team]
    bits = -shares * np.log(np.where(counts > 0, shares, 1.0))
    entropy = np.bincount(network.pair_team, weights=bits, minlength=n_teams)
    seen = np.bincount(network.pair_team[counts > 0], minlength=n_teams)
    corrected = np.exp(entropy + (seen - 1) / (2 * np.maximum(seats, 1)))
    highest = np.zeros(n_teams)
    np.maximum.at(highest, network.pair_team, counts / max(len(seeds), 1))
    eligible = np.bincount(network.pair_team, minlength=n_teams)
    codes = [team.code for team in network.teams]
    return pd.DataFrame({"team": codes, "effective": np.minimum(corrected, eligible), "highest": highest})


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would have happened under fake seeds.

    Parameters
    ----------
    seeds : how many were tried.
    rungs : share of them in which the match binds on each rung of the ladder, 0..1, the rule itself first.
    unstaffed : share of them in which even the last rung leaves visits without a team, 0..1; together they are 1.
    visits : mean number of visits.
    """

    seeds: int
    rungs: tuple[float, ...]
    unstaffed: float
    visits: float

    def as_json(self) -> dict[str, object]:
        """Return the JSON object."""
        return {**asdict(self), "rungs": list(self.rungs)}


def rehearse(
    frame: BlindedFrame, roster: Sequence[Officer], *, commitment: Commitment, seeds: Sequence[bytes]
) -> Rehearsal:
    """Return how often the visits of this commitment could be staffed, and on which rung, under fake seeds.

    Notes
    -----
    Cost for every seed: tickets and selection of all rows, and one maximum flow for every rung tried.
    """
    rule = commitment.rule
    bound = np.zeros(len(rule.ladder) + 2, dtype=np.int64)
    n_visits = 0
    for seed in seeds:
        cells = select_objects(frame, commitment=commitment, seed=seed).cells
        visits = list_visits(frame, cells)
        n_visits += len(visits)
        level = next(
            (
                level
                for level in range(len(rule.ladder) + 1)
                if find_shortage(rung_network(visits, roster=roster, rule=rule, level=level)) is None
            ),
            len(rule.ladder) + 1,
        )
        bound[level] += 1
    shares = [float(share) for share in bound / max(len(seeds), 1)]
    return Rehearsal(len(seeds), tuple(shares[:-1]), shares[-1], n_visits / max(len(seeds), 1))
