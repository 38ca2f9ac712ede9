"""What a grading says of populations that nobody judged."""

import pandas as pd

from engine.grading.champions import Champions
from engine.pipeline.assessment import Graded


def test_a_population_without_any_score_is_named_with_the_model_that_decides_it() -> None:
    nothing = pd.DataFrame()
    grades = pd.DataFrame(
        {"population": ["enterprise", "enterprise", "individual_business"], "score": [None, 12.0, None]},
    ).astype({"score": float})
    graded = Graded(grades, nothing, nothing, nothing)

    unjudged = graded.unjudged(Champions("scorecard", {"individual_business": "challenger@abc"}, "document"))

    assert unjudged == {"individual_business": "challenger"}
