"""Scores in, grades A to D (U = not classified) out, with what moved them.

``champions`` picks the score that decides a population's class, ``cutoffs`` cuts it by dated target shares or score
limits, ``overrides`` applies what law fixes, ``migration`` compares two grade tables and holds back a run that moves
too many entities at once.
"""
