"""What pages read: measurements, draws, an entity's record, the search for one."""
