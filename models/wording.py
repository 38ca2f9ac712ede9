"""Words for people that several commands of this package use."""

from engine.vocabulary import SCORE_NAMES

__all__ = ["SCORE_NAMES"]
