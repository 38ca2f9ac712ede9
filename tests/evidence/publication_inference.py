"""Can classes be inferred from all published files better than by the published base shares?

A city is drawn for three years and published (:mod:`tests.published_city`); :mod:`tests.class_inference` attacks its
site. The base shares are those of an item in a district, as the commitments state them. Promised: no attacker is right
more often than the guesser who uses these rates alone, within the interval over firms of several cities; a guesser
trained on true classes, which no outsider has, gains nothing from columns, order and places of the files over one
trained on district and line of business. The same attack on the form of publication that this site gave up (results
with their items, beside the content of the joint draw) shows that the attack can win. What remains is measured too:
what a finding itself says, and what an archive of yearly sites says that shows who stays listed.
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from tests.class_inference import (
    drawn_groups,
    guess_base,
    guess_joined,
    guess_rates,
    guess_trained,
    listed,
    published_rates,
)
from tests.published_city import CLASSES, City, published_city

TOLERANCE = 0.01
SCALED_TOLERANCE = 0.05
"""Of the small city, whose interval is wide."""


def truth_of(firms: pd.DataFrame, city: City) -> np.ndarray:
    """Return the true class of every listed firm as a number."""
    return firms["uscc"].map(city.truth.set_index("uscc")["grade"]).map(CLASSES.index).to_numpy()


def attacks(city: City) -> dict[str, np.ndarray]:
    """Return per attack and firm: right (1), wrong (0) or not attacked (nan)."""
    firms, rates = listed(city.site), published_rates(city.site)
    truth = truth_of(firms, city)
    found = {
        "base": guess_base(firms, rates) == truth,
        "rates": guess_rates(firms, rates) == truth,
        "joined": guess_joined(firms, drawn_groups(city.site), rates) == truth,
    }
    old, groups = given_up(firms, city)
    won = (guess_joined(old, groups, rates) == truth).astype(float)
    # as if editions before and after the draw told who was drawn: why linkable content is withheld
    beside = (guess_joined(firms, groups, rates) == truth).astype(float)
    found["content_beside_names"] = np.where(old["checked"] != "", beside, np.nan)
    found["given_up"] = np.where(old["checked"] != "", won, np.nan)
    for name, words in {
        "trained": ("district", "line", "place", "number", "digits", "length"),
        "trained_finding": ("district", "line", "finding"),
        "trained_rates": ("district", "line"),
    }.items():
        guesses, asked = guess_trained(firms, truth, words=words)
        right = np.full(len(firms), np.nan)
        right[asked] = guesses == truth[asked]
        found[name] = right
    return {name: right.astype(float) for name, right in found.items()}


def given_up(firms: pd.DataFrame, city: City) -> tuple[pd.DataFrame, dict]:
    """Return what the given up form showed: items checked in the last year's joint draw, beside that draw's content."""
    last = city.inspections[city.inspections["draw_id"] == "2026-joint"]
    items = last.groupby("entity_id")["item_code"].agg(lambda codes: ";".join(sorted(codes)))
    checked = ("uscc:" + firms["uscc"]).map(items).fillna("")
    return firms.assign(checked=checked), drawn_groups(city.workspace)


def archive_gain(city: City) -> float:
    """Return what an archive of yearly sites tells an attacker who knows the true rates: right guesses won.

    A listed firm's pattern is the set of years in whose sites it stands (without problems: drawn within 24 months).
    """
    seen = city.inspections.assign(year=city.inspections["occurred_on"].dt.year)
    by_year = seen.groupby(["entity_id", "year"]).size().unstack(fill_value=0).gt(0)
    stands = [by_year.get(year, False) | by_year.get(year - 1, False) for year in (2024, 2025, 2026)]
    pattern = sum((one.astype(int) * 2**bit for bit, one in enumerate(stands)), start=0)
    grade = city.truth.set_index("entity_id")["grade"].reindex(pattern.index).map(CLASSES.index)
    table = pd.crosstab(pattern, grade)
    return float(table.max(axis=1).sum() / len(pattern) - table.sum().max() / len(pattern))


def gain(right: list[dict[str, np.ndarray]], attack: str, over: str) -> tuple[float, float, float]:
    """Return the share of right guesses won over another guesser, with its 95 % interval over firms."""
    pairs = np.concatenate([one[attack] - one[over] for one in right])
    pairs = pairs[~np.isnan(pairs)]
    error = 1.96 * pairs.std(ddof=1) / np.sqrt(len(pairs))
    return float(pairs.mean()), float(pairs.mean() - error), float(pairs.mean() + error)


def run(*, full: bool) -> dict:
    """Attack several cities; ``value`` = the largest gain of an attacker over the published rates."""
    tolerance = TOLERANCE if full else SCALED_TOLERANCE
    n_firms, n_cities = (100_000, 4) if full else (12_000, 1)
    right, archives, withheld = [], [], []
    for seed in range(n_cities):
        with tempfile.TemporaryDirectory() as temporary:
            city = published_city(Path(temporary), n_firms=n_firms, seed=seed)
            right.append(attacks(city))
            archives.append(archive_gain(city))
            folders = sorted(path.parent for path in city.site.glob("draws/*/commitment.json"))
            withheld.append([folder.name for folder in folders if not (folder / "manifest.json").is_file()])
    gains = {name: gain(right, name, over) for name, over in (("joined", "rates"), ("trained", "trained_rates"))}
    worst = max(gains, key=lambda name: gains[name][0])
    lost = gain(right, "given_up", "rates")
    return {
        "name": "publication_inference",
        "n": int(sum(len(one["base"]) for one in right)),
        "value": gains[worst][0],
        "low": gains[worst][1],
        "high": gains[worst][2],
        "passed": bool(gains[worst][1] <= 0 and gains[worst][2] <= tolerance and lost[1] > 0),
        "cities": n_cities,
        "firms_a_city": n_firms,
        "right_by_base_share": float(np.concatenate([one["base"] for one in right]).mean()),
        "right_by_published_rates": float(np.concatenate([one["rates"] for one in right]).mean()),
        "gains_over_rates": {name: list(found) for name, found in gains.items()},
        "gain_of_the_form_given_up": list(lost),
        "gain_of_withheld_content_beside_names_of_those_drawn": list(gain(right, "content_beside_names", "rates")),
        "gain_of_joined_over_one_share": list(gain(right, "joined", "base")),
        "gain_of_rates_over_one_share": list(gain(right, "rates", "base")),
        "gain_of_findings_when_hit_rates_were_known": list(gain(right, "trained_finding", "trained_rates")),
        "gain_of_an_archive_of_yearly_sites": float(np.mean(archives)),
        "withheld": withheld[0],
    }
