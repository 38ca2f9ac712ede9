"""Ratio policies: in force, drafted, tried in the laboratory, judged on what was found."""
