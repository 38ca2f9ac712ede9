"""Backtests for people: one offline page, tables side by side, what grades given once can claim."""
