"""Composes stages into the cycle: takes tables and ports, gives tables; imports no I/O."""
