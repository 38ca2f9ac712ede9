"""Data quality: takes counts of loads and tables, gives measures per source and the gate green, amber or red."""
