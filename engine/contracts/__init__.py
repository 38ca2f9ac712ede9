"""Contracts of the source tables: takes contract and mapping documents as values, gives SQL text and findings.

Nothing here opens a file or a database. A contract compiles to vectorised expressions that the store executes over
whole files; a finding names the check, the row and the value, and is said to people as a ``Message``.
"""
