"""Writes the published list of features: ``python -m tests.feature_list``."""

from pathlib import Path

from engine.features.registry import feature_list

PUBLISHED = Path(__file__).parents[1] / "docs" / "spec" / "features.md"

if __name__ == "__main__":
    PUBLISHED.write_text(feature_list(), encoding="utf-8")
