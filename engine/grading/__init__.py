"""Scores in, grades A to D (U = not classified) out, with what moved them.

``champions`` picks the score that decides a population's class, ``cutoffs`` cuts it by dated target shares or score
limits, ``hysteresis`` holds the grade of the run before while the score stays in its band, ``sectors`` joins the grade
of a sector, ``reviewed`` what two persons set for a time, ``overrides`` applies what law fixes; ``migration`` compares
two grade tables and holds back a run that moves too many entities at once.
"""
