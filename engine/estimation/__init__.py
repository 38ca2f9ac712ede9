"""What inspections found, said with its uncertainty, and what another policy would have found.

Takes tables of outcomes: drawn rows with stratum and probabilities (``design``, ``policy_value``), or any inspected
rows with grade or score (``targeting``, ``ranking``, ``schedule``, ``reliability``; these are descriptive and say so).
Gives estimates with intervals. Every formula stands in ``docs/spec/estimators.md``.
"""
