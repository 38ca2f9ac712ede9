"""The authoritative score: features in, points 0..1000 (0 = best) and the reasons that add up to them out.

``tree`` reads a scorecard from dated policy (weights by ``ahp``, shares by ``bins``), ``points`` applies it to a
feature table, ``reasons`` says why and what would change it, ``export`` writes it as a document and as SQL for others.
"""
