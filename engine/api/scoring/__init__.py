"""Features and scores of entities as of a date, by the scorecard and by learned models."""
