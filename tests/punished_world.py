"""A synthetic city under joint punishment, with three traps planted, and what measures really do.

On the risks of a simulated city: conduct wavers from month to month and returns to each firm's own level (regression to
the mean); findings are followed by a measure with a delay in which a firm may leave or offend again, which starts the
clock anew (immortal time); a firm under a measure is looked at ten times as often, and drawn more often (detection).
Who is punished follows what was seen: gravity, earlier findings, risk band.
"""

from datetime import date

import numpy as np
import pandas as pd

from engine.simulation.city import simulate_city

N_MONTHS = 42
MONTHS = np.arange(np.datetime64("2021-01"), np.datetime64("2021-01") + N_MONTHS + 2).astype("datetime64[D]")
YEARLY_RATIO = np.array([0.02, 0.06, 0.2, 0.4])
DIRECTED = np.array([0.006, 0.012, 0.024, 0.04])
LOOKED_AT, PERSISTS, WAVERS = 10.0, 0.75, 1.0
COVARIATES = ("severity", "n_earlier", "band")


def city_risks(n_entities, *, seed=3):
    """Return the risk of each entity of a simulated city, on the logit scale."""
    city = simulate_city(n_entities=n_entities, years=2, last_day=date(2020, 12, 31), seed=seed)
    return city.truth.risk[:, -1]


def live(risk, *, effect, seed):
    """Return (findings, random checks, all checks, exposure); a measure multiplies the violations by 1 - effect."""
    rng = np.random.default_rng(seed)
    n = len(risk)
    band = np.searchsorted(np.quantile(risk, [0.6, 0.85, 0.95]), risk + rng.normal(0, 0.5, n)).clip(0, 3)
    wave = rng.normal(0, WAVERS, n)
    gone = np.full(n, N_MONTHS + 1)
    measured = np.full(n, -100)
    due = np.full(n, -1)
    last_row = np.full(n, -1)
    found, checked, exposed = [], [], []
    history = np.zeros((n, N_MONTHS), np.int8)
    for month in range(N_MONTHS):
        wave = PERSISTS * wave + np.sqrt(1 - PERSISTS**2) * rng.normal(0, WAVERS, n)
        here = gone > month
        leaves = here & (rng.random(n) < 0.003 * np.exp(0.3 * risk.clip(-2, 2)))
        gone[leaves] = month
        here &= ~leaves
        comes = here & (due == month)
        measured[comes] = month
        for at in np.flatnonzero(comes):
            found[last_row[at]]["measured"] = month
        under = (month >= measured) & (month < measured + 12)
        p = 1 / (1 + np.exp(1.4 - 0.9 * risk - wave)) * np.where(under, 1 - effect, 1.0)
        ratio = np.where(under, YEARLY_RATIO[3], YEARLY_RATIO[band]) / 12
        directed = DIRECTED[band] * np.where(under, LOOKED_AT, 1.0)
        is_drawn = here & (rng.random(n) < ratio)
        is_seen = is_drawn | (here & (rng.random(n) < directed))
        adverse = is_seen & (rng.random(n) < p)
        day = MONTHS[month] + rng.integers(1, 28, n)
        checked.append((np.flatnonzero(is_seen), day[is_seen], adverse[is_seen], is_drawn[is_seen], ratio[is_seen],
                        band[is_seen], under[is_seen]))  # fmt: skip
        for one in range(4):
            for state in (False, True):
                exposed.append((one, state, int((here & (band == one) & (under == state)).sum())))
        history[:, month] = adverse
        severity = (risk + wave + rng.normal(0, 1.0, n)) > 1.0
        earlier = np.minimum(history[:, max(0, month - 24) : month].sum(axis=1), 2)
        offends = np.flatnonzero(adverse)
        due[offends] = -1
        punished = rng.random(n) < (0.12 + 0.25 * severity + 0.08 * earlier)
        delay = 1 + rng.geometric(0.35, n)
        for at in offends:
            last_row[at] = len(found)
            found.append({"entity": at, "day": day[at], "severity": int(severity[at]), "n_earlier": int(earlier[at]),
                          "band": int(band[at]), "measured": -1})  # fmt: skip
            if punished[at] and not under[at]:
                due[at] = month + delay[at]
    rows = pd.DataFrame(found)
    names = np.array([f"reg:{at:06d}" for at in range(n)])
    gone_on = pd.Series(MONTHS[gone]).where(gone <= N_MONTHS)
    findings = pd.DataFrame(
        {
            "entity_id": names[rows["entity"]],
            "found_on": pd.to_datetime(rows["day"]),
            "measured_on": pd.to_datetime(pd.Series(MONTHS[rows["measured"]]).where(rows["measured"] >= 0)),
            "gone_on": pd.to_datetime(gone_on.to_numpy()[rows["entity"]]),
            **{name: rows[name] for name in COVARIATES},
        }
    )
    entity, days, adverse, drawn, ratio, bands, under = (np.concatenate(part) for part in zip(*checked, strict=True))
    every = pd.DataFrame(
        {"entity_id": names[entity], "occurred_on": pd.to_datetime(days), "is_adverse": adverse, "is_drawn": drawn,
         "inclusion_probability": ratio, "band": bands, "is_under": under}
    )  # fmt: skip
    exposure = pd.DataFrame(exposed, columns=["band", "is_under", "firm_months"]).groupby(["band", "is_under"]).sum()
    return findings, every[every["is_drawn"]], every, exposure.reset_index()


LAST_DAY = pd.Timestamp(MONTHS[N_MONTHS])
