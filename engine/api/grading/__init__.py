"""The monthly run, what stands above the score, contested grades, early warnings, models in office."""
