"""Models of a workspace on record: the index and its aliases, training and judging runs, scores of a month."""
