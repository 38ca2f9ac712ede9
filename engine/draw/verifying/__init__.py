"""Recomputing a published draw link by link: source of the seed, result, everything published beside it."""
