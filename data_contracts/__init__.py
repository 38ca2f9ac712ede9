"""Data, no logic: source contracts (ODCS YAML), mappings of other layouts, dated policies."""
