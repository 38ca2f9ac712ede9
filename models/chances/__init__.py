"""From a model's log-odds to chances that mean what they say: a line, a level that walks, a season."""
