"""Public events as the source of the seed: their values, which sets of them are fair, beacons checked offline."""
