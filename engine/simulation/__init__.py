"""A synthetic Shaoxing with a known truth: registers, conduct and findings, all fixed by one seed.

Takes a size, a span of years, a last day and a seed; gives a :class:`engine.simulation.city.City`: one Arrow table
per contract table, as known on the last day, and the hidden :class:`engine.simulation.truth.Truth` that drove it.
:func:`engine.simulation.findings.findings` then answers what a new draw after the last day would find.
"""
