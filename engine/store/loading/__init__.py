"""What a load does: planned, checked, kept or quarantined, taken back, erased where law requires."""
