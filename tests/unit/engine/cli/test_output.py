"""What the command line prints for other programs is JSON that any of them can read."""

import json
import math
from datetime import date
from fractions import Fraction

import numpy as np

from engine.cli.output import show_json


def test_json_holds_dates_fractions_and_numpy_numbers(capsys):
    show_json({"on": date(2026, 1, 1), "ratio": Fraction(1, 20), "n": np.int64(3), "rate": np.float64(0.5)})

    assert json.loads(capsys.readouterr().out) == {"on": "2026-01-01", "ratio": "1/20", "n": 3, "rate": 0.5}


def test_what_is_no_number_becomes_null(capsys):
    show_json({"low": math.nan, "high": [math.inf, -math.inf, np.float64("nan")]})

    printed = capsys.readouterr().out
    assert "NaN" not in printed and "Infinity" not in printed
    assert json.loads(printed) == {"low": None, "high": [None, None, None]}
