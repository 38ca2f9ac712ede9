"""The report names every grouping among which a backtest compares firms, and sizes in words."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from engine.api.documents.model_card import GROUPINGS
from engine.estimation.parity import parity_table
from engine.i18n import translator
from models.judging.watching import GROUPS
from models.reports.watching_report import GROUPING_NAMES, watching_part


def test_every_grouping_has_a_name_in_report_and_card():
    assert set(GROUPING_NAMES) == set(GROUPINGS) == set(GROUPS)


def test_the_tables_of_a_backtest_are_named_and_sizes_said_in_words():
    rng = np.random.default_rng(2)
    chance, size = rng.uniform(0.1, 0.4, 900), np.array(["small", "medium", "large"])[np.arange(900) % 3]
    table = parity_table(chance, (rng.random(900) < chance).astype(float), size)
    watch = SimpleNamespace(table=pd.DataFrame({"capital": [1.2]}), alarm_on=None)
    parity = pd.concat([table.assign(grouping=name) for name in GROUPS], ignore_index=True)
    page = watching_part(SimpleNamespace(parity=parity, watch=watch), translator("en"))

    assert "By size" in page and "registered capital of 1 to 10 million yuan" in page
    assert page.count("<table") == len(GROUPS)
