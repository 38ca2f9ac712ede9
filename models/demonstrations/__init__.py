"""The whole loop as one command: on a synthetic city, and on real records that a mapping brings in."""
