"""Records as they come in: loads, quarantine, contracts, registers, data quality, erasure."""
