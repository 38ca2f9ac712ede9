"""An attack on a published site: guess the class of every named firm from all files together.

Known to the attacker beside the files: which words of names mean which line of business, which items apply to it, and
that ratios rise from class A to D. Not known: any class. The guesser of base shares knows the same files and uses only
rates: how many objects of each ratio the commitments list for an item in a district.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from engine.draw.populations.frame import is_exclusion
from engine.store.draws.bundles import read_bundle
from tests.published_city import ALL_ITEM, CLASSES, DISTRICTS, LINES

Weights = dict[object, Counter]


def line_of(name: str) -> str:
    """Return the line of business that a name tells."""
    return next(line for line in LINES if line in name)


def items_of(name: str) -> frozenset[str]:
    """Return the items that apply to a firm by its name."""
    return frozenset((ALL_ITEM, *LINES[line_of(name)][1]))


def ranks(ratios: dict[str, str]) -> dict[str, int]:
    """Return the class of every stratum, read from the order of ratios."""
    order = sorted({Fraction(ratio) for ratio in ratios.values()})
    return {stratum: order.index(Fraction(ratio)) for stratum, ratio in ratios.items()}


def listed(site: Path) -> pd.DataFrame:
    """Return the named firms of a site."""
    return pd.read_csv(site / "results.csv", dtype=str, keep_default_na=False)  # noqa: TID251


@dataclass(frozen=True, slots=True)
class Rates:
    """What the commitments of a site state, by item.

    Parameters
    ----------
    counts : (item, district) → objects of each class in the frame, read from the order of ratios.
    ratios : item → ratio of each class.
    """

    counts: Weights
    ratios: dict[str, list[float]]

    def listing(self, items: frozenset[str]) -> list[float]:
        """Return by class the chance that a firm with these items stands on the site: drawn in one of two years."""
        joint = [max((self.ratios[item][level] for item in items - {ALL_ITEM}), default=0.0) for level in range(4)]
        single = self.ratios[ALL_ITEM]
        return [1 - ((1 - single[level]) * (1 - joint[level])) ** 2 for level in range(4)]

    def weights(self, items: frozenset[str], district: str) -> Counter:
        """Return the weight of each class for a listed firm: counts of its rarest item times the chance of listing."""
        known = [self.counts[item, district] for item in items if (item, district) in self.counts]
        rarest = min(known, key=lambda counts: (sum(counts.values()), sorted(counts.items())))
        return Counter({level: rarest[level] * share for level, share in enumerate(self.listing(items))})


def published_rates(site: Path) -> Rates:
    """Return what the commitments of a site state."""
    counts: Weights = defaultdict(Counter)
    ratios: dict[str, list[float]] = {}
    for path in sorted(site.glob("draws/*/commitment.json")):
        record = json.loads(path.read_text())
        areas = record["match"]["officer_districts"]
        for item, terms in record["items"].items():
            level = ranks(terms["ratios"])
            ratios[item] = [float(ratio) for ratio in sorted({Fraction(ratio) for ratio in terms["ratios"].values()})]
            for stratum in terms["ratios"]:
                for district in areas.get(stratum, ()):
                    counts[item, district][level[stratum]] += record["counts"].get(f"{item}|{stratum}", 0)
    return Rates(counts, ratios)


def best(weights: Counter) -> int:
    """Return the most likely class."""
    return max(range(len(CLASSES)), key=lambda level: (weights[level], -level))


def guess_base(firms: pd.DataFrame, rates: Rates) -> np.ndarray:
    """Guess one class for all: the most common among those drawn, by the published rates."""
    total: Counter = Counter()
    for name, uscc in zip(firms["name"], firms["uscc"], strict=True):
        weights = rates.weights(items_of(name), uscc[2:8])
        total.update({level: weight / sum(weights.values()) for level, weight in weights.items()})
    return np.full(len(firms), best(total))


def guess_rates(firms: pd.DataFrame, rates: Rates) -> np.ndarray:
    """Guess by the published rates of the items that apply, in the firm's district."""
    pairs = zip(firms["name"], firms["uscc"], strict=True)
    return np.array([best(rates.weights(items_of(name), uscc[2:8])) for name, uscc in pairs])


def drawn_groups(site: Path) -> Weights:
    """Return classes of the drawn handles by group (items that apply, district), from every content published."""
    found: Weights = defaultdict(Counter)
    for path in sorted(site.glob("draws/*/manifest.json")):
        draw = read_bundle(path.parent)
        areas = draw.commit["match"]["officer_districts"]
        levels = {item: ranks(terms["ratios"]) for item, terms in draw.commit["items"].items()}
        row_of = {draw.frame.handle(row).hex(): row for row in range(draw.frame.size)}
        for handle, items in draw.certificate["visits"].items():
            cells = {i: s for i, s in draw.frame.cells_of(row_of[handle]).items() if not is_exclusion(s)}
            district = set.intersection(*(set(areas[stratum]) for stratum in cells.values()))
            level = levels[items[0]][cells[items[0]]]
            for one in district:
                found["group", frozenset(cells) - {ALL_ITEM}, one][level] += 1
                found["items", frozenset(items), frozenset(cells) - {ALL_ITEM}, one][level] += 1
                found["district", one][level] += 1
    return found


def guess_joined(firms: pd.DataFrame, groups: Weights, rates: Rates) -> np.ndarray:
    """Guess by the smallest group of drawn handles that a firm can be in, else by rates.

    A draw for one item shows districts only: its drawn handles are weighed by the rates of the firm's own items.
    ``checked`` is there only when a site names the items a firm was checked for.
    """
    found = []
    checked = firms["checked"] if "checked" in firms else [""] * len(firms)
    for name, uscc, items in zip(firms["name"], firms["uscc"], checked, strict=True):
        own, district = items_of(name) - {ALL_ITEM}, uscc[2:8]
        keys = [("items", frozenset(items.split(";")), own, district), ("group", own, district)]
        known = next((groups[key] for key in keys if key in groups), None)
        if known is None:
            drawn, expected = groups["district", district], rates.weights(frozenset({ALL_ITEM}), district)
            weights = rates.weights(own | {ALL_ITEM}, district)
            known = Counter({k: weight * (drawn[k] + 1) / (expected[k] + 1) for k, weight in weights.items()})
        found.append(best(known))
    return np.array(found)


def guess_trained(firms: pd.DataFrame, truth: np.ndarray, *, words: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the guesses of trees shown the true class of every other firm, and which firms they were not shown.

    No outsider knows classes; this bounds what columns, order and place of the files can tell at all.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    columns = {
        "district": firms["uscc"].str[2:8].map(list(DISTRICTS).index),
        "line": firms["name"].map(line_of).map(list(LINES).index),
        "place": np.arange(len(firms)),
        "number": firms["uscc"].str[8:17].astype(int),
        "digits": firms["uscc"].str[14:17].astype(int),
        "length": firms["name"].str.len(),
        "finding": firms["result"].ne("未发现问题").astype(int),
    }
    table = pd.DataFrame({word: columns[word] for word in words})
    shown = np.arange(len(firms)) % 2 == 0
    trees = HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=8, random_state=0)
    trees.fit(table[shown], truth[shown])
    return trees.predict(table[~shown]), ~shown
