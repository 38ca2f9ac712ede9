"""The kernels of the operators: one loop over the lists of a block of spine rows.

Every kernel reads the list of one filter, ``picked`` from ``starts`` of each spine row on, latest event first, of which
the first ``kept`` lie in the window, and writes one feature to ``out``: ``none`` where no event is kept, NaN for null.
"""

import numpy as np

from engine.compiling import compiled
from engine.features.sweep.gathering import ABSENT, Array, Whole

DAYS_PER_YEAR = 365.0


@compiled
def counted(kept: Array, none: float, out: Array) -> None:
    """Write how many events are kept."""
    for row in range(kept.shape[0]):
        out[row] = float(kept[row]) if kept[row] > 0 else none


@compiled
def surged(kept: Array, twice: Array, none: float, out: Array) -> None:
    """Write the events kept minus those of the window before."""
    for row in range(kept.shape[0]):
        out[row] = float(2 * kept[row] - twice[row]) if kept[row] > 0 else none


@compiled
def since(
    is_last: bool, date: Array, dates: Array, starts: Array, picked: Array, kept: Array, days: Array, none: float,
    out: Array,
) -> None:  # fmt: skip
    """Write the days from the last or first event to the date."""
    for row in range(kept.shape[0]):
        if kept[row] == 0:
            out[row] = none
            continue
        place = 0 if is_last else kept[row] - 1
        out[row] = float(np.int64(dates[date[row]]) - days[picked[starts[row] + place]])


@compiled
def summed(
    starts: Array, picked: Array, kept: Array, column: Array, scale: float, is_total: bool, is_mean: bool, none: float,
    out: Array,
) -> None:  # fmt: skip
    """Write the sum or mean of the known values; a total is unscaled and 0 where no value is known."""
    for row in range(kept.shape[0]):
        if kept[row] == 0:
            out[row] = none
            continue
        n_known, total = 0, 0
        for place in range(starts[row], starts[row] + kept[row]):
            value = column[picked[place]]
            if value != ABSENT:
                n_known += 1
                total += value
        if is_total:
            out[row] = float(total)
        elif n_known == 0:
            out[row] = np.nan
        elif is_mean:
            out[row] = float(total) / (float(n_known) * scale)
        else:
            out[row] = float(total) / scale


@compiled
def largest(
    starts: Array, picked: Array, kept: Array, column: Array, scale: float, none: float, out: Array
) -> None:  # fmt: skip
    """Write the largest known value."""
    for row in range(kept.shape[0]):
        if kept[row] == 0:
            out[row] = none
            continue
        most = ABSENT
        for place in range(starts[row], starts[row] + kept[row]):
            most = max(most, column[picked[place]])
        out[row] = np.nan if most == ABSENT else float(most) / scale


@compiled
def latest(
    starts: Array, picked: Array, kept: Array, column: Array, scale: float, position: int, is_change: bool,
    none: float, out: Array,
) -> None:  # fmt: skip
    """Write the known value at ``position`` from the last, or by how much the last differs from it."""
    for row in range(kept.shape[0]):
        if kept[row] == 0:
            out[row] = none
            continue
        n_known, last, found = 0, 0, 0
        for place in range(starts[row], starts[row] + kept[row]):
            value = column[picked[place]]
            if value == ABSENT:
                continue
            n_known += 1
            if n_known == 1:
                last = value
            if n_known == position:
                found = value
                break
        if n_known < position:
            out[row] = np.nan
        else:
            out[row] = float(last - found if is_change else found) / scale


@compiled
def streaked(starts: Array, picked: Array, kept: Array, column: Array, none: float, out: Array) -> None:
    """Write how many of the latest known values in a row are not 0."""
    for row in range(kept.shape[0]):
        if kept[row] == 0:
            out[row] = none
            continue
        streak = 0
        for place in range(starts[row], starts[row] + kept[row]):
            value = column[picked[place]]
            if value == 0:
                break
            if value != ABSENT:
                streak += 1
        out[row] = float(streak)


@compiled
def trended(
    date: Array, dates: Array, starts: Array, picked: Array, kept: Array, days: Array, column: Array, scale: float,
    none: float, out: Array,
) -> None:  # fmt: skip
    """Write the slope of the known values per year, NaN with fewer than two distinct days."""
    for row in range(kept.shape[0]):
        if kept[row] == 0:
            out[row] = none
            continue
        as_of = np.int64(dates[date[row]])
        n_known, total = 0, 0
        s_t: Whole = 0
        s_tt: Whole = 0
        s_ty: Whole = 0
        for place in range(starts[row], starts[row] + kept[row]):
            value = column[picked[place]]
            if value == ABSENT:
                continue
            t = np.int64(days[picked[place]]) - as_of
            n_known += 1
            total += value
            s_t += t
            s_tt += t * t
            s_ty += t * value
        spread = float(n_known) * float(s_tt) - float(s_t) * float(s_t)
        if spread == 0.0:
            out[row] = np.nan
        else:
            slope = (float(n_known) * float(s_ty) - float(s_t) * float(total)) / spread
            out[row] = slope * DAYS_PER_YEAR / scale


@compiled
def shared(
    starts: Array, picked: Array, kept: Array, column: Array, per: Array, scale: float, none: float, out: Array
) -> None:  # fmt: skip
    """Write the sum of ``column`` over the sum of ``per``, NaN where either is missing or the latter 0."""
    for row in range(kept.shape[0]):
        if kept[row] == 0:
            out[row] = none
            continue
        above, below, n_above = 0, 0, 0
        for place in range(starts[row], starts[row] + kept[row]):
            event = picked[place]
            if column[event] != ABSENT:
                above += column[event]
                n_above += 1
            if per[event] != ABSENT:
                below += per[event]
        out[row] = np.nan if n_above == 0 or below == 0 else float(above) / scale / float(below)


@compiled
def decayed(
    starts: Array, picked: Array, kept: Array, heads: Array, bands: Array, weights: Array, values: Array,
    number: int, scale: float, none: float, out: Array,
) -> None:  # fmt: skip
    """Write the sum over age bands; NaN where column ``number`` of ``values``, unless -1, is known in no event kept.

    Parameters
    ----------
    heads : events of the list in each window; ``bands`` the windows of the bands from young to old.
    """
    for row in range(kept.shape[0]):
        if kept[row] == 0:
            out[row] = none
            continue
        is_known, total, after = number < 0, 0.0, 0
        for band in range(bands.shape[0]):
            before = min(kept[row], heads[bands[band], row])
            part = before - after if number < 0 else 0
            if number >= 0:
                for place in range(starts[row] + after, starts[row] + before):
                    value = values[number, picked[place]]
                    if value != ABSENT:
                        is_known = True
                        part += value
            total += float(part) / scale * weights[band]
            after = max(after, before)
        if not is_known:
            for place in range(starts[row] + after, starts[row] + kept[row]):
                is_known = is_known or values[number, picked[place]] != ABSENT
        out[row] = total if is_known else np.nan
