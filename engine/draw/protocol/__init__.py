"""Bytes every other part agrees on: length prefixes, tagged hashes, Merkle trees, tickets, names of the checks."""
