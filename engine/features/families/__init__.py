"""The declarations, one module per source family; each holds a tuple ``FEATURES`` and nothing else is public."""
