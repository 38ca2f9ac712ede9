"""Draws on disk: public bundle, private folder, keys, values of public events, what an auditor brings."""
