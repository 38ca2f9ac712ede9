"""Figures of departments, districts and grades: facts, rules, measurements, league, lift."""
