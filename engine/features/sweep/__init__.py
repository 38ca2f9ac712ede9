"""The compiled engine: one sweep over sorted events per spine row, driven by the declarations.

Takes numpy arrays (records sorted by entity and day, entity versions, a spine) and gives a matrix of feature values;
the meaning is that of :mod:`engine.features.build`, against which it is tested.
"""
